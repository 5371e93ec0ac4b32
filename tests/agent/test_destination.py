"""Files that wait belong to the integration they were taken for, whatever becomes of the synchronisation."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from bookbridge_agent import configuration, destination, folder
from bookbridge_agent.destination import Destination
from bookbridge_agent.journal import Journal
from bookbridge_agent.leftovers import Leftovers
from bookbridge_agent.messages import AgentError
from tests.agent.desk import INTEGRATION, Desk

NOWHERE = "http://127.0.0.1:9"
OTHER = str(UUID(int=3))
FILES = {"fmuta6.csv": b"first\r\n", "debitr.csv": b"100;Jansen\r\n", "credit.csv": b"200;Pieters\r\n"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """With files that were taken and wait, since there is no network."""
    made = Desk(tmp_path, NOWHERE)
    for name, content in FILES.items():
        made.write(name, content)
    made.once()
    assert sorted(path.name for path in made.waiting()) == sorted(FILES)
    return made


def leftovers(desk: Desk) -> Leftovers:
    return Leftovers(desk.of, desk.home, Journal(desk.home.journal))


def aside(desk: Desk) -> list[Path]:
    return sorted(path for path in desk.source.glob(".bookbridge-*/*/*"))


def everywhere(desk: Desk) -> list[bytes]:
    """The content of every file below the source folder that came from the ERP."""
    files = [path for path in desk.source.rglob("*") if path.is_file() and path.name != "destination.json"]
    return sorted(path.read_bytes() for path in files)


def test_what_waits_says_for_whom(desk: Desk) -> None:
    marked = json.loads((desk.source / folder.WAITING / "destination.json").read_bytes())
    assert marked == {"company": desk.of.company, "integration": INTEGRATION, "endpoint": NOWHERE}


def test_a_changed_integration_gets_none_of_it_and_a_person_is_told(desk: Desk) -> None:
    desk.set(integration=OTHER)
    desk.write("fmuta6.csv", b"for the other\r\n")
    [told] = [each for each in desk.once().state.troubles() if each.code == "waits_for_another"]
    assert told.values["count"] == "3"
    assert [path.read_bytes() for path in desk.waiting()] == [b"for the other\r\n"], "new files are taken all the same"
    assert len(aside(desk)) == 3
    [other] = leftovers(desk).for_others()
    assert (other.destination.integration, len(other.waiting)) == (INTEGRATION, 3)
    assert leftovers(desk).count() == 4


def test_nothing_is_sent_before_it_is_set_aside(desk: Desk) -> None:
    """The sender's own look: it must not be quicker than the taker."""
    other = Destination(desk.of.company, OTHER, NOWHERE)
    assert not destination.may_be_sent(desk.source, other)
    assert destination.may_be_sent(desk.source, Destination.of(desk.of))


def test_changed_back_they_go_on_by_their_ids(desk: Desk) -> None:
    before = desk.waiting()
    desk.set(integration=OTHER)
    desk.once()
    desk.set(integration=INTEGRATION)
    assert "waits_for_another" not in desk.troubles()
    assert desk.waiting() == before
    assert aside(desk) == []
    assert [path.name for path in desk.source.glob(".bookbridge*")] == [".bookbridge"]


def test_a_portal_that_moved_is_the_same(desk: Desk) -> None:
    before = desk.waiting()
    desk.set(endpoint="http://127.0.0.1:10")
    assert "waits_for_another" not in desk.troubles()
    assert desk.waiting() == before
    marked = json.loads((desk.source / folder.WAITING / "destination.json").read_bytes())
    assert marked["endpoint"] == "http://127.0.0.1:10"


def test_a_mark_that_can_not_be_read_is_nobodys(desk: Desk) -> None:
    (desk.source / folder.WAITING / "destination.json").write_bytes(b"\xff{")
    assert "waits_for_another" in desk.troubles()
    assert (len(aside(desk)), desk.waiting()) == (3, [])


def test_an_empty_waiting_folder_changes_hands(tmp_path: Path) -> None:
    desk = Desk(tmp_path, NOWHERE)
    (desk.source / folder.WAITING).mkdir()
    destination.ensure(desk.source, Destination.of(desk.of))
    desk.set(integration=OTHER)
    assert "waits_for_another" not in desk.troubles()
    assert json.loads((desk.source / folder.WAITING / "destination.json").read_bytes())["integration"] == OTHER


def test_sent_on_each_is_a_delivery_of_its_own(desk: Desk) -> None:
    before = {path.parent.name for path in desk.waiting()}
    desk.set(integration=OTHER)
    assert leftovers(desk).send_on() == 3
    assert not {path.parent.name for path in desk.waiting()} & before
    assert sorted(path.name for path in desk.waiting()) == sorted(FILES)
    assert "waits_for_another" not in desk.troubles()


