"""The simulator's demo books of Twinfield, for the conformance suite."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from bookbridge.documents import DocumentKind
from bookbridge.kit.conformance.stage import BooksSeen, Codes, ControlCall, HeldRecord, Stage

_KINDS: Mapping[DocumentKind, str] = {
    "customer": "customers",
    "supplier": "suppliers",
    "sales_invoice": "sales",
    "purchase_invoice": "purchases",
    "journal_entry": "memorials",
}
_DETAILS = {
    "phone": "telephone",
    "email": "email",
    "city": "city",
    "postal_code": "postcode",
    "contact_name": "contact",
}


def _held(books: BooksSeen, kind: DocumentKind) -> list[HeldRecord]:
    make = _relation if kind in {"customer", "supplier"} else _entry
    return [make(record) for record in books[_KINDS[kind]]]


def _relation(record: Mapping[str, Any]) -> HeldRecord:
    details = {ours: record["address"].get(theirs) for ours, theirs in _DETAILS.items()}
    details["bank_account"] = tuple(record["accounts"])
    return HeldRecord(f"{record['type']}/{record['code']}", record["code"], record["name"], details=details)


def _entry(record: Mapping[str, Any]) -> HeldRecord:
    # The source's own number stands behind our reference in the free text.
    number = str(record.get("freetext1") or "").partition(" ")[2] or record["invoicenumber"]
    text = record["lines"][0].get("description") or ""
    return HeldRecord(record["id"], number, text, Decimal(record["total"]), record["currency"])


def _pay(record: HeldRecord, amount: Decimal) -> ControlCall:
    return "/_simulator/payments", {"side": "sales", "entry_id": record.identity, "amount": str(amount)}


def _pay_unmatched(customer: str, amount: Decimal) -> ControlCall:
    return "/_simulator/payments", {"side": "sales", "relation": customer, "amount": str(amount)}


def _remove(record: HeldRecord) -> ControlCall:
    return "/_simulator/entries", {"entry_id": record.identity, "delete": True}


def _alter(record: HeldRecord, amount: Decimal | None, day: date | None) -> ControlCall:
    changed = {"amount": amount and str(amount), "date": day and day.isoformat()}
    return "/_simulator/entries", {"entry_id": record.identity, **changed}


STAGE = Stage(
    administration="NL001",
    codes=Codes(
        sales_journal="VRK",
        purchase_journal="INK",
        general_journal="MEMO",
        revenue_account="8000",
        cost_account="4300",
        balance_accounts=("1200", "1210"),
        customer_control_account="1300",
        supplier_control_account="1600",
        vat_account="1500",
        blocked_account="8999",
        sales_vat="VH",
        purchase_vat="IH",
        zero_vat="VN",
        reverse_charge_vat="IVL",
        payment_condition="14",
        cost_centre="CAMP",
        cost_unit="P26014",
        foreign_currency="USD",
        open_day=date(2026, 2, 9),
        closed_day=date(2025, 12, 9),
    ),
    settings={"minute_limit": None},
    held=_held,
    resources={
        "customer": "dimensions",
        "supplier": "dimensions",
        "sales_invoice": "transactions",
        "purchase_invoice": "transactions",
        "journal_entry": "transactions",
        "booked": "columns/130_3",
        "open_items": "columns/130_3",
        "settings": "Search/DIM",
    },
    counts={
        "ledger_accounts": 29,
        "vat_codes": 7,
        "journals": 3,
        "payment_conditions": 121,
        "cost_centres": 3,
        "cost_units": 2,
        "periods": 48,
        "currencies": 4,
    },
    pay=_pay,
    pay_unmatched=_pay_unmatched,
    page_size=30,
    remove=_remove,
    alter=_alter,
)
