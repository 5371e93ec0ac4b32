"""Minox' messages as our problems. The texts of the problems are in texts.py.

Minox publishes no wordings and none were seen. So a refusal is told apart by the words that any Dutch or English
wording of it must have, and shows Minox' own words as evidence; what they don't tell becomes a general refusal. For the
same reason whatever can be known beforehand is refused by the mapping, before a call.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from bookbridge.connectors.minox import texts
from bookbridge.documents import Document, JournalEntry, Problem, ProblemKind, PurchaseInvoice, SalesInvoice

Field = Callable[[Document], str | None]


class _Known(NamedTuple):
    pattern: re.Pattern[str]
    kind: ProblemKind
    field: Field


def _fixed(name: str | None) -> Field:
    return lambda _document: name


def _line(name: str) -> Field:
    # On a document with one line there is no doubt which one is meant.
    def field(document: Document) -> str | None:
        lines = getattr(document, "lines", None)
        if lines is None:
            return name
        return f"lines.0.{name}" if len(lines) == 1 else "lines"

    return field


def _relation(document: Document) -> str | None:
    if isinstance(document, SalesInvoice):
        return "customer"
    if isinstance(document, PurchaseInvoice):
        return "supplier"
    return "lines" if isinstance(document, JournalEntry) else "number"


def _period(document: Document) -> str | None:
    return "period" if getattr(document, "period", None) is not None else "entry_date"


def _invoice_number(document: Document) -> str | None:
    return "invoice_number" if getattr(document, "invoice_number", None) is not None else "number"


def _known(pattern: str, kind: ProblemKind, field: Field) -> _Known:
    return _Known(re.compile(pattern, re.IGNORECASE), kind, field)


# The first that fits counts, so the more particular ones stand first.
_MESSAGES = (
    _known(r"evenwicht|in balans|balanced?\b", texts.NOT_BALANCED, _fixed("lines")),
    _known(
        r"(boekstuk|entry.?number).*(niet worden opgegeven|not (be )?allowed)", texts.NUMBER_NOT_FREE, _fixed("number")
    ),
    _known(r"(boekstuk|entry.?number).*(komt al voor|bestaat al|already)", texts.NUMBER_IN_USE, _fixed("number")),
    _known(r"(factuurnummer|invoice.?number).*(komt al voor|bestaat al|already)", texts.NUMBER_IN_USE, _invoice_number),
    _known(r"factuurnummer|invoice.?number", texts.INVOICE_NUMBER_UNFIT, _invoice_number),
    _known(
        r"onbekend(e)? (veld|parameter)|unknown (field|parameter)|geen json|uuid", texts.NOT_UNDERSTOOD, _fixed(None)
    ),
    _known(r"period|boekjaar|fiscal.?year", texts.PERIOD_UNFIT, _period),
    _known(r"kostenplaats|cost.?cent", texts.COST_CENTRE_UNFIT, _line("cost_centre")),
    _known(r"betalingsconditie|payment.?term", texts.PAYMENT_CONDITION_UNKNOWN, _fixed("payment_condition")),
    _known(r"btw-rekening|verzamelrekening", texts.ACCOUNT_UNFIT, _line("ledger_account")),
    _known(r"btw|\bvat\b", texts.VAT_UNFIT, _line("vat_code")),
    _known(r"grootboek|ledger.?account", texts.ACCOUNT_UNFIT, _line("ledger_account")),
    _known(r"debiteur|crediteur|customer|supplier", texts.RELATION_UNFIT, _relation),
    _known(r"dagboek|journal", texts.JOURNAL_UNFIT, _fixed("journal")),
    _known(r"\bnaam\b|\bname\b", texts.NAME_MISSING, _fixed("name")),
    _known(r"^(forbidden|geen rechten)", texts.FORBIDDEN, _fixed(None)),
)


def problem_of(words: str, document: Document) -> Problem:
    """The problem that a message stands for."""
    known = next((known for known in _MESSAGES if known.pattern.search(words)), None)
    kind = known.kind if known else texts.REFUSED
    field = known.field(document) if known else None
    if field is not None and field.partition(".")[0] not in type(document).model_fields:
        field = None
    return kind(field=field, evidence=words[:1000], words=words[:300])
