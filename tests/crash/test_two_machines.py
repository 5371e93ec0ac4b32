"""Two machines with a worker each, one database, one package, and cables that are cut. Real TCP, real kernels."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from bookbridge.commands.chaos.documents import Delivery, make_delivery
from bookbridge.commands.chaos.verdict import count
from bookbridge.kit import catalogue
from tests.crash.machines import Machines, machines, why_not

pytestmark = pytest.mark.crash
REPLACED_WITHIN_S = 30
STAGE = catalogue.stage("exact_online")


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Machines]:
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with machines(tmp_path) as made:
        yield made


def wait_until(true: Callable[[], bool], what: str, seconds: float = 90) -> float:
    """How long it took."""
    started = time.monotonic()
    while not true():
        assert time.monotonic() < started + seconds, what
        time.sleep(0.1)
    return time.monotonic() - started


def all_runs_ended(two: Machines) -> bool:
    states = Counter(state for (state,) in two.ask("SELECT state FROM exchange_run"))
    return states["ended"] > 0 and states["ended"] == states.total()


def assert_in_the_books_once(two: Machines, delivery: Delivery) -> None:
    books = two.package(f"books?division={STAGE.administration}")
    booked = {kind: [record.number for record in STAGE.held(books, kind)] for kind in delivery.expected}
    assert count(delivery.expected, booked) == {"lost": 0, "duplicates": 0}


def make(documents: int) -> Delivery:
    return make_delivery(documents, STAGE.codes, Random(11))


def test_a_machine_cut_off_with_documents_under_way_is_replaced_and_does_no_harm_when_it_is_back(two: Machines):
    delivery = make(40)
    two.package("faults", [{"kind": "timeout_after", "method": "POST", "delay_s": 0.5}])
    cut_off = two.start_worker("a", 0)
    two.drop(delivery.files)
    wait_until(lambda: bool(two.ask("SELECT 1 FROM exchange_posting WHERE state = 'sending'")), "nothing was sent")
    two.start_worker("b", 1)
    ((owner,),) = two.ask("SELECT worker FROM exchange_run WHERE state = 'working'")

    two.cut("a", "db", "pk")
    took = wait_until(
        lambda: bool(two.ask(f"SELECT 1 FROM exchange_run WHERE worker <> '{owner}' OR state = 'ended'")),
        "nobody took over",
    )
    assert took < REPLACED_WITHIN_S
    two.mend("a", "db", "pk")
    wait_until(lambda: all_runs_ended(two), "the run has not ended")

    # It starts anew in place, so that a process of the same number has another session.
    sessions = f"SELECT 1 FROM exchange_workersession WHERE pid = {cut_off.process.pid}"
    wait_until(lambda: len(two.ask(sessions)) == 2, "it has not seen that the others took over")
    assert_in_the_books_once(two, delivery)
    two.drop(delivery.files)
    wait_until(lambda: len(two.ask("SELECT 1 FROM exchange_run WHERE state = 'ended'")) == 2, "no second run")
    assert_in_the_books_once(two, delivery)
    assert two.ask("SELECT state, count(*) FROM exchange_posting GROUP BY state") == [("posted", 40)]


def test_a_cable_to_the_package_cut_after_it_took_a_document_leaves_it_uncertain_until_it_is_looked_up(two: Machines):
    delivery = make(12)
    two.package("faults", [{"kind": "timeout_after", "method": "POST", "delay_s": 4, "times": 1}])
    two.start_worker("a", 0)
    two.drop({"debitr.csv": delivery.relations["debitr.csv"]})
    wait_until(lambda: _calls_under_way(two) > 0, "nothing was sent")

    two.cut("a", "pk")
    wait_until(
        lambda: bool(two.ask("SELECT 1 FROM exchange_posting WHERE state = 'uncertain'")), "it isn't called uncertain"
    )
    two.mend("a", "pk")
    two.drop({name: content for name, content in delivery.files.items() if name != "debitr.csv"})
    wait_until(lambda: all_runs_ended(two) and _all_posted(two, 12), "not all is posted")

    assert_in_the_books_once(two, delivery)
    outcomes = {outcome for (outcome,) in two.ask("SELECT outcome FROM exchange_attempt")}
    assert {"unclear", "found"} <= outcomes


def _calls_under_way(two: Machines) -> int:
    """Posts that the package has taken and not answered yet."""
    calls = two.package("requests")["requests"]
    return sum(call["method"] == "POST" and call["status"] is None and "/api/v1/" in call["path"] for call in calls)


def _all_posted(two: Machines, documents: int) -> bool:
    return two.ask("SELECT count(*) FROM exchange_posting WHERE state = 'posted'") == [(documents,)]
