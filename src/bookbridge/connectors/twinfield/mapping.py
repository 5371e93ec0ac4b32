"""Translates our documents into Twinfield's XML. Pure: no network, no clock.

Element names: the vendor's pages on sales, purchase and journal transactions, customers and suppliers, and the requests
recorded in php-twinfield. Values carry no sign: debit and credit do.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from bookbridge.connectors.twinfield import soap, texts
from bookbridge.connectors.twinfield.soap import Element
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
from bookbridge.kit.contract import RelationKind
from bookbridge.kit.errors import CannotMapError
from bookbridge.kit.package_settings import LedgerAccount, PackageSettings, RelationRules, VatCode

Traded = SalesInvoice | PurchaseInvoice
Entry = Traded | JournalEntry

DIMENSION_TYPES: Final[Mapping[RelationKind, str]] = {"customer": "DEB", "supplier": "CRD"}
JOURNAL_KINDS: Final = {"sales_invoice": "sales", "purchase_invoice": "purchase", "journal_entry": "general"}
MOST_LINES = 1000
"""More lines in a transaction are answered with status 400 (fair use policy)."""
BALANCED_BY_TWINFIELD: Final = Decimal("0.02")
"""What autobalancevat corrects at most (php-twinfield, AutoBalanceVatField)."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The options of a configuration: what public facts leave open, or what an office may want otherwise."""

    destiny: str = "final"
    """`final` or `temporary` (provisional, the bookkeeper may still edit it)."""
    reference_field: str = "freetext1"
    """Which free text holds our reference; freetext3 is taken by Basecone, where that is used."""
    cost_centre_in: str = "dim2"
    """Documented is dim2, with the project in dim3; one public client has it the other way round."""
    look_first: str = "memorials"
    """What is looked for before its first posting. `memorials`: for offices that are set to refuse a repeated invoice
    number, or to warn of it. `all`: for one where that check is off."""
    customer_codes: str = ""
    supplier_codes: str = ""
    """The format that Twinfield wants of codes (Settings, dimension types), as it is written there; goes before the one
    that the office tells."""

    def codes_of(self, kind: RelationKind) -> str:
        return self.customer_codes if kind == "customer" else self.supplier_codes

    @property
    def cost_unit_in(self) -> str:
        return "dim3" if self.cost_centre_in == "dim2" else "dim2"


OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "destiny": ("final", "temporary"),
    "reference_field": ("freetext1", "freetext2", "freetext3"),
    "cost_centre_in": ("dim2", "dim3"),
    "look_first": ("memorials", "all"),
}
MASKS: Final = ("customer_codes", "supplier_codes")


def choices(options: Mapping[str, str]) -> Choices:
    """The options that are ours. Raises CannotMapError for a value that there isn't."""
    given = {name: str(options[name]).strip() for name in (*OPTIONS, *MASKS) if options.get(name)}
    for name, allowed in OPTIONS.items():
        if given.get(name, allowed[0]) not in allowed:
            raise CannotMapError((texts.OPTION_UNKNOWN(value=given[name], option=name, allowed=", ".join(allowed)),))
    return Choices(**given)


