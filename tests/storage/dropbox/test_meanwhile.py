"""What happens while an upload is under way: its key is revoked, it is sent again, something behind it fails."""

import hashlib
from collections.abc import Iterator

import pytest

from bookbridge.storage import Storage, StorageFullError
from tests.storage.dropbox.house import KEY as ACCESS_KEY
from tests.storage.dropbox.house import House, inbox, signed
from tests.storage.dropbox.test_multipart import KEY, SECOND, begin, complete, etags, part


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
