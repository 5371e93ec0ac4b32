"""Every reading of what Minox' public facts leave open, played by the simulator: the connector keeps its promises under
each, if need be by a named setting."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.documents import Document
from bookbridge.kit.conformance.expect import only, total
from bookbridge.kit.conformance.rig import Rig, changing
from bookbridge.kit.errors import NotAllowedError
from bookbridge.kit.outcomes import AlreadyThere, Found, Outcome, Posted, Refused
from bookbridge.kit.simulation import FaultKind
from tests.connectors.minox.books import books


@contextmanager
def playing(**settings: object) -> Iterator[Rig]:
    with Rig("minox", **settings) as rig:
        yield rig


def post(rig: Rig, document: Document, options: Mapping[str, str]) -> Outcome:
    return rig.post(document, rig.connector(options=options))


def balanced(rig: Rig) -> bool:
    return Decimal(books(rig)["ledger_sum"]) == 0


READINGS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {}),
    ({"relation_line": "beside"}, {"relation_line": "beside"}),
    ({"vat_booking": "within"}, {"vat_booking": "within"}),
    ({"vat_booking": "within", "batch_shows_vat": "amounts"}, {"vat_booking": "within"}),
    ({"vat_booking": "own_lines"}, {"vat_booking": "own_lines"}),
    ({"vat_per": "code"}, {}),
    ({"vat_per": "code", "vat_booking": "within"}, {"vat_booking": "within"}),
    ({}, {"vat_codes": "always"}),
    ({"batch_shows_vat": "amounts"}, {}),
    ({"batch_shows_vat": "amounts"}, {"vat_codes": "always"}),
    ({"batch_shows_vat": "nothing"}, {}),
    ({"put_answer": "nothing"}, {}),
    ({"put_answer": "batch"}, {}),
    ({"list_form": "bare"}, {}),
    ({"paging": "ignored"}, {}),
    ({"paging": "refused"}, {"paging": "none"}),
    ({"not_found": "null"}, {}),
    ({"patch": "replace"}, {}),
    ({"inspect_form": "numbers"}, {}),
    ({"vat_tells_account": False}, {}),
    ({"period_tells_closed": False}, {}),
    ({"unbalanced": "difference_account"}, {}),
    ({"duplicate_invoice": "refuse"}, {}),
    ({"without_invoice_number": "refuse"}, {}),
    ({"payable_sign": -1}, {"payable_balance": "negative"}),
    ({}, {"purchase_invoice_number": "supplier"}),
    ({"tells_limits": False, "window_limit": 500}, {}),
]


@pytest.mark.parametrize(("settings", "options"), READINGS, ids=lambda part: "+".join(map(str, part.values())))
def test_the_whole_way_under_each_reading(settings: dict[str, Any], options: dict[str, str]) -> None:
    """Relations and one document of each kind: posted once, in balance, found without differences, there when sent
    again, and among the open items with what is owed."""
    with playing(**settings) as rig:
        rig._settings = rig.connector(settings=None, options=options).package_settings()
        codes = {found.code for found in rig.connector(administration="", options=options).administrations()}
        assert {"10001/1", "10001/2", "10002/1"} == codes
        samples = rig.samples
        documents = (samples.customer(), samples.supplier(), samples.sales(), samples.purchase(), samples.memorial())
        for document in documents:
            outcome = post(rig, document, options)
            assert isinstance(outcome, Posted), f"came {outcome}"
            assert not outcome.notices
            found = rig.connector(options=options).find(rig.request(document))
            assert isinstance(found, Found), f"found {found}"
            assert (found.external_id, found.differences) == (outcome.external_id, ())
            assert isinstance(post(rig, document, options), AlreadyThere)
        assert balanced(rig)
        items = {item.kind: item for item in rig.open_items(("sales", "purchase"), options=options)}
        assert {kind: item.open_amount for kind, item in items.items()} == {"sales": 121, "purchase": 121}
        assert (items["sales"].relation_number, items["sales"].invoice_number) == ("47110", "26000123")
        assert (items["purchase"].relation_number, items["purchase"].invoice_number) == ("90012", "26600123")


@pytest.mark.parametrize("booking", ["on_top", "within", "own_lines"])
@pytest.mark.parametrize("kind", ["exclusive", "inclusive"])
def test_each_way_of_vat_books_the_documents_total(booking: str, kind: str) -> None:
    options = {"vat_booking": booking}
    with playing(vat_booking=booking) as rig:
        rig.posted(rig.samples.customer())
        lines = (rig.samples.line(amount=Decimal("33.33") if kind == "exclusive" else Decimal("40.34")),)
        lines = (lines[0].model_copy(update={"vat_amount": Decimal("7.01")}), lines[0])
        lines = (lines[0], lines[1].model_copy(update={"vat_amount": Decimal("7.00")}))
        if kind == "inclusive":
            lines = (lines[0], lines[1].model_copy(update={"amount": Decimal("40.33")}))
        sale = rig.samples.sales(vat=kind, lines=lines, total=Decimal("80.67"))
        outcome = post(rig, sale, options)
        assert isinstance(outcome, Posted), f"came {outcome}"
        assert not outcome.notices
        total(only(rig, "sales_invoice"), "80.67")
        assert balanced(rig)


def sale_at(rig: Rig, account: str, **changes: Any) -> Any:
    line = rig.samples.line(ledger_account=account, **changes)
    return rig.samples.sales(lines=(line,))


# --- what Minox booked is compared, and told


def test_vat_that_minox_booked_otherwise_is_told() -> None:
    """An accountant changed the account's VAT since the settings were read: Minox books 9 % and puts the rest on its
    account for differences."""
    with playing(unbalanced="difference_account") as rig:
        rig.posted(rig.samples.customer())
        settings = rig.package_settings()
        other = tuple(
            account.model_copy(update={"vat_code": "2"}) if account.code == "8010" else account
            for account in settings.ledger_accounts
        )
        connector = rig.connector(settings=settings.model_copy(update={"ledger_accounts": other}))
        outcome = rig.post(sale_at(rig, "8010"), connector)
        assert isinstance(outcome, Posted)
        told = {notice.code: notice for notice in outcome.notices}
        assert set(told) == {"minox.vat_differs", "minox.lines_differ"}
        assert "9.00" in told["minox.vat_differs"].reason
        assert "2990" in told["minox.lines_differ"].reason
        found = connector.find(rig.request(sale_at(rig, "8010")))
        assert isinstance(found, Found)
        assert found.differences == ("lines",)


def test_vat_that_minox_adds_to_a_memorial_is_told() -> None:
    """The reading in which an account's setting works in a memorial too."""
    with playing(vat_in_memorials=True, unbalanced="difference_account") as rig:
        first, second = rig.samples.memorial().lines
        memorial = rig.samples.memorial(lines=(first, second.model_copy(update={"ledger_account": "8000"})))
        outcome = rig.post(memorial)
        assert isinstance(outcome, Posted)
        assert [notice.code for notice in outcome.notices] == ["minox.lines_differ"]


