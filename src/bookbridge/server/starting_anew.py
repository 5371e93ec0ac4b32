"""A worker that lost its session starts anew in place: nothing of what it had under way may go on."""

import itertools
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import psycopg
import structlog
from django.db import DatabaseError
from procrastinate.exceptions import ConnectorException

from bookbridge.server.postgres_places import EmbeddedPostgresError

AGAIN = "--again"
EXIT_SESSION_LOST = 70
_LONGEST_CONNECT_S = 5
_PAUSE_S = 1.0
_TELL_EVERY = 12
_log = structlog.get_logger("bookbridge.worker")


class StartAnew:
    """Replaces this process by the same command, as it was called and in the environment it was called in.

    Every thread and every line of the process is gone with it; its id stays, so that whoever watches over it goes on
    doing so. A worker that was asked to stop ends instead.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._folder = Path.cwd()
        self.is_stopping = False

    def __call__(self) -> NoReturn:
        if self.is_stopping:
            os._exit(EXIT_SESSION_LOST)
        # An alarm would outlive the replacement, and end it.
        signal.setitimer(signal.ITIMER_REAL, 0)
        words = [sys.executable, *sys.orig_argv[1:], *([] if AGAIN in sys.orig_argv else [AGAIN])]
        try:
            os.chdir(self._folder)
            os.execve(sys.executable, words, self._environment)  # noqa: S606 (this very program)
        except OSError:
            os._exit(EXIT_SESSION_LOST)


def wait_for_database(url: str) -> None:
    """Until the database answers, however long it takes."""
    for tries in itertools.count():
        try:
            with psycopg.connect(url, connect_timeout=_LONGEST_CONNECT_S):
                return
        except psycopg.OperationalError as error:
            if tries % _TELL_EVERY == 0:
                _log.warning("waiting_for_database", reason=type(error).__name__)
            time.sleep(_PAUSE_S)


@contextmanager
def starting_anew_when_it_fails(start_anew: StartAnew, again: bool) -> Iterator[None]:
    """A start that follows on a lost session is tried until it succeeds: nobody is there to look why it failed."""
    try:
        yield
    except (psycopg.Error, DatabaseError, EmbeddedPostgresError, SystemExit) as error:
        if not again:
            raise
        _log.warning("start_failed", reason=type(error).__name__)
        time.sleep(_PAUSE_S)
        start_anew()


@contextmanager
def starting_anew_when_the_queue_is_lost(start_anew: StartAnew) -> Iterator[None]:
    """PostgreSQL may be gone at the moment at which the worker registers with its queue, before the heart notices."""
    try:
        yield
    except ConnectorException as error:
        _log.error("queue_lost", reason=type(error.__cause__).__name__)
        time.sleep(_PAUSE_S)
        start_anew()
