"""Configuration, secrets, journal and files: kept whole, and damaged ones told."""

import errno
import json
import os
import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import keyring.errors
import pytest

from bookbridge_agent import configuration, folder, machine
from bookbridge_agent.configuration import Configuration, Settings, Synchronisation
from bookbridge_agent.home import Home
from bookbridge_agent.journal import Journal
from bookbridge_agent.messages import AgentError, message
from bookbridge_agent.signs_of_life import MOST_BYTES, SignsOfLife
from bookbridge_agent.state import State
from bookbridge_agent.vault import BothVaults, ChosenVault, FileVault
from bookbridge_agent.working import LONGEST_PAUSE_S, pause_after
from bookbridge_agent.writing import write_whole
from tests.agent.desk import Desk


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.create()
    return made


def test_a_configuration_is_read_as_it_was_written(tmp_path: Path) -> None:
    outputs = {"sales_output": tmp_path / "a.csv", "purchase_output": Path(r"\\server\share\b.csv")}
    desk = Desk(tmp_path, "https://books.example.org", after="delete", is_active=False, **outputs)
    [read] = configuration.load(desk.home).synchronisations
    assert read == desk.of
    assert isinstance(read.purchase_output, Path)


def test_what_two_change_at_once_is_both_kept(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reads, changes and writes: one in the screens, say, and one by the command line."""
    read, waits = threading.Event(), threading.Event()

    def waiting(_seconds: float) -> None:
        waits.set()
        threading.Event().wait(0.01)

    def slowly(now: Configuration) -> Configuration:
        read.set()
        waits.wait(20)
        return replace(now, settings=Settings(keep_activity_days=7))

    monkeypatch.setattr("bookbridge_agent.home.time.sleep", waiting)
    first = threading.Thread(target=configuration.change, args=(home, slowly))
    first.start()
    assert read.wait(20)
    configuration.change(home, lambda now: replace(now, installation="1" * 32))
    waits.set()
    first.join(20)
    kept = configuration.load(home)
    assert (kept.settings.keep_activity_days, kept.installation) == (7, "1" * 32)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"installation": "x"}', '{"installation": "' + "0" * 32 + '", "settings": {"x": 1}}']
)
def test_a_damaged_configuration_is_told_and_left_alone(home: Home, text: str) -> None:
    home.configuration.write_text(text)
    with pytest.raises(AgentError) as damaged:
        configuration.load(home)
    assert damaged.value.message.code == "configuration_damaged"
    assert home.configuration.read_text() == text


@pytest.mark.parametrize("value", [0, -1, "2", None])
def test_a_setting_that_is_no_number_is_named(value: object) -> None:
    with pytest.raises(AgentError, match="settle_s"):
        Settings(settle_s=value)  # type: ignore[arg-type]


def test_no_field_of_a_synchronisation_holds_a_secret() -> None:
    assert not [name for name in Synchronisation.__dataclass_fields__ if "secret" in name]


class Keyring:
    """`works` no: refuses; None: takes everything and keeps nothing."""

    def __init__(self, works: bool | None) -> None:
        self.works, self.kept = works, dict[str, str]()

    def get(self, name: str) -> str | None:
        return self.kept.get(name)

    def put(self, name: str, secret: str) -> None:
        if self.works is False:
            raise keyring.errors.NoKeyringError
        if self.works:
            self.kept[name] = secret

    def forget(self, name: str) -> None:
        self.kept.pop(name, None)


@pytest.mark.parametrize("works", [True, False, None])
def test_a_secret_comes_back_whatever_the_keyring_does(tmp_path: Path, works: bool | None) -> None:
    ring = Keyring(works)
    BothVaults(ring, FileVault(tmp_path)).put("a", "top secret")
    assert BothVaults(ring, FileVault(tmp_path)).get("a") == "top secret"
    assert (tmp_path / "secrets.json").exists() is not bool(works)
    assert BothVaults(ring, FileVault(tmp_path)).get("b") is None


def test_secrets_move_into_the_file_while_an_agent_is_at_work(home: Home) -> None:
    ring = Keyring(works=True)
    vault = ChosenVault(home, ring)
    vault.put("a", "before")
    assert ring.kept == {"a": "before"}
    configuration.change(home, lambda now: replace(now, settings=Settings(secrets_in_file=True)))
    assert vault.get("a") is None, "a service finds no keyring open"
    vault.put("a", "after")
    assert (vault.get("a"), FileVault(home.folder).get("a"), ring.kept["a"]) == ("after", "after", "before")
    vault.forget("a")
    assert (vault.get("a"), ring.kept) == (None, {})


def test_secrets_without_their_key_are_told(tmp_path: Path) -> None:
    vault = FileVault(tmp_path)
    vault.put("a", "top secret")
    (tmp_path / "secrets.key").unlink()
    with pytest.raises(AgentError) as lost:
        vault.get("a")
    assert lost.value.message.code == "secret_unreadable"


def test_a_journal_remembers_what_it_was_told(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.confirm("d", "1")
    journal.keep_fetched("t", "v")
    journal.tell("s", "sent", "a\udcff.csv", delivery="d")
    journal.close()
    again = Journal(tmp_path / "j")
    assert (again.is_confirmed("d", "1"), again.is_confirmed("d", "2")) == (True, False)
    assert again.fetched_version("t") == "v"
    assert [(each.what, each.name, each.told) for each in again.activity()] == [("sent", "a?.csv", {"delivery": "d"})]
    assert again.trouble is None


def test_a_journal_forgets_what_is_old(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.tell("s", "sent", "a")
    journal.forget_before(datetime.now(UTC), days=1)
    assert len(journal.activity()) == 1
    journal.forget_before(datetime.now(UTC) + timedelta(days=2), days=1)
    assert journal.activity() == []


def test_a_journal_that_can_not_be_written_keeps_nobody_from_working(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "no such folder" / "j")
    journal.confirm("d", "1")
    assert journal.is_confirmed("d", "1")
    assert journal.trouble is not None
    broken = Journal(tmp_path / "j")
    with sqlite3.connect(tmp_path / "j") as other:
        other.execute("DROP TABLE confirmed")
    broken.confirm("d", "1")
    assert broken.trouble is not None
    assert not broken.is_confirmed("d", "1")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")
    seen: list[bytes] = []

    def chunks():
        yield b"ne"
        seen.append(target.read_bytes())
        yield b"w"

    assert write_whole(target, chunks()) == 3
    assert (seen, target.read_bytes()) == ([b"old"], b"new")

    def failing():
        yield b"half"
        raise BlockingIOError

    with pytest.raises(BlockingIOError):
        write_whole(target, failing())
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.csv", b"new")]


def test_a_name_that_a_reader_holds_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where a reader keeps a file from being replaced."""
    (tmp_path / "new").write_bytes(b"new")
    real, pauses = os.replace, []

    def held(source: Path, target: Path) -> None:
        if len(pauses) < 3:
            raise PermissionError
        real(source, target)

    monkeypatch.setattr(os, "replace", held)
    machine.replace(tmp_path / "new", tmp_path / "old", tries=5, pause=pauses.append)
    assert (tmp_path / "old").read_bytes() == b"new"
    pauses.clear()
    (tmp_path / "new").write_bytes(b"newer")
    with pytest.raises(PermissionError):
        machine.replace(tmp_path / "new", tmp_path / "old", tries=2, pause=pauses.append)


def test_a_lock_is_held_by_one(home: Home) -> None:
    with home.alone(), pytest.raises(AgentError), home.alone():
        pass
    with home.alone():
        pass


def test_a_file_that_another_program_has_open_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, "http://127.0.0.1:9")
    desk.write("fmuta6.csv", b"a\n")
    monkeypatch.setattr(machine, "is_in_use", lambda path: True)
    desk.once()
    assert desk.waiting() == []
    monkeypatch.undo()
    desk.once()
    assert len(desk.waiting()) == 1