def test_a_reading_that_is_the_wrong_one_books_nothing() -> None:
    """The debtor's line is written in the other way than Minox wants it: refused, and nothing is in the books."""
    with playing(relation_line="beside") as rig:
        rig.posted(rig.samples.customer())
        assert isinstance(rig.post(rig.samples.sales()), Refused)
        assert not rig.held("sales_invoice")


# --- refusals of every form


@pytest.mark.parametrize("form", ["string", "object", "list", "text"])
@pytest.mark.parametrize("status", [200, 400, 422, 500])
def test_a_refusal_is_one_whatever_its_form(form: str, status: int) -> None:
    with playing(error_form=form, refusal_status=status, duplicate_entry="refuse") as rig:
        rig.posted(rig.samples.customer())
        first = rig.samples.sales(number="417", invoice_number="26000001")
        rig.posted(first)
        second = first.model_copy(update={"invoice_number": "26000002", "description": "Another"})
        key = rig.prepared(second, rig.connector())
        outcome = rig.connector().post([_other(key)])[0]
        assert isinstance(outcome, Refused), f"came {outcome}"
        assert [(p.code, p.field) for p in outcome.problems] == [("minox.number_in_use", "number")]
        assert "417" in (outcome.problems[0].evidence or "")
        assert len(rig.held("sales_invoice")) == 1


