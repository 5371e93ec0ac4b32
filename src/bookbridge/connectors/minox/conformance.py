"""The simulator's demo books of Minox, for the conformance suite."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from bookbridge.documents import DocumentKind
from bookbridge.kit.conformance.stage import BooksSeen, Codes, ControlCall, HeldRecord, Stage

_JOURNALS: Mapping[DocumentKind, str] = {
    "sales_invoice": "sales",
    "purchase_invoice": "purchase",
    "journal_entry": "general",
}
_SIDES = {"customer": 1, "supplier": -1}


def _held(books: BooksSeen, kind: DocumentKind) -> list[HeldRecord]:
    if kind in {"customer", "supplier"}:
        return [_relation(kind, record) for record in books[f"{kind}s"]]
    return [_entry(batch) for batch in books["batches"] if batch["journal_type"] == _JOURNALS[kind]]


def _relation(kind: str, record: Mapping[str, Any]) -> HeldRecord:
    address = record["addresses"][0]
    details = {
        "phone": _first(address, "phone_numbers", "phone_number"),
        "email": _first(address, "email_addresses", "email_address"),
        "city": address.get("city"),
        "postal_code": address.get("postal_code"),
        "contact_name": address.get("contact_name"),
        "bank_account": tuple(account["iban"] for account in record.get("bank_accounts") or []),
    }
    return HeldRecord(f"{kind}/{record['id']}", str(record["id"]), address["name"], details=details)


def _first(address: Mapping[str, Any], name: str, single: str) -> str | None:
    return next((one[single] for one in address.get(name) or []), None)


def _entry(batch: Mapping[str, Any]) -> HeldRecord:
    lines = batch["lines"]
    line = next((line for line in lines if line["account"]["type"] in _SIDES), lines[0])
    side = _SIDES.get(line["account"]["type"], 0)
    total = side * (Decimal(line["debit"]) - Decimal(line["credit"]))
    number = line.get("invoice_number") or line["entry_number"]
    return HeldRecord(batch["id"], str(number), line.get("description") or "", total, line["currency"]["id"])


def _pay(record: HeldRecord, amount: Decimal) -> ControlCall:
    return "/_simulator/payments", {"side": "receivable", "batch": record.identity, "amount": str(amount)}


def _pay_unmatched(customer: str, amount: Decimal) -> ControlCall:
    return "/_simulator/payments", {"side": "receivable", "account": customer, "amount": str(amount)}


def _remove(record: HeldRecord) -> ControlCall:
    return "/_simulator/entries", {"batch": record.identity, "delete": True}


def _alter(record: HeldRecord, amount: Decimal | None, day: date | None) -> ControlCall:
    changed = {"amount": amount and str(amount), "date": day and day.isoformat()}
    return "/_simulator/entries", {"batch": record.identity, **changed}


STAGE = Stage(
    administration="10001/1",
    codes=Codes(
        sales_journal="VRK",
        purchase_journal="INK",
        general_journal="MEM",
        revenue_account="8000",
        cost_account="4300",
        balance_accounts=("1200", "1210"),
        customer_control_account="1300",
        supplier_control_account="1600",
        vat_account="1510",
        blocked_account="8999",
        sales_vat="2",
        purchase_vat="5",
        zero_vat="3",
        inclusive_vat=None,
        reverse_charge_vat="6",
        payment_condition="14",
        cost_centre="12",
        cost_unit=None,
        foreign_currency="USD",
        open_day=date(2026, 2, 9),
        closed_day=date(2025, 12, 9),
    ),
    settings={"window_limit": None},
    held=_held,
    resources={
        "customer": "customer",
        "supplier": "supplier",
        "sales_invoice": "transaction_line_batch",
        "purchase_invoice": "transaction_line_batch",
        "journal_entry": "transaction_line_batch",
        "booked": "transaction_lines",
        "open_items": "receivable",
        "settings": "ledger_account",
    },
    counts={
        "ledger_accounts": 19,
        "vat_codes": 7,
        "journals": 5,
        "payment_conditions": 3,
        "cost_centres": 2,
        "periods": 24,
    },
    pay=_pay,
    pay_unmatched=_pay_unmatched,
    page_size=50,
    # A PUT overwrites what is there, so it is looked at first; and what Minox booked is read back.
    calls_per_entry=3,
    remove=_remove,
    alter=_alter,
)
