"""Uploading, fetching, listing and deleting, on a folder and on a bucket."""

import base64
import hashlib
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from bookbridge.storage import Storage
from bookbridge.storage.dropbox import tidying
from bookbridge.storage.dropbox.answers import http_date
from bookbridge.storage.dropbox.errors import BodyBrokenError
from tests.storage.dropbox.house import (
    HOME,
    NOW,
    House,
    Said,
    changed,
    inbox,
    presigned,
    signed,
)


def md5(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'


def test_an_upload_is_there_whole_and_comes_back(house: House):
    headers = {"x-amz-meta-mtime": "1795.5", "content-type": "text/csv", "content-encoding": "aws-chunked"}
    said = house.put("fmuta6.csv", b"0;001\r\n", headers=headers)
    assert (said.status, said.headers["etag"]) == (200, md5(b"0;001\r\n"))
    assert house.desk.arrived_keys == [inbox("fmuta6.csv")]

    for method in ("GET", "HEAD"):
        said = house.ask(method, inbox("fmuta6.csv"))
        assert said.status == 200
        assert said.body == (b"0;001\r\n" if method == "GET" else b"")
        shown = {
            name: said.headers.get(name) for name in ("etag", "content-type", "x-amz-meta-mtime", "content-encoding")
        }
        assert list(shown.values()) == [md5(b"0;001\r\n"), "text/csv", "1795.5", None]

    assert house.ask("DELETE", inbox("fmuta6.csv")).status == 204
    assert house.ask("DELETE", inbox("fmuta6.csv")).status == 204
    assert house.ask("GET", inbox("fmuta6.csv")).code == "NoSuchKey"
    assert house.ask("HEAD", inbox("fmuta6.csv")).status == 404
    assert house.stored() == {}


def test_an_empty_upload_and_one_of_several_megabytes(house: House):
    large = os.urandom(17 * 1024 * 1024 + 7)
    assert house.put("empty.csv", b"").headers["etag"] == md5(b"")
    request = signed("PUT", f"/bookbridge/{inbox('large.csv')}", body=large, blocks=blocks(large))
    assert house.send(request).headers["etag"] == md5(large)
    assert house.ask("GET", inbox("large.csv")).body == large
    assert house.ask("GET", inbox("large.csv"), headers={"range": f"bytes={len(large) - 3}-"}).body == large[-3:]
    assert house.ask("GET", inbox("empty.csv")).body == b""


def blocks(content: bytes, size: int = 100_000) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"content-md5": base64.b64encode(hashlib.md5(b"other").digest()).decode()}, "BadDigest"),
        ({"content-md5": "nonsense"}, "InvalidDigest"),
        ({"x-amz-checksum-crc32": "AAAAAA=="}, "BadDigest"),
        ({"x-amz-checksum-crc32c": "AAAAAA=="}, "BadDigest"),
        ({"x-amz-checksum-crc64nvme": "AAAAAAAAAAA="}, "BadDigest"),
        ({"x-amz-checksum-sha1": base64.b64encode(bytes(20)).decode()}, "BadDigest"),
        ({"x-amz-checksum-sha256": base64.b64encode(bytes(32)).decode()}, "BadDigest"),
        ({"x-amz-checksum-crc32": "AAAA"}, "InvalidRequest"),
        ({"x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-sha1": "x"}, "InvalidRequest"),
        ({"x-amz-sdk-checksum-algorithm": "CRC32"}, "InvalidRequest"),
        ({"x-amz-trailer": "x-amz-checksum-crc32"}, "InvalidRequest"),
        ({"content-length": "99"}, "IncompleteBody"),
        ({"content-length": "1"}, "IncompleteBody"),
        ({"content-length": "-1"}, "InvalidArgument"),
        ({"x-amz-meta-large": "x" * 3000}, "MetadataTooLarge"),
        ({"x-amz-acl": "public-read"}, "AccessControlListNotSupported"),
        ({"x-amz-storage-class": "GLACIER"}, "InvalidStorageClass"),
        ({"x-amz-copy-source": "/bookbridge/x"}, "NotImplemented"),
        ({"x-amz-server-side-encryption": "aws:kms"}, "NotImplemented"),
        ({"x-amz-tagging": "a=b"}, "NotImplemented"),
        ({"if-none-match": "abc"}, "NotImplemented"),
        ({"if-match": "abc"}, "NoSuchKey"),
    ],
)
def test_what_does_not_agree_with_its_headers_is_not_stored(small_house: House, headers: dict[str, str], code: str):
    said = small_house.put("a.csv", b"0;001\r\n", headers=headers)
    assert said.code == code
    assert small_house.stored() == {}
    assert small_house.desk.arrived_keys == []
    assert list(small_house.storage.list("")) == []


