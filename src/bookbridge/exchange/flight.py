"""Calls to a package that are under way at the same time, and the one thread that alone asks the database.

Each place is a thread with a connector of its own. What a connector needs of the database (a token, a call of the
budget, an id) it asks of the thread that owns the flight, so that no place has a line to the database and everything
a run writes goes down one line, in order.
"""

import contextvars
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from bookbridge.kit.contract import Connector

T = TypeVar("T")


def most_at_stake(places: int) -> int:
    """How many calls of a run are begun and not concluded at most: one in each place, and one that waits for every two.

    So many have to be looked up when a worker dies.
    """
    return places + (places + 1) // 2


class Desk:
    """Where the threads of a flight have the database asked. In the thread that made it, it is asked at once."""

    def __init__(self) -> None:
        self._owner = threading.get_ident()
        self.events: SimpleQueue[Any] = SimpleQueue()

    def ask(self, act: Callable[[], T]) -> T:
        """The result of `act`, done in the owner's thread; what it raises is raised here."""
        if threading.get_ident() == self._owner:
            return act()
        asked: Future[T] = Future()
        self.events.put(_Errand(act, asked))
        return asked.result()


@dataclass(frozen=True)
class _Errand:
    act: Callable[[], Any]
    result: "Future[Any]"

    def do(self) -> None:
        try:
            self.result.set_result(self.act())
        except BaseException as error:
            self.result.set_exception(error)


@dataclass(frozen=True)
class Landed:
    """A call that has come to its end: under the name it was begun with, what it gave or raised."""

    name: Any
    given: Any = None
    error: BaseException | None = None


class Flight:
    """At most as many calls at the same time as there are connectors, and a few that wait for the next free place.

    Who waits is called without the owner: no place stands idle while the answer to its last call is written down.
    """

    def __init__(self, connectors: Sequence[Connector], desk: Desk) -> None:
        self._waiting = list(connectors)
        """Connectors whose thread hasn't been needed yet."""
        self._desk = desk
        self._calls: SimpleQueue[tuple[Any, Callable[[Connector], Any]] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._most = most_at_stake(len(connectors))
        self.under_way = 0
        """Calls that have been begun and haven't landed."""

    @property
    def free(self) -> int:
        """How many calls may be begun."""
        return self._most - self.under_way

    def begin(self, name: Any, call: Callable[[Connector], Any]) -> None:
        """Have a call made in the next free place; it lands under this name."""
        self.under_way += 1
        if self._waiting and self.under_way > len(self._threads):
            context = contextvars.copy_context()
            connector = self._waiting.pop()
            thread = threading.Thread(target=context.run, args=(self._serve, connector), name="package call")
            thread.daemon = True
            thread.start()
            self._threads.append(thread)
        self._calls.put((name, call))

    def wait(self) -> list[Landed]:
        """Everything that has landed, at least one call. Does meanwhile what the threads ask of the database."""
        landed: list[Landed] = []
        while not landed:
            self._take(self._desk.events.get(), landed)
            try:
                while True:
                    self._take(self._desk.events.get_nowait(), landed)
            except Empty:
                continue
        self.under_way -= len(landed)
        return landed

    def withdraw(self) -> list[Any]:
        """The names of the calls that were begun and that no place has taken up. They will not be made."""
        withdrawn: list[Any] = []
        with suppress(Empty):
            while (asked := self._calls.get_nowait()) is not None:
                withdrawn.append(asked[0])
        self.under_way -= len(withdrawn)
        return withdrawn

    def close(self) -> None:
        """End the threads. What is still under way is waited for, and its answer lost."""
        while self.under_way:
            self.wait()
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads:
            thread.join()

    def _take(self, event: "_Errand | Landed", landed: list[Landed]) -> None:
        if isinstance(event, _Errand):
            event.do()
        else:
            landed.append(event)

    def _serve(self, connector: Connector) -> None:
        while (asked := self._calls.get()) is not None:
            name, call = asked
            try:
                self._desk.events.put(Landed(name, call(connector)))
            except BaseException as error:
                self._desk.events.put(Landed(name, error=error))
