"""Numbers that a package draws for a journal one at a time: never two entries on record with the same one."""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from bookbridge.connectors.exact_online.connector import PackageConnector
from bookbridge.exchange import running, sql
from bookbridge.exchange.models import Attempt, Line, Posting, Run
from bookbridge.exchange.workers import WorkerLife
from bookbridge.kit.contract import PostingRequest
from bookbridge.kit.outcomes import Later, Outcome, Unclear
from tests.exchange import files
from tests.exchange.stage import Stage

CUSTOMER = files.customer("100")


class Journal:
    """A journal that tells its next number without giving it away, as far as the engine sees it."""

    def __init__(self) -> None:
        self.booked: list[int] = []
        self.given_before: list[Mapping[str, str]] = []
        self.to_be_booked_by_hand = 0
        self.lost_answers = 0
        self._lock = threading.Lock()
        self._true_post = PackageConnector.post

    def _book_by_hand(self) -> None:
        if self.to_be_booked_by_hand:
            self.to_be_booked_by_hand -= 1
            self.booked.append(self.next_number())

    def next_number(self) -> int:
        return max(self.booked, default=0) + 1

    def prepare(self, request: PostingRequest) -> dict[str, str]:
        if request.document.kind != "sales_invoice":
            return {}
        with self._lock:
            self.given_before.append(request.prepared)
            return {"number": str(self.next_number())}

    def post(self, connector: PackageConnector, batch: Sequence[PostingRequest]) -> Sequence[Outcome]:
        number = int(batch[0].prepared.get("number", "0"))
        if number:
            self._book_by_hand()
            with self._lock:
                if number in self.booked:
                    return [Later(connector.connection.now(), "the number is another entry's")]
                self.booked.append(number)
        outcomes = self._true_post(connector, batch)
        if number and self.lost_answers:
            self.lost_answers -= 1
            return [Unclear("the line was cut")]
        return outcomes


@pytest.fixture
def journal(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Journal:
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    made = Journal()
    sheet = PackageConnector.fact_sheet
    able = sheet.capabilities.model_copy(update={"numbers_drawn": True})
    monkeypatch.setattr(PackageConnector, "fact_sheet", sheet.model_copy(update={"capabilities": able}))

    def prepare(_: PackageConnector, request: PostingRequest) -> dict[str, str]:
        return made.prepare(request)

    def post(own: PackageConnector, batch: Sequence[PostingRequest]) -> Sequence[Outcome]:
        return made.post(own, batch)

    monkeypatch.setattr(PackageConnector, "prepare", prepare)
    monkeypatch.setattr(PackageConnector, "post", post)
    return made


def sales(first: int, count: int) -> bytes:
    return files.joined(*[files.sale(f"2600{number:04}") for number in range(first, first + count)])


def numbers(stage: Stage) -> list[str]:
    return sorted(str(entry["EntryNumber"]) for entry in stage.books()["sales_entries"])


def prepared() -> list[str]:
    """The numbers on record, in the order in which they were written down."""
    attempts = Attempt.objects.filter(action="post", posting__kind="sales_invoice").order_by("pk")
    return [attempt.prepared["number"] for attempt in attempts]


def in_threads(runs: Sequence[Run]) -> None:
    def work(run: Run) -> None:
        life = WorkerLife().start()
        try:
            running.work_on(run.pk, life)
        finally:
            life.stop()
            connection.close()

    with ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(work, runs))


def test_each_entry_of_a_journal_gets_a_number_of_its_own_though_four_go_at_once(stage: Stage, journal: Journal):
    run = stage.run_files(fmuta6__csv=sales(1, 14))

    assert run.counts["posted"] == 14
    assert prepared() == [str(number) for number in range(1, 15)]
    assert len(numbers(stage)) == 14


def test_two_runs_of_one_journal_at_once_share_its_numbers_out(stage: Stage, journal: Journal):
    runs = [stage.dropped(fmuta6__csv=sales(1, 10)), stage.dropped(FMUTA6__CSV=sales(101, 10))]
    in_threads(runs)
    stage.work()

    assert sorted(map(int, prepared())) == list(range(1, 21))
    assert len(numbers(stage)) == 20
    assert {line.outcome for run in runs for line in run.lines.all()} == {Line.Outcome.POSTED}


def test_nothing_is_drawn_while_an_unclear_answer_is_looked_up(stage: Stage, journal: Journal):
    journal.lost_answers = 1
    run = stage.dropped(fmuta6__csv=sales(1, 5))
    running.work_on(run.pk, stage.worker)

    assert len(journal.given_before) == 1
    assert prepared() == ["1"]
    run.refresh_from_db()
    assert (run.state, run.shown_waiting.code) == (Run.State.WAITING, "waiting.looking_up")

    stage.work()
    assert prepared() == ["1", "2", "3", "4", "5"]
    assert len(numbers(stage)) == 5


