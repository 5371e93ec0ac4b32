"""Documents and the bodies that Multivers must get for them, written by hand from the public field lists."""

from datetime import date
from decimal import Decimal

from bookbridge.connectors.multivers_online.mapping import Codes
from bookbridge.documents import (
    Customer,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    PurchaseInvoice,
    SalesInvoice,
    Supplier,
)
from bookbridge.kit.package_settings import CostCentre, Journal, LedgerAccount, PackageSettings, Period, VatCode

REFERENCE = "BB0123ABCD"
DAY = date(2026, 2, 3)
BASIC = "UNIT4.Multivers.API.BL.Financial.Edit.BasicEntryProxy, UNIT4.Multivers.API.Web.WebApi.Model"
CUSTOMER_LINE = "UNIT4.Multivers.API.BL.Financial.Edit.CustomerEntryProxy, UNIT4.Multivers.API.Web.WebApi.Model"

SETTINGS = PackageSettings(
    ledger_accounts=(
        *(LedgerAccount(code=code, external_id="2025 2026") for code in ("8000", "4500", "1210", "1220")),
        LedgerAccount(code="8050", external_id="2025"),
        LedgerAccount(code="8999", external_id="2025 2026", blocked=True),
        LedgerAccount(code="1300", external_id="2025 2026", kind="customer_control"),
    ),
    vat_codes=(
        VatCode(code="2", percentage=Decimal(21), inclusive=False),
        VatCode(code="3", percentage=Decimal(0), inclusive=False),
        VatCode(code="2/12", percentage=Decimal(21), inclusive=False, reverse_charge=True),
        VatCode(code="2/7", percentage=Decimal(21), inclusive=False),
    ),
    journals=(
        Journal(code="VRK", kind="sales"),
        Journal(code="INK", kind="purchase"),
        Journal(code="MEM", kind="general"),
    ),
    cost_centres=(CostCentre(code="CAMP"),),
    periods=(
        Period(year=2026, number=2, start=date(2026, 2, 1), end=date(2026, 2, 28), is_open=True),
        Period(year=2026, number=1, start=date(2026, 1, 1), end=date(2026, 1, 31), is_open=False),
    ),
)
CODES = Codes(SETTINGS, {})


def amount(text: str) -> Decimal:
    return Decimal(text)


SALE = SalesInvoice(
    number="26000123",
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
    lines=(
        InvoiceLine(
            ledger_account="8000",
            amount=amount("100.00"),
            vat_code="2",
            vat_amount=amount("21.00"),
            description="Pitch 12",
            cost_centre="CAMP",
        ),
    ),
)
SALE_JSON = (
    '{"invoiceType":0,"invoiceId":"26000123","customerId":"4711","journalId":"VRK","journalTransaction":124,'
    '"fiscalYear":2026,"periodNumber":2,"invoiceDate":"3-2-2026","invoiceExpirationDate":"17-2-2026",'
    '"paymentConditionId":"14","currencyId":"EUR","reference":"Booking 8841",'
    '"vatTransactionLines":[{"vatCodeId":2,"vatType":1,"currencyId":"EUR","fiscalYear":2026,'
    '"amountTurnoverCur":100.00,"vatAmountCur":21.00}],'
    '"customerInvoiceLines":[{"accountId":"8000","creditAmountCur":100.00,"description":"Pitch 12",'
    '"costCentreId":"CAMP","transactionDate":"3-2-2026","vatCodeId":2,"vatType":1}]}'
)

