"""Tables to take along: as CSV for a spreadsheet, in which nothing that came from outside is a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_language

from bookbridge.portal.downloads import download

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_MARK = "\ufeff"
"""Tells a spreadsheet that the file is UTF-8."""
_SEMICOLON = {"nl", "fr"}
"""Languages that write the decimal comma: their spreadsheets expect it, and columns apart by a semicolon."""
_ROWS_AT_ONCE = 200


def csv_download(name: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """Rows as a file; they may come while it is being sent, so that no number of them fills the memory."""
    has_comma = (get_language() or "en") in _SEMICOLON
    return download(_lines([header], rows, has_comma=has_comma), name, "text/csv; charset=utf-8")


def _lines(header: Sequence[Any], rows: Iterable[Sequence[Any]], *, has_comma: bool) -> Iterator[bytes]:
    yield _MARK.encode()
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if has_comma else ",")
    writer.writerows([cell(value, has_comma=has_comma) for value in row] for row in header)
    for number, row in enumerate(rows, 1):
        writer.writerow([cell(value, has_comma=has_comma) for value in row])
        if number % _ROWS_AT_ONCE == 0:
            yield _taken(text)
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    written = text.getvalue().encode("utf-8", "replace")
    text.seek(0)
    text.truncate()
    return written


def cell(value: Any, *, has_comma: bool = False) -> str:
    """A value as a spreadsheet should take it: numbers stay numbers, a text that would be a formula stays a text."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        written = f"{value:f}"
        return written.replace(".", ",") if has_comma else written
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
    text = str(value).replace("\0", "\ufffd")
    return f"'{text}" if text.lstrip(" \u00a0\ufeff").startswith(_FORMULA) else text
