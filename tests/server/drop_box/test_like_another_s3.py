"""The same calls to us and to moto, an S3 that somebody else wrote: the same statuses, codes and values come back.

So we don't only agree with ourselves. Left out is what moto 5.2 does not do as S3's documentation says: it checks no
MD5 and no order of parts, names no checksum type, and answers 500 for a wrong token and for an upload that isn't there.
"""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.server.drop_box.served import BUCKET, REGION, Served
from tests.storage.buckets import bucket_service

MEGABYTES_5 = b"a" * 5 * 1024 * 1024
Call = Callable[[Any, str], Any]
_VOLATILE = {
    *("ResponseMetadata", "LastModified", "Initiated", "Owner", "Initiator", "Location", "UploadId", "Body"),
    *("ServerSideEncryption", "RequestCharged", "StorageClass", "AbortDate", "ChecksumAlgorithm", "VersionId"),
    *("ChecksumType", "Marker"),
    # Ours is always an attachment: the portal has the same origin.
    "ContentDisposition",
    *("EncodingType", "NextContinuationToken", "ContinuationToken", "ContentType", "RestoreStatus", "ObjectSize"),
}


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    with bucket_service() as endpoint:
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="tester",
            aws_secret_access_key="no-secret-of-anybody",
            config=Config(retries={"total_max_attempts": 1}),
        )
        client.create_bucket(Bucket=BUCKET)
        yield client


def outcome(call: Call, client: Any, inbox: str) -> Any:
    """What came back, without what differs from one moment and one service to the next."""
    try:
        said = call(client, inbox)
    except ClientError as error:
        told = error.response
        return told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Code"]
    if not isinstance(said, dict):
        return said
    body = said["Body"].read() if "Body" in said else None
    return said["ResponseMetadata"]["HTTPStatusCode"], body, _plain(said)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in sorted(value.items()) if name not in _VOLATILE}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def put(client: Any, inbox: str, name: str = "a.csv", body: bytes = b"0123456789", **more: Any) -> Any:
    return client.put_object(Bucket=BUCKET, Key=f"{inbox}{name}", Body=body, **more)


def get(client: Any, inbox: str, name: str = "a.csv", **more: Any) -> Any:
    return client.get_object(Bucket=BUCKET, Key=f"{inbox}{name}", **more)


def head(client: Any, inbox: str, name: str = "a.csv", **more: Any) -> Any:
    return client.head_object(Bucket=BUCKET, Key=f"{inbox}{name}", **more)


def listed(client: Any, inbox: str, **more: Any) -> Any:
    prefix = more.pop("under", "")
    return client.list_objects_v2(Bucket=BUCKET, Prefix=f"{inbox}{prefix}", **more)


def upload(client: Any, inbox: str, *parts: bytes, **more: Any) -> tuple[str, list[dict[str, Any]]]:
    key = f"{inbox}large.csv"
    begun = client.create_multipart_upload(Bucket=BUCKET, Key=key, **more)["UploadId"]
    sent = [
        client.upload_part(Bucket=BUCKET, Key=key, UploadId=begun, PartNumber=number, Body=part)
        for number, part in enumerate(parts, 1)
    ]
    return begun, [{"PartNumber": number, "ETag": each["ETag"]} for number, each in enumerate(sent, 1)]


def complete(client: Any, inbox: str, begun: str, parts: list[dict[str, Any]], **more: Any) -> Any:
    return client.complete_multipart_upload(
        Bucket=BUCKET, Key=f"{inbox}large.csv", UploadId=begun, MultipartUpload={"Parts": parts}, **more
    )


def whole_upload(client: Any, inbox: str) -> Any:
    complete(client, inbox, *upload(client, inbox, MEGABYTES_5, b"tail"))
    return head(client, inbox, "large.csv")


def wrong_parts(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], *parts: bytes) -> Call:
    def call(client: Any, inbox: str) -> Any:
        begun, sent = upload(client, inbox, *(parts or (MEGABYTES_5, b"tail")))
        return complete(client, inbox, begun, change(sent))

    return call


def pages(client: Any, inbox: str) -> list[list[str]]:
    found = client.get_paginator("list_objects_v2").paginate(
        Bucket=BUCKET, Prefix=inbox, PaginationConfig={"PageSize": 2}
    )
    return [[each["Key"].removeprefix(inbox) for each in page.get("Contents", [])] for page in found]


