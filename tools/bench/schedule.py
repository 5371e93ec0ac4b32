"""Starts of 10,000 configurations on a schedule of 30 minutes that come within 10 s of their time.

All configurations are there, each with an inbox, in a hundred organisations, and planned as the product plans them. A
part of the half hour is played in real time (`--seconds`): the starts that fall into it are counted, and read
outstanding items from a simulated package over HTTP, tokens and all. The simulator works on the same two cores.
"""

import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx

from tools.bench.files import delivery
from tools.bench.installation import PACKAGE, Installation, installed
from tools.bench.measures import Asked

if TYPE_CHECKING:
    from bookbridge.commands.staging import Stage

GOALS = {"within_10_s": ">= 0.99"}
SIZES = {"configurations": 10_000, "seconds": 240, "prepare": 240, "workers": 2, "concurrency": 4}
INTERVAL_MIN = 30
ALLOWED_S = 10
WORKERS_BEGIN_BEFORE_S = 10
_INVOICES = 40
_AN_ORGANISATIONS = 100
"""Configurations of one organisation."""


def measure(asked: Asked) -> dict[str, Any]:
    with installed() as installation:
        simulator = installation.simulator()
        stage = installation.stage(simulator)
        _fill_the_books(installation, stage)
        _make(asked.configurations, stage)
        begin = _now() + timedelta(seconds=asked.prepare)
        due = _plan(begin, begin + timedelta(seconds=asked.seconds))
        _sign_in(due, simulator)
        _wait_until(begin - timedelta(seconds=WORKERS_BEGIN_BEFORE_S))
        for _ in range(asked.workers):
            installation.worker(asked.concurrency)
        spent = _processor_seconds(installation)
        _wait_until(begin + timedelta(seconds=asked.seconds + ALLOWED_S))
        spent = _processor_seconds(installation) - spent
        late = list(_lateness(due))
        ends = _ends()
    started = [seconds for seconds in late if seconds is not None]
    return {
        "configurations": asked.configurations,
        "seconds_played": asked.seconds,
        "starts_due": len(due),
        "started": len(started),
        "within_10_s": round(sum(seconds <= ALLOWED_S for seconds in started) / len(due), 4),
        "late_s": {"median": round(median(started), 2), "p99": round(sorted(started)[int(len(started) * 0.99)], 2)},
        "runs": ends,
        "cores_used_without_postgresql": round(spent / (asked.seconds + ALLOWED_S), 2),
    }


def _fill_the_books(installation: Installation, stage: "Stage") -> None:
    """Some invoices, so that there is something outstanding to read and to write."""
    from bookbridge.exchange import running, sweep
    from bookbridge.exchange.models import Run
    from bookbridge.exchange.workers import WorkerLife

    installation.drop(stage, delivery(_INVOICES, seed=3))
    sweep.look_into_inboxes()
    life = WorkerLife().start()
    running.work_on(Run.objects.get().pk, life)
    life.stop()


def _make(number: int, stage: "Stage") -> None:
    """Organisations with their integrations, accounts and configurations, all of them to be read when they are due."""
    from bookbridge.integrations.models import Authorisation, Configuration, Integration
    from bookbridge.organisations.models import Organisation
    from bookbridge.organisations.walls import acting_for
    from bookbridge.storage import inbox_prefix, open_storage

    active = Authorisation.Status.ACTIVE
    for first in range(0, number, _AN_ORGANISATIONS):
        names = [f"Company {first + each}" for each in range(min(_AN_ORGANISATIONS, number - first))]
        organisation = Organisation(name=f"Office {first}")
        with acting_for(organisation.pk):
            organisation.save(force_insert=True)
            own = {"organisation": organisation}
            links = Integration.objects.bulk_create([Integration(**own, name=name, package=PACKAGE) for name in names])
            accounts = Authorisation.objects.bulk_create(
                Authorisation(**own, integration=link, app=stage.authorisation.app, label="Account", status=active)
                for link in links
            )
            Configuration.objects.bulk_create(
                Configuration(
                    **own,
                    integration=account.integration,
                    authorisation=account,
                    administration=stage.configuration.administration,
                    outstanding_kinds=["sales", "purchase"],
                    outstanding_interval_min=INTERVAL_MIN,
                )
                for account in accounts
            )
            for link in links:
                open_storage().make_folder(inbox_prefix(organisation.pk, link.pk))


