"""The stage as a fixture for every test that needs the whole exchange."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.exchange.stage import Stage
from tests.roles import as_the_app


@pytest.fixture
def stage(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    # Imported here: Django is set up by the time a test runs, not when this plugin is loaded.
    from django.conf import settings

    from bookbridge.commands.staging import set_stage
    from bookbridge.exchange.workers import WorkerLife
    from bookbridge.kit import catalogue, outgoing
    from bookbridge.kit.simulation import SimulatorServer, SimulatorSettings

    environment = replace(settings.ENVIRONMENT, storage=str(tmp_path / "storage"), inbox_settle_s=0)
    monkeypatch.setattr(settings, "ENVIRONMENT", environment)
    simulator_settings = SimulatorSettings(minute_limit=100_000, day_limit=1_000_000)
    simulator = catalogue.simulator_factory("exact_online")(simulator_settings)
    monkeypatch.setenv(outgoing.SETTING, "")
    with SimulatorServer(simulator) as server, outgoing.allowing(server.url):
        with as_the_app():
            made = set_stage("exact_online", server.url, "Test Company", "Files")
        worker = WorkerLife().start()
        yield Stage(made.configuration, server, worker)
        worker.stop()
