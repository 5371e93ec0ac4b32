"""A stored document, its problems and its source, in the shape that the line's page shows.

Fields keep their path (`lines.0.vat_code`), which is also how a problem names its field and how a form would.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from bookbridge.documents import Explanation, Problem
from bookbridge.exchange.models import Line
from bookbridge.formats import column_words
from bookbridge.portal import words
from bookbridge.portal.templatetags.bookbridge import amount, day, plain_day

AMOUNTS = {"amount", "vat_amount", "total", "credit_limit", "blocked_account_amount"}
DATES = {"entry_date", "due_date", "line_date"}
NUMERIC = AMOUNTS | {"quantity", "exchange_rate"}
_NOT_SHOWN = {"kind", "lines"}


@dataclass(frozen=True, slots=True)
class Explained:
    """A problem in the user's language."""

    problem: Problem
    text: Explanation
    field_name: str

    @property
    def anchor(self) -> str:
        return anchor_of(self.problem.field) if self.problem.field else ""


@dataclass(frozen=True, slots=True)
class ShownField:
    path: str
    name: str
    label: Any
    text: Any
    is_numeric: bool
    reasons: Sequence[str] = ()

    @property
    def anchor(self) -> str:
        return anchor_of(self.path)

    @property
    def is_faulty(self) -> bool:
        return bool(self.reasons)


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """The fields of a document, and its lines as a table with the columns that any line uses."""

    fields: Sequence[ShownField] = ()
    columns: Sequence[ShownField] = ()
    lines: Sequence[Sequence[ShownField]] = field(default=())


@dataclass(frozen=True, slots=True)
class SourceRow:
    number: int | None
    text: str
    columns: Sequence[str] = ()


def anchor_of(path: str) -> str:
    return "field-" + "".join(c if c.isalnum() or c == "_" else "-" for c in path)


def explained(problems: Sequence[Problem], language: str) -> list[Explained]:
    return [Explained(problem, problem.explain(language), field_name(problem.field or "")) for problem in problems]


def field_name(path: str) -> str:
    """A field's path in the user's words: `lines.0.vat_code` is "VAT code, line 1"."""
    parts = path.split(".")
    label = words.word(words.FIELD, parts[-1])
    if len(parts) == 3 and parts[0] == "lines" and parts[1].isdigit():
        return str(_line_label(label, int(parts[1]) + 1))
    return str(label)


def value_at(document: Mapping[str, Any], path: str) -> Any:
    """What a document as JSON says at a path (`lines.0.vat_code`); None where it has nothing there."""
    value: Any = document
    for part in path.split("."):
        if isinstance(value, list):
            value = value[int(part)] if part.isdigit() and int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _line_label(label: Any, number: int) -> str:
    return gettext("%(field)s, line %(number)s") % {"field": label, "number": number}


def shown_document(document: dict[str, Any] | None, problems: Sequence[Problem]) -> ShownDocument | None:
    """None for a part of a file that is no document."""
    if not document:
        return None
    found = reasons(problems)
    currency = str(document.get("currency") or "")
    header = _with_faulty(document, found, "")
    lines = [line for line in document.get("lines", []) if isinstance(line, dict)]
    names = used_columns(lines, found)
    return ShownDocument(
        fields=[_field(name, name, header[name], currency, found) for name in in_order(header)],
        columns=[_field(name, name, None, currency, {}) for name in names],
        lines=[
            [_field(f"lines.{number}.{name}", name, line.get(name), currency, found) for name in names]
            for number, line in enumerate(lines)
        ],
    )


def reasons(problems: Sequence[Problem]) -> dict[str, list[str]]:
    """Why fields are wrong, by their paths, in the language of the page."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        if problem.field:
            found.setdefault(problem.field, []).append(problem.explain(get_language() or "en").reason)
    return found


def _with_faulty(document: dict[str, Any], reasons: dict[str, list[str]], prefix: str) -> dict[str, Any]:
    """The fields with those that are wrong because they are absent."""
    absent = [path for path in reasons if path.startswith(prefix) and "." not in path[len(prefix) :]]
    return {**document, **{path: None for path in absent if path not in document}}


def in_order(names: Iterable[str]) -> list[str]:
    """Fields in the order of our own table of fields; the database keeps none."""
    order = {name: position for position, name in enumerate(words.FIELD)}
    return sorted((n for n in names if n not in _NOT_SHOWN), key=lambda name: (order.get(name, len(order)), name))


def used_columns(lines: Sequence[dict[str, Any]], reasons: Mapping[str, Sequence[str]]) -> list[str]:
    """Every field that a line uses or that is wrong in one, in the order of our own table of fields."""
    used = {name for line in lines for name in line}
    used |= {path.split(".")[2] for path in reasons if path.startswith("lines.") and path.count(".") == 2}
    ordered = [name for name in ("ledger_account", "description") if name in used]
    ordered += [name for name in in_order(used) if name not in ordered]
    # Amounts at the end, where they line up.
    return [n for n in ordered if n not in AMOUNTS] + [n for n in ("vat_amount", "amount") if n in ordered]


def _field(path: str, name: str, value: Any, currency: str, reasons: dict[str, list[str]]) -> ShownField:
    return ShownField(
        path=path,
        name=name,
        label=words.word(words.FIELD, name),
        text=text_of(name, value, currency),
        is_numeric=name in NUMERIC,
        reasons=reasons.get(path, ()),
    )


def shown_text(name: str, value: Any, currency: str) -> str:
    """A field's value in the user's form, as text alone."""
    if name in DATES and value:
        return _plain_date(str(value))
    text = text_of(name, value, currency)
    return str(value) if isinstance(text, SafeString) else str(text)


def _plain_date(text: str) -> str:
    try:
        return plain_day(date.fromisoformat(text))
    except ValueError:
        return text


def text_of(name: str, value: Any, currency: str) -> Any:
    """A value as pages show it, safe to stand in one."""
    if value is None or value == "":
        return ""
    if name in AMOUNTS:
        return amount(value, currency)
    if name in DATES:
        try:
            return day(date.fromisoformat(str(value)))
        except ValueError:
            return str(value)
    if isinstance(value, bool):
        return words.VALUE["bool", str(value)]
    return words.VALUE.get((name, str(value)), format_html("{}", value))


def column_label(column: str) -> str:
    """A column in the user's words; one that the layout doesn't use has its number."""
    if column.startswith("column_"):
        return gettext("Column %(number)s") % {"number": column.removeprefix("column_")}
    word = column_words(column)[get_language() or "en"]
    return word[:1].upper() + word[1:]


def source_rows(line: Line, problems: Sequence[Problem]) -> list[SourceRow]:
    """The raw record with its row numbers, and the columns that a problem names in each row.

    Several physical rows are shown apart only when every one of them can be given its number.
    """
    columns: dict[int | None, list[str]] = {}
    for problem in problems:
        if problem.source and problem.source.column:
            named = columns.setdefault(problem.source.row, [])
            label = column_label(problem.source.column)
            if label not in named:
                named.append(label)
    records = line.raw.splitlines()
    numbers = [number for number in line.rows if isinstance(number, int)]
    if records and len(records) == len(numbers):
        return [SourceRow(n, text, columns.get(n, ())) for n, text in zip(numbers, records, strict=True)]
    if not line.raw:
        return []
    return [SourceRow(numbers[0] if numbers else None, line.raw, [c for found in columns.values() for c in found])]
