"""The inbox while the drop box is still receiving, and what broken uploads leave."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from bookbridge.exchange import intake, sweep
from bookbridge.storage import inbox_prefix, open_storage, uploads_prefix
from tests import factories
from tests.exchange import files
from tests.exchange.stage import Stage


def partial(stage: Stage, age: timedelta = timedelta()) -> Path:
    """A file that the drop box is receiving, last written so long ago."""
    own = stage.configuration
    key = f"{uploads_prefix(own.organisation_id, own.integration_id)}/half.partial"
    open_storage().put(key, b"half")
    path = open_storage().local_path(key)
    assert path is not None
    moment = (timezone.now() - age).timestamp()
    os.utime(path, (moment, moment))
    return path


def test_files_wait_for_one_that_is_still_coming_in(stage: Stage):
    """It may hold their customers."""
    stage.drop(fmuta6__csv=files.joined(files.sale("26000001")))
    coming = partial(stage)
    assert intake.take_files(stage.configuration.integration) is None
    coming.unlink()
    assert intake.take_files(stage.configuration.integration) is not None


def test_an_upload_that_hangs_keeps_nobody_waiting(stage: Stage):
    stage.drop(fmuta6__csv=files.joined(files.sale("26000001")))
    partial(stage, timedelta(minutes=1))
    assert intake.take_files(stage.configuration.integration) is not None


def test_a_file_does_not_wait_for_ever(stage: Stage):
    stage.drop(fmuta6__csv=files.joined(files.sale("26000001")))
    own = stage.configuration
    path = open_storage().local_path(f"{inbox_prefix(own.organisation_id, own.integration_id)}/fmuta6.csv")
    assert path is not None
    os.utime(path, (path.stat().st_mtime - 40, path.stat().st_mtime - 40))
    partial(stage)
    assert intake.take_files(stage.configuration.integration) is not None


def test_the_sweep_removes_what_killed_servers_left(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    factories.access_key(stage.configuration.integration)
    going_on = partial(stage).with_name("going-on.partial")
    os.rename(partial(stage), going_on)
    left = partial(stage, timedelta(hours=2))
    monkeypatch.setattr(sweep, "_next_tidying", 0.0)
    sweep.sweep()
    assert not left.exists()
    assert going_on.exists()
