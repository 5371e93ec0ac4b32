"""Our documents in Exact Online's words: whole bodies, and the decisions behind them."""

from decimal import Decimal
from typing import Any

import pytest

from bookbridge.connectors.exact_online import mapping
from bookbridge.documents import Customer, InvoiceLine, SalesInvoice, Supplier
from bookbridge.kit.errors import CannotMapError
from bookbridge.kit.package_settings import PackageSettings
from tests.connectors.exact_online import golden
from tests.connectors.exact_online.golden import CODES, REFERENCE, amount


def test_a_sale() -> None:
    assert mapping.invoice_body(golden.SALE, golden.CUSTOMER, CODES, REFERENCE) == golden.SALE_BODY


def test_a_supplier_s_credit_note_in_another_currency() -> None:
    assert mapping.invoice_body(golden.CREDIT, golden.SUPPLIER, CODES, REFERENCE) == golden.CREDIT_BODY


def test_a_memorial() -> None:
    relations = {("customer", "4711"): golden.CUSTOMER}
    assert mapping.journal_body(golden.MEMORIAL, relations, CODES, REFERENCE) == golden.MEMORIAL_BODY


def test_a_customer() -> None:
    assert mapping.relation_body(golden.DE_EIK, CODES) == golden.DE_EIK_BODY


def test_a_supplier() -> None:
    assert mapping.relation_body(golden.NOORD, CODES) == golden.NOORD_BODY


@pytest.mark.parametrize(
    ("number", "invoice_number", "entry_number"),
    [
        ("26000123", None, 26000123),
        ("0007", None, 7),
        (None, "26000123", 26000123),
        ("A-17", "26000123", None),  # The number that the source knows it by counts.
        (None, None, None),
        ("0", None, None),
        ("2147483647", None, 2147483647),
        ("2147483648", None, None),
        ("١٢", None, None),
        ("1.5", None, None),
    ],
)
def test_which_number_can_be_exact_s_entry_number(
    number: str | None, invoice_number: str | None, entry_number: int | None
) -> None:
    sale = golden.SALE.model_copy(update={"number": number, "invoice_number": invoice_number})
    assert mapping.entry_number(sale) == entry_number


def test_an_invoice_number_of_a_purchase_is_no_entry_number() -> None:
    purchase = golden.CREDIT.model_copy(update={"number": None, "invoice_number": "12345"})
    assert mapping.entry_number(purchase) is None


@pytest.mark.parametrize(
    ("change", "your_ref", "description"),
    [
        ({}, "26000123", "Booking 8841"),
        ({"your_reference": "PO 5"}, "26000123", "Booking 8841 / PO 5"),
        ({"your_reference": "PO 5", "description": None}, "26000123", "PO 5"),
        ({"invoice_number": None}, "0026000123", "Booking 8841"),
        ({"invoice_number": None, "number": None}, REFERENCE, f"{REFERENCE} Booking 8841"),
        ({"invoice_number": None, "number": None, "description": None}, REFERENCE, REFERENCE),
    ],
)
def test_what_makes_a_sale_findable(change: dict[str, Any], your_ref: str, description: str) -> None:
    body = mapping.invoice_body(golden.SALE.model_copy(update=change), golden.CUSTOMER, CODES, REFERENCE)
    assert (body["YourRef"], body["Description"]) == (your_ref, description)


@pytest.mark.parametrize(
    ("vat", "code", "vat_amount", "sent"),
    [
        ("by_code", "2", None, "100.00"),
        ("by_code", "3", None, "100.00"),
        ("exclusive", "2", None, "100.00"),
        ("exclusive", "3", "21.00", "121.00"),
        ("inclusive", "3", None, "100.00"),
        ("inclusive", "2", "17.36", "82.64"),
        ("inclusive", "7", None, "100.00"),
        ("exclusive", None, None, "100.00"),
    ],
)
def test_amounts_count_as_the_vat_code_does(vat: str, code: str | None, vat_amount: str | None, sent: str) -> None:
    line = InvoiceLine(ledger_account="8000", amount=amount("100.00"), vat_code=code, vat_amount=vat_amount)
    sale = golden.SALE.model_copy(update={"vat": vat, "lines": (line,)})
    body = mapping.invoice_body(sale, golden.CUSTOMER, CODES, REFERENCE)
    assert body["SalesEntryLines"][0]["AmountFC"] == Decimal(sent)


