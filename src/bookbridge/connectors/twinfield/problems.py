"""Twinfield's messages as our problems. The texts of the problems are in texts.py.

Twinfield tells its refusals by words alone, in the language of the user who connected, as attributes `msg` on whatever
element it doesn't like; several are joined by `//`. The element says which field it is, the words what is wrong. The
wordings below were seen in public; the fact sheet lists them. An unknown message becomes a general refusal that shows
Twinfield's own words.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from bookbridge.connectors.twinfield import texts
from bookbridge.connectors.twinfield.soap import Element
from bookbridge.documents import Document, Invoice, JournalEntry, Problem, ProblemKind, Relation


class _Known(NamedTuple):
    pattern: re.Pattern[str]
    kind: ProblemKind
    element: str
    """The element that it is about, when it doesn't stand at one."""


def _known(pattern: str, kind: ProblemKind, element: str = "") -> _Known:
    return _Known(re.compile(pattern, re.IGNORECASE), kind, element)


# The first that fits counts, so the more particular ones stand first.
_MESSAGES = (
    _known(r"niet in balans|balanceert niet", texts.NOT_BALANCED, "lines"),
    _known(r"valt buiten de opgegeven periode", texts.DATE_OUTSIDE_PERIOD, "period"),
    _known(r"periode .*niet bestaat", texts.PERIOD_UNKNOWN, "period"),
    _known(r"periode .*(ge|af)sloten", texts.PERIOD_CLOSED, "period"),
    _known(r"voldoet niet aan het formaat|moet voldoen aan het formaat", texts.CODE_FORMAT, "code"),
    _known(r"Factuurnummer .*komt reeds voor", texts.NUMBER_IN_USE, "invoicenumber"),
    _known(r"klantdimensie bestaat niet", texts.DIMENSION_UNKNOWN, "relation"),
    _known(r"Dimensie .*(komt niet voor|bestaat niet)|Dimension .*does not exist", texts.DIMENSION_UNKNOWN, "dim1"),
    _known(r"dimensie .*niet gevonden|Grootboekrekening .*bestaat niet", texts.DIMENSION_UNKNOWN, "dim1"),
    _known(r"Btw .*bestaat niet|Ongeldige btw-code", texts.VAT_UNKNOWN, "vatcode"),
    _known(r"Begunstigde is ongeldig", texts.ASCRIPTION, "banks"),
    _known(r"Naam moet worden ingevuld", texts.NAME_MISSING, "name"),
    _known(r"vervaldatum is ongeldig", texts.DUE_DATE, "duedate"),
    _known(r"geen toegang tot deze administratie|administratie bestaat niet", texts.OFFICE_FORBIDDEN),
    _known(r"Elektronisch factureren is ingeschakeld", texts.E_INVOICING, "email"),
    _known(r"Incorrecte XML|mag niet worden aangeleverd|Company ontbreekt", texts.NOT_UNDERSTOOD),
)

_HEADER: Final = {
    "date": "entry_date",
    "period": "period",
    "duedate": "due_date",
    "currency": "currency",
    "lines": "lines",
}
_LINE: Final = {
    "dim1": "ledger_account",
    "vatcode": "vat_code",
    "vatvalue": "vat_amount",
    "value": "amount",
    "description": "description",
}
_RELATION: Final = {
    "code": "number",
    "name": "name",
    "shortname": "search_code",
    "country": "country",
    "city": "city",
    "postcode": "postal_code",
    "telephone": "phone",
    "email": "email",
    "contact": "contact_name",
    "field2": "address_line_1",
    "field3": "address_line_2",
    "field4": "vat_number",
    "duedays": "payment_condition",
    "relationsreference": "our_customer_number",
    "basecreditlimit": "credit_limit",
    "banks": "bank_account",
    "bank": "bank_account",
    "iban": "bank_account",
    "accountnumber": "bank_account",
    "ascription": "bank_account",
}
_DIMENSIONS: Final = ("dim2", "dim3")


class Message(NamedTuple):
    """What Twinfield says at one element; `line` is the place of its line, which isn't always numbered."""

    words: str
    element: str
    line: int | None


