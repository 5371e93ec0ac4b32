"""Documents and settings of a small company, in codes as a real Tryton has them."""

from datetime import date
from decimal import Decimal
from typing import Any

from bookbridge.connectors.tryton.mapping import Codes, Party
from bookbridge.documents import (
    Customer,
    Document,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    PurchaseInvoice,
    SalesInvoice,
)
from bookbridge.kit.contract import PostingRequest
from bookbridge.kit.package_settings import Journal, LedgerAccount, PackageSettings, PaymentCondition, Period, VatCode

DAY = date(2026, 2, 9)
PARTY = Party(id=3, address=5, account=39)
MARK = "Bookbridge a4a6e964cfd74e2a7e1e7c0eb4208488"


def settings(**changed: Any) -> PackageSettings:
    given: dict[str, Any] = {
        "ledger_accounts": (
            LedgerAccount(code="4.1.2", external_id="100 sales"),
            LedgerAccount(code="5.1.3", external_id="120 purchases"),
            LedgerAccount(code="1.1.1", external_id="35"),
            LedgerAccount(code="1.1.2", external_id="36"),
            LedgerAccount(code="1.2.1", external_id="39", kind="customer_control"),
            LedgerAccount(code="2.3.9", external_id="137", kind="vat"),
            LedgerAccount(code="4.9.9", external_id="136 sales", blocked=True),
        ),
        "vat_codes": (
            VatCode(code="21% sales", external_id="1 137 138", percentage=Decimal(21), inclusive=False, purchase=False),
            VatCode(
                code="21% purchases", external_id="4 137 138", percentage=Decimal(21), inclusive=False, sales=False
            ),
            VatCode(code="reverse", external_id="7 0 0", percentage=Decimal(0), inclusive=False, reverse_charge=True),
        ),
        "journals": (
            Journal(code="REV", external_id="1", kind="sales"),
            Journal(code="EXP", external_id="2", kind="purchase"),
            Journal(code="MISC", external_id="5", kind="general", vat_allowed=False),
        ),
        "payment_conditions": (PaymentCondition(code="14 days", external_id="8"),),
        "periods": tuple(
            Period(year=2026, number=month, start=date(2026, month, 1), end=date(2026, month, 28), is_open=month > 1)
            for month in (1, 2, 3)
        ),
        "currencies": ("EUR", "USD"),
    }
    return PackageSettings(**{**given, **changed})


def codes() -> Codes:
    return Codes(settings())


def line(**changed: Any) -> InvoiceLine:
    given: dict[str, Any] = {
        "ledger_account": "4.1.2",
        "amount": Decimal("100.00"),
        "vat_code": "21% sales",
        "vat_amount": Decimal("21.00"),
        "description": "Pitch 12",
    }
    return InvoiceLine(**{**given, **changed})


def sale(**changed: Any) -> SalesInvoice:
    given: dict[str, Any] = {
        "number": "26000123",
        "invoice_number": "26000123",
        "journal": "REV",
        "fiscal_year": 2026,
        "period": 2,
        "entry_date": DAY,
        "due_date": date(2026, 2, 23),
        "description": "Booking 8841",
        "payment_condition": "14 days",
        "vat": "exclusive",
        "total": Decimal("121.00"),
        "customer": "47110",
        "lines": (line(),),
    }
    return SalesInvoice(**{**given, **changed})


def purchase(**changed: Any) -> PurchaseInvoice:
    given: dict[str, Any] = {
        "number": "26600123",
        "journal": "EXP",
        "fiscal_year": 2026,
        "entry_date": DAY,
        "your_reference": "F2026-88",
        "total": Decimal("121.00"),
        "supplier": "90012",
        "lines": (line(ledger_account="5.1.3", vat_code="21% purchases", description="Linen"),),
    }
    return PurchaseInvoice(**{**given, **changed})


def memorial(**changed: Any) -> JournalEntry:
    given: dict[str, Any] = {
        "number": "26900417",
        "journal": "MISC",
        "fiscal_year": 2026,
        "period": 2,
        "entry_date": DAY,
        "description": "Pay-out week 6",
        "lines": (
            JournalLine(ledger_account="1.1.1", amount=Decimal("250.00"), description="Pay-out"),
            JournalLine(ledger_account="1.1.2", amount=Decimal("-250.00")),
        ),
    }
    return JournalEntry(**{**given, **changed})


def customer(**changed: Any) -> Customer:
    return Customer(**{"number": "47110", "name": "Camping De Eik BV", "city": "Apeldoorn", "country": "NL", **changed})


def request(document: Document) -> PostingRequest:
    return PostingRequest(document, "BB1A2B3C4D", "the-key-of-a-posting")
