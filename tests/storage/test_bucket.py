"""What only a bucket can meet: other clients' objects, and a service that isn't there."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from django.conf import settings

from bookbridge.storage import Storage, StorageError, open_storage
from bookbridge.storage.streaming import NameTakenError
from tests.storage.buckets import SECRET_KEY, Bucket

PREFIX = "books/of ours"


def test_objects_lie_where_another_client_finds_them(bucket: Bucket, bucket_storage: Storage):
    bucket_storage.put("outbox/dbopen.csv", b"rows")

    got = bucket.client.get_object(Bucket=bucket.name, Key=f"{PREFIX}/outbox/dbopen.csv")
    assert got["Body"].read() == b"rows"
    assert bucket_storage.local_path("outbox/dbopen.csv") is None


def test_the_empty_objects_that_stand_for_folders_are_no_files(bucket: Bucket, bucket_storage: Storage):
    for key in ("inbox/", "inbox/sub/"):
        bucket.client.put_object(Bucket=bucket.name, Key=f"{PREFIX}/{key}", Body=b"")
    bucket.client.put_object(Bucket=bucket.name, Key=f"{PREFIX}/inbox/fmuta6.csv", Body=b"row")

    assert [found.key for found in bucket_storage.list("inbox")] == ["inbox/fmuta6.csv"]


def test_more_objects_than_one_page_of_the_service(
    bucket: Bucket, bucket_storage: Storage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "5")
    for number in range(12):
        bucket_storage.put(f"inbox/{number}", b"1")

    assert len({found.key for found in bucket_storage.list("inbox")}) == 12
    assert bucket.client.list_objects_v2(Bucket=bucket.name)["IsTruncated"]


@pytest.mark.parametrize("key", ["inbox//a.csv", "inbox/../a.csv"])
def test_a_name_that_cannot_be_used_is_told(bucket: Bucket, bucket_storage: Storage, key: str):
    bucket.client.put_object(Bucket=bucket.name, Key=f"{PREFIX}/{key}", Body=b"1")

    with pytest.raises(StorageError, match="rename or remove it") as raised:
        list(bucket_storage.list("inbox"))
    assert key in str(raised.value)


def test_a_service_that_knows_no_conditions_is_asked_without(bucket: Bucket, monkeypatch: pytest.MonkeyPatch):
    with without_conditions(bucket.endpoint) as endpoint:
        environment = replace(bucket.set_in(settings.ENVIRONMENT), s3_endpoint=endpoint)
        monkeypatch.setattr(settings, "ENVIRONMENT", environment)
        storage = open_storage()
        storage.write_stream("a.csv", [b"first"], "staging")
        with pytest.raises(NameTakenError):
            storage.write_stream("a.csv", [b"second"], "staging")
        assert {each.key: storage.get(each.key) for each in storage.list("")} == {"a.csv": b"first"}


@contextmanager
def without_conditions(endpoint: str) -> Iterator[str]:
    """The service as some are: a conditional PUT is not implemented."""

    class Before(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if "if-none-match" in self.headers:
                self.give(501, {}, b"<Error><Code>NotImplemented</Code></Error>")
                return
            said = httpx.request(
                self.command, f"{endpoint}{self.path}", headers=dict(self.headers), content=body, timeout=30
            )
            self.give(said.status_code, dict(said.headers), said.content)

        def give(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in ({"content-length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

        do_GET = do_HEAD = do_PUT = answer  # noqa: N815

    with ThreadingHTTPServer(("127.0.0.1", 0), Before) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def every_call(storage: Storage):
    yield lambda: storage.put("inbox/a.csv", b"1")
    yield lambda: storage.get("inbox/a.csv")
    yield lambda: storage.copy("inbox/a.csv", "archive/a.csv")
    yield lambda: storage.delete("inbox/a.csv")
    yield lambda: list(storage.list("inbox/a.csv"))


def test_a_bucket_that_does_not_exist_is_no_missing_file(bucket: Bucket, monkeypatch: pytest.MonkeyPatch):
    environment = replace(bucket.set_in(settings.ENVIRONMENT), storage=f"s3://{bucket.name}-not")
    monkeypatch.setattr(settings, "ENVIRONMENT", environment)

    for call in every_call(open_storage()):
        with pytest.raises(StorageError, match=r"inbox/a\.csv: the bucket does not exist"):
            call()


def test_an_unreachable_service_names_the_key_and_no_secret(bucket: Bucket, monkeypatch: pytest.MonkeyPatch):
    # Port 9 is nobody's here; connecting to it is refused at once.
    environment = replace(bucket.set_in(settings.ENVIRONMENT), s3_endpoint="http://127.0.0.1:9")
    monkeypatch.setattr(settings, "ENVIRONMENT", environment)
    began = time.monotonic()

    with pytest.raises(StorageError, match=r"inbox/a\.csv: the storage can't be reached") as raised:
        open_storage().put("inbox/a.csv", b"1")

    assert time.monotonic() - began < 30
    assert raised.value.__suppress_context__
    assert SECRET_KEY not in f"{raised.value!r} {raised.value.__cause__!r}"
    assert SECRET_KEY not in repr(open_storage())
