"""Call budgets that all workers share, with real rows and the simulator's own limits."""

import threading
from bisect import bisect_right
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from django.db import connections

from bookbridge.integrations.budgets import KEPT_FREE, SharedBudget, time_needed
from bookbridge.integrations.connecting import connect
from bookbridge.integrations.models import CallBudget
from bookbridge.kit import catalogue
from bookbridge.kit.budgets import Limit, LimitSeen
from bookbridge.kit.errors import LaterError, RefusedError
from tests.exchange.stage import Stage

MINUTE_AND_DAY = (Limit("minute", 60, 60), Limit("day", 5000, 86400))
GUARD = Limit("errors", 8, 3600)
START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class StandingClock:
    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def budget(stage: Stage, clock: StandingClock) -> Callable[..., SharedBudget]:
    def make(administration: str = "1", limits: tuple[Limit, ...] = MINUTE_AND_DAY) -> SharedBudget:
        return SharedBudget(stage.configuration.authorisation, administration, limits, GUARD, clock)

    return make


def taken(budget: SharedBudget, tries: int) -> int:
    done = 0
    for _ in range(tries):
        try:
            budget.take()
        except LaterError:
            continue
        done += 1
    return done


def test_four_workers_together_make_sixty_calls_a_minute(budget: Callable[..., SharedBudget], clock: StandingClock):
    start = threading.Barrier(4)

    def work() -> int:
        try:
            own = budget()
            start.wait()
            return taken(own, 25)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as workers:
        done = sum(asked.result() for asked in [workers.submit(work) for _ in range(4)])

    assert done == 60
    with pytest.raises(LaterError) as raised:
        budget().take()
    assert clock.moment + timedelta(seconds=60) <= raised.value.not_before <= clock.moment + timedelta(seconds=61)
    clock.moment = raised.value.not_before
    assert taken(budget(), 100) == 60


def test_administrations_do_not_share_a_budget(budget: Callable[..., SharedBudget]):
    assert taken(budget("1"), 70) == 60
    assert taken(budget("2"), 70) == 60
    assert CallBudget.objects.exclude(administration="").filter(administration__in=["1", "2"]).count() == 2


def test_what_the_package_tells_of_its_limits_holds_for_every_worker(budget: Callable[..., SharedBudget]):
    budget().learn(LimitSeen("minute", 5, 4, START + timedelta(seconds=60)))

    assert taken(budget(), 10) == 5


@pytest.mark.parametrize("told", [0, -1])
def test_a_limit_of_nothing_does_not_block_for_ever(
    budget: Callable[..., SharedBudget], clock: StandingClock, told: int
):
    budget().learn(LimitSeen("minute", told))

    clock.moment += timedelta(seconds=61)
    assert taken(budget(), 10) == 1


def test_a_used_up_limit_closes_the_budget_for_every_worker(budget: Callable[..., SharedBudget], clock: StandingClock):
    resets_at = clock.moment + timedelta(seconds=40)
    budget().learn(LimitSeen("minute", 60, 0, resets_at))

    with pytest.raises(LaterError) as raised:
        budget().take()
    assert raised.value.not_before == resets_at
    clock.moment = raised.value.not_before
    budget().take()


def test_no_calls_left_without_a_moment_closes_nothing(budget: Callable[..., SharedBudget]):
    budget().learn(LimitSeen("minute", 60, 0, None))

    assert taken(budget(), 2) == 2


def test_the_guard_stops_an_endpoint_before_the_package_does(budget: Callable[..., SharedBudget], clock: StandingClock):
    for _ in range(8):
        budget().check_endpoint("salesentry/SalesEntries")
        budget().count_error("salesentry/SalesEntries")

    with pytest.raises(LaterError, match="salesentry/SalesEntries") as raised:
        budget().check_endpoint("salesentry/SalesEntries")
    budget().check_endpoint("crm/Accounts")
    clock.moment = raised.value.not_before
    budget().check_endpoint("salesentry/SalesEntries")


# --- against the simulator's own limits


def test_a_429_closes_the_budget_until_its_reset(stage: Stage):
    stage.fault(kind="too_many_requests", delay_s=50, times=1)
    connector = connect(stage.configuration)

    with pytest.raises(LaterError) as raised:
        connector.administrations()
    made = _calls(stage)
    with pytest.raises(LaterError) as again:
        connect(stage.configuration).administrations()

    assert raised.value.not_before == pytest.approx(again.value.not_before, abs=timedelta(seconds=2))
    assert _calls(stage) == made, "the second try went out although the budget was closed"
    later = again.value.not_before + timedelta(seconds=1)
    assert connect(stage.configuration, now=lambda: later).administrations()


