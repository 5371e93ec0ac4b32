"""Whatever comes in, the drop box answers in S3's words: nothing escapes, and nothing is stored that was not signed."""

import base64
import hashlib
import zlib
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bookbridge.storage.dropbox.chunks import LONGEST_LINE, ChunkedBody
from bookbridge.storage.dropbox.completing import read_doomed, read_wanted
from bookbridge.storage.dropbox.errors import STATUSES, S3Error
from bookbridge.storage.dropbox.multipart import LONGEST_COMPLETION
from bookbridge.storage.dropbox.request import Request
from bookbridge.storage.dropbox.service import LONGEST_DELETION
from bookbridge.storage.dropbox.signature import SignedChunks, read_claim
from tests.storage.dropbox.house import HOST, SECRET, House, changed, inbox, signed

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


def chunked(content: bytes, size: int, trailers: bytes = b"") -> bytes:
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n" + trailers + b"\r\n"


def crc32_trailer(content: bytes) -> bytes:
    value = base64.b64encode(zlib.crc32(content).to_bytes(4, "big"))
    return b"x-amz-checksum-crc32:" + value + b"\r\n"


def split_at(content: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(content), *(place % (len(content) + 1) for place in places)})
    return [content[start:end] for start, end in pairwise(edges)]


def upload(body: list[bytes], size: int, payload: str = UNSIGNED, **headers: str) -> Request:
    given = {
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": str(size),
        "content-length": str(sum(map(len, body))),
        **headers,
    }
    return signed("PUT", f"/bookbridge/{inbox('a.csv')}", headers=given, blocks=body, payload=payload)


@QUICK
@given(content=st.binary(max_size=300), size=st.integers(1, 100), places=st.lists(st.integers(0, 2000), max_size=20))
def test_a_chunked_body_is_read_wherever_it_is_split(small_house: House, content: bytes, size: int, places: list[int]):
    body = chunked(content, size, crc32_trailer(content))
    request = upload(split_at(body, places), len(content), **{"x-amz-trailer": "x-amz-checksum-crc32"})
    said = small_house.send(request)
    assert said.status == 200, said.body
    assert said.headers["x-amz-checksum-crc32"] == crc32_trailer(content)[21:-2].decode()
    assert small_house.ask("GET", inbox("a.csv")).body == content
    small_house.ask("DELETE", inbox("a.csv"))


@QUICK
@given(content=st.binary(min_size=1, max_size=200), size=st.integers(1, 80), data=st.data())
def test_a_spoiled_chunked_body_is_refused_or_is_what_it_was(
    small_house: House, content: bytes, size: int, data: st.DataObject
):
    body = bytearray(chunked(content, size, crc32_trailer(content)))
    place = data.draw(st.integers(0, len(body) - 1))
    kind = data.draw(st.sampled_from(["change", "cut", "add", "drop"]))
    if kind == "change":
        body[place] = data.draw(st.integers(0, 255))
    elif kind == "cut":
        del body[place:]
    elif kind == "add":
        body[place:place] = data.draw(st.binary(min_size=1, max_size=3))
    else:
        del body[place]
    said = small_house.send(upload([bytes(body)], len(content), **{"x-amz-trailer": "x-amz-checksum-crc32"}))
    if said.status == 200:
        assert small_house.ask("GET", inbox("a.csv")).body == content
        small_house.ask("DELETE", inbox("a.csv"))
    else:
        assert said.code in STATUSES
        assert said.code != "InternalError"
        assert small_house.stored() == {}


def signed_body(request: Request, content: bytes, size: int) -> bytes:
    """The chunks with their signatures, each made from the one before it."""
    signer = SignedChunks(read_claim(request), SECRET)
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    whole = b""
    for part in [*parts, b""]:
        signature = _next_signature(signer, part)
        whole += b"%x;chunk-signature=%b\r\n%b\r\n" % (len(part), signature.encode(), part)
    return whole


