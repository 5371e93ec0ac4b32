"""All synchronisations together: for ever (`Agent.run`), or once (`Agent.once`)."""

import math
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from bookbridge_agent import configuration
from bookbridge_agent.box import Box
from bookbridge_agent.configuration import Configuration, Synchronisation
from bookbridge_agent.home import Home
from bookbridge_agent.journal import Journal
from bookbridge_agent.messages import AgentError
from bookbridge_agent.signs_of_life import SignsOfLife
from bookbridge_agent.vault import Vault
from bookbridge_agent.working import Work

LOOK_AT_CONFIGURATION_EVERY_S = 2.0
TELL_EVERY_S = 20.0
LONGEST_ONCE_S = 90.0
"""A file that is still growing after so long is left for the next time."""
_ENDING_S = 3.0
_DAY_S = 86400.0


class Agent:
    """Needs the home's lock (`Home.alone`)."""

    def __init__(self, home: Home, vault: Vault, clock: Callable[[], float] = time.monotonic) -> None:
        self._home = home
        self._vault = vault
        self._clock = clock
        self.journal = Journal(home.journal)
        self._configuration = configuration.load(home)
        if not home.configuration.exists():
            # The installation's id must be the same tomorrow.
            configuration.save(home, self._configuration)
        self._note_what_is_not_at_work()
        self._signs = SignsOfLife(self._configuration.installation, clock)
        self._works: dict[str, Work] = {}
        self._ending: dict[str, Work] = {}
        """Stopped, and still in a call. What follows them waits: it may send the same files elsewhere."""

    def _note_what_is_not_at_work(self) -> None:
        """One that was killed could not say so."""
        for each in self._configuration.synchronisations:
            told = self.journal.state(each.id)
            if told.get("at_work"):
                self.journal.keep_state(each.id, {**told, "at_work": False})

    def run(self, stop: threading.Event, say: Callable[[str], None]) -> None:
        """Until `stop` is set. A configuration that changes is followed; one that is damaged is not."""
        threading.Thread(target=self._keep_telling, args=(stop,), name="signs of life", daemon=True).start()
        seen: object = None
        forgotten_at = -_DAY_S
        while not stop.is_set():
            there = self._stamp()
            if there != seen or self._ending:
                seen = there
                self._follow(say)
            if self._clock() - forgotten_at > _DAY_S:
                forgotten_at = self._clock()
                self.journal.forget_before(datetime.now(UTC), self._configuration.settings.keep_activity_days)
            stop.wait(LOOK_AT_CONFIGURATION_EVERY_S)
        self.close()

    def _keep_telling(self, stop: threading.Event) -> None:
        while not stop.wait(TELL_EVERY_S):
            for work in list(self._works.values()):
                work.tell_if_silent()

    def once(self) -> list[Work]:
        """Look, send and fetch until nothing is left that waiting would help; the works, with their states."""
        works = [self._work(each) for each in self._active()]
        pause, until = threading.Event(), self._clock() + LONGEST_ONCE_S
        for work in works:
            work.taker.look()
        while any(work.taker.is_waiting_for_a_file() for work in works) and self._clock() < until:
            waits = [wait for work in works if (wait := work.taker.seconds_until_next()) is not None]
            pause.wait(min(waits, default=0))
            for work in works:
                work.taker.look()
        for work in works:
            while work.round(longest_s=math.inf) and self._clock() < until:
                wait = work.seconds_until_sure()
                if wait is None:
                    break
                pause.wait(wait)
        self.journal.close()
        return works

    def close(self) -> None:
        for work in self._works.values():
            work.stop.set()
        for work in self._works.values():
            work.end(_ENDING_S)
        self._works.clear()
        self.journal.close()

    def _stamp(self) -> tuple[int, int] | None:
        try:
            status = self._home.configuration.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino

    def _follow(self, say: Callable[[str], None]) -> None:
        before = self._configuration.settings
        try:
            self._configuration = configuration.load(self._home)
        except AgentError as fault:
            say(str(fault))
            return
        begins_anew = not before.work_alike(self._configuration.settings)
        wanted = {each.id: each for each in self._active()}
        for id_, work in list(self._works.items()):
            if begins_anew or wanted.get(id_) != work.of:
                self._ending[id_] = self._works.pop(id_)
        self._ending = {id_: work for id_, work in self._ending.items() if not work.end(_ENDING_S)}
        for id_, each in wanted.items():
            if id_ not in self._works and id_ not in self._ending:
                self._works[id_] = self._work(each)
                self._works[id_].start()
                say(f"{each.name}: {each.source}")

    def _active(self) -> list[Synchronisation]:
        return [each for each in self._configuration.synchronisations if each.is_active]

    def _work(self, of: Synchronisation) -> Work:
        settings = self._configuration.settings
        return Work(
            of,
            settings=settings,
            open_box=lambda: open_box(of, self._vault, self._configuration),
            journal=self.journal,
            signs=self._signs,
            clock=self._clock,
        )


def open_box(of: Synchronisation, vault: Vault, configuration: Configuration) -> Box:
    """Raises AgentError when there is no secret."""
    secret = vault.get(of.id)
    if not secret:
        raise AgentError("no_secret")
    return Box(of, secret, configuration.settings.proxy)
