"""Whole days in the user's zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Days:
    """Both inclusive."""

    since: date
    until: date

    def moments(self) -> tuple[datetime, datetime]:
        """From the first moment of the first day up to, and without, the first one after the last day."""
        return midnight(self.since), midnight(self.until + timedelta(days=1))

    def as_values(self) -> dict[str, str]:
        return {"since": self.since.isoformat(), "until": self.until.isoformat()}

    def query(self) -> str:
        return "?" + urlencode(self.as_values())


def midnight(day: date) -> datetime:
    """The first moment of a day."""
    return timezone.make_aware(datetime.combine(day, time.min))


def this_month(today: date) -> Days:
    return Days(today.replace(day=1), today)


def last_month(today: date) -> Days:
    end = today.replace(day=1) - timedelta(days=1)
    return Days(end.replace(day=1), end)


def this_year(today: date) -> Days:
    return Days(today.replace(month=1, day=1), today)


def last_year(today: date) -> Days:
    return Days(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))
