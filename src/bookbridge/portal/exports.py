"""Tables to take along: as CSV for a spreadsheet, in which nothing that came from outside is a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from itertools import chain, islice
from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone, translation

from bookbridge.portal.downloads import download

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_MARK = "\ufeff"
"""Tells a spreadsheet that the file is UTF-8."""
_SEMICOLON = {"nl", "fr"}
"""Languages that write the decimal comma: their spreadsheets expect it, and columns apart by a semicolon."""
_ROWS_AT_ONCE = 200


def csv_download(name: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """Rows as a file; they may come while it is being sent, so that no number of them fills the memory."""
    made = _lines([header], rows, translation.get_language() or "en", timezone.get_current_timezone())
    return download(made, name, "text/csv; charset=utf-8")


def _lines(header: list[Sequence[Any]], rows: Iterable[Sequence[Any]], language: str, zone: tzinfo) -> Iterator[bytes]:
    """In the language and zone of the user: while a file is being sent, its request's own are over."""
    has_comma = language in _SEMICOLON
    coming = chain(header, rows)
    yield _MARK.encode()
    while True:
        with translation.override(language), timezone.override(zone):
            lot = [[cell(value, has_comma=has_comma) for value in row] for row in islice(coming, _ROWS_AT_ONCE)]
        if not lot:
            return
        text = io.StringIO()
        csv.writer(text, delimiter=";" if has_comma else ",").writerows(lot)
        yield text.getvalue().encode("utf-8", "replace")


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