def test_a_body_that_is_not_what_was_signed_is_not_stored(house: House):
    request = signed("PUT", f"/bookbridge/{inbox('a.csv')}", body=b"signed", blocks=[b"forged"])
    assert house.send(request).code == "XAmzContentSHA256Mismatch"
    assert list(house.storage.list("")) == []


@pytest.mark.parametrize("size", [1000, 20_000_000])
def test_a_line_that_is_cut_leaves_nothing(house: House, size: int):
    def cut() -> Iterator[bytes]:
        yield from blocks(bytes(size), 1_000_000)
        raise BodyBrokenError("cut")

    request = signed(
        "PUT",
        f"/bookbridge/{inbox('a.csv')}",
        blocks=cut(),
        payload="UNSIGNED-PAYLOAD",
        headers={"content-length": str(size + 1)},
    )
    with pytest.raises(BodyBrokenError):
        house.send(request)
    assert list(house.storage.list("")) == []
    assert house.desk.arrived_keys == []


def test_what_is_too_large_is_refused_before_a_byte_is_read(folder_storage: Storage):
    house = House(folder_storage, most_bytes=1000)

    def never() -> Iterator[bytes]:
        raise AssertionError("the body was asked for")
        yield b""

    for headers in ({"content-length": "1001"}, {"x-amz-decoded-content-length": "1001"}):
        payload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER" if "content-length" not in headers else "UNSIGNED-PAYLOAD"
        request = signed("PUT", f"/bookbridge/{inbox('a.csv')}", blocks=never(), payload=payload, headers=headers)
        said = house.send(request)
        assert (said.code, said.xml.findtext("MaxSizeAllowed")) == ("EntityTooLarge", "1000")
    assert house.put("a.csv", bytes(1000)).status == 200


def test_a_size_must_be_told(small_house: House):
    request = signed("PUT", f"/bookbridge/{inbox('a.csv')}", body=b"abc")
    headers = {name: value for name, value in request.headers.items() if name != "content-length"}
    unsigned_length = signed("PUT", f"/bookbridge/{inbox('a.csv')}", payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    assert small_house.send(unsigned_length).code == "MissingContentLength"
    assert small_house.send(changed(request, headers=headers)).status in (403, 411)


def test_a_full_disk_is_told_and_leaves_nothing(small_house: House, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bookbridge.storage.streaming.os.write", full)
    said = small_house.put("a.csv")
    assert (said.status, said.code) == (500, "InternalError")
    assert "full" in said.xml.findtext("Message")
    assert list(small_house.storage.list("")) == []


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("text/html", "application/octet-stream"),
        ("Text/HTML;charset=utf-8", "application/octet-stream"),
        ("text/csv, text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("text/xml", "application/octet-stream"),
        ("text/javascript", "application/octet-stream"),
        ("application/x-ecmascript", "application/octet-stream"),
        ("multipart/x-mixed-replace;boundary=x", "application/octet-stream"),
        ("text/csv", "text/csv"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",) * 2,
    ],
)
def test_an_object_never_acts_as_a_page_of_the_portal(small_house: House, kind: str, given: str):
    small_house.put("plain.csv", b"<script>1</script>")
    small_house.put("typed.csv", b"<script>1</script>", headers={"content-type": kind, "content-disposition": "inline"})
    asked = f"/bookbridge/{inbox('plain.csv')}?response-content-type={quote(kind)}&response-content-disposition=inline"
    for request in (presigned("GET", asked), presigned("GET", f"/bookbridge/{inbox('typed.csv')}")):
        said = small_house.send(request)
        assert said.status == 200
        assert (said.headers["content-type"], said.headers["content-disposition"]) == (given, "attachment")
        assert is_harmless(said)


def is_harmless(said: Said) -> bool:
    policy, sniffing = said.headers["content-security-policy"], said.headers["x-content-type-options"]
    return (policy, sniffing) == ("default-src 'none'; sandbox", "nosniff")


def test_a_name_to_save_under_is_kept(small_house: House):
    name = 'attachment; filename="b.csv"'
    small_house.put("a.csv", headers={"content-disposition": name})
    assert small_house.ask("GET", inbox("a.csv")).headers["content-disposition"] == name
    asked = f"/bookbridge/{inbox('a.csv')}?response-content-disposition=Attachment"
    assert small_house.send(presigned("GET", asked)).headers["content-disposition"] == "Attachment"


def test_no_answer_acts_as_a_page_of_the_portal(small_house: House):
    etag = small_house.put("a.csv").headers["etag"]
    told = {
        (said := small_house.send(request)).status: is_harmless(said)
        for request in (
            signed("GET", "/bookbridge"),
            signed("GET", f"/bookbridge/{inbox('a.csv')}", headers={"if-none-match": etag}),
            signed("GET", f"/bookbridge/{inbox('b.csv')}"),
            signed("GET", "/bookbridge", secret="wrong"),
            signed("DELETE", f"/bookbridge/{inbox('a.csv')}"),
        )
    }
    assert told == {200: True, 304: True, 404: True, 403: True, 204: True}
    assert small_house.ask("GET", inbox("b.csv")).headers["content-type"] == "application/xml"


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        ("bytes=0-0", 206, b"0"),
        ("bytes=2-4", 206, b"234"),
        ("bytes=7-", 206, b"789"),
        ("bytes=7-99", 206, b"789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=-99", 206, b"0123456789"),
        ("bytes=10-", 416, b""),
        ("bytes=-0", 416, b""),
        ("bytes=4-2", 200, b"0123456789"),
        ("bytes=0-1,3-4", 200, b"0123456789"),
        ("rows=0-1", 200, b"0123456789"),
        ("bytes=-", 200, b"0123456789"),
    ],
)
def test_ranges(small_house: House, asked: str, status: int, body: bytes):
    small_house.put("a.csv", b"0123456789")
    said = small_house.ask("GET", inbox("a.csv"), headers={"range": asked})
    assert said.status == status
    if status == 416:
        assert (said.code, said.headers["content-range"]) == ("InvalidRange", "bytes */10")
    else:
        assert said.body == body
        assert ("content-range" in said.headers) == (status == 206)
    assert small_house.ask("HEAD", inbox("a.csv"), headers={"range": asked}).status == status


