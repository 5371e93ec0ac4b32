"""The last thirty days of an integration, as a small picture of how its runs went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from bookbridge.exchange.models import Run
from bookbridge.integrations.models import Configuration, Integration
from bookbridge.portal.periods import midnight

DAYS = 30
HEIGHT, STEP, BAR = 40, 12, 9
"""In the picture's own units: of the highest bar, from one day to the next, and of a bar's width."""
_TROUBLED = Q(result__in=[Run.Result.WITH_ERRORS, Run.Result.FAILED, Run.Result.HELD])


@dataclass(frozen=True, slots=True)
class Day:
    """`troubled`: runs with errors, failed or held, out of `runs`. The heights are those of its bar's two parts."""

    day: date
    x: int
    runs: int = 0
    troubled: int = 0
    rest_height: int = 0
    troubled_height: int = 0

    @property
    def rest_y(self) -> int:
        return HEIGHT - self.rest_height

    @property
    def troubled_y(self) -> int:
        return HEIGHT - self.rest_height - self.troubled_height


@dataclass(frozen=True, slots=True)
class Days:
    days: Sequence[Day]

    @property
    def runs(self) -> int:
        return sum(day.runs for day in self.days)

    @property
    def troubled(self) -> int:
        return sum(day.troubled for day in self.days)

    @property
    def width(self) -> int:
        return DAYS * STEP

    @property
    def bar(self) -> int:
        return BAR

    @property
    def height(self) -> int:
        return HEIGHT


def last_days(integration: Integration) -> Days:
    """By the days of the user's zone, today the last."""
    today = timezone.localdate()
    first = today - timedelta(days=DAYS - 1)
    configurations = list(
        Configuration.objects.filter(organisation=integration.organisation_id, integration=integration).values_list(
            "pk", flat=True
        )
    )
    counted = (
        Run.objects.filter(
            organisation=integration.organisation_id,
            configuration__in=configurations,
            created_at__gte=midnight(first),
        )
        .annotate(day=TruncDate("created_at"))
        .values_list("day")
        .annotate(runs=Count("*"), troubled=Count("pk", filter=_TROUBLED))
    )
    found = {day: (runs, troubled) for day, runs, troubled in counted}
    most = max((runs for runs, _ in found.values()), default=0)
    return Days(
        [
            _day(first + timedelta(days=place), place, *found.get(first + timedelta(days=place), (0, 0)), most)
            for place in range(DAYS)
        ]
    )


def _day(day: date, place: int, runs: int, troubled: int, most: int) -> Day:
    """A day with any trouble shows some of it, however many other runs it had."""
    if not runs:
        return Day(day, place * STEP)
    whole = max(4, round(HEIGHT * runs / most))
    of_trouble = min(whole, max(3, round(whole * troubled / runs))) if troubled else 0
    return Day(day, place * STEP, runs, troubled, whole - of_trouble, of_trouble)
