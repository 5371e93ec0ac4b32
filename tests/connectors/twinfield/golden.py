"""Documents and the XML that Twinfield must get for them, written by hand from the vendor's pages."""

from datetime import date
from decimal import Decimal

from bookbridge.connectors.twinfield.mapping import Choices, Codes
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
    CostUnit,
    Journal,
    LedgerAccount,
    PackageSettings,
    Period,
    VatCode,
)

REFERENCE = "BB0123ABCD"
OFFICE = "NL001"
DAY = date(2026, 2, 3)

SETTINGS = PackageSettings(
    ledger_accounts=(
        LedgerAccount(code="0110"),
        LedgerAccount(code="1200"),
        LedgerAccount(code="1300", kind="customer_control"),
        LedgerAccount(code="1600", kind="supplier_control"),
        LedgerAccount(code="4010"),
        LedgerAccount(code="8020"),
    ),
    vat_codes=(
        VatCode(code="VH", percentage=Decimal(21), inclusive=False, purchase=False),
        VatCode(code="VN", percentage=Decimal(0), purchase=False),
        VatCode(code="IH", percentage=Decimal(21), inclusive=False, sales=False),
        VatCode(code="IVL", percentage=Decimal(21), inclusive=False, sales=False, reverse_charge=True),
    ),
    journals=(
        Journal(code="VRK", kind="sales"),
        Journal(code="INK", kind="purchase"),
        Journal(code="MEMO", kind="general", vat_allowed=False),
    ),
    cost_centres=(CostCentre(code="CAMP"),),
    cost_units=(CostUnit(code="P1"),),
    periods=(
        Period(year=2026, number=1, start=date(2026, 1, 1), end=date(2026, 1, 31)),
        Period(year=2026, number=2, start=date(2026, 2, 1), end=date(2026, 2, 28)),
    ),
    books_on_control_accounts=True,
)
CODES = Codes(SETTINGS)
CHOSEN = Choices()


def amount(text: str) -> Decimal:
    return Decimal(text)


SALE = SalesInvoice(
    number="26000123",
    invoice_number="26000123",
    journal="VRK",
    customer="04711",
    fiscal_year=2026,
    period=2,
    entry_date=DAY,
    due_date=date(2026, 2, 17),
    description="Booking 8841",
    vat="exclusive",
    total=amount("121.00"),
    lines=(
        InvoiceLine(
            ledger_account="8020",
            amount=amount("100.00"),
            vat_code="VH",
            vat_amount=amount("21.00"),
            cost_centre="CAMP",
            cost_unit="P1",
            description="Pitch 12",
        ),
    ),
)
SALE_XML = (
    '<transaction destiny="final" raisewarning="true" autobalancevat="true">'
    "<header><office>NL001</office><code>VRK</code><currency>EUR</currency><date>20260203</date>"
    "<period>2026/02</period><invoicenumber>26000123</invoicenumber><duedate>20260217</duedate>"
    "<freetext1>BB0123ABCD 26000123</freetext1></header>"
    '<lines><line type="total" id="1"><dim2>04711</dim2><value>121.00</value><debitcredit>debit</debitcredit>'
    "<description>Booking 8841</description></line>"
    '<line type="detail" id="2"><dim1>8020</dim1><dim2>CAMP</dim2><dim3>P1</dim3><value>100.00</value>'
    "<debitcredit>credit</debitcredit><description>Pitch 12</description><vatcode>VH</vatcode>"
    "<vatvalue>21.00</vatvalue></line></lines></transaction>"
)