def test_an_entry_that_waits_for_a_person_holds_nobody_up(stage: Stage, journal: Journal):
    journal.lost_answers = 1
    first = stage.dropped(fmuta6__csv=sales(1, 1))
    running.work_on(first.pk, stage.worker)
    held = Posting.objects.filter(state=Posting.State.UNCERTAIN)
    assert held.update(look_up_at=None) == 1

    second = stage.dropped(FMUTA6__CSV=sales(2, 1))
    running.work_on(second.pk, stage.worker)
    assert prepared() == ["1", "2"]


def test_what_a_dead_worker_was_sending_is_looked_up_before_the_next_number_is_drawn(stage: Stage, journal: Journal):
    first = stage.dropped(fmuta6__csv=sales(1, 1))
    journal.lost_answers = 1
    running.work_on(first.pk, stage.worker)
    # As it stands when the worker is killed before it could write the answer down.
    Posting.objects.filter(state=Posting.State.UNCERTAIN).update(
        state=Posting.State.SENDING, look_up_at=None, worker=stage.worker.id
    )
    second = stage.dropped(FMUTA6__CSV=sales(2, 1))
    running.work_on(second.pk, stage.worker)

    assert prepared() == ["1"]
    second.refresh_from_db()
    assert second.shown_waiting.code == "waiting.other_run"


def test_another_line_to_the_database_that_draws_keeps_us_waiting(stage: Stage, journal: Journal):
    run = stage.dropped(fmuta6__csv=sales(1, 2))
    place = f"numbers {run.organisation_id} exact_online/{run.configuration.administration}/70/2026"

    def hold(let_go: threading.Event, held: threading.Event) -> None:
        assert sql.hold(place)
        held.set()
        let_go.wait(30)
        connection.close()

    let_go, held = threading.Event(), threading.Event()
    other = threading.Thread(target=hold, args=(let_go, held))
    other.start()
    assert held.wait(30)
    running.work_on(run.pk, stage.worker)
    assert journal.given_before == []

    # A worker that dies holds nothing any more.
    let_go.set()
    other.join()
    stage.work()
    assert prepared() == ["1", "2"]


def test_a_number_that_somebody_booked_by_hand_meanwhile_is_drawn_anew(stage: Stage, journal: Journal):
    journal.to_be_booked_by_hand = 1
    run = stage.run_files(fmuta6__csv=sales(1, 3))

    assert run.counts["posted"] == 3
    assert prepared() == ["1", "2", "3", "4"]
    assert Attempt.objects.filter(outcome="later").count() == 1
    assert len(numbers(stage)) == 3


def test_what_was_drawn_before_is_offered_again_unless_it_was_refused(stage: Stage, journal: Journal):
    stage.fault(kind="cut_before", method="POST", changes=True, times=1)
    journal.booked.append(6)
    stage.run_files(fmuta6__csv=sales(1, 1))
    assert journal.given_before == [{}, {"number": "7"}]

    stage.fault(kind="refuse", method="POST", message="Zomaar", times=1)
    stage.run_files(fmuta6__csv=sales(2, 1))
    Run.objects.update(resume_at=timezone.now() - timedelta(seconds=1))
    stage.run_files(FMUTA6__CSV=sales(2, 1))
    assert journal.given_before[2:] == [{}, {}]
    assert len(numbers(stage)) == 2


def test_a_number_stays_in_the_journal_that_it_was_drawn_for(stage: Stage, journal: Journal):
    stage.fault(kind="cut_before", method="POST", changes=True, times=1)
    run = stage.dropped(fmuta6__csv=sales(1, 1))
    running.work_on(run.pk, stage.worker)
    stage.configuration.mappings = {"journals": {"70": "75"}}
    stage.configuration.save()
    stage.work()

    assert journal.given_before == [{}, {}]
    assert [entry["Journal"] for entry in stage.books()["sales_entries"]] == ["75"]
    assert len(set(Attempt.objects.filter(action="post", posting__kind="sales_invoice").values_list("series"))) == 2


def test_a_package_that_draws_nothing_is_not_slowed(stage: Stage):
    stage.run_files(debitr__csv=files.joined(CUSTOMER), fmuta6__csv=sales(1, 2))
    assert set(Attempt.objects.values_list("series", flat=True)) == {""}
