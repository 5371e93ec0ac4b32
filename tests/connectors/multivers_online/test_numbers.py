"""The transaction number of a journal: drawn and on record before the call, never in the way of anybody's booking."""

from dataclasses import replace

import pytest

from bookbridge.documents import Document, DocumentKind
from bookbridge.kit.conformance.expect import expect, only
from bookbridge.kit.conformance.rig import Rig, changing
from bookbridge.kit.contract import PostingRequest
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Later, Outcome, Posted, Refused, Unclear
from bookbridge.kit.simulation import FaultKind, FaultRule
from tests.connectors.multivers_online import NAME

KINDS: tuple[DocumentKind, ...] = ("sales_invoice", "purchase_invoice", "journal_entry")
JOURNALS = {"sales_invoice": "VRK", "purchase_invoice": "INK", "journal_entry": "MEM"}


def prepared(rig: Rig, document: Document, before: dict[str, str] | None = None) -> PostingRequest:
    """A request with its facts on record; `before`: what was on record at the last attempt."""
    connector, request = rig.connector(), rig.request(document)
    facts = connector.prepare(replace(request, prepared=before or {}))
    return replace(request, prepared=dict(facts))


def post(rig: Rig, request: PostingRequest) -> Outcome:
    [outcome] = rig.connector().post([request])
    return outcome


def number(request: PostingRequest) -> str:
    return request.prepared["journal_transaction"]


def by_hand(rig: Rig, kind: DocumentKind, times: int = 1) -> None:
    rig.control(("/_simulator/bookings", {"journal": JOURNALS[kind], "year": 2026, "times": times}))


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_that_somebody_booked_by_hand_is_drawn_anew_without_a_person(rig: Rig, kind: DocumentKind):
    document = rig.samples.of_kind(kind)
    first = prepared(rig, document)
    assert number(first) == "1"
    by_hand(rig, kind)

    later = expect(Later, post(rig, first))
    assert "another entry" in later.reason
    assert later.not_before > rig.now()
    assert not rig.held(kind), "a number that is another's was booked with all the same"

    # The engine offers what was on record: it is taken now, so another one is drawn, stored, and good.
    second = prepared(rig, document, dict(first.prepared))
    assert number(second) == "2"
    expect(Posted, post(rig, second))
    only(rig, kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["messages", "message", "broken_rules", "empty"])
def test_in_whatever_form_the_number_is_refused(kind: DocumentKind, form: str):
    with Rig(NAME, refusal_form=form) as rig:
        rig.posted(rig.samples.customer(), rig.samples.supplier())
        request = prepared(rig, rig.samples.of_kind(kind))
        by_hand(rig, kind)
        expect(Later, post(rig, request))
        assert not rig.held(kind)
        expect(Posted, post(rig, prepared(rig, rig.samples.of_kind(kind), dict(request.prepared))))
        only(rig, kind)


def test_a_document_s_own_fault_stays_one_though_somebody_booked_by_hand(rig: Rig):
    """Otherwise it would be sent for ever under one number after the other."""
    document = rig.samples.sales()
    rig.fault(FaultKind.REFUSE, "sales_invoice", changes=True, message="Zomaar")
    first = prepared(rig, document)
    by_hand(rig, "sales_invoice")
    expect(Later, post(rig, first))
    expect(Refused, post(rig, prepared(rig, document, dict(first.prepared))))


@pytest.mark.parametrize("kind", KINDS)
def test_a_journal_that_keeps_on_giving_a_number_in_use_is_asked_less_and_less_and_then_no_more(kind: DocumentKind):
    with Rig(NAME, draws_last_used=True) as rig:
        rig.posted(*rig.samples.needed_by(kind))
        document = rig.samples.of_kind(kind)
        by_hand(rig, kind)
        facts: dict[str, str] = {}
        waits: list[int] = []
        for _ in range(20):
            request = prepared(rig, document, facts)
            facts, asked_at = dict(request.prepared), rig.now()
            outcome = post(rig, request)
            if not isinstance(outcome, Later):
                break
            waits.append(round((outcome.not_before - asked_at).total_seconds()))
        refused = expect(Refused, outcome)
        assert [(problem.code, problem.field) for problem in refused.problems] == [
            ("multivers_online.numbers_taken", "journal")
        ]
        assert "Transactienummer 1 bestaat al" in (refused.problems[0].evidence or "")
        assert waits == [2, 4, 8, 16]
        assert not rig.held(kind)
        # A person saw to it and offers it again: the engine has no number of a refused one on record.
        rig.control(("/_simulator/settings", {"draws_last_used": False}))
        expect(Posted, post(rig, prepared(rig, document)))


