"""A paused configuration: files are taken and wait, nothing begins, and resuming goes on at once with everything."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from bookbridge.connectors.exact_online.connector import PackageConnector
from bookbridge.exchange import intake, outstanding, pausing, posting, running, sql, sweep, waiting_texts
from bookbridge.exchange.flight import Flight, most_at_stake
from bookbridge.exchange.models import Attempt, Delivery, Line, OutstandingSnapshot, Posting, Run
from bookbridge.exchange.posting import Start
from bookbridge.integrations.models import Configuration
from bookbridge.integrations.sql import due_configurations
from bookbridge.kit.contract import PostingRequest
from bookbridge.kit.outcomes import Outcome
from bookbridge.organisations.models import AuditEntry, User
from bookbridge.organisations.walls import acting_for
from tests import factories
from tests.exchange import files
from tests.exchange.stage import Stage

PLACES = PackageConnector.fact_sheet.limits.simultaneous_calls
LONGEST_S = 30


@pytest.fixture
def anna(stage: Stage) -> User:
    return factories.member(stage.configuration.organisation)


def sales(count: int) -> bytes:
    return files.joined(*[files.sale(f"2600{number:04}") for number in range(1, count + 1)])


def numbers(stage: Stage) -> list[str]:
    return sorted(str(entry["EntryNumber"]) for entry in stage.books()["sales_entries"])


def work_on_what_is_due(stage: Stage) -> None:
    sweep.sweep()
    for run in Run.objects.filter(state=Run.State.WAITING, resume_at__lte=timezone.now()):
        running.work_on(run.pk, stage.worker)


def paused_at(stage: Stage) -> Any:
    return Configuration.objects.values_list("paused_at", flat=True).get(pk=stage.configuration.pk)


def test_files_that_arrive_are_taken_and_read_and_wait_and_nothing_is_sent(stage: Stage, anna: User) -> None:
    assert pausing.pause(stage.configuration, anna, "Moving to new books")
    stage.drop(debitr__csv=files.joined(files.customer("100")), fmuta6__csv=sales(3))
    for _ in range(3):
        work_on_what_is_due(stage)

    run = Run.objects.get(direction=Run.Direction.OUT)
    assert (run.state, run.waiting_for["code"]) == (Run.State.WAITING, "waiting.paused")
    assert run.resume_at > timezone.now()
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.State.TAKEN_IN}
    assert set(Line.objects.values_list("outcome", flat=True)) == {Line.Outcome.WAITING}
    assert not Attempt.objects.exists()
    assert (numbers(stage), stage.calls("POST", "Accounts")) == ([], [])

    assert pausing.resume(stage.configuration, anna)
    stage.work()
    assert numbers(stage) == ["26000001", "26000002", "26000003"]
    run.refresh_from_db()
    assert (run.result, run.counts["posted"]) == (Run.Result.GOOD, 4)


def test_no_document_begins_after_the_pause_and_what_waits_for_a_place_is_withdrawn(
    stage: Stage, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pause comes from elsewhere while every place is busy."""
    stage.run_files(debitr__csv=files.joined(files.customer("100")))
    run = stage.dropped(fmuta6__csv=sales(4 * PLACES))
    all_there, withdrawn = threading.Barrier(PLACES), threading.Event()
    true_post, true_withdraw = PackageConnector.post, Flight.withdraw

    def pause() -> None:
        with acting_for(stage.configuration.organisation_id):
            assert pausing.pause(stage.configuration, anna)
        connection.close()

    def post(self: PackageConnector, batch: Sequence[PostingRequest]) -> Sequence[Outcome]:
        if paused_before.is_set():
            assert withdrawn.wait(LONGEST_S)
        elif all_there.wait(LONGEST_S) == 0:
            by_somebody_else = threading.Thread(target=pause)
            by_somebody_else.start()
            by_somebody_else.join()
            paused_before.set()
        else:
            assert withdrawn.wait(LONGEST_S)
        return true_post(self, batch)

    def withdraw(self: Flight) -> list[Any]:
        taken_back = true_withdraw(self)
        withdrawn.set()
        return taken_back

    paused_before = threading.Event()
    monkeypatch.setattr(PackageConnector, "post", post)
    monkeypatch.setattr(Flight, "withdraw", withdraw)
    running.work_on(run.pk, stage.worker)

    run.refresh_from_db()
    attempts = Attempt.objects.filter(run=run)
    assert (run.state, run.waiting_for["code"]) == (Run.State.WAITING, "waiting.paused")
    assert not attempts.filter(started_at__gt=paused_at(stage)).exists()
    taken_back = attempts.filter(outcome="later")
    assert set(taken_back.values_list("detail", flat=True)) == {"not sent: the run stopped before it"}
    assert 0 < taken_back.count() <= most_at_stake(PLACES) - PLACES
    assert len(numbers(stage)) == attempts.filter(outcome="posted").count() < 4 * PLACES
    assert not Posting.objects.filter(state=Posting.State.SENDING).exists()

    monkeypatch.setattr(PackageConnector, "post", true_post)
    pausing.resume(stage.configuration, anna)
    stage.work()
    assert numbers(stage) == [f"2600{number:04}" for number in range(1, 4 * PLACES + 1)]


