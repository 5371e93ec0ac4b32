"""A long run costs each of its lines the same, however many there are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookbridge.exchange import intake
from bookbridge.exchange.drafting import posted_by_this_run
from bookbridge.exchange.models import Line, Posting, Run
from bookbridge.exchange.open_lines import OpenLines
from tests.exchange import files
from tests.exchange.stage import Stage
from tests.plans import know_the_tables, rows_read

LINES = 2_000


@pytest.fixture
def offered_again(stage: Stage) -> Run:
    """A run of which all is in the books already; half of its lines say so."""
    content = files.joined(*[files.sale(f"26{number:06}") for number in range(LINES)])
    for _ in range(2):
        run = stage.dropped(fmuta6__csv=content)
        intake.take_in(run)
    Posting.objects.update(state=Posting.State.POSTED, external_id="there")
    know_the_tables("exchange_line", "exchange_posting", "exchange_attempt")
    return run


def test_the_next_lines_are_found_without_reading_those_before(offered_again: Run):
    half = list(offered_again.lines.order_by("phase", "pk")[: LINES // 2])
    offered_again.lines.filter(pk__lte=half[-1].pk).update(outcome=Line.Outcome.SKIPPED)
    know_the_tables("exchange_line", "exchange_attempt")
    with CaptureQueriesContext(connection) as asked:
        given = OpenLines(offered_again).next(all_done=True)
        posted_by_this_run(offered_again, given)

    assert given[0].pk > half[-1].pk
    assert sum(rows_read(query["sql"]) for query in asked) <= 4 * len(given)
