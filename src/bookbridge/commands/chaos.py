"""bookbridge chaos"""

import json
import math
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import click
import httpx  # house: allow outgoing (the control pages of a simulator that it starts itself)

from bookbridge.commands.processes import Child, ChildFailedError, Children, free_port, listens

if TYPE_CHECKING:
    from bookbridge.commands.chaos_documents import Delivery
    from bookbridge.commands.staging import Stage

WORKERS = 2
_FAULTS = (
    {"kind": "cut_after", "method": "POST"},
    {"kind": "cut_before", "method": "POST"},
    {"kind": "timeout_after", "method": "POST", "delay_s": 1},
    {"kind": "server_error", "method": "POST"},
    {"kind": "too_many_requests", "delay_s": 1},
    {"kind": "slow", "delay_s": 0.5},
)
"""What the package does meanwhile; one is drawn about six times in a run."""


@click.command()
@click.option("--package", default="exact_online", show_default=True, help="The package whose simulator is played.")
@click.option("--documents", default=200, show_default=True, type=click.IntRange(10, 100_000))
@click.option("--kills", default=10, show_default=True, type=click.IntRange(0, 10_000), help="SIGKILLs to workers.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same documents, faults and order.")
@click.option("--longest-s", default=600, show_default=True, help="Give up after so many seconds.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def chaos(package: str, documents: int, kills: int, seed: int, longest_s: int, as_json: bool) -> None:
    """Kill workers and break the package at random, then count: nothing may be lost or posted twice.

    Works in a database and a folder of its own that are gone afterwards. Exits with 1 when a document is lost or twice
    in the books.
    """
    started = time.monotonic()
    try:
        with _own_installation() as folder, Children(folder / "logs") as children:
            asked = _Asked(package, documents, kills, Random(seed), started + longest_s)  # noqa: S311
            report = _play(children, folder, asked)
    except ChildFailedError as error:
        raise click.ClickException(str(error)) from None
    report = {**report, "seed": seed, "seconds": round(time.monotonic() - started, 1)}
    if as_json:
        click.echo(json.dumps(report))
    else:
        for name, value in report.items():
            click.echo(f"{name:20} {value}")
    raise SystemExit(1 if report["lost"] or report["duplicates"] else 0)


@contextmanager
def _own_installation() -> Iterator[Path]:
    """A data folder and a database of its own: the embedded PostgreSQL, or one made on the server of DATABASE_URL."""
    from bookbridge.server.database import release_database
    from bookbridge.server.passing_database import passing_database

    folder = Path(tempfile.mkdtemp(prefix="bookbridge-chaos-"))
    given = os.environ.get("DATABASE_URL", "")
    os.environ["BOOKBRIDGE_DATA"] = str(folder)
    os.environ["BOOKBRIDGE_INBOX_SETTLE_S"] = "0.2"
    try:
        if given:
            with passing_database(given, "bookbridge_chaos") as url:
                os.environ["DATABASE_URL"] = url
                yield folder
        else:
            yield folder
    finally:
        release_database()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class _Asked:
    package: str
    documents: int
    kills: int
    chance: Random
    deadline: float


def _play(children: Children, folder: Path, asked: _Asked) -> dict[str, Any]:
    from bookbridge.server.start import load_django

    load_django()
    from bookbridge.commands.chaos_documents import make_delivery
    from bookbridge.commands.staging import set_stage
    from bookbridge.kit import catalogue
    from bookbridge.organisations.walls import acting_for

    plan = catalogue.stage(asked.package)
    settings = json.dumps({"minute_limit": 10**6, "day_limit": 10**7, "seed": asked.chance.randint(1, 10**6)})
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    simulator = children.start(
        "simulator",
        [
            "simulate",
            asked.package,
            "--port",
            str(port),
            "--state",
            str(folder / "books.sqlite"),
            "--settings",
            settings,
        ],
    )
    simulator.wait_until(lambda: listens(port))
    stage = set_stage(asked.package, url, "Chaos Company", "Chaos")
    delivery = make_delivery(asked.documents, plan.codes, asked.chance)
    show = _Show(children, stage, delivery, url, asked)
    with acting_for(stage.configuration.organisation_id):
        show.drop()
        last_kill = show.kill_workers(asked.kills)
        show.wait_for_the_end()
    recovered_after = time.monotonic() - last_kill if last_kill else 0.0
    books = httpx.get(f"{url}/_simulator/books", params={"division": plan.administration}, timeout=60).json()
    return {
        "package": asked.package,
        "documents": delivery.document_count,
        **_count(delivery, {kind: [h.number for h in plan.held(books, kind)] for kind in delivery.expected}),
        "kills": show.kills,
        "faults": show.faults,
        "recovered_after_s": round(recovered_after, 1),
    }


def _count(delivery: "Delivery", booked: dict[Any, list[str]]) -> dict[str, int]:
    lost = duplicates = 0
    for kind, expected in delivery.expected.items():
        found = Counter(booked[kind])
        lost += len(expected - set(found))
        duplicates += sum(found[number] - 1 for number in expected if found[number] > 1)
        duplicates += sum(count for number, count in found.items() if number not in expected)
    return {"lost": lost, "duplicates": duplicates}


class _Show:
    """The run of events: files dropped again, workers killed and started anew, faults of the package."""

    def __init__(self, children: Children, stage: "Stage", delivery: "Delivery", url: str, asked: _Asked) -> None:
        self._children = children
        self._configuration = stage.configuration
        self._delivery = delivery
        self._url = url
        self._chance = asked.chance
        self._deadline = asked.deadline
        self._workers: list[Child] = [self._worker() for _ in range(WORKERS)]
        self.kills = 0
        self.faults = 0

    def _worker(self) -> Child:
        return self._children.start("worker", ["worker"])

    def drop(self) -> None:
        """Offer all files, in an order of chance."""
        from bookbridge.storage import inbox_prefix, open_storage

        inbox = inbox_prefix(self._configuration.organisation_id, self._configuration.integration_id)
        names = list(self._delivery.files)
        self._chance.shuffle(names)
        for name in names:
            open_storage().put(f"{inbox}/{name}", self._delivery.files[name])

    def kill_workers(self, kills: int) -> float | None:
        """Kill a worker whenever the next part of the documents has been sent; the moment of the last kill."""
        marks = sorted(
            self._chance.sample(range(self._delivery.document_count), min(kills, self._delivery.document_count))
        )
        last = None
        for position, mark in enumerate(marks):
            self._wait_for_attempts(mark)
            if position % math.ceil(len(marks) / len(_FAULTS)) == 0:
                self._break_the_package()
            if position and position % max(len(marks) // 3, 1) == 0:
                self.drop()
            victim = self._chance.randrange(WORKERS)
            self._workers[victim].kill()
            last = time.monotonic()
            self.kills += 1
            self._workers[victim] = self._worker()
        return last

    def _break_the_package(self) -> None:
        rule = {**self._chance.choice(_FAULTS), "times": self._chance.randint(1, 3)}
        httpx.post(f"{self._url}/_simulator/faults", json=[rule]).raise_for_status()
        self.faults += 1

    def _wait_for_attempts(self, wanted: int) -> None:
        from bookbridge.exchange.models import Posting

        while Posting.objects.exclude(state=Posting.State.PENDING).count() < wanted:
            self._pause()

    def wait_for_the_end(self) -> None:
        """Until every file has been taken in and every run has ended."""
        from bookbridge.exchange.models import Run
        from bookbridge.storage import inbox_prefix, open_storage

        inbox = inbox_prefix(self._configuration.organisation_id, self._configuration.integration_id)
        out = Run.objects.filter(direction=Run.Direction.OUT)
        while not out.exists() or out.exclude(state=Run.State.ENDED).exists() or any(open_storage().list(inbox)):
            self._pause()

    def _pause(self) -> None:
        if time.monotonic() > self._deadline:
            raise ChildFailedError(f"not done in time; the end of a worker's log:\n{self._workers[0].log_end()}")
        for position, worker in enumerate(self._workers):
            if worker.process.poll() is not None:
                self._workers[position] = self._worker()
        time.sleep(0.05)
