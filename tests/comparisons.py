"""Comparisons with the package's books, as tests need them."""

from datetime import date
from typing import Any

from bookbridge.exchange.models import Comparison, Run
from bookbridge.integrations.models import Configuration
from tests import factories


def comparison(
    of: Configuration, result: dict[str, Any] | None = None, about: Run | None = None, **fields: Any
) -> Comparison:
    """Of March, ended well; without a result nothing had been posted."""
    run = factories.run(of, direction=Run.Direction.COMPARE, trigger=Run.Trigger.PERSON, **fields)
    empty = {"rows": [], "missing": [], "different": [], "unchecked": 0, "moved": 0}
    return Comparison.objects.create(
        organisation=of.organisation,
        configuration=of,
        run=run,
        about=about,
        since=date(2026, 3, 1),
        until=date(2026, 3, 31),
        result={"about": about.pk if about else None, **(result or empty)},
    )
