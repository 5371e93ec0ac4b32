"""The whole way with a real Tryton: files in, entries posted and balanced in its own books, open items back.

What is said of the books is asked of Tryton, past the connector.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bookbridge.commands.chaos.documents import ENTRIES, Delivery, make_delivery
from bookbridge.exchange import outstanding
from bookbridge.exchange.models import OutstandingSnapshot, Run
from bookbridge.kit import catalogue
from bookbridge.storage import open_storage, outbox_key
from tests.crash.test_named_points import crash_and_recover
from tests.exchange.stage import Stage
from tests.roles import as_the_app

BOOKS = catalogue.stage("tryton")
LONGEST_S = 300


@pytest.fixture
def tryton(
    transactional_db: None, simulators_postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    from django.conf import settings

    from bookbridge.commands.staging import set_stage
    from bookbridge.exchange.workers import WorkerLife
    from bookbridge.kit import outgoing
    from bookbridge.kit.simulation import SimulatorServer, SimulatorSettings

    environment = replace(settings.ENVIRONMENT, storage=str(tmp_path / "storage"), inbox_settle_s=0)
    monkeypatch.setattr(settings, "ENVIRONMENT", environment)
    monkeypatch.setenv(outgoing.SETTING, "")
    simulator = catalogue.simulator_factory("tryton")(SimulatorSettings(), None)
    with SimulatorServer(simulator) as server, outgoing.allowing(server.url):
        with as_the_app():
            made = set_stage("tryton", server.url, "Test Company", "Files")
        worker = WorkerLife().start()
        yield Stage(made.configuration, server, worker)
        worker.stop()


@pytest.fixture
def delivery() -> Delivery:
    return make_delivery(14, BOOKS.codes, Random(4))


def drop(stage: Stage, files: dict[str, bytes]) -> None:
    stage.drop(**{name.replace(".", "__"): content for name, content in files.items()})


def all_runs_ended() -> bool:
    return Run.objects.exists() and not Run.objects.exclude(state=Run.State.ENDED).exists()


def assert_once_and_balanced(stage: Stage, delivery: Delivery) -> Any:
    books = stage.books()
    for kind, numbers in delivery.expected.items():
        assert Counter(record.number for record in BOOKS.held(books, kind)) == Counter(numbers), kind
    assert books["summary"]["unbalanced"] == []
    assert (books["summary"]["draft_invoices"], books["summary"]["draft_moves"]) == (0, 0)
    return books


def test_files_in_entries_balanced_and_open_items_back(tryton: Stage, delivery: Delivery) -> None:
    drop(tryton, delivery.files)
    tryton.work(LONGEST_S)
    run = Run.objects.get()
    assert (run.counts["posted"], run.counts["refused"], run.counts["uncertain"]) == (delivery.document_count, 0, 0)
    books = assert_once_and_balanced(tryton, delivery)

    drop(tryton, delivery.files)
    tryton.work(LONGEST_S)
    assert Run.objects.latest("pk").counts["posted"] == 0
    assert assert_once_and_balanced(tryton, delivery)["summary"] == books["summary"]

    asked = outstanding.ask_for(tryton.configuration)
    tryton.work(LONGEST_S)
    assert OutstandingSnapshot.objects.get(run=asked).state == OutstandingSnapshot.State.WRITTEN
    for name, side in (("dbopen.csv", "out"), ("dbopen_purchase.csv", "in")):
        owed = [Decimal(invoice["total_amount"]) for invoice in books["invoices"] if invoice["type"] == side]
        assert sorted(_open_amounts(tryton, name)) == sorted(owed), name


def _open_amounts(stage: Stage, name: str) -> list[Decimal]:
    key = outbox_key(stage.configuration.organisation_id, stage.configuration.integration_id, name)
    rows = open_storage().get(key).decode("cp1252").splitlines() if open_storage().exists(key) else []
    return [Decimal(row.split(",")[12]) for row in rows]


@pytest.mark.crash
@pytest.mark.parametrize("point", ["claim_checked", "answer_received"])
def test_a_worker_killed_while_it_sends_to_tryton(
    point: str, tryton: Stage, delivery: Delivery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(tryton, delivery.relations)
    tryton.work(LONGEST_S)
    drop(tryton, {ENTRIES: delivery.files[ENTRIES]})
    monkeypatch.setattr("tests.crash.test_named_points.LONGEST_S", LONGEST_S)
    crash_and_recover(point, tmp_path, all_runs_ended)
    assert_once_and_balanced(tryton, delivery)
    drop(tryton, delivery.files)
    tryton.work(LONGEST_S)
    assert_once_and_balanced(tryton, delivery)