def messages(root: Element) -> Iterator[Message]:
    """Every message of an answer, wherever it stands."""
    places = {line: place for place, line in enumerate(root.iterfind(".//lines/line"))}
    for node in root.iter("*"):
        said = node.get("msg")
        if said:
            place = next((places[one] for one in (node, *node.iterancestors()) if one in places), None)
            for words in said.split("//"):
                if words.strip():
                    yield Message(words.strip(), str(node.tag), place)


def problems_of(root: Element, document: Document, *, cost_centre_in: str = "dim2") -> tuple[Problem, ...]:
    """The problems that a refusal stands for; what says the same at the same field comes once."""
    found: dict[tuple[str, str | None, str], Problem] = {}
    for message in messages(root):
        problem = _problem(message, document, cost_centre_in)
        # A cent that is missing is told in the base and in the reporting currency too.
        words = "" if problem.code != texts.REFUSED.code else message.words
        found.setdefault((problem.code, problem.field, words), problem)
    return tuple(found.values()) or (texts.REFUSED(evidence="result 0", words="result 0"),)


def problem_of(words: str, document: Document) -> Problem:
    """The problem that a message stands for which refuses a whole request."""
    return _problem(Message(words, "", None), document, "dim2")


def is_number_in_use(problems: tuple[Problem, ...]) -> bool:
    return any(problem.code == texts.NUMBER_IN_USE.code for problem in problems)


def is_relation_unknown(problems: tuple[Problem, ...]) -> bool:
    fields = {"customer", "supplier"}
    return any(
        p.code == texts.DIMENSION_UNKNOWN.code and (p.field or "").rpartition(".")[2] in fields for p in problems
    )


def _problem(message: Message, document: Document, cost_centre_in: str) -> Problem:
    known = next((one for one in _MESSAGES if one.pattern.search(message.words)), None)
    kind = known.kind if known else texts.REFUSED
    field = _field(message, document, cost_centre_in)
    if field is None and known:
        field = _field(message._replace(element=known.element), document, cost_centre_in)
    words = message.words
    return kind(field=field, value=_value(document, field), evidence=words[:1000], words=words[:300])


def _value(document: Document, field: str | None) -> str:
    value = getattr(document, field, None) if field and field != "lines" else None
    return "" if value is None else str(value)


def _field(message: Message, document: Document, cost_centre_in: str) -> str | None:
    if isinstance(document, Relation):
        field = _RELATION.get(message.element)
        return field if field in type(document).model_fields else None
    if message.element == "invoicenumber":
        return _number_field(document)
    if message.element in {"relation", "code"} and message.line is None:
        at_relation = document.relation_kind if isinstance(document, Invoice) else "lines"
        return at_relation if message.element == "relation" else "journal"
    if message.element in _HEADER:
        field = _HEADER[message.element]
        return field if field in type(document).model_fields else None
    return _line_field(message, document, cost_centre_in)


def _number_field(document: Document) -> str:
    names = ("number", "invoice_number", "your_reference")
    return next((name for name in names if getattr(document, name, None)), "number")


def _line_field(message: Message, document: Invoice | JournalEntry, cost_centre_in: str) -> str | None:
    name = _LINE.get(message.element)
    if message.element in _DIMENSIONS:
        name = "cost_centre" if message.element == cost_centre_in else "cost_unit"
    place = message.line
    if isinstance(document, Invoice) and place is not None:
        if place == 0:
            return {"dim2": document.relation_kind, "value": "total", "description": "description"}.get(message.element)
        # The relation's own line comes first.
        place -= 1
    if name is None:
        return None
    if place is None:
        place = 0 if len(document.lines) == 1 else len(document.lines)
    if place >= len(document.lines):
        return "lines"
    return f"lines.{place}.{_relation_on(document, place, name)}"


def _relation_on(document: Invoice | JournalEntry, place: int, name: str) -> str:
    """The second dimension of a memorial line is its relation, where it has one."""
    line = document.lines[place]
    if name == "cost_centre" and isinstance(document, JournalEntry):
        return next((kind for kind in ("customer", "supplier") if getattr(line, kind, None)), name)
    return name
