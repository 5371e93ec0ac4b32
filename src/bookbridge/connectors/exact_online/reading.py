"""Reads Exact Online's records: the package's settings, open items, and what differs from a document of ours. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from bookbridge.connectors.exact_online.client import date_of
from bookbridge.connectors.exact_online.mapping import Codes, amount_for, relation_of
from bookbridge.documents import Invoice, JournalEntry, OutstandingItem, rounded
from bookbridge.kit.contract import OutstandingKind
from bookbridge.kit.package_settings import (
    AccountKind,
    CostCentre,
    CostUnit,
    Journal,
    JournalKind,
    LedgerAccount,
    PaymentCondition,
    Period,
    Usage,
    VatCode,
)

Record = dict[str, Any]

# Types of G/L accounts (reference of financial/GLAccounts). Exact books on 20, 22 and 24 itself.
ACCOUNT_KINDS: Final[dict[int, AccountKind]] = {
    10: "cash",
    12: "bank",
    14: "bank",
    16: "bank",
    20: "customer_control",
    22: "supplier_control",
    24: "vat",
}
USAGES: Final[dict[int, Usage]] = {0: "optional", 1: "mandatory", 2: "forbidden"}
JOURNAL_KINDS: Final[dict[int, JournalKind]] = {
    10: "cash",
    12: "bank",
    16: "bank",
    20: "sales",
    22: "purchase",
    90: "general",
}
CLOSED = 1
"""Status in read/financial/JournalStatusList (picqer, JournalStatusList.php): 0 open, 1 closed."""

# The reference gives no sign for the Amount of the two lists. Our reading: an amount as a person reads the list, so
# positive is still to be received (or paid). cashflow/Receivables is the other way round (TimPelgrim/exactonline-mcp).
SIGNS: Final[dict[OutstandingKind, int]] = {"sales": 1, "purchase": 1}


def ledger_account(record: Record) -> LedgerAccount:
    return LedgerAccount(
        code=str(record["Code"]).strip(),
        name=record.get("Description") or "",
        external_id=record["ID"],
        blocked=bool(record.get("IsBlocked")),
        kind=ACCOUNT_KINDS.get(int(record.get("Type") or 0), "ordinary"),
        cost_centre=USAGES.get(int(record.get("UseCostcenter") or 0), "optional"),
        cost_unit=USAGES.get(int(record.get("UseCostunit") or 0), "optional"),
    )


def vat_code(record: Record) -> VatCode:
    transaction = record.get("VATTransactionType")
    return VatCode(
        code=str(record["Code"]).strip(),
        name=record.get("Description") or "",
        external_id=record["ID"],
        blocked=bool(record.get("IsBlocked")),
        percentage=percentage(record.get("Percentage")),
        # B: base only, E: excluding, I: including, N: no VAT.
        inclusive={"I": True, "E": False}.get(str(record.get("Type"))),
        sales=transaction != "P",
        purchase=transaction != "S",
        reverse_charge=bool(record.get("Charged")),
    )


def percentage(value: Any) -> Decimal | None:
    """21 for 21 and for 0.21: the reference doesn't say which it is. No VAT of 1 % or less is known to exist."""
    if value is None:
        return None
    given = amount_of(value)
    return (given * 100 if 0 < given <= 1 else given).normalize() + 0


def journal(record: Record) -> Journal:
    fixed = record.get("AllowVariableCurrency") is False
    return Journal(
        code=str(record["Code"]).strip(),
        name=record.get("Description") or "",
        external_id=record["ID"],
        kind=JOURNAL_KINDS.get(int(record.get("Type") or 0), "other"),
        # "Especially true for general journals": a sales or purchase journal always has VAT.
        vat_allowed=bool(record.get("AllowVAT")) or record.get("Type") in {20, 22},
        currency=record.get("Currency") if fixed else None,
    )


def payment_condition(record: Record) -> PaymentCondition:
    return PaymentCondition(
        code=str(record["Code"]).strip(),
        name=record.get("Description") or "",
        external_id=record["ID"],
        days=record.get("PaymentDays"),
    )


def cost_centre(record: Record) -> CostCentre:
    return CostCentre(
        code=str(record["Code"]).strip(),
        name=record.get("Description") or "",
        external_id=record["ID"],
        blocked=record.get("Active") is False,
    )


def cost_unit(record: Record) -> CostUnit:
    return CostUnit(code=str(record["Code"]).strip(), name=record.get("Description") or "", external_id=record["ID"])


@dataclass(frozen=True, slots=True)
class ClosedPeriods:
    """The rows of JournalStatusList with status 1 (closed), from one year on."""

    rows: tuple[Record, ...]
    since_year: int

    def is_open(self, year: int, number: int, journals: frozenset[str]) -> bool | None:
        """Exact closes a period per journal: it is closed for us when it is in every journal that we can post to."""
        if year < self.since_year:
            return None
        here = (row for row in self.rows if int(row["Year"]) == year and int(row["Period"]) == number)
        return not journals or not journals <= {str(row["Journal"]).strip() for row in here}


def period(record: Record, closed: ClosedPeriods | None, journals: frozenset[str]) -> Period:
    year, number = int(record["FinYear"]), int(record["FinPeriod"])
    start, end = date_of(record["StartDate"]), date_of(record["EndDate"])
    if start is None or end is None:
        raise ValueError("a period without dates")
    is_open = closed.is_open(year, number, journals) if closed else None
    return Period(year=year, number=number, start=start, end=end, is_open=is_open)


def postable(journals: Iterable[Journal]) -> frozenset[str]:
    """The codes of the journals that documents go to."""
    return frozenset(journal.code for journal in journals if journal.kind in {"sales", "purchase", "general"})


