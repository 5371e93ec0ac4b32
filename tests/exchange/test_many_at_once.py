"""Several documents of one run under way at once: as many as the package allows, none twice, every answer kept."""

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from bookbridge.connectors.exact_online.connector import PackageConnector
from bookbridge.exchange import posting, running
from bookbridge.exchange.flight import Flight, most_at_stake
from bookbridge.exchange.models import Attempt, Line, Posting, Run
from bookbridge.integrations.models import Authorisation
from bookbridge.kit.contract import PostingRequest
from bookbridge.kit.errors import ClaimLostError
from bookbridge.kit.outcomes import Outcome, SignInAgain, Unclear
from tests.exchange import files
from tests.exchange.stage import Stage

SALES = "salesentry/SalesEntries"
CUSTOMER = files.customer("100")
PLACES = PackageConnector.fact_sheet.limits.simultaneous_calls
LONGEST_S = 30


def sales(count: int, **changes: str) -> bytes:
    return files.joined(*[files.sale(f"2600{number:04}", **changes) for number in range(1, count + 1)])


def numbers(stage: Stage) -> list[str]:
    return sorted(str(entry["EntryNumber"]) for entry in stage.books()["sales_entries"])


def test_a_run_of_200_documents_asks_the_database_at_most_three_times_a_document(stage: Stage):
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    run = stage.dropped(fmuta6__csv=sales(200))
    with CaptureQueriesContext(connection) as asked:
        running.work_on(run.pk, stage.worker)

    run.refresh_from_db()
    assert (run.state, run.counts["posted"]) == (Run.State.ENDED, 200)
    assert len(asked) / 200 <= 3, Counter(query["sql"].strip()[:70] for query in asked.captured_queries).most_common(20)