CREDIT = PurchaseInvoice(
    number="26500045",
    journal="INK",
    supplier="90012",
    fiscal_year=2026,
    entry_date=DAY,
    description="Linen back",
    your_reference="F2026-88",
    payment_condition="30",
    currency="USD",
    exchange_rate=amount("0.9123"),
    vat="exclusive",
    total=amount("-60.50"),
    blocked_account_amount=amount("-10.00"),
    lines=(
        InvoiceLine(
            ledger_account="4500",
            amount=amount("-50.00"),
            vat_code="2/7",
            vat_amount=amount("-10.50"),
            description="Linen",
        ),
    ),
)
CREDIT_JSON = (
    '{"invoiceType":3,"invoiceId":"26500045","supplierId":"90012","journalId":"INK","journalTransaction":45,'
    '"fiscalYear":2026,"periodNumber":2,"invoiceDate":"3-2-2026","paymentConditionId":"30","currencyId":"USD",'
    '"exchangeRate":0.9123,"reference":"F2026-88","amountFrozenCur":-10.00,"vatScenarioId":7,'
    '"vatTransactionLines":[{"vatCodeId":2,"vatScenarioId":7,"vatType":0,"currencyId":"USD","fiscalYear":2026,'
    '"amountTurnoverCur":-50.00,"vatAmountCur":-10.50}],'
    '"supplierInvoiceLines":[{"accountId":"4500","creditAmountCur":50.00,"description":"Linen",'
    '"transactionDate":"3-2-2026","vatCodeId":2,"vatType":0}]}'
)

MEMORIAL = JournalEntry(
    number="M-000417",
    journal="MEM",
    fiscal_year=2026,
    period=2,
    entry_date=date(2026, 2, 28),
    description="Pay-out",
    lines=(
        JournalLine(ledger_account="1210", amount=amount("250.00")),
        JournalLine(
            ledger_account="4500",
            amount=amount("-121.00"),
            vat_code="2",
            vat_amount=amount("-21.00"),
            description="Linen",
        ),
        JournalLine(ledger_account="1300", amount=amount("-129.00"), customer="4711", invoice_number="26000100"),
    ),
)
MEMORIAL_JSON = (
    '{"journalId":"MEM","fiscalYear":2026,"periodNumber":2,"journalTransaction":7,"transactionDate":"28-2-2026",'
    '"description":"Pay-out","document":"M-000417","finTransEntries":['
    f'{{"$type":"{BASIC}","accountId":"1210","debitAmount":250.00,"creditAmount":0,"description":"Pay-out",'
    '"document":"M-000417","transactionDate":"28-2-2026","vatCodeId":null},'
    f'{{"$type":"{BASIC}","accountId":"4500","debitAmount":0,"creditAmount":121.00,"description":"Linen",'
    '"document":"M-000417","transactionDate":"28-2-2026","vatCodeId":2,"vatIncluded":true,"vatAmount":21.00,'
    '"vatChanged":true},'
    f'{{"$type":"{CUSTOMER_LINE}","customerId":"4711","customerEntryPayments":[{{"invoiceId":"26000100",'
    '"amountPaidCur":129.00,"description":"Pay-out"}],"transactionDate":"28-2-2026"}]}'
)

DE_EIK = Customer(
    number="4711",
    name="Camping De Eik BV",
    address_line_1="Stationsweg 1",
    postal_code="7311AB",
    city="Apeldoorn",
    country="NL",
    email="admin@deeik.example",
    currency="EUR",
    payment_condition="14",
    search_code="EIK",
    vat_number="NL999999990B51",
    ledger_account="8000",
    blocked=False,
)
DE_EIK_BODY = {
    "customerId": "4711",
    "name": "Camping De Eik BV",
    "street1": "Stationsweg 1",
    "city": "Apeldoorn",
    "zipCode": "7311AB",
    "countryId": "NL",
    "email": "admin@deeik.example",
    "vatNumber": "NL999999990B51",
    "currencyId": "EUR",
    "paymentConditionId": "14",
    "shortName": "EIK",
    "revenueAccountId": "8000",
    "customerStateId": "A",
}
NOORD = Supplier(number="90012", name="Groothandel Noord BV", country="NL", ledger_account="4500", blocked=True)
NOORD_BODY = {
    "supplierId": "90012",
    "name": "Groothandel Noord BV",
    "countryId": "NL",
    "costAccountId": "4500",
    "supplierStateId": "P",
}
