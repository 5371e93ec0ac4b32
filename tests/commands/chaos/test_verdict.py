"""That a chaos run can fail: what it counts as lost, doubled, uneven, told in a log, or slow to recover."""

import os
from pathlib import Path
from random import Random

import pytest

from bookbridge.commands.chaos import watching
from bookbridge.commands.chaos.command import _failed
from bookbridge.commands.chaos.documents import Delivery, make_delivery
from bookbridge.commands.chaos.verdict import count, recovery, secrets_in, uneven
from bookbridge.commands.chaos.watching import Facts, Held, Recoveries, Told
from bookbridge.kit import catalogue


@pytest.fixture(scope="module")
def delivery() -> Delivery:
    return make_delivery(40, catalogue.stage("exact_online").codes, Random(3))


def booked(delivery: Delivery) -> dict[str, list[str]]:
    return {kind: sorted(numbers) for kind, numbers in delivery.expected.items()}


def test_books_with_everything_once_are_in_order(delivery: Delivery):
    assert sum(len(numbers) for numbers in delivery.expected.values()) == delivery.document_count >= 40
    assert count(delivery.expected, booked(delivery)) == {"lost": 0, "duplicates": 0}


def test_each_lost_document_is_counted(delivery: Delivery):
    books = booked(delivery)
    kinds = [kind for kind, numbers in books.items() if numbers]
    for kind in kinds:
        books[kind].pop()

    assert count(delivery.expected, books) == {"lost": len(kinds), "duplicates": 0}
    everything = {"lost": delivery.document_count, "duplicates": 0}
    assert count(delivery.expected, {kind: [] for kind in books}) == everything


def test_each_doubled_document_is_counted(delivery: Delivery):
    books = booked(delivery)
    kind = next(kind for kind, numbers in books.items() if len(numbers) > 1)
    books[kind] += [books[kind][0], books[kind][0], books[kind][1]]

    assert count(delivery.expected, books) == {"lost": 0, "duplicates": 3}


def test_a_document_that_nobody_sent_counts_as_doubled(delivery: Delivery):
    books = booked(delivery)
    kind = next(iter(books))
    books[kind] += ["from nowhere", "from nowhere"]

    assert count(delivery.expected, books) == {"lost": 0, "duplicates": 2}


def test_a_document_that_changed_places_is_lost_and_doubled(delivery: Delivery):
    books = booked(delivery)
    kind = next(iter(books))
    books[kind] = ["from nowhere", *books[kind][1:]]

    assert count(delivery.expected, books) == {"lost": 1, "duplicates": 1}


def test_a_run_whose_parts_are_not_its_file_is_named():
    even = {"file": "10.00", "posted": "6.00", "refused": "1.00", "uncertain": "1.00", "skipped": "2.00"}
    off = {**even, "posted": "6.01"}
    assert uneven([(1, [even, even]), (2, [even, off]), (3, []), (4, [{**off, "waiting": "-0.01"}])]) == [2]


def test_a_log_that_tells_a_secret_is_named(tmp_path: Path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "worker-0.log").write_text('{"event": "all well", "token": "abcdefghijklmnop"}')
    (tmp_path / "logs" / "worker-1.log").write_text('{"event": "all well"}')

    assert secrets_in(tmp_path, ["abcdefghijklmnop", "something quite else", ""]) == ["worker-0.log"]
    assert secrets_in(tmp_path, ["short", ""]) == []


# --- recovering


class Tables:
    """Tables that say what a test wants them to."""

    held = False

    def is_held(self, _held: Held) -> bool:
        return self.held


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(watching.time, "monotonic", clock.monotonic)
    return clock


def facts(progress: int) -> Facts:
    return Facts(sent=progress, progress=(progress, ""), is_open=True, refused=0, is_signed_in=True)


def test_recovery_counts_until_the_work_goes_forward_and_nothing_is_held_by_the_dead(clock: Clock):
    tables = Tables()
    tables.held = True
    recoveries = Recoveries(tables)  # type: ignore[arg-type]
    told = Told(3, "kill", {}, 0.0)
    recoveries.expect(told, Held())

    for now, progress, held in ((100.5, 7, True), (101, 7, True), (104, 9, True), (112, 9, False)):
        assert told.recovered_after_s is None
        clock.now, tables.held = now, held
        recoveries.see(facts(progress), is_idle=False)

    assert told.recovered_after_s == 12
    assert told.load is not None


def test_where_nothing_is_left_to_do_there_is_nothing_to_recover(clock: Clock):
    recoveries = Recoveries(Tables())  # type: ignore[arg-type]
    told = Told(3, "kill", {}, 0.0)
    recoveries.expect(told, Held())
    recoveries.see(facts(7), is_idle=False)
    clock.now = 150
    recoveries.see(facts(7), is_idle=True)

    assert told.recovered_after_s is None
    assert recoveries.waiting_for == []
    assert recovery([told])["recoveries"] == 0


def test_who_waits_while_the_database_is_down_counts_from_its_return(clock: Clock):
    recoveries = Recoveries(Tables())  # type: ignore[arg-type]
    told = Told(3, "kill", {}, 0.0)
    recoveries.expect(told, Held())
    recoveries.see(facts(7), is_idle=False)
    clock.now = 120
    recoveries.something_else_was_broken()
    recoveries.see(facts(7), is_idle=False)
    clock.now = 121
    recoveries.see(facts(8), is_idle=False)

    assert told.recovered_after_s == 1
    assert told.since_harm_s == 21


def test_the_longest_recovery_is_told_with_its_event():
    told = [Told(1, "kill", {}, 0, recovered_after_s=float(seconds), load=2.0) for seconds in range(1, 20)]
    told += [Told(1, "stop", {}, 0, recovered_after_s=28.0, since_harm_s=40.0, load=9.0), Told(1, "pause", {}, 0)]

    assert recovery(told) == {
        "recovered_after_s": 28.0,
        "recovered_p95_s": 19.0,
        "slowest": "stop",
        "since_harm_s": 40.0,
        "recoveries": 20,
        "processors": os.cpu_count(),
        "load_at_slowest": 9.0,
        "load_median": 2.0,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lost", 1),
        ("duplicates", 1),
        ("runs_open", 1),
        ("lines_open", 2),
        ("not_posted", 1),
        ("runs_uneven", [4]),
        ("trail_fault", "entry 7 was changed"),
        ("secrets_in_logs", ["worker-0.log"]),
        ("recovered_after_s", 30.1),
    ],
)
def test_whatever_must_not_be_fails_the_run(name: str, value: object):
    good = {
        "lost": 0,
        "duplicates": 0,
        "runs_open": 0,
        "lines_open": 0,
        "not_posted": 0,
        "runs_uneven": [],
        "trail_fault": "",
        "secrets_in_logs": [],
        "recovered_after_s": 29.9,
        "slowest": "kill",
        "processors": 2,
        "load_at_slowest": 3.0,
    }
    assert _failed(good, 30) == []
    assert len(_failed({**good, name: value}, 30)) == 1
