"""What the storage promises, in a local folder and in a bucket alike."""

import hashlib
import io
import threading

import pytest

from bookbridge.storage import Storage, StorageError

ODD_NAMES = [
    "a b.csv",
    "100%.csv",
    "a%20b.csv",
    "what?.csv",
    "[1]{2}.csv",
    "café.csv",
    "cafe\u0301.csv",
    "財務.csv",
    "back\\slash.csv",
    'it\'s "so".csv',
    "a+b&c=d.csv",
    "~mine",
    ".hidden",
    "two..dots.csv",
    "end ",
    "x" * 200,
]
FORBIDDEN = ["../up.csv", "a/../b.csv", "a/./b.csv", "a//b.csv", "line\nbreak.csv", "tab\t.csv", "nul\x00.csv"]


def test_what_was_put_is_got_back(storage: Storage):
    storage.put("inbox/a.csv", b"one\r\n\x00\xff")

    assert storage.get("inbox/a.csv") == b"one\r\n\x00\xff"
    assert b"".join(storage.stream("inbox/a.csv")) == b"one\r\n\x00\xff"
    with storage.open("inbox/a.csv") as file:
        assert file.read() == b"one\r\n\x00\xff"
    assert storage.size("inbox/a.csv") == 7
    assert storage.exists("inbox/a.csv")


def test_an_empty_object_is_an_object(storage: Storage):
    storage.put("inbox/empty.csv", b"")

    assert storage.get("inbox/empty.csv") == b""
    assert [(found.key, found.size) for found in storage.list("inbox")] == [("inbox/empty.csv", 0)]


def test_an_absent_key_is_a_missing_file(storage: Storage):
    storage.put("there", b"1")

    for ask in (storage.get, storage.size, storage.open, lambda key: list(storage.stream(key))):
        with pytest.raises(FileNotFoundError, match="inbox/nothing"):
            ask("inbox/nothing")
    with pytest.raises(FileNotFoundError, match="inbox/nothing"):
        storage.copy("inbox/nothing", "elsewhere")
    assert not storage.exists("inbox/nothing")
    assert not storage.exists("elsewhere")
    assert list(storage.list("inbox")) == []


def test_deleting_twice_is_fine(storage: Storage):
    storage.put("a", b"1")

    storage.delete("a")
    storage.delete("a")

    assert not storage.exists("a")


def test_only_the_version_that_was_seen_is_deleted(storage: Storage):
    storage.put("inbox/a.csv", b"first")
    (seen,) = storage.list("inbox")
    storage.put("inbox/a.csv", b"second")

    storage.delete("inbox/a.csv", version=seen.version)
    assert storage.get("inbox/a.csv") == b"second"

    (now,) = storage.list("inbox")
    storage.delete("inbox/a.csv", version=now.version)
    storage.delete("inbox/a.csv", version=now.version)
    assert not storage.exists("inbox/a.csv")


def test_listing_gives_all_below_a_prefix_and_nothing_beside_it(storage: Storage):
    for key in ("inbox/a.csv", "inbox/deeper/b.csv", "inbox2/c.csv", "outbox/d.csv"):
        storage.put(key, key.encode())

    found = {each.key: each for each in storage.list("inbox")}

    assert sorted(found) == ["inbox/a.csv", "inbox/deeper/b.csv"]
    assert found["inbox/deeper/b.csv"].name == "b.csv"
    assert found["inbox/a.csv"].size == 11
    assert found["inbox/a.csv"].modified_at.tzinfo is not None


def test_the_version_tells_a_rewrite_with_other_content(storage: Storage):
    storage.put("a", b"1")
    (before,) = storage.list("")
    (again,) = storage.list("")
    storage.put("a", b"2")
    (after,) = storage.list("")

    assert before.version == again.version
    assert before.version != after.version


def test_a_copy_is_independent_of_its_source(storage: Storage):
    storage.put("inbox/a.csv", b"original")
    storage.copy("inbox/a.csv", "archive/2026/a.csv")
    storage.put("inbox/a.csv", b"other")

    assert storage.get("archive/2026/a.csv") == b"original"

    storage.delete("inbox/a.csv")
    assert storage.get("archive/2026/a.csv") == b"original"


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_go_the_whole_way(storage: Storage, name: str):
    storage.put(f"inbox/{name}", b"content")

    (found,) = storage.list("inbox")
    assert (found.key, found.name) == (f"inbox/{name}", name)
    storage.copy(found.key, f"archive/{name}")
    with storage.open(f"archive/{name}") as file:
        assert file.read() == b"content"
    storage.delete(found.key)
    assert list(storage.list("inbox")) == []


@pytest.mark.parametrize("key", FORBIDDEN)
def test_keys_that_are_no_place_are_refused(storage: Storage, key: str):
    for ask in (lambda: storage.put(key, b"1"), lambda: storage.get(key)):
        with pytest.raises(StorageError, match="storage failed at"):
            ask()
    with pytest.raises((StorageError, FileNotFoundError)):
        storage.open(key)


def test_a_big_file_streams_in_pieces(storage: Storage):
    block = hashlib.sha256(b"block").digest() * 1024
    content = block * 1200  # 38 MB: beyond the parts in which a bucket takes it and beyond what stays in memory

    storage.put("big", io.BytesIO(content))

    pieces = list(storage.stream("big"))
    assert len(pieces) > 1
    assert hashlib.sha256(b"".join(pieces)).digest() == hashlib.sha256(content).digest()
    storage.copy("big", "copy")
    with storage.open("copy") as file:
        file.seek(-8, io.SEEK_END)
        assert file.read() == content[-8:]
    assert storage.size("copy") == len(content)


def test_a_reader_never_sees_half_a_file(storage: Storage):
    contents = [bytes([65 + number]) * 300_000 for number in range(2)]
    storage.put("outbox/dbopen.csv", contents[0])
    written = threading.Event()

    def write_on() -> None:
        for number in range(40):
            storage.put("outbox/dbopen.csv", contents[number % 2])
        written.set()

    writer = threading.Thread(target=write_on)
    writer.start()
    seen = set()
    for _ in range(400):
        content = storage.get("outbox/dbopen.csv")
        assert content in contents, f"{len(content)} bytes of {set(content)}"
        seen.add(content[:1])
        if written.is_set():
            break
    writer.join()
    assert seen <= {b"A", b"B"}
