"""Objects that are complete by construction: taken at once by a worker, whatever the settle time is."""

import os
from pathlib import Path

from django.db import transaction

from bookbridge.commands.processes import Children
from bookbridge.exchange import intake
from bookbridge.exchange.models import Delivery, Run
from bookbridge.storage import inbox_prefix
from tests.crash.test_named_points import all_runs_ended, start_worker, wait_until
from tests.exchange import files
from tests.exchange.stage import Stage


def arrive(stage: Stage, name: str, content: bytes) -> None:
    stage.drop(**{name.replace(".", "__"): content})
    own = stage.configuration
    key = f"{inbox_prefix(own.organisation_id, own.integration_id)}/{name}"
    intake.arrived(own.organisation_id, own.integration_id, key)


def test_what_has_arrived_whole_is_taken_at_once(stage: Stage, tmp_path: Path):
    with Children(tmp_path / "logs") as children:
        ready = tmp_path / "worker.ready"
        worker = start_worker(children, "worker", tmp_path, BOOKBRIDGE_INBOX_SETTLE_S="600")
        wait_until(ready.exists, f"the worker did not start: {worker.log_end()}")

        arrive(stage, "debitr.csv", files.joined(files.customer("100")))
        wait_until(all_runs_ended, f"nothing was taken: {worker.log_end()}")

    assert Run.objects.get().counts["posted"] == 1
    assert len(stage.books()["accounts"]) == 1


def test_an_arrival_told_twice_or_for_nothing_does_no_harm(stage: Stage, tmp_path: Path):
    own = stage.configuration
    with Children(tmp_path / "logs") as children:
        start_worker(children, "worker", tmp_path)
        intake.arrived(own.organisation_id, own.integration_id, "gone")
        with transaction.atomic():
            arrive(stage, "debitr.csv", files.joined(files.customer("100")))
            arrive(stage, "debitr.csv", files.joined(files.customer("100")))
        wait_until(lambda: Delivery.objects.exists() and all_runs_ended(), "nothing was taken")

    assert len(stage.books()["accounts"]) == 1


def test_a_file_that_still_settles_is_not_taken_with_what_has_arrived(stage: Stage, monkeypatch):
    from dataclasses import replace

    from django.conf import settings

    monkeypatch.setattr(settings, "ENVIRONMENT", replace(settings.ENVIRONMENT, inbox_settle_s=600))
    own = stage.configuration
    prefix = inbox_prefix(own.organisation_id, own.integration_id)
    stage.drop(debitr__csv=files.joined(files.customer("100")), fmuta6__csv=b"half")

    assert intake.take_files(own.integration, complete=(f"{prefix}/debitr.csv",)) is None
    path = Path(settings.ENVIRONMENT.storage) / prefix / "fmuta6.csv"
    os.remove(path)
    run = intake.take_files(own.integration, complete=(f"{prefix}/debitr.csv",))
    assert run is not None
    assert [delivery.file_name for delivery in run.deliveries.all()] == ["debitr.csv"]
