"""What the source changed since it was posted is booked beside the first entry: one difference, one effect."""

from decimal import Decimal
from typing import Any

import pytest

from bookbridge.exchange import differences
from bookbridge.exchange.differences import Offer
from bookbridge.exchange.models import Difference, Line, Run
from tests import factories
from tests.exchange import files
from tests.exchange.stage import Stage

CUSTOMER = files.customer("100")
FIRST = files.joined(files.sale("26000001"))
SECOND = files.joined(files.sale("26000001", amount="200.00", vat="42.00"))
THIRD = files.joined(files.sale("26000001", amount="150.00", vat="31.50", account="8010"))
TEXT = "Difference to 26000001"


@pytest.fixture
def anna(stage: Stage) -> Any:
    return factories.member(stage.configuration.organisation, "bookkeeper")


@pytest.fixture
def changed(stage: Stage) -> Line:
    stage.run_files(debitr__csv=files.joined(CUSTOMER), fmuta6__csv=FIRST)
    return offered(stage, SECOND)


def offered(stage: Stage, content: bytes) -> Line:
    return fresh(stage.run_files(fmuta6__csv=content).lines.get())


def fresh(line: Line) -> Line:
    return Line.objects.select_related("posting", "delivery", "run__configuration__integration").get(pk=line.pk)


def offer(line: Line) -> Offer:
    changed = differences.undecided(fresh(line))
    assert changed is not None
    return differences.offer(changed, TEXT)


def book(line: Line, user: Any) -> Run:
    line = fresh(line)
    shown = offer(line)
    assert shown.document is not None, shown
    return differences.book(line, TEXT, "They forgot one", user, seen=shown.seen)


def entries(stage: Stage, of: str = "sales_entries") -> list[Decimal]:
    return [Decimal(str(entry["AmountFC"])) for entry in stage.books()[of]]


def test_what_changed_is_booked_beside_the_first_entry_and_known_from_then_on(stage: Stage, changed: Line, anna: Any):
    run = book(changed, anna)
    stage.work()

    line = fresh(run.lines.get())
    assert (line.outcome, line.identifier, line.amount) == (Line.Outcome.POSTED, "26000001", Decimal("121.00"))
    assert (run.trigger, run.requested_by, run.previous) == (Run.Trigger.RETRY, anna, changed.run)
    assert entries(stage) == [Decimal("121.00"), Decimal("121.00")]
    made = Difference.objects.get()
    assert (made.state, made.reason, made.decided_by, made.line) == ("booked", "They forgot one", anna, changed)
    assert made.booked_at is not None
    assert made.amount == Decimal("121.00")
    assert fresh(changed).posting.fingerprint == changed.fingerprint  # type: ignore[union-attr]
    assert offered(stage, SECOND).reason == Line.Reason.ALREADY_POSTED
    assert offered(stage, FIRST).reason == Line.Reason.CHANGED
    assert entries(stage) == [Decimal("121.00"), Decimal("121.00")]
