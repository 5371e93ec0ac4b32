"""A worker killed with SIGKILL at every named point: after recovery without a hand, each document is there once."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone

from bookbridge.commands.processes import Children
from bookbridge.exchange import differences, lines, outstanding, posting
from bookbridge.exchange.crash_points import POINTS
from bookbridge.exchange.models import Attempt, Line, OutstandingSnapshot, Posting, Run
from bookbridge.exchange.posting import Answer
from tests import factories
from tests.exchange import files
from tests.exchange.stage import Stage
from tests.roles import addresses_of_this_test

pytestmark = pytest.mark.crash
LONGEST_S = 60


def start_worker(children: Children, name: str, tmp_path: Path, **environment: str):
    ready = tmp_path / f"{name}.ready"
    return children.start(
        name,
        ["worker", "--ready-file", str(ready)],
        BOOKBRIDGE_DATA=str(tmp_path / "data"),
        BOOKBRIDGE_STORAGE=str(tmp_path / "storage"),
        BOOKBRIDGE_ENCRYPTION_KEYS=",".join(_encryption_keys()),
        **{**addresses_of_this_test(), "BOOKBRIDGE_INBOX_SETTLE_S": "0", **environment},
    )


def _encryption_keys() -> tuple[str, ...]:
    from django.conf import settings

    return settings.ENVIRONMENT.encryption_keys


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LONGEST_S
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def all_runs_ended() -> bool:
    return Run.objects.exists() and not Run.objects.exclude(state=Run.State.ENDED).exists()


def crash_and_recover(point: str, tmp_path: Path, finished: Callable[[], bool]) -> None:
    flag = tmp_path / "crash"
    flag.touch()
    with Children(tmp_path / "logs") as children:
        doomed = start_worker(children, "doomed", tmp_path, BOOKBRIDGE_CRASH_AT=f"{point}={flag}")
        wait_until(lambda: doomed.process.poll() is not None, f"the worker never reached {point}: {doomed.log_end()}")
        assert doomed.process.returncode == -9
        assert not flag.exists()
        start_worker(children, "heir", tmp_path)
        wait_until(finished, f"not recovered after {point}")


def assert_demo_files_are_in_the_books_once(stage: Stage) -> None:
    books = stage.books()
    assert Counter(str(entry["EntryNumber"]) for entry in books["sales_entries"]) == Counter(
        ["26700123", "26700130", "26700131", "26700132"]
    )
    assert Counter(entry["YourRef"] for entry in books["purchase_entries"]) == Counter(["F-2026-881", "2026-0417"])
    assert Counter(str(entry["EntryNumber"]) for entry in books["journal_entries"]) == Counter(["26900007", "26900008"])
    assert Counter(account["Code"].strip() for account in books["accounts"]) == Counter(
        ["100234", "100301", "100400", "200017", "200018"]
    )


OUTGOING = [
    point for point in POINTS if point not in ("snapshot_written", "outstanding_file_written", "look_up_written")
]


@pytest.mark.parametrize("point", OUTGOING)
def test_a_worker_killed_while_it_sends(point: str, stage: Stage, tmp_path: Path):
    stage.drop_demo_files()

    crash_and_recover(point, tmp_path, all_runs_ended)

    assert_demo_files_are_in_the_books_once(stage)
    run = Run.objects.latest("pk")
    posted = run.counts["posted"] + run.counts["already_posted"]
    assert (posted, run.counts["refused"], run.counts["rejects"], run.counts["uncertain"]) == (13, 4, 2, 0)


def test_a_worker_killed_while_it_looks_up(stage: Stage, tmp_path: Path):
    stage.fault(kind="cut_after", resource="salesentry/SalesEntries", method="POST", times=1)
    stage.drop_demo_files()

    crash_and_recover("look_up_written", tmp_path, all_runs_ended)

    assert_demo_files_are_in_the_books_once(stage)


@pytest.mark.parametrize("point", ["attempt_written", "answer_received", "answer_written"])
def test_a_worker_killed_while_it_sends_a_difference_entry(point: str, stage: Stage, tmp_path: Path):
    stage.run_files(debitr__csv=files.joined(files.customer("100")), fmuta6__csv=files.joined(files.sale("26000001")))
    changed = files.joined(files.sale("26000001", amount="200.00", vat="42.00"))
    line = stage.run_files(fmuta6__csv=changed).lines.get()
    undecided = differences.undecided(line)
    assert undecided is not None
    user = factories.member(line.organisation, "bookkeeper")
    differences.book(line, "Difference", "Why", user, seen=differences.offer(undecided, "Difference").seen)

    crash_and_recover(point, tmp_path, all_runs_ended)

    assert [str(entry["AmountFC"]) for entry in stage.books()["sales_entries"]] == ["121.00", "121.00"]
    posted = Posting.objects.get(kind="sales_invoice", differences__state="booked")
    assert posted.fingerprint == line.fingerprint


@pytest.mark.parametrize("point", ["snapshot_written", "outstanding_file_written"])
def test_a_worker_killed_while_it_writes_outstanding_items(point: str, stage: Stage, tmp_path: Path):
    stage.drop_demo_files()
    stage.work()
    outstanding.ask_for(stage.configuration)

    crash_and_recover(point, tmp_path, all_runs_ended)

    snapshot = OutstandingSnapshot.objects.get()
    assert (snapshot.state, snapshot.item_count) == (OutstandingSnapshot.State.WRITTEN, 6)
    dbopen = (tmp_path / "storage" / snapshot.file_keys[0]).read_text("cp1252")
    assert len(dbopen.splitlines()) == 4


@pytest.mark.parametrize("fault", ["cut_after", "timeout_after"])
def test_a_package_that_accepts_and_gives_no_answer(fault: str, stage: Stage, tmp_path: Path):
    stage.fault(kind=fault, method="POST", times=3, delay_s=1)
    stage.drop_demo_files()
    with Children(tmp_path / "logs") as children:
        start_worker(children, "worker", tmp_path)
        wait_until(all_runs_ended, "the run has not ended")
        stage.drop_demo_files()
        wait_until(lambda: Run.objects.count() == 2 and all_runs_ended(), "the second run has not ended")

    assert_demo_files_are_in_the_books_once(stage)
    assert Run.objects.latest("pk").counts["already_posted"] == 13


def test_a_worker_that_was_thought_dead_cannot_overwrite_the_truth(stage: Stage):
    """Its attempt was taken over while it slept; its late answer changes nothing but its own attempt's record."""
    from bookbridge.kit.outcomes import Refused

    stage.run_files(debitr__csv=(b'"100","Name","","","","","NL"' + b"," * 46 + b"\r\n"))
    run = Run.objects.get()
    Run.objects.update(state=Run.State.WAITING, resume_at=timezone.now())
    Posting.objects.update(state=Posting.State.PENDING)
    row = Posting.objects.get()
    claim, start = stage.begin(row, run)

    assert posting.abandon(Posting.objects.get(), settle_s=5)
    refusal = Answer(start, Refused(()), lines.told(run.lines.get(), Line.Outcome.REFUSED))
    assert not posting.write_down(run, claim, answers=[refusal], settle_s=5).mine

    row = Posting.objects.get()
    assert row.state == Posting.State.UNCERTAIN
    assert Attempt.objects.get(token=start.token).outcome == "late"
    assert row.look_up_at is not None
    assert row.look_up_at > timezone.now()
    assert Line.objects.get().outcome == Line.Outcome.POSTED