class Codes:
    """The package's settings by code."""

    def __init__(self, settings: PackageSettings) -> None:
        self.accounts = {account.code: account for account in settings.ledger_accounts}
        self.knows_accounts = bool(self.accounts) and "ledger_accounts" not in settings.unknown
        self._vat_codes = {vat_code.code: vat_code for vat_code in settings.vat_codes}
        self._vat_is_known = "vat_codes" not in settings.unknown
        self._periods = settings.periods
        self.journals = settings.journals
        self._relation_rules = {rules.kind: rules for rules in settings.relation_rules}
        self._lists = {
            "cost_centre": (
                frozenset(found.code for found in settings.cost_centres),
                "cost_centres" in settings.unknown,
            ),
            "cost_unit": (frozenset(found.code for found in settings.cost_units), "cost_units" in settings.unknown),
        }

    def account(self, code: str, field: str) -> LedgerAccount | None:
        """Raises CannotMapError for one that is not there; None when the chart could not be read."""
        found = self.accounts.get(code)
        if found is None and self.knows_accounts:
            raise CannotMapError((texts.CODE_UNKNOWN(field=field, value=code),))
        return found

    def vat_code(self, code: str, field: str) -> VatCode:
        """Raises CannotMapError for one that is not there."""
        if code not in self._vat_codes and self._vat_is_known:
            raise CannotMapError((texts.CODE_UNKNOWN(field=field, value=code),))
        return self.known_vat_code(code)

    def known_vat_code(self, code: str) -> VatCode:
        """What is known of a code; no more than its name where it is not there."""
        return self._vat_codes.get(code) or VatCode(code=code)

    def check_listed(self, name: str, code: str | None, field: str) -> None:
        known, unread = self._lists[name]
        if code is not None and not unread and code not in known:
            raise CannotMapError((texts.CODE_UNKNOWN(field=field, value=code),))

    def relation_rules(self, kind: RelationKind) -> RelationRules:
        return self._relation_rules.get(kind) or RelationRules(kind=kind)

    def period_days(self, year: int, number: int) -> tuple[date, date] | None:
        """First and last day of a period; None where it is not known."""
        return next(((p.start, p.end) for p in self._periods if (p.year, p.number) == (year, number)), None)

    def period_of(self, entry: Entry) -> str | None:
        """The period that an entry is booked in: the one it names, or else the one its date lies in."""
        if entry.period is not None:
            return period_text(entry.fiscal_year, entry.period)
        day = entry.entry_date
        return next((period_text(p.year, p.number) for p in self._periods if p.start <= day <= p.end), None)


def invoice_number(invoice: Invoice, reference: str, *, corrects: bool = False) -> str:
    """What the relation knows the invoice by. A difference has our reference behind it: Twinfield would take it for the
    same invoice once more."""
    if isinstance(invoice, PurchaseInvoice):
        own = invoice.your_reference or invoice.invoice_number or invoice.number
    else:
        own = invoice.invoice_number or invoice.number
    if own is None:
        return reference
    return f"{own} {reference}" if corrects else own


def reference_text(entry: Entry, reference: str) -> str:
    """What stands in the free text: our reference, by which the entry is found, and the number that the source knows it
    by, which comes back with open items."""
    number = entry.number or (entry.invoice_number if isinstance(entry, SalesInvoice) else None)
    return f"{reference} {number}" if number else reference


def number_behind(text: str, reference: str = "") -> str | None:
    """The source's number in a free text that we wrote; None in any other."""
    found = re.fullmatch(r"(BB[0-9A-F]{8})(?: (.+))?", text.strip())
    return found[2] if found and (not reference or found[1] == reference) else None


# --- entries


def transaction(
    entry: Entry, reference: str, *, office: str, codes: Codes, chosen: Choices, corrects: bool = False
) -> Element:
    """A transaction as it goes into `transactions`. Raises CannotMapError with every problem that it has."""
    # With raisewarning a warning stops the booking: a repeated invoice number is often no more than one.
    attributes = {"destiny": chosen.destiny, "raisewarning": "true"}
    if isinstance(entry, Invoice):
        attributes["autobalancevat"] = "true"
    root = soap.element("transaction", **attributes)
    _write(soap.child(root, "header"), _header(entry, reference, office, chosen, corrects=corrects))
    problems = [*_journal_problems(entry, codes), *_period_problems(entry, codes)]
    lines = list(_gathered(_lines_of(entry, codes, chosen), problems))
    if len(lines) > MOST_LINES:
        problems.append(texts.TOO_MANY_LINES(field="lines", value=str(len(lines)), most=str(MOST_LINES)))
    if not problems:
        problems += _balance_problems(entry, codes)
    if problems:
        raise CannotMapError(tuple(problems))
    parent = soap.child(root, "lines")
    for number, (kind, said) in enumerate(lines, 1):
        _write(soap.child(parent, "line", type=kind, id=str(number)), said)
    return root


