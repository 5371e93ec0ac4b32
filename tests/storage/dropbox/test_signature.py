"""Signatures: AWS's own published examples, and everything that makes one wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from bookbridge.storage.dropbox import signature
from bookbridge.storage.dropbox.chunks import ChunkedBody
from bookbridge.storage.dropbox.errors import S3Error
from bookbridge.storage.dropbox.request import Request
from tests.storage.dropbox.house import (
    FOREIGN_KEY,
    FOREIGN_SECRET,
    HOME,
    NOW,
    SECRET,
    House,
    changed,
    inbox,
    minutes,
    presigned,
    signed,
)

# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and the pages beside it, read 2026-11.
EXAMPLE_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SCOPE = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
EMPTY = signature.EMPTY_SHA256


def example(method: str, path: str, query: str, headers: dict[str, str], names: str, given: str) -> Request:
    authorization = f"AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders={names},Signature={given}"
    own = {"host": "examplebucket.s3.amazonaws.com", "x-amz-date": "20130524T000000Z", **headers}
    return Request(method, path.encode(), query.encode(), {**own, "authorization": authorization})


EXAMPLES = {
    "get object": example(
        *("GET", "/test.txt", "", {"range": "bytes=0-9", "x-amz-content-sha256": EMPTY}),
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    "put object": example(
        *("PUT", "/test%24file.text", ""),
        {
            "date": "Fri, 24 May 2013 00:00:00 GMT",
            "x-amz-storage-class": "REDUCED_REDUNDANCY",
            "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        },
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
    "a query without a value": example(
        *("GET", "/", "lifecycle", {"x-amz-content-sha256": EMPTY}),
        "host;x-amz-content-sha256;x-amz-date",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
    "a query": example(
        *("GET", "/", "prefix=J&max-keys=2", {"x-amz-content-sha256": EMPTY}),
        "host;x-amz-content-sha256;x-amz-date",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
    "in the query": Request(
        "GET",
        b"/test.txt",
        f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={SCOPE.replace('/', '%2F')}&X-Amz-Date=20130524T000000Z"
        "&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404".encode(),
        {"host": "examplebucket.s3.amazonaws.com"},
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_that_aws_published(name: str):
    request = EXAMPLES[name]
    claim = signature.read_claim(request)
    signature.check_scope(claim)
    signature.check_time(claim, datetime(2013, 5, 24, 0, 10, tzinfo=UTC))
    signature.check_signature(request, claim, EXAMPLE_SECRET)
    with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
        signature.check_signature(changed(request, method="DELETE"), claim, EXAMPLE_SECRET)


def chunked_example(payload: str, names: str, given: str, **more: str) -> Request:
    headers = {
        "host": "s3.amazonaws.com",
        "content-encoding": "aws-chunked",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "x-amz-decoded-content-length": "66560",
        "x-amz-content-sha256": payload,
        **more,
    }
    return example("PUT", "/examplebucket/chunkObject.txt", "", headers, names, given)


CHUNKED = chunked_example(
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
    "x-amz-storage-class",
    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    **{"content-length": "66824"},
)
CHUNKED_BODY = b"".join(
    (
        b"10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" + b"a" * 65536,
        b"\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" + b"a" * 1024,
        b"\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n",
    )
)
WITH_TRAILER = chunked_example(
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;"
    "x-amz-trailer",
    "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    **{"x-amz-trailer": "x-amz-checksum-crc32c"},
)
WITH_TRAILER_BODY = b"".join(
    (
        b"10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n" + b"a" * 65536,
        b"\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n" + b"a" * 1024,
        b"\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n",
        b"x-amz-checksum-crc32c:sOO8/Q==\r\n",
        b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
    )
)


@pytest.mark.parametrize(
    ("request_", "body", "trailers"),
    [(CHUNKED, CHUNKED_BODY, {}), (WITH_TRAILER, WITH_TRAILER_BODY, {"x-amz-checksum-crc32c": "sOO8/Q=="})],
    ids=["chunks", "chunks and a trailer"],
)
def test_the_chunked_examples_that_aws_published(request_: Request, body: bytes, trailers: dict[str, str]):
    claim = signature.read_claim(request_)
    signature.check_signature(request_, claim, EXAMPLE_SECRET)

    def decoded(content: bytes) -> ChunkedBody:
        chunks = ChunkedBody(
            [content],
            signer=signature.SignedChunks(claim, EXAMPLE_SECRET),
            announced=trailers,
            decoded_size=66560,
        )
        assert b"".join(chunks) == b"a" * 66560
        return chunks

    assert decoded(body).trailers == trailers
    for place in (100, 65_700, len(body) - 20):
        spoiled = bytearray(body)
        spoiled[place] ^= 1
        with pytest.raises(S3Error):
            decoded(bytes(spoiled))


def test_a_header_that_was_added_or_changed_or_taken_away_is_noticed(small_house: House):
    request = signed("PUT", f"/bookbridge/{inbox('a.csv')}", body=b"a", headers={"x-amz-meta-of": "us"})
    for headers, code in (
        ({**request.headers, "x-amz-meta-of": "them"}, "SignatureDoesNotMatch"),
        ({**request.headers, "x-amz-meta-more": "x"}, "AccessDenied"),
        ({name: value for name, value in request.headers.items() if name != "x-amz-meta-of"}, "SignatureDoesNotMatch"),
        ({**request.headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}, "SignatureDoesNotMatch"),
    ):
        assert small_house.send(changed(request, headers=headers)).code == code
    assert small_house.stored() == {}


def test_another_path_query_or_method_is_noticed(small_house: House):
    request = signed("GET", "/bookbridge", query="list-type=2")
    for wrong in (
        changed(request, path=b"/bookbridge/"),
        changed(request, query=b"list-type=2&prefix=x"),
        changed(request, query=b""),
        changed(request, method="HEAD"),
    ):
        assert small_house.send(wrong).status == 403
    assert small_house.send(request).status == 200


@pytest.mark.parametrize("path", ["/bookbridge/%7Ea", "/bookbridge/%7ea", "/bookbridge/~a"])
def test_one_path_has_one_signature_however_it_is_spelled(small_house: House, path: str):
    said = small_house.send(changed(signed("GET", "/bookbridge/~a"), path=path.encode()))
    assert said.code == "AccessDenied", "it is understood, and lies outside"


@pytest.mark.parametrize(
    ("off", "code"), [(0, ""), (14, ""), (-14, ""), (16, "RequestTimeTooSkewed"), (-16, "RequestTimeTooSkewed")]
)
def test_a_clock_may_be_wrong_by_a_quarter_of_an_hour(small_house: House, off: float, code: str):
    said = small_house.send(signed("GET", "/bookbridge", now=NOW + minutes(off)))
    assert (said.status, said.code if said.status != 200 else "") == ((403, code) if code else (200, ""))


@pytest.mark.parametrize(
    ("expires", "passed", "code"),
    [
        (300, 0, ""),
        (300, 4.9, ""),
        (300, 5.1, "AccessDenied"),
        (604_800, 7 * 24 * 60 - 1, ""),
        (604_801, 0, "AuthorizationQueryParametersError"),
        (0, 0, "AuthorizationQueryParametersError"),
        (300, -16, "AccessDenied"),
    ],
)
def test_a_presigned_request_is_good_for_its_time(small_house: House, expires: int, passed: float, code: str):
    small_house.put("a.csv")
    small_house.now = NOW + minutes(passed)
    said = small_house.send(presigned("GET", f"/bookbridge/{inbox('a.csv')}", expires=expires))
    assert said.code == code if code else said.body == b"a;b\r\n"


def test_a_presigned_upload_and_what_is_added_to_it(small_house: House):
    request = presigned("PUT", f"/bookbridge/{inbox('a.csv')}", body=b"presigned")
    added = changed(request, headers={**request.headers, "x-amz-meta-x": "y"})
    assert small_house.send(added).code == "AccessDenied"
    assert small_house.send(changed(request, query=request.query + b"&partNumber=1")).code == "SignatureDoesNotMatch"
    assert small_house.send(request).status == 200
    assert small_house.stored() == {inbox("a.csv"): b"presigned"}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"region": "eu-west-1"}, "AuthorizationHeaderMalformed"),
        ({"service": "ec2"}, "AuthorizationHeaderMalformed"),
        ({"key": "BBNOBODYAAAAAAAAAAAA"}, "InvalidAccessKeyId"),
        ({"secret": SECRET[:-1]}, "SignatureDoesNotMatch"),
        ({"payload": "STREAMING-SOMETHING-NEW"}, "NotImplemented"),
        ({"payload": "abc"}, "InvalidArgument"),
        ({"headers": {"x-amz-security-token": "abc"}}, "InvalidToken"),
    ],
)
def test_what_is_signed_for_something_else(small_house: House, options: dict[str, object], code: str):
    said = small_house.send(signed("GET", "/bookbridge", **options))  # type: ignore[arg-type]
    assert said.code == code
    assert said.xml.findtext("Message")
    assert said.xml.findtext("RequestId") == said.headers["x-amz-request-id"]
    if "region" in options:
        assert said.xml.findtext("Region") == "us-east-1"


@pytest.mark.parametrize(
    ("headers", "query", "code"),
    [
        ({}, "", "AccessDenied"),
        ({"authorization": "AWS KEY:signature"}, "", "InvalidRequest"),
        ({}, "AWSAccessKeyId=KEY&Signature=x&Expires=1", "InvalidRequest"),
        ({"authorization": "AWS4-HMAC-SHA256 nonsense"}, "", "AuthorizationHeaderMalformed"),
        ({"authorization": "AWS4-ECDSA-P256-SHA256 Credential=x"}, "", "InvalidRequest"),
        ({"authorization": "Bearer x"}, "", "InvalidRequest"),
        ({"authorization": "AWS4-HMAC-SHA256 x"}, "X-Amz-Algorithm=AWS4-HMAC-SHA256", "InvalidArgument"),
        ({}, "X-Amz-Algorithm=AWS4-HMAC-SHA256", "AuthorizationQueryParametersError"),
        ({}, "X-Amz-Signature=1", "AuthorizationQueryParametersError"),
    ],
)
def test_what_is_not_signed_at_all_or_in_another_way(
    small_house: House, headers: dict[str, str], query: str, code: str
):
    said = small_house.send(Request("GET", b"/bookbridge", query.encode(), {"host": "books.example.org", **headers}))
    assert said.code == code


def test_a_wrong_signature_counts_and_too_many_are_turned_away(small_house: House):
    small_house.send(signed("GET", "/bookbridge", secret="wrong"))
    small_house.send(signed("GET", "/bookbridge", key="BBNOBODYAAAAAAAAAAAA"))
    small_house.send(signed("GET", "/bookbridge", now=NOW - timedelta(hours=1)))
    assert len(small_house.desk.refusals) == 2, "a wrong clock is no attack"
    assert small_house.desk.uses == []
    small_house.desk.closed = True
    said = small_house.send(signed("GET", "/bookbridge"))
    assert (said.status, said.code) == (503, "SlowDown")
    assert said.headers["retry-after"]


def test_the_host_must_be_ours_and_signed(small_house: House):
    request = signed("GET", "/bookbridge", headers={"host": "elsewhere.example.org"})
    assert small_house.send(request).code == "NoSuchBucket"
    request = signed("GET", "/bookbridge")
    assert small_house.send(changed(request, headers={**request.headers, "host": "x.example.org"})).status == 404


def test_a_foreign_key_sees_and_reaches_only_its_own(small_house: House):
    small_house.put("a.csv")
    foreign = {"key": FOREIGN_KEY, "secret": FOREIGN_SECRET}
    present, absent = inbox("a.csv"), f"{HOME.prefix}inbox/absent.csv"
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        answers = [small_house.ask(method, key, **foreign) for key in (present, absent, "no/such/inbox/a.csv")]
        assert {said.status for said in answers} == {403}
        assert len({(said.code, said.body.partition(b"<Resource>")[0]) for said in answers}) == 1
    listed = [small_house.ask("GET", query=f"prefix={prefix}", **foreign) for prefix in (HOME.prefix, "no/such/")]
    assert [said.keys + said.prefixes for said in listed] == [[], []]
    assert small_house.ask("GET", query="delimiter=/", **foreign).prefixes == ["00000000-0000-0000-0000-000000000003/"]
    assert small_house.stored() == {present: b"a;b\r\n"}
