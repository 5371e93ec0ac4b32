"""Multivers's records: dates of three forms, years, open items, accounts of a year."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.connectors.multivers_online import reading
from bookbridge.connectors.multivers_online.client import retry_after_s, segment, words_in
from bookbridge.connectors.multivers_online.values import date_of, day_text
from bookbridge.kit.http import Answer, Headers

OPEN: dict[str, Any] = {
    "invoiceId": "26000123",
    "customerId": "4711",
    "name": "De Eik",
    "invoiceDate": "3-2-2026",
    "invoiceExpirationDate": "17-2-2026",
    "currencyId": "EUR",
    "invoiceAmountCur": Decimal("121.00"),
    "invoiceBalanceCur": Decimal("71.00"),
    "settledAmountCur": Decimal("50.00"),
    "fiscalYear": 2026,
    "journalId": "VRK",
    "state": 1,
    "payments": [{"paymentDate": "5-2-2026"}, {"paymentDate": "9-2-2026"}],
}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3-2-2026", date(2026, 2, 3)),
        ("1-12-2025", date(2025, 12, 1)),
        ("31-12-2025", date(2025, 12, 31)),
        ("03-02-2026", date(2026, 2, 3)),
        ("2026-02-03T00:00:00", date(2026, 2, 3)),
        ("2026-02-03", date(2026, 2, 3)),
        ("3-2-2026 0:00:00", date(2026, 2, 3)),
        ("", None),
        (None, None),
    ],
)
def test_the_forms_of_a_date(text: str | None, day: date | None):
    assert date_of(text) == day


@pytest.mark.parametrize("text", ["2-31-2026", "gisteren", "2026"])
def test_what_is_no_date(text: str):
    with pytest.raises(ValueError, match=r".+"):
        date_of(text)


def test_a_date_is_written_without_noughts():
    assert day_text(date(2026, 2, 3)) == "3-2-2026"


@pytest.mark.parametrize(
    ("key", "expected"),
    [("50%/a b", "50!_%2Fa%20b"), (date(2026, 2, 3), "3-2-2026"), (2026, "2026"), ("VRK", "VRK")],
)
def test_a_percent_sign_in_an_address(key: object, expected: str):
    assert segment(key) == expected


def test_an_open_item():
    item = reading.outstanding_item("sales", OPEN)
    assert item is not None
    assert (item.external_id, item.relation_number, item.open_amount) == ("26000123", "4711", Decimal("71.00"))
    assert (item.invoice_date, item.due_date, item.last_payment_date) == (
        date(2026, 2, 3),
        date(2026, 2, 17),
        date(2026, 2, 9),
    )
    assert not item.unmatched_payment


@pytest.mark.parametrize("state", [0, 1, 2, None])
def test_the_balance_decides_whatever_the_state_says(state: int | None):
    assert reading.outstanding_item("sales", {**OPEN, "state": state}) is not None
    assert reading.outstanding_item("sales", {**OPEN, "state": state, "invoiceBalanceCur": 0}) is None


@pytest.mark.parametrize(
    ("own", "listed", "expected"),
    [
        (2026, 2026, True),
        (2025, 2025, True),
        (2025, 2026, False),
        (2019, 2025, True),
        (2019, 2026, False),
        (None, 2026, True),
    ],
)
def test_an_invoice_counts_in_one_year_s_list(own: int | None, listed: int, expected: bool):
    assert reading.belongs_to({"fiscalYear": own}, listed, [2026, 2025]) is expected


def test_years_come_latest_first_and_know_whether_they_are_closed():
    records = [{"fiscalYear": 2025, "state": 1, "startDate": "1-1-2025", "endDate": "31-12-2025"}, {"fiscalYear": 2026}]
    latest, before = reading.years_of(records, {"0": "Open", "1": "Afgesloten"})
    assert (latest.number, latest.is_closed, before.number, before.is_closed) == (2026, False, 2025, True)
    assert not before.touches(date(2026, 1, 1), date(2026, 1, 31))
    assert before.touches(date(2025, 12, 31), date(2026, 1, 31))
    # A year that doesn't tell its days may hold any.
    assert latest.touches(date(2030, 1, 1), date(2030, 1, 2))


def test_a_period_that_does_not_tell_is_not_taken_for_closed():
    record = {"fiscalYear": 2026, "periodNumber": 2, "startDate": "1-2-2026", "endDate": "28-2-2026"}
    assert reading.period(record).is_open is None
    assert reading.period({**record, "closed": True}).is_open is False


def test_an_account_tells_the_years_whose_chart_has_it():
    account = reading.ledger_account({"accountId": "8000", "accountTypeId": 0}, [2026, 2025], {"0": "Overig"}, {})
    assert (account.external_id, account.kind, account.blocked) == ("2025 2026", "ordinary", False)


@pytest.mark.parametrize("total", ["-121.00", "121.00"])
def test_the_kind_of_an_invoice_tells_the_sign_of_its_total(total: str):
    assert reading.booked_total({"invoiceType": 2, "amountTotalCur": Decimal(total)}) == Decimal("-121.00")


@pytest.mark.parametrize("value", [True, [], 1.5, "x", Decimal(10) ** 14])
def test_what_is_no_amount(value: object):
    with pytest.raises((ValueError, ArithmeticError)):
        reading.amount_of(value)


def test_words_of_a_record_are_its_messages_and_broken_rules_each_once():
    record = {
        "messages": [{"Message": "een"}, "twee", {"message": ""}],
        "brokenRulesCollection": [{"messageText": "drie"}],
        "allBrokenRulesCollection": [{"messageText": "drie"}, {"messageText": "een"}],
    }
    assert words_in(record) == ("een", "twee", "drie")


@pytest.mark.parametrize(("given", "expected"), [("42", 42), ("", 60), ("soon", 60), ("999999", 86400)])
def test_how_long_to_wait(given: str, expected: int):
    assert retry_after_s(Answer(429, Headers({"Retry-After": given}), b"")) == expected