Said = Mapping[str, str | None]
_Line = tuple[str, Said]
"""A line's type and what it says."""


def _write(parent: Element, said: Said) -> None:
    for name, value in said.items():
        if value is not None:
            soap.child(parent, name, value)


def _gathered(lines: Iterable[Callable[[], _Line]], problems: list[Problem]) -> Iterator[_Line]:
    for make in lines:
        try:
            yield make()
        except CannotMapError as error:
            problems += error.problems


def _lines_of(entry: Entry, codes: Codes, chosen: Choices) -> Iterator[Callable[[], _Line]]:
    if isinstance(entry, JournalEntry):
        for position, line in enumerate(entry.lines):
            yield partial(_journal_line, line, entry, codes, chosen, f"lines.{position}")
        return
    yield partial(_total_line, entry)
    for position, invoiced in enumerate(entry.lines):
        yield partial(_detail_line, invoiced, entry, codes, chosen, f"lines.{position}")


def _header(entry: Entry, reference: str, office: str, chosen: Choices, *, corrects: bool) -> Said:
    invoice = entry if isinstance(entry, Invoice) else None
    return {
        "office": office,
        "code": entry.journal,
        "currency": entry.currency,
        "date": day_text(entry.entry_date),
        # Without it Twinfield looks the date up in its table of periods.
        "period": None if entry.period is None else period_text(entry.fiscal_year, entry.period),
        "invoicenumber": invoice_number(invoice, reference, corrects=corrects) if invoice else None,
        "duedate": _due_date(invoice) if invoice else None,
        chosen.reference_field: reference_text(entry, reference),
    }


def _due_date(invoice: Invoice) -> str | None:
    if invoice.due_date is not None:
        return day_text(invoice.due_date)
    if invoice.payment_condition is None:
        return None
    return day_text(invoice.entry_date + timedelta(days=days_of(invoice.payment_condition)))


def _total_line(invoice: Traded) -> _Line:
    # Its control account is the relation's own.
    total = rounded(invoice.total, invoice.currency)
    return "total", {
        "dim2": invoice.relation_number,
        "value": str(abs(total)),
        "debitcredit": _side(total if isinstance(invoice, SalesInvoice) else -total),
        "description": _header_text(invoice),
    }


def _header_text(invoice: Invoice) -> str | None:
    # Its own reference of the customer has no field of its own.
    if isinstance(invoice, SalesInvoice) and invoice.your_reference not in {None, invoice.invoice_number}:
        return " / ".join(part for part in (invoice.description, invoice.your_reference) if part)
    return invoice.description


def _detail_line(line: InvoiceLine, invoice: Invoice, codes: Codes, chosen: Choices, path: str) -> _Line:
    codes.account(line.ledger_account, f"{path}.ledger_account")
    vat_code = codes.vat_code(line.vat_code, f"{path}.vat_code") if line.vat_code else None
    for name in ("cost_centre", "cost_unit"):
        codes.check_listed(name, getattr(line, name), f"{path}.{name}")
    net = net_of(line, invoice, vat_code, path)
    vat = given_vat(line, invoice, vat_code)
    # A line of VAT alone is debited or credited as its VAT is.
    sign = -1 if (net or vat or 0) < 0 else 1
    if vat is not None and vat * sign < 0:
        raise CannotMapError((texts.VAT_AGAINST_AMOUNT(field=f"{path}.vat_amount", value=str(line.vat_amount)),))
    return "detail", {
        "dim1": line.ledger_account,
        chosen.cost_centre_in: line.cost_centre,
        chosen.cost_unit_in: line.cost_unit,
        "value": str(abs(net)),
        "debitcredit": _side(-sign if isinstance(invoice, SalesInvoice) else sign),
        "description": line.description,
        "vatcode": line.vat_code,
        "vatvalue": None if vat is None else str(abs(vat)),
    }


