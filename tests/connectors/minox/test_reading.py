"""Minox' records, in each form that they may have."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.connectors.minox import booked, comparing, reading
from bookbridge.kit.errors import NotAllowedError
from tests.connectors.minox import golden
from tests.connectors.minox.golden import CODES, MEMORIAL, SALE, chosen


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"linked_tenants": [10001, 10002]}, ("10001", "10002")),
        ({"linked_tenants": [{"id": 10001}, {"tenant_id": "10002"}]}, ("10001", "10002")),
        ({"tenant_id": 1, "linked_tenants": [1, 2]}, ("1", "2")),
        ({"tenant": {"id": 1}, "linked_tenants": []}, ("1",)),
    ],
)
def test_tenants(said: Any, found: tuple[str, ...]) -> None:
    assert reading.tenants(said) == found


@pytest.mark.parametrize("said", [{}, [], None, "no", {"linked_tenants": []}, {"linked_tenants": [True]}])
def test_an_answer_without_a_tenant_is_no_answer(said: Any) -> None:
    with pytest.raises(ValueError, match=r"tenant|id"):
        reading.tenants(said)


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("general", "general"),
        ("Memoriaal", "general"),
        ("sales", "sales"),
        ("verkoop", "sales"),
        ("purchase", "purchase"),
        ("Inkoop", "purchase"),
        ("kas", "cash"),
        ("bank", "bank"),
        ("beginbalans", "other"),
        (None, "other"),
    ],
)
def test_kinds_of_journals(kind: str | None, found: str) -> None:
    assert reading.journal({"id": "X", "type": kind}).kind == found


def test_a_vat_code_says_by_its_type_what_it_is_for() -> None:
    made = reading.vat_code({"id": 6, "percentage": 21, "type": "Inkoop verlegd"}, chosen())
    assert (made.code, made.percentage, made.reverse_charge, made.sales, made.purchase) == ("6", 21, True, False, True)
    assert made.inclusive is False
    assert reading.vat_code({"id": 6, "percentage": 21}, chosen(vat_booking="within")).inclusive is True


def test_accounts_are_told_apart_by_what_uses_them() -> None:
    journals = [reading.counterpart({"id": "VRK", "type": "sales", "ledger_account_id": 1300})]
    codes = [reading.vat_code({"id": 2, "percentage": 21, "ledger_account_id": 1510}, chosen())]
    kinds = reading.account_kinds(journals, codes)
    made = [reading.ledger_account({"id": id, "vat": {"id": 2}, "blocked": False}, kinds) for id in (1300, 1510, 8000)]
    assert [(account.kind, account.vat_code) for account in made] == [
        ("customer_control", "2"),
        ("vat", "2"),
        ("ordinary", "2"),
    ]


@pytest.mark.parametrize(
    "year",
    [
        {"fiscal_year": 2026, "periods": [{"id": 2, "start_date": "2026-02-01", "end_date": "2026-02-28"}]},
        {"year": 2026, "periods": [{"period": 2, "start": "2026-02-01T00:00:00.000Z", "end": "2026-02-28"}]},
    ],
)
def test_periods(year: dict[str, Any]) -> None:
    [period] = reading.periods({"fiscal_years": [year]})
    assert (period.year, period.number, period.start, period.end) == (2026, 2, date(2026, 2, 1), date(2026, 2, 28))
    assert period.is_open is None


@pytest.mark.parametrize("record", [{}, {"fiscal_years": [{"periods": [{"id": 1}]}]}, {"fiscal_years": [2026]}])
def test_periods_that_are_not_understood_are_none(record: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError, AttributeError)):
        reading.periods(record)


# --- open items


def item(**changed: Any) -> dict[str, Any]:
    given = {
        "account_id": 4711,
        "account": {"id": "4711", "description": "De Eik"},
        "invoice_number": 26000123,
        "invoice_date": "2026-02-03T00:00:00.000Z",
        "due_date": "2026-02-17T00:00:00.000Z",
        "total": Decimal("121.00"),
        "paid": 50,
        "balance": Decimal("71.00"),
        "currency": {"id": "EUR"},
    }
    return {**given, **changed}


def test_an_item_is_known_by_relation_and_invoice_number() -> None:
    [found] = reading.outstanding_items("sales", [item()], chosen())
    assert (found.external_id, found.relation_number, found.invoice_number) == ("4711/26000123", "4711", "26000123")
    assert (found.invoice_amount, found.paid_amount, found.open_amount) == (121, 50, 71)
    assert (found.invoice_date, found.due_date) == (date(2026, 2, 3), date(2026, 2, 17))
    assert found.voucher_number is None, "Minox tells no entry number here"


def test_the_sign_of_a_payable_is_a_setting_and_of_a_receivable_is_not() -> None:
    for kind, sign in (("purchase", -1), ("sales", 1)):
        [found] = reading.outstanding_items(kind, [item()], chosen(payable_balance="negative"))  # type: ignore[arg-type]
        assert found.open_amount == 71 * sign


@pytest.mark.parametrize("number", [None, 0, ""])
def test_a_payment_without_an_invoice_is_flagged(number: Any) -> None:
    record = item(invoice_number=number, total=0, paid=40, balance=-40)
    [found] = reading.outstanding_items("sales", [record], chosen())
    assert (found.unmatched_payment, found.open_amount, found.invoice_number) == (True, -40, None)


@pytest.mark.parametrize("changed", [{"account_id": None}, {"balance": "71,00"}, {"invoice_date": "gisteren"}])
def test_an_item_that_can_not_be_understood_is_an_error(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        list(reading.outstanding_items("sales", [item(**changed)], chosen()))


# --- bookings


def booked_line(id: str, debit: str, credit: str, **more: Any) -> dict[str, Any]:
    given = {
        "account": {"id": id, "scheme": "MINOX", "type": "ledger_account"},
        "debit": Decimal(debit),
        "credit": Decimal(credit),
        "document_date": "2026-02-03",
        "journal": {"id": "VRK"},
        "invoice_number": 26000123,
        "entry_number": 417,
    }
    return {**given, **more}


def sale_lines(**more: Any) -> list[dict[str, Any]]:
    debtor = booked_line("4711", "121", "0", account={"id": "4711", "type": "customer"}, **more)
    return [debtor, booked_line("8000", "0", "100.00", **more), booked_line("1510", "0", "21", **more)]


def test_a_booking_as_it_was_sent_has_no_differences() -> None:
    assert comparing.differences(SALE, sale_lines(), CODES, chosen()) == ()
    assert comparing.notices(SALE, sale_lines(), CODES, chosen()) == ()


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (sale_lines()[1:], ("customer", "total")),
        (sale_lines(document_date="2026-02-04"), ("entry_date",)),
        (sale_lines(currency={"id": "USD"}), ("currency",)),
        (sale_lines(invoice_number=9), ("invoice_number",)),
        ([*sale_lines()[:2], booked_line("1510", "0", "9")], ("lines",)),
        ([*sale_lines(), booked_line("2990", "1", "0")], ("lines",)),
        ([sale_lines()[0], sale_lines()[2]], ("lines",)),
    ],
)
def test_differences_of_a_sale(lines: list[dict[str, Any]], names: tuple[str, ...]) -> None:
    assert comparing.differences(SALE, lines, CODES, chosen()) == names


def test_differences_of_a_memorial() -> None:
    lines = [booked_line("1100", "250", "0"), booked_line("8020", "0", "250")]
    assert comparing.differences(MEMORIAL, lines, CODES, chosen()) == ()
    assert comparing.differences(MEMORIAL, lines[:1], CODES, chosen()) == ("lines",)
    assert comparing.differences(MEMORIAL, [*lines, booked_line("1510", "0", "1")], CODES, chosen()) == ("lines",)
    elsewhere = [{**line, "document_date": "2026-02-09", "currency": {"id": "USD"}} for line in lines]
    assert comparing.differences(MEMORIAL, elsewhere, CODES, chosen()) == ("currency", "entry_date")


def test_amounts_of_vat_on_some_lines_alone_say_nothing() -> None:
    """Minox may give back the VAT that was sent, and be silent on what it adds by itself."""
    two = SALE.model_copy(
        update={"lines": (golden.line(vat_code="1", vat_amount=Decimal("9.00")), golden.line()), "total": Decimal(230)}
    )
    debtor = booked_line("4711", "230", "0", account={"id": "4711", "type": "customer"})
    lines = [debtor, booked_line("8000", "0", "100", vat={"id": 1, "amount": 9}), booked_line("8000", "0", "100")]
    assert comparing.notices(two, lines, CODES, chosen()) == ()


# --- what the books hold of a period


def ledger_line(**changed: Any) -> dict[str, Any]:
    line = booked_line("4711", "121", "0", account={"id": "4711", "type": "customer"})
    return {**line, "transaction_line_batch": {"id": "uuid-1"}, **changed}


def entries(*records: dict[str, Any]) -> tuple[Any, ...]:
    return booked.entries(records, golden.SETTINGS.journals, date(2026, 2, 1), date(2026, 2, 28))


def test_an_invoice_counts_by_its_relations_line() -> None:
    [entry] = entries(ledger_line(), {**booked_line("8000", "0", "100"), "batch_id": "uuid-1"})
    assert (entry.kind, entry.external_id, entry.amount, entry.number) == ("sales_invoice", "uuid-1", 121, "26000123")
    [purchase] = entries(
        ledger_line(journal={"id": "INK"}, account={"id": "9", "type": "supplier"}, debit=0, credit=Decimal("60.50"))
    )
    assert (purchase.kind, purchase.amount) == ("purchase_invoice", Decimal("60.50"))


def test_a_memorial_counts_what_is_debited() -> None:
    lines = [booked_line("1100", "250", "0"), booked_line("8020", "0", "250")]
    found = entries(*({**line, "journal": {"id": "MEM"}, "batch_id": "uuid-2"} for line in lines))
    assert [(entry.amount, entry.number) for entry in found] == [(250, "417"), (0, "417")]


def test_other_days_and_other_journals_are_left_out() -> None:
    assert entries(ledger_line(document_date="2026-03-01"), ledger_line(journal={"id": "BNK"})) == ()


def test_a_line_that_does_not_tell_its_booking_stops_the_comparison() -> None:
    with pytest.raises(NotAllowedError):
        entries(ledger_line(transaction_line_batch=None))