def test_as_many_are_under_way_as_the_package_allows_and_never_more(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    all_there = threading.Barrier(PLACES)
    under_way, most, lock = 0, 0, threading.Lock()
    true_post = PackageConnector.post

    def post(self: PackageConnector, batch: Sequence[PostingRequest]) -> Sequence[Outcome]:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        # Comes through only when so many are there at the same time.
        all_there.wait(LONGEST_S)
        try:
            return true_post(self, batch)
        finally:
            with lock:
                under_way -= 1

    monkeypatch.setattr(PackageConnector, "post", post)
    run = stage.run_files(fmuta6__csv=sales(3 * PLACES))

    assert run.counts["posted"] == 3 * PLACES
    assert most == PLACES
    assert len(set(numbers(stage))) == 3 * PLACES


def test_what_waits_for_a_free_place_when_the_worker_hands_over_is_taken_back_and_not_sent(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    run = stage.dropped(fmuta6__csv=sales(4 * PLACES))
    all_there, taken_back = threading.Barrier(PLACES), threading.Event()
    true_post, true_withdraw = PackageConnector.post, Flight.withdraw

    def post(self: PackageConnector, batch: Sequence[PostingRequest]) -> Sequence[Outcome]:
        if not stage.worker.is_handing_over and all_there.wait(LONGEST_S) == 0:
            stage.worker.hand_over()
        else:
            assert taken_back.wait(LONGEST_S)
        return true_post(self, batch)

    def withdraw(self: Flight) -> list[Any]:
        withdrawn = true_withdraw(self)
        taken_back.set()
        return withdrawn

    monkeypatch.setattr(PackageConnector, "post", post)
    monkeypatch.setattr(Flight, "withdraw", withdraw)
    running.work_on(run.pk, stage.worker)

    attempts = Attempt.objects.filter(run=run)
    taken_back_attempts = attempts.filter(outcome="later")
    assert 0 < taken_back_attempts.count() <= most_at_stake(PLACES) - PLACES
    assert set(taken_back_attempts.values_list("detail", flat=True)) == {"not sent: the run stopped before it"}
    assert len(numbers(stage)) == attempts.filter(outcome="posted").count()
    assert not Posting.objects.filter(state=Posting.State.SENDING).exists()


@pytest.mark.parametrize("asked", ["1", "2"])
def test_a_configuration_may_ask_for_fewer(asked: str, stage: Stage, monkeypatch: pytest.MonkeyPatch):
    stage.configuration.options = {"simultaneous_calls": asked}
    stage.configuration.save()
    names: set[str] = set()
    true_post = PackageConnector.post

    def post(self: PackageConnector, batch: Sequence[PostingRequest]) -> Sequence[Outcome]:
        names.add(str(threading.get_ident()))
        return true_post(self, batch)

    monkeypatch.setattr(PackageConnector, "post", post)
    assert (
        stage.run_files(debitr__csv=files.joined(*[files.customer(str(n)) for n in range(100, 110)])).counts["posted"]
        == 10
    )
    assert len(names) <= int(asked)


def test_a_document_that_is_there_twice_is_sent_once(stage: Stage):
    run = stage.run_files(debitr__csv=files.joined(CUSTOMER), fmuta6__csv=sales(6), FMUTA6__csv=sales(6))

    assert numbers(stage) == [f"2600{number:04}" for number in range(1, 7)]
    assert len(stage.books()["accounts"]) == 1
    assert (run.counts["posted"], run.counts["already_posted"]) == (7, 6)
    assert set(Attempt.objects.values_list("action", flat=True)) == {"post"}


def test_one_number_under_two_journals_that_are_one_in_the_package_goes_once(stage: Stage):
    stage.configuration.mappings = {"journals": {"71": "70"}}
    stage.configuration.save()
    twin = [row.replace('"V","70"', '"V","71"') for row in files.sale("26000001", amount="5.00", vat="1.05")]
    run = stage.run_files(debitr__csv=files.joined(CUSTOMER), fmuta6__csv=files.joined(files.sale("26000001"), twin))

    assert numbers(stage) == ["26000001"]
    refused = run.lines.get(outcome=Line.Outcome.REFUSED)
    assert refused.problems[0]["code"] == "preflight.number_used"


def test_every_answer_of_those_under_way_is_kept_when_the_account_is_lost(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    run = stage.dropped(fmuta6__csv=sales(3 * PLACES))
    all_there, lost = threading.Barrier(PLACES), threading.Event()
    true_post = PackageConnector.post

    def post(self: PackageConnector, batch: Sequence[PostingRequest]) -> Sequence[Outcome]:
        if lost.is_set():
            return [SignInAgain("withdrawn")]
        if all_there.wait(LONGEST_S) == 0:
            lost.set()
            return [SignInAgain("withdrawn")]
        outcomes = true_post(self, batch)
        assert lost.wait(LONGEST_S)
        return outcomes

    monkeypatch.setattr(PackageConnector, "post", post)
    running.work_on(run.pk, stage.worker)

    states = Counter(Posting.objects.filter(kind="sales_invoice").values_list("state", flat=True))
    assert states == {"posted": PLACES - 1, "pending": 3 * PLACES - (PLACES - 1)}
    assert len(numbers(stage)) == PLACES - 1
    assert stage.status_of_the_account() == Authorisation.Status.SIGN_IN_AGAIN
    run.refresh_from_db()
    assert run.shown_waiting.code == "waiting.account"


def test_answers_that_come_after_another_worker_took_over_change_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    run = stage.dropped(fmuta6__csv=sales(2 * PLACES))
    all_there, taken = threading.Barrier(PLACES), threading.Event()
    true_post = PackageConnector.post

    def take_over() -> None:
        """As a sweep does that takes this worker for dead."""
        for row in Posting.objects.filter(state=Posting.State.SENDING):
            assert posting.abandon(row, settle_s=0)
        Run.objects.filter(pk=run.pk).update(claim=None, worker=None, state=Run.State.WAITING)
        connection.close()
        taken.set()

    def post(self: PackageConnector, batch: Sequence[PostingRequest]) -> Sequence[Outcome]:
        if taken.is_set():
            # As the last check before a request says.
            raise ClaimLostError("another worker has it")
        outcomes = true_post(self, batch)
        if all_there.wait(LONGEST_S) == 0:
            threading.Thread(target=_acting(stage, take_over)).start()
        assert taken.wait(LONGEST_S)
        return outcomes

    with monkeypatch.context() as patch:
        patch.setattr(PackageConnector, "post", post)
        running.work_on(run.pk, stage.worker)

    sent = Attempt.objects.filter(run=run)
    assert Counter(sent.values_list("outcome", flat=True)) == {"late": most_at_stake(PLACES)}
    states = Counter(Posting.objects.filter(kind="sales_invoice").values_list("state", flat=True))
    assert states == {"uncertain": most_at_stake(PLACES), "pending": 2 * PLACES - most_at_stake(PLACES)}
    assert set(run.lines.values_list("outcome", flat=True)) == {Line.Outcome.WAITING}

    stage.work()
    assert numbers(stage) == [f"2600{number:04}" for number in range(1, 2 * PLACES + 1)]
    assert set(run.lines.values_list("outcome", flat=True)) == {Line.Outcome.POSTED}


def _acting(stage: Stage, act: Any) -> Any:
    from bookbridge.organisations.walls import acting_for

    def in_the_thread() -> None:
        with acting_for(stage.configuration.organisation_id):
            act()

    return in_the_thread


def test_each_relation_that_nobody_delivered_is_asked_for_once(stage: Stage):
    rows = [files.sale(f"2600{number:04}", customer=str(900 + number % 3)) for number in range(12)]
    run = stage.run_files(fmuta6__csv=files.joined(*rows))

    assert run.counts["refused"] == 12
    assert {line.problems[0]["code"] for line in run.lines.all()} == {"preflight.customer_unknown"}
    assert len(stage.calls("GET", "crm/Accounts")) == 3


def test_a_worker_that_is_asked_to_stop_hands_the_rest_over(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    run = stage.dropped(fmuta6__csv=sales(4 * PLACES))
    true_post = PackageConnector.post

    def post(self: PackageConnector, batch: Sequence[PostingRequest]) -> Sequence[Outcome]:
        stage.worker.hand_over()
        return true_post(self, batch)

    monkeypatch.setattr(PackageConnector, "post", post)
    running.work_on(run.pk, stage.worker)

    run.refresh_from_db()
    assert (run.state, run.waiting_for) == (Run.State.WAITING, None)
    assert not Posting.objects.filter(state__in=(Posting.State.SENDING, Posting.State.UNCERTAIN)).exists()
    assert 1 <= len(numbers(stage)) < 4 * PLACES


def test_a_run_pauses_when_the_account_is_lost_while_more_look_ups_wait(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    run = stage.dropped(fmuta6__csv=sales(3 * PLACES))
    monkeypatch.setattr(PackageConnector, "post", lambda _, batch: [Unclear("the line was cut")] * len(batch))
    running.work_on(run.pk, stage.worker)
    uncertain = Posting.objects.filter(state=Posting.State.UNCERTAIN)
    assert uncertain.update(look_up_at=Now()) == 3 * PLACES
    Run.objects.filter(pk=run.pk).update(resume_at=Now())

    monkeypatch.setattr(PackageConnector, "find", lambda _, request: SignInAgain("withdrawn"))
    running.work_on(run.pk, stage.worker)

    run.refresh_from_db()
    assert run.state == Run.State.WAITING
    assert uncertain.count() == 3 * PLACES
    assert stage.status_of_the_account() == Authorisation.Status.SIGN_IN_AGAIN