def net_of(line: InvoiceLine, invoice: Invoice, vat_code: VatCode | None, path: str) -> Decimal:
    """The line's amount without VAT, as Twinfield counts. An amount with VAT is converted only where the file gives the
    VAT amount, so that no cent is ever computed twice. Raises CannotMapError."""
    amount = rounded(line.amount, invoice.currency)
    if invoice.vat != "inclusive" or not adds_vat(vat_code):
        return amount
    if line.vat_amount is None:
        raise CannotMapError((texts.VAT_AMOUNT_NEEDED(field=f"{path}.amount", value=str(line.amount)),))
    return amount - rounded(line.vat_amount, invoice.currency)


def adds_vat(vat_code: VatCode | None) -> bool:
    """Whether what is paid is more than the amount without VAT: under reverse charge both are the same."""
    return vat_code is not None and vat_code.percentage != 0 and not vat_code.reverse_charge


def given_vat(line: InvoiceLine, invoice: Invoice, vat_code: VatCode | None) -> Decimal | None:
    """The VAT amount that overrules Twinfield's own. Under reverse charge Twinfield makes both lines itself."""
    if vat_code is None or vat_code.reverse_charge or line.vat_amount is None:
        return None
    return rounded(line.vat_amount, invoice.currency)


def _balance_problems(entry: Entry, codes: Codes) -> Iterator[Problem]:
    """An entry out of balance is refused as a whole: told here, at the field that a person can repair."""
    if isinstance(entry, JournalEntry):
        difference = sum((rounded(line.amount, entry.currency) for line in entry.lines), Decimal(0))
        if difference or len(entry.lines) < 2:
            words = f"{difference} {entry.currency}"
            yield texts.NOT_BALANCED(field="lines", value=words, words=words)
        return
    expected, room = Decimal(0), Decimal(0)
    for position, line in enumerate(entry.lines):
        vat_code = codes.vat_code(line.vat_code, "vat_code") if line.vat_code else None
        net, vat = net_of(line, entry, vat_code, f"lines.{position}"), given_vat(line, entry, vat_code)
        expected += net + (vat or 0)
        if vat is None and vat_code is not None and not vat_code.reverse_charge:
            if vat_code.percentage is None:
                return
            expected += rounded(net * vat_code.percentage / 100, entry.currency)
            room = max(BALANCED_BY_TWINFIELD, entry.vat_room)
    total = rounded(entry.total, entry.currency)
    if abs(expected - total) > room:
        yield texts.TOTAL_UNFIT(field="total", value=str(total), expected=str(expected))


def _journal_line(line: JournalLine, entry: JournalEntry, codes: Codes, chosen: Choices, path: str) -> _Line:
    account = codes.account(line.ledger_account, f"{path}.ledger_account")
    if line.vat_code:
        raise CannotMapError((texts.NO_VAT_IN_MEMORIALS(field=f"{path}.vat_code", value=line.vat_code),))
    for name in ("cost_centre", "cost_unit"):
        codes.check_listed(name, getattr(line, name), f"{path}.{name}")
    amount = rounded(line.amount, entry.currency)
    relation = relation_of(line, account)
    said = {chosen.cost_centre_in: line.cost_centre, chosen.cost_unit_in: line.cost_unit}
    if relation is not None:
        # On a control account the second dimension is the relation.
        said = {**said, "dim2": relation[1]}
    return "detail", {
        "dim1": line.ledger_account,
        "dim2": said.get("dim2"),
        "dim3": said.get("dim3"),
        "value": str(abs(amount)),
        "debitcredit": _side(amount),
        "invoicenumber": line.invoice_number if relation else None,
        "description": line.description or entry.description,
    }


