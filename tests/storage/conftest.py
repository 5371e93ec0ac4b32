from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from bookbridge.storage import Storage, open_storage
from tests.storage.buckets import Bucket, bucket_service, new_bucket


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    with bucket_service() as endpoint:
        yield endpoint


@pytest.fixture
def bucket(s3_endpoint: str) -> Bucket:
    return new_bucket(s3_endpoint)


@pytest.fixture
def folder_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    monkeypatch.setattr(settings, "ENVIRONMENT", replace(settings.ENVIRONMENT, storage=str(tmp_path / "storage")))
    return open_storage()


@pytest.fixture
def bucket_storage(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Storage:
    monkeypatch.setattr(settings, "ENVIRONMENT", bucket.set_in(settings.ENVIRONMENT))
    return open_storage()


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest) -> Storage:
    """The same promises in a local folder and in a bucket."""
    made: Storage = request.getfixturevalue(f"{request.param}_storage")
    return made
