"""From the drop box to the books: relations first, at once, and once, whatever is sent again."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from bookbridge.commands.processes import Children
from bookbridge.exchange.models import Delivery, Line, Run
from bookbridge.integrations import access_keys
from bookbridge.organisations.walls import acting_for
from bookbridge.server import announcing
from bookbridge.server.drop_box import HouseAnswers
from bookbridge.storage import inbox_prefix, open_storage
from tests.crash.test_named_points import all_runs_ended, start_worker, wait_until
from tests.exchange.stage import DEMO_FILES, Stage
from tests.storage.dropbox.house import signed

pytestmark = pytest.mark.django_db(transaction=True)


class Agent:
    """Signs for the stage's integration, and hands its requests to the real drop box in this process."""

    def __init__(self, stage: Stage) -> None:
        link = stage.configuration.integration
        self.key, self.secret = access_keys.make(link, "agent", None)
        self.inbox = inbox_prefix(link.organisation_id, link.pk)
        self.box = HouseAnswers()

    def request(self, name: str, content: bytes):
        return signed(
            "PUT",
            f"/bookbridge/{self.inbox}/{name}",
            body=content,
            headers={"host": "127.0.0.1"},
            now=datetime.now(UTC),
            key=self.key.key_id,
            secret=self.secret,
        )

    def send(self, name: str, content: bytes) -> int:
        return self.box(self.request(name, content)).status


@pytest.fixture
def agent(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agent]:
    # A machine that tests on all its processors may take longer between two files than an agent does.
    monkeypatch.setattr(announcing, "QUIET_S", 2.0)
    agent = Agent(stage)
    yield agent
    agent.box.close()


def effects(stage: Stage) -> tuple[int, ...]:
    summary = stage.books()["summary"]
    return summary["sales_entries"], summary["purchase_entries"], summary["journal_entries"]


def test_a_request_that_is_replayed_has_no_second_effect(stage: Stage, agent: Agent):
    requests = [agent.request(path.name, path.read_bytes()) for path in sorted(DEMO_FILES.iterdir())]
    for request in (*requests, *requests):
        assert agent.box(request).status == 200
    stage.work()
    first = effects(stage)
    assert first == (4, 2, 2)
    assert Delivery.objects.count() == 3, "the same bytes again, while they wait, are one file"

    for request in requests:
        assert agent.box(request).status == 200
    stage.work()
    assert effects(stage) == first
    again = Run.objects.latest("pk")
    assert not again.lines.filter(outcome__in=(Line.Outcome.POSTED, Line.Outcome.UNCERTAIN)).exists()
    assert again.lines.filter(outcome=Line.Outcome.SKIPPED).count() == 13
    assert set(again.deliveries.values_list("repeats__run", flat=True)) == {Run.objects.earliest("pk").pk}


def test_a_worker_starts_at_once_and_with_the_customers(
    stage: Stage, agent: Agent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Sent in the worst order, one after the other, as s3cmd does; nothing settles for minutes here."""
    monkeypatch.setattr(settings, "ENVIRONMENT", replace(settings.ENVIRONMENT, inbox_settle_s=600))
    with Children(tmp_path / "logs") as children:
        ready = tmp_path / "worker.ready"
        worker = start_worker(children, "worker", tmp_path, BOOKBRIDGE_INBOX_SETTLE_S="600")
        wait_until(ready.exists, f"the worker did not start: {worker.log_end()}")
        started = time.monotonic()
        for name in ("fmuta6.csv", "credit.csv", "debitr.csv"):
            assert agent.send(name, (DEMO_FILES / name).read_bytes()) == 200
        wait_until(Run.objects.exists, f"nothing was taken: {worker.log_end()}")
        assert time.monotonic() - started < 15, "the sweep would take them in minutes"
        wait_until(all_runs_ended, f"it did not end: {worker.log_end()}")

    run = Run.objects.get()
    assert (run.deliveries.count(), run.counts["posted"]) == (3, 13)
    assert effects(stage) == (4, 2, 2)


def test_a_revoked_key_is_refused_at_once(stage: Stage, agent: Agent):
    assert agent.send("a.csv", b"x") == 200
    access_keys.revoke(agent.key, None)
    assert agent.send("b.csv", b"x") == 403
    agent.key.refresh_from_db()
    assert (agent.key.last_used_from, agent.key.last_used_at is not None) == ("192.0.2.7", True)


def test_a_key_that_is_revoked_during_an_upload_delivers_nothing(stage: Stage, agent: Agent):
    def revoking() -> Iterator[bytes]:
        yield b"x"
        with acting_for(agent.key.organisation_id):
            assert access_keys.revoke(agent.key, None)

    assert agent.box(replace(agent.request("a.csv", b"x"), read=revoking)).status == 403
    assert list(open_storage().list(agent.inbox)) == []


def test_wrong_signatures_are_slowed_down_for_their_address_and_key_only(stage: Stage, agent: Agent):
    right, agent.secret = agent.secret, "wrong"
    told = {agent.send("a.csv", b"x") for _ in range(25)}
    assert told == {403, 503}
    agent.secret = right
    other = replace(agent.request("a.csv", b"x"), address="192.0.2.99")
    assert agent.box(other).status == 200