def test_what_arrived_already_is_put_away_and_goes_nowhere(desk: Desk) -> None:
    import hashlib

    [path] = [path for path in desk.waiting() if path.name == "fmuta6.csv"]
    journal = Journal(desk.home.journal)
    journal.confirm(path.parent.name, hashlib.sha256(path.read_bytes()).hexdigest())
    journal.close()
    desk.set(integration=OTHER)
    assert leftovers(desk).send_on() == 2
    assert desk.archived() == [FILES["fmuta6.csv"]]


def test_put_back_nothing_is_overwritten(desk: Desk) -> None:
    desk.set(integration=OTHER, is_active=False)
    desk.write("fmuta6.csv", b"meanwhile\r\n")
    assert leftovers(desk).put_back() == 3
    assert (desk.source / "fmuta6.csv").read_bytes() == b"meanwhile\r\n"
    assert (desk.source / "debitr.csv").read_bytes() == FILES["debitr.csv"]
    [dated] = desk.source.glob("fmuta6 2*.csv")
    assert dated.read_bytes() == FILES["fmuta6.csv"]
    assert everywhere(desk) == sorted([*FILES.values(), b"meanwhile\r\n"])
    assert leftovers(desk).for_others() == []


def test_put_back_is_refused_while_they_would_be_taken_again(desk: Desk) -> None:
    desk.set(integration=OTHER)
    with pytest.raises(AgentError, match="Switch it off first"):
        leftovers(desk).put_back()
    desk.set(is_active=False)
    with desk.home.alone():
        journal = Journal(desk.home.journal)
        journal.keep_state(desk.of.id, {"at_work": True})
        with pytest.raises(AgentError, match="Switch it off first"):
            leftovers(desk).put_back()
    assert everywhere(desk) == sorted(FILES.values())


def test_a_synchronisation_that_is_added_later_finds_what_a_deleted_one_left(desk: Desk) -> None:
    before = desk.waiting()
    configuration.change(desk.home, lambda now: now.without(desk.of.id))
    assert desk.waiting() == before
    again = Desk(desk.home.folder.parent, NOWHERE)
    assert "waits_for_another" not in again.troubles()
    assert again.waiting() == before
    other = Desk(desk.home.folder.parent, NOWHERE, integration=OTHER)
    assert "waits_for_another" in other.troubles()


COMMANDS = {
    "set_aside": ["once"],
    "sent_on": ["waiting", "ERP", "--send"],
    "put_back": ["waiting", "ERP", "--put-back"],
}


@pytest.mark.crash
@pytest.mark.parametrize("point", COMMANDS)
def test_killed_at_any_point_no_file_is_lost_or_doubled(desk: Desk, tmp_path: Path, point: str) -> None:
    desk.set(integration=OTHER, is_active=point == "set_aside")
    flag = tmp_path / "die"
    flag.touch()
    killed = _run(desk, COMMANDS[point], BOOKBRIDGE_AGENT_CRASH_AT=f"{point}={flag}")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert everywhere(desk) == sorted(FILES.values())
    _run(desk, COMMANDS[point])
    assert everywhere(desk) == sorted(FILES.values())
    if point != "set_aside":
        assert leftovers(desk).for_others() == []
    else:
        assert len(aside(desk)) == 3


@pytest.mark.crash
def test_killed_while_taking_up_again_none_is_lost(desk: Desk, tmp_path: Path) -> None:
    before = desk.waiting()
    desk.set(integration=OTHER)
    desk.once()
    desk.set(integration=INTEGRATION)
    flag = tmp_path / "die"
    flag.touch()
    killed = _run(desk, ["once"], BOOKBRIDGE_AGENT_CRASH_AT=f"taken_up={flag}")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    desk.once()
    assert desk.waiting() == before


def test_a_name_that_was_given_back_before_the_kill_is_not_given_twice(tmp_path: Path) -> None:
    from bookbridge_agent import machine

    (tmp_path / "a").write_bytes(b"a")
    os.link(tmp_path / "a", tmp_path / "b")
    machine.rename_to_free(tmp_path / "a", tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    (tmp_path / "a").write_bytes(b"other")
    with pytest.raises(FileExistsError):
        machine.rename_to_free(tmp_path / "a", tmp_path / "b")


def _run(desk: Desk, words: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("BOOKBRIDGE_")},
        "BOOKBRIDGE_AGENT_HOME": str(desk.home.folder),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        **more,
    }
    command = [sys.executable, "-P", "-m", "bookbridge_agent", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
