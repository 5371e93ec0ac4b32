"""Files in an inbox: each is taken once, none is lost, and what can't be read says why."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookbridge.exchange import intake, sweep
from bookbridge.exchange.models import Delivery, Line, Posting, Run
from bookbridge.storage import Storage, StorageError, inbox_prefix, open_storage
from tests.exchange import files
from tests.exchange.stage import Stage


def inbox(stage: Stage) -> str:
    return inbox_prefix(stage.configuration.organisation_id, stage.configuration.integration_id)


def test_the_original_is_kept_and_linked_from_every_line(stage: Stage):
    content = files.joined(files.customer("100"))
    run = stage.run_files(debitr__csv=content)

    delivery = run.lines.get().delivery
    assert open_storage().get(delivery.archive_key) == content
    assert (delivery.size, delivery.rows, delivery.state) == (len(content), 1, Delivery.State.TAKEN_IN)
    assert list(open_storage().list(inbox(stage))) == []


def test_a_file_offered_twice_makes_no_second_posting_and_says_so(stage: Stage):
    content = files.joined(files.customer("100"))
    first = stage.run_files(debitr__csv=content)
    second = stage.run_files(debitr__csv=content)

    assert second.deliveries.get().repeats == first.deliveries.get()
    assert second.lines.get().reason == Line.Reason.ALREADY_POSTED
    assert Posting.objects.count() == 1


def test_relations_go_before_the_entries_whatever_the_order_of_the_files(stage: Stage):
    run = stage.run_files(
        fmuta6__csv=files.joined(files.sale("26000001")), debitr__csv=files.joined(files.customer("100"))
    )
    assert [line.kind for line in run.lines.order_by("phase")] == ["customer", "sales_invoice"]
    assert run.counts["posted"] == 2


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, b"<html><body>Not found</body></html>", b"hello\n"]
)
def test_a_file_that_is_no_fmuta6_is_set_aside_whole_with_one_reason(content: bytes, stage: Stage):
    run = stage.run_files(fmuta6__csv=content)

    delivery = run.deliveries.get()
    assert delivery.state == Delivery.State.SET_ASIDE
    assert delivery.shown_problem.reason
    assert delivery.shown_problem.remedy
    assert not run.lines.exists()
    assert run.result == Run.Result.WITH_ERRORS
    assert open_storage().get(delivery.archive_key) == content


def test_a_file_of_another_name_is_set_aside_and_tells_the_names_that_fit(stage: Stage):
    run = stage.run_files(holiday__jpg=b"not for us", debitr__csv=files.joined(files.customer("100")))

    aside = run.deliveries.get(file_name="holiday.jpg")
    assert aside.state == Delivery.State.SET_ASIDE
    assert "debitr.csv" in aside.shown_problem.reason
    assert run.counts["posted"] == 1


def test_a_layout_that_a_site_adjusted_wrongly_is_named(stage: Stage):
    stage.configuration.layouts = {"fmuta6": {"profile": "fmuta6_globe40", "adjustments": "decimal = 'wrong'"}}
    stage.configuration.save()
    run = stage.run_files(fmuta6__csv=files.joined(files.sale("26000001")))

    assert "decimal" in run.deliveries.get().shown_problem.reason


def test_hostile_text_is_carried_as_text(stage: Stage):
    nasty = "=cmd|' /C calc'!A0 <script>alert(1)</script> ' OR 1=1 --"
    run = stage.run_files(
        debitr__csv=files.joined(files.customer("100", nasty)),
        fmuta6__csv=files.joined(files.sale("26000001", description=nasty)),
    )
    assert run.counts["posted"] == 2
    assert stage.books()["accounts"][0]["Name"] == nasty


def test_bytes_that_the_database_cannot_hold_do_no_harm(stage: Stage):
    broken = files.joined(files.customer("100", "A\x00B")) + b'"\xff\x00'
    run = stage.run_files(debitr__csv=broken + files.joined(files.customer("101")))
    assert run.state == Run.State.ENDED
    assert run.lines.count() >= 1


def test_an_amount_beyond_all_books_is_refused_and_not_counted(stage: Stage):
    run = stage.run_files(
        debitr__csv=files.joined(files.customer("100")),
        fmuta6__csv=files.joined(files.sale("26000001", amount="9" * 18 + ".00"), files.sale("26000002")),
    )
    assert run.counts["posted"] == 2
    assert run.lines.filter(outcome=Line.Outcome.REFUSED).count() == 1


def test_without_an_active_configuration_files_wait_in_the_inbox(stage: Stage):
    stage.configuration.is_active = False
    stage.configuration.save()
    stage.drop(debitr__csv=files.joined(files.customer("100")))
    sweep.look_into_inboxes()
    assert not Delivery.objects.exists()
    assert len(list(open_storage().list(inbox(stage)))) == 1

    stage.configuration.is_active = True
    stage.configuration.save()
    stage.work()
    assert Run.objects.get().counts["posted"] == 1


def test_a_paused_integration_takes_nothing(stage: Stage):
    stage.configuration.integration.is_paused = True
    stage.configuration.integration.save()
    stage.drop(debitr__csv=files.joined(files.customer("100")))
    sweep.look_into_inboxes()
    assert not Delivery.objects.exists()


def test_a_file_that_is_still_being_written_waits_and_holds_its_neighbours(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(settings, "ENVIRONMENT", replace(settings.ENVIRONMENT, inbox_settle_s=15))
    stage.drop(debitr__csv=files.joined(files.customer("100")), fmuta6__csv=files.joined(files.sale("26000001")))
    path = open_storage().local_path(f"{inbox(stage)}/fmuta6.csv")
    assert path is not None
    old = path.stat().st_mtime - 20
    os.utime(path, (old, old))
    assert intake.take_files(stage.configuration.integration) is None

    other = open_storage().local_path(f"{inbox(stage)}/debitr.csv")
    assert other is not None
    os.utime(other, (old, old))
    run = intake.take_files(stage.configuration.integration)
    assert run is not None
    assert run.deliveries.count() == 2


def test_names_under_which_programs_still_write_are_left_alone(stage: Stage):
    stage.drop(fmuta6__csv__part=b"half", **{"~fmuta6__csv": b"half"})
    sweep.look_into_inboxes()
    assert not Delivery.objects.exists()


def test_a_new_file_of_the_same_name_is_a_new_delivery(stage: Stage):
    stage.run_files(debitr__csv=files.joined(files.customer("100")))
    run = stage.run_files(debitr__csv=files.joined(files.customer("101")))
    assert run.deliveries.get().repeats is None
    assert Delivery.objects.count() == 2


def test_an_integration_whose_inbox_fails_does_not_stop_the_others(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    from bookbridge.integrations.models import Integration
    from bookbridge.storage import StorageError

    broken = Integration.objects.create(
        organisation_id=stage.configuration.organisation_id, name="A broken one", package="exact_online"
    )
    true_take = intake.take_files

    def take(integration):
        if integration.pk == broken.pk:
            raise StorageError("storage failed at inbox")
        return true_take(integration)

    monkeypatch.setattr(intake, "take_files", take)
    assert stage.run_files(debitr__csv=files.joined(files.customer("100"))).counts["posted"] == 1


def test_an_unchanged_file_dropped_again_in_a_bucket_is_offered_again(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """A bucket makes its version of the content alone; dropping again is how a refused document is offered again."""
    from bookbridge.storage import objects

    monkeypatch.setattr(objects, "_version", lambda found: f"md5 of {found['size']} bytes")
    content = files.joined(files.customer("100"))
    first = stage.run_files(debitr__csv=content)
    second = stage.run_files(debitr__csv=content)

    assert second.pk != first.pk
    assert second.deliveries.get().repeats == first.deliveries.get()


def test_a_file_that_is_written_anew_while_it_is_copied_is_taken_once_and_whole(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    half, whole = files.joined(files.customer("100"))[:-40], files.joined(files.customer("100"), files.customer("101"))
    true_copy = Storage.copy
    tries: list[str] = []

    def copy(self: Storage, source: str, target: str) -> None:
        tries.append(source)
        if len(tries) == 1:
            self.put(source, half)
        true_copy(self, source, target)
        if len(tries) == 1:
            self.put(source, whole)

    monkeypatch.setattr(Storage, "copy", copy)
    stage.drop(debitr__csv=files.joined(files.customer("900")))
    sweep.look_into_inboxes()
    assert not Delivery.objects.exists()
    stage.work()

    run = Run.objects.get()
    delivery = Delivery.objects.get()
    assert open_storage().get(delivery.archive_key) == whole
    assert {line.outcome for line in run.lines.all()} == {Line.Outcome.POSTED}
    assert len(archive(stage)) == 1


def archive(stage: Stage) -> list[str]:
    prefix = inbox(stage).replace("/inbox", "/archive")
    return [found.key for found in open_storage().list(prefix)]


def test_a_file_that_cannot_be_copied_holds_its_neighbours_for_a_while_only(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    true_copy = Storage.copy

    def copy(self: Storage, source: str, target: str) -> None:
        if source.endswith("fmuta6.csv"):
            raise StorageError("storage failed at fmuta6.csv: Permission denied")
        true_copy(self, source, target)

    monkeypatch.setattr(Storage, "copy", copy)
    stage.drop(debitr__csv=files.joined(files.customer("100")), fmuta6__csv=files.joined(files.sale("26000001")))
    for _ in range(3):
        sweep.look_into_inboxes()
    assert not Delivery.objects.exists()
    assert archive(stage) == [], "each try would leave another copy"

    path = open_storage().local_path(f"{inbox(stage)}/fmuta6.csv")
    assert path is not None
    old = path.stat().st_mtime - 60
    os.utime(path, (old, old))
    stage.work()
    assert Delivery.objects.get().file_name == "debitr.csv"
    assert [found.name for found in open_storage().list(inbox(stage))] == ["fmuta6.csv"]


def test_an_inbox_with_a_path_longer_than_any_key_does_not_stop_the_others(stage: Stage):
    from bookbridge.integrations.models import Integration

    own = stage.configuration
    other = Integration.objects.create(organisation_id=own.organisation_id, name="A", package="exact_online")
    own.authorisation.pk = None
    own.authorisation.integration = other
    own.authorisation.save()
    own.__class__.objects.create(
        organisation_id=own.organisation_id,
        integration=other,
        authorisation=own.authorisation,
        administration="3141593",
    )
    deep = "/".join(["f" * 200] * 7)
    open_storage().put(f"{inbox_prefix(own.organisation_id, other.pk)}/{deep}/debitr.csv", b"x")

    assert stage.run_files(debitr__csv=files.joined(files.customer("100"))).counts["posted"] == 1


def test_a_number_with_characters_that_the_database_cannot_hold_stops_no_neighbour(stage: Stage):
    run = stage.run_files(debitr__csv=files.joined(files.customer("1\x0000"), files.customer("101")))
    assert stage.lines(run)["customer 101"].outcome == Line.Outcome.POSTED


def test_a_turnover_beyond_all_books_stops_no_neighbour(stage: Stage):
    huge = files.memorial("26900001", amount="9999999999999.00")
    run = stage.run_files(
        debitr__csv=files.joined(files.customer("100")),
        fmuta6__csv=files.joined(huge[:2], [huge[1].replace('"1"', '"2"', 1)], huge[2:], files.sale("26000002")),
    )
    assert stage.lines(run)["sales_invoice 26000002"].outcome == Line.Outcome.POSTED


def test_a_worker_whose_clock_is_ahead_makes_a_run_that_is_due_now(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """PostgreSQL's clock decides what is due; this machine's may be hours off."""
    wrong = timezone.now() + timedelta(hours=5)
    stage.drop_demo_files()
    monkeypatch.setattr(timezone, "now", lambda: wrong)

    run = intake.take_files(stage.configuration.integration)

    assert run is not None
    assert Run.objects.filter(pk=run.pk, resume_at__lte=Now()).exists()


def test_taking_in_goes_on_where_it_broke_off(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    stage.drop(fmuta6__csv=files.joined(*[files.sale(f"26{number:06}") for number in range(500)]))
    sweep.look_into_inboxes()
    run = Run.objects.get()

    def break_off(point: str) -> None:
        if point == "lines_written" and run.lines.count() >= 400:
            raise StorageError("the worker is gone")

    with monkeypatch.context() as patch:
        patch.setattr(intake.crash_points, "reach", break_off)
        with pytest.raises(StorageError):
            intake.take_in(run)
    assert run.lines.count() == 400
    with CaptureQueriesContext(connection) as asked:
        intake.take_in(run)

    assert sum(query["sql"].startswith('INSERT INTO "exchange_line"') for query in asked) == 1
    assert [line.identifier for line in run.lines.order_by("position")] == [f"26{number:06}" for number in range(500)]
    assert run.deliveries.get().rows == 1_000
