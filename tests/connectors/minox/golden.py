"""Documents and the bodies that Minox must get for them, written by hand from the fact sheet."""

from datetime import date
from decimal import Decimal
from typing import Any

from bookbridge.connectors.minox.choices import Choices, choices
from bookbridge.connectors.minox.codes import Codes
from bookbridge.documents import (
    Customer,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    PurchaseInvoice,
    SalesInvoice,
    Supplier,
)
from bookbridge.kit.package_settings import (
    CostCentre,
    Journal,
    LedgerAccount,
    PackageSettings,
    PaymentCondition,
    Period,
    VatCode,
)

DAY = date(2026, 2, 3)
SETTINGS = PackageSettings(
    ledger_accounts=(
        LedgerAccount(code="8000", vat_code="2"),
        LedgerAccount(code="8020"),
        LedgerAccount(code="4300", vat_code="5"),
        LedgerAccount(code="4310"),
        LedgerAccount(code="1100"),
        LedgerAccount(code="1300", kind="customer_control"),
        LedgerAccount(code="1600", kind="supplier_control"),
        LedgerAccount(code="1510", kind="vat"),
        LedgerAccount(code="8999", blocked=True),
    ),
    vat_codes=(
        VatCode(code="1", percentage=Decimal(9), inclusive=False),
        VatCode(code="2", percentage=Decimal(21), inclusive=False, ledger_account="1510"),
        VatCode(code="3", percentage=Decimal(0), inclusive=False),
        VatCode(code="5", percentage=Decimal(21), inclusive=False, ledger_account="1510"),
        VatCode(code="6", percentage=Decimal(21), inclusive=False, reverse_charge=True),
    ),
    journals=(
        Journal(code="VRK", kind="sales", own_numbers=True),
        Journal(code="INK", kind="purchase", own_numbers=False),
        Journal(code="MEM", kind="general"),
    ),
    payment_conditions=(PaymentCondition(code="14", days=14), PaymentCondition(code="30", days=30)),
    cost_centres=(CostCentre(code="12"),),
    periods=(
        Period(year=2026, number=1, start=date(2026, 1, 1), end=date(2026, 1, 31), is_open=False),
        Period(year=2026, number=2, start=date(2026, 2, 1), end=date(2026, 2, 28), is_open=True),
    ),
)
CODES = Codes(SETTINGS)


def chosen(**options: str) -> Choices:
    return choices(options)


def amount(text: str) -> Decimal:
    return Decimal(text)


def line(**changed: Any) -> InvoiceLine:
    given: dict[str, Any] = {
        "ledger_account": "8000",
        "amount": amount("100.00"),
        "vat_code": "2",
        "vat_amount": amount("21.00"),
        "description": "Pitch 12",
    }
    return InvoiceLine(**{**given, **changed})


SALE = SalesInvoice(
    number="417",
    invoice_number="26000123",
    journal="VRK",
    customer="4711",
    fiscal_year=2026,
    period=2,
    entry_date=DAY,
    due_date=date(2026, 2, 17),
    description="Booking 8841",
    payment_condition="14",
    vat="exclusive",
    total=amount("121.00"),
    lines=(line(cost_centre="12"),),
)
_SALE_HEAD = (
    '"journal":{"id":"VRK"},"period":{"id":2,"fiscal_year":2026},"document_date":"2026-02-03",'
    '"invoice_number":26000123,"entry_number":417,"currency":{"id":"EUR"}'
)
SALE_BODY = (
    f'[{{{_SALE_HEAD},"due_date":"2026-02-17","account":{{"id":"4711","scheme":"MINOX","type":"customer"}},'
    '"debit":121.00,"credit":0,"description":"Booking 8841","payment_term":{"id":14}},'
    f'{{{_SALE_HEAD},"account":{{"id":"8000","scheme":"MINOX","type":"ledger_account"}},'
    '"debit":0,"credit":100.00,"description":"Pitch 12","cost_center":{"id":12}}]'
)

