"""Books that are ahead of the database, as after a restore: everything is looked up before it is sent."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from bookbridge.exchange import intake, running, sweep
from bookbridge.exchange.models import Attempt, Delivery, Line, OutstandingSnapshot, Posting, Run
from bookbridge.integrations.models import Configuration, Integration
from bookbridge.storage import open_storage
from tests.exchange.stage import Stage


def lose_everything_since_the_backup(stage: Stage) -> None:
    """As if a backup from before the first file came back; the books and the archive are as they were left."""
    for lost in (OutstandingSnapshot, Line, Attempt, Posting, Delivery, Run):
        lost.objects.all().delete()
    now = timezone.now()
    Configuration.objects.update(look_up_first_since=now, look_up_first_until=now + timedelta(days=366))
    stage.configuration.refresh_from_db()


def entries(books: dict[str, Any]) -> Any:
    return books["summary"]


def test_what_was_posted_after_the_backup_is_found_and_not_posted_again(stage: Stage):
    stage.drop_demo_files()
    stage.work()
    before, posted = stage.books(), Run.objects.get().counts["posted"]
    lose_everything_since_the_backup(stage)

    stage.drop_demo_files()
    stage.work()
    run = Run.objects.get()
    assert entries(stage.books()) == entries(before)
    assert run.counts["posted"] == posted
    assert {line.reason for line in run.lines.filter(outcome="posted")} == {Line.Reason.ALREADY_THERE}
    assert not Attempt.objects.filter(action="post").exists(), "nothing was sent"


def test_what_is_not_in_the_books_is_sent_after_one_look(stage: Stage):
    lose_everything_since_the_backup(stage)
    stage.drop_demo_files()
    stage.work()
    run = Run.objects.get()
    assert run.counts["posted"] == 13
    for posting in Posting.objects.filter(state=Posting.State.POSTED):
        assert [attempt.action for attempt in posting.attempts.order_by("started_at")] == ["look_up", "post"]
    # The second time they are known.
    calls = len(stage.calls("GET", "SalesEntries"))
    stage.drop_demo_files()
    stage.work()
    assert Run.objects.latest("pk").counts["already_posted"] == 13
    assert len(stage.calls("GET", "SalesEntries")) == calls


def test_what_differs_in_the_books_waits_for_a_person(stage: Stage):
    stage.drop_demo_files()
    stage.work()
    before = stage.books()
    lose_everything_since_the_backup(stage)
    changed = (open_demo("fmuta6.csv")).replace(b"121.00", b"242.00").replace(b"100.00", b"200.00")
    stage.drop(fmuta6__csv=changed)
    stage.work()
    assert entries(stage.books()) == entries(before)
    told = {code["code"] for line in Line.objects.filter(outcome="uncertain") for code in line.problems}
    assert "sending.found_with_other_content" in told


def open_demo(name: str) -> bytes:
    from tests.exchange.stage import DEMO_FILES

    return (DEMO_FILES / name).read_bytes()


def test_what_was_refused_at_the_backup_and_repaired_since_is_found(stage: Stage):
    """The lost installation posted it after the backup: a customer that was missing was there by then."""
    stage.drop(fmuta6__csv=open_demo("fmuta6.csv"))
    stage.work()
    refused = set(Posting.objects.filter(state="refused").values_list("key", flat=True))
    assert refused
    stage.drop_demo_files()
    stage.work()
    before = stage.books()
    repaired = Posting.objects.filter(key__in=refused, state="posted")
    assert repaired.exists()
    now = timezone.now()
    repaired.update(state="refused", external_id="", external_number="", posted_at=None)
    Configuration.objects.update(look_up_first_since=now, look_up_first_until=now + timedelta(days=1))

    stage.drop_demo_files()
    stage.work()
    assert entries(stage.books()) == entries(before)
    assert not Posting.objects.filter(key__in=refused, state="uncertain").exists()


def test_when_it_is_over_nothing_is_looked_up(stage: Stage):
    lose_everything_since_the_backup(stage)
    Configuration.objects.update(look_up_first_until=timezone.now() - timedelta(seconds=1))
    stage.drop_demo_files()
    stage.work()
    assert Run.objects.get().counts["posted"] == 13
    assert not Attempt.objects.filter(action="look_up").exists()


def test_files_of_the_lost_time_are_read_again_from_the_archive(stage: Stage):
    stage.drop_demo_files()
    stage.work()
    before = stage.books()
    lose_everything_since_the_backup(stage)
    integration = Integration.objects.get()
    assert intake.take_from_archive(integration) == 3
    assert intake.take_from_archive(integration) == 0, "done again, nothing is offered twice"
    stage.work()
    assert entries(stage.books()) == entries(before)
    assert Run.objects.get().counts["posted"] == 13
    assert {delivery.file_name for delivery in Delivery.objects.all()} == {"fmuta6.csv", "debitr.csv", "credit.csv"}
    assert all(open_storage().exists(delivery.archive_key) for delivery in Delivery.objects.all())


def test_a_package_that_gives_no_answer_is_asked_again_before_anything_is_sent(stage: Stage):
    stage.drop_demo_files()
    stage.work()
    before = stage.books()
    lose_everything_since_the_backup(stage)
    # Each is asked for three times, several of them at once.
    stage.fault(kind="cut_before", method="GET", resource="SalesEntries", times=12)
    stage.drop_demo_files()
    sweep.sweep()
    running.work_on(Run.objects.get().pk, stage.worker)
    unclear = Posting.objects.filter(state="uncertain", kind="sales_invoice")
    assert unclear.exists()
    assert Run.objects.get().state == Run.State.WAITING

    unclear.update(look_up_at=timezone.now())
    Run.objects.update(resume_at=timezone.now())
    stage.work()
    assert entries(stage.books()) == entries(before)
    assert not Attempt.objects.filter(action="post").exists()