def _organisations() -> Iterator[UUID]:
    """Each organisation, acted for until the next is asked for."""
    from bookbridge.organisations.sql import every_organisation
    from bookbridge.organisations.walls import acting_for

    for organisation_id in every_organisation():
        with acting_for(organisation_id):
            yield organisation_id


def _plan(begin: datetime, end: datetime) -> dict[int, datetime]:
    """Plans everybody at the moment the product chooses; configuration → moment of those that are due in between."""
    from bookbridge.exchange import outstanding
    from bookbridge.integrations.models import Configuration

    due: dict[int, datetime] = {}
    interval = timedelta(minutes=INTERVAL_MIN)
    for organisation_id in _organisations():
        rows = list(Configuration.objects.filter(organisation_id=organisation_id))
        for row in rows:
            moment = outstanding.next_due(row)
            row.next_outstanding_at = moment if moment >= begin else moment + interval
            if row.next_outstanding_at < end:
                due[row.pk] = row.next_outstanding_at
        Configuration.objects.bulk_update(rows, ["next_outstanding_at"])
    return due


def _sign_in(due: dict[int, datetime], simulator: str) -> None:
    """Gives each account that will be used tokens of its own, half an hour old: the reading has to renew them first."""
    from django.db.models import F

    from bookbridge.commands.staging import sign_in
    from bookbridge.integrations.models import Authorisation

    ago = timedelta(minutes=INTERVAL_MIN)
    for organisation_id in _organisations():
        accounts = Authorisation.objects.filter(organisation_id=organisation_id, configurations__in=list(due))
        for account in accounts.select_related("app", "integration"):
            sign_in(account)
        accounts.update(
            access_token_issued_at=F("access_token_issued_at") - ago,
            access_token_expires_at=F("access_token_expires_at") - ago,
        )
    httpx.post(f"{simulator}/_simulator/tokens/age", json={"seconds": ago.total_seconds()}).raise_for_status()


def _lateness(due: dict[int, datetime]) -> Iterator[float | None]:
    """Seconds from each moment to the start of its run; None where there is none."""
    from bookbridge.exchange.models import Run

    began: dict[int, datetime] = {}
    for organisation_id in _organisations():
        runs = Run.objects.filter(organisation_id=organisation_id, direction=Run.Direction.IN, started_at__isnull=False)
        began |= dict(runs.values_list("configuration_id", "started_at"))
    for configuration, moment in due.items():
        started = began.get(configuration)
        yield None if started is None else (started - moment).total_seconds()


def _ends() -> dict[str, int]:
    """How the runs ended."""
    from bookbridge.exchange.models import Run

    ends: dict[str, int] = {}
    for organisation_id in _organisations():
        for result, state in Run.objects.filter(organisation_id=organisation_id).values_list("result", "state"):
            ends[result or state] = ends.get(result or state, 0) + 1
    return ends


def _processor_seconds(installation: Installation) -> float:
    """What the processes of the installation have used so far."""
    tick = os.sysconf("SC_CLK_TCK")
    spent = 0.0
    for child in installation.processes:
        with open(f"/proc/{child.process.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        spent += (int(fields[11]) + int(fields[12])) / tick
    return spent


def _wait_until(moment: datetime) -> None:
    if _now() > moment:
        raise SystemExit("this machine needs longer to prepare: give --prepare more seconds")
    time.sleep(max((moment - _now()).total_seconds(), 0))


def _now() -> datetime:
    from django.utils import timezone

    return timezone.now()