def test_a_number_is_not_counted_as_taken_for_a_sending_that_came_to_nothing(rig: Rig):
    document = rig.samples.sales()
    request = prepared(rig, document)
    for _ in range(6):
        rig.fault(FaultKind.TOO_MANY_REQUESTS, "sales_invoice", changes=True, times=1)
        expect(Later, post(rig, request))
        request = prepared(rig, document, dict(request.prepared))
        assert request.prepared == {"journal_transaction": "1"}
    expect(Posted, post(rig, request))


@pytest.mark.parametrize("draw_reserves", [False, True])
def test_what_was_drawn_for_a_lost_sending_is_used_again(draw_reserves: bool):
    """What comes late of the first sending then meets its own number, by either reading of what a draw does."""
    with Rig(NAME, draw_reserves=draw_reserves) as rig:
        rig.posted(rig.samples.customer())
        document = rig.samples.memorial()
        first = prepared(rig, document)
        rig.fault(FaultKind.CUT_BEFORE, "journal_entry", changes=True, times=1)
        expect(Unclear, post(rig, first))
        expect(Absent, rig.connector().find(first))

        again = prepared(rig, document, dict(first.prepared))
        assert number(again) == number(first)
        expect(Posted, post(rig, again))
        # The first sending comes late: its number is taken, by its own document.
        rig.directory.held.clear()
        expect(AlreadyThere, post(rig, first))
        only(rig, "journal_entry")


@pytest.mark.parametrize("kind", KINDS)
def test_a_sending_that_was_taken_is_never_taken_for_somebody_else_s(rig: Rig, kind: DocumentKind):
    document = rig.samples.of_kind(kind)
    first = prepared(rig, document)
    rig.fault(FaultKind.CUT_AFTER, kind, changes=True, times=1)
    expect(Unclear, post(rig, first))
    found = expect(Found, rig.connector().find(first))
    assert not found.differences
    # Sent again all the same, as by an installation that was restored: known, under any number.
    expect(AlreadyThere, post(rig, prepared(rig, document)))
    only(rig, kind)


def test_a_memorial_is_told_from_a_hand_made_one_under_its_number(rig: Rig):
    request = prepared(rig, rig.samples.memorial())
    by_hand(rig, "journal_entry")
    expect(Absent, rig.connector().find(request))


def test_a_journal_that_has_used_all_its_numbers_is_said_to_be_full(rig: Rig):
    request = replace(rig.request(rig.samples.sales()), prepared={"journal_transaction": "10000"})
    with rig.calls() as calls:
        refused = expect(Refused, post(rig, request))
    assert [(problem.code, problem.field) for problem in refused.problems] == [
        ("multivers_online.journal_full", "journal")
    ]
    assert not changing(calls)


def test_nothing_is_drawn_for_what_can_not_be_posted(rig: Rig):
    connector = rig.connector()
    with rig.calls() as calls:
        assert connector.prepare(rig.request(rig.samples.sales(journal="INK"))) == {}
        assert connector.prepare(rig.request(rig.samples.customer())) == {}
    assert not calls


def test_a_draw_that_is_refused_is_a_refusal_of_the_document_and_not_of_the_run(rig: Rig):
    rig.simulator.faults.add([_refused_draw()])
    request = prepared(rig, rig.samples.sales())
    assert "journal_transaction" not in request.prepared
    with rig.calls() as calls:
        refused = expect(Refused, post(rig, request))
    assert refused.problems[0].evidence == "Dagboek is vergrendeld."
    assert refused.problems[0].field == "journal"
    assert not calls


def _refused_draw() -> FaultRule:
    return FaultRule(
        kind=FaultKind.REFUSE, resource="GetNextJournalTransactionCommand", message="Dagboek is vergrendeld."
    )


def test_a_draw_changes_no_books(rig: Rig):
    connector = rig.connector()
    with rig.calls() as calls:
        connector.prepare(rig.request(rig.samples.sales()))
    assert [(call["method"], call["changes"]) for call in calls] == [("POST", False)]