def amount_of(value: Any) -> Decimal:
    """An amount of Exact's JSON; absent is nil. Raises ValueError."""
    if value is None:
        return Decimal(0)
    if isinstance(value, int | Decimal | str):
        return Decimal(value)
    raise ValueError("an amount that is no number")


# --- comparing


def invoice_differences(
    invoice: Invoice, relation: str | None, header: Record, lines: list[Record], codes: Codes
) -> tuple[str, ...]:
    """Our names of the fields in which Exact's entry doesn't agree with the document."""
    found: list[str] = []
    party = "Customer" if invoice.relation_kind == "customer" else "Supplier"
    if relation is None or str(header.get(party, "")).lower() != relation.lower():
        found.append(invoice.relation_kind)
    if date_of(header.get("EntryDate")) != invoice.entry_date:
        found.append("entry_date")
    if header.get("Currency") != invoice.currency:
        found.append("currency")
    if abs(amount_of(header.get("AmountFC")) - rounded(invoice.total, invoice.currency)) > invoice.vat_room:
        found.append("total")
    if _lines_of(lines) != _expected_lines(invoice, codes):
        found.append("lines")
    return tuple(found)


def _lines_of(lines: list[Record]) -> Counter[tuple[str, Decimal]]:
    return Counter((str(line["GLAccount"]).lower(), amount_of(line["AmountFC"]).normalize()) for line in lines)


def _expected_lines(invoice: Invoice, codes: Codes) -> Counter[tuple[str, Decimal]]:
    expected: Counter[tuple[str, Decimal]] = Counter()
    for line in invoice.lines:
        code = codes.vat_code(line.vat_code, "vat_code") if line.vat_code else None
        amount = amount_for(line, invoice.vat, code, "amount")
        expected[(codes.account(line.ledger_account, "ledger_account").lower(), amount.normalize())] += 1
    return expected


def journal_differences(entry: JournalEntry, header: Record, lines: list[Record], codes: Codes) -> tuple[str, ...]:
    """Our names of the fields in which Exact's entry doesn't agree. Exact adds lines of its own for VAT, so ours must
    all be among them."""
    found: list[str] = []
    if header.get("Currency") != entry.currency:
        found.append("currency")
    if int(header.get("FinancialYear") or 0) != entry.fiscal_year:
        found.append("fiscal_year")
    dates = {date_of(line.get("Date")) for line in lines}
    if not {line.line_date or entry.entry_date for line in entry.lines} <= dates:
        found.append("entry_date")
    expected = Counter(
        (codes.account(line.ledger_account, "ledger_account").lower(), line.amount.normalize()) for line in entry.lines
    )
    missing = expected - _lines_of(lines)
    extra = _lines_of(lines) - expected
    if missing or (extra and not any(line.vat_code for line in entry.lines)):
        found.append("lines")
    return tuple(found)


def relations_in(entry: JournalEntry) -> set[tuple[str, str]]:
    """The kinds and numbers of the relations on a memorial's lines."""
    return {found for line in entry.lines if (found := relation_of(line)) is not None}


# --- open items


def outstanding_items(
    kind: OutstandingKind, rows: Iterable[Record], journals: tuple[Journal, ...]
) -> tuple[OutstandingItem, ...]:
    """One item for each entry: a part-paid entry comes as several rows of one entry number, also on two pages.

    Raises ValueError or KeyError for a row that can't be understood.
    """
    money_journals = {journal.code for journal in journals if journal.kind in {"cash", "bank"}}
    entries: dict[tuple[str, ...], list[Record]] = {}
    for row in rows:
        entries.setdefault(_entry_key(row, money_journals), []).append(row)
    return tuple(
        _item(kind, "/".join(key), parts, _is_unmatched(parts[0], money_journals)) for key, parts in entries.items()
    )


def _entry_key(row: Record, money_journals: set[str]) -> tuple[str, ...]:
    if _is_unmatched(row, money_journals):
        return ("HID", str(row["HID"]))
    # The date keeps two years' entries of one number apart; the rows of a part-paid entry share it.
    dated = date_of(row.get("InvoiceDate"))
    return (
        str(row["JournalCode"]).strip(),
        str(row["EntryNumber"]),
        str(row["AccountCode"]).strip(),
        dated.isoformat() if dated else "",
    )


def _is_unmatched(row: Record, money_journals: set[str]) -> bool:
    # "Will be null if it is a cashflow entry" (reference of YourRef); an entry typed in by hand may lack it too, but
    # its InvoiceNumber is its own EntryNumber, whereas a payment's is that of the invoice it is for.
    if str(row.get("JournalCode") or "").strip() in money_journals:
        return True
    return row.get("YourRef") is None and row.get("InvoiceNumber") != row.get("EntryNumber")


def _item(kind: OutstandingKind, external_id: str, parts: list[Record], unmatched: bool) -> OutstandingItem:
    first = parts[0]
    open_amount = sum((amount_of(part["Amount"]) for part in parts), Decimal(0)) * SIGNS[kind]
    due_dates = [due for part in parts if (due := date_of(part.get("DueDate"))) is not None]
    return OutstandingItem(
        kind=kind,
        external_id=external_id,
        relation_number=str(first["AccountCode"]).strip(),
        relation_name=first.get("AccountName"),
        invoice_number=str(first["InvoiceNumber"]) if first.get("InvoiceNumber") is not None else None,
        voucher_number=str(first["EntryNumber"]) if first.get("EntryNumber") is not None else None,
        invoice_date=date_of(first.get("InvoiceDate")),
        due_date=min(due_dates, default=None),
        reference=first.get("YourRef"),
        currency=first["CurrencyCode"],
        open_amount=rounded(open_amount, first["CurrencyCode"]),
        journal=str(first["JournalCode"]).strip() if first.get("JournalCode") else None,
        unmatched_payment=unmatched,
    )
