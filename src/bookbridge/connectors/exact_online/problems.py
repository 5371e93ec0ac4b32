"""Exact Online's messages as our problems. The texts of the problems are in texts.py.

Exact tells its refusals apart by words alone (`error.code` is empty), in the language of the user who connected. The
Dutch and English wordings below were seen in public, or differ from a seen one by the language only; the fact sheet
lists them. An unknown message becomes a general refusal that shows Exact's own words.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from bookbridge.connectors.exact_online import texts
from bookbridge.documents import Document, JournalEntry, Problem, ProblemKind, PurchaseInvoice, SalesInvoice


class _Known(NamedTuple):
    pattern: re.Pattern[str]
    kind: ProblemKind
    field: Callable[[Document, str], str | None]


def _fixed(name: str) -> Callable[[Document, str], str | None]:
    return lambda _document, _words: name


def _line(name: str) -> Callable[[Document, str], str | None]:
    # Exact doesn't say which line it means; on a document with one line there is no doubt.
    def field(document: Document, _words: str) -> str | None:
        lines = getattr(document, "lines", None)
        if lines is None:
            return name
        return f"lines.0.{name}" if len(lines) == 1 else "lines"

    return field


def _relation(document: Document, _words: str) -> str | None:
    if isinstance(document, SalesInvoice):
        return "customer"
    if isinstance(document, PurchaseInvoice):
        return "supplier"
    return "lines" if isinstance(document, JournalEntry) else "number"


def _year_or_period(document: Document, _words: str) -> str | None:
    return "period" if getattr(document, "period", None) is not None else "fiscal_year"


# What Exact calls a property, in a message that names one, and our field for it.
_NAMED: tuple[tuple[str, Callable[[Document, str], str | None]], ...] = (
    (r"grootboek|G/?L ?account|GLAccount", _line("ledger_account")),
    (r"btw|VAT", _line("vat_code")),
    (r"kostenplaats|cost ?cent", _line("cost_centre")),
    (r"kostendrager|cost ?unit", _line("cost_unit")),
    (r"dagboek|journal", _fixed("journal")),
    (r"klant|customer|leverancier|supplier|relatie|accounts?\b", _relation),
    (r"betalingsconditie|payment ?condition", _fixed("payment_condition")),
    (r"valuta|currenc", _fixed("currency")),
    (r"vervaldatum|due ?date", _fixed("due_date")),
    (r"datum|date", _fixed("entry_date")),
    (r"naam|name", _fixed("name")),
    (r"land|country", _fixed("country")),
    (r"bedrag|amount", _line("amount")),
    (r"omschrijving|description", _fixed("description")),
    (r"boekstuknummer|document number|entry number", _fixed("number")),
    (r"code", _fixed("number")),
)


def _named(document: Document, words: str) -> str | None:
    for pattern, field in _NAMED:
        if re.search(pattern, words, re.IGNORECASE):
            return field(document, words)
    return None


def _known(pattern: str, kind: ProblemKind, field: Callable[[Document, str], str | None]) -> _Known:
    return _Known(re.compile(pattern, re.IGNORECASE), kind, field)


# The first that fits counts, so the more particular ones stand first.
_MESSAGES = (
    _known(r"(In gebruik: Boekstuknummer|In use: Document number)", texts.NUMBER_IN_USE, _fixed("number")),
    _known(r"Already exists - Entry number", texts.NUMBER_IN_USE, _fixed("number")),
    _known(r"(Gegeven bestaat reeds|Data already exists)", texts.ALREADY_EXISTS, _fixed("number")),
    _known(r"(Onbekend: Boekjaar|Unknown: Financial year)", texts.YEAR_UNKNOWN, _fixed("fiscal_year")),
    _known(r"(Periode is afgesloten|Period is closed)", texts.PERIOD_CLOSED, _year_or_period),
    _known(r"(is not balanced on|niet in (evenwicht|balans))", texts.NOT_BALANCED, _fixed("lines")),
    _known(r"(Ongeldig: Dagboek|Invalid: Journal)", texts.JOURNAL_UNFIT, _fixed("journal")),
    _known(r"(Ongeldige referentie: Journals|Invalid reference: Journals)", texts.JOURNAL_UNFIT, _fixed("journal")),
    _known(
        r"(Ongeldig: (Klant|Leverancier) \(Type\)|Invalid: (Customer|Supplier) \(Type\))",
        texts.RELATION_UNFIT,
        _relation,
    ),
    _known(
        r"(Ongeldig: Grootboekrekeningtype|Invalid: G/?L account type)", texts.ACCOUNT_UNFIT, _line("ledger_account")
    ),
    _known(r"(Ongeldig: Btw-percentage|Invalid: VAT percentage)", texts.VAT_PERCENTAGE, _line("vat_code")),
    _known(r"(Niet toegestaan: Btw-code|Not allowed: VAT code)", texts.VAT_NOT_ALLOWED, _line("vat_code")),
    _known(
        r"(Ongeldig: Koppeling kostenplaats|Invalid: Cost cent(er|re) link)",
        texts.COST_CENTRE_UNFIT,
        _line("cost_centre"),
    ),
    _known(r"(Ongeldig: Koppeling kostendrager|Invalid: Cost unit link)", texts.COST_UNIT_UNFIT, _line("cost_unit")),
    _known(r"(Geblokkeerd|Blocked): ", texts.BLOCKED, _named),
    _known(r"(Ongeldige referentie|Invalid reference): ", texts.REFERENCE_UNKNOWN, _named),
    _known(r"(Verplicht|Mandatory): ", texts.MISSING, _named),
    _known(r"property name '(?P<name>\w+)' specified for type", texts.NOT_UNDERSTOOD, lambda _d, _w: None),
    _known(r"(mandatory filtering|\$filter parameter is not supported)", texts.NOT_UNDERSTOOD, lambda _d, _w: None),
    _known(r"^Forbidden", texts.FORBIDDEN, lambda _d, _w: None),
    _known(r"^(Ongeldig|Invalid|Onbekend|Unknown|Niet toegestaan|Not allowed): ", texts.NOT_ACCEPTED, _named),
)


def problem_of(words: str, document: Document) -> Problem:
    """The problem that a message stands for."""
    known = _match(words)
    kind = known.kind if known else texts.REFUSED
    field = (known.field if known else _named)(document, words)
    if field is not None and field.partition(".")[0] not in type(document).model_fields:
        field = None
    return kind(field=field, evidence=words[:1000], words=words[:300])


def is_number_in_use(words: str) -> bool:
    return _is(words, texts.NUMBER_IN_USE)


def already_exists(words: str) -> bool:
    return _is(words, texts.ALREADY_EXISTS)


def is_about_a_reference(words: str) -> bool:
    """Whether the refusal may come from an id that the package no longer knows or that lost its role."""
    return _is(words, texts.REFERENCE_UNKNOWN) or _is(words, texts.RELATION_UNFIT)


def _match(words: str) -> _Known | None:
    return next((known for known in _MESSAGES if known.pattern.search(words)), None)


def _is(words: str, kind: ProblemKind) -> bool:
    known = _match(words)
    return known is not None and known.kind is kind
