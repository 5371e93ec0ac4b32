"""Translates our documents into Tryton's records. Pure: no network, no clock.

Field names: the models party.party, account.invoice and account.move of Tryton 8.0. References go by id on Tryton's
side and by code on ours; where a model has no code, its name is the code.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from bookbridge.connectors.tryton import texts
from bookbridge.documents import (
    Invoice,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    Problem,
    PurchaseInvoice,
    SalesInvoice,
    rounded,
)
from bookbridge.kit.contract import PostingRequest
from bookbridge.kit.errors import CannotMapError
from bookbridge.kit.package_settings import JournalKind, PackageSettings, Period, VatCode

Record = dict[str, Any]

MARK: Final = "Bookbridge"
SALES, PURCHASES = "sales", "purchases"
"""What lines an account is for: Tryton takes revenue accounts on sales, expense and debt accounts on purchases."""
NOTHING: Final = Decimal(0)


def mark_of(request: PostingRequest) -> str:
    """What names a posting for ever: the same at every attempt, another one for every other posting, and needing no
    memory of ours, so that also a restored backup finds its documents again. Stands in an invoice's comment."""
    return f"{MARK} {sha256(request.idempotency_key.encode()).hexdigest()[:32]}"


def marked(request: PostingRequest, number: str | None) -> str:
    """The comment of an invoice: the mark, and the number that the entry has in the source."""
    return f"{mark_of(request)} {number}" if number else mark_of(request)


def numbered_by_us(invoice: Invoice) -> str | None:
    """The number that a sale has for its customer, which becomes Tryton's; None leaves it to Tryton's series.

    Tryton numbers sales in the order of their dates and refuses a date before the last one's, which no source keeps to;
    a number that is given goes past the series. A purchase has one of Tryton's: its supplier's is the reference.
    """
    return (invoice.invoice_number or invoice.number) if isinstance(invoice, SalesInvoice) else None


def reference_of(invoice: Invoice, reference: str) -> str | None:
    """The other party's reference. On a purchase Tryton warns of one that the supplier has used in the last 60 days; an
    entry without a number of its own (a difference) has ours behind it."""
    if isinstance(invoice, SalesInvoice):
        return invoice.your_reference
    theirs = invoice.your_reference or invoice.invoice_number
    if invoice.number:
        return theirs or invoice.number
    return f"{theirs} {reference}" if theirs else reference


def signed(entry: JournalEntry, reference: str) -> str:
    """How the description of a memorial ends: it has no other field that can be searched."""
    return f"[{entry.number} {reference}]" if entry.number else f"[{reference}]"


class Codes:
    """The package's settings by code."""

    def __init__(self, settings: PackageSettings) -> None:
        self._accounts = {account.code: account for account in settings.ledger_accounts}
        self._vat_codes = {vat_code.code: vat_code for vat_code in settings.vat_codes}
        self._journals = {journal.code: journal for journal in settings.journals}
        self._conditions = {condition.code: condition.external_id for condition in settings.payment_conditions}
        self._periods = settings.periods

    def account(self, code: str, field: str, usage: str = "") -> int:
        """The id of an account that may stand on a line of this usage. Raises CannotMapError."""
        found = self._accounts.get(code)
        if found is None:
            raise CannotMapError((texts.CODE_UNKNOWN(field=field, value=code),))
        id, *usages = found.external_id.split()
        # A purchase that books on a control or VAT account would be refused by Tryton in the middle.
        if found.blocked or found.kind in ("customer_control", "supplier_control", "vat"):
            raise CannotMapError((texts.ACCOUNT_UNFIT(field=field, value=code),))
        if usage and usage not in usages:
            raise CannotMapError((_UNFIT[usage](field=field, value=code),))
        return int(id)

    def vat_code(self, code: str, field: str) -> VatCode:
        """Raises CannotMapError."""
        found = self._vat_codes.get(code)
        if found is None:
            raise CannotMapError((texts.CODE_UNKNOWN(field=field, value=code),))
        return found

    def journal(self, code: str, kind: JournalKind) -> int:
        """Raises CannotMapError."""
        found = self._journals.get(code)
        if found is None:
            raise CannotMapError((texts.CODE_UNKNOWN(field="journal", value=code),))
        if found.kind != kind:
            raise CannotMapError((texts.JOURNAL_UNFIT(field="journal", value=code),))
        return int(found.external_id)

    def payment_condition(self, code: str) -> int:
        """Raises CannotMapError."""
        found = self._conditions.get(code)
        if found is None:
            raise CannotMapError((texts.CODE_UNKNOWN(field="payment_condition", value=code),))
        return int(found)

    def period(self, year: int, number: int) -> Period | None:
        return next((p for p in self._periods if (p.year, p.number) == (year, number)), None)

    def numbers_invoices(self, day: date) -> bool:
        """Whether Tryton may have a number for an invoice of this day; unknown counts as yes."""
        fitting = [p.numbers_invoices for p in self._periods if p.start <= day <= p.end]
        return not fitting or any(known is not False for known in fitting)