def test_refused_calls_stop_before_the_package_blocks_the_key(stage: Stage):
    sheet = catalogue.fact_sheet("exact_online")
    connector = connect(stage.configuration)
    refused = 0
    for _ in range(20):
        try:
            list(connector._client.read_all("crm/NoSuchThing", ["ID"]))  # type: ignore[attr-defined]
        except RefusedError:
            refused += 1
        except LaterError:
            break

    assert refused == sheet.limits.errors_per_hour < 10
    assert connector.administrations(), "the package has not blocked the key"


def _calls(stage: Stage) -> int:
    journal = httpx.get(f"{stage.simulator.url}/_simulator/requests").json()["requests"]
    return sum(call["path"].startswith("/api/v1") for call in journal)


PLENTIFUL = (Limit("minute", 600, 60),)


def test_lots_that_two_workers_hold_never_make_more_calls_than_allowed(
    budget: Callable[..., SharedBudget], clock: StandingClock
):
    first, second = budget(limits=PLENTIFUL), budget(limits=PLENTIFUL)
    made: list[datetime] = []
    for step in range(300):
        clock.moment = START + timedelta(seconds=step * 0.7)
        made += [clock.moment] * (taken(first, 7) + taken(second, 5))

    assert made == sorted(made)
    for moment in made:
        assert bisect_right(made, moment) - bisect_right(made, moment - timedelta(seconds=60)) <= 600


def test_where_plenty_is_left_few_calls_ask_the_database(budget: Callable[..., SharedBudget]):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    plentiful = budget(limits=(Limit("minute", 100_000, 60),))
    with CaptureQueriesContext(connection) as asked:
        assert taken(plentiful, 200) == 200
        plentiful.check_endpoint("x")
        plentiful.check_endpoint("x")
    assert len(asked) <= 12


def test_what_a_lot_holds_is_void_once_the_package_closes(budget: Callable[..., SharedBudget], clock: StandingClock):
    plentiful = budget(limits=PLENTIFUL)
    assert taken(plentiful, 1) == 1
    plentiful.learn(LimitSeen("minute", 600, 0, START + timedelta(seconds=40)))
    assert taken(plentiful, 5) == 0
    clock.moment = START + timedelta(seconds=41)
    assert taken(plentiful, 1) == 1


def test_a_lot_is_good_for_a_second_only(budget: Callable[..., SharedBudget], clock: StandingClock):
    plentiful = budget(limits=PLENTIFUL)
    assert taken(plentiful, 1) == 1
    counted = CallBudget.objects.get(administration="1").state
    clock.moment = START + timedelta(seconds=2)
    assert taken(plentiful, 1) == 1
    assert CallBudget.objects.get(administration="1").state != counted


def test_with_several_calls_under_way_fewer_errors_stop_us(stage: Stage, clock: StandingClock):
    """Each of those under way may fail too: the package's own limit must hold for all of them together."""
    several = SharedBudget(stage.configuration.authorisation, "1", MINUTE_AND_DAY, GUARD, clock, calls_at_once=4)
    for _ in range(4):
        several.check_endpoint("x")
        several.count_error("x")
    several.check_endpoint("x")
    several.count_error("x")
    with pytest.raises(LaterError):
        several.check_endpoint("x")


# --- planned


def test_a_long_run_leaves_calls_to_a_short_one_of_another_configuration(stage: Stage, clock: StandingClock):
    def budget(kept_free: float) -> SharedBudget:
        account = stage.configuration.authorisation
        return SharedBudget(account, "1", MINUTE_AND_DAY, None, clock, kept_free=kept_free)

    assert taken(budget(KEPT_FREE), 100) == 57
    assert taken(budget(0), 100) == 3
    clock.moment += timedelta(seconds=62)
    assert taken(budget(KEPT_FREE), 100) == 57


def test_a_brief_wait_is_sat_out_and_a_long_one_is_not(stage: Stage, clock: StandingClock):
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        clock.moment += timedelta(seconds=seconds)

    second, minute = Limit("minute", 5, 1), Limit("minute", 5, 60)
    account = stage.configuration.authorisation
    brief = SharedBudget(account, "brief", (second,), None, clock, pause=pause)
    long = SharedBudget(account, "long", (minute,), None, clock, pause=pause)

    assert taken(brief, 12) == 12
    assert len(waited) == 2
    assert max(waited) <= 1.1
    assert taken(long, 12) == 5
    assert len(waited) == 2, "a wait of a minute held up a thread"


def test_the_time_that_is_needed_counts_what_is_used_up(stage: Stage):
    account = stage.configuration.authorisation
    budget = SharedBudget(account, "1", MINUTE_AND_DAY, None)

    assert time_needed(account, "1", MINUTE_AND_DAY, 60) == timedelta()
    taken(budget, 60)
    assert time_needed(account, "1", MINUTE_AND_DAY, 60) == timedelta(minutes=1)
    budget.learn(LimitSeen("minute", 20))
    assert time_needed(account, "1", MINUTE_AND_DAY, 60) == timedelta(minutes=3)
