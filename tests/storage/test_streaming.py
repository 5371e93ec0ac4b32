"""Streams into and out of a storage: whole or not at all, and only the version that was looked up."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bookbridge.storage import Storage, StorageFullError
from bookbridge.storage.objects import NameBlockedError
from bookbridge.storage.streaming import NameTakenError

LARGE = os.urandom(17 * 1024 * 1024)
"""In a bucket three parts."""


def pieces(content: bytes = LARGE, size: int = 700_001) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def test_a_stream_is_stored_whole_with_the_version_that_it_has_then(storage: Storage):
    for key, content in (("a/large.bin", LARGE), ("a/small.bin", b"small"), ("a/empty.bin", b"")):
        written = storage.write_stream(key, pieces(content), "staging")
        found = storage.stat(key)
        assert (written.key, written.size, written.version) == (found.key, found.size, found.version)
        assert storage.get(key) == content
    assert {each.key for each in storage.list("")} == {"a/large.bin", "a/small.bin", "a/empty.bin"}


@pytest.mark.parametrize("after", [0, 1, 24])
def test_a_stream_that_fails_leaves_what_was_there(storage: Storage, after: int):
    storage.put("a.bin", b"before")

    def failing() -> Iterator[bytes]:
        for number, piece in enumerate(pieces()):
            if number == after:
                raise LookupError("of the stream itself")
            yield piece

    with pytest.raises(LookupError):
        storage.write_stream("a.bin", failing(), "staging")
    assert {each.key: each.size for each in storage.list("")} == {"a.bin": 6}


def test_a_stream_may_come_from_the_storage_itself(storage: Storage):
    storage.put("a.bin", LARGE)
    storage.write_stream("b.bin", storage.read_range(storage.stat("a.bin"), 0, len(LARGE)), "staging")
    assert storage.get("b.bin") == LARGE


def contents(storage: Storage) -> list[bytes]:
    return sorted(storage.get(each.key) for each in storage.list(""))


@pytest.mark.parametrize("content", [b"third", LARGE], ids=["small", "large"])
def test_an_object_that_is_there_is_not_replaced(storage: Storage, content: bytes):
    storage.write_stream("a.bin", [b"first"], "staging")
    with pytest.raises(NameTakenError):
        storage.write_stream("a.bin", pieces(content), "staging")
    assert {each.key: storage.get(each.key) for each in storage.list("")} == {"a.bin": b"first"}

    storage.write_stream("a.bin", pieces(content), "staging", make_way=lambda: storage.move_aside("a.bin"))
    assert storage.get("a.bin") == content
    assert contents(storage) == sorted([b"first", content])


def test_who_is_faster_to_take_a_name_keeps_its_content(storage: Storage):
    storage.put("a.bin", b"first")
    faster = [b"third", b"second"]

    def make_way() -> None:
        storage.move_aside("a.bin")
        if faster:
            storage.put("a.bin", faster.pop())

    storage.write_stream("a.bin", [b"fourth"], "staging", make_way=make_way)
    assert storage.get("a.bin") == b"fourth"
    assert contents(storage) == [b"first", b"fourth", b"second", b"third"]


def test_the_same_object_may_stand_for_another(storage: Storage):
    storage.put("a.bin", b"first")
    there = storage.stat("a.bin")
    assert storage.write_stream("a.bin", [b"first"], "staging", make_way=lambda: there) == there
    assert [storage.stat(each.key) for each in storage.list("")] == [there]


@pytest.mark.parametrize("key", ["a.bin", "a.bin/b.bin"])
def test_a_file_and_a_folder_of_one_name(folder_storage: Storage, key: str):
    folder_storage.put("a.bin/deeper/b.bin" if key == "a.bin" else "a.bin", b"x")
    with pytest.raises(NameBlockedError):
        folder_storage.write_stream(key, [b"y"], "staging")
    assert contents(folder_storage) == [b"x"]


def test_a_range_is_of_the_version_that_was_looked_up(storage: Storage):
    storage.put("a.bin", b"0123456789")
    found = storage.stat("a.bin")
    assert b"".join(storage.read_range(found, 2, 5)) == b"234"
    assert b"".join(storage.read_range(found, 0, 0)) == b""
    storage.put("a.bin", b"another")
    with pytest.raises(FileNotFoundError):
        b"".join(storage.read_range(found, 0, 5))


def test_an_object_gets_another_name_that_nobody_has(folder_storage: Storage):
    for number in range(3):
        folder_storage.put("a/b.csv", b"%d" % number)
        folder_storage.move_aside("a/b.csv")
    folder_storage.move_aside("a/b.csv")
    found = {each.key: folder_storage.get(each.key) for each in folder_storage.list("")}
    assert found == {"a/b (2).csv": b"0", "a/b (3).csv": b"1", "a/b (4).csv": b"2"}


def test_a_folder_without_links(folder_storage: Storage, monkeypatch: pytest.MonkeyPatch):
    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("bookbridge.storage.exclusive.os.link", refused)
    folder_storage.write_stream("a.bin", [b"first"], "staging")
    with pytest.raises(NameTakenError):
        folder_storage.write_stream("a.bin", [b"second"], "staging")
    folder_storage.move_aside("a.bin")
    assert {each.key: folder_storage.get(each.key) for each in folder_storage.list("")} == {"a (2).bin": b"first"}


def test_a_full_disk_has_a_name(folder_storage: Storage, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("bookbridge.storage.streaming.os.write", full)
    with pytest.raises(StorageFullError, match="No space left"):
        folder_storage.write_stream("a.bin", [b"x"], "staging")
    assert list(folder_storage.list("")) == []


def test_an_inbox_on_another_disk(folder_storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A folder of the storage may be another disk, where a file can't simply be renamed to."""
    link = os.link

    def within_a_disk(source: Path, target: Path) -> None:
        if source.parent != target.parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        link(source, target)

    monkeypatch.setattr("bookbridge.storage.exclusive.os.link", within_a_disk)
    folder_storage.write_stream("inbox/a.bin", pieces(), "staging")
    assert folder_storage.get("inbox/a.bin") == LARGE
    assert [each.key for each in folder_storage.list("")] == ["inbox/a.bin"]
    with pytest.raises(NameTakenError):
        folder_storage.write_stream("inbox/a.bin", [b"other"], "staging")
    assert [each.name for each in (tmp_path / "storage" / "inbox").iterdir()] == ["a.bin"]
