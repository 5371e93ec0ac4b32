"""What an organisation no longer wants kept is forgotten, and what keeps the promise never is."""

from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client
from django.utils import timezone

from bookbridge.cli import main
from bookbridge.exchange import repairing_rows, retention
from bookbridge.exchange.models import Attempt, Delivery, Line, OutstandingSnapshot, Posting, RowCorrection, Run
from bookbridge.organisations.models import AuditEntry, Organisation
from bookbridge.storage import open_storage
from tests import factories
from tests.exchange import files, test_repairing_rows
from tests.exchange.stage import Stage


def grow_old(days: int) -> None:
    then = timezone.now() - timedelta(days=days)
    Run.objects.update(ended_at=then)
    Delivery.objects.update(received_at=then)
    OutstandingSnapshot.objects.update(taken_at=then)


def kept(**days: int) -> None:
    Organisation.objects.update(**days)


@pytest.fixture
def posted(stage: Stage) -> Stage:
    stage.drop_demo_files()
    stage.work()
    return stage


def test_by_default_everything_is_kept(posted: Stage):
    grow_old(10_000)
    lines = Line.objects.count()
    retention.apply()
    assert Line.objects.count() == lines
    assert all(open_storage().exists(delivery.archive_key) for delivery in Delivery.objects.all())


def test_files_are_forgotten_and_their_deliveries_stay(posted: Stage):
    keys = list(Delivery.objects.values_list("archive_key", flat=True))
    kept(keep_files_days=30)
    grow_old(29)
    retention.apply()
    assert all(map(open_storage().exists, keys))
    grow_old(31)
    retention.apply()
    assert not any(map(open_storage().exists, keys))
    assert {delivery.archive_key for delivery in Delivery.objects.all()} == {""}
    assert all(delivery.sha256 and delivery.file_name for delivery in Delivery.objects.all())
    assert AuditEntry.objects.filter(action="retention.applied").count() == 1
    assert Line.objects.exists()


def test_lines_are_forgotten_and_nothing_is_posted_again(posted: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retention, "LOT", 5)
    run = Run.objects.get()
    postings = set(Posting.objects.values_list("key", "fingerprint", "state"))
    kept(keep_lines_days=30)
    grow_old(31)
    lots = 0
    while Line.objects.exists():
        before = Line.objects.count()
        retention.apply()
        assert before - 5 <= Line.objects.count() < before
        lots += 1
    retention.apply()
    assert lots >= 3, "in small lots"
    after = Run.objects.get()
    assert after.lines_forgotten_at is not None
    assert (after.counts, after.reconciliation) == (run.counts, run.reconciliation)
    assert set(Posting.objects.values_list("key", "fingerprint", "state")) == postings
    assert set(Attempt.objects.values_list("detail", flat=True)) == {""}

    books = posted.books()
    posted.drop_demo_files()
    posted.work()
    assert posted.books() == books
    assert Run.objects.latest("pk").counts["already_posted"] == 13


def test_corrected_rows_are_forgotten_and_never_offered_again(stage: Stage):
    anna = factories.member(stage.configuration.organisation, "bookkeeper")
    stage.run_files(debitr__csv=files.joined(files.customer("100")))
    unread = test_repairing_rows.unread_of(stage.run_files(fmuta6__csv=test_repairing_rows.WRONG))
    test_repairing_rows.corrected(unread, anna, voucher_no="26000077")
    left = test_repairing_rows.unread_of(stage.run_files(fmuta6__csv=files.joined(files.sale("5", day="99999999"))))
    repairing_rows.leave_out(left, "A test", 0, anna)
    test_repairing_rows.retried(unread, anna)
    stage.work()
    kept(keep_lines_days=30)
    grow_old(31)
    retention.apply()

    rows = RowCorrection.objects.get()
    assert (rows.line, rows.cells, rows.changes, rows.document) == (None, [], {}, None)
    again = test_repairing_rows.unread_of(stage.run_files(fmuta6__csv=test_repairing_rows.WRONG))
    before = repairing_rows.same_before(again)
    assert before == rows
    assert before.posting.external_number == "26000077"
    assert not repairing_rows.can_be_corrected(again, None, before)
    assert test_repairing_rows.numbers(stage) == ["26000001", "26000077"]


def test_what_waits_for_a_person_is_not_forgotten(posted: Stage):
    kept(keep_lines_days=30)
    grow_old(31)
    Posting.objects.filter(state="posted").update(state="uncertain", look_up_at=None)
    lines = Line.objects.count()
    retention.apply()
    assert Line.objects.count() == lines


def test_what_is_still_worked_on_is_not_forgotten(posted: Stage):
    kept(keep_lines_days=30, keep_files_days=7)
    grow_old(31)
    Run.objects.update(state=Run.State.WAITING)
    retention.apply()
    assert Line.objects.exists()
    assert not Delivery.objects.filter(archive_key="").exists()


def test_the_last_reading_is_kept_to_compare_the_next_with(posted: Stage):
    for _ in range(2):
        type(posted.configuration).objects.update(next_outstanding_at=timezone.now())
        posted.work()
    kept(keep_lines_days=30)
    grow_old(31)
    last = OutstandingSnapshot.objects.latest("pk")
    OutstandingSnapshot.objects.filter(pk=last.pk).update(taken_at=timezone.now() - timedelta(days=30, hours=12))
    assert all(snapshot.items for snapshot in OutstandingSnapshot.objects.all())
    retention.apply()
    assert OutstandingSnapshot.objects.get(pk=last.pk).items
    assert not OutstandingSnapshot.objects.exclude(pk=last.pk).get().items


def test_the_portal_says_what_is_no_longer_kept(posted: Stage, client: Client):
    kept(keep_lines_days=30, keep_files_days=7)
    grow_old(31)
    retention.apply()
    retention.apply()
    client.force_login(factories.member(posted.configuration.organisation, "viewer"))
    run, delivery = Run.objects.get(), Delivery.objects.first()
    assert delivery is not None
    page = client.get(f"/companies/{run.organisation_id}/runs/{run.pk}/").content.decode()
    assert "no longer kept" in page
    assert "/original" not in page
    assert client.get(f"/companies/{run.organisation_id}/files/{delivery.pk}/original").status_code == 404


def command(stage: Stage, *options: str) -> Any:
    return CliRunner().invoke(main, ["retention", str(stage.configuration.organisation_id), *options])


def test_the_command_sets_and_shows(stage: Stage):
    assert "Files: kept for ever. Lines: kept for ever." in command(stage).output
    assert "Files: kept for 400 days." in command(stage, "--files", "400").output
    assert "Lines: kept for 90 days." in command(stage, "--lines", "90").output
    assert "Files: kept for ever. Lines: kept for 90 days." in command(stage, "--files", "forever").output
    told = AuditEntry.objects.filter(action="organisation.changed").latest("sequence")
    assert "400" in told.changes


@pytest.mark.parametrize("wrong", ["0", "6", "-1", "x", "99999"])
def test_a_time_that_makes_no_sense_is_refused(stage: Stage, wrong: str):
    assert command(stage, "--files", wrong).exit_code == 2


def test_an_organisation_that_is_not_there_is_told(stage: Stage):
    for text in ("nonsense", "5c3c4b1e-0000-4000-8000-000000000000"):
        result = CliRunner().invoke(main, ["retention", text])
        assert "there is no organisation" in result.output
