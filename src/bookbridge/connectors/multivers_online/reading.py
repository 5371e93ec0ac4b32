"""Reads Multivers's records: settings, open items, the books of a period, and what differs from ours. Pure.

The fields of several lists aren't public. What we take for them stands here and nowhere else, under `to_confirm`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from bookbridge.connectors.multivers_online.mapping import Codes, Wanting, net_amount
from bookbridge.connectors.multivers_online.values import date_of
from bookbridge.documents import Invoice, JournalEntry, OutstandingItem, PurchaseInvoice, SalesInvoice, rounded
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

Record = dict[str, Any]

# Types are numbers whose meaning is not public; Multivers names them in a list of its own, in Dutch.
_JOURNAL_WORDS: Final[tuple[tuple[str, JournalKind], ...]] = (
    ("verkoop", "sales"),
    ("inkoop", "purchase"),
    ("memoriaal", "general"),
    ("kas", "cash"),
    ("bank", "bank"),
    ("giro", "bank"),
)
_ACCOUNT_WORDS: Final[tuple[tuple[str, AccountKind], ...]] = (
    ("debiteur", "customer_control"),
    ("crediteur", "supplier_control"),
    ("btw", "vat"),
    ("kas", "cash"),
    ("bank", "bank"),
)
_PLACE: Final = {"journal": "journalId", "fiscal_year": "fiscalYear"}
_LARGEST: Final = Decimal(10) ** 13


def amount_of(value: Any) -> Decimal:
    """An amount of Multivers's JSON; absent is nil. Raises ValueError."""
    if value is None:
        return Decimal(0)
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError("an amount that is no number")
    amount = Decimal(value)
    if not abs(amount) < _LARGEST:
        raise ValueError("an amount out of every range")
    return amount


# --- settings


def ledger_account(
    record: Record, years: Iterable[int], types: Mapping[str, str], control: Mapping[str, AccountKind]
) -> LedgerAccount:
    """An account; `external_id`: the years whose chart has it. `control`: accounts that groups of relations book on."""
    code = str(record["accountId"]).strip()
    named = types.get(str(record.get("accountTypeId", "")), "").lower()
    kind: AccountKind = next((kind for word, kind in _ACCOUNT_WORDS if word in named), "ordinary")
    return LedgerAccount(
        code=code,
        name=record.get("description") or "",
        external_id=" ".join(map(str, sorted(years))),
        kind=control.get(code, kind),
        blocked=bool(record.get("blocked")),
        cost_centre="mandatory" if record.get("costCentreIdRequired") else "optional",
        cost_unit="mandatory" if record.get("costUnitIdRequired") else "optional",
    )


def journal(record: Record, types: Mapping[str, str]) -> Journal:
    named = types.get(str(record.get("journalType")), "").lower()
    kind: JournalKind = next((kind for word, kind in _JOURNAL_WORDS if word in named), "other")
    return Journal(code=str(record["journalId"]).strip(), name=record.get("description") or "", kind=kind)


def vat_code(record: Record, scenario: tuple[str, str] | None, *, sales: bool, purchase: bool) -> VatCode:
    """A VAT code by itself (the relation's own scenario counts) or within a scenario, as `code/scenario`.

    Open: what tells a scenario of reverse charge. We go by its name.
    """
    code, name = str(record["vatCodeId"]), record.get("description") or ""
    if scenario is not None:
        code, name = f"{code}/{scenario[0]}", f"{scenario[1]}: {name}"
    return VatCode(
        code=code,
        name=name,
        percentage=amount_of(record.get("vatPercentage")).normalize() + 0,
        inclusive=False,
        sales=sales,
        purchase=purchase,
        reverse_charge=scenario is not None and "verleg" in scenario[1].lower(),
    )


def payment_condition(record: Record) -> PaymentCondition:
    days = record.get("paymentDays")
    return PaymentCondition(
        code=str(record["paymentConditionId"]).strip(),
        name=record.get("description") or "",
        days=days if isinstance(days, int) else None,
    )


