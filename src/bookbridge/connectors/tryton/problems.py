"""Tryton's messages as our problems. The texts of the problems are in texts.py.

Tryton tells its refusals apart by words alone, in the language asked for: English (client.LANGUAGE). The wordings are
those of the messages of trytond, account, account_invoice, party and bank 8.0, seen or read there. An unknown message
becomes a general refusal that shows Tryton's own words.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from bookbridge.connectors.tryton import texts
from bookbridge.documents import Document, Invoice, JournalEntry, Problem, ProblemKind, PurchaseInvoice

Field = Callable[[Document, str], str | None]


class _Known(NamedTuple):
    pattern: re.Pattern[str]
    kind: ProblemKind
    field: Field


def _fixed(name: str | None) -> Field:
    return lambda _document, _words: name


def _period(document: Document, _words: str) -> str | None:
    return "period" if getattr(document, "period", None) is not None else "entry_date"


def _relation(document: Document, _words: str) -> str | None:
    if isinstance(document, Invoice):
        return document.relation_kind
    return "lines" if isinstance(document, JournalEntry) else "number"


def _line(name: str) -> Field:
    # Tryton names the account or the line's text, not the line; on a document with one line there is no doubt.
    def field(document: Document, _words: str) -> str | None:
        lines = getattr(document, "lines", None)
        if lines is None:
            return name
        return f"lines.0.{name}" if len(lines) == 1 else "lines"

    return field


def _reference(document: Document, _words: str) -> str | None:
    return "your_reference" if isinstance(document, PurchaseInvoice) else "number"


# What Tryton calls a field in the messages that name one, and ours for it.
_NAMED: tuple[tuple[str, Field], ...] = (
    ("Journal", _fixed("journal")),
    ("Party", _relation),
    ("Invoice Address", _relation),
    ("Account", _line("ledger_account")),
    ("Tax", _line("vat_code")),
    ("Taxes", _line("vat_code")),
    ("Payment Term", _fixed("payment_condition")),
    ("Currency", _fixed("currency")),
    ("Period", _period),
    ("Invoice Date", _fixed("entry_date")),
    ("Effective Date", _fixed("entry_date")),
    ("Unit Price", _line("amount")),
    ("Name", _fixed("name")),
    ("Country", _fixed("country")),
)
_FIELD = re.compile(r'field "(?P<name>[^"]+)"')


def _named(document: Document, words: str) -> str | None:
    found = _FIELD.search(words)
    if found is None:
        return None
    return next((field(document, words) for name, field in _NAMED if name == found["name"]), None)


def _known(pattern: str, kind: ProblemKind, field: Field) -> _Known:
    return _Known(re.compile(pattern), kind, field)


# The first that fits counts.
_MESSAGES = (
    _known(r"you must reopen the (period|fiscal year)", texts.PERIOD_CLOSED, _period),
    _known(r"closed (period|journal-period)", texts.PERIOD_CLOSED, _period),
    _known(r"you must create a (period|fiscal year)", texts.PERIOD_MISSING, _period),
    _known(r"you must balance all its lines", texts.NOT_BALANCED, _fixed("lines")),
    _known(r"you must fill in its lines", texts.NOT_BALANCED, _fixed("lines")),
    _known(r"you must define a sequence", texts.NO_SERIES, _period),
    _known(r"you must set an invoice date after", texts.OUT_OF_ORDER, _fixed("entry_date")),
    _known(r"is similar to invoice", texts.SIMILAR, _reference),
    _known(r"have an invoice date in the future", texts.IN_THE_FUTURE, _fixed("entry_date")),
    _known(r"generates a payment date .* in the past", texts.DUE_IN_THE_PAST, _fixed("due_date")),
    _known(r"code on party must be unique", texts.CODE_IN_USE, _fixed("number")),
    _known(r"phone number .* is not valid", texts.DETAIL_INVALID, _fixed("phone")),
    _known(r"email address .* is not valid", texts.DETAIL_INVALID, _fixed("email")),
    _known(r"IBAN ", texts.DETAIL_INVALID, _fixed("bank_account")),
    _known(r"for party .* is not valid", texts.DETAIL_INVALID, _fixed("vat_number")),
    _known(r"has the same ", texts.DETAIL_INVALID, _fixed("vat_number")),
    _known(r"define a (receivable|payable) account", texts.NO_CONTROL_ACCOUNT, _relation),
    _known(r"define a currency exchange", texts.EXCHANGE_ACCOUNT_MISSING, _fixed("currency")),
    _known(r"you must (set a|remove the) party on line", texts.PARTY_WANTED, _line("ledger_account")),
    _known(r"you must set a type or unclose it", texts.ACCOUNT_UNFIT, _line("ledger_account")),
    _known(r"(You cannot (modify|delete|add)|You can not call)", texts.CHANGED_MEANWHILE, _fixed(None)),
    _known(r"field \"Party\" .* does not exist", texts.RELATION_UNKNOWN, _relation),
    _known(
        r"(is not valid according to its domain|does not exist|is required|is not valid)", texts.NOT_ACCEPTED, _named
    ),
)


def problem_of(words: str, document: Document) -> Problem:
    """The problem that a message stands for."""
    known = next((known for known in _MESSAGES if known.pattern.search(words)), None)
    kind = known.kind if known else texts.REFUSED
    field = (known.field if known else _named)(document, words)
    if field is not None and field.partition(".")[0] not in type(document).model_fields:
        field = None
    return kind(field=field, value=_value(document, field), evidence=words[:1000], words=words[:300])


def is_past_due_date(words: str) -> bool:
    """A warning, not a refusal: an invoice that was due before it came is nothing unusual for a file."""
    return "generates a payment date" in words


def is_gone_party(words: str) -> bool:
    """Whether an id that we remember isn't there any more."""
    return 'field "Party"' in words or 'field "Invoice Address"' in words


def is_doubted_vat_number(words: str) -> bool:
    return bool(re.search(r"for party .* is not valid", words)) and not re.search(r"phone number|email address", words)


def _value(document: Document, field: str | None) -> str | None:
    value = getattr(document, field, None) if field and "." not in field else None
    return value if isinstance(value, str) else None
