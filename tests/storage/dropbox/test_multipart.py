"""Uploads in parts: on a folder and on a bucket."""

import base64
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from bookbridge.storage import Storage
from bookbridge.storage.dropbox import tidying
from tests.storage.dropbox.house import FOREIGN_KEY, FOREIGN_SECRET, HOME, House, Said, inbox, signed

FIVE = 5 * 1024 * 1024
FIRST, SECOND = b"a" * FIVE, b"b" * 100
KEY = inbox("large.csv")


def begin(house: House, key: str = KEY, **headers: str) -> str:
    said = house.ask("POST", key, query="uploads", headers=headers)
    assert said.status == 200, said.body
    return str(said.xml.findtext("UploadId"))


def part(house: House, upload: str, number: int, content: bytes, **options) -> Said:
    return house.ask("PUT", KEY, content, query=f"partNumber={number}&uploadId={upload}", **options)


def complete(house: House, upload: str, parts: Sequence[tuple[int, str]], key: str = KEY, **options) -> Said:
    inner = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag></Part>" for n, etag in parts)
    body = f"<CompleteMultipartUpload>{inner}</CompleteMultipartUpload>".encode()
    return house.ask("POST", key, body, query=f"uploadId={upload}", **options)


def etags(*contents: bytes) -> list[tuple[int, str]]:
    return [(number, hashlib.md5(content).hexdigest()) for number, content in enumerate(contents, 1)]


def test_parts_become_one_object_when_all_are_there(house: House):
    upload = begin(house, **{"x-amz-meta-of": "us"})
    # The last first, the first twice: what counts is what came last.
    for number, content in ((2, SECOND), (1, b"c" * FIVE), (1, FIRST)):
        assert part(house, upload, number, content).headers["etag"].strip('"') == hashlib.md5(content).hexdigest()
    assert house.ask("GET", query="list-type=2").keys == [], "nobody sees it before it is whole"
    listed = house.ask("GET", KEY, query=f"uploadId={upload}").xml
    assert [each.text for each in listed.findall("Part/Size")] == [str(FIVE), "100"]
    assert [each.text for each in house.ask("GET", query="uploads").xml.findall("Upload/UploadId")] == [upload]
    assert house.desk.arrived_keys == []

    said = complete(house, upload, etags(FIRST, SECOND))
    whole = hashlib.md5(hashlib.md5(FIRST).digest() + hashlib.md5(SECOND).digest()).hexdigest()
    assert said.xml.findtext("ETag") == f'"{whole}-2"'
    assert house.stored() == {KEY: FIRST + SECOND}
    head = house.ask("HEAD", KEY).headers
    assert (head["etag"], head["x-amz-meta-of"]) == (f'"{whole}-2"', "us")
    assert house.desk.arrived_keys == [KEY]

    assert complete(house, upload, etags(FIRST, SECOND)).xml.findtext("ETag") == f'"{whole}-2"'
    assert house.desk.arrived_keys == [KEY], "completing twice is completing once"
    assert part(house, upload, 1, FIRST).code == "NoSuchUpload"
    assert house.ask("GET", query="uploads").xml.findall("Upload") == []


def test_an_upload_that_is_aborted_or_left_leaves_nothing(house: House):
    aborted, left = begin(house), begin(house)
    for upload in (aborted, left):
        part(house, upload, 1, FIRST)
    assert house.ask("DELETE", KEY, query=f"uploadId={aborted}").status == 204
    assert house.ask("DELETE", KEY, query=f"uploadId={aborted}").code == "NoSuchUpload"
    assert complete(house, aborted, etags(FIRST)).code == "NoSuchUpload"

    newest = max(found.modified_at for found in house.storage.list(""))
    assert tidying.is_receiving(house.storage, HOME, newest)
    assert not tidying.is_receiving(house.storage, HOME, newest + timedelta(minutes=1))
    assert tidying.tidy(house.storage, HOME, newest + timedelta(hours=23)) == 0
    assert tidying.tidy(house.storage, HOME, newest + timedelta(hours=25)) == 3
    assert list(house.storage.list("")) == []


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([], "MalformedXML"),
        ([(1, "0" * 32)], "InvalidPart"),
        ([(3, hashlib.md5(SECOND).hexdigest())], "InvalidPart"),
        ([(2, hashlib.md5(SECOND).hexdigest()), (1, hashlib.md5(SECOND).hexdigest())], "InvalidPartOrder"),
        ([(1, hashlib.md5(SECOND).hexdigest()), (1, hashlib.md5(SECOND).hexdigest())], "InvalidPartOrder"),
        ([(1, hashlib.md5(SECOND).hexdigest()), (2, hashlib.md5(SECOND).hexdigest())], "EntityTooSmall"),
    ],
)
def test_parts_that_do_not_fit(small_house: House, parts: list[tuple[int, str]], code: str):
    upload = begin(small_house)
    for number in (1, 2):
        part(small_house, upload, number, SECOND)
    assert complete(small_house, upload, parts).code == code
    assert small_house.ask("GET", query="list-type=2").keys == []
    assert complete(small_house, upload, [(2, hashlib.md5(SECOND).hexdigest())]).status == 200


