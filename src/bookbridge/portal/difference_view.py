"""What differs between two contents of a document, field by field, in the user's words and form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html_join
from django.utils.translation import gettext

from bookbridge.exchange.repair import changed_fields
from bookbridge.portal import words
from bookbridge.portal.document_view import field_name, in_order, text_of, value_at


@dataclass(frozen=True, slots=True)
class Difference:
    """One field, or one line that only one of the contents has."""

    label: str
    was: Any
    now: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Of two documents as JSON: what the first says and what the second does."""
    found = []
    for path in changed_fields(before, after):
        if path == "lines":
            found += _of_lines(before, after)
        else:
            name = path.rpartition(".")[2]
            was, now = (_text(name, value_at(content, path), content) for content in (before, after))
            found.append(Difference(field_name(path), was, now))
    return found


def _of_lines(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The contents have different numbers of lines: each that differs is told whole."""
    old, new = before.get("lines") or [], after.get("lines") or []
    rows = []
    for number in range(max(len(old), len(new))):
        was, now = (lines[number] if number < len(lines) else None for lines in (old, new))
        if was != now:
            label = gettext("Line %(number)s") % {"number": number + 1}
            rows.append(Difference(label, _whole(was, before), _whole(now, after)))
    return rows


def _whole(line: Mapping[str, Any] | None, content: Mapping[str, Any]) -> Any:
    if line is None:
        return "–"
    said = [(name, line[name]) for name in in_order(line) if line.get(name) not in (None, "")]
    texts = ((words.word(words.FIELD, name), _text(name, value, content)) for name, value in said)
    return format_html_join(", ", "{} {}", texts)


def _text(name: str, value: Any, content: Mapping[str, Any]) -> Any:
    return text_of(name, value, str(content.get("currency") or "")) or "–"