PURCHASE = PurchaseInvoice(
    number="26600088",
    journal="INK",
    supplier="90012",
    fiscal_year=2026,
    entry_date=DAY,
    due_date=date(2026, 3, 5),
    your_reference="F2026-88",
    description="Linen",
    vat="exclusive",
    total=amount("60.50"),
    lines=(line(ledger_account="4300", vat_code="5", amount=amount("50.00"), vat_amount=amount("10.50")),),
)
_PURCHASE_HEAD = (
    '"journal":{"id":"INK"},"period":{"id":2,"fiscal_year":2026},"document_date":"2026-02-03",'
    '"invoice_number":26600088,"currency":{"id":"EUR"}'
)
PURCHASE_BODY = (
    f'[{{{_PURCHASE_HEAD},"due_date":"2026-03-05","account":{{"id":"90012","scheme":"MINOX","type":"supplier"}},'
    '"debit":0,"credit":60.50,"description":"F2026-88 / Linen"},'
    f'{{{_PURCHASE_HEAD},"account":{{"id":"4300","scheme":"MINOX","type":"ledger_account"}},'
    '"debit":50.00,"credit":0,"description":"Pitch 12"}]'
)

MEMORIAL = JournalEntry(
    number="417",
    journal="MEM",
    fiscal_year=2026,
    entry_date=DAY,
    description="Pay-out",
    lines=(
        JournalLine(ledger_account="1100", amount=amount("250.00")),
        JournalLine(ledger_account="8020", amount=amount("-250.00"), description="Week 6", cost_centre="12"),
    ),
)
_MEMORIAL_HEAD = (
    '"journal":{"id":"MEM"},"period":{"id":2,"fiscal_year":2026},"document_date":"2026-02-03",'
    '"entry_number":417,"currency":{"id":"EUR"}'
)
MEMORIAL_BODY = (
    f'[{{{_MEMORIAL_HEAD},"account":{{"id":"1100","scheme":"MINOX","type":"ledger_account"}},'
    '"debit":250.00,"credit":0,"description":"Pay-out"},'
    f'{{{_MEMORIAL_HEAD},"account":{{"id":"8020","scheme":"MINOX","type":"ledger_account"}},'
    '"debit":0,"credit":250.00,"description":"Week 6","cost_center":{"id":12}}]'
)

CUSTOMER = Customer(
    number="4711",
    name="Camping De Eik BV",
    address_line_1="Stationsweg 1",
    postal_code="7311 AB",
    city="Apeldoorn",
    country="NL",
    phone="055-1234567",
    email="admin@deeik.example",
    vat_number="NL001234567B01",
    payment_condition="14",
    currency="EUR",
    ledger_account="8000",
    credit_limit=amount("2500.00"),
    bank_account="NL91 ABNA 0417 1643 00",
)
CUSTOMER_BODY = (
    '{"id":4711,"externalid":"4711","addresses":[{"address_type":"postal","name":"Camping De Eik BV",'
    '"streetname_and_number":"Stationsweg 1","postal_code":"7311 AB","city":"Apeldoorn","country_code":"NL",'
    '"phone_numbers":[{"phone_number_type":"phone","phone_number":"055-1234567"}],'
    '"email_addresses":[{"email_address_type":"invoice","email_address":"admin@deeik.example"}]}],'
    '"payment_term":{"id":14},"currency":{"id":"EUR"},'
    '"vat":{"vat_registration_number":"NL001234567B01","suggested_gl_account":8000},"sales":{"credit_limit":2500.00},'
    '"bank_accounts":[{"is_default":true,"iban":"NL91ABNA0417164300","name":"Camping De Eik BV"}]}'
)
SUPPLIER = Supplier(number="90012", name="Groothandel Noord BV", country="NL", payment_condition="30", blocked=True)
SUPPLIER_BODY = (
    '{"id":90012,"externalid":"90012","addresses":[{"address_type":"postal","name":"Groothandel Noord BV",'
    '"country_code":"NL"}],"payment_term":{"id":30},"blocked":{"active":true}}'
)