def test_conditions(house: House):
    house.put("a.csv", b"0123456789")
    etag = md5(b"0123456789")
    modified = house.ask("HEAD", inbox("a.csv")).headers["last-modified"]
    earlier = http_date(house.storage.stat(inbox("a.csv")).modified_at - timedelta(hours=1))
    for headers, status in (
        ({"if-match": etag}, 200),
        ({"if-match": '"other"'}, 412),
        ({"if-none-match": etag}, 304),
        ({"if-none-match": '"other"'}, 200),
        ({"if-modified-since": modified}, 304),
        ({"if-modified-since": earlier}, 200),
        ({"if-unmodified-since": modified}, 200),
        ({"if-unmodified-since": earlier}, 412),
        ({"if-match": etag, "if-unmodified-since": earlier}, 200),
        ({"if-none-match": '"other"', "if-modified-since": modified}, 200),
        ({"if-modified-since": "nonsense"}, 200),
    ):
        for method in ("GET", "HEAD"):
            said = house.ask(method, inbox("a.csv"), headers=headers)
            assert said.status == status, (headers, method)
            assert status != 304 or said.headers["etag"] == etag


def test_an_upload_that_must_not_replace(house: House):
    assert house.put("a.csv", b"first", headers={"if-none-match": "*"}).status == 200
    said = house.put("a.csv", b"second", headers={"if-none-match": "*"})
    assert (said.status, said.code) == (412, "PreconditionFailed")
    assert house.put("a.csv", b"second", headers={"if-match": md5(b"other")}).status == 412
    assert house.stored() == {inbox("a.csv"): b"first"}


def test_a_waiting_file_of_the_same_name_is_kept_beside(house: House):
    for content in (b"first", b"second", b"second", b"third"):
        assert house.put("fmuta6.csv", content).status == 200
    found = house.stored()
    assert found.pop(inbox("fmuta6.csv")) == b"third"
    if house.storage.folder:
        assert found == {inbox("fmuta6 (2).csv"): b"first", inbox("fmuta6 (3).csv"): b"second"}
    assert sorted(found.values()) == [b"first", b"second"]
    assert all(re.fullmatch(r"fmuta6 \([0-9a-f]+\)\.csv", key.rpartition("/")[2]) for key in found)


