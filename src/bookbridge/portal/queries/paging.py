"""Paging by the last row seen: page 1,000 costs what page 1 costs, and rows don't move while new ones come in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page. `older` is the cursor of the next page, empty at the end."""

    rows: Sequence[Any]
    older: str
    is_first: bool


def cut(rows: Sequence[Any], size: int, cursor_of: Any, *, is_first: bool) -> Page:
    """A page of rows that were asked for with one more than fits."""
    shown = rows[:size]
    return Page(rows=shown, older=cursor_of(shown[-1]) if len(rows) > size else "", is_first=is_first)


def of_all(rows: Sequence[Any], cursor: str, size: int) -> Page:
    """A page of rows that had to be read all; the cursor is the place of its first row."""
    start = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 10 else 0
    end = start + size
    return Page(rows=rows[start:end], older=str(end) if end < len(rows) else "", is_first=start == 0)


def moment_cursor(moment: datetime, pk: int) -> str:
    return f"{(moment - _EPOCH) // timedelta(microseconds=1)}.{pk}"


def before(cursor: str, field: str) -> Q:
    """Rows older than the cursor, newest first; everything for an empty or unreadable one."""
    pair = numbers(cursor)
    if pair is None:
        return Q()
    try:
        moment = _EPOCH + timedelta(microseconds=pair[0])
    except OverflowError:
        return Q()
    return Q(**{f"{field}__lte": moment}) & (Q(**{f"{field}__lt": moment}) | Q(pk__lt=pair[1]))


def numbers(cursor: str) -> tuple[int, int] | None:
    """The two numbers of a cursor, None when it is none of ours."""
    first, _, second = cursor.partition(".")
    if not (first.isascii() and first.isdigit() and second.isascii() and second.isdigit()) or len(cursor) > 38:
        return None
    pair = int(first), int(second)
    return pair if max(pair) < 2**63 else None
