"""The form of a document that failed: every field of it in the user's words, beside what the package would take.

Inputs are named by the path that problems name their fields by (`lines.0.vat_code`). What a user didn't touch keeps its
content to the letter, however it is shown.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import get_language, gettext
from pydantic import BaseModel, ValidationError

from bookbridge.documents import (
    Customer,
    Document,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    PurchaseInvoice,
    SalesInvoice,
    Supplier,
)
from bookbridge.kit.package_settings import PackageSettings
from bookbridge.portal import words
from bookbridge.portal.document_view import DATES, NUMERIC, anchor_of, in_order, used_columns

_MODELS: dict[str, type[BaseModel]] = {
    "customer": Customer,
    "supplier": Supplier,
    "sales_invoice": SalesInvoice,
    "purchase_invoice": PurchaseInvoice,
    "journal_entry": JournalEntry,
}
_LINE_MODELS: dict[str, type[BaseModel]] = {
    "sales_invoice": InvoiceLine,
    "purchase_invoice": InvoiceLine,
    "journal_entry": JournalLine,
}
_FIXED = {"kind", "lines", "administration"}
"""What makes it this document of this company, which nobody changes."""
_WHOLE_NUMBERS = {"fiscal_year", "period"}
_YES_NO = {"reversal", "blocked"}
_LISTS = {
    "ledger_account": "ledger_accounts",
    "vat_code": "vat_codes",
    "journal": "journals",
    "payment_condition": "payment_conditions",
    "cost_centre": "cost_centres",
    "cost_unit": "cost_units",
}
"""Field → the package's list that it is one of."""
LONGEST = 2000
_THOUSANDS = re.compile(r"[-+]?\d{1,3}([.,]\d{3})+")

Errors = dict[str, list[str]]
"""By path, in the user's language."""


@dataclass(frozen=True, slots=True)
class Box:
    """One field of the form. `list` names the package's list that it is one of, `choices` are all there is."""

    path: str
    label: Any
    value: str
    kind: str = "text"
    list: str = ""
    choices: Sequence[tuple[str, Any]] = ()
    reasons: Sequence[str] = ()

    @property
    def anchor(self) -> str:
        return anchor_of(self.path)


@dataclass(frozen=True, slots=True)
class RepairForm:
    """`more`: fields that the document doesn't use. `general`: errors that belong to no field."""

    boxes: Sequence[Box]
    more: Sequence[Box]
    columns: Sequence[Any]
    rows: Sequence[Sequence[Box]]
    lists: Mapping[str, Sequence[tuple[str, str]]]
    general: Sequence[str] = field(default=())

    @property
    def first_faulty(self) -> str:
        """The field that is to have the focus; empty when none is wrong."""
        everything = [*self.boxes, *self.more, *(box for row in self.rows for box in row)]
        return next((box.path for box in everything if box.reasons), "")


def make(
    content: Mapping[str, Any],
    settings: PackageSettings | None,
    errors: Errors,
    given: Mapping[str, str] | None = None,
) -> RepairForm:
    """The form of a document as JSON. `given`: what a user has filled in and can't be kept yet."""
    kind = str(content["kind"])

    def box(path: str, name: str, value: Any) -> Box:
        shown = given.get(path, "") if given is not None and path in given else shown_text(name, value)
        return Box(path, words.word(words.FIELD, name), shown, *_input(name), reasons=errors.get(path, ()))

    names = in_order(name for name in _MODELS[kind].model_fields if name not in _FIXED)
    used = [name for name in names if content.get(name) is not None or name in errors]
    lines = [line for line in content.get("lines", ()) if isinstance(line, dict)]
    shown = used_columns(lines, errors)
    return RepairForm(
        boxes=[box(name, name, content.get(name)) for name in used],
        more=[box(name, name, content.get(name)) for name in names if name not in used],
        columns=[words.word(words.FIELD, name) for name in shown],
        rows=[
            [box(f"lines.{number}.{name}", name, line.get(name)) for name in shown] for number, line in enumerate(lines)
        ],
        lists=lists_of(settings),
        general=[reason for path in ("", "lines") for reason in errors.get(path, ())],
    )


def _input(name: str) -> tuple[str, str, Sequence[tuple[str, Any]]]:
    """Kind, list and choices of a field's input."""
    if name in DATES:
        return "date", "", ()
    if name in NUMERIC or name in _WHOLE_NUMBERS:
        return "number", "", ()
    if name in _YES_NO:
        return "choice", "", [("", "–"), *((value, words.VALUE["bool", value]) for value in ("True", "False"))]
    if name == "vat":
        return "choice", "", [(value, word) for (of, value), word in words.VALUE.items() if of == "vat"]
    return "text", _LISTS.get(name, ""), ()


