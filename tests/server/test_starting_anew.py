"""A worker whose queue is lost starts anew in place; what is our own mistake ends it."""

import psycopg
import pytest
from procrastinate.exceptions import ConnectorException

from bookbridge.server import starting_anew
from bookbridge.server.starting_anew import StartAnew, starting_anew_when_the_queue_is_lost


@pytest.fixture
def start_anew(monkeypatch: pytest.MonkeyPatch) -> StartAnew:
    """It says so instead of replacing the test's own process."""
    monkeypatch.setattr(starting_anew, "_PAUSE_S", 0)
    monkeypatch.setattr(StartAnew, "__call__", lambda self: (_ for _ in ()).throw(SystemExit("anew")))
    return StartAnew({})


def test_a_database_that_goes_while_the_worker_registers_starts_it_anew(start_anew: StartAnew) -> None:
    with pytest.raises(SystemExit, match="anew"), starting_anew_when_the_queue_is_lost(start_anew):
        raise ConnectorException from psycopg.OperationalError("server closed the connection unexpectedly")


def test_our_own_mistake_is_not_tried_again(start_anew: StartAnew) -> None:
    with pytest.raises(ZeroDivisionError), starting_anew_when_the_queue_is_lost(start_anew):
        raise ZeroDivisionError