def relation_of(line: JournalLine, account: LedgerAccount | None) -> tuple[RelationKind, str] | None:
    """The relation that Twinfield keeps on a memorial line: only one whose control account the line is on."""
    kind = account.kind if account else "ordinary"
    if kind == "customer_control" and line.customer:
        return "customer", line.customer
    return ("supplier", line.supplier) if kind == "supplier_control" and line.supplier else None


def _journal_problems(entry: Entry, codes: Codes) -> Iterator[Problem]:
    """A daybook of another category: what Twinfield says then is not public."""
    known = {journal.code: journal.kind for journal in codes.journals}
    if known and known.get(entry.journal) != JOURNAL_KINDS[entry.kind]:
        yield texts.JOURNAL_UNFIT(field="journal", value=entry.journal)


def _period_problems(entry: Entry, codes: Codes) -> Iterator[Problem]:
    """With raisewarning Twinfield refuses a date outside the period that is named."""
    if entry.period is None:
        return
    days = codes.period_days(entry.fiscal_year, entry.period)
    if days and not days[0] <= entry.entry_date <= days[1]:
        named = period_text(entry.fiscal_year, entry.period)
        yield texts.DATE_OUTSIDE_PERIOD(field="period", value=named, date=entry.entry_date.isoformat())


def fields_not_kept(entry: Entry, codes: Codes) -> tuple[str, ...]:
    """Our names of what the document gives and Twinfield has no place for, or takes its own of."""
    given = {
        "exchange_rate": entry.exchange_rate not in {None, Decimal(1)},
        "reversal": entry.reversal,
        "payment_method": getattr(entry, "payment_method", None) is not None,
        "blocked_account_amount": bool(getattr(entry, "blocked_account_amount", None)),
        "lines.quantity": any(line.quantity for line in entry.lines),
    }
    if isinstance(entry, JournalEntry):
        for name in ("customer", "supplier"):
            given[f"lines.{name}"] = any(
                getattr(line, name) and relation_of(line, codes.accounts.get(line.ledger_account)) is None
                for line in entry.lines
            )
        given["lines.line_date"] = any(line.line_date not in {None, entry.entry_date} for line in entry.lines)
    return tuple(name for name, is_given in given.items() if is_given)


# --- words


def relation_id(kind: RelationKind, number: str) -> str:
    """The external id of a relation: dimension type and code."""
    return f"{DIMENSION_TYPES[kind]}/{number}"


def days_of(payment_condition: str, field: str = "payment_condition") -> int:
    """Twinfield has no payment conditions, only days. Raises CannotMapError."""
    if not re.fullmatch(r"[0-9]{1,3}", payment_condition):
        raise CannotMapError((texts.DAYS_NEEDED(field=field, value=payment_condition),))
    return int(payment_condition)


def day_text(day: date) -> str:
    return day.strftime("%Y%m%d")


def period_text(year: int, number: int) -> str:
    return f"{year:04}/{number:02}"


def _side(amount: Decimal | int) -> str:
    return "credit" if amount < 0 else "debit"


_MASK_WE_READ: Final = re.compile(r"([A-Za-z0-9*?_.-]|\[[A-Za-z0-9-]+\])+")


def fits_mask(code: str, mask: str) -> bool:
    """Whether a code has the format of a dimension type: classes in brackets, `*` for any signs, `?` for one. A format
    with other signs in it is Twinfield's to judge, and case counts for nothing."""
    if not _MASK_WE_READ.fullmatch(mask):
        return True
    words = {"*": ".*", "?": "."}
    parts = re.findall(r"\[[^\]]+\]|.", mask)
    pattern = "".join(part if len(part) > 1 else words.get(part, re.escape(part)) for part in parts)
    try:
        return re.fullmatch(pattern, code, re.IGNORECASE) is not None
    except re.error:
        return True
