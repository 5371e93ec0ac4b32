"""How an entry is found again: by our reference in a free text where Twinfield shows it, and where it doesn't."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.documents import JournalEntry, JournalLine
from bookbridge.kit.budgets import MemoryBudget, call_limits
from bookbridge.kit.conformance import suite
from bookbridge.kit.conformance.rig import MemoryDirectory, Rig, changing
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Later, Posted, Refused, Unclear
from bookbridge.kit.simulation import FaultKind


@pytest.mark.parametrize("kind", ["sales_invoice", "purchase_invoice", "journal_entry"])
def test_it_is_found_where_a_browse_does_not_show_the_header_s_free_text(kind: Any) -> None:
    with Rig("twinfield", browse_shows_header_free_text=False) as rig:
        rig.posted(*rig.samples.needed_by(kind))
        document = rig.samples.of_kind(kind)
        rig.fault(FaultKind.CUT_AFTER, kind, changes=True, times=1)
        assert isinstance(rig.post(document), Unclear)
        found = rig.connector().find(rig.request(document))
        assert isinstance(found, Found)
        assert not found.differences
        assert isinstance(rig.post(document), AlreadyThere)


@pytest.mark.parametrize("kind", ["sales_invoice", "purchase_invoice", "journal_entry"])
def test_a_difference_is_told_apart_where_a_browse_does_not_show_it(kind: str) -> None:
    with Rig("twinfield", browse_shows_header_free_text=False) as rig:
        suite.CASES[f"posts_a_difference_beside_what_it_corrects_{kind}"].run(rig)


def test_a_memorial_without_our_reference_is_never_taken_for_ours() -> None:
    with Rig("twinfield", keeps_free_text=False) as rig:
        posted = rig.post(rig.samples.memorial())
        assert isinstance(posted, Posted)
        assert [notice.code for notice in posted.notices] == ["twinfield.reference_not_kept"]
        found = rig.connector().find(rig.request(rig.samples.memorial()))
        assert isinstance(found, Found)
        assert found.differences == ("number",), "a person must look"
        same = rig.samples.memorial(number="26900999")
        refused = rig.post(same)
        assert isinstance(refused, Refused)
        assert refused.problems[0].code == "twinfield.number_in_use"
        other = rig.samples.memorial(entry_date=rig.stage.codes.open_day + timedelta(days=1))
        assert isinstance(rig.connector().find(rig.request(other)), Absent)


@pytest.mark.parametrize("kind", ["sales_invoice", "purchase_invoice", "journal_entry"])
def test_what_lands_after_it_was_looked_for_is_no_second_entry_where_repeated_numbers_are_taken(kind: Any) -> None:
    with Rig("twinfield", repeated_invoice_number="ignore") as rig:
        rig.posted(*rig.samples.needed_by(kind))
        document = rig.samples.of_kind(kind)
        with rig.calls() as calls:
            rig.fault(FaultKind.CUT_BEFORE, kind, changes=True, times=1)
            assert isinstance(rig.post(document), Unclear)
        assert kind == "journal_entry" or len(calls) == 1, "an invoice was looked for at the first attempt"
        for _time in range(2):
            assert isinstance(rig.connector().find(rig.request(document)), Absent)
        # The first attempt comes through late.
        assert isinstance(rig.post(document, rig.connector(directory=MemoryDirectory())), Posted)
        assert isinstance(rig.post(document), AlreadyThere)
        assert len(rig.held(kind)) == 1


@pytest.mark.parametrize("kind", ["sales_invoice", "purchase_invoice", "journal_entry"])
def test_a_correction_meets_what_landed_late_where_a_browse_does_not_show_the_reference(kind: Any) -> None:
    with Rig("twinfield", repeated_invoice_number="ignore", browse_shows_header_free_text=False) as rig:
        rig.posted(*rig.samples.needed_by(kind))
        document = rig.samples.of_kind(kind)
        rig.fault(FaultKind.CUT_BEFORE, kind, changes=True, times=1)
        assert isinstance(rig.post(document), Unclear)
        assert isinstance(rig.connector().find(rig.request(document)), Absent)
        assert isinstance(rig.post(document, rig.connector(directory=MemoryDirectory())), Posted)
        assert isinstance(rig.post(rig.samples.doubled(document)), Refused)
        assert len(rig.held(kind)) == 1


@pytest.mark.parametrize("look_first", ["memorials", "all"])
def test_two_suppliers_may_use_one_number(look_first: str) -> None:
    with Rig("twinfield", keeps_free_text=False) as rig:
        rig.posted(rig.samples.supplier(), rig.samples.supplier(number="90013", name="Ander BV"))
        rig.posted(rig.samples.purchase(number="2611", your_reference="2026-001"))
        lines = rig.samples.purchase().lines * 2
        other = rig.samples.purchase(
            number="2612", your_reference="2026-001", supplier="90013", total=Decimal("242.00"), lines=lines
        )
        connector = rig.connector(options={"look_first": look_first})
        assert isinstance(connector.find(rig.request(other)), Absent)
        assert isinstance(rig.post(other, connector), Posted)
        found = connector.find(rig.request(other))
        assert isinstance(found, Found)
        assert not found.differences


def test_the_same_invoice_on_another_supplier_is_shown_to_a_person() -> None:
    with Rig("twinfield", keeps_free_text=False) as rig:
        rig.posted(rig.samples.supplier(), rig.samples.supplier(number="90013", name="Ander BV"))
        rig.posted(rig.samples.purchase())
        found = rig.connector().find(rig.request(rig.samples.purchase(supplier="90013")))
        assert isinstance(found, Found)
        assert found.differences == ("supplier",)


def memorials(rig: Rig, count: int, first: str = "100.00", step: str = "1.00") -> list[JournalEntry]:
    """Of one day on the same accounts, each of its own amount."""
    debit, credit = rig.stage.codes.balance_accounts
    amounts = [Decimal(first) + number * Decimal(step) for number in range(count)]
    return [
        rig.samples.memorial(
            number=f"M{number}",
            lines=(
                JournalLine(ledger_account=debit, amount=amount),
                JournalLine(ledger_account=credit, amount=-amount),
            ),
        )
        for number, amount in enumerate(amounts)
    ]


def test_a_memorial_is_found_among_very_many_of_its_day_by_few_calls() -> None:
    with Rig("twinfield", browse_shows_header_free_text=False) as rig:
        documents = memorials(rig, 25)
        rig.posted(*documents)
        connector = rig.connector()
        with rig.calls() as calls:
            assert isinstance(connector.find(rig.request(documents[-1])), Found)
        assert len(calls) == 2, "the browse and the entry"
        with rig.calls() as calls:
            assert isinstance(rig.post(documents[-1]), AlreadyThere)
        assert not changing(calls)


def test_a_memorial_that_can_not_be_told_from_many_others_is_a_person_s_to_decide() -> None:
    with Rig("twinfield", browse_shows_header_free_text=False) as rig:
        documents = memorials(rig, 12, step="0.00")
        outcomes = rig.connector().post([rig.request(document) for document in documents[:11]])
        assert [type(outcome) for outcome in outcomes] == [Posted] * 11
        with rig.calls() as calls:
            for document in documents[10:]:
                refused = rig.post(document)
                assert isinstance(refused, Refused)
                problem = refused.problems[0]
                assert (problem.code, problem.field) == ("twinfield.too_many_alike", "entry_date")
                assert isinstance(rig.connector().find(rig.request(document)), Unclear)
        assert not changing(calls)


def test_a_memorial_that_somebody_altered_is_looked_for_after_an_unclear_answer() -> None:
    with Rig("twinfield", browse_shows_header_free_text=False) as rig:
        [document] = memorials(rig, 1)
        rig.fault(FaultKind.CUT_AFTER, "journal_entry", changes=True, times=1)
        assert isinstance(rig.post(document), Unclear)
        [held] = rig.held("journal_entry")
        later = (rig.stage.codes.open_day + timedelta(days=1)).isoformat()
        rig.control(("/_simulator/entries", {"entry_id": held.identity, "date": later}))
        found = rig.connector().find(rig.request(document))
        assert isinstance(found, Found)
        assert found.differences == ("entry_date",)


@pytest.mark.parametrize("kind", ["customer", "journal_entry"])
def test_a_batch_of_which_each_is_looked_for_ends_within_the_credits_of_an_uncertified_app(kind: Any) -> None:
    with Rig("twinfield", minute_limit=25) as rig:
        settings = rig.package_settings()
        rig.advance(61)
        documents: list[Any] = memorials(rig, 25)
        if kind == "customer":
            documents = [rig.samples.customer(number=f"471{number}") for number in range(25)]
        budget = MemoryBudget(call_limits(rig.fact_sheet.limits), None, rig.now)
        for _minute in range(4):
            connector = rig.connector(settings=settings, budget=budget)
            outcomes = connector.post([rig.request(document) for document in documents])
            documents = [
                document for document, outcome in zip(documents, outcomes, strict=True) if isinstance(outcome, Later)
            ]
            rig.advance(61)
        assert not documents, "every minute's credits went into the same questions"
        assert len(rig.held(kind)) == 25


def test_another_free_text_can_hold_the_reference() -> None:
    with Rig("twinfield") as rig:
        options = {"reference_field": "freetext2"}
        rig.posted(rig.samples.customer())
        assert isinstance(rig.post(rig.samples.sales(), rig.connector(options=options)), Posted)
        found = rig.connector(options=options).find(rig.request(rig.samples.sales()))
        assert isinstance(found, Found)
        [item] = rig.open_items(("sales",), options=options)
        assert item.voucher_number == "26000123"