@pytest.mark.parametrize("headers", [{}, {"if-none-match": "*"}])
def test_an_upload_that_ends_while_another_goes_to_the_disk_is_kept(
    small_house: House, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
):
    fsync, faster = os.fsync, [b"faster"]

    def slow(descriptor: int) -> None:
        fsync(descriptor)
        if faster:
            assert small_house.put("a.csv", faster.pop()).status == 200

    monkeypatch.setattr("bookbridge.storage.streaming.os.fsync", slow)
    said = small_house.put("a.csv", b"slower", headers=headers)
    assert said.status == (412 if headers else 200)
    expected = {"a.csv": b"faster"} if headers else {"a.csv": b"slower", "a (2).csv": b"faster"}
    assert small_house.stored() == {inbox(name): content for name, content in expected.items()}


def test_of_many_uploads_to_one_name_at_once_every_one_is_kept(small_house: House):
    contents = [b"%d" % number for number in range(40)]
    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda content: small_house.put("a.csv", content).status, contents))
    assert told == [200] * len(contents)
    assert sorted(small_house.stored().values()) == sorted(contents)


def test_a_file_that_was_taken_in_is_answered_for_a_while(house: House):
    house.put("a.csv", b"0;001\r\n")
    house.storage.delete(inbox("a.csv"))
    said = house.ask("HEAD", inbox("a.csv"))
    assert (said.status, said.headers["etag"]) == (200, md5(b"0;001\r\n"))
    assert house.ask("GET", inbox("a.csv")).code == "NoSuchKey"
    assert house.ask("GET", query="list-type=2").keys == []
    house.now = NOW + timedelta(minutes=16)
    assert house.ask("HEAD", inbox("a.csv")).status == 404
    assert tidying.tidy(house.storage, HOME, _real_now(house) + timedelta(hours=2)) == 1
    assert list(house.storage.list("")) == []


def _real_now(house: House):
    return max(found.modified_at for found in house.storage.list(""))


def test_a_file_that_somebody_else_wrote_has_an_etag_that_is_no_md5(house: House):
    house.put("a.csv", b"ours")
    house.storage.put(inbox("a.csv"), b"theirs")
    house.storage.put(f"{HOME.prefix}outbox/dbopen.csv", b"open items")
    for key, content in ((inbox("a.csv"), b"theirs"), (f"{HOME.prefix}outbox/dbopen.csv", b"open items")):
        said = house.ask("GET", key)
        assert said.body == content
        assert said.headers["etag"].strip('"').endswith("-1")
        assert house.ask("GET", key, headers={"if-none-match": said.headers["etag"]}).status == 304


def test_the_outbox_is_for_reading(small_house: House):
    key = f"{HOME.prefix}outbox/dbopen.csv"
    small_house.storage.put(key, b"open items")
    assert small_house.ask("PUT", key, b"x").code == "AccessDenied"
    assert small_house.ask("DELETE", key).code == "AccessDenied"
    assert small_house.ask("POST", key, query="uploads").code == "AccessDenied"
    assert small_house.stored() == {key: b"open items"}


@pytest.mark.parametrize("folder", ["archive", "uploads", "received", "inboxes", ""])
def test_there_is_nothing_but_the_boxes(small_house: House, folder: str):
    key = f"{HOME.prefix}{folder}/a.csv"
    small_house.storage.put(f"{HOME.prefix}archive/a.csv", b"archived")
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert small_house.ask(method, key).status == 403
    assert small_house.ask("GET", query="list-type=2").keys == []


def test_lists(house: House):
    names = ["b.csv", "a/1.csv", "a/2.csv", "a.csv", "é.csv", "c d.csv"]
    for name in names:
        house.put(name)
    house.storage.put(f"{HOME.prefix}outbox/dbopen.csv", b"open items")
    keys = sorted((inbox(name) for name in names), key=str.encode)
    everything = [*keys, f"{HOME.prefix}outbox/dbopen.csv"]
    assert house.ask("GET", query="list-type=2").keys == everything
    assert house.ask("GET").keys == everything
    assert house.ask("GET", query=f"list-type=2&prefix={inbox('a')}").keys == [
        inbox("a.csv"),
        inbox("a/1.csv"),
        inbox("a/2.csv"),
    ]

    said = house.ask("GET", query=f"list-type=2&delimiter=/&prefix={inbox('')}")
    assert said.prefixes == [inbox("a/")]
    assert said.keys == [key for key in keys if "/a/" not in key]
    assert house.ask("GET", query=f"list-type=2&delimiter=/&prefix={HOME.prefix}").prefixes == [
        f"{HOME.prefix}inbox/",
        f"{HOME.prefix}outbox/",
    ]
    encoded = house.ask("GET", query=f"list-type=2&encoding-type=url&prefix={inbox('c')}")
    assert encoded.keys == [inbox("c%20d.csv")]


