"""Files in an inbox: each is taken once, none is lost, and what can't be read says why."""

import os
from dataclasses import replace

import pytest
from django.conf import settings

from bookbridge.exchange import intake, sweep
from bookbridge.exchange.models import Delivery, Line, Posting, Run
from bookbridge.storage import inbox_prefix, open_storage
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