def _other(request: Any) -> Any:
    """The request of another posting."""
    return replace(request, idempotency_key="another", prepared={})


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_relation_that_is_refused_is_not_taken_for_made(status: int) -> None:
    with playing(refusal_status=status) as rig:
        customer = rig.samples.customer()
        rig.fault(FaultKind.REFUSE, "customer", changes=True, message="Debiteur is niet goed")
        outcome = rig.post(customer)
        assert isinstance(outcome, Refused), f"came {outcome}"
        assert outcome.problems[0].evidence == "Debiteur is niet goed"
        assert not rig.held("customer")
        rig.heal()
        rig.posted(customer)
        rig.fault(FaultKind.REFUSE, "customer", changes=True, message="Plaats is niet goed")
        assert isinstance(rig.post(rig.samples.customer(city="Ede")), Refused)


def test_an_invoice_number_that_minox_insists_on() -> None:
    with playing(without_invoice_number="refuse") as rig:
        rig.posted(rig.samples.customer())
        outcome = rig.post(rig.samples.sales(number="A-17", invoice_number=None))
        assert isinstance(outcome, Refused)
        assert (outcome.problems[0].code, outcome.problems[0].field) == ("minox.invoice_number_unfit", "number")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "A-17", "invoice_number": None}, "number"),
        ({"number": None, "invoice_number": None}, "number"),
        ({"number": "A-17", "invoice_number": "26000123456"}, "invoice_number"),
    ],
)
def test_an_invoice_number_that_minox_insists_on_is_wanted_before_sending(changes: dict[str, Any], field: str) -> None:
    refusing = {"without_invoice_number": "refused"}
    with playing(without_invoice_number="refuse") as rig:
        rig.posted(rig.samples.customer())
        with rig.calls() as calls:
            outcome = rig.post(rig.samples.sales(**changes), rig.connector(options=refusing))
        assert isinstance(outcome, Refused)
        assert (outcome.problems[0].code, outcome.problems[0].field) == ("minox.invoice_number_unfit", field)
        assert not changing(calls)
        numbered = rig.samples.sales(number="A-17", invoice_number="26000123")
        assert isinstance(rig.post(numbered, rig.connector(options=refusing)), Posted)


def test_an_invoice_number_that_minox_refuses_twice() -> None:
    """Two entries with the relation and invoice number of each other: what the screens warn of, the API may refuse."""
    with playing(duplicate_invoice="refuse") as rig:
        rig.posted(rig.samples.customer(), rig.samples.sales(number="1", invoice_number="26000123"))
        outcome = rig.post(rig.samples.sales(number="2", invoice_number="26000123"))
        assert isinstance(outcome, Refused)
        assert (outcome.problems[0].code, outcome.problems[0].field) == ("minox.number_in_use", "invoice_number")


def test_books_that_do_not_tell_their_bookings_are_not_compared() -> None:
    with playing(lines_tell_batch=False) as rig:
        rig.posted(rig.samples.customer(), rig.samples.sales())
        day = rig.stage.codes.open_day
        with pytest.raises(NotAllowedError):
            rig.connector().booked(day, day)


def test_periods_and_control_accounts_that_minox_does_not_tell_are_left_to_it() -> None:
    with playing(journal_tells_account=False, period_tells_closed=False) as rig:
        rig.posted(rig.samples.customer())
        kinds = {account.code: account.kind for account in rig.package_settings().ledger_accounts}
        assert kinds["1300"] == "ordinary"
        assert {period.is_open for period in rig.package_settings().periods} == {None}
        day = rig.stage.codes.closed_day
        closed = rig.samples.sales(entry_date=day, fiscal_year=day.year, period=day.month)
        for document, field in ((sale_at(rig, "1300"), "lines.0.ledger_account"), (closed, "period")):
            outcome = rig.post(document)
            assert isinstance(outcome, Refused)
            assert outcome.problems[0].field == field
        assert isinstance(rig.post(rig.samples.sales()), Posted)
