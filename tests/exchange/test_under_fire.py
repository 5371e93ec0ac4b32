"""What the exchange does when its own parts fail at the worst moment: no document twice, none stranded."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from bookbridge.connectors.exact_online.connector import PackageConnector
from bookbridge.exchange import crash_points, intake, posting, running, sending_texts, sweep, workers
from bookbridge.exchange.models import Attempt, Line, Posting, Run, WorkerSession
from bookbridge.exchange.posting import Answer
from bookbridge.exchange.workers import WorkerLife
from bookbridge.integrations.models import Authorisation
from bookbridge.kit.errors import ClaimLostError
from bookbridge.kit.outcomes import AlreadyThere, Later, Posted, Refused, SignInAgain, Unclear
from bookbridge.organisations.walls import acting_for
from tests.exchange import files
from tests.exchange.stage import Stage

SALES = "salesentry/SalesEntries"
CUSTOMER = files.customer("100")


def sales(count: int) -> bytes:
    return files.joined(*[files.sale(f"2600{number:04}") for number in range(1, count + 1)])


def numbers(stage: Stage) -> list[str]:
    return sorted(str(entry["EntryNumber"]) for entry in stage.books()["sales_entries"])


def work_in_a_thread(run: Run, worker: WorkerLife) -> None:
    """As a worker process does: in a thread with a line of its own to the database, fresh when the old one broke."""

    def work() -> None:
        try:
            running.work_on(run.pk, worker)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def cut_own_line_to_the_database() -> None:
    backend = connection.connection.info.backend_pid
    parameters = {
        name: value
        for name, value in connection.get_connection_params().items()
        if name not in ("cursor_factory", "context")
    }
    with psycopg.connect(**parameters, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])


def once_at(point: str, monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Have something happen the first time that a named point is reached."""
    still_to_come = [point]

    def reach(name: str) -> None:
        if name in still_to_come:
            still_to_come.clear()
            happens()

    monkeypatch.setattr(crash_points, "reach", reach)