def _next_signature(signer: SignedChunks, part: bytes) -> str:
    text = f"{hashlib.sha256(b'').hexdigest()}\n{hashlib.sha256(part).hexdigest()}"
    made = signer._sign(f"AWS4-HMAC-SHA256-PAYLOAD\n{signer._timestamp}\n{signer._scope}\n{signer._before}\n{text}")
    signer.check_chunk(hashlib.sha256(part).hexdigest(), made)
    return made


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(min_size=1, max_size=200), size=st.integers(1, 80), data=st.data())
def test_signed_chunks_can_not_be_changed_left_out_or_swapped(
    small_house: House, content: bytes, size: int, data: st.DataObject
):
    head = upload([], len(content), SIGNED)
    body = signed_body(head, content, size)
    assert small_house.send(changed(head, read=lambda: [body])).status == 200
    assert small_house.ask("GET", inbox("a.csv")).body == content
    small_house.ask("DELETE", inbox("a.csv"))
    spoiled = bytearray(body)
    spoiled[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.sampled_from([1, 2, 64, 128]))
    said = small_house.send(changed(head, read=lambda: [bytes(spoiled)]))
    assert said.status != 200 or small_house.ask("GET", inbox("a.csv")).body == content
    small_house.ask("DELETE", inbox("a.csv"))
    assert small_house.stored() == {}


@pytest.mark.parametrize(
    "body",
    [
        b"f" * (LONGEST_LINE + 10),
        b"ffffffffffffffff\r\n",
        b"5\nhello\n0\n\n",
        b"5\r\nhello0\r\n\r\n",
        b"-1\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"5 \r\nhello\r\n0\r\n\r\n",
        b"0\r\n\r\nmore",
        b"5;chunk-signature=" + b"0" * 64 + b"\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
        b"5\r\nhello\r\n0\r\nno colon\r\n\r\n",
        b"",
        b"5\r\nhel",
    ],
)
def test_bodies_that_are_not_chunked(small_house: House, body: bytes):
    said = small_house.send(upload([body] if body else [], 5))
    assert said.status == 400, said.body
    assert small_house.stored() == {}


def test_a_body_without_end_is_cut_off_early(small_house: House):
    asked = 0

    def endless() -> Iterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield b"f" * 1000

    for payload, headers in ((UNSIGNED, {}), (UNSIGNED, {"x-amz-trailer": "x-amz-checksum-crc32"})):
        request = changed(upload([], 5, payload, **headers), read=endless)
        assert small_house.send(request).status == 400
    plain = signed("PUT", f"/bookbridge/{inbox('a.csv')}", payload="UNSIGNED-PAYLOAD", blocks=endless())
    assert small_house.send(plain).status == 400
    assert asked < 20
    assert small_house.stored() == {}


def part_of_list(number: int) -> bytes:
    etag, sha256 = hashlib.md5(b"").hexdigest(), base64.b64encode(bytes(32)).decode()
    named = f"<PartNumber>{number}</PartNumber><ETag>&quot;{etag}&quot;</ETag><ChecksumSHA256>{sha256}</ChecksumSHA256>"
    return f"<Part>{named}</Part>\n".encode()


def test_the_longest_lists_are_read():
    parts = b"".join(part_of_list(number) for number in range(1, 10_001))
    whole = b'<?xml version="1.0" encoding="UTF-8"?><CompleteMultipartUpload>' + parts + b"</CompleteMultipartUpload>"
    assert len(whole) < LONGEST_COMPLETION
    assert [wanted.number for wanted in read_wanted(whole)] == list(range(1, 10_001))
    key = b"<Object><Key>" + b"k" * 1024 + b"</Key><VersionId>null</VersionId><ETag>e</ETag></Object>"
    deletion = b"<Delete>" + key * 1000 + b"</Delete>"
    assert len(deletion) < LONGEST_DELETION
    assert len(read_doomed(deletion)[0]) == 1000


@pytest.mark.parametrize("mark", [b"<a/>", b"<?a?>", b"<!---->"])
def test_a_list_with_more_marks_than_any_is_not_even_parsed(mark: bytes):
    parts = b"<CompleteMultipartUpload>" + part_of_list(1) + mark * 100_000 + b"</CompleteMultipartUpload>"
    keys = b"<Delete><Object><Key>k</Key></Object>" + mark * 11_000 + b"</Delete>"
    for read, whole in ((read_wanted, parts), (read_doomed, keys)):
        with pytest.raises(S3Error, match="MalformedXML"):
            read(whole)


def test_marks_can_not_be_hidden_in_another_encoding():
    hidden = b"<Object><Key>k</Key></Object>".replace(b"<", b"+ADw-").replace(b">", b"+AD4-")
    with pytest.raises(S3Error, match="MalformedXML"):
        read_doomed(b'<?xml version="1.0" encoding="UTF-7"?><Delete>' + hidden + b"</Delete>")


