"""Every problem that the package's own settings tell of is found before sending, at its field."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.documents import LANGUAGES, Customer, JournalEntry, PurchaseInvoice, SalesInvoice
from bookbridge.exchange.preflight import SettingsIndex, check
from bookbridge.kit.package_settings import (
    CostCentre,
    CostUnit,
    Journal,
    LedgerAccount,
    PackageSettings,
    PaymentCondition,
    Period,
    VatCode,
)

SETTINGS = PackageSettings(
    ledger_accounts=(
        LedgerAccount(code="8000"),
        LedgerAccount(code="8999", blocked=True),
        LedgerAccount(code="1300", kind="customer_control"),
        LedgerAccount(code="1500", kind="vat"),
        LedgerAccount(code="4500", cost_centre="mandatory", cost_unit="mandatory"),
        LedgerAccount(code="4600", cost_centre="forbidden", cost_unit="forbidden"),
    ),
    vat_codes=(
        VatCode(code="2", percentage=Decimal(21), inclusive=False, purchase=False),
        VatCode(code="3", percentage=Decimal(21), inclusive=True, purchase=False),
        VatCode(code="5", percentage=Decimal(21), inclusive=False, sales=False),
    ),
    journals=(
        Journal(code="70", kind="sales"),
        Journal(code="71", kind="sales", blocked=True),
        Journal(code="72", kind="sales", vat_allowed=False),
        Journal(code="60", kind="purchase"),
        Journal(code="90", kind="general"),
    ),
    payment_conditions=(PaymentCondition(code="30"),),
    cost_centres=(CostCentre(code="100"),),
    cost_units=(CostUnit(code="P1"),),
    periods=(
        Period(year=2025, number=12, start=date(2025, 12, 1), end=date(2025, 12, 31), is_open=False),
        Period(year=2026, number=11, start=date(2026, 11, 1), end=date(2026, 11, 30), is_open=True),
    ),
    currencies=("EUR", "USD"),
)
INDEX = SettingsIndex(SETTINGS)


def test_a_memorial_line_of_a_relation_may_use_its_control_account_where_the_package_books_it_there() -> None:
    lines = [{"ledger_account": "1300", "amount": "10", "customer": "7"}, {"ledger_account": "8000", "amount": "-10"}]
    dated = {"journal": "90", "fiscal_year": 2026, "entry_date": date(2026, 11, 3)}
    entry = JournalEntry.model_validate({**dated, "lines": lines})
    books = SettingsIndex(SETTINGS.model_copy(update={"books_on_control_accounts": True}))
    assert [problem.code for problem in check(entry, INDEX)] == ["preflight.account_control"]
    assert check(entry, books) == []
    for changed in ({"customer": None}, {"customer": None, "supplier": "7"}, {"ledger_account": "1500"}):
        other = JournalEntry.model_validate({**dated, "lines": [{**lines[0], **changed}, lines[1]]})
        assert [problem.code for problem in check(other, books)] == ["preflight.account_control"]


def sale(line: dict[str, Any] | None = None, **fields: Any) -> SalesInvoice:
    given = {
        "journal": "70",
        "fiscal_year": 2026,
        "entry_date": date(2026, 11, 3),
        "customer": "7",
        "total": "121",
        "lines": [{"ledger_account": "8000", "amount": "100", "vat_code": "2", **(line or {})}],
    }
    return SalesInvoice(**{**given, **fields})


def test_a_document_that_fits_has_no_problem():
    assert check(sale(), INDEX) == []


@pytest.mark.parametrize(
    ("document", "code", "field"),
    [
        (sale(journal="77"), "journal_unknown", "journal"),
        (sale(journal="60"), "journal_wrong_kind", "journal"),
        (sale(journal="71"), "journal_blocked", "journal"),
        (sale(entry_date=date(2025, 12, 3), fiscal_year=2025), "period_closed", "entry_date"),
        (sale(period=12, fiscal_year=2025), "period_closed", "period"),
        (sale(entry_date=date(2031, 1, 1), fiscal_year=2031), "period_unknown", "entry_date"),
        (sale(currency="XAU"), "currency_unknown", "currency"),
        (sale(payment_condition="99"), "payment_condition_unknown", "payment_condition"),
        (sale({"ledger_account": "8888"}), "account_unknown", "lines.0.ledger_account"),
        (sale({"ledger_account": "8999"}), "account_blocked", "lines.0.ledger_account"),
        (sale({"ledger_account": "1300"}), "account_control", "lines.0.ledger_account"),
        (sale({"ledger_account": "1500"}), "account_control", "lines.0.ledger_account"),
        (sale({"vat_code": "19"}), "vat_unknown", "lines.0.vat_code"),
        (sale({"vat_code": "5"}), "vat_not_for_sales", "lines.0.vat_code"),
        (sale(journal="72"), "vat_not_in_journal", "lines.0.vat_code"),
        (sale({"vat_code": "3"}, vat="exclusive"), "vat_in_or_out", "lines.0.vat_code"),
        (sale({"cost_centre": "999"}), "cost_centre_unknown", "lines.0.cost_centre"),
        (sale({"cost_unit": "999"}), "cost_unit_unknown", "lines.0.cost_unit"),
        (sale({"ledger_account": "4600", "cost_centre": "100"}), "cost_centre_forbidden", "lines.0.cost_centre"),
        (sale({"ledger_account": "4600", "cost_unit": "P1"}), "cost_unit_forbidden", "lines.0.cost_unit"),
        (sale({"ledger_account": "4500", "cost_unit": "P1"}), "cost_centre_missing", "lines.0.cost_centre"),
        (sale({"ledger_account": "4500", "cost_centre": "100"}), "cost_unit_missing", "lines.0.cost_unit"),
        (Customer(number="7", name="Name", payment_condition="99"), "payment_condition_unknown", "payment_condition"),
        (Customer(number="7", name="Name", ledger_account="8888"), "account_unknown", "ledger_account"),
    ],
)
def test_problem_is_found_at_its_field(document: Any, code: str, field: str):
    problems = check(document, INDEX)
    assert [(problem.code, problem.field) for problem in problems] == [(f"preflight.{code}", field)]
    for language in LANGUAGES:
        explanation = problems[0].explain(language)
        assert "{" not in explanation.reason + explanation.remedy


def test_a_sales_code_on_a_purchase_is_refused():
    document = PurchaseInvoice(
        journal="60",
        fiscal_year=2026,
        entry_date=date(2026, 11, 3),
        supplier="8",
        total="121",
        lines=[{"ledger_account": "8000", "amount": "100", "vat_code": "2"}],
    )
    assert [problem.code for problem in check(document, INDEX)] == ["preflight.vat_not_for_purchases"]


def test_an_unbalanced_memorial_says_by_how_much():
    entry = JournalEntry(
        journal="90",
        fiscal_year=2026,
        entry_date=date(2026, 11, 3),
        lines=[{"ledger_account": "8000", "amount": "10.00"}, {"ledger_account": "8000", "amount": "-9.99"}],
    )
    (problem,) = check(entry, INDEX)
    assert (problem.code, problem.value) == ("preflight.not_balanced", "0.01 EUR")


def test_an_amount_with_its_vat_amount_can_be_converted_and_is_no_problem():
    assert check(sale({"vat_code": "3", "vat_amount": "21"}, vat="exclusive"), INDEX) == []


def test_all_problems_of_a_document_come_at_once():
    document = sale({"ledger_account": "8888", "vat_code": "19"}, journal="77")
    assert {problem.code for problem in check(document, INDEX)} == {
        "preflight.journal_unknown",
        "preflight.account_unknown",
        "preflight.vat_unknown",
    }


def test_what_the_package_would_not_tell_is_not_checked():
    names = ("ledger_accounts", "vat_codes", "journals", "periods", "cost_centres", "cost_units", "payment_conditions")
    silent = SettingsIndex(PackageSettings(unknown=(*names, "currencies")))
    document = sale({"ledger_account": "8888", "vat_code": "19", "cost_centre": "9"}, journal="77")
    assert check(document, silent) == []
