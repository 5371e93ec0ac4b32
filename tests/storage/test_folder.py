"""What only a local folder can meet: whatever names and files people and programs leave there."""

import os
import time
from pathlib import Path

import pytest

from bookbridge.storage import Storage, StorageError, safe_file_name


def names(storage: Storage) -> list[str]:
    return sorted(found.key for found in storage.list("inbox"))


@pytest.fixture
def inbox(folder_storage: Storage) -> Path:
    folder_storage.make_folder("inbox")
    path = folder_storage.local_path("inbox")
    assert path is not None
    return path


def drop(folder: Path, name: bytes, content: bytes = b"1") -> None:
    Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_bytes(content)


def test_names_that_are_no_text_become_text_and_hide_no_neighbour(folder_storage: Storage, inbox: Path):
    drop(inbox, b"fmuta6.csv")
    drop(inbox, b"\xe9t\xe9.csv", b"latin")
    drop(inbox, b"line\nbreak.csv", b"line")

    assert names(folder_storage) == ["inbox/%E9t%E9.csv", "inbox/fmuta6.csv", "inbox/line%0Abreak.csv"]
    assert folder_storage.get("inbox/%E9t%E9.csv") == b"latin"
    assert folder_storage.get("inbox/line%0Abreak.csv") == b"line"


def test_an_unusable_name_in_a_folder_below_hides_nothing_either(folder_storage: Storage, inbox: Path):
    drop(inbox, b"fmuta6.csv")
    (inbox / os.fsdecode(b"sub\xff")).mkdir()
    drop(inbox / os.fsdecode(b"sub\xff"), b"\x01.csv")

    assert names(folder_storage) == ["inbox/fmuta6.csv", "inbox/sub%FF/%01.csv"]


def test_a_renamed_file_never_takes_anothers_place(folder_storage: Storage, inbox: Path):
    drop(inbox, b"a%FF.csv", b"has this name already")
    drop(inbox, b"a\xff.csv", b"gets it")

    contents = {folder_storage.get(key) for key in names(folder_storage)}
    assert contents == {b"has this name already", b"gets it"}


def test_a_name_that_grows_too_long_is_cut_at_its_front(folder_storage: Storage, inbox: Path):
    drop(inbox, b"\xff" * 240 + b".csv")

    (key,) = names(folder_storage)
    assert key.endswith("%FF.csv")
    assert folder_storage.get(key) == b"1"


def test_a_name_the_library_keeps_for_itself_is_seen_once_nobody_writes_it(
    folder_storage: Storage, inbox: Path, monkeypatch: pytest.MonkeyPatch
):
    drop(inbox, b"fmuta6.csv#1")
    assert names(folder_storage) == []

    # An old file that has this name for a moment, between two others.
    os.utime(inbox / "fmuta6.csv#1", (1, 1))
    assert names(folder_storage) == []

    in_two_hours = time.time() + 7200
    monkeypatch.setattr("bookbridge.storage.objects.time.time", lambda: in_two_hours)
    assert names(folder_storage) == ["inbox/fmuta6.csv%231"]


def test_a_link_that_leads_nowhere_hides_no_neighbour(folder_storage: Storage, inbox: Path):
    drop(inbox, b"a.csv")
    (inbox / "dangling").symlink_to("nowhere")

    assert names(folder_storage) == ["inbox/a.csv"]


def test_the_archived_copy_does_not_change_while_its_source_is_still_written(folder_storage: Storage, inbox: Path):
    with (inbox / "a.csv").open("wb") as still_open:
        still_open.write(b"whole")
        still_open.flush()
        folder_storage.copy("inbox/a.csv", "archive/a.csv")
        still_open.write(b" and more")

    assert folder_storage.get("archive/a.csv") == b"whole"


