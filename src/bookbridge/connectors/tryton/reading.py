"""Reads Tryton's records: settings, open items, and what differs from a document of ours. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from bookbridge.connectors.tryton.client import id_of
from bookbridge.connectors.tryton.mapping import MARK, NOTHING, PURCHASES, SALES, Codes, home_amounts, net_amount
from bookbridge.documents import JournalEntry, OutstandingItem, PurchaseInvoice, SalesInvoice, rounded
from bookbridge.kit.contract import OutstandingKind
from bookbridge.kit.package_settings import (
    AccountKind,
    Journal,
    JournalKind,
    LedgerAccount,
    PaymentCondition,
    Period,
    VatCode,
)

Record = dict[str, Any]

JOURNAL_KINDS: Final[dict[str, JournalKind]] = {
    "revenue": "sales",
    "expense": "purchase",
    "general": "general",
    "cash": "cash",
}
OPEN: Final = "open"
_HUNDRED = Decimal(100)


# --- settings


def ledger_account(record: Record, vat_accounts: frozenset[int]) -> LedgerAccount:
    kind = record.get("type") or {}
    usages = [SALES] if kind.get("revenue") else []
    if kind.get("expense") or kind.get("debt"):
        usages.append(PURCHASES)
    return LedgerAccount(
        code=record["code"].strip(),
        name=record["name"] or "",
        external_id=" ".join([str(record["id"]), *usages]),
        # An account without a type is a heading; a closed one takes no line.
        blocked=bool(record.get("closed")) or not kind,
        kind=_account_kind(record, kind, vat_accounts),
    )


def _account_kind(record: Record, kind: Mapping[str, Any], vat_accounts: frozenset[int]) -> AccountKind:
    if kind.get("receivable"):
        return "customer_control"
    if kind.get("payable"):
        return "supplier_control"
    return "vat" if record["id"] in vat_accounts else "ordinary"


def vat_code(record: Record) -> VatCode:
    """A tax has no code: its name is the code. One with children is booked as those, one of which takes back."""
    children = record.get("childs") or []
    rate: Decimal | None = record.get("rate")
    if children:
        rate = sum((Decimal(child["rate"] or 0) for child in children), NOTHING)
    side = (record.get("group") or {}).get("kind", "both")
    accounts = [record.get("invoice_account"), record.get("credit_note_account")]
    return VatCode(
        code=record["name"].strip(),
        name=record.get("description") or "",
        external_id=" ".join(str(id or 0) for id in (record["id"], *accounts)),
        percentage=None if rate is None else (rate * _HUNDRED).normalize() + 0,
        inclusive=False,
        sales=side != "purchase",
        purchase=side != "sale",
        reverse_charge=bool(children) and rate == 0,
    )


def tax_accounts(records: Iterable[Record]) -> frozenset[int]:
    """The accounts that taxes are booked on, those of their children too."""
    found: set[int] = set()
    for record in records:
        for one in (record, *(record.get("childs") or ())):
            found |= {one[name] for name in ("invoice_account", "credit_note_account") if one.get(name)}
    return frozenset(found)


def journal(record: Record) -> Journal:
    return Journal(
        code=record["code"].strip(),
        name=record["name"] or "",
        external_id=str(record["id"]),
        kind=JOURNAL_KINDS.get(record["type"], "other"),
        # A move has no VAT code on its lines.
        vat_allowed=record["type"] in ("revenue", "expense"),
    )


def payment_condition(record: Record) -> PaymentCondition:
    """A payment term has no code: its name is the code."""
    return PaymentCondition(code=record["name"].strip(), name=record["name"], external_id=str(record["id"]))


def periods(records: Iterable[Record], series: Iterable[Record] | None) -> tuple[Period, ...]:
    """Tryton counts no periods: their numbers are their places in the fiscal year, which is named by its year.

    `series`: the number series of invoices, each of a fiscal year or of one period in it, which names the series of
    every type of invoice (`account.fiscalyear.invoice_sequence`); None where they may not be read."""
    numbering = None if series is None else [(id_of(one["fiscalyear"]), id_of(one["period"])) for one in series]
    of_year: dict[int, list[Record]] = {}
    for record in sorted(records, key=lambda one: one["start_date"]):
        of_year.setdefault(record["fiscalyear"]["id"], []).append(record)
    return tuple(
        _period(record, number, numbering) for year in of_year.values() for number, record in enumerate(year, 1)
    )


def _period(record: Record, number: int, numbering: Sequence[tuple[Any, Any]] | None) -> Period:
    named = record["fiscalyear"]["name"].strip()
    fitting = {(record["fiscalyear"]["id"], period) for period in (None, record["id"])}
    year = int(named) if named.isascii() and named.isdigit() and len(named) == 4 else record["start_date"].year
    return Period(
        year=year,
        number=number,
        start=record["start_date"],
        end=record["end_date"],
        is_open=record["state"] == OPEN,
        numbers_invoices=None if numbering is None else not fitting.isdisjoint(numbering),
    )


def without_doubles(settings: Iterable[Any]) -> tuple[Any, ...]:
    """Names need not be unique in Tryton: of those that are the same only the first can be meant by a code."""
    return tuple({setting.code: setting for setting in reversed(list(settings))}.values())[::-1]


# --- comparing


def invoice_differences(invoice: SalesInvoice | PurchaseInvoice, record: Record, codes: Codes) -> tuple[str, ...]:
    """Our names of the fields in which Tryton's invoice doesn't agree with the document. Raises CannotMapError."""
    found: list[str] = []
    if (record.get("party") or {}).get("code") != invoice.relation_number:
        found.append(invoice.relation_kind)
    if record.get("invoice_date") != invoice.entry_date:
        found.append("entry_date")
    if (record.get("currency") or {}).get("code") != invoice.currency:
        found.append("currency")
    if abs(Decimal(record["total_amount"]) - rounded(invoice.total, invoice.currency)) > invoice.vat_room:
        found.append("total")
    expected = Counter(
        (line.ledger_account, net_amount(line, invoice.vat, codes, "amount").normalize()) for line in invoice.lines
    )
    if expected != Counter((_code(line), Decimal(line["amount"]).normalize()) for line in record["lines"]):
        found.append("lines")
    return tuple(found)


def move_differences(entry: JournalEntry, record: Record, home: str) -> tuple[str, ...]:
    """Our names of the fields in which Tryton's move doesn't agree with the document. Raises CannotMapError."""
    found: list[str] = []
    if record.get("date") != entry.entry_date and entry.period is None:
        found.append("entry_date")
    foreign = {(line.get("second_currency") or {}).get("code", home) for line in record["lines"]}
    if foreign != {entry.currency}:
        found.append("currency")
    amounts = home_amounts(entry, home)
    expected = Counter(
        (line.ledger_account, amount.normalize()) for line, amount in zip(entry.lines, amounts, strict=True)
    )
    if expected != Counter((_code(line), _balance(line).normalize()) for line in record["lines"]):
        found.append("lines")
    return tuple(found)


def _code(line: Record) -> str:
    return str((line.get("account") or {}).get("code") or "")


def _balance(line: Record) -> Decimal:
    return Decimal(line["debit"]) - Decimal(line["credit"])


# --- open items


def open_invoice(kind: OutstandingKind, record: Record) -> OutstandingItem:
    """A posted invoice with what is still to be paid of it; part payments are in that already."""
    currency = record["currency"]["code"]
    due = [line["maturity_date"] for line in record["lines_to_pay"] or () if line["maturity_date"]]
    number = record["number"] or ""
    return OutstandingItem(
        kind=kind,
        external_id=f"invoice/{record['id']}",
        relation_number=record["party"]["code"],
        relation_name=record["party"]["name"],
        invoice_number=(record["reference"] if kind == "purchase" else number) or number,
        voucher_number=number_in_source(record) or number,
        invoice_date=record["invoice_date"],
        due_date=min(due, default=None),
        reference=record["reference"],
        currency=currency,
        invoice_amount=rounded(Decimal(record["total_amount"]), currency),
        open_amount=rounded(Decimal(record["amount_to_pay"]), currency),
        journal=(record["journal"] or {}).get("code"),
    )


def open_line(kind: OutstandingKind, record: Record, home: str) -> OutstandingItem:
    """A line on a receivable or payable account that is no invoice's: a payment linked to none, an opening balance."""
    balance = _balance(record)
    currency = (record["second_currency"] or {}).get("code")
    amount = Decimal(record["amount_second_currency"]) if currency else balance
    if kind == "purchase":
        amount = -amount
    move = record["move"]
    return OutstandingItem(
        kind=kind,
        external_id=f"line/{record['id']}",
        relation_number=record["party"]["code"],
        relation_name=record["party"]["name"],
        voucher_number=move["number"],
        invoice_date=move["date"],
        due_date=record["maturity_date"],
        reference=record["description"] or move["description"],
        currency=currency or home,
        open_amount=rounded(amount, currency or home),
        journal=move["journal"]["code"],
        # What takes away from what is owed is a payment; what adds to it is a claim that was typed in.
        unmatched_payment=amount < 0,
    )


def number_in_source(record: Record) -> str | None:
    """The number that stands behind our mark in an invoice's comment."""
    mark, _, rest = (record.get("comment") or "").partition(" ")
    _, _, number = rest.partition(" ")
    return number.strip() or None if mark == MARK else None
