"""Documents in the codes of a package's demo books."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from bookbridge.documents import (
    Customer,
    Document,
    DocumentKind,
    Invoice,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    PurchaseInvoice,
    SalesInvoice,
    Supplier,
)
from bookbridge.kit.conformance.stage import Codes

CUSTOMER = "47110"
SUPPLIER = "90012"
HUNDRED = Decimal("100.00")
VAT = Decimal("21.00")


class Samples:
    """Makes documents; every value can be replaced by name."""

    def __init__(self, codes: Codes) -> None:
        self.codes = codes

    def customer(self, **changed: Any) -> Customer:
        given: dict[str, Any] = {
            "number": CUSTOMER,
            "name": "Camping De Eik BV",
            "address_line_1": "Stationsweg 1",
            "postal_code": "7311AB",
            "city": "Apeldoorn",
            "country": "NL",
            "email": "administratie@deeik.example",
            "vat_number": "NL999999990B51",
            "payment_condition": self.codes.payment_condition,
        }
        return Customer(**{**given, **changed})

    def supplier(self, **changed: Any) -> Supplier:
        given: dict[str, Any] = {
            "number": SUPPLIER,
            "name": "Groothandel Noord BV",
            "city": "Groningen",
            "country": "NL",
            "payment_condition": self.codes.payment_condition,
        }
        return Supplier(**{**given, **changed})

    def sales(self, **changed: Any) -> SalesInvoice:
        """100.00 with 21 % VAT."""
        given = self._invoice(changed.get("number") or "26000123", self.codes.sales_journal)
        return SalesInvoice(**{**given, "customer": CUSTOMER, **changed})

    def purchase(self, **changed: Any) -> PurchaseInvoice:
        """100.00 with 21 % VAT."""
        line = self.line(ledger_account=self.codes.cost_account, vat_code=self.codes.purchase_vat, description="Linen")
        given = self._invoice(changed.get("number") or "26600123", self.codes.purchase_journal)
        more = {"supplier": SUPPLIER, "your_reference": "F2026-88", "lines": (line,)}
        return PurchaseInvoice(**{**given, **more, **changed})

    def memorial(self, **changed: Any) -> JournalEntry:
        """250.00 between two balance-sheet accounts."""
        debit, credit = self.codes.balance_accounts
        lines = (
            JournalLine(ledger_account=debit, amount=Decimal("250.00"), description="Pay-out week 6"),
            JournalLine(ledger_account=credit, amount=Decimal("-250.00"), description="Pay-out week 6"),
        )
        given: dict[str, Any] = {
            "number": "26900417",
            "journal": self.codes.general_journal,
            **self._dated(self.codes.open_day),
            "description": "Pay-out week 6",
            "lines": lines,
        }
        return JournalEntry(**{**given, **changed})

    def line(self, **changed: Any) -> InvoiceLine:
        given: dict[str, Any] = {
            "ledger_account": self.codes.revenue_account,
            "amount": HUNDRED,
            "vat_code": self.codes.sales_vat,
            "vat_amount": VAT,
            "description": "Pitch 12",
        }
        return InvoiceLine(**{**given, **changed})

    def of_kind(self, kind: DocumentKind) -> Document:
        makers: Mapping[DocumentKind, Any] = {
            "customer": self.customer,
            "supplier": self.supplier,
            "sales_invoice": self.sales,
            "purchase_invoice": self.purchase,
            "journal_entry": self.memorial,
        }
        document: Document = makers[kind]()
        return document

    def doubled(self, document: Document) -> Document:
        """An entry with every amount twice as large, as the source may send it later."""
        assert isinstance(document, Invoice | JournalEntry)
        lines = tuple(line.model_copy(update=_twice(line, "amount", "vat_amount")) for line in document.lines)
        return document.model_copy(update={**_twice(document, "total"), "lines": lines})

    def needed_by(self, kind: DocumentKind) -> tuple[Document, ...]:
        """What must be in the books before a document of this kind."""
        if kind == "sales_invoice":
            return (self.customer(),)
        return (self.supplier(),) if kind == "purchase_invoice" else ()

    def _invoice(self, number: str, journal: str) -> dict[str, Any]:
        return {
            "number": number,
            "invoice_number": number,
            "journal": journal,
            **self._dated(self.codes.open_day),
            "due_date": self.codes.open_day + timedelta(days=14),
            "description": "Booking 8841",
            "payment_condition": self.codes.payment_condition,
            "vat": "exclusive",
            "total": HUNDRED + VAT,
            "lines": (self.line(),),
        }

    def _dated(self, day: date) -> dict[str, Any]:
        return {"entry_date": day, "fiscal_year": day.year, "period": day.month}


def _twice(record: Invoice | JournalEntry | InvoiceLine | JournalLine, *names: str) -> dict[str, Decimal]:
    return {name: 2 * amount for name in names if (amount := getattr(record, name, None)) is not None}