def test_a_pause_waits_for_what_is_just_beginning_and_is_seen_by_what_begins_next(stage: Stage, anna: User) -> None:
    """Whichever comes first at the lock: either it has begun before the pause was there, or it sees the pause."""
    run = stage.dropped(fmuta6__csv=sales(2))
    claim = running.claim(run.pk, stage.worker)
    assert claim is not None
    intake.take_in(run)
    first, second = run.lines.order_by("pk")
    done = threading.Event()

    def pause() -> None:
        with acting_for(stage.configuration.organisation_id):
            pausing.pause(stage.configuration, anna)
        connection.close()
        done.set()

    with acting_for(stage.configuration.organisation_id):
        with transaction.atomic():
            begun = posting.write_down(run, claim, starts=[_start(first)], settle_s=5)
            assert (len(begun.begun), begun.paused) == (1, False)
            thread = threading.Thread(target=pause)
            thread.start()
            assert not done.wait(0.5), "the pause didn't wait for what was just beginning"
        thread.join(LONGEST_S)
        assert done.is_set()
        refused = posting.write_down(run, claim, starts=[_start(second)], settle_s=5)
    assert (refused.begun, refused.own, refused.paused) == (frozenset(), True, True)
    second.posting.refresh_from_db()
    assert second.posting.state == Posting.State.PENDING


def _start(line: Line) -> Start:
    assert line.posting is not None
    return Start(line.posting, line.pk, line.fingerprint, "post")


def test_the_schedule_rests_and_what_it_had_begun_waits(stage: Stage, anna: User) -> None:
    now = timezone.now()
    Configuration.objects.update(
        outstanding_kinds=["sales"], next_outstanding_at=now, created_at=now - timedelta(days=2)
    )
    asked = outstanding.ask_for(stage.configuration)
    assert [pk for _, pk in due_configurations(9)] == [stage.configuration.pk]
    assert [pk for _, pk, _ in sql.silent_schedules()] == [stage.configuration.pk]
    pausing.pause(stage.configuration, anna)
    assert due_configurations(9) == []
    assert sql.silent_schedules() == []
    work_on_what_is_due(stage)
    asked.refresh_from_db()
    assert asked.waiting_for["code"] == "waiting.paused"
    assert (Run.objects.count(), OutstandingSnapshot.objects.count()) == (1, 0)

    pausing.resume(stage.configuration, anna)
    stage.work()
    # What was due meanwhile is the one that was asked for: one reading is enough.
    assert OutstandingSnapshot.objects.count() == 1
    assert Configuration.objects.get().next_outstanding_at > now


def test_a_run_that_is_let_go_of_just_after_resuming_goes_on_at_once(
    stage: Stage, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It saw the pause, and is written down as waiting only after whoever resumed looked for what waits."""
    pausing.pause(stage.configuration, anna)
    run = stage.dropped(fmuta6__csv=sales(1))
    true_paused = pausing.paused

    def paused(*arguments: Any) -> Any:
        pausing.resume(stage.configuration, anna)
        return true_paused(*arguments)

    monkeypatch.setattr(pausing, "paused", paused)
    running.work_on(run.pk, stage.worker)
    run.refresh_from_db()
    assert run.waiting_for["code"] == waiting_texts.PAUSED.code
    assert run.resume_at <= sql.database_clock()


def test_pausing_and_resuming_twice_says_that_somebody_was_faster(stage: Stage, anna: User) -> None:
    bram = factories.member(stage.configuration.organisation)
    assert not pausing.resume(stage.configuration, bram)
    assert pausing.pause(stage.configuration, anna, "First")
    assert not pausing.pause(stage.configuration, bram, "Second")
    row = Configuration.objects.get(pk=stage.configuration.pk)
    assert (row.paused_by, row.pause_note) == (anna, "First")
    assert pausing.resume(stage.configuration, bram)
    assert not pausing.resume(stage.configuration, anna)
    assert paused_at(stage) is None
    entries = AuditEntry.objects.filter(subject_kind="configuration").order_by("pk")
    told = [(entry.action, entry.actor_id) for entry in entries][-2:]
    assert told == [("configuration.paused", str(anna.pk)), ("configuration.resumed", str(bram.pk))]
    assert "First" not in "".join(entry.changes for entry in entries)
