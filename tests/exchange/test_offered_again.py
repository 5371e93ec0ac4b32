"""An agent's delivery that is offered twice is one, in a folder and in a bucket; other content is never lost."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings

from bookbridge.exchange import intake
from bookbridge.exchange.models import Delivery, Run
from bookbridge.storage import Storage, inbox_prefix, open_storage
from tests.exchange import files
from tests.exchange.stage import Stage
from tests.storage.buckets import bucket_service, new_bucket

ID = "0123456789abcdef" * 2


@pytest.fixture
def folder(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Storage:
    monkeypatch.setattr(settings, "ENVIRONMENT", replace(settings.ENVIRONMENT, inbox_settle_s=0))
    return open_storage()


@pytest.fixture
def bucket(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    environment = replace(settings.ENVIRONMENT, inbox_settle_s=0)
    with bucket_service() as endpoint:
        monkeypatch.setattr(settings, "ENVIRONMENT", new_bucket(endpoint).set_in(environment))
        yield open_storage()


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest) -> Storage:
    made: Storage = request.getfixturevalue(request.param)
    return made


def offer(stage: Stage, storage: Storage, name: str, content: bytes) -> str:
    own = stage.configuration
    key = f"{inbox_prefix(own.organisation_id, own.integration_id)}/{name}"
    storage.put(key, content)
    return key


def take(stage: Stage) -> Run | None:
    return intake.take_files(stage.configuration.integration)


def long_ago() -> None:
    """A bucket tells whole seconds: what comes again within one is known by that alone."""
    Delivery.objects.update(inbox_version="of another day")


def waiting(stage: Stage, storage: Storage) -> list[str]:
    own = stage.configuration
    return [found.key for found in storage.list(inbox_prefix(own.organisation_id, own.integration_id))]


def archived(stage: Stage, storage: Storage) -> int:
    own = stage.configuration
    return len(list(storage.list(f"{own.organisation_id}/{own.integration_id}/archive")))


def test_a_delivery_that_comes_again_is_known_by_its_id(stage: Stage, storage: Storage):
    content = files.joined(files.customer("100"))
    offer(stage, storage, f"{ID}/debitr.csv", content)
    first = take(stage)
    long_ago()
    offer(stage, storage, f"{ID}/debitr.csv", content)

    assert take(stage) is None

    delivery = Delivery.objects.get()
    assert (delivery.run, delivery.file_name) == (first, "debitr.csv")
    assert waiting(stage, storage) == []
    assert archived(stage, storage) == 1
    stage.work()
    assert Run.objects.get().counts["posted"] == 1


def test_one_that_the_drop_box_moved_aside_is_the_same_one(stage: Stage, storage: Storage):
    content = files.joined(files.customer("100"))
    offer(stage, storage, f"{ID}/debitr (2).csv", content)
    offer(stage, storage, f"{ID}/debitr.csv", content)

    assert take(stage).deliveries.count() == 1
    assert waiting(stage, storage) == []


def test_other_content_under_the_same_id_is_a_file_of_its_own(stage: Stage, storage: Storage):
    offer(stage, storage, f"{ID}/debitr.csv", files.joined(files.customer("100")))
    take(stage)
    offer(stage, storage, f"{ID}/debitr.csv", files.joined(files.customer("200")))

    assert take(stage).deliveries.count() == 1
    assert Delivery.objects.count() == 2


@pytest.mark.parametrize("name", ["debitr.csv", "march/debitr.csv", f"{ID.upper()}/debitr.csv", f"x/{ID}/debitr.csv"])
def test_what_no_agent_named_is_another_delivery_each_time(stage: Stage, folder: Storage, name: str):
    for _ in range(2):
        offer(stage, folder, name, files.joined(files.customer("100")))
        assert take(stage) is not None
    assert Delivery.objects.count() == 2


def test_another_integrations_delivery_of_that_id_counts_for_nothing(stage: Stage, storage: Storage):
    own = stage.configuration.integration
    content = files.joined(files.customer("100"))
    other = type(own).objects.create(organisation=own.organisation, name="Other", package=own.package)
    key = f"{inbox_prefix(own.organisation_id, other.pk)}/{ID}/debitr.csv"
    fields = {"inbox_key": key, "inbox_version": "1", "archive_key": "a", "size": 1, "file_name": "debitr.csv"}
    digest = hashlib.sha256(content).hexdigest()
    Delivery.objects.create(organisation=own.organisation, integration=other, sha256=digest, **fields)

    offer(stage, storage, f"{ID}/debitr.csv", content)

    assert take(stage).deliveries.count() == 1


def test_the_folder_of_a_delivery_goes_with_it(stage: Stage, folder: Storage):
    key = offer(stage, folder, f"{ID}/debitr.csv", files.joined(files.customer("100")))
    take(stage)

    path = folder.local_path(key)
    assert path is not None
    assert not path.parent.exists(), "an inbox with folders in it would be listed again and again"
    assert path.parent.parent.is_dir()
