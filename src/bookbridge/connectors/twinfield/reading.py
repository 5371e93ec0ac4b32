"""Reads what Twinfield holds: the office's settings, rows of a browse, what differs from a document of ours. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from bookbridge.connectors.twinfield import soap
from bookbridge.connectors.twinfield.mapping import Codes, Entry, Traded, adds_vat, day_text, number_behind
from bookbridge.connectors.twinfield.soap import Element
from bookbridge.documents import Invoice, InvoiceLine, JournalEntry, OutstandingItem, PurchaseInvoice, rounded
from bookbridge.kit.booked import BookedEntry
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

HEAD: Final = "fin.trs.head."
LINE: Final = "fin.trs.line."
Row = dict[str, str]

SIGNS: Final[dict[OutstandingKind, int]] = {"sales": 1, "purchase": -1}
"""The signed values of a browse are positive on debit: a supplier's invoice and a customer's payment are negative
(browses 100 and 200 recorded in pronamic/wp-twinfield; of 130_3 and 230_2 no answer is public)."""
FIRST_PERIOD, LAST_PERIOD = 0, 55
"""Opening balance and year end (vendor's page on journal transactions)."""
MOST_DAYS = 120
CATEGORIES: Final[dict[str, JournalKind]] = {"sales": "sales", "purchase": "purchase", "journal": "general"}


# --- settings


def ledger_account(row: Sequence[str], kinds: dict[str, AccountKind]) -> LedgerAccount:
    """Code, name and, since hidden ones are asked for too, status."""
    code = row[0].strip()
    status = row[2].strip().lower() if len(row) > 2 else ""
    return LedgerAccount(
        code=code, name=row[1], kind=kinds.get(code, "ordinary"), blocked=status in {"hidden", "deleted"}
    )


def control_account(master: Element) -> str:
    """The ledger account that a new relation of a type is booked on: that of its master dimension.

    A dimension type has a master with its own name as code, of which new relations take their settings (php-twinfield's
    list of debtors shows it; support.coachview.net calls it so)."""
    return soap.text_of(master, "financials/substitutewith")


def mask(dimension_type: Element) -> str | None:
    """The format of a dimension type's codes; None where the answer has none."""
    return soap.text_of(dimension_type, "mask") or None


def vat_facts(record: Element, today: date) -> str:
    """What we need of a VAT code, as one word that can be remembered: side, percentage, reverse charge, accounts."""
    valid = [one for one in record.iterfind("percentages/percentage") if soap.text_of(one, "date") <= day_text(today)]
    latest = max(valid, key=lambda one: soap.text_of(one, "date"), default=None)
    percentage = soap.text_of(latest, "percentage") if latest is not None else ""
    accounts = list(latest.iterfind("accounts/account")) if latest is not None else []
    shares = sum((Decimal(soap.text_of(one, "percentage") or "0") for one in accounts), Decimal(0))
    # Under reverse charge what is owed and what is reclaimed cancel each other out.
    is_reversed = len(accounts) > 1 and shares == 0
    codes = ",".join(sorted({soap.text_of(one, "dim1") for one in accounts} - {""}))
    return "|".join((soap.text_of(record, "type"), percentage, "reverse" if is_reversed else "", codes))


def vat_code(row: Sequence[str], facts: str) -> VatCode:
    side, percentage, is_reversed, _accounts = facts.split("|")
    rate = Decimal(percentage).normalize() + 0 if percentage else None
    return VatCode(
        code=row[0].strip(),
        name=row[1] if len(row) > 1 else "",
        percentage=rate,
        # A line's value is always without VAT.
        inclusive=False if rate else None,
        sales=side != "purchase",
        purchase=side != "sales",
        reverse_charge=bool(is_reversed),
    )


def vat_accounts(facts: Iterable[str]) -> set[str]:
    return {account for one in facts for account in one.split("|")[3].split(",") if account}


def journal(row: Sequence[str], kind: JournalKind) -> Journal:
    # A memorial's VAT lines would have to be made by us, which no public fact describes.
    return Journal(code=row[0].strip(), name=row[1] if len(row) > 1 else "", kind=kind, vat_allowed=kind != "general")


def payment_conditions() -> tuple[PaymentCondition, ...]:
    """Twinfield has none: a payment term is a number of days on the relation."""
    return tuple(PaymentCondition(code=str(days), name=f"{days}", days=days) for days in range(MOST_DAYS + 1))


def year_of_periods(year: int, rows: Iterable[Row]) -> list[Period]:
    """The periods of a year: each ends on its date and begins the day after the one before it."""
    ordered = sorted(rows, key=lambda row: int(row["Number"]))
    made: list[Period] = []
    for row in ordered:
        end, number = date.fromisoformat(row["EndDate"][:10]), int(row["Number"])
        # The first one's beginning isn't told; all periods of a year are about as long.
        start = made[-1].end + timedelta(days=1) if made else _beginning(end, len(ordered))
        if start <= end:
            made.append(Period(year=year, number=number, start=start, end=end, is_open=row["Open"] == "true"))
    return made


def _beginning(end: date, count: int) -> date:
    if count > 12:
        return end - timedelta(days=6)
    months = max(12 // count, 1) - 1
    index = end.year * 12 + end.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def joined_years(years: Iterable[list[Period]]) -> tuple[Period, ...]:
    """Years one after the other: where the year before is known, the first period begins the day after its end."""
    made: list[Period] = []
    for periods in years:
        for position, period in enumerate(periods):
            follows = position == 0 and made and made[-1].year == period.year - 1
            made.append(period.model_copy(update={"start": made[-1].end + timedelta(days=1)}) if follows else period)
    return tuple(made)


# --- rows


def amount_of(text: str) -> Decimal:
    """An amount as Twinfield writes it. Raises ValueError or ArithmeticError: one that is missing is never nil."""
    amount = Decimal(text)
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 13:
        raise ValueError("an amount that can't be one")
    return amount


def day_of(text: str) -> date | None:
    return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if text else None


def between_years(since: int, until: int) -> tuple[str, str, str]:
    return "between", f"{since:04}/{FIRST_PERIOD:02}", f"{until:04}/{LAST_PERIOD:02}"


OPEN_FIELDS: Final = tuple(
    [f"{HEAD}{name}" for name in ("code", "number", "status", "date", "curcode")]
    + [f"{LINE}{name}" for name in ("datedue", "invnumber", "dim2", "dim2name", "valuesigned", "openvaluesigned")]
    + [f"{LINE}{name}" for name in ("matchstatus", "freetext1", "freetext2", "freetext3")]
)


def outstanding_item(
    kind: OutstandingKind, row: Row, daybooks: frozenset[str], reference_field: str
) -> OutstandingItem:
    """The open part of a line. Raises ValueError or KeyError for a row that can't be understood."""
    currency = row[f"{HEAD}curcode"]
    open_amount, amount = (amount_of(row[f"{LINE}{name}"]) * SIGNS[kind] for name in ("openvaluesigned", "valuesigned"))
    return OutstandingItem(
        kind=kind,
        external_id=f"{row['code']}/{row['number']}/{row['line']}",
        relation_number=row[f"{LINE}dim2"] or None,
        relation_name=row.get(f"{LINE}dim2name") or None,
        invoice_number=row.get(f"{LINE}invnumber") or None,
        # The number that the source knows it by stands behind our reference.
        voucher_number=number_behind(row.get(f"{LINE}{reference_field}", "")) or row["number"],
        invoice_date=day_of(row[f"{HEAD}date"]),
        due_date=day_of(row.get(f"{LINE}datedue", "")),
        currency=currency,
        invoice_amount=rounded(amount, currency),
        open_amount=rounded(open_amount, currency),
        journal=row["code"],
        unmatched_payment=row["code"] not in daybooks,
        # A row is a line, and one that moves to the other match status is read twice.
        is_whole=True,
    )


BOOKED_FIELDS: Final = tuple(
    [f"{HEAD}{name}" for name in ("code", "number", "status", "date", "curcode")]
    + [f"{LINE}{name}" for name in ("dim1", "dim2", "valuesigned")]
)


def booked_entry(kind: str, row: Row) -> BookedEntry:
    """A row as a part of its entry: an invoice's relation line, or a line of a memorial, of which the debit counts."""
    entry_date = day_of(row[f"{HEAD}date"])
    if entry_date is None:
        raise ValueError("an entry without a date")
    amount = amount_of(row[f"{LINE}valuesigned"])
    counted = {"sales_invoice": amount, "purchase_invoice": -amount, "journal_entry": max(amount, Decimal(0))}
    return BookedEntry(
        kind=kind,  # type: ignore[arg-type]
        external_id=f"{row['code']}/{row['number']}",
        number=row["number"],
        journal=row["code"],
        entry_date=entry_date,
        currency=row[f"{HEAD}curcode"],
        amount=counted[kind],
    )


# --- comparing


def differences(entry: Entry, held: Element, codes: Codes) -> tuple[str, ...]:
    """Our names of the fields in which a transaction of Twinfield's doesn't agree with the document."""
    found: list[str] = []
    lines = [_signed(line) for line in held.iterfind("lines/line")]
    if isinstance(entry, Invoice):
        found += _relation_differences(entry, lines)
    if day_of(soap.text_of(held, "header/date")) != entry.entry_date:
        found.append("entry_date")
    if soap.text_of(held, "header/currency") != entry.currency:
        found.append("currency")
    if isinstance(entry, Invoice) and _total_differs(entry, lines):
        found.append("total")
    details = Counter((line["dim1"], line["amount"]) for line in lines if line["type"] == "detail")
    if details != _expected(entry, codes):
        found.append("lines")
    return tuple(found)


def _signed(line: Element) -> dict[str, object]:
    amount = amount_of(soap.text_of(line, "value"))
    return {
        "type": line.get("type", ""),
        "dim1": soap.text_of(line, "dim1"),
        "dim2": soap.text_of(line, "dim2"),
        "amount": -amount if soap.text_of(line, "debitcredit") == "credit" else amount,
    }


def total_booked(held: Element) -> Decimal | None:
    """What the relation's line of an answer says, without sign; None where it can't be told."""
    text = soap.text_of(held, "lines/line[@type='total']/value")
    try:
        return abs(amount_of(text)) if text else None
    except (ValueError, ArithmeticError):
        return None


def _relation_differences(invoice: Traded, lines: list[dict[str, object]]) -> list[str]:
    relations = {line["dim2"] for line in lines if line["type"] == "total"}
    return [] if relations == {invoice.relation_number} else [invoice.relation_kind]


def _total_differs(invoice: Invoice, lines: list[dict[str, object]]) -> bool:
    total = sum((Decimal(str(line["amount"])) for line in lines if line["type"] == "total"), Decimal(0))
    said = rounded(invoice.total, invoice.currency) * (-1 if isinstance(invoice, PurchaseInvoice) else 1)
    return abs(total - said) > invoice.vat_room


def _expected(entry: Entry, codes: Codes) -> Counter[tuple[object, object]]:
    if isinstance(entry, JournalEntry):
        return Counter((line.ledger_account, rounded(line.amount, entry.currency)) for line in entry.lines)
    sign = 1 if isinstance(entry, PurchaseInvoice) else -1
    return Counter((line.ledger_account, _net(line, entry, codes) * sign) for line in entry.lines)


def _net(line: InvoiceLine, invoice: Invoice, codes: Codes) -> Decimal:
    """As mapping.net_of, but of a line that was posted: it could be converted then."""
    amount = rounded(line.amount, invoice.currency)
    vat_code = codes.known_vat_code(line.vat_code) if line.vat_code else None
    if invoice.vat != "inclusive" or line.vat_amount is None or not adds_vat(vat_code):
        return amount
    return amount - rounded(line.vat_amount, invoice.currency)