_UNFIT: Final[dict[str, Callable[..., Problem]]] = {
    SALES: texts.ACCOUNT_NOT_REVENUE,
    PURCHASES: texts.ACCOUNT_NOT_EXPENSE,
}


def accounting_date(entry: Invoice | JournalEntry, codes: Codes) -> date:
    """The day that decides the period in Tryton: the entry's own, or the nearest one in the period that it names."""
    period = codes.period(entry.fiscal_year, entry.period) if entry.period is not None else None
    if period is None:
        return entry.entry_date
    return min(max(entry.entry_date, period.start), period.end)


# --- invoices


@dataclass(frozen=True, slots=True)
class Party:
    """What an invoice needs to know of its party."""

    id: int
    address: int
    account: int
    """The receivable or the payable account."""


def invoice_values(
    invoice: SalesInvoice | PurchaseInvoice,
    request: PostingRequest,
    party: Party,
    *,
    company: int,
    currency: int,
    codes: Codes,
) -> Record:
    """A draft invoice, whole. Raises CannotMapError with every problem of its lines."""
    is_sale = isinstance(invoice, SalesInvoice)
    booked = accounting_date(invoice, codes)
    _check_series(invoice, booked, codes)
    values: Record = {
        "type": "out" if is_sale else "in",
        "company": company,
        "currency": currency,
        "party": party.id,
        "invoice_address": party.address,
        "account": party.account,
        "journal": codes.journal(invoice.journal, "sales" if is_sale else "purchase"),
        "number": numbered_by_us(invoice),
        "reference": reference_of(invoice, request.reference),
        "description": invoice.description,
        "comment": marked(request, invoice.number),
        "invoice_date": invoice.entry_date,
        "accounting_date": booked if booked != invoice.entry_date else None,
        **_due(invoice, codes),
        **_lines(invoice, company, currency, codes),
    }
    return {name: value for name, value in values.items() if value is not None}


def _check_series(invoice: Invoice, booked: date, codes: Codes) -> None:
    """Only what has no number of ours draws one from a series."""
    if numbered_by_us(invoice) is None and not codes.numbers_invoices(booked):
        field, value = ("entry_date", booked.isoformat())
        if invoice.period is not None:
            field, value = "period", f"{invoice.fiscal_year} / {invoice.period}"
        raise CannotMapError((texts.NO_SERIES(field=field, value=value),))


def _due(invoice: Invoice, codes: Codes) -> Record:
    """A due date that is given counts to the day: as the date from which no term is counted. Else the term decides."""
    if invoice.due_date is not None:
        return {"payment_term_date": invoice.due_date}
    if invoice.payment_condition is not None:
        return {"payment_term": codes.payment_condition(invoice.payment_condition)}
    return {}


def _lines(invoice: Invoice, company: int, currency: int, codes: Codes) -> Record:
    made: list[Record] = []
    problems: list[Problem] = []
    given: dict[str, list[tuple[Decimal, Decimal]]] = {}
    by_file = _vat_given(invoice, codes)
    for position, line in enumerate(invoice.lines):
        try:
            amount = net_amount(line, invoice.vat, codes, f"lines.{position}.amount")
            values = _line(invoice, line, amount, f"lines.{position}", codes)
        except CannotMapError as error:
            problems += error.problems
            continue
        if line.vat_code in by_file:
            assert line.vat_amount is not None
            given.setdefault(line.vat_code, []).append((amount, line.vat_amount))
        elif line.vat_code:
            tax = tax_ids(codes.vat_code(line.vat_code, "vat_code"))[0]
            values["taxes"] = [["add", [tax]]]
        made.append({**values, "company": company, "currency": currency})
    if problems:
        raise CannotMapError(tuple(problems))
    taxes = list(_taxes(given, codes))
    return {"lines": [["create", made]], "taxes": [["create", taxes]] if taxes else None}


def _vat_given(invoice: Invoice, codes: Codes) -> set[str]:
    """The VAT codes of which the file gives every amount, so that a cent of rounding stays the file's. Not those of
    reverse charge, whose two lines Tryton computes."""
    known: dict[str, bool] = {}
    for line in invoice.lines:
        if line.vat_code:
            known[line.vat_code] = known.get(line.vat_code, True) and line.vat_amount is not None
    return {code for code, whole in known.items() if whole and not _is_reverse_charge(code, codes)}


def _is_reverse_charge(code: str, codes: Codes) -> bool:
    try:
        return codes.vat_code(code, "vat_code").reverse_charge
    except CannotMapError:
        return False


