"""What Tryton's records say, without a Tryton."""

from datetime import date
from typing import Any

import pytest

from bookbridge.connectors.tryton import reading


def period(id: int, year: int, month: int) -> dict[str, Any]:
    first, last = date(year, month, 1), date(year, month, 28)
    return {
        "id": id,
        "start_date": first,
        "end_date": last,
        "state": "open",
        "fiscalyear": {"id": year, "name": str(year)},
    }


RECORDS = [period(1, 2025, 12), period(2, 2026, 1), period(3, 2026, 2)]


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ([], [False, False, False]),
        ([{"fiscalyear": 2026, "period": None}], [False, True, True]),
        ([{"fiscalyear": {"id": 2026}, "period": {"id": 3}}], [False, False, True]),
        ([{"fiscalyear": 2025, "period": None}, {"fiscalyear": 2026, "period": 2}], [True, True, False]),
        (None, [None, None, None]),
    ],
)
def test_a_period_numbers_invoices_by_its_own_series_or_the_years(
    series: list[dict[str, Any]] | None, expected: list[bool | None]
) -> None:
    assert [found.numbers_invoices for found in reading.periods(RECORDS, series)] == expected
