"""Streams into and out of a storage: whole or not at all, and only the version that was looked up."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bookbridge.storage import Storage, StorageFullError
from bookbridge.storage.streaming import NameTakenError

LARGE = os.urandom(9 * 1024 * 1024)


def pieces(content: bytes = LARGE, size: int = 700_001) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def test_a_stream_is_stored_whole_with_the_version_that_it_has_then(storage: Storage):
    for key, content in (("a/large.bin", LARGE), ("a/small.bin", b"small"), ("a/empty.bin", b"")):
        written = storage.write_stream(key, pieces(content), "staging")
        found = storage.stat(key)
        assert (written.key, written.size, written.version) == (found.key, found.size, found.version)
        assert storage.get(key) == content
    assert {each.key for each in storage.list("")} == {"a/large.bin", "a/small.bin", "a/empty.bin"}


@pytest.mark.parametrize("after", [0, 1, 12])
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


def test_only_a_new_object(storage: Storage):
    storage.write_stream("a.bin", [b"first"], "staging", only_new=True)
    with pytest.raises(NameTakenError):
        storage.write_stream("a.bin", [b"second"], "staging", only_new=True)
    assert {each.key: storage.get(each.key) for each in storage.list("")} == {"a.bin": b"first"}


def test_a_range_is_of_the_version_that_was_looked_up(storage: Storage):
    storage.put("a.bin", b"0123456789")
    found = storage.stat("a.bin")
    assert b"".join(storage.read_range(found, 2, 5)) == b"234"
    assert b"".join(storage.read_range(found, 0, 0)) == b""
    storage.put("a.bin", b"another")
    with pytest.raises(FileNotFoundError):
        b"".join(storage.read_range(found, 0, 5))


def test_an_object_gets_another_name(storage: Storage):
    storage.put("a.bin", b"x")
    storage.rename("a.bin", "b/c.bin")
    assert {each.key: storage.get(each.key) for each in storage.list("")} == {"b/c.bin": b"x"}
    with pytest.raises(FileNotFoundError):
        storage.rename("a.bin", "b/d.bin")


def test_a_full_disk_has_a_name(folder_storage: Storage, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("bookbridge.storage.streaming.os.write", full)
    with pytest.raises(StorageFullError, match="No space left"):
        folder_storage.write_stream("a.bin", [b"x"], "staging")
    assert list(folder_storage.list("")) == []


def test_an_inbox_on_another_disk(folder_storage: Storage, monkeypatch: pytest.MonkeyPatch):
    """A folder of the storage may be another disk, where a file can't simply be renamed to."""
    rename = Path.replace

    def within_a_disk(self: Path, target: Path) -> Path:
        if self.parent != Path(target).parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", within_a_disk)
    folder_storage.write_stream("inbox/a.bin", pieces(), "staging")
    assert folder_storage.get("inbox/a.bin") == LARGE
    assert [each.key for each in folder_storage.list("")] == ["inbox/a.bin"]
