"""The traps of Tryton, in a real one: what is asked of its books is asked past the connector."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.connectors.tryton.client import TrytonClient
from bookbridge.documents import Document, Problem
from bookbridge.exchange.preflight import SettingsIndex, check
from bookbridge.kit.conformance.rig import Rig, changing
from bookbridge.kit.errors import RefusedError
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Later, Posted, Refused, SignInAgain, Unclear
from bookbridge.kit.simulation import FaultKind, FaultRule

CREATE = "account.invoice"
"""The resource of the call that makes a draft; the next one posts it."""


@pytest.fixture
def rig(simulators_postgres: str) -> Iterator[Rig]:
    with Rig("tryton") as rig:
        yield rig


def books(rig: Rig) -> Any:
    return rig.simulator.books(None)  # type: ignore[arg-type]


def summary(rig: Rig) -> dict[str, Any]:
    return dict(books(rig)["summary"])


def is_clean(rig: Rig, invoices: int = 0, moves: int = 0) -> bool:
    """Whether so much is posted, all of it balanced, and no draft lies about."""
    told = summary(rig)
    assert not told["unbalanced"], told
    drafts = told["draft_invoices"], told["draft_moves"]
    return (told["invoices"], told["moves"] - told["invoices"], drafts) == (invoices, moves, (0, 0))


def fault_at_create(rig: Rig, kind: FaultKind) -> None:
    rig.simulator.faults.add([FaultRule(kind=kind, resource=CREATE, changes=True, times=1)])


def test_a_draft_that_a_cut_line_left_is_posted_and_not_doubled(rig: Rig) -> None:
    rig.posted(rig.samples.customer())
    document = rig.samples.sales()
    connector = rig.connector()
    fault_at_create(rig, FaultKind.CUT_AFTER)
    assert isinstance(rig.post(document, connector), Unclear)
    assert summary(rig)["draft_invoices"] == 1
    assert isinstance(rig.connector().find(rig.request(document)), Absent), "a draft is in nobody's books"
    assert isinstance(rig.post(document), Posted)
    assert is_clean(rig, invoices=1)


def test_a_draft_of_another_content_is_made_anew(rig: Rig) -> None:
    rig.posted(rig.samples.customer())
    document = rig.samples.sales()
    connector = rig.connector()
    fault_at_create(rig, FaultKind.CUT_AFTER)
    assert isinstance(rig.post(document, connector), Unclear)
    corrected = rig.samples.doubled(document)
    assert isinstance(rig.post(corrected), Posted)
    assert is_clean(rig, invoices=1)
    assert rig.held("sales_invoice")[0].total == Decimal("242.00")


@pytest.mark.parametrize("kind", ["purchase_invoice", "journal_entry"])
def test_a_draft_of_another_kind_is_found_too(rig: Rig, kind: Any) -> None:
    rig.posted(*rig.samples.needed_by(kind))
    document = rig.samples.of_kind(kind)
    connector = rig.connector()
    rig.fault(FaultKind.CUT_BEFORE, kind, changes=True, times=1)
    assert isinstance(rig.post(document, connector), Unclear)
    assert isinstance(rig.post(document), Posted)
    assert isinstance(rig.post(document), AlreadyThere)
    assert is_clean(rig, **({"moves": 1} if kind == "journal_entry" else {"invoices": 1}))


def test_what_is_refused_leaves_no_draft_behind(rig: Rig) -> None:
    rig.posted(rig.samples.customer())
    day = rig.stage.codes.closed_day
    document = rig.samples.sales(entry_date=day, due_date=day, fiscal_year=day.year, period=day.month)
    outcome = rig.post(document)
    assert isinstance(outcome, Refused)
    assert outcome.problems[0].code == "tryton.period_closed"
    assert is_clean(rig)


def press_comes_late(monkeypatch: pytest.MonkeyPatch, before: str) -> None:
    """Have an earlier press of `post` come through immediately before a call of the client, the first time only."""
    true_act, true_call, late = TrytonClient.act, getattr(TrytonClient, before), []

    def call(self: TrytonClient, model: str, id: int, *given: Any, **named: Any) -> Any:
        if not late:
            late.append(id)
            true_act(self, model, id, "post", ("number",))
        return true_call(self, model, id, *given, **named)

    monkeypatch.setattr(TrytonClient, before, call)


@pytest.mark.parametrize("kind", ["sales_invoice", "purchase_invoice", "journal_entry"])
def test_an_earlier_press_that_comes_late_is_no_refusal(rig: Rig, kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both look-ups saw a draft, so it was posted again; Tryton refuses the second press."""
    rig.posted(*rig.samples.needed_by(kind))
    document = rig.samples.of_kind(kind)
    model = "account.move" if kind == "journal_entry" else "account.invoice"
    rig.simulator.faults.add([FaultRule(kind=FaultKind.CUT_BEFORE, resource=f"{model}/post", times=1)])
    assert isinstance(rig.post(document), Unclear)
    assert isinstance(rig.connector().find(rig.request(document)), Absent)
    press_comes_late(monkeypatch, before="act")
    assert isinstance(rig.post(document), AlreadyThere)
    assert is_clean(rig, **({"moves": 1} if kind == "journal_entry" else {"invoices": 1}))


