"""The doctor names what is wrong with an installation, and the remedy."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.conf import settings
from django.utils import timezone

from bookbridge.cli import main
from bookbridge.exchange.models import Run
from bookbridge.exchange.workers import WorkerLife
from bookbridge.integrations.models import Authorisation, Configuration
from bookbridge.server import doctor
from bookbridge.server.doctor import Finding
from tests.exchange.stage import Stage


@pytest.fixture(autouse=True)
def well_set(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation as it should be in production."""
    monkeypatch.setattr(settings, "ENVIRONMENT", replace(settings.ENVIRONMENT, require_mfa="operators"))


OF_THE_TESTS = ["durability"]
"""Their PostgreSQL is faster than it is safe."""


def found(subject: str) -> list[Finding]:
    return [finding for finding in doctor.examine() if finding.subject == subject]


def test_a_healthy_installation_has_nothing_wrong(stage: Stage):
    assert [finding.subject for finding in doctor.examine() if finding.state != "well"] == OF_THE_TESTS


def test_everything_that_is_not_well_has_a_remedy(stage: Stage):
    stage.worker.stop()
    Authorisation.objects.update(status=Authorisation.Status.SIGN_IN_AGAIN)
    Configuration.objects.update(is_active=False)
    ill = [finding for finding in doctor.examine() if finding.state != "well"]
    assert {finding.subject for finding in ill} == {"workers", "accounts", "configurations", *OF_THE_TESTS}
    assert all(finding.remedy for finding in ill)


@pytest.mark.django_db
def test_a_database_that_may_forget_what_it_confirmed_is_told():
    (finding,) = found("durability")
    assert (finding.state, finding.what.split(" is off")[0]) == (
        "warning",
        "fsync, full_page_writes, synchronous_commit",
    )


def test_no_worker_is_wrong_until_one_starts(stage: Stage):
    stage.worker.stop()
    assert [finding.state for finding in found("workers")] == ["wrong"]
    life = WorkerLife().start()
    assert [finding.state for finding in found("workers")] == ["well"]
    life.stop()


def test_a_run_that_is_long_due_is_told(stage: Stage):
    Run.objects.create(
        organisation_id=stage.configuration.organisation_id,
        configuration=stage.configuration,
        direction=Run.Direction.OUT,
        trigger=Run.Trigger.PERSON,
        resume_at=timezone.now() - timedelta(minutes=6),
        failures=3,
    )
    assert [finding.state for finding in found("runs")] == ["wrong", "wrong"]


def test_a_storage_that_cannot_be_written_is_told(stage: Stage, settings, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder should be")
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, storage=str(blocked / "storage"))
    (finding,) = found("storage")
    assert finding.state == "wrong"
    assert "BOOKBRIDGE_STORAGE" in finding.remedy


@pytest.mark.parametrize(("with_worker", "exit_code"), [(True, 0), (False, 1)])
def test_the_command_ends_with_1_when_something_is_wrong(with_worker: bool, exit_code: int, stage: Stage):
    if not with_worker:
        stage.worker.stop()
    result = CliRunner().invoke(main, ["doctor", "--json"])
    assert result.exit_code == exit_code
    states = {finding["subject"]: finding["state"] for finding in json.loads(result.stdout)}
    assert states["workers"] == ("well" if with_worker else "wrong")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"require_mfa": "none"}, "second step"),
        ({"public_url": "https://books.example.org"}, "all visitors count as one"),
    ],
)
def test_a_log_in_that_is_set_badly_is_told(changes: dict, said: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "ENVIRONMENT", replace(settings.ENVIRONMENT, **changes))
    (finding,) = [finding for finding in found("log-in") if finding.state != "well"]
    assert said in finding.what
    assert finding.remedy.startswith("Set BOOKBRIDGE_")