def test_an_upload_belongs_to_its_key_and_its_integration(small_house: House):
    upload = begin(small_house)
    other = inbox("other.csv")
    assert small_house.ask("PUT", other, SECOND, query=f"partNumber=1&uploadId={upload}").code == "NoSuchUpload"
    assert complete(small_house, upload, etags(SECOND), key=other).code == "NoSuchUpload"
    for wrong in ("x", "../" * 5, "0" * 32, ""):
        assert part(small_house, wrong, 1, SECOND).code == "NoSuchUpload"
    foreign = {"key": FOREIGN_KEY, "secret": FOREIGN_SECRET}
    assert part(small_house, upload, 1, SECOND, **foreign).code == "AccessDenied"
    assert small_house.ask("GET", query="uploads", **foreign).xml.findall("Upload") == []
    for number in ("0", "10001", "x", "-1"):
        assert part(small_house, upload, number, SECOND).code == "InvalidArgument"  # type: ignore[arg-type]


def test_parts_together_have_a_limit_and_so_have_uploads(folder_storage: Storage):
    house = House(folder_storage, most_bytes=1000, most_uploads=2)
    upload = begin(house)
    assert part(house, upload, 1, bytes(600)).status == 200
    assert part(house, upload, 2, bytes(600)).code == "EntityTooLarge"
    assert part(house, upload, 1, bytes(900)).status == 200
    begin(house)
    assert house.ask("POST", KEY, query="uploads").code == "SlowDown"


def test_a_part_reads_no_other_part(house: House, monkeypatch: pytest.MonkeyPatch):
    upload, asked, get = begin(house), [], Storage.get

    def counted(storage: Storage, key: str) -> bytes:
        asked.append(key.rpartition("/")[2])
        return get(storage, key)

    monkeypatch.setattr(Storage, "get", counted)
    for number in range(1, 6):
        assert part(house, upload, number, SECOND).status == 200
    assert asked == [name for number in range(1, 6) for name in ("upload.json", "upload.json", f"0000{number}.json")]


def test_only_open_uploads_count(folder_storage: Storage):
    house = House(folder_storage, most_uploads=1)
    for _ in range(3):
        upload = begin(house)
        part(house, upload, 1, SECOND)
        assert house.ask("POST", KEY, query="uploads").code == "SlowDown"
        assert complete(house, upload, etags(SECOND)).status == 200
    told: list[int] = []

    def while_uploading() -> Iterator[bytes]:
        told.append(house.ask("POST", KEY, query="uploads").status)
        yield b"abc"

    assert (
        house.send(signed("PUT", f"/bookbridge/{inbox('a.csv')}", body=b"abc", blocks=while_uploading())).status == 200
    )
    assert told == [200]


def crc32(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(4, "big")


@pytest.mark.parametrize("kind", ["COMPOSITE", "FULL_OBJECT"])
def test_checksums_of_parts_and_of_the_whole(small_house: House, kind: str):
    upload = begin(small_house, **{"x-amz-checksum-algorithm": "CRC32", "x-amz-checksum-type": kind})
    for number, content in enumerate((FIRST, SECOND), 1):
        said = part(small_house, upload, number, content)
        assert said.headers["x-amz-checksum-crc32"] == base64.b64encode(crc32(content)).decode()
    wrong = part(small_house, upload, 3, SECOND, headers={"x-amz-checksum-sha1": base64.b64encode(bytes(20)).decode()})
    assert wrong.status == 400
    bad = {"x-amz-checksum-crc32": "AAAAAA=="}
    assert complete(small_house, upload, etags(FIRST, SECOND), headers=bad).code == "BadDigest"
    assert small_house.ask("GET", query="list-type=2").keys == []
    assert complete(small_house, upload, etags(FIRST, SECOND), headers={"x-amz-mp-object-size": "7"}).status == 400

    said = complete(small_house, upload, etags(FIRST, SECOND))
    composite = base64.b64encode(crc32(crc32(FIRST) + crc32(SECOND))).decode() + "-2"
    expected = composite if kind == "COMPOSITE" else base64.b64encode(crc32(FIRST + SECOND)).decode()
    assert (said.xml.findtext("ChecksumCRC32"), said.xml.findtext("ChecksumType")) == (expected, kind)
    head = small_house.ask("HEAD", KEY, headers={"x-amz-checksum-mode": "ENABLED"}).headers
    assert (head["x-amz-checksum-crc32"], head["x-amz-checksum-type"]) == (expected, kind)


@pytest.mark.parametrize(("algorithm", "kind"), [("SHA256", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE"), ("MD5", "")])
def test_checksums_that_can_not_be(small_house: House, algorithm: str, kind: str):
    headers = {"x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": kind}
    assert small_house.ask("POST", KEY, query="uploads", headers=headers).code == "InvalidRequest"


def test_an_upload_in_parts_keeps_a_waiting_file_too(small_house: House):
    small_house.put("large.csv", b"earlier")
    upload = begin(small_house)
    part(small_house, upload, 1, SECOND)
    assert complete(small_house, upload, etags(SECOND), headers={"if-none-match": "*"}).code == "PreconditionFailed"
    assert complete(small_house, upload, etags(SECOND)).status == 200
    assert small_house.stored() == {KEY: SECOND, inbox("large (2).csv"): b"earlier"}