def with_batches(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    sheet = PackageConnector.fact_sheet
    capabilities = sheet.capabilities.model_copy(update={"batch_size": size})
    monkeypatch.setattr(PackageConnector, "fact_sheet", sheet.model_copy(update={"capabilities": capabilities}))


@pytest.mark.parametrize("point", ["attempt_written", "answer_received", "answer_written", "line_written"])
def test_a_worker_that_lives_on_after_its_line_to_the_database_broke_strands_nothing(
    point: str, stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    run = stage.dropped(fmuta6__csv=sales(3))
    once_at(point, monkeypatch, cut_own_line_to_the_database)

    work_in_a_thread(run, stage.worker)
    stage.work()

    assert numbers(stage) == ["26000001", "26000002", "26000003"]
    assert {line.outcome for line in run.lines.all()} == {Line.Outcome.POSTED}
    assert not Posting.objects.exclude(state=Posting.State.POSTED).exists()


def test_a_run_that_could_not_be_let_go_of_is_let_go_by_the_heartbeat(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """The database refuses every write of the thread for a while; the worker itself stays alive."""
    run = stage.dropped(debitr__csv=files.joined(CUSTOMER))

    def refuse(*_: Any) -> None:
        raise psycopg.errors.DiskFull("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(running, "_let_go", refuse)
        patch.setattr(running, "_out", refuse)
        running.work_on(run.pk, stage.worker)
    run.refresh_from_db()
    assert run.state == Run.State.WORKING

    stage.work()
    assert len(stage.books()["accounts"]) == 1


def test_what_was_ready_is_given_back_when_the_run_has_to_pause(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """With batches, the third document finds out that the account is lost while two wait to be sent."""
    with_batches(monkeypatch, 10)
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    run = stage.dropped(fmuta6__csv=files.joined(files.sale("26000001"), files.sale("26000002", customer="999")))
    stage.control("tokens/revoke")
    running.work_on(run.pk, stage.worker)

    assert set(Posting.objects.filter(kind="sales_invoice").values_list("state", flat=True)) == {"pending"}


def test_every_answer_of_a_batch_is_written_down_before_the_run_pauses(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    with_batches(monkeypatch, 3)
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    run = stage.dropped(fmuta6__csv=sales(3))
    answers = [Posted("id-1", "26000001"), SignInAgain("gone"), Posted("id-3", "26000003")]
    monkeypatch.setattr(PackageConnector, "post", lambda _self, _batch: answers)
    running.work_on(run.pk, stage.worker)

    states = Posting.objects.filter(kind="sales_invoice").order_by("key").values_list("state", flat=True)
    assert list(states) == ["posted", "pending", "posted"]
    run.refresh_from_db()
    assert run.shown_waiting.code == "waiting.account"


def test_an_update_never_goes_out_among_new_documents(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    stage.run_files(debitr__csv=files.joined(files.customer("300", "Old")))
    with_batches(monkeypatch, 10)
    posted: list[str] = []
    true_post = PackageConnector.post

    def post(self: PackageConnector, batch: list[Any]) -> Any:
        posted.extend(request.document.number for request in batch)
        return true_post(self, batch)

    monkeypatch.setattr(PackageConnector, "post", post)
    stage.run_files(
        debitr__csv=files.joined(files.customer("100"), files.customer("300", "New"), files.customer("400"))
    )

    assert sorted(posted) == ["100", "400"]
    assert {a["Name"] for a in stage.books()["accounts"] if a["Code"].strip() == "300"} == {"New"}


def test_a_claim_lost_between_two_calls_of_one_document_is_no_proof_that_nothing_was_sent(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    run = stage.dropped(debitr__csv=files.joined(CUSTOMER))
    true_post = PackageConnector.post

    def post(self: PackageConnector, batch: list[Any]) -> Any:
        true_post(self, batch)
        raise ClaimLostError("the second call of this document was not made")

    with monkeypatch.context() as patch:
        patch.setattr(PackageConnector, "post", post)
        running.work_on(run.pk, stage.worker)

    assert Posting.objects.get().state == Posting.State.UNCERTAIN
    stage.work()
    assert len(stage.books()["accounts"]) == 1
    assert [a.outcome for a in Attempt.objects.order_by("pk")][-1] == "found"


def test_a_worker_that_lost_its_claim_while_preparing_refuses_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    run = stage.dropped(debitr__csv=files.joined(CUSTOMER))

    def prepare(*_: Any) -> Any:
        raise ClaimLostError("another worker has it")

    with monkeypatch.context() as patch:
        patch.setattr(PackageConnector, "prepare", prepare)
        running.work_on(run.pk, stage.worker)
    assert run.lines.get().outcome == Line.Outcome.WAITING


@pytest.mark.parametrize(("question", "customer"), [("find_relation", "999"), ("prepare", "100")])
def test_a_bug_in_a_question_before_the_sending_stops_its_document_alone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, question: str, customer: str
):
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    run = stage.dropped(fmuta6__csv=files.joined(files.sale("1"), files.sale("2", customer=customer)))
    true_question = getattr(PackageConnector, question)

    def ask(self: PackageConnector, *asked: Any) -> Any:
        if asked[-1] == "999" or getattr(getattr(asked[0], "document", None), "number", None) == "2":
            raise RecursionError
        return true_question(self, *asked)

    with monkeypatch.context() as patch:
        patch.setattr(PackageConnector, question, ask)
        running.work_on(run.pk, stage.worker)
    told = {line.outcome: [problem["code"] for problem in line.problems] for line in run.lines.all()}
    assert told == {Line.Outcome.POSTED: [], Line.Outcome.REFUSED: ["sending.unexpected_error"]}


def test_an_uncertain_entry_is_looked_up_where_it_was_sent_though_the_mapping_changed_since(stage: Stage):
    """Looked up under the new journal it would be absent, and be posted there a second time."""
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    stage.fault(kind="cut_after", resource=SALES, method="POST", times=1)
    run = stage.dropped(fmuta6__csv=sales(1))
    running.work_on(run.pk, stage.worker)
    assert Posting.objects.get(kind="sales_invoice").state == Posting.State.UNCERTAIN

    stage.configuration.mappings = {"journals": {"70": "71"}}
    stage.configuration.save()
    stage.work()

    assert [entry["Journal"] for entry in stage.books()["sales_entries"]] == ["70"]
    assert run.lines.get().outcome == Line.Outcome.POSTED


def test_the_package_gets_its_time_to_settle_after_the_end_of_a_call_that_took_long(stage: Stage):
    """A call that timed out after 30 s may be done at 31 s: a look-up at 30 s would prove nothing."""
    run = stage.dropped(debitr__csv=files.joined(CUSTOMER))
    intake.take_in(run)
    for concluded in (True, False):
        row = Posting.objects.get()
        claim, start = stage.begin(row, run)
        Attempt.objects.filter(token=start.token).update(started_at=timezone.now() - timedelta(seconds=30))
        if concluded:
            posting.write_down(run, claim, answers=[Answer(start, Unclear("timed out"))], settle_s=5)
        else:
            row.refresh_from_db()
            assert posting.abandon(row, settle_s=5)
        row.refresh_from_db()
        assert row.state == Posting.State.UNCERTAIN
        assert row.look_up_at - timezone.now() > timedelta(seconds=4)
        Posting.objects.update(state=Posting.State.PENDING)
        Run.objects.update(state=Run.State.WAITING, claim=None, worker=None)


HOSTILE = "a\x00b \ud800 " + "🧾" * 3 + "x" * 400


@pytest.mark.parametrize(
    "answer",
    [
        Posted("id" + HOSTILE, HOSTILE),
        AlreadyThere("id" + HOSTILE, HOSTILE),
        Refused((sending_texts.BUG(evidence=HOSTILE),)),
        Unclear(HOSTILE),
        Later(timezone.now() + timedelta(days=300_000), HOSTILE),
        SignInAgain(HOSTILE),
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_words_of_a_package_that_no_database_can_hold_strand_nothing(
    answer: Any, stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    run = stage.dropped(debitr__csv=files.joined(CUSTOMER))
    with monkeypatch.context() as patch:
        patch.setattr(PackageConnector, "post", lambda _self, batch: [answer] * len(batch))
        running.work_on(run.pk, stage.worker)

    run.refresh_from_db()
    assert run.shown_waiting is None or run.shown_waiting.code != "waiting.broke_off"
    assert Posting.objects.get().state != Posting.State.SENDING
    assert run.state == Run.State.ENDED or run.resume_at < timezone.now() + timedelta(days=2)


def test_a_worker_that_starts_while_the_dead_are_counted_is_not_taken_for_one(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    run = stage.dropped(debitr__csv=files.joined(CUSTOMER))
    born: list[WorkerLife] = []
    true_living = workers.living

    def living() -> Any:
        found = true_living()
        born.append(WorkerLife().start())
        with acting_for(run.organisation_id):
            assert running.claim(run.pk, born[0])
        return found

    monkeypatch.setattr(workers, "living", living)
    try:
        assert sweep.free_abandoned_work() == 0
        run.refresh_from_db()
        assert run.worker == born[0].id
    finally:
        born[0].stop()


def test_a_worker_whose_session_was_forgotten_knows_it_and_ends(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(workers, "HEARTBEAT_S", 0.05)
    lost = threading.Event()
    life = WorkerLife(on_loss=lost.set).start()
    try:
        WorkerSession.objects.filter(pk=life.id).delete()
        assert lost.wait(10)
        assert not life.is_sure()
    finally:
        life.stop()


def test_what_is_tried_for_months_goes_on_being_tried(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """Counters have an end; work has not."""
    stage.fault(kind="cut_after", resource="crm/Accounts", method="POST", times=1)
    run = stage.dropped(debitr__csv=files.joined(CUSTOMER))
    running.work_on(run.pk, stage.worker)
    Posting.objects.update(look_ups=32_767, look_up_at=timezone.now())
    Run.objects.update(failures=32_767, resume_at=timezone.now())

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(running, "_out", broken)
        running.work_on(run.pk, stage.worker)
    run.refresh_from_db()
    assert run.state == Run.State.WAITING

    with monkeypatch.context() as patch:
        patch.setattr(PackageConnector, "find", lambda _self, _request: Unclear("busy"))
        Run.objects.update(resume_at=timezone.now())
        running.work_on(run.pk, stage.worker)
    run.refresh_from_db()
    assert run.shown_waiting is None or run.shown_waiting.code != "waiting.broke_off"


def test_a_part_of_the_sweep_that_fails_does_not_stop_the_others(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    stage.drop(debitr__csv=files.joined(CUSTOMER))

    def broken() -> None:
        raise KeyError("a package whose connector was removed")

    monkeypatch.setattr(sweep, "free_abandoned_work", broken)
    monkeypatch.setattr(sweep, "start_due_outstanding", broken)
    stage.work()
    assert len(stage.books()["accounts"]) == 1


def test_an_account_authorised_again_while_its_old_token_was_refused_stays_authorised(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    run = stage.dropped(debitr__csv=files.joined(CUSTOMER))

    def post(_self: PackageConnector, batch: list[Any]) -> Any:
        Authorisation.objects.update(authorised_at=timezone.now(), access_token="fresh")
        return [SignInAgain("the old token is refused")] * len(batch)

    monkeypatch.setattr(PackageConnector, "post", post)
    running.work_on(run.pk, stage.worker)
    assert stage.status_of_the_account() == "active"