@pytest.mark.parametrize("delimiter", ["", "&delimiter=/"])
@pytest.mark.parametrize("version", ["list-type=2", "list-type"])
def test_pages_of_a_list_are_the_whole_list(small_house: House, delimiter: str, version: str):
    for name in ("a.csv", "b/1.csv", "b/2.csv", "c.csv", "d/1.csv"):
        small_house.put(name)
    second = version == "list-type=2"
    base = f"prefix={inbox('')}{delimiter}" + ("&list-type=2" if second else "")
    whole = small_house.ask("GET", query=base)
    pages, next_ = [], ""
    while True:
        said = small_house.ask("GET", query=f"{base}&max-keys=1{next_}")
        pages += said.keys + said.prefixes
        if said.xml.findtext("IsTruncated") == "false":
            break
        token = said.xml.findtext("NextContinuationToken") if second else said.xml.findtext("NextMarker") or pages[-1]
        next_ = f"&{'continuation-token' if second else 'marker'}={token}"
    assert sorted(pages) == sorted(whole.keys + whole.prefixes)
    assert len(pages) == (4 if delimiter else 5)
    assert small_house.ask("GET", query=f"{base}&max-keys=0").keys == []


@pytest.mark.parametrize(
    "query", ["max-keys=x", "max-keys=-1", "list-type=3", "encoding-type=xml", "list-type=2&continuation-token=%21"]
)
def test_a_list_that_is_asked_for_wrongly(small_house: House, query: str):
    assert small_house.ask("GET", query=query).code == "InvalidArgument"


def test_the_bucket_and_the_service(small_house: House):
    assert small_house.ask("HEAD").headers["x-amz-bucket-region"] == "us-east-1"
    listed = small_house.send(signed("GET", "/")).xml
    assert [each.text for each in listed.findall("Buckets/Bucket/Name")] == ["bookbridge"]
    assert small_house.ask("GET", query="location").xml.tag == "LocationConstraint"
    assert small_house.ask("PUT").code == "BucketAlreadyOwnedByYou"
    assert small_house.ask("DELETE").code == "AccessDenied"
    assert small_house.send(signed("GET", "/other")).code == "NoSuchBucket"
    assert small_house.send(signed("GET", "/other/key")).code == "NoSuchBucket"
    assert small_house.ask("POST").code == "MethodNotAllowed"
    for name in ("acl", "policy", "tagging", "lifecycle", "versions"):
        assert small_house.ask("GET", query=name).code == "NotImplemented"
    assert small_house.ask("GET", inbox("a.csv"), query="tagging").code == "NotImplemented"


def test_many_are_deleted_at_once(house: House):
    for name in ("a.csv", "b.csv"):
        house.put(name)
    body = (
        f"<Delete><Object><Key>{inbox('a.csv')}</Key></Object><Object><Key>elsewhere</Key></Object></Delete>".encode()
    )
    said = house.ask("POST", "", body, query="delete")
    assert [each.text for each in said.xml.findall("Deleted/Key")] == [inbox("a.csv")]
    assert [each.text for each in said.xml.findall("Error/Code")] == ["AccessDenied"]
    assert list(house.stored()) == [inbox("b.csv")]
    assert house.ask("DELETE", inbox("b.csv")).status == house.ask("DELETE", inbox("b.csv")).status == 204
    assert house.desk.removed_keys == [inbox("a.csv"), inbox("b.csv")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<Delete>",
        b"<Other/>",
        b"<Delete/>",
        b"<Delete><Object/></Delete>",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&e;</Key></Object></Delete>',
        b"<Delete>" + b"<Object><Key>a</Key></Object>" * 1001 + b"</Delete>",
    ],
)
def test_xml_that_is_none(small_house: House, body: bytes):
    assert small_house.ask("POST", "", body, query="delete").code == "MalformedXML"


def test_an_overlong_deletion_is_not_read(small_house: House):
    assert small_house.ask("POST", "", bytes(3_000_000), query="delete").code == "EntityTooLarge"


def test_a_folder_where_a_file_is_meant(small_house: House, tmp_path: Path):
    small_house.put("a/1.csv")
    assert small_house.put("a").code == "InvalidArgument"
    assert small_house.put("a/1.csv/2.csv").code == "InvalidArgument"
    assert small_house.ask("GET", inbox("a")).code == "NoSuchKey"
    assert small_house.ask("GET", inbox("a/1.csv/2.csv")).code == "NoSuchKey"
    assert list(small_house.stored()) == [inbox("a/1.csv")]
