"""What PostgreSQL said and nobody heard, what comes late, and who was thought dead."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import OperationalError, connection
from django.db.models.functions import Now

from bookbridge.connectors.exact_online.connector import PackageConnector
from bookbridge.exchange import doubts, looking_up, posting, running, sql, sweep, workers
from bookbridge.exchange.models import Attempt, Line, Posting, Run, WorkerSession
from bookbridge.exchange.passing import DatabaseClock, Pass
from bookbridge.exchange.posting import Answer
from bookbridge.integrations.models import Configuration
from bookbridge.kit import catalogue
from bookbridge.kit.fact_sheet import FactSheet
from bookbridge.kit.outcomes import Posted
from tests.exchange import files
from tests.exchange.stage import Stage

ACCOUNTS = "crm/Accounts"
CUSTOMER = files.customer("100")
TOO_LONG = timedelta(seconds=workers.LONGEST_SILENCE_S + 1)


@contextmanager
def answers_get_lost() -> Iterator[None]:
    """Statements are carried out, and the line breaks before PostgreSQL's answer arrives."""

    def carry_out(execute: Any, statement: str, values: Any, many: bool, context: Any) -> Any:
        execute(statement, values, many, context)
        raise OperationalError("the line broke")

    with connection.execute_wrapper(carry_out):
        yield


def test_entries_wait_for_a_customer_that_an_earlier_delivery_is_still_bringing(stage: Stage):
    customers = stage.dropped(debitr__csv=files.joined(files.customer("300")))
    # More than are made ready ahead of the sending, so that some hear of the customer before and some after the others.
    many = [files.sale(f"26{number:06}", customer="300") for number in range(30)]
    entries = stage.dropped(fmuta6__csv=files.joined(*many))
    running.work_on(entries.pk, stage.worker)

    entries.refresh_from_db()
    assert (entries.state, entries.failures) == (Run.State.WAITING, 0)
    assert set(entries.lines.values_list("outcome", flat=True)) == {Line.Outcome.WAITING}

    running.work_on(customers.pk, stage.worker)
    stage.work()
    assert set(entries.lines.values_list("outcome", flat=True)) == {Line.Outcome.POSTED}


def test_a_claim_whose_confirmation_was_lost_is_let_go_of(stage: Stage):
    run = stage.dropped(debitr__csv=files.joined(CUSTOMER))
    with answers_get_lost(), pytest.raises(OperationalError):
        running.claim(run.pk, stage.worker)
    run.refresh_from_db()
    assert run.state == Run.State.WORKING
    assert not stage.worker.claims

    stage.work()
    assert len(stage.books()["accounts"]) == 1


def test_the_heartbeat_lets_go_of_nothing_that_was_claimed_after_it_looked(stage: Stage):
    """It names what it lets go of, so a claim of a moment ago is none of it."""
    first = stage.dropped(debitr__csv=files.joined(CUSTOMER))
    claim = running.claim(first.pk, stage.worker)
    assert claim is not None
    with psycopg.connect(**workers._connection_parameters(), autocommit=True) as line:
        stage.worker._let_go_of_unfinished_runs(line)
        assert Run.objects.get(pk=first.pk).claim == claim.token
        line.execute(sql.LET_GO_OF_CLAIMS, [stage.worker.id, [claim.token]])
    assert Run.objects.get(pk=first.pk).state == Run.State.WAITING


def test_older_content_of_an_earlier_run_never_overwrites_newer(stage: Stage):
    stage.run_files(debitr__csv=files.joined(files.customer("100", "First")))
    older = stage.dropped(debitr__csv=files.joined(files.customer("100", "Second")))
    Run.objects.filter(pk=older.pk).update(state=Run.State.ENDED)
    newer = stage.dropped(debitr__csv=files.joined(files.customer("100", "Third")))
    running.work_on(newer.pk, stage.worker)
    Run.objects.filter(pk=older.pk).update(state=Run.State.WAITING, resume_at=Now())
    stage.work()

    assert [account["Name"] for account in stage.books()["accounts"]] == ["Third"]
    assert older.lines.get().reason == Line.Reason.OVERTAKEN
    assert older.lines.get().outcome == Line.Outcome.SKIPPED


def test_older_content_of_the_same_run_never_overwrites_newer(stage: Stage):
    stage.run_files(debitr__csv=files.joined(files.customer("100", "First")))
    stage.fault(kind="timeout_after", resource=ACCOUNTS, method="PUT", times=1, delay_s=0.1)
    second, third = files.joined(files.customer("100", "Second")), files.joined(files.customer("100", "Third"))
    run = stage.run_files(**{"a/debitr__csv": second, "b/debitr__csv": third})

    assert [account["Name"] for account in stage.books()["accounts"]] == ["Third"]
    assert {line.outcome for line in run.lines.all()} <= {Line.Outcome.POSTED, Line.Outcome.SKIPPED}