CREDIT = PurchaseInvoice(
    number="26600123",
    journal="INK",
    supplier="90012",
    fiscal_year=2026,
    entry_date=DAY,
    payment_condition="30",
    your_reference="F2026-88",
    currency="USD",
    vat="exclusive",
    total=amount("-60.50"),
    lines=(InvoiceLine(ledger_account="4010", amount=amount("-50.00"), vat_code="IH", vat_amount=amount("-10.50")),),
)
CREDIT_XML = (
    '<transaction destiny="final" raisewarning="true" autobalancevat="true">'
    "<header><office>NL001</office><code>INK</code><currency>USD</currency><date>20260203</date>"
    "<invoicenumber>F2026-88</invoicenumber><duedate>20260305</duedate>"
    "<freetext1>BB0123ABCD 26600123</freetext1></header>"
    '<lines><line type="total" id="1"><dim2>90012</dim2><value>60.50</value><debitcredit>debit</debitcredit></line>'
    '<line type="detail" id="2"><dim1>4010</dim1><value>50.00</value><debitcredit>credit</debitcredit>'
    "<vatcode>IH</vatcode><vatvalue>10.50</vatvalue></line></lines></transaction>"
)

MEMORIAL = JournalEntry(
    number="M-000417",
    journal="MEMO",
    fiscal_year=2026,
    period=2,
    entry_date=date(2026, 2, 28),
    description="Pay-out",
    lines=(
        JournalLine(ledger_account="1200", amount=amount("250.00"), cost_centre="CAMP"),
        JournalLine(
            ledger_account="1300",
            amount=amount("-250.00"),
            customer="04711",
            invoice_number="26000123",
            description="Eik",
        ),
    ),
)
MEMORIAL_XML = (
    '<transaction destiny="final" raisewarning="true">'
    "<header><office>NL001</office><code>MEMO</code><currency>EUR</currency><date>20260228</date>"
    "<period>2026/02</period><freetext1>BB0123ABCD M-000417</freetext1></header>"
    '<lines><line type="detail" id="1"><dim1>1200</dim1><dim2>CAMP</dim2><value>250.00</value>'
    "<debitcredit>debit</debitcredit><description>Pay-out</description></line>"
    '<line type="detail" id="2"><dim1>1300</dim1><dim2>04711</dim2><value>250.00</value>'
    "<debitcredit>credit</debitcredit><invoicenumber>26000123</invoicenumber><description>Eik</description></line>"
    "</lines></transaction>"
)

DE_EIK = Customer(
    number="04711",
    name="Camping De Eik & Zn. BV",
    address_line_1="Stationsweg 1",
    postal_code="7311AB",
    city="Apeldoorn",
    country="NL",
    email="admin@deeik.example",
    contact_name="Mevrouw Jansen",
    vat_number="NL001234567B01",
    payment_condition="14",
    credit_limit=amount("2500"),
)
DE_EIK_XML = (
    "<dimension><office>NL001</office><type>DEB</type><code>04711</code><name>Camping De Eik &amp; Zn. BV</name>"
    "<financials><duedays>14</duedays></financials>"
    "<creditmanagement><basecreditlimit>2500.00</basecreditlimit></creditmanagement>"
    '<addresses><address type="invoice" default="true"><name>Camping De Eik &amp; Zn. BV</name>'
    "<contact>Mevrouw Jansen</contact><country>NL</country><city>Apeldoorn</city><postcode>7311AB</postcode>"
    "<email>admin@deeik.example</email><field2>Stationsweg 1</field2><field4>NL001234567B01</field4>"
    "</address></addresses></dimension>"
)
NOORD = Supplier(
    number="90012",
    name="Groothandel en Importbedrijf Noord-Nederland BV",
    payment_condition="30",
    our_customer_number="K-17",
    bank_account="NL91 ABNA 0417 1643 00",
)
NOORD_XML = (
    "<dimension><office>NL001</office><type>CRD</type><code>90012</code>"
    "<name>Groothandel en Importbedrijf Noord-Nederland BV</name>"
    "<financials><duedays>30</duedays><relationsreference>K-17</relationsreference></financials>"
    '<addresses><address type="invoice" default="true">'
    "<name>Groothandel en Importbedrijf Noord-Nederland BV</name></address></addresses>"
    '<banks><bank default="true"><ascription>Groothandel en Importbedrijf Noord-Neder</ascription>'
    "<iban>NL91ABNA0417164300</iban></bank></banks></dimension>"
)
