"""Looking into inboxes: nothing that was dropped stays unseen, and an empty folder costs next to nothing."""

import os
import time
from pathlib import Path

import pytest
from obstore.store import LocalStore

from bookbridge.exchange import inboxes as looking
from bookbridge.exchange.inboxes import Inboxes
from bookbridge.exchange.models import Delivery
from bookbridge.integrations.models import Integration
from bookbridge.storage import Storage, inbox_prefix, open_storage
from tests.exchange import files
from tests.exchange.stage import Stage

LONG_AGO_S = 3600


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The prefixes that were listed, in order."""
    seen: list[str] = []
    plain = Storage.list

    def listing(storage: Storage, prefix: str):
        seen.append(prefix)
        return plain(storage, prefix)

    monkeypatch.setattr(Storage, "list", listing)
    return seen


def folder(stage: Stage) -> Path:
    own = stage.configuration
    path = open_storage().local_path(inbox_prefix(own.organisation_id, own.integration_id))
    assert path is not None
    return path


def age(path: Path) -> None:
    past = time.time() - LONG_AGO_S
    os.utime(path, (past, past))


def known_empty(stage: Stage) -> Inboxes:
    """What a process remembers that has looked into the stage's empty inbox twice."""
    age(folder(stage))
    memory = Inboxes()
    memory.look()
    memory.look()
    return memory


def test_an_empty_folder_that_has_not_changed_is_not_listed_again(stage: Stage, listed: list[str]):
    memory = known_empty(stage)
    listed.clear()
    for _ in range(5):
        memory.look()
    assert listed == []


def test_a_file_that_comes_later_is_seen_by_the_next_look(stage: Stage):
    memory = known_empty(stage)
    stage.drop(debitr__csv=files.joined(files.customer("100")))
    memory.look()
    assert Delivery.objects.get().file_name == "debitr.csv"
    assert not any(folder(stage).iterdir())


def test_a_folder_that_has_just_changed_is_listed_until_its_time_can_be_relied_on(stage: Stage, listed: list[str]):
    os.utime(folder(stage))
    memory = Inboxes()
    for _ in range(4):
        memory.look()
    assert len(listed) == 4


def test_a_file_that_the_folders_time_hides_is_found_all_the_same(stage: Stage):
    memory = known_empty(stage)
    told = folder(stage).stat()
    stage.drop(debitr__csv=files.joined(files.customer("100")))
    os.utime(folder(stage), ns=(told.st_atime_ns, told.st_mtime_ns))
    for _ in range(looking.LOOKS_UNTIL_ALL_ARE_LISTED):
        memory.look()
    assert Delivery.objects.exists()


def test_a_folder_inside_is_always_looked_into(stage: Stage, listed: list[str]):
    (folder(stage) / "today").mkdir()
    memory = known_empty(stage)
    listed.clear()
    memory.look()
    assert len(listed) == 1


def test_a_paused_integration_is_left_alone_though_it_is_still_remembered(stage: Stage):
    memory = known_empty(stage)
    Integration.objects.filter(pk=stage.configuration.integration_id).update(is_paused=True)
    stage.drop(debitr__csv=files.joined(files.customer("100")))
    memory.look()
    assert not Delivery.objects.exists()


def test_many_inboxes_of_a_bucket_take_turns(monkeypatch: pytest.MonkeyPatch):
    known = [f"inbox {number}" for number in range(looking.MOST_LISTED_IN_A_BUCKET * 2 + 1)]
    memory = Inboxes()
    seen: list[str] = []
    for turn in range(3):
        monkeypatch.setattr(memory, "_looks", turn)
        chosen = list(memory._chosen(known, in_a_bucket=True))
        assert len(chosen) <= looking.MOST_LISTED_IN_A_BUCKET
        seen += chosen
    assert sorted(seen) == sorted(known)
    assert list(memory._chosen(known, in_a_bucket=False)) == known


def test_a_bucket_tells_no_time_of_change(tmp_path: Path):
    in_no_folder = Storage(LocalStore(tmp_path))
    assert in_no_folder.changed_at("any") is None
