"""Exact Online's records read: settings, open items, and the odd shapes they come in."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.connectors.exact_online import reading
from bookbridge.connectors.exact_online.client import date_of
from bookbridge.kit.package_settings import Journal


@pytest.mark.parametrize(
    ("given", "expected"),
    [(0, "0"), (Decimal("0.21"), "21"), (Decimal("21.0"), "21"), (9, "9"), (Decimal("0.055"), "5.5"), (1, "100")],
)
def test_a_percentage_as_fraction_or_as_such(given: Any, expected: str) -> None:
    assert reading.percentage(given) == Decimal(expected)


def test_no_percentage() -> None:
    assert reading.percentage(None) is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("/Date(1770076800000)/", date(2026, 2, 3)),
        ("/Date(-86400000)/", date(1969, 12, 31)),
        ("2026-02-03T00:00:00", date(2026, 2, 3)),
        ("2026-02-03", date(2026, 2, 3)),
        (None, None),
    ],
)
def test_dates(given: str | None, expected: date | None) -> None:
    assert date_of(given) == expected


def test_a_date_that_is_none() -> None:
    with pytest.raises(ValueError, match=r"."):
        date_of("/Date(soon)/")


@pytest.mark.parametrize(
    ("vat_type", "transaction", "inclusive", "sales", "purchase"),
    [
        ("E", "S", False, True, False),
        ("I", "B", True, True, True),
        ("B", "P", None, False, True),
        ("N", None, None, True, True),
    ],
)
def test_vat_codes(vat_type: str, transaction: str | None, inclusive: bool | None, sales: bool, purchase: bool) -> None:
    record = {"ID": "x", "Code": "2  ", "Type": vat_type, "VATTransactionType": transaction, "Percentage": 0}
    code = reading.vat_code(record)
    assert (code.code, code.inclusive, code.sales, code.purchase) == ("2", inclusive, sales, purchase)


@pytest.mark.parametrize(
    ("account_type", "kind"),
    [(10, "cash"), (12, "bank"), (20, "customer_control"), (22, "supplier_control"), (24, "vat"), (110, "ordinary")],
)
def test_kinds_of_ledger_accounts(account_type: int, kind: str) -> None:
    record = {"ID": "x", "Code": " 0400", "Type": account_type, "UseCostcenter": 1, "UseCostunit": 2}
    account = reading.ledger_account(record)
    assert (account.code, account.kind, account.cost_centre, account.cost_unit) == (
        "0400",
        kind,
        "mandatory",
        "forbidden",
    )


def test_a_period_is_closed_when_every_journal_that_takes_documents_is() -> None:
    rows = tuple({"Journal": code, "Year": 2026, "Period": 1, "Status": 1} for code in ("60 ", "70"))
    closed = reading.ClosedPeriods(rows, since_year=2025)
    assert closed.is_open(2026, 1, frozenset({"60", "70"})) is False
    assert closed.is_open(2026, 1, frozenset({"60", "70", "90"})) is True
    assert closed.is_open(2026, 2, frozenset({"60", "70"})) is True
    assert closed.is_open(2024, 1, frozenset({"60"})) is None, "years before are not read"
    assert closed.is_open(2026, 1, frozenset()) is True


def row(**changed: Any) -> dict[str, Any]:
    given = {
        "HID": "100001",
        "AccountCode": "              4711",
        "AccountName": "De Eik",
        "Amount": Decimal("121.0"),
        "CurrencyCode": "EUR",
        "DueDate": "/Date(1771286400000)/",
        "EntryNumber": 26000123,
        "InvoiceDate": "/Date(1770076800000)/",
        "InvoiceNumber": 26000123,
        "JournalCode": "70",
        "YourRef": "26000123",
    }
    return {**given, **changed}


JOURNALS = (Journal(code="70", kind="sales"), Journal(code="20", kind="bank"), Journal(code="90", kind="general"))


def items(*rows: dict[str, Any], journals: tuple[Journal, ...] = JOURNALS) -> list[tuple[str, bool]]:
    found = reading.outstanding_items("sales", rows, journals)
    return [(str(item.open_amount), item.unmatched_payment) for item in found]


def test_an_open_item() -> None:
    [item] = reading.outstanding_items("sales", [row()], JOURNALS)
    assert item.relation_number == "4711"
    assert item.due_date == date(2026, 2, 17)
    assert item.invoice_date == date(2026, 2, 3)
    assert (item.voucher_number, item.journal, item.reference) == ("26000123", "70", "26000123")


def test_rows_of_one_entry_are_added_up() -> None:
    assert items(row(Amount=70), row(HID="100002", Amount=Decimal("1.0"))) == [("71.00", False)]


def test_rows_of_two_customers_are_not() -> None:
    assert len(items(row(), row(AccountCode="4712"))) == 2


def test_what_adds_up_to_nothing_on_this_page_may_have_another_part() -> None:
    assert items(row(Amount=70), row(Amount=-70)) == [("0.00", False)]


def test_a_payment_is_known_by_its_journal() -> None:
    assert items(row(JournalCode="20", Amount=-5)) == [("-5.00", True)]


def test_without_journals_a_payment_is_known_by_the_invoice_it_points_to() -> None:
    payment = row(JournalCode="20", YourRef=None, EntryNumber=26200001, Amount=-5)
    assert items(payment, journals=()) == [("-5.00", True)]


def test_an_entry_typed_in_without_a_reference_is_no_payment() -> None:
    assert items(row(YourRef=None)) == [("121.00", False)]


def test_two_payments_stay_two() -> None:
    payment = row(JournalCode="20", YourRef=None, InvoiceNumber=None, Amount=-5)
    assert len(items(payment, {**payment, "HID": "100002"})) == 2


@pytest.mark.parametrize("missing", ["HID", "Amount", "CurrencyCode", "AccountCode", "EntryNumber"])
def test_a_row_without_what_counts_is_not_guessed(missing: str) -> None:
    broken = {name: value for name, value in row(JournalCode="20").items() if name != missing}
    if missing == "EntryNumber":
        broken["JournalCode"] = "70"
    with pytest.raises(KeyError):
        items(broken, journals=JOURNALS)


def test_one_number_in_two_years_is_two_items() -> None:
    last_year = row(InvoiceDate="/Date(1738540800000)/", HID="99")
    found = reading.outstanding_items("sales", [row(), last_year], JOURNALS)
    assert len({item.external_id for item in found}) == 2
