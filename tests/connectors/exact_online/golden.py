"""Documents and the bodies that Exact Online must get for them, written by hand from the reference."""

from datetime import date
from decimal import Decimal
from typing import Any

from bookbridge.connectors.exact_online.mapping import Codes
from bookbridge.documents import (
    Customer,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    PurchaseInvoice,
    SalesInvoice,
    Supplier,
)
from bookbridge.kit.package_settings import LedgerAccount, PackageSettings, Period, VatCode

CUSTOMER = "11111111-2222-3333-4444-555555555555"
SUPPLIER = "99999999-2222-3333-4444-555555555555"
REVENUE = "aaaaaaaa-0000-0000-0000-000000000001"
COSTS = "aaaaaaaa-0000-0000-0000-000000000002"
BANK = "aaaaaaaa-0000-0000-0000-000000000003"
REFERENCE = "BB0123ABCD"
DAY = date(2026, 2, 3)

CODES = Codes(
    PackageSettings(
        ledger_accounts=(
            LedgerAccount(code="8000", external_id=REVENUE),
            LedgerAccount(code="0400", external_id=COSTS),
            LedgerAccount(code="1100", external_id=BANK),
        ),
        vat_codes=(
            VatCode(code="2", percentage=Decimal(21), inclusive=False),
            VatCode(code="3", percentage=Decimal(21), inclusive=True),
            VatCode(code="6", percentage=Decimal(21), inclusive=False, reverse_charge=True),
            VatCode(code="7", percentage=Decimal(0)),
        ),
        periods=(Period(year=2026, number=2, start=date(2026, 2, 1), end=date(2026, 2, 28)),),
    )
)


def amount(text: str) -> Decimal:
    return Decimal(text)


SALE = SalesInvoice(
    number="0026000123",
    invoice_number="26000123",
    journal="70",
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
            cost_centre="CAMP",
            cost_unit="P1",
            quantity=amount("2"),
            description="Pitch 12",
        ),
    ),
)
SALE_BODY: dict[str, Any] = {
    "Journal": "70",
    "Customer": CUSTOMER,
    "Type": 20,
    "EntryNumber": 26000123,
    "YourRef": "26000123",
    "Description": "Booking 8841",
    "EntryDate": DAY,
    "DueDate": date(2026, 2, 17),
    "PaymentCondition": "14",
    "Currency": "EUR",
    "ReportingYear": 2026,
    "ReportingPeriod": 2,
    "SalesEntryLines": [
        {
            "GLAccount": REVENUE,
            "AmountFC": amount("100.00"),
            "VATCode": "2",
            "VATAmountFC": amount("21.00"),
            "Description": "Pitch 12",
            "CostCenter": "CAMP",
            "CostUnit": "P1",
            "Quantity": amount("2"),
        }
    ],
}

# A credit note in another currency, without a number that could be Exact's, to a blocked account.
CREDIT = PurchaseInvoice(
    number="A-17",
    journal="60",
    supplier="90012",
    fiscal_year=2026,
    entry_date=DAY,
    your_reference="F'26/88",
    description="Linen back",
    currency="USD",
    exchange_rate=amount("0.9123"),
    total=amount("-60.50"),
    blocked_account_amount=amount("-10.00"),
    reversal=True,
    lines=(InvoiceLine(ledger_account="0400", amount=amount("-50.00"), vat_code="6", vat_amount=amount("-10.50")),),
)
CREDIT_BODY: dict[str, Any] = {
    "Journal": "60",
    "Supplier": SUPPLIER,
    "Type": 31,
    "YourRef": "F'26/88",
    "Description": "BB0123ABCD Linen back",
    "EntryDate": DAY,
    "Currency": "USD",
    "Rate": amount("0.9123"),
    "ReportingYear": 2026,
    "ReportingPeriod": 2,
    "GAccountAmountFC": amount("-10.00"),
    "Reversal": True,
    # Under reverse charge Exact makes both VAT lines itself.
    "PurchaseEntryLines": [{"GLAccount": COSTS, "AmountFC": amount("-50.00"), "VATCode": "6"}],
}

MEMORIAL = JournalEntry(
    number="M-000417",
    journal="90",
    fiscal_year=2026,
    period=2,
    entry_date=DAY,
    description="pay-out",
    lines=(
        JournalLine(ledger_account="1100", amount=amount("250.00"), line_date=date(2026, 2, 28), description="bank"),
        JournalLine(ledger_account="8000", amount=amount("-250.00"), customer="4711", invoice_number="26000123"),
    ),
)
MEMORIAL_BODY: dict[str, Any] = {
    "JournalCode": "90",
    "FinancialYear": 2026,
    "FinancialPeriod": 2,
    "Currency": "EUR",
    "GeneralJournalEntryLines": [
        {
            "Date": date(2026, 2, 28),
            "GLAccount": BANK,
            "AmountFC": amount("250.00"),
            "Description": "BB0123ABCD bank",
        },
        {
            "Date": DAY,
            "GLAccount": REVENUE,
            "Account": CUSTOMER,
            "AmountFC": amount("-250.00"),
            "Description": "BB0123ABCD pay-out",
            "OurRef": 26000123,
        },
    ],
}

DE_EIK = Customer(
    number="4711",
    name="Camping De Eik BV",
    address_line_1="Stationsweg 1",
    postal_code="7311AB",
    city="Apeldoorn",
    country="NL",
    search_code="DEEIK",
    email="admin@deeik.example",
    phone="055-1234567",
    language="NL",
    vat_number="NL001234567B01",
    payment_condition="14",
    currency="EUR",
    credit_limit=amount("5000"),
    ledger_account="8000",
    blocked=False,
)
DE_EIK_BODY: dict[str, Any] = {
    "Code": "              4711",
    "Name": "Camping De Eik BV",
    "AddressLine1": "Stationsweg 1",
    "Postcode": "7311AB",
    "City": "Apeldoorn",
    "Country": "NL",
    "SearchCode": "DEEIK",
    "Phone": "055-1234567",
    "Email": "admin@deeik.example",
    "Language": "NL",
    "VATNumber": "NL001234567B01",
    "Blocked": False,
    "PaymentConditionSales": "14",
    "SalesCurrency": "EUR",
    "CreditLineSales": amount("5000"),
    "GLAccountSales": REVENUE,
    "Status": "C",
}
NOORD = Supplier(
    number="90012",
    name="Groothandel Noord BV",
    payment_condition="30",
    currency="EUR",
    credit_limit=amount("10"),
    ledger_account="0400",
    our_customer_number="K-9",
)
NOORD_BODY: dict[str, Any] = {
    "Code": "             90012",
    "Name": "Groothandel Noord BV",
    "PaymentConditionPurchase": "30",
    "PurchaseCurrency": "EUR",
    "CreditLinePurchase": amount("10"),
    "GLAccountPurchase": COSTS,
    "CodeAtSupplier": "K-9",
    "IsSupplier": True,
}