def refusing_to_post(monkeypatch: pytest.MonkeyPatch) -> None:
    def act(*_given: Any, **_named: Any) -> Any:
        raise RefusedError("Not today.", 400)

    monkeypatch.setattr(TrytonClient, "act", act)


@pytest.mark.parametrize("kind", ["sales_invoice", "journal_entry"])
def test_a_press_that_comes_while_its_draft_is_removed_is_no_refusal(
    rig: Rig, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.posted(*rig.samples.needed_by(kind))
    press_comes_late(monkeypatch, before="write" if kind == "sales_invoice" else "delete")
    refusing_to_post(monkeypatch)
    assert isinstance(rig.post(rig.samples.of_kind(kind)), AlreadyThere)
    assert is_clean(rig, **({"moves": 1} if kind == "journal_entry" else {"invoices": 1}))


def test_a_refusal_that_can_not_be_looked_up_is_unclear(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The draft is left, and an earlier press of it could still come."""
    rig.posted(rig.samples.customer())
    document = rig.samples.sales()
    connector = rig.connector()
    refusing_to_post(monkeypatch)
    rig.simulator.faults.add([FaultRule(kind=FaultKind.SERVER_ERROR, method="PUT", resource=None, changes=True)])
    assert isinstance(rig.post(document, connector), Unclear)
    assert summary(rig)["draft_invoices"] == 1
    rig.heal()
    monkeypatch.undo()
    assert isinstance(rig.post(document), Posted)
    assert is_clean(rig, invoices=1)


def test_sales_come_in_any_order_of_dates_and_keep_their_numbers(rig: Rig) -> None:
    """Tryton's own series refuses a date before the last one's."""
    day = rig.stage.codes.open_day
    earlier = day - timedelta(days=40)
    rig.posted(rig.samples.customer(), rig.samples.sales(number="26000002", invoice_number="26000002"))
    older = rig.samples.sales(
        number="26000001", invoice_number="26000001", entry_date=earlier, due_date=None, period=None
    )
    assert isinstance(rig.post(older), Posted)
    assert {invoice["number"] for invoice in books(rig)["invoices"]} == {"26000001", "26000002"}
    assert is_clean(rig, invoices=2)


def test_a_due_date_in_the_past_is_a_warning_that_is_passed(rig: Rig) -> None:
    day = rig.stage.codes.open_day
    rig.posted(rig.samples.customer())
    document = rig.samples.sales(entry_date=day - timedelta(days=30), due_date=day - timedelta(days=16), period=None)
    assert isinstance(rig.post(document), Posted)
    [line] = [line for line in books(rig)["lines"] if line["maturity_date"]]
    assert line["maturity_date"] == (day - timedelta(days=16)).isoformat()
    assert is_clean(rig, invoices=1)


def _typed_in(rig: Rig, **changed: Any) -> int:
    """A supplier's invoice that somebody typed into Tryton."""
    rpc = rig.simulator.rpc  # type: ignore[attr-defined]
    party = rpc.only("party.party", ["code", "=", rig.samples.supplier().number])
    line = {
        "type": "line",
        "quantity": 1,
        "unit_price": Decimal("100.00"),
        "account": rpc.only("account.account", ["code", "=", rig.stage.codes.cost_account]),
        "taxes": [["add", [rpc.only("account.tax", ["name", "=", rig.stage.codes.purchase_vat])]]],
        "currency": 1,
        "company": 1,
    }
    given = {
        "type": "in",
        "company": 1,
        "currency": 1,
        "party": party,
        "invoice_address": rpc.find("party.address", [["party", "=", party]], ())[0]["id"],
        "account": rpc.only("account.account", ["code", "=", rig.stage.codes.supplier_control_account]),
        "journal": rpc.only("account.journal", ["code", "=", "EXP"]),
        "invoice_date": rig.stage.codes.open_day,
        "reference": rig.samples.purchase().your_reference,
        "lines": [["create", [{**line, **changed}]]],
    }
    made: int = rpc.make("account.invoice", given)
    rpc.call("model.account.invoice.post", [made])
    return made


def test_what_somebody_typed_in_is_found_and_not_booked_again(rig: Rig) -> None:
    rig.posted(rig.samples.supplier())
    typed_in = _typed_in(rig)
    found = rig.connector().find(rig.request(rig.samples.purchase()))
    assert found == Found(str(typed_in), f"IK{rig.stage.codes.open_day.year}-00001")
    assert isinstance(rig.post(rig.samples.purchase()), AlreadyThere)
    assert is_clean(rig, invoices=1)


def test_what_somebody_typed_in_differently_is_a_persons_matter(rig: Rig) -> None:
    rig.posted(rig.samples.supplier())
    _typed_in(rig, unit_price=Decimal("90.00"))
    outcome = rig.post(rig.samples.purchase())
    assert isinstance(outcome, Refused)
    assert outcome.problems[0].code == "tryton.number_in_use"
    assert is_clean(rig, invoices=1)


def test_two_invoices_of_one_reference_are_refused_before_anything_is_sent(rig: Rig) -> None:
    rig.posted(rig.samples.supplier(), rig.samples.purchase())
    connector = rig.connector()
    with rig.calls() as calls:
        outcome = rig.post(rig.samples.purchase(number="26600124"), connector)
    assert isinstance(outcome, Refused)
    assert outcome.problems[0].code == "tryton.similar"
    assert not changing(calls)


def test_a_server_that_is_killed_between_draft_and_posting(rig: Rig) -> None:
    rig.posted(rig.samples.customer())
    document = rig.samples.sales()
    connector = rig.connector()
    fault_at_create(rig, FaultKind.CUT_AFTER)
    assert isinstance(rig.post(document, connector), Unclear)
    rig.control(("/_simulator/server/kill", {}))
    assert isinstance(rig.connector().find(rig.request(document)), Later | Unclear)
    assert isinstance(rig.post(document), Later), "reading came first, so nothing can have arrived"
    rig.control(("/_simulator/server/start", {}))
    assert isinstance(rig.post(document), Posted)
    assert is_clean(rig, invoices=1)


def test_an_exception_within_tryton_is_no_refusal(rig: Rig) -> None:
    """It comes as a page with status 400, a lock on a number series too; only a look-up tells what became of it."""
    client = rig.connector()._client  # type: ignore[attr-defined]
    from bookbridge.kit.errors import UnreachableError

    with pytest.raises(UnreachableError) as caught:
        client.create("account.invoice", {"no_such_field": 1}, ("id",))
    assert caught.value.may_have_arrived


def test_a_wrong_key_and_a_wrong_database(rig: Rig) -> None:
    from bookbridge.kit.access_key import FixedToken
    from bookbridge.kit.errors import SignInAgainError, UnreachableError

    bare = {"settings": None, "administration": ""}
    with pytest.raises(SignInAgainError):
        rig.connector(**bare, tokens=FixedToken("no-such-key")).administrations()
    with pytest.raises(UnreachableError):
        rig.connector(**bare, base_address=f"{rig.address}/no_such_database").administrations()


def test_a_key_that_is_withdrawn(rig: Rig) -> None:
    rig.posted(rig.samples.customer())
    settings = rig.package_settings()
    rig.simulator.oauth.revoke_all()
    assert isinstance(rig.post(rig.samples.sales(), rig.connector(settings=settings)), SignInAgain)
    rig.tokens.pair = type(rig.tokens.pair)(rig.simulator.new_access_key()["key"])  # type: ignore[misc]
    assert isinstance(rig.post(rig.samples.sales()), Posted)


def test_booked_keeps_to_the_days(rig: Rig) -> None:
    last = rig.stage.codes.open_day
    first = last - timedelta(days=2)
    rig.posted(rig.samples.customer())
    days = [first - timedelta(days=1), first, last]
    ids = []
    for position, day in enumerate(days):
        number = str(26000200 + position)
        changed = {"entry_date": day, "due_date": None, "period": None, "number": number, "invoice_number": number}
        outcome = rig.post(rig.samples.sales(**changed))
        assert isinstance(outcome, Posted)
        ids.append(outcome.external_id)
    assert {entry.external_id for entry in _booked(rig, first, last)} == set(ids[1:])


def _booked(rig: Rig, since: date, until: date) -> list[Any]:
    found, after = [], None
    while True:
        page = rig.connector().booked(since, until, after)
        found += page.entries
        after = page.following
        if after is None:
            return found


def test_an_opening_balance_is_an_open_item_and_no_payment(rig: Rig) -> None:
    rig.posted(rig.samples.customer())
    rig.control(rig.stage.pay_unmatched(rig.samples.customer().number, Decimal("-75.00")))
    [item] = rig.open_items(("sales",))
    assert (item.open_amount, item.unmatched_payment) == (Decimal("75.00"), False)


_OF_OTHER_TESTS = ("receivable account", "define a sequence")
"""Parts of the messages that books must be changed for."""


def _caught(rig: Rig, document: Document) -> list[Problem]:
    """What preflight says, else what the connector does; and nothing has been changed."""
    said = check(document, SettingsIndex(rig.package_settings()))
    if said:
        return said
    connector = rig.connector()
    with rig.calls() as calls:
        outcome = rig.post(document, connector)
    assert isinstance(outcome, Refused), outcome
    assert not changing(calls), "something was changed"
    return list(outcome.problems)


def test_what_the_fact_sheet_calls_caught_is_refused_before_anything_is_changed(rig: Rig) -> None:
    """Each `caught_before_sending` of the fact sheet, by a document that would otherwise run into it."""
    codes, samples, years = rig.stage.codes, rig.samples, timedelta(days=1500)
    rig.posted(samples.customer(), samples.supplier(), samples.purchase())
    rpc = rig.simulator.rpc  # type: ignore[attr-defined]
    gone = rpc.make("party.party", {"name": "Archived", "code": "70000", "addresses": [["create", [{}]]]})
    rpc.call("model.party.party.write", [gone], {"active": False})
    closed, far = codes.closed_day, codes.open_day - years
    entry = samples.memorial()
    expected: dict[str, Document] = {
        "you must reopen the period": samples.sales(entry_date=closed, fiscal_year=closed.year, period=closed.month),
        "you must reopen the fiscal year": samples.sales(entry_date=closed, fiscal_year=closed.year, period=None),
        "you must create a period": samples.sales(period=13),
        "you must create a fiscal year": samples.sales(entry_date=far, fiscal_year=far.year, period=None),
        "balance all its lines": entry.model_copy(update={"lines": entry.lines[:1]}),
        'field "Journal"': samples.sales(journal=codes.purchase_journal),
        'field "Account"': samples.sales(lines=(samples.line(ledger_account=codes.balance_accounts[0]),)),
        'field "Tax"': samples.sales(lines=(samples.line(vat_code=codes.purchase_vat),)),
        "set a type or unclose it": samples.sales(lines=(samples.line(ledger_account=codes.blocked_account),)),
        "you must set a party": entry.model_copy(
            update={"lines": tuple(line.model_copy(update={"ledger_account": "1.2.1"}) for line in entry.lines)}
        ),
        'field "Party"': samples.sales(customer="99999"),
        "code on party must be unique": samples.customer(number="70000"),
        "is similar to invoice": samples.purchase(number="26600999"),
        "date in the future": samples.sales(entry_date=codes.open_day + timedelta(days=20), period=None, due_date=None),
    }
    claimed = [known.text for known in rig.fact_sheet.known_errors if known.caught_before_sending]
    unproven = [text for text in claimed if not any(words in text for words in (*expected, *_OF_OTHER_TESTS))]
    assert not unproven, f"no document proves that these are caught: {unproven}"
    for document in expected.values():
        assert _caught(rig, document)


def test_a_party_without_a_control_account_is_caught_too(rig: Rig) -> None:
    rig.posted(rig.samples.customer())
    rpc = rig.simulator.rpc  # type: ignore[attr-defined]
    rpc.call("model.account.configuration.write", [1], {"default_account_receivable": None})
    [problem] = _caught(rig, rig.samples.sales())
    assert (problem.code, problem.field) == ("tryton.no_control_account", "customer")


def test_a_purchase_that_tryton_has_no_number_for_is_caught_too(rig: Rig) -> None:
    rig.posted(rig.samples.customer(), rig.samples.supplier())
    document, before = rig.samples.purchase(), rig.package_settings()
    rpc, series = rig.simulator.rpc, "account.fiscalyear.invoice_sequence"  # type: ignore[attr-defined]
    day = rig.stage.codes.open_day
    [held] = rpc.find(series, [["fiscalyear.name", "=", str(day.year)]], ("company", "fiscalyear", *_SERIES))
    rpc.call(f"model.{series}.delete", [held["id"]])
    rig.forget_settings()
    [problem] = _caught(rig, document)
    assert (problem.code, problem.field) == ("tryton.no_series", "period")
    [problem] = _caught(rig, rig.samples.purchase(period=None))
    assert (problem.code, problem.field) == ("tryton.no_series", "entry_date")

    sent = rig.post(document, rig.connector(settings=before))
    assert isinstance(sent, Refused)
    assert "you must define a sequence on fiscal year" in (sent.problems[0].evidence or "")
    assert is_clean(rig)
    assert isinstance(rig.post(rig.samples.sales()), Posted), "a sale brings its own number"

    period = rpc.only("account.period", ["start_date", "<=", day], ["end_date", ">=", day])
    rpc.make(series, {**{name: held[name] for name in ("company", "fiscalyear", *_SERIES)}, "period": period})
    rig.forget_settings()
    assert isinstance(rig.post(document), Posted), "a series of the period alone is one"
    next_month = rig.samples.purchase(number="26600124", entry_date=day + timedelta(days=31), period=None)
    assert [problem.code for problem in _caught(rig, next_month)] == ["tryton.no_series"]


_SERIES = [f"{way}_{type}_sequence" for way in ("in", "out") for type in ("invoice", "credit_note")]


def test_what_the_fact_sheet_calls_answered_fails_no_document(rig: Rig) -> None:
    day = rig.stage.codes.open_day
    rig.posted(rig.samples.customer())
    expected: dict[str, Document] = {
        "European VAT Number": rig.samples.supplier(vat_number="NL12"),
        "in the past": rig.samples.sales(
            entry_date=day - timedelta(days=30), due_date=day - timedelta(days=16), period=None
        ),
    }
    answered = [known.text for known in rig.fact_sheet.known_errors if known.answered]
    assert len(answered) == len(expected)
    assert all(any(words in text for words in expected) for text in answered)
    for document in expected.values():
        with rig.calls() as calls:
            assert isinstance(rig.post(document), Posted)
        assert [call["status"] for call in changing(calls)].count(400) == 1, "Tryton refused nothing"


def test_a_vat_number_that_tryton_doubts_is_kept_as_another_identifier(rig: Rig) -> None:
    document = rig.samples.customer(vat_number="NL12")
    outcome = rig.post(document)
    assert isinstance(outcome, Posted)
    assert [(notice.code, notice.field) for notice in outcome.notices] == [("tryton.vat_number_doubted", "vat_number")]
    rpc = rig.simulator.rpc  # type: ignore[attr-defined]
    [kept] = rpc.find("party.identifier", [["party.code", "=", document.number]], ("type", "code"))
    assert (kept["type"], kept["code"]) == (None, "NL12")
    assert isinstance(rig.post(document), AlreadyThere)


def test_a_valid_vat_number_is_kept_as_one(rig: Rig) -> None:
    document = rig.samples.customer()
    outcome = rig.post(document)
    assert isinstance(outcome, Posted)
    assert not outcome.notices
    rpc = rig.simulator.rpc  # type: ignore[attr-defined]
    [kept] = rpc.find("party.identifier", [["party.code", "=", document.number]], ("type", "code"))
    assert (kept["type"], kept["code"]) == ("eu_vat", document.vat_number)
