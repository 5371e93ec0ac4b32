"""Dates as Multivers writes them."""

from datetime import date, datetime
from typing import Any


def day_text(day: date) -> str:
    """A date as Multivers writes it (JsonAndXml guide)."""
    return f"{day.day}-{day.month}-{day.year}"


def date_of(value: Any) -> date | None:
    """A date in any of its three forms: 3-2-2026, 03-02-2026, 2026-02-03T00:00:00. Raises ValueError."""
    if value in (None, ""):
        return None
    text = str(value)
    if text[:4].isdigit():
        return date.fromisoformat(text[:10])
    return datetime.strptime(text.split(" ", maxsplit=1)[0], "%d-%m-%Y").date()  # noqa: DTZ007 - a day has no zone.