def period(record: Record) -> Period:
    start, end = date_of(record["startDate"]), date_of(record["endDate"])
    if start is None or end is None:
        raise ValueError("a period without dates")
    closed = record.get("closed")
    is_open = None if closed is None else not closed
    return Period(
        year=int(record["fiscalYear"]), number=int(record["periodNumber"]), start=start, end=end, is_open=is_open
    )


def years_of(records: Iterable[Record], states: Mapping[str, str]) -> list["FiscalYear"]:
    """The fiscal years, the latest first."""
    found = [
        FiscalYear(
            int(record["fiscalYear"]),
            date_of(record.get("startDate")),
            date_of(record.get("endDate")),
            is_closed="gesloten" in states.get(str(record.get("state", "")), "").lower(),
        )
        for record in records
    ]
    return sorted(found, key=lambda year: -year.number)


class FiscalYear:
    """A year and its days; a year that doesn't tell them may hold any."""

    def __init__(self, number: int, start: date | None, end: date | None, *, is_closed: bool) -> None:
        self.number = number
        self.is_closed = is_closed
        self._start, self._end = start, end

    def touches(self, since: date, until: date) -> bool:
        return (self._start is None or self._start <= until) and (self._end is None or self._end >= since)


# --- open items and the books of a period


def belongs_to(record: Record, year: int, years: Iterable[int]) -> bool:
    """Whether an invoice is told of in this year's list: each in its own year, and one of a year that isn't read in the
    oldest that is, which it was carried over to. So none counts twice, in whatever lists it stands."""
    own, read = int(record.get("fiscalYear") or year), set(years)
    return own == year or (own not in read and year == min(read))


def outstanding_item(kind: OutstandingKind, record: Record) -> OutstandingItem | None:
    """An open invoice; None for one without a balance. The balance decides: sources disagree on what `state` means."""
    currency = str(record.get("currencyId") or "EUR").strip()
    balance = amount_of(record["invoiceBalanceCur"])
    if not balance:
        return None
    number = str(record["invoiceId"]).strip()
    party = "customerId" if kind == "sales" else "supplierId"
    paid = [day for each in record.get("payments") or () if (day := date_of(each.get("paymentDate")))]
    return OutstandingItem(
        kind=kind,
        external_id=number,
        relation_number=record.get(party),
        relation_name=record.get("name"),
        invoice_number=number,
        voucher_number=number,
        invoice_date=date_of(record.get("invoiceDate")),
        due_date=date_of(record.get("invoiceExpirationDate")),
        reference=record.get("invoiceReference"),
        currency=currency,
        invoice_amount=rounded(amount_of(record.get("invoiceAmountCur")), currency),
        paid_amount=rounded(amount_of(record.get("settledAmountCur")), currency),
        open_amount=rounded(balance, currency),
        last_payment_date=max(paid, default=None),
        journal=record.get("journalId"),
        fiscal_year=record.get("fiscalYear"),
        unmatched_payment=bool(record.get("isAdvance")),
    )


def booked_invoice(resource: str, record: Record) -> BookedEntry | None:
    """An invoice as the books hold it; None for a receipt that stands among them."""
    if record.get("isAdvance"):
        return None
    day = date_of(record["invoiceDate"])
    if day is None:
        raise ValueError("an invoice without a date")
    number = str(record["invoiceId"]).strip()
    return BookedEntry(
        kind="sales_invoice" if resource == "CustomerInvoice" else "purchase_invoice",
        external_id=f"{resource}/{number}",
        number=number,
        journal=str(record["journalId"]).strip(),
        entry_date=day,
        currency=str(record["currencyId"]).strip(),
        amount=amount_of(record["invoiceAmountCur"]),
    )


