"""The arithmetic of call budgets, against its two promises: never too many calls, and never blocked for ever."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bookbridge.integrations.budget_state import BudgetState
from bookbridge.kit.budgets import Limit

START = 1_790_000_000.0
LIMITS = some.builds(
    Limit,
    name=some.sampled_from(["minute", "day"]),
    calls=some.integers(1, 7),
    seconds=some.sampled_from([60, 600, 3600, 86400]),
)
SOME_LIMITS = some.lists(LIMITS, min_size=1, max_size=2, unique_by=lambda limit: limit.name).map(tuple)
STEPS = some.lists(
    some.one_of(some.floats(0, 5), some.floats(0, 90), some.floats(0, 100_000), some.just(1e-6)), max_size=80
)


def stored(state: BudgetState) -> BudgetState:
    """Through the JSON of its row and back."""
    return BudgetState.read(json.loads(json.dumps(state.written())))


@given(limits=SOME_LIMITS, steps=STEPS)
def test_never_more_calls_than_allowed_in_any_window(limits: tuple[Limit, ...], steps: list[float]):
    state, now, made = BudgetState(), START, []
    for step in steps:
        now += step
        if state.take(limits, now) is None:
            made.append(now)
        state = stored(state)

    for limit in limits:
        for first, one_too_many in zip(made, made[limit.calls :], strict=False):
            assert one_too_many - first >= limit.seconds


@given(limits=SOME_LIMITS, steps=STEPS)
def test_a_call_can_be_made_at_the_moment_that_was_named(limits: tuple[Limit, ...], steps: list[float]):
    state, now = BudgetState(), START
    for step in steps:
        now += step
        waits = 0
        while (free_at := state.take(limits, now)) is not None:
            assert now < free_at <= now + max(limit.seconds for limit in limits) * 61 / 60
            now, waits = free_at, waits + 1
            assert waits <= len(limits)
        state = stored(state)


@given(limits=SOME_LIMITS, steps=STEPS, costs=some.lists(some.integers(1, 4), min_size=81, max_size=81))
def test_dear_calls_never_cost_more_than_a_window_holds(
    limits: tuple[Limit, ...], steps: list[float], costs: list[int]
):
    """But for one that costs more than a whole window: it is made alone."""
    state, now, made = BudgetState(), START, []
    for step, cost in zip(steps, costs, strict=False):
        now += step
        if state.take(limits, now, cost, needed=cost) is None:
            made.append((now, cost))
        state = stored(state)

    for limit in limits:
        for number, (first, _) in enumerate(made):
            window = [cost for moment, cost in made[number:] if moment - first < limit.seconds]
            assert sum(window) <= limit.calls or len(window) == 1


@given(limits=SOME_LIMITS, steps=STEPS, cost=some.integers(1, 9))
def test_a_dear_call_can_be_made_at_the_moment_that_was_named(limits: tuple[Limit, ...], steps: list[float], cost: int):
    state, now = BudgetState(), START
    for step in steps:
        now += step
        waits = 0
        while (free_at := state.take(limits, now, cost, needed=cost)) is not None:
            assert now < free_at <= now + max(limit.seconds for limit in limits) * 61 / 60
            now, waits = free_at, waits + 1
            assert waits <= len(limits)
        state = stored(state)


@pytest.mark.parametrize(("calls", "kept"), [(5000, 250), (60, 3), (10, 1), (9, 0), (1, 0)])
def test_a_long_run_leaves_some_calls_to_others(calls: int, kept: int):
    limits = (Limit("minute", calls, 60),)
    state = BudgetState()

    while state.take(limits, START, kept_free=0.05) is None:
        pass
    left = 0
    while state.take(limits, START) is None:
        left += 1

    assert left == kept
    assert state.left(limits, START, kept_free=0.05) <= 0


@given(calls=some.integers(-5, 3), known=some.integers(1, 5))
def test_whatever_number_a_package_tells_a_call_gets_through(calls: int, known: int):
    limits = (Limit("minute", known, 60),)
    state = BudgetState(limits={"minute": calls})

    made = [moment for moment in range(600) if state.take(limits, START + moment) is None]

    # A refused budget makes no call, and without a call no better number is ever heard.
    assert len(made) >= 9


def test_a_burst_and_then_the_rest_a_minute_later():
    limits = (Limit("minute", 60, 60), Limit("day", 5000, 86400))
    state = BudgetState()

    assert [state.take(limits, START) for _ in range(60)] == [None] * 60
    free_at = state.take(limits, START)

    assert free_at is not None
    assert START + 60 <= free_at <= START + 61
    assert state.take(limits, free_at) is None


def test_a_call_that_is_turned_away_is_not_counted():
    limits = (Limit("minute", 2, 60), Limit("day", 3, 86400))
    state = BudgetState()
    for _ in range(10):
        state.take(limits, START)

    free_at = state.take(limits, START)
    assert free_at is not None
    assert state.take(limits, free_at) is None, "the third call of the day"
    assert state.take(limits, free_at + 3600) is not None


def test_the_state_of_a_busy_day_stays_small():
    limits = (Limit("minute", 60, 60), Limit("day", 5000, 86400))
    guard = Limit("errors", 8, 3600)
    state, now = BudgetState(), START
    for _ in range(3000):
        now += 30
        state.take(limits, now)
        state.count_error("crm/Accounts", guard, now)

    assert len(json.dumps(state.written())) < 10_000


@pytest.mark.parametrize(("resets_in", "closed_for"), [(30, 30), (-10, 0), (10**9, 86400)])
def test_a_closed_budget_opens_again_even_when_the_package_names_a_mad_moment(resets_in: int, closed_for: int):
    limits = (Limit("minute", 60, 60),)
    state = BudgetState()
    state.close(START + resets_in, START, 86400)

    free_at = state.take(limits, START)

    if closed_for:
        assert free_at == START + closed_for
        assert state.take(limits, free_at) is None
    else:
        assert free_at is None


def test_closing_for_a_shorter_time_does_not_open_earlier():
    state = BudgetState()
    state.close(START + 3600, START, 86400)
    state.close(START + 10, START, 86400)

    assert state.take((), START + 20) == START + 3600


@given(gaps=some.lists(some.floats(0, 2000), max_size=40))
def test_the_guard_never_lets_a_ninth_error_into_an_hour(gaps: list[float]):
    guard = Limit("errors", 8, 3600)
    state, now, errors = BudgetState(), START, []
    for gap in gaps:
        now += gap
        free_at = state.endpoint_free_at("salesentry/SalesEntries", guard, now)
        if free_at is None:
            state.count_error("salesentry/SalesEntries", guard, now)
            errors.append(now)
        else:
            assert now < free_at <= now + 3601
            assert state.endpoint_free_at("salesentry/SalesEntries", guard, free_at) is None
        state = stored(state)

    for first, ninth in zip(errors, errors[8:], strict=False):
        assert ninth - first >= 3600


def test_each_endpoint_has_a_guard_of_its_own():
    guard = Limit("errors", 1, 3600)
    state = BudgetState()
    state.count_error("crm/Accounts", guard, START)

    assert state.endpoint_free_at("crm/Accounts", guard, START) == START + 3600
    assert state.endpoint_free_at("salesentry/SalesEntries", guard, START) is None


def test_a_clock_that_was_days_ahead_for_a_while_blocks_nothing_once_it_is_right():
    limits = (Limit("minute", 3, 60),)
    guard = Limit("errors", 2, 3600)
    ahead = START + 3 * 86400
    state = BudgetState()
    for _ in range(3):
        assert state.take(limits, ahead) is None
        state.count_error("Accounts", guard, ahead)
    state.close(ahead + 50, ahead, 60)
    assert state.take(limits, ahead) is not None

    state = stored(state)
    assert state.take(limits, START) is None
    assert state.endpoint_free_at("Accounts", guard, START) is None


def test_what_another_worker_counted_by_a_clock_slightly_ahead_still_counts():
    limits = (Limit("minute", 3, 60),)
    state = BudgetState()
    for _ in range(3):
        assert state.take(limits, START + 5) is None
    assert state.take(limits, START) is not None