def test_a_file_that_can_not_be_moved_is_told_and_keeps_no_other_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path, "http://127.0.0.1:9")
    desk.write("fmuta6.csv", b"a\n")
    desk.write("debitr.csv", b"a\n")
    real = os.rename

    def refusing(source: Path, target: Path) -> None:
        if Path(source).name == "fmuta6.csv":
            raise PermissionError(13, "Permission denied")
        real(source, target)

    monkeypatch.setattr(os, "rename", refusing)
    assert "file_unreadable" in desk.troubles()
    assert [path.name for path in desk.waiting()] == ["debitr.csv"]
    deliveries = [path for path in (desk.source / folder.WAITING).iterdir() if path.is_dir()]
    assert len(deliveries) == 1, "no empty folder is left"


def test_a_trouble_is_news_once_and_the_last_one_is_remembered() -> None:
    state, trouble = State(), message("no_secret")
    assert state.set_trouble("storage", trouble)
    assert not state.set_trouble("storage", trouble)
    state.clear_trouble("storage")
    assert state.troubles() == []
    assert state.last_trouble is not None
    assert state.last_trouble["code"] == "no_secret"


def test_pauses_grow_to_a_minute_and_differ() -> None:
    assert [pause_after(failures, 1) for failures in (1, 2, 3, 7, 500)] == [1, 2, 4, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    assert pause_after(3, 0) == 2


def test_two_synchronisations_never_take_from_one_folder(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "http://127.0.0.1:9")
    link = tmp_path / "link"
    link.symlink_to(desk.source)
    other = replace(desk.of, id="x", name="Other", source=link)
    with pytest.raises(AgentError, match="takes the files"):
        configuration.load(desk.home).with_one_more(other)


def test_a_journal_that_can_not_be_kept_is_told_and_stops_no_file(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "http://127.0.0.1:9")
    desk.home.journal.mkdir()
    desk.write("fmuta6.csv", b"a\n")
    assert "journal_failed" in desk.troubles()
    assert [path.read_bytes() for path in desk.waiting()] == [b"a\n"]


def test_a_full_disk_has_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, "http://127.0.0.1:9")
    desk.write("fmuta6.csv", b"a\n")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "rename", full)
    assert "file_unreadable" in desk.troubles()
    assert (desk.source / "fmuta6.csv").read_bytes() == b"a\n"
    monkeypatch.undo()
    monkeypatch.setattr(folder, "files_in", full)
    assert "disk_full" in desk.troubles()


def test_signs_of_life_are_told_when_something_changed_and_in_any_case_by_and_by(tmp_path: Path) -> None:
    now, told = [0.0], []

    class Box:
        def tell(self, installation: str, content: bytes) -> None:
            told.append(json.loads(content))

    of = Desk(tmp_path, "http://127.0.0.1:9").of
    signs, state = SignsOfLife("0" * 32, lambda: now[0]), State()
    signs.add(of, state)

    def tell_at(moment: float) -> int:
        now[0] = moment
        signs.tell(Box(), of)  # type: ignore[arg-type]
        return len(told)

    assert signs.is_due(of)
    assert tell_at(0) == 1
    state.waiting = 3
    assert tell_at(1) == 1, "a burst is told in one"
    assert tell_at(6) == 2
    assert tell_at(100) == 2, "nothing is new"
    assert not signs.is_due(of)
    assert tell_at(160) == 3
    now[0] = 460
    assert signs.is_due(of)
    [shown] = told[-1]["synchronisations"]
    assert (shown["name"], shown["waiting"], len(json.dumps(told[-1])) < MOST_BYTES) == ("ERP", 3, True)