def test_a_file_that_comes_while_another_is_removed_stays(
    folder_storage: Storage, inbox: Path, monkeypatch: pytest.MonkeyPatch
):
    """A newer one takes the name just before it is let go, and a third while the newer one is put back."""
    rename = os.rename
    newer = [b"newer", b"newest"]

    def slow(source: Path, target: Path) -> None:
        comes(inbox / "a.csv", newer.pop(0))
        rename(source, target)
        comes(inbox / "a.csv", newer.pop(0))

    def comes(path: Path, content: bytes) -> None:
        (inbox / "new.part").write_bytes(content)
        (inbox / "new.part").replace(path)

    drop(inbox, b"a.csv", b"taken in")
    seen = folder_storage.stat("inbox/a.csv")
    with monkeypatch.context() as patched:
        patched.setattr("bookbridge.storage.exclusive.os.rename", slow)
        folder_storage.delete("inbox/a.csv", version=seen.version)

    found = {key: folder_storage.get(key) for key in names(folder_storage)}
    assert found == {"inbox/a.csv": b"newest", "inbox/a (2).csv": b"newer"}


def test_a_file_is_put_back_under_its_own_name(folder_storage: Storage, inbox: Path, monkeypatch: pytest.MonkeyPatch):
    drop(inbox, b"a.csv", b"taken in")
    seen, rename = folder_storage.stat("inbox/a.csv"), os.rename

    def slow(source: Path, target: Path) -> None:
        drop(inbox, b"a.csv", b"written on meanwhile")
        rename(source, target)

    with monkeypatch.context() as patched:
        patched.setattr("bookbridge.storage.exclusive.os.rename", slow)
        folder_storage.delete("inbox/a.csv", version=seen.version)
    assert {key: folder_storage.get(key) for key in names(folder_storage)} == {"inbox/a.csv": b"written on meanwhile"}
    assert [each.name for each in inbox.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("length", [1, 200, 251])
def test_a_name_of_any_length_is_removed(folder_storage: Storage, inbox: Path, length: int):
    name = "é" * (length // 2) + "x" * (length % 2) + ".csv"
    drop(inbox, name.encode())
    folder_storage.delete(f"inbox/{name}", version=folder_storage.stat(f"inbox/{name}").version)
    assert list(inbox.iterdir()) == []


def test_no_key_leads_out_of_the_folder(folder_storage: Storage, tmp_path: Path):
    (tmp_path / "secret").write_text("mine")

    for key in ("../secret", "inbox/../../secret", str(tmp_path / "secret")):
        with pytest.raises((StorageError, FileNotFoundError)):
            folder_storage.open(key)
        with pytest.raises((StorageError, FileNotFoundError)):
            folder_storage.get(key)


def test_a_folder_that_cannot_be_written_says_why(folder_storage: Storage, inbox: Path):
    (inbox.parent / "outbox").write_text("a file where a folder should be")

    with pytest.raises(StorageError, match=r"outbox/dbopen\.csv"):
        folder_storage.put("outbox/dbopen.csv", b"1")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("fmuta6.csv", "fmuta6.csv"),
        (r"C:\export\fmuta6.csv", "fmuta6.csv"),
        ("../../etc/passwd", "passwd"),
        ("a\nb\x00c\u202e.csv", "abc.csv"),
        (". .", "file"),
        ("", "file"),
        ("cafe\u0301.csv", "café.csv"),
        ("export#12", "export_12"),
        ("export#12.csv", "export#12.csv"),
    ],
)
def test_a_safe_file_name(given: str, kept: str):
    assert safe_file_name(given) == kept


@pytest.mark.parametrize("name", ["財" * 200 + ".csv", "x" * 5000 + ".csv", "export#1", "é" * 100 + "#7"])
def test_a_safe_file_name_can_be_stored_and_keeps_its_end(folder_storage: Storage, name: str):
    folder_storage.put(f"archive/{safe_file_name(name)}", b"1")

    (found,) = folder_storage.list("archive")
    assert found.name[-3:] == name[-4:].replace("#", "_")[-3:]