def _line(invoice: Invoice, line: InvoiceLine, amount: Decimal, path: str, codes: Codes) -> Record:
    if line.vat_code:
        codes.vat_code(line.vat_code, f"{path}.vat_code")
    usage = SALES if isinstance(invoice, SalesInvoice) else PURCHASES
    values: Record = {
        "type": "line",
        "account": codes.account(line.ledger_account, f"{path}.ledger_account", usage),
        # A credit note is known by its negative quantity. One piece, since an amount need not divide by the quantity.
        "quantity": -1 if amount < 0 else 1,
        "unit_price": abs(amount),
        "description": line.description,
    }
    return {name: value for name, value in values.items() if value is not None}


def net_amount(line: InvoiceLine, vat: str, codes: Codes, field: str) -> Decimal:
    """The line's amount without VAT, as every tax of Tryton counts: converted by the file's own VAT amount, never
    computed. Under reverse charge the supplier charges none, so it is the amount already, whatever VAT the file tells.
    Raises CannotMapError."""
    if vat != "inclusive" or not line.vat_code or _is_reverse_charge(line.vat_code, codes):
        return line.amount
    if line.vat_amount is None:
        raise CannotMapError((texts.VAT_KIND_UNFIT(field=field, value=line.vat_code),))
    return line.amount - line.vat_amount


def _taxes(given: dict[str, list[tuple[Decimal, Decimal]]], codes: Codes) -> Iterator[Record]:
    """Tax lines with the file's amounts, one for each VAT code and sign of the base, as Tryton makes its own."""
    for code, amounts in given.items():
        vat_code = codes.vat_code(code, "vat_code")
        tax, invoiced, credited = tax_ids(vat_code)
        for part in (
            [(base, vat) for base, vat in amounts if base >= 0],
            [(base, vat) for base, vat in amounts if base < 0],
        ):
            if not part:
                continue
            base, amount = sum((base for base, _ in part), NOTHING), sum((vat for _, vat in part), NOTHING)
            yield {
                "manual": True,
                "tax": tax,
                "account": credited if base < 0 else invoiced,
                "base": base,
                "amount": amount,
                "description": code,
            }


def tax_ids(vat_code: VatCode) -> tuple[int, int, int]:
    """A tax's id, and those of the accounts for invoices and for credit notes (0 where it has none)."""
    tax, invoiced, credited = vat_code.external_id.split()
    return int(tax), int(invoiced), int(credited)


# --- memorials


@dataclass(frozen=True, slots=True)
class CompanyCurrency:
    id: int
    code: str


def move_values(
    entry: JournalEntry,
    request: PostingRequest,
    *,
    company: int,
    period: int,
    home: CompanyCurrency,
    currency: int,
    codes: Codes,
) -> Record:
    """A draft move, whole. Raises CannotMapError."""
    amounts = home_amounts(entry, home.code)
    foreign = currency if entry.currency != home.code else None
    made: list[Record] = []
    problems: list[Problem] = []
    for position, (line, amount) in enumerate(zip(entry.lines, amounts, strict=True)):
        try:
            made.append(_move_line(line, amount, foreign, f"lines.{position}", codes))
        except CannotMapError as error:
            problems += error.problems
    if problems:
        raise CannotMapError(tuple(problems))
    said = signed(entry, request.reference)
    return {
        "company": company,
        "journal": codes.journal(entry.journal, "general"),
        "period": period,
        "date": accounting_date(entry, codes),
        "description": f"{entry.description} {said}" if entry.description else said,
        "lines": [["create", made]],
    }


def _move_line(line: JournalLine, amount: Decimal, foreign: int | None, path: str, codes: Codes) -> Record:
    if line.vat_code:
        raise CannotMapError((texts.MEMORIAL_VAT(field=f"{path}.vat_code", value=line.vat_code),))
    values: Record = {
        "account": codes.account(line.ledger_account, f"{path}.ledger_account"),
        "debit": max(amount, NOTHING),
        "credit": max(-amount, NOTHING),
        "description": line.description,
    }
    if foreign is not None:
        values |= {"second_currency": foreign, "amount_second_currency": line.amount}
    return {name: value for name, value in values.items() if value is not None}


def home_amounts(entry: JournalEntry, home: str) -> Sequence[Decimal]:
    """The lines' amounts in the company's currency, which a move is balanced in. Raises CannotMapError."""
    amounts = [line.amount for line in entry.lines]
    if entry.currency != home:
        if entry.exchange_rate is None:
            raise CannotMapError((texts.RATE_MISSING(field="currency", value=entry.currency),))
        amounts = [rounded(amount * entry.exchange_rate, home) for amount in amounts]
        if sum(amounts, NOTHING) and not sum((line.amount for line in entry.lines), NOTHING):
            raise CannotMapError((texts.RATE_LEAVES_CENTS(field="exchange_rate", value=str(entry.exchange_rate)),))
    if sum(amounts, NOTHING):
        raise CannotMapError((texts.NOT_BALANCED(field="lines", value=str(sum(amounts, NOTHING))),))
    return amounts
