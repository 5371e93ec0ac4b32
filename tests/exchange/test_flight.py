"""Threads that call, and the one that asks the database for them."""

import threading
from typing import Any

import pytest

from bookbridge.exchange.flight import Desk, Flight

LONGEST_S = 20


def flight_of(places: int) -> tuple[Flight, Desk]:
    desk = Desk()
    connectors: list[Any] = [object() for _ in range(places)]
    return Flight(connectors, desk), desk


def test_calls_land_under_their_names_with_what_they_gave_or_raised():
    flight, _ = flight_of(2)

    def fail(_connector: Any) -> None:
        raise KeyError("no")

    flight.begin("good", lambda _connector: 1)
    flight.begin("bad", fail)
    landed = {}
    while flight.under_way:
        landed |= {each.name: each for each in flight.wait()}
    flight.close()
    assert landed["good"].given == 1
    assert isinstance(landed["bad"].error, KeyError)


def test_each_place_has_a_connector_of_its_own_and_a_free_place_is_used_again():
    flight, _ = flight_of(2)
    seen: list[int] = []
    for name in range(6):
        while not flight.free:
            flight.wait()
        flight.begin(name, lambda connector: seen.append(id(connector)))
    flight.close()
    assert len(seen) == 6
    assert len(set(seen)) <= 2


def test_what_a_call_needs_of_the_database_is_done_by_the_owner():
    flight, desk = flight_of(1)
    done_by: list[int] = []

    def errand() -> str:
        done_by.append(threading.get_ident())
        return "asked"

    flight.begin("call", lambda _connector: desk.ask(errand))
    [landed] = flight.wait()
    flight.close()
    assert landed.given == "asked"
    assert done_by == [threading.get_ident()]
    assert desk.ask(errand) == "asked", "the owner itself waits for nobody"


def test_what_an_errand_raises_is_raised_in_the_call():
    flight, desk = flight_of(1)

    def errand() -> None:
        raise ZeroDivisionError

    flight.begin("call", lambda _connector: desk.ask(errand))
    [landed] = flight.wait()
    flight.close()
    assert isinstance(landed.error, ZeroDivisionError)


def test_closing_serves_the_errands_of_what_is_still_under_way():
    flight, desk = flight_of(1)
    begun = threading.Event()

    def call(_connector: Any) -> int:
        begun.set()
        return desk.ask(lambda: 1)

    flight.begin("call", call)
    assert begun.wait(LONGEST_S)
    flight.close()
    assert flight.under_way == 0


def test_places_know_the_run_whose_call_they_make():
    import structlog

    flight, _ = flight_of(1)
    with structlog.contextvars.bound_contextvars(run=7):
        flight.begin("call", lambda _connector: structlog.contextvars.get_contextvars())
    [landed] = flight.wait()
    flight.close()
    assert landed.given == {"run": 7}


def test_who_waits_for_a_free_place_is_called_without_the_owner_and_can_be_taken_back():
    flight, _ = flight_of(1)
    taken, go_on = threading.Event(), threading.Event()
    made: list[str] = []

    def call(_connector: Any) -> bool:
        taken.set()
        return go_on.wait(LONGEST_S)

    flight.begin("first", call)
    flight.begin("second", lambda _connector: made.append("second"))
    assert flight.free == 0
    assert taken.wait(LONGEST_S)
    assert flight.withdraw() == ["second"]
    go_on.set()
    [landed] = flight.wait()
    assert (landed.name, landed.given, flight.under_way) == ("first", True, 0)

    flight.begin("third", lambda _connector: made.append("third"))
    flight.begin("fourth", lambda _connector: made.append("fourth"))
    flight.close()
    assert made == ["third", "fourth"]


@pytest.mark.parametrize("places", [1, 4])
def test_all_places_are_used_at_once(places: int):
    flight, _ = flight_of(places)
    all_there = threading.Barrier(places)
    for name in range(places):
        flight.begin(name, lambda _connector: all_there.wait(LONGEST_S))
    landed: list[Any] = []
    while flight.under_way:
        landed += flight.wait()
    flight.close()
    assert [each.error for each in landed] == [None] * places