def booked_memorial(line: Record, base_currency: str) -> BookedEntry:
    """The part of a memorial that a ledger line is; what it debits counts."""
    day = date_of(line["transactionDate"])
    if day is None:
        raise ValueError("a line without a date")
    number = str(line["journalTransaction"])
    return BookedEntry(
        kind="journal_entry",
        external_id=f"FinTrans/{line['fiscalYear']}/{line['journalId']}/{number}",
        number=str(line.get("document") or number),
        journal=str(line["journalId"]).strip(),
        entry_date=day,
        currency=base_currency,
        amount=amount_of(line.get("debitAmount")),
    )


# --- comparing


def booked_total(record: Record) -> Decimal:
    """An invoice's total with VAT, negative on a credit note. Open: its sign there; the type of the invoice decides."""
    total = amount_of(record.get("amountTotalCur"))
    return -abs(total) if record.get("invoiceType") in {2, 3} else total


def invoice_differences(invoice: SalesInvoice | PurchaseInvoice, record: Record, codes: Codes) -> tuple[str, ...]:
    """Our names of the fields in which Multivers's invoice doesn't agree with the document."""
    is_sale = isinstance(invoice, SalesInvoice)
    # Numbers that begin anew each year, or in each journal, meet one address in Multivers.
    found = [
        name
        for name, field in _PLACE.items()
        if record.get(field) is not None and str(record[field]).strip() != str(getattr(invoice, name))
    ]
    if str(record.get("customerId" if is_sale else "supplierId") or "").strip() != invoice.relation_number:
        found.append(invoice.relation_kind)
    if date_of(record.get("invoiceDate")) != invoice.entry_date:
        found.append("entry_date")
    if record.get("currencyId") != invoice.currency:
        found.append("currency")
    if abs(booked_total(record) - rounded(invoice.total, invoice.currency)) > invoice.vat_room:
        found.append("total")
    held = record.get("customerInvoiceLines" if is_sale else "supplierInvoiceLines") or ()
    if Counter(_held_line(line, 1 if is_sale else -1) for line in held) != _expected(invoice, codes):
        found.append("lines")
    return tuple(found)


def _held_line(line: Record, sign: int) -> tuple[str, Decimal]:
    in_credit = amount_of(line.get("creditAmountCur")) - amount_of(line.get("debitAmountCur"))
    return str(line["accountId"]).strip(), (sign * in_credit).normalize() + 0


def _expected(invoice: Invoice, codes: Codes) -> Counter[tuple[str, Decimal]]:
    wanting = Wanting()
    amounts = [
        net_amount(invoice, line, codes.vat(line.vat_code, "", wanting) if line.vat_code else None)
        for line in invoice.lines
    ]
    return Counter(
        (line.ledger_account, (amount or Decimal(0)).normalize() + 0)
        for line, amount in zip(invoice.lines, amounts, strict=True)
    )


def memorial_differences(entry: JournalEntry, record: Record) -> tuple[str, ...]:
    """Our names of the fields in which Multivers's memorial doesn't agree with the document."""
    found: list[str] = []
    if date_of(record.get("transactionDate")) != entry.entry_date:
        found.append("entry_date")
    held = Counter(_held_entry(line) for line in record.get("finTransEntries") or ())
    wanted = Counter((line.customer or line.ledger_account, line.amount.normalize() + 0) for line in entry.lines)
    if held != wanted:
        found.append("lines")
    return tuple(found)


def _held_entry(line: Record) -> tuple[str, Decimal]:
    payments = line.get("customerEntryPayments")
    if payments:
        return str(line["customerId"]).strip(), -sum(
            (amount_of(each.get("amountPaidCur")) for each in payments), Decimal(0)
        )
    amount = amount_of(line.get("debitAmount")) - amount_of(line.get("creditAmount"))
    # Somebody else's entry may hold lines of kinds that we don't know.
    return str(line.get("accountId") or "").strip(), amount.normalize() + 0
