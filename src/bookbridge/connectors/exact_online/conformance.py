"""The simulator's demo books of Exact Online, for the conformance suite."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from bookbridge.documents import DocumentKind
from bookbridge.kit.conformance.stage import BooksSeen, Codes, ControlCall, HeldRecord, Stage

_ENTRIES: Mapping[DocumentKind, str] = {
    "sales_invoice": "sales_entries",
    "purchase_invoice": "purchase_entries",
    "journal_entry": "journal_entries",
}
_DETAILS = {"phone": "Phone", "email": "Email", "city": "City", "postal_code": "Postcode"}


def _held(books: BooksSeen, kind: DocumentKind) -> list[HeldRecord]:
    if kind == "customer":
        return [_relation(books, account) for account in books["accounts"] if account.get("Status") == "C"]
    if kind == "supplier":
        return [_relation(books, account) for account in books["accounts"] if account.get("IsSupplier")]
    return [_entry(entry) for entry in books[_ENTRIES[kind]]]


def _relation(books: BooksSeen, account: Mapping[str, Any]) -> HeldRecord:
    details = {ours: account.get(theirs) for ours, theirs in _DETAILS.items()}
    details["bank_account"] = tuple(
        bank["BankAccount"] for bank in books["bank_accounts"] if bank["Account"] == account["ID"]
    )
    return HeldRecord(account["ID"], account["Code"].strip(), account["Name"], details=details)


def _entry(entry: Mapping[str, Any]) -> HeldRecord:
    text = entry.get("Description") or entry["lines"][0].get("Description") or ""
    total = Decimal(entry.get("AmountFC", "0"))
    return HeldRecord(entry["EntryID"], str(entry["EntryNumber"]), text, total, entry["Currency"])


def _pay(record: HeldRecord, amount: Decimal) -> ControlCall:
    return "/_simulator/payments", {"side": "sales", "entry_id": record.identity, "amount": str(amount)}


def _pay_unmatched(customer: str, amount: Decimal) -> ControlCall:
    body = {"side": "sales", "unmatched": True, "account": customer, "amount": str(amount)}
    return "/_simulator/payments", body


def _remove(record: HeldRecord) -> ControlCall:
    return "/_simulator/entries", {"entry_id": record.identity, "delete": True}


def _alter(record: HeldRecord, amount: Decimal | None, day: date | None) -> ControlCall:
    changed = {"amount": amount and str(amount), "date": day and day.isoformat()}
    return "/_simulator/entries", {"entry_id": record.identity, **changed}


STAGE = Stage(
    administration="3141593",
    codes=Codes(
        sales_journal="70",
        purchase_journal="60",
        general_journal="90",
        revenue_account="8000",
        cost_account="4300",
        balance_accounts=("1200", "1210"),
        customer_control_account="1300",
        supplier_control_account="1600",
        vat_account="1500",
        blocked_account="8999",
        sales_vat="2",
        purchase_vat="5",
        zero_vat="7",
        inclusive_vat="3",
        reverse_charge_vat="6",
        payment_condition="14",
        cost_centre="CAMP",
        cost_unit="P26014",
        foreign_currency="USD",
        open_day=date(2026, 2, 9),
        closed_day=date(2025, 12, 9),
    ),
    settings={"minute_limit": None, "day_limit": None, "split_part_paid": True},
    held=_held,
    resources={
        "customer": "crm/Accounts",
        "supplier": "crm/Accounts",
        "sales_invoice": "salesentry/SalesEntries",
        "purchase_invoice": "purchaseentry/PurchaseEntries",
        "journal_entry": "generaljournalentry/GeneralJournalEntries",
        "booked": "salesentry/SalesEntries",
        "open_items": "read/financial/ReceivablesList",
        "settings": "financial/GLAccounts",
    },
    counts={
        "ledger_accounts": 83,
        "vat_codes": 8,
        "journals": 7,
        "payment_conditions": 3,
        "cost_centres": 3,
        "cost_units": 2,
        "periods": 48,
        "currencies": 6,
    },
    pay=_pay,
    pay_unmatched=_pay_unmatched,
    page_size=60,
    remove=_remove,
    alter=_alter,
)