def parts_listed(client: Any, inbox: str) -> Any:
    begun, _ = upload(client, inbox, MEGABYTES_5, b"tail")
    told = client.list_parts(Bucket=BUCKET, Key=f"{inbox}large.csv", UploadId=begun)["Parts"]
    return [(part["PartNumber"], part["ETag"], part["Size"]) for part in told]


ETAG = '"781e5e245d69b566979b86e28d23f2c7"'
CALLS: dict[str, Call] = {
    "put": put,
    "put with metadata": lambda c, i: (put(c, i, Metadata={"of": "us"}, ContentType="text/csv"), head(c, i))[1],
    "get": get,
    "get a range": lambda c, i: get(c, i, Range="bytes=2-4"),
    "get the end": lambda c, i: get(c, i, Range="bytes=-3"),
    "get beyond the end": lambda c, i: get(c, i, Range="bytes=20-"),
    "get nothing": lambda c, i: get(c, i, "absent.csv"),
    "head": head,
    "head nothing": lambda c, i: head(c, i, "absent.csv"),
    "head with checksums": lambda c, i: head(c, i, ChecksumMode="ENABLED"),
    "get if it is the same": lambda c, i: get(c, i, IfMatch=ETAG),
    "get if it is another": lambda c, i: get(c, i, IfMatch='"0"'),
    "get if it is not the same": lambda c, i: get(c, i, IfNoneMatch=ETAG),
    "put what is there": lambda c, i: put(c, i, IfNoneMatch="*"),
    "put with SHA-256": lambda c, i: put(c, i, ChecksumAlgorithm="SHA256"),
    "put with SHA-1": lambda c, i: put(c, i, ChecksumAlgorithm="SHA1"),
    "put with CRC32C": lambda c, i: put(c, i, ChecksumAlgorithm="CRC32C"),
    "put with CRC64": lambda c, i: put(c, i, ChecksumAlgorithm="CRC64NVME"),
    "another bucket": lambda c, i: c.list_objects_v2(Bucket="no-such-bucket"),
    "the bucket": lambda c, i: c.head_bucket(Bucket=BUCKET)["ResponseMetadata"]["HTTPStatusCode"],
    "where the bucket is": lambda c, i: c.get_bucket_location(Bucket=BUCKET),
    "list": listed,
    "list under a prefix": lambda c, i: listed(c, i, under="b"),
    "list folders": lambda c, i: listed(c, i, Delimiter="/"),
    "list after": lambda c, i: listed(c, i, StartAfter=f"{i}a.csv"),
    "list two": lambda c, i: listed(c, i, MaxKeys=2),
    "list pages": pages,
    "list in the old way": lambda c, i: c.list_objects(Bucket=BUCKET, Prefix=i, Delimiter="/"),
    "delete": lambda c, i: c.delete_object(Bucket=BUCKET, Key=f"{i}a.csv"),
    "delete nothing": lambda c, i: c.delete_object(Bucket=BUCKET, Key=f"{i}absent.csv"),
    "delete several": lambda c, i: c.delete_objects(
        Bucket=BUCKET, Delete={"Objects": [{"Key": f"{i}a.csv"}, {"Key": f"{i}absent.csv"}]}
    ),
    "upload in parts": whole_upload,
    "list parts": parts_listed,
    "a part that was not sent": wrong_parts(lambda parts: [*parts, {"PartNumber": 9, "ETag": '"0"'}]),
    "a part that was another": wrong_parts(lambda parts: [{**parts[0], "ETag": '"0"'}]),
    "a part that is too small": wrong_parts(lambda parts: parts, b"small", b"tail"),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_same_call_has_the_same_outcome(name: str, server: Served, moto: Any):
    inbox, found = server.agent.inbox(), []
    for client in (server.agent.boto3(), moto):
        for key in ("a.csv", "b/1.csv", "b/2.csv", "c é.csv"):
            put(client, inbox, key)
        found.append(outcome(CALLS[name], client, inbox))
    for each in moto.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        moto.delete_object(Bucket=BUCKET, Key=each["Key"])
    ours, theirs = found
    assert ours == theirs