def test_the_next_update_waits_until_an_abandoned_one_can_no_longer_arrive(stage: Stage):
    stage.run_files(debitr__csv=files.joined(files.customer("100", "First")))
    run = stage.dropped(debitr__csv=files.joined(files.customer("100", "Second")))
    running.intake.take_in(run)
    row = run.lines.get().posting
    claim, start = stage.begin(row, run)
    Attempt.objects.filter(token=start.token).update(action="update")
    stage.worker.claims.discard(claim.token)
    Run.objects.filter(pk=run.pk).update(state=Run.State.WAITING, claim=None, worker=None, resume_at=Now())
    running.work_on(run.pk, stage.worker)

    run.refresh_from_db()
    assert run.state == Run.State.WAITING
    assert run.resume_at > DatabaseClock().now()
    assert [account["Name"] for account in stage.books()["accounts"]] == ["First"]
    stage.work()
    assert [account["Name"] for account in stage.books()["accounts"]] == ["Second"]


def test_an_answer_that_is_written_down_twice_isn_t_called_late(stage: Stage):
    run = stage.dropped(debitr__csv=files.joined(CUSTOMER))
    running.intake.take_in(run)
    claim, start = stage.begin(run.lines.get().posting, run)
    answer = Answer(start, Posted("id-1", "100"))
    for _ in range(2):
        posting.write_down(run, claim, answers=[answer], settle_s=5)

    assert Attempt.objects.get(token=start.token).outcome == "posted"


def test_what_is_looked_up_after_a_restore_is_searched_in_the_codes_of_today(stage: Stage):
    """An attempt of before the backup was refused; the books may hold what was sent after it, under another mapping."""
    run = stage.run_files(fmuta6__csv=files.joined(files.sale("26000001", customer="100")))
    line = Line.objects.select_related("posting").get(run=run)
    before = {"posting": line.posting, "run": run, "fingerprint": line.fingerprint, "started_at": Now()}
    Attempt.objects.create(
        organisation_id=run.organisation_id,
        token=stage.worker.id,
        worker=stage.worker.id,
        action="post",
        outcome="refused",
        sent={**line.document, "journal": "71"},
        **before,
    )
    assert doubts.begin(line)
    claim = workers.Claim(run.pk, stage.worker.id, stage.worker)
    looks = looking_up.LookUps(run, claim, sheet(), Pass(), DatabaseClock())
    assert looks._as_it_was_sent(line.posting).document.journal == "70"


def test_a_kind_that_can_t_be_searched_waits_for_a_person_after_a_restore(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    capabilities = sheet().capabilities.model_copy(update={"searchable": ()})
    blind = sheet().model_copy(update={"capabilities": capabilities})
    monkeypatch.setattr(PackageConnector, "fact_sheet", blind)
    monkeypatch.setattr("bookbridge.kit.catalogue.fact_sheet", lambda _: blind)
    Configuration.objects.update(
        look_up_first_since=Now(), look_up_first_until=DatabaseClock().now().replace(year=2099)
    )
    run = stage.run_files(debitr__csv=files.joined(CUSTOMER))

    assert run.state == Run.State.ENDED
    assert run.lines.get().outcome == Line.Outcome.UNCERTAIN
    held = Posting.objects.get()
    assert (held.state, held.look_up_at) == (Posting.State.UNCERTAIN, None)


def sheet() -> FactSheet:
    return catalogue.fact_sheet("exact_online")


def test_who_was_declared_dead_stays_dead_though_its_heart_beats_again(stage: Stage):
    other = workers.WorkerLife().start()
    try:
        assert workers.declare_dead([other.id]) == set()
        WorkerSession.objects.filter(pk=other.id).update(heartbeat_at=Now() - TOO_LONG)
        assert workers.declare_dead([other.id]) == {other.id}
        with connection.cursor() as cursor:
            WorkerSession.objects.filter(pk=other.id).update(heartbeat_at=Now())
            cursor.execute(sql.BEAT, [other.id, workers.LONGEST_SILENCE_S])
            assert cursor.rowcount == 0
        assert other.id not in workers.living()
        assert workers.declare_dead([other.id]) == {other.id}
    finally:
        other.stop()


def test_a_posting_of_a_package_that_was_removed_keeps_nobody_s_run_from_being_taken_back(stage: Stage):
    run = stage.dropped(debitr__csv=files.joined(CUSTOMER))
    running.intake.take_in(run)
    stage.begin(run.lines.get().posting, run)
    dead = uuid4()
    Posting.objects.update(worker=dead)
    Run.objects.update(worker=dead)
    run.configuration.integration.package = "gone"
    run.configuration.integration.save()
    sweep.free_abandoned_work()

    run.refresh_from_db()
    assert run.state == Run.State.WAITING
