"""The schedule of reading outstanding items: each configuration at its own moment, evenly spread, never in a crowd."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from bookbridge.exchange import outstanding, sql, sweep
from bookbridge.exchange.models import Run
from bookbridge.exchange.tasks import wake_a_worker_for
from bookbridge.integrations.models import Configuration
from tests.exchange.stage import Stage

INTERVAL = timedelta(minutes=30)


def due(number: int) -> timedelta:
    """How far into the half hour the configuration of a number has its moment."""
    moment = outstanding.next_due(Configuration(pk=number, outstanding_interval_min=30), timezone.now())
    return (moment - outstanding._SINCE) % INTERVAL


@pytest.mark.parametrize("step", [1, 2, 7, 100])
def test_ten_thousand_configurations_are_spread_evenly(step: int):
    minutes = Counter(due(number) // timedelta(minutes=1) for number in range(1, 10_000 * step, step))
    assert len(minutes) == 30
    assert max(minutes.values()) <= 10_000 / 30 * 1.15
    assert min(minutes.values()) >= 10_000 / 30 * 0.85


def test_a_configuration_keeps_its_moment_however_late_it_was_read():
    assert due(4711) == due(4711)
    configuration = Configuration(pk=4711, outstanding_interval_min=30)
    now = timezone.now()
    assert now < outstanding.next_due(configuration, now) <= now + INTERVAL


def test_reading_late_does_not_move_the_schedule(stage: Stage):
    own = outstanding.next_due(stage.configuration)
    stage.configuration.next_outstanding_at = timezone.now() - timedelta(hours=5)
    stage.configuration.save()
    sweep.start_due_outstanding()
    stage.configuration.refresh_from_db()
    assert (stage.configuration.next_outstanding_at - own) % INTERVAL == timedelta(0)
    assert Run.objects.filter(direction=Run.Direction.IN).count() == 1


def test_a_run_of_the_schedule_has_its_job_at_once_and_no_second_one(stage: Stage):
    stage.configuration.next_outstanding_at = timezone.now()
    stage.configuration.save()
    sweep.start_due_outstanding()
    run = Run.objects.get()
    assert sql.due_runs(10) == []

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    assert sql.due_runs(10) == [run.pk]
    wake_a_worker_for(run.pk)
    assert sql.due_runs(10) == []
