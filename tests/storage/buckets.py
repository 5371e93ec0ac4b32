"""An S3-compatible service on this machine, for every test that wants a bucket."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

SECRET_KEY = "no-secret-of-anybody"


@dataclass(frozen=True)
class Bucket:
    name: str
    endpoint: str

    @property
    def client(self) -> Any:
        """Somebody else's S3 client on the same bucket."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="tester",
            aws_secret_access_key=SECRET_KEY,
        )

    def set_in(self, environment: Any) -> Any:
        """The environment with its storage in this bucket, below a prefix."""
        return replace(
            environment,
            storage=f"s3://{self.name}/books/of ours",
            s3_endpoint=self.endpoint,
            s3_region="us-east-1",
            s3_access_key="tester",
            s3_secret_key=SECRET_KEY,
        )


@contextmanager
def bucket_service() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def new_bucket(endpoint: str) -> Bucket:
    bucket = Bucket(f"bookbridge-{secrets.token_hex(6)}", endpoint)
    bucket.client.create_bucket(Bucket=bucket.name)
    return bucket