@pytest.mark.parametrize("upload_id", ["0" * 32, "x", ""])
def test_the_parts_of_an_upload_that_is_not_there_are_not_read(small_house: House, upload_id: str):
    def never() -> Iterator[bytes]:
        raise AssertionError("the body was asked for")
        yield b""

    request = signed(
        "POST", f"/bookbridge/{inbox('a.csv')}", query=f"uploadId={upload_id}", body=bytes(1000), blocks=never()
    )
    assert small_house.send(request).code == "NoSuchUpload"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.booleans())
@example(b"<!DOCTYPE x><Delete/>", True)
def test_xml_of_any_bytes_is_read_or_malformed(content: bytes, framed: bool):
    for root, read in (("Delete", read_doomed), ("CompleteMultipartUpload", read_wanted)):
        whole = f"<{root}>".encode() + content + f"</{root}>".encode() if framed else content
        code = ""
        try:
            read(whole)
        except S3Error as error:
            code = error.code
        assert code in ("", "MalformedXML", "InvalidPartOrder")


header_names = st.sampled_from(
    [
        *("authorization", "host", "date", "x-amz-date", "x-amz-content-sha256", "content-length", "content-md5"),
        *("range", "if-match", "if-none-match", "if-modified-since", "x-amz-trailer", "x-amz-decoded-content-length"),
        *("x-amz-checksum-crc32", "x-amz-checksum-mode", "x-amz-sdk-checksum-algorithm", "x-amz-meta-a", "x-amz-acl"),
    ]
)
texts = st.text(max_size=40) | st.sampled_from(
    ["AWS4-HMAC-SHA256 Credential=a/20260312/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=" + "0" * 64]
)


@QUICK
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "HEAD", "DELETE", "OPTIONS", "X"]),
    path=st.binary(max_size=40),
    query=st.binary(max_size=60),
    headers=st.dictionaries(header_names, texts, max_size=6),
    body=st.lists(st.binary(max_size=50), max_size=3),
)
def test_a_request_of_anything_gets_an_answer(small_house: House, method, path, query, headers, body):
    for given_path in (path, b"/bookbridge/" + path):
        said = small_house.send(Request(method, given_path, query, {"host": HOST, **headers}, read=lambda: body))
        assert 400 <= said.status < 500 or said.code == "NotImplemented"
    assert small_house.stored() == {}


@QUICK
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "HEAD", "DELETE"]),
    query=st.dictionaries(
        st.sampled_from(
            [
                *("list-type", "prefix", "delimiter", "marker", "max-keys", "encoding-type", "start-after"),
                *("continuation-token", "uploads", "uploadId", "partNumber", "delete", "location", "max-parts"),
                *("part-number-marker", "response-content-type", "versioning"),
            ]
        ),
        st.text(max_size=12) | st.sampled_from(["1", "2", "0", "/", "0" * 32]),
        max_size=4,
    ),
    headers=st.dictionaries(header_names.filter(lambda name: name not in ("host", "authorization")), texts, max_size=4),
    body=st.binary(max_size=80),
    key=st.sampled_from(["", inbox("a.csv"), inbox(""), "x/y"]),
)
def test_a_rightly_signed_request_of_anything_gets_an_answer(small_house: House, method, query, headers, body, key):
    small_house.storage.put(inbox("a.csv"), b"0123456789")
    pairs = "&".join(f"{name}={_quoted(value)}" for name, value in query.items())
    clean = {
        name: value.encode("ascii", "ignore").decode().replace("\n", "").replace("\r", "")
        for name, value in headers.items()
    }
    clean = {name: value for name, value in clean.items() if name not in ("x-amz-date", "x-amz-content-sha256", "date")}
    try:
        request = signed(method, f"/bookbridge/{key}", query=pairs, headers=clean, body=body)
    except ValueError:
        return
    said = small_house.send(request)
    # A HEAD is answered without a body, so its status alone says that there is no such part.
    assert said.status < 500 or (said.status if method == "HEAD" else said.code) in (501, "NotImplemented"), said.body
    assert not said.body or said.status < 300 or said.code in STATUSES


def _quoted(value: str) -> str:
    return quote(value.encode("utf-8", "replace"), safe="-_.~")


def test_a_decoder_keeps_no_more_than_it_must():
    """One long chunk in small pieces: they pass through, they don't pile up."""
    pieces = [b"%x\r\n" % 100_000, *([b"a" * 1000] * 100), b"\r\n0\r\n\r\n"]
    longest = max(len(piece) for piece in ChunkedBody(pieces, signer=None, decoded_size=100_000))
    assert longest == 1000
