"""The company that a real Tryton is filled with, for the conformance suite."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from bookbridge.documents import DocumentKind
from bookbridge.kit.conformance.stage import BooksSeen, Codes, ControlCall, HeldRecord, Stage

_TYPES: Mapping[DocumentKind, str] = {"sales_invoice": "out", "purchase_invoice": "in"}
_CATEGORIES: Mapping[DocumentKind, str] = {"customer": "Customer", "supplier": "Supplier"}
_LAST_DAY = 27
"""Every month has the two days after it."""


def _open_day() -> date:
    # Tryton's clock is the machine's: it warns of sales in the future and of due dates that are past.
    today = datetime.now(UTC).date()
    return today.replace(day=min(today.day, _LAST_DAY))


def _held(books: BooksSeen, kind: DocumentKind) -> list[HeldRecord]:
    """What is booked; a draft is in nobody's books."""
    if kind in _CATEGORIES:
        return [_party(party) for party in books["parties"] if _CATEGORIES[kind] in party["categories"]]
    if kind == "journal_entry":
        return [_move(books, move) for move in books["moves"] if _is_memorial(move)]
    wanted = {"type": _TYPES[kind]}
    return [
        _invoice(invoice)
        for invoice in books["invoices"]
        if invoice["state"] in ("posted", "paid") and invoice["type"] == wanted["type"]
    ]


def _is_memorial(move: Mapping[str, Any]) -> bool:
    return bool(move["state"] == "posted" and move["journal_type"] == "general" and not move["origin"])


def _party(party: Mapping[str, Any]) -> HeldRecord:
    address: Mapping[str, Any] = next(iter(party["addresses"]), {})
    details: dict[str, Any] = {name: address.get(name) for name in ("city", "postal_code")}
    details |= {one["type"]: one["value"] for one in party["contacts"]}
    details["bank_account"] = tuple(party["bank_accounts"])
    return HeldRecord(str(party["id"]), party["code"], party["name"], details=details)


def _invoice(invoice: Mapping[str, Any]) -> HeldRecord:
    # A sale has our number. A purchase has Tryton's; ours stands in its comment, behind the mark of the posting.
    comment = (invoice["comment"] or "").split(" ")
    number = comment[2] if len(comment) > 2 else invoice["number"]
    return HeldRecord(
        str(invoice["id"]),
        number,
        invoice["description"] or "",
        Decimal(invoice["total_amount"]),
        invoice["currency_code"],
    )


def _move(books: BooksSeen, move: Mapping[str, Any]) -> HeldRecord:
    text = move["description"] or ""
    number = text.rpartition("[")[2].split(" ")[0]
    debit = sum((Decimal(line["debit"]) for line in books["lines"] if line["move"] == move["id"]), Decimal(0))
    return HeldRecord(str(move["id"]), number, text, debit, "EUR")


def _pay(record: HeldRecord, amount: Decimal) -> ControlCall:
    return "/_simulator/payments", {"invoice": record.identity, "amount": str(amount)}


def _pay_unmatched(customer: str, amount: Decimal) -> ControlCall:
    return "/_simulator/payments", {"party": customer, "amount": str(amount)}


def _remove(record: HeldRecord) -> ControlCall:
    return "/_simulator/entries", {"invoice": record.identity}


STAGE = Stage(
    administration="1",
    codes=Codes(
        sales_journal="REV",
        purchase_journal="EXP",
        general_journal="MISC",
        revenue_account="4.1.2",
        cost_account="5.1.3",
        balance_accounts=("1.1.1", "1.1.2"),
        customer_control_account="1.2.1",
        supplier_control_account="2.1.1",
        vat_account="2.3.9",
        blocked_account="4.1.0",
        sales_vat="21% sales",
        purchase_vat="21% purchases",
        zero_vat="0% sales",
        reverse_charge_vat="21% reverse charge",
        payment_condition="14 days",
        foreign_currency="USD",
        open_day=_open_day(),
        closed_day=_open_day().replace(year=_open_day().year - 1, day=9),
    ),
    settings={},
    held=_held,
    resources={
        "customer": "party.party",
        "supplier": "party.party",
        "sales_invoice": "account.invoice/post",
        "purchase_invoice": "account.invoice/post",
        "journal_entry": "account.move/post",
        "booked": "account.invoice",
        "open_items": "account.invoice",
        "settings": "account.account",
    },
    counts={
        "ledger_accounts": 135,
        "vat_codes": 7,
        "journals": 6,
        "payment_conditions": 12,
        "cost_centres": 0,
        "cost_units": 0,
        "periods": 36,
        "currencies": 3,
    },
    pay=_pay,
    pay_unmatched=_pay_unmatched,
    page_size=6,
    options={"page_size": "6"},
    request_timeout_s=30,
    impatient_timeout_s=5,
    calls_per_entry=3,
    remove=_remove,
)
