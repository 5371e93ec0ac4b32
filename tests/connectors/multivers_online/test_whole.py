"""The whole exchange with Multivers: two runs at once, somebody who books by hand in between, and one effect each."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from django.db import connection

from bookbridge.commands.chaos.documents import Delivery, make_delivery
from bookbridge.exchange import running, sweep
from bookbridge.exchange.models import Attempt, Line, Run
from bookbridge.exchange.workers import WorkerLife
from bookbridge.kit import catalogue, outgoing
from bookbridge.kit.simulation import Simulator, SimulatorServer, SimulatorSettings
from bookbridge.storage import inbox_prefix, open_storage
from tests.connectors.multivers_online import NAME
from tests.exchange.stage import Stage
from tests.roles import as_the_app

STAGE = catalogue.stage(NAME)
KINDS = ("sales_invoice", "purchase_invoice", "journal_entry")


class Multivers(Stage):
    """The exchange's stage, with Multivers in the place of the package."""

    def begun(self, *deliveries: dict[str, bytes]) -> list[Run]:
        """A run for each delivery, which waits for a worker."""
        runs = []
        for files in deliveries:
            inbox = inbox_prefix(self.configuration.organisation_id, self.configuration.integration_id)
            for name, content in files.items():
                open_storage().put(f"{inbox}/{name}", content)
            sweep.look_into_inboxes()
            runs.append(Run.objects.latest("pk"))
        return runs

    def held(self) -> Any:
        return httpx.get(f"{self.simulator.url}/_simulator/books").json()

    def book_by_hand(self, journal: str) -> None:  # type: ignore[override]
        self.control("bookings", journal=journal, year=2026)


@pytest.fixture
def multivers(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Multivers]:
    from django.conf import settings

    from bookbridge.commands.staging import set_stage

    environment = replace(settings.ENVIRONMENT, storage=str(tmp_path / "storage"), inbox_settle_s=0)
    monkeypatch.setattr(settings, "ENVIRONMENT", environment)
    monkeypatch.setenv(outgoing.SETTING, "")
    simulator: Simulator = catalogue.simulator_factory(NAME)(SimulatorSettings.model_validate(STAGE.settings), None)
    with SimulatorServer(simulator) as server, outgoing.allowing(server.url):
        with as_the_app():
            made = set_stage(NAME, server.url, "Test Company", "Files")
        worker = WorkerLife().start()
        yield Multivers(made.configuration, server, worker)
        worker.stop()


def in_threads(runs: list[Run]) -> None:
    def work(run: Run) -> None:
        life = WorkerLife().start()
        try:
            running.work_on(run.pk, life)
        finally:
            life.stop()
            connection.close()

    with ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(work, runs))


def delivered(count: int) -> Delivery:
    return make_delivery(count, STAGE.codes, Random(7))


def numbers_on_record() -> list[tuple[str, str]]:
    """Series and number of every attempt that was concluded with a posting."""
    posted = Attempt.objects.filter(action="post", outcome__in=("posted", "already_there")).exclude(series="")
    return [(attempt.series, attempt.prepared["journal_transaction"]) for attempt in posted]


def assert_each_once(multivers: Multivers, delivery: Delivery) -> None:
    books = multivers.held()
    for kind, numbers in delivery.expected.items():
        assert sorted(record.number for record in STAGE.held(books, kind)) == sorted(numbers), kind
    assert Decimal(books["ledger_sum"]) == 0
    on_record = numbers_on_record()
    assert len(on_record) == len(set(on_record)) == sum(len(delivery.expected[kind]) for kind in KINDS)


def test_two_runs_at_once_and_somebody_who_books_by_hand_end_in_one_effect_each(
    multivers: Multivers, monkeypatch: pytest.MonkeyPatch
):
    from bookbridge.connectors.multivers_online.entries import Entries

    delivery = delivered(16)
    multivers.begun(delivery.relations)
    multivers.work()

    true_post, posted = Entries.post, []

    def post(self: Any, request: Any, entry: Any) -> Any:
        posted.append(entry.journal)
        if len(posted) % 3 == 0:
            # Between the draw, which is on record by now, and the call.
            multivers.book_by_hand(entry.journal)
        return true_post(self, request, entry)

    monkeypatch.setattr(Entries, "post", post)
    middle = len(delivery.entries) // 2
    # The second holds all of them: what the first is sending just now is there too.
    first, second = b"".join(delivery.entries[:middle]), b"".join(delivery.entries)
    runs = multivers.begun({"fmuta6.csv": first}, {"again/fmuta6.csv": second})
    assert runs[0].pk != runs[1].pk
    in_threads(runs)
    multivers.work(120)

    assert_each_once(multivers, delivery)
    assert Attempt.objects.filter(outcome="later").exists(), "nobody came between"
    assert not Line.objects.filter(outcome__in=(Line.Outcome.REFUSED, Line.Outcome.UNCERTAIN)).exists()


@pytest.mark.parametrize("fault", ["cut_after", "cut_before"])
def test_a_lost_answer_holds_the_journal_until_it_was_looked_up(multivers: Multivers, fault: str):
    delivery = delivered(10)
    multivers.begun(delivery.relations)
    multivers.work()
    multivers.faults({"kind": fault, "resource": "CustomerInvoice", "changes": True, "times": 1})
    multivers.begun({"fmuta6.csv": b"".join(delivery.entries)})
    multivers.work(60)

    assert_each_once_but_looked_up(multivers, delivery)


def assert_each_once_but_looked_up(multivers: Multivers, delivery: Delivery) -> None:
    books = multivers.held()
    for kind, numbers in delivery.expected.items():
        assert sorted(record.number for record in STAGE.held(books, kind)) == sorted(numbers), kind
    held = [(entry["journalId"], entry["journalTransaction"]) for entry in books["customer_invoice"]]
    assert sorted(number for _, number in held) == list(range(1, len(held) + 1)), "a gap, or a number twice"
    assert Attempt.objects.filter(action="look_up").exists()
