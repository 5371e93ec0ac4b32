"""What happens while an upload is under way: its key is revoked, it is sent again, something behind it fails."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from bookbridge.storage import Storage, StorageFullError
from bookbridge.storage.dropbox import multipart
from bookbridge.storage.dropbox.one_at_a_time import OneAtATime
from tests.storage.dropbox.house import KEY as ACCESS_KEY
from tests.storage.dropbox.house import House, inbox, signed
from tests.storage.dropbox.test_multipart import FIRST, KEY, SECOND, begin, complete, etags, part


def test_a_key_that_is_revoked_while_its_upload_comes_in_stores_nothing(house: House):
    def revoking() -> Iterator[bytes]:
        yield b"abc"
        house.desk.revoked.add(ACCESS_KEY)

    said = house.send(signed("PUT", f"/bookbridge/{inbox('a.csv')}", body=b"abc", blocks=revoking()))
    assert (said.status, said.code) == (403, "InvalidAccessKeyId")
    assert list(house.storage.list("")) == []
    assert house.desk.arrived_keys == []


def test_a_key_that_is_revoked_completes_nothing(house: House):
    upload = begin(house)
    part(house, upload, 1, SECOND)

    def revoking() -> Iterator[bytes]:
        yield body
        house.desk.revoked.add(ACCESS_KEY)

    etag = hashlib.md5(SECOND).hexdigest()
    inner = f"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
    body = f"<CompleteMultipartUpload>{inner}</CompleteMultipartUpload>".encode()
    request = signed("POST", f"/bookbridge/{KEY}", query=f"uploadId={upload}", body=body, blocks=revoking())
    assert house.send(request).code == "InvalidAccessKeyId"
    house.desk.revoked.clear()
    assert house.ask("GET", query="list-type=2").keys == []
    assert complete(house, upload, etags(SECOND)).status == 200


def test_a_file_whose_receipt_finds_no_room_is_stored_all_the_same(small_house: House, monkeypatch: pytest.MonkeyPatch):
    def full(_: Storage, key: str, __: bytes) -> None:
        raise StorageFullError(f"storage failed at {key}: No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Storage, "put", full)
        said = small_house.put("a.csv", b"a;b")
    assert (said.status, said.headers["etag"]) == (200, f'"{hashlib.md5(b"a;b").hexdigest()}"')
    assert small_house.stored() == {inbox("a.csv"): b"a;b"}
    assert small_house.desk.arrived_keys == [inbox("a.csv")]


def test_what_nobody_hears_of_is_done_all_the_same(small_house: House):
    small_house.desk.hears = False
    assert small_house.put("a.csv", b"a;b").status == 200
    assert small_house.stored() == {inbox("a.csv"): b"a;b"}
    body = f"<Delete><Object><Key>{inbox('a.csv')}</Key></Object><Object><Key>{inbox('b')}</Key></Object></Delete>"
    said = small_house.ask("POST", "", body.encode(), query="delete")
    assert [each.text for each in said.xml.findall("Deleted/Key")] == [inbox("a.csv"), inbox("b")]
    assert small_house.stored() == {}


def test_an_upload_that_is_complete_is_not_refused_for_its_note(small_house: House, monkeypatch: pytest.MonkeyPatch):
    upload = begin(small_house)
    part(small_house, upload, 1, SECOND)

    def full(_: Storage, key: str, __: bytes) -> None:
        raise StorageFullError(f"storage failed at {key}: No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Storage, "put", full)
        assert complete(small_house, upload, etags(SECOND)).status == 200
    assert small_house.storage.get(KEY) == SECOND
    assert small_house.desk.arrived_keys == [KEY]
    assert complete(small_house, upload, etags(SECOND)).status == 200, "it can be asked for again"


def test_an_upload_that_is_completed_twice_at_once_is_one_file(house: House, monkeypatch: pytest.MonkeyPatch):
    upload = begin(house)
    for number, content in enumerate((FIRST, SECOND), 1):
        part(house, upload, number, content)
    read_range, again = Storage.read_range, []

    def slow(storage: Storage, *options: Any) -> Iterator[bytes]:
        if not again:
            again.append(pool.submit(complete, house, upload, etags(FIRST, SECOND)))
            until(lambda: turns.asked == 2 or again[0].done())
        return read_range(storage, *options)

    turns = CountedTurns()
    monkeypatch.setattr(multipart, "_completing", turns)
    monkeypatch.setattr(Storage, "read_range", slow)
    with ThreadPoolExecutor(1) as pool:
        first = complete(house, upload, etags(FIRST, SECOND))
        second = again[0].result()
    assert (first.status, second.status) == (200, 200)
    assert first.xml.findtext("ETag") == second.xml.findtext("ETag")
    assert house.stored() == {KEY: FIRST + SECOND}
    assert house.desk.arrived_keys == [KEY]


def test_an_upload_that_another_process_completes_meanwhile_has_its_answer(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    upload = begin(house)
    for number, content in enumerate((FIRST, SECOND), 1):
        part(house, upload, number, content)
    read_range, first = Storage.read_range, []

    def slow(storage: Storage, *options: Any) -> Iterator[bytes]:
        chunks = list(read_range(storage, *options))
        with monkeypatch.context() as other_process:
            other_process.setattr(Storage, "read_range", read_range)
            other_process.setattr(multipart, "_completing", OneAtATime())
            first.append(complete(house, upload, etags(FIRST, SECOND)))
        return iter(chunks)

    monkeypatch.setattr(Storage, "read_range", slow)
    second = complete(house, upload, etags(FIRST, SECOND))
    assert [first[0].status, second.status] == [200, 200]
    assert first[0].xml.findtext("ETag") == second.xml.findtext("ETag")
    assert house.stored() == {KEY: FIRST + SECOND}
    assert house.desk.arrived_keys == [KEY]


class CountedTurns(OneAtATime):
    asked = 0

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        self.asked += 1
        with super().alone(name):
            yield


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline
        os.sched_yield()
