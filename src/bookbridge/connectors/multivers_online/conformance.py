"""The simulator's demo books of Multivers Online, for the conformance suite."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from bookbridge.documents import DocumentKind
from bookbridge.kit.conformance.stage import BooksSeen, Codes, ControlCall, HeldRecord, Stage

_RELATIONS: Mapping[str, str] = {"customer": "Customer", "supplier": "Supplier"}
_INVOICES: Mapping[str, str] = {"sales_invoice": "CustomerInvoice", "purchase_invoice": "SupplierInvoice"}
_KINDS: Mapping[str, str] = {"sales_invoice": "customer_invoice", "purchase_invoice": "supplier_invoice"}
_DETAILS = {"phone": "telephone", "email": "email", "city": "city", "postal_code": "zipCode"}


def _held(books: BooksSeen, kind: DocumentKind) -> list[HeldRecord]:
    if kind in _RELATIONS:
        return [_relation(books, kind, record) for record in books[kind]]
    if kind == "journal_entry":
        return [_memorial(record) for record in books["fin_trans"]]
    return [_invoice(kind, record) for record in books[_KINDS[kind]] if not record.get("_advance")]


def _relation(books: BooksSeen, kind: str, record: Mapping[str, Any]) -> HeldRecord:
    number = record[f"{kind}Id"]
    details: dict[str, Any] = {ours: record.get(theirs) for ours, theirs in _DETAILS.items()}
    details["bank_account"] = tuple(
        bank["iban"] for bank in books["bank_account"] if bank["organizationId"] == record["organizationId"]
    )
    return HeldRecord(f"{_RELATIONS[kind]}/{number}", number, record["name"], details=details)


def _invoice(kind: str, record: Mapping[str, Any]) -> HeldRecord:
    number = record["invoiceId"]
    text, total = record.get("reference") or "", Decimal(record["amountTotalCur"])
    return HeldRecord(f"{_INVOICES[kind]}/{number}", number, text, total, record["currencyId"])


def _memorial(record: Mapping[str, Any]) -> HeldRecord:
    place = f"FinTrans/{record['fiscalYear']}/{record['journalId']}/{record['journalTransaction']}"
    debit = sum(Decimal(str(entry.get("debitAmount") or 0)) for entry in record["finTransEntries"])
    return HeldRecord(place, record["document"], record["description"], Decimal(debit), "EUR")


def _pay(record: HeldRecord, amount: Decimal) -> ControlCall:
    return "/_simulator/payments", {"invoice_id": record.number, "amount": str(amount)}


def _pay_unmatched(customer: str, amount: Decimal) -> ControlCall:
    return "/_simulator/payments", {"customer": customer, "amount": str(amount)}


def _remove(record: HeldRecord) -> ControlCall:
    return "/_simulator/entries", {"identity": record.identity, "delete": True}


def _alter(record: HeldRecord, amount: Decimal | None, day: date | None) -> ControlCall:
    changed = {"amount": amount and str(amount), "date": day and day.isoformat()}
    return "/_simulator/entries", {"identity": record.identity, **changed}


STAGE = Stage(
    administration="MVL00124",
    codes=Codes(
        sales_journal="VRK",
        purchase_journal="INK",
        general_journal="MEM",
        revenue_account="8000",
        cost_account="4500",
        balance_accounts=("1200", "1210"),
        customer_control_account="1300",
        supplier_control_account="1600",
        vat_account="1500",
        blocked_account="8999",
        sales_vat="2",
        purchase_vat="2",
        zero_vat="3",
        reverse_charge_vat="2/12",
        payment_condition="14",
        cost_centre="CAMP",
        cost_unit="P26014",
        foreign_currency="USD",
        open_day=date(2026, 2, 9),
        closed_day=date(2025, 12, 9),
    ),
    settings={},
    held=_held,
    resources={
        "customer": "Customer",
        "supplier": "Supplier",
        "sales_invoice": "CustomerInvoice",
        "purchase_invoice": "SupplierInvoice",
        "journal_entry": "FinTrans",
        "booked": "ByFiscalYear/2026/0",
        "open_items": "ByFiscalYear/2025/0",
        "settings": "AccountInfoList/2026",
    },
    counts={
        "ledger_accounts": 15,
        "vat_codes": 20,
        "journals": 6,
        "payment_conditions": 3,
        "cost_centres": 3,
        "cost_units": 2,
        "periods": 24,
        "currencies": 3,
    },
    pay=_pay,
    pay_unmatched=_pay_unmatched,
    page_size=60,
    calls_per_entry=3,
    longest_text=30,
    remove=_remove,
    alter=_alter,
)
