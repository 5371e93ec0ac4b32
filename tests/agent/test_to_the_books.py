"""Over the whole product: a file in a PC's folder becomes entries, and open items come back to it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from bookbridge.exchange import agent_signs, outstanding
from bookbridge.exchange.models import Delivery, Run
from bookbridge.integrations.models import Agent
from bookbridge_agent import sending
from tests.agent.desk import Desk, once_at
from tests.exchange.stage import DEMO_FILES, Stage
from tests.storage.buckets import bucket_service, new_bucket


@pytest.fixture
def desk(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Agent and platform with a bucket between them, which neither of them serves."""
    with bucket_service() as endpoint:
        bucket = new_bucket(endpoint)
        storage = f"s3://{bucket.name}"
        monkeypatch.setattr(settings, "ENVIRONMENT", replace(bucket.set_in(settings.ENVIRONMENT), storage=storage))
        own = stage.configuration
        place = {"company": str(own.organisation_id), "integration": str(own.integration_id)}
        yield Desk(tmp_path, endpoint, bucket.name, sales_output=tmp_path / "dbopen.csv", **place)


def test_files_become_entries_and_open_items_come_back(stage: Stage, desk: Desk):
    for path in DEMO_FILES.iterdir():
        desk.write(path.name, path.read_bytes())
    assert desk.troubles() == []
    stage.work()

    run = Run.objects.get()
    assert run.counts["posted"] == 13
    assert set(run.deliveries.values_list("file_name", flat=True)) == {"fmuta6.csv", "debitr.csv", "credit.csv"}

    outstanding.ask_for(stage.configuration)
    stage.work()
    assert desk.troubles() == []
    assert desk.of.sales_output is not None
    assert len(desk.of.sales_output.read_bytes().splitlines()) == 4


def test_one_that_is_offered_again_after_it_was_taken_in_has_no_second_run(
    stage: Stage, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    desk.write("debitr.csv", (DEMO_FILES / "debitr.csv").read_bytes())
    with monkeypatch.context() as dying:
        once_at(dying, sending.Journal, "confirm", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.once()
    stage.work()
    assert Delivery.objects.count() == 1
    # A bucket tells whole seconds: what comes again within one is known by that alone.
    Delivery.objects.update(inbox_version="of another day")

    assert desk.troubles() == []
    stage.work()

    assert (desk.waiting(), len(desk.archived())) == ([], 1)
    assert (Delivery.objects.count(), Run.objects.count()) == (1, 1)


def test_a_sign_of_life_in_a_bucket_is_found_there(stage: Stage, desk: Desk):
    """The platform doesn't hear of it otherwise: no drop box lies between."""
    desk.write("debitr.csv", (DEMO_FILES / "debitr.csv").read_bytes())
    assert desk.troubles() == []
    agent_signs.look_into_the_bucket()

    agent = Agent.objects.get()
    assert agent.integration_id == stage.configuration.integration_id
    assert (agent.name, agent.synchronisations[0]["last_sent_name"]) == (desk.of.name, "debitr.csv")
    before = agent.heard_at
    agent_signs.look_into_the_bucket()
    assert Agent.objects.get().heard_at == before