def lists_of(settings: PackageSettings | None) -> dict[str, list[tuple[str, str]]]:
    if settings is None:
        return {}
    return {name: entries_of(settings, name) for name in _LISTS.values() if getattr(settings, name)}


def entries_of(settings: PackageSettings, name: str) -> list[tuple[str, str]]:
    """Code and name of what can be chosen from one of the package's lists."""
    return [(entry.code, entry.name) for entry in getattr(settings, name) if not entry.blocked]


def shown_text(name: str, value: Any) -> str:
    """A value as it stands in its input, amounts with the language's own decimal sign."""
    if value is None:
        return ""
    if name in NUMERIC:
        text = format(Decimal(str(value)), "f")
        return text if get_language() == "en" else text.replace(".", ",")
    return str(value)


def read(content: Mapping[str, Any], given: Mapping[str, str]) -> tuple[dict[str, Any], Errors]:
    """The document as JSON with what was filled in, and what can't be read."""
    errors: Errors = {}
    kind = str(content["kind"])
    changed = _with_inputs(content, _MODELS[kind], "", given, errors)
    if kind in _LINE_MODELS:
        changed["lines"] = [
            _with_inputs(line, _LINE_MODELS[kind], f"lines.{number}.", given, errors)
            for number, line in enumerate(content["lines"])
        ]
    return changed, errors


def differences(content: Mapping[str, Any], given: Mapping[str, str]) -> Errors:
    """What the document says now, at each field where somebody filled in something else."""
    kind = str(content["kind"])
    parts = [("", content, _MODELS[kind])]
    parts += [(f"lines.{n}.", line, _LINE_MODELS[kind]) for n, line in enumerate(content.get("lines", ()))]
    found: Errors = {}
    for prefix, record, model in parts:
        for name in model.model_fields:
            path, now = f"{prefix}{name}", shown_text(name, record.get(name))
            if name not in _FIXED and path in given and given[path].strip() != now.strip():
                found[path] = [gettext("It says now: %(value)s") % {"value": now or "–"}]
    return found


def _with_inputs(
    record: Mapping[str, Any], model: type[BaseModel], prefix: str, given: Mapping[str, str], errors: Errors
) -> dict[str, Any]:
    changed = dict(record)
    for name in model.model_fields:
        path = f"{prefix}{name}"
        if name in _FIXED or path not in given or given[path].strip() == shown_text(name, record.get(name)).strip():
            continue
        try:
            value = _value(name, given[path].strip()[: LONGEST + 1])
        except ValueError as error:
            errors.setdefault(path, []).append(str(error))
            continue
        changed.pop(name, None)
        if value is not None:
            changed[name] = value
    return changed


def _value(name: str, text: str) -> Any:
    """Raises ValueError with the reason in the user's language."""
    if not text:
        return None
    if name in NUMERIC:
        return str(read_amount(text))
    if name in _WHOLE_NUMBERS:
        if not (text.isascii() and text.isdigit()):
            raise ValueError(gettext("This is no whole number."))
        return int(text)
    if name in DATES:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise ValueError(gettext("This is no date.")) from None
    if name in _YES_NO:
        return text == "True"
    return text


def read_amount(text: str) -> Decimal:
    """A decimal number with a point or a comma. Raises ValueError for one that could be read in two ways."""
    plain = re.sub(r"[\s\u00a0\u202f']", "", text).replace("\u2212", "-")
    if _THOUSANDS.fullmatch(plain):
        raise ValueError(gettext("Write the amount without a sign for thousands, such as 1234.50."))
    last = max(plain.rfind("."), plain.rfind(","))
    if last >= 0:
        plain = re.sub("[.,]", "", plain[:last]) + "." + plain[last + 1 :]
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise ValueError(gettext("This is no amount.")) from None
    if not amount.is_finite() or abs(amount.adjusted()) > len(plain):
        raise ValueError(gettext("This is no amount."))
    return amount


def validated(content: Mapping[str, Any]) -> tuple[Document | None, Errors]:
    """The document by the same rules as one that is read from a file."""
    try:
        return _MODELS[str(content["kind"])].model_validate(content), {}  # type: ignore[return-value]
    except ValidationError as error:
        errors: Errors = {}
        for each in error.errors(include_url=False, include_context=False, include_input=False):
            path = ".".join(str(part) for part in each["loc"])
            errors.setdefault(path, []).append(_reason(str(each["type"])))
        return None, errors


def _reason(kind: str) -> str:
    if kind in ("missing", "string_too_short", "string_type"):
        return gettext("This field is needed.")
    if kind == "string_too_long":
        return gettext("This is too long.")
    if kind.startswith(("greater", "less", "decimal")):
        return gettext("This number is too large, too small or has too many decimals.")
    return gettext("This value can't be used here.")
