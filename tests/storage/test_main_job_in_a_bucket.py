"""The main job with its inbox, archive and outbox in an S3-compatible bucket."""

import pytest
from django.conf import settings

from bookbridge.exchange import outstanding
from bookbridge.exchange.models import Run
from tests.exchange.stage import DEMO_FILES, Stage
from tests.storage.buckets import Bucket


@pytest.fixture
def in_bucket(stage: Stage, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setattr(settings, "ENVIRONMENT", bucket.set_in(settings.ENVIRONMENT))
    return bucket


def objects(bucket: Bucket, folder: str) -> dict[str, bytes]:
    """What another client finds in one folder of the integration: file name → content."""
    client = bucket.client
    listed = client.list_objects_v2(Bucket=bucket.name).get("Contents", [])
    return {
        each["Key"].rsplit("/", 1)[-1]: client.get_object(Bucket=bucket.name, Key=each["Key"])["Body"].read()
        for each in listed
        if f"/{folder}/" in each["Key"]
    }


def test_files_of_a_bucket_become_entries_and_outstanding_items_come_back(stage: Stage, in_bucket: Bucket):
    integration = stage.configuration.integration
    prefix = f"books/of ours/{integration.organisation_id}/{integration.pk}"
    # A folder made in a bucket's console, and files put by any S3 client.
    in_bucket.client.put_object(Bucket=in_bucket.name, Key=f"{prefix}/inbox/", Body=b"")
    dropped = {path.name: path.read_bytes() for path in DEMO_FILES.iterdir()}
    for name, content in dropped.items():
        in_bucket.client.put_object(Bucket=in_bucket.name, Key=f"{prefix}/inbox/{name}", Body=content)

    stage.work()

    run = Run.objects.get()
    assert (run.counts["posted"], run.counts["uncertain"]) == (13, 0)
    summary = stage.books()["summary"]
    assert (summary["sales_entries"], summary["purchase_entries"], summary["journal_entries"]) == (4, 2, 2)
    assert objects(in_bucket, "archive") == dropped
    assert set(objects(in_bucket, "inbox")) == {""}, "only the folder itself is left"

    outstanding.ask_for(stage.configuration)
    stage.work()

    written = objects(in_bucket, "outbox")
    assert len(written["dbopen.csv"].decode("cp1252").splitlines()) == 4


def test_a_bucket_that_fails_for_a_while_strands_nothing(
    stage: Stage, in_bucket: Bucket, monkeypatch: pytest.MonkeyPatch
):
    stage.drop_demo_files()
    with monkeypatch.context() as away:
        away.setattr(settings, "ENVIRONMENT", _unreachable())
        stage.work()
        assert not Run.objects.exists()

    stage.work()

    assert Run.objects.get().counts["posted"] == 13


def _unreachable() -> object:
    from dataclasses import replace

    return replace(settings.ENVIRONMENT, s3_endpoint="http://127.0.0.1:9")
