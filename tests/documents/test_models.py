"""The documents themselves: what they refuse, what they make of blanks, and money."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bookbridge.documents import (
    DOCUMENT_KINDS,
    Customer,
    Document,
    InvoiceLine,
    Money,
    PurchaseInvoice,
    document_from_json,
    document_to_json,
    identifier_of,
    minor_unit,
    money_of,
    rounded,
    totals,
)
from tests.documents.strategies import documents
from tests.documents.test_identity import sale

amounts = st.decimals(Decimal(-(10**9)), Decimal(10**9), places=2)


@pytest.mark.parametrize("blank", ["", "   ", "\t", None])
def test_blank_text_is_none(blank: str | None) -> None:
    customer = Customer(number=" 1 ", name=" A ", city=blank, vat_number=blank)
    assert (customer.number, customer.name, customer.city, customer.vat_number) == ("1", "A", None, None)


@pytest.mark.parametrize(
    "wrong",
    [{"total": 121.0}, {"total": "NaN"}, {"total": "Infinity"}, {"lines": []}, {"journal": ""}, {"currency": "eur"},
     {"currency": "EURO"}, {"fiscal_year": 26}, {"period": 0}, {"exchange_rate": "0"}, {"customer": " "}, {"bogus": 1},
     {"total": "1" * 22}, {"number": "x" * 61}, {"description": "x" * 2001}],
)  # fmt: skip
def test_wrong_content_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        sale(**wrong)


def test_documents_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        sale().total = Decimal(1)  # type: ignore[misc]


@given(documents)
def test_json_holds_plain_values_and_no_absent_fields(document: Document) -> None:
    def check(value: object) -> None:
        assert value is not None
        assert not isinstance(value, float)
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            check(part)

    content = document_to_json(document)
    check(content)
    assert content["kind"] in DOCUMENT_KINDS
    assert document_from_json(content) == document


@pytest.mark.parametrize("content", [{}, {"kind": "bogus"}, {"kind": "customer"}, {"kind": "customer", "number": 1}])
def test_json_of_no_document_names_its_fields(content: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        document_from_json(content)


def test_relations_count_no_money() -> None:
    assert money_of(Customer(number="1", name="A")) is None
    assert str(money_of(sale(currency="JPY", total="121"))) == "121 JPY"


def test_identifier_is_the_number_people_know() -> None:
    assert identifier_of(Customer(number="1", name="A")) == "1"
    assert identifier_of(sale()) == "26700123"
    assert identifier_of(sale(number=None, invoice_number="F1")) == "F1"
    assert identifier_of(sale(number=None)) == "(no number)"
    assert sale().relation_number == "100234"
    assert PurchaseInvoice.relation_kind == "supplier"
    assert sale(total="-1").is_credit_note


@given(st.lists(amounts, max_size=8))
def test_money_adds_up_without_loss(values: list[Decimal]) -> None:
    sums = totals(Money(amount=value, currency="EUR") for value in values)
    assert sums == ({"EUR": sum(values, Decimal(0))} if values else {})


def test_totals_are_per_currency_in_order() -> None:
    moneys = [Money(amount=Decimal("1.5"), currency=currency) for currency in ("USD", "EUR", "JPY", "EUR")]
    assert list(totals(moneys).items()) == [("EUR", Decimal("3.00")), ("JPY", Decimal(2)), ("USD", Decimal("1.50"))]


def test_currencies_are_never_mixed() -> None:
    euro, dollar = (Money(amount=Decimal(1), currency=currency) for currency in ("EUR", "USD"))
    assert (euro + euro).amount == 2
    assert (-euro).amount == -1
    with pytest.raises(ValueError, match="USD"):
        _ = euro + dollar


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [("0.005", "EUR", "0.01"), ("-0.005", "EUR", "-0.01"), ("2.5", "JPY", "3"), ("1.2345", "KWD", "1.235"),
     ("0.0049", "EUR", "0.00")],
)  # fmt: skip
def test_halves_are_rounded_away_from_zero(amount: str, currency: str, expected: str) -> None:
    assert str(rounded(Decimal(amount), currency)) == expected


@given(st.decimals(Decimal(-(10**9)), Decimal(10**9), places=6), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_rounding_moves_no_more_than_half_a_unit(amount: Decimal, currency: str) -> None:
    result = rounded(amount, currency)
    assert abs(result - amount) <= minor_unit(currency) / 2
    assert rounded(result, currency) == result


def test_amounts_refuse_floating_point_numbers() -> None:
    with pytest.raises(ValidationError, match="floating-point"):
        InvoiceLine(ledger_account="1", amount=0.1)  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        Money(amount=0.1, currency="EUR")  # type: ignore[arg-type]


def test_dates_are_dates() -> None:
    assert sale(entry_date="2026-02-03").entry_date == date(2026, 2, 3)
    with pytest.raises(ValidationError):
        sale(entry_date="03022026x")
