"""Exact Online's entries of a period, and the odd shapes they could come in."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.connectors.exact_online import booked

RECORD: dict[str, Any] = {
    "EntryID": "11111111-2222-3333-4444-555555555555",
    "EntryNumber": 26000123,
    "Journal": "70 ",
    "JournalCode": "90",
    "EntryDate": "/Date(1770076800000)/",
    "Date": "/Date(1770076800000)/",
    "Currency": "EUR",
    "AmountFC": Decimal("-121.0"),
}


def test_an_invoice_keeps_its_sign_and_a_memorial_counts_what_is_debited() -> None:
    [invoice] = booked.entries([RECORD], "sales_invoice")
    assert (invoice.amount, invoice.journal, invoice.number) == (Decimal("-121.0"), "70", "26000123")
    assert invoice.entry_date == date(2026, 2, 3)
    [line] = booked.entries([RECORD], "journal_entry")
    assert (line.amount, line.journal) == (Decimal(0), "90")


@pytest.mark.parametrize(
    "changed",
    [
        {"EntryID": None},
        {"EntryID": ""},
        {"EntryID": 7},
        {"EntryDate": None},
        {"EntryDate": "/Date(soon)/"},
        {"Journal": None},
        {"Currency": None},
        {"AmountFC": [1]},
        {"AmountFC": "much"},
        {"AmountFC": "NaN"},
        {"AmountFC": Decimal("1E+999")},
        {"AmountFC": "Infinity"},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_no_entry(changed: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError, ArithmeticError)):
        booked.entries([{**RECORD, **changed}], "sales_invoice")
    with pytest.raises(KeyError):
        booked.entries([{}], "purchase_invoice")