def test_every_problem_of_a_document_is_told_at_once() -> None:
    lines = (
        InvoiceLine(ledger_account="NO", amount=amount("1"), vat_code="2"),
        InvoiceLine(ledger_account="8000", amount=amount("1"), vat_code="2"),
        InvoiceLine(ledger_account="8000", amount=amount("1"), vat_code="X"),
        InvoiceLine(ledger_account="8000", amount=amount("1"), vat_code="3"),
    )
    with pytest.raises(CannotMapError) as caught:
        mapping.invoice_body(golden.SALE.model_copy(update={"lines": lines}), golden.CUSTOMER, CODES, REFERENCE)
    assert [(problem.code, problem.field, problem.value) for problem in caught.value.problems] == [
        ("exact_online.code_unknown", "lines.0.ledger_account", "NO"),
        ("exact_online.code_unknown", "lines.2.vat_code", "X"),
        ("exact_online.vat_kind_unfit", "lines.3.amount", "3"),
    ]


def test_vat_codes_that_could_not_be_read_are_left_to_exact() -> None:
    accounts = PackageSettings(ledger_accounts=(), unknown=("vat_codes",))
    assert mapping.Codes(accounts).vat_code("anything", "field").inclusive is None


def test_the_period_comes_from_the_date_where_the_document_has_none() -> None:
    sale = golden.SALE.model_copy(update={"period": None})
    assert mapping.invoice_body(sale, golden.CUSTOMER, CODES, REFERENCE)["ReportingPeriod"] == 2
    other_year = sale.model_copy(update={"fiscal_year": 2025})
    assert "ReportingPeriod" not in mapping.invoice_body(other_year, golden.CUSTOMER, CODES, REFERENCE)


def test_a_memorial_s_vat_amount_goes_with_its_code_only() -> None:
    with_code = golden.MEMORIAL.lines[0].model_copy(update={"vat_code": "2", "vat_amount": amount("21")})
    without = with_code.model_copy(update={"vat_code": None})
    entry = golden.MEMORIAL.model_copy(update={"lines": (with_code, without)})
    lines = mapping.journal_body(entry, {}, CODES, REFERENCE)["GeneralJournalEntryLines"]
    assert [line.get("AmountVATFC") for line in lines] == [amount("21"), None]


# --- relations that are there already

HELD = {**golden.DE_EIK_BODY, "ID": golden.CUSTOMER, "IsSupplier": False, "CreditLineSales": 5000}


def changes(relation: Customer | Supplier, **held: Any) -> mapping.Changes:
    return mapping.relation_changes(relation, {**HELD, **held}, CODES)


def test_nothing_is_sent_when_nothing_differs() -> None:
    assert changes(golden.DE_EIK) == mapping.Changes({}, False, ())


def test_only_what_differs_is_sent() -> None:
    changed = golden.DE_EIK.model_copy(update={"city": "Ede", "credit_limit": amount("7500.00"), "email": None})
    assert changes(changed).body == {"City": "Ede", "CreditLineSales": amount("7500.00")}


def test_exact_s_own_spelling_is_no_difference() -> None:
    assert changes(golden.DE_EIK, SearchCode="deeik ", Country="nl", GLAccountSales=golden.REVENUE.upper()).body == {}


def test_a_prospect_becomes_a_customer() -> None:
    assert changes(golden.DE_EIK, Status="P").body == {"Status": "C"}


def test_a_second_role_leaves_what_both_share() -> None:
    supplier = golden.NOORD.model_copy(update={"number": "4711"})
    found = changes(supplier)
    assert found.role_added
    assert found.kept == ("name",)
    assert "Name" not in found.body
    assert found.body["IsSupplier"] is True
    assert found.body["PaymentConditionPurchase"] == "30"


def test_with_both_roles_shared_details_stay() -> None:
    changed = golden.DE_EIK.model_copy(update={"city": "Ede", "payment_condition": "30"})
    found = changes(changed, IsSupplier=True)
    assert found == mapping.Changes({"PaymentConditionSales": "30"}, False, ("city",))


def test_what_has_no_place_in_exact_is_named() -> None:
    relation = golden.DE_EIK.model_copy(update={"contact_name": "Jansen", "blocked_bank_account": "NL00"})
    assert mapping.fields_not_kept(relation) == ("contact_name", "blocked_bank_account")


def test_every_field_of_a_relation_goes_somewhere_or_is_named() -> None:
    handled = {*mapping.SHARED_FIELDS, *mapping.CUSTOMER_FIELDS, *mapping.SUPPLIER_FIELDS, *mapping.FIELDS_NOT_KEPT}
    elsewhere = {"kind", "administration", "number", "bank_account"}
    assert {*Customer.model_fields, *Supplier.model_fields} == handled | elsewhere


def test_every_field_of_an_invoice_goes_somewhere() -> None:
    # The way of paying belongs to Exact's payment condition; the total and kind of VAT are what the lines must give.
    not_sent = {"kind", "administration", "payment_method", "total", "vat"}
    sent = {"number", "journal", "fiscal_year", "period", "entry_date", "due_date", "description", "invoice_number"}
    sent |= {"your_reference", "currency", "exchange_rate", "payment_condition", "blocked_account_amount", "reversal"}
    sent |= {"lines", "customer"}
    assert set(SalesInvoice.model_fields) == sent | not_sent
