"""The work on one synchronisation: looking in one thread, sending and fetching in another.

Two, since a slow upload must not keep files from being taken: the ERP would overwrite them. None of it stops for
another's trouble, and none gives up.
"""

import random
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

# Documented, though not the usual way in: only here may each wait have a length of its own. See `_watcher`.
from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

from bookbridge_agent.box import Box
from bookbridge_agent.configuration import Settings, Synchronisation
from bookbridge_agent.fetching import NewestVersion, fetch, outputs
from bookbridge_agent.journal import Journal
from bookbridge_agent.messages import AgentError, message
from bookbridge_agent.sending import Sender
from bookbridge_agent.signs_of_life import SignsOfLife
from bookbridge_agent.state import State, moment
from bookbridge_agent.taking import Taker
from bookbridge_agent.versions import OWN, is_newer

LONGEST_PAUSE_S = 60.0
LONGEST_BATCH_S = 60.0
"""After so long with nothing but sending, outstanding items have their turn."""
_STEP_MS = 1000
"""How often the watcher's thread wakes up to see whether anything changed: twenty of them must cost nothing at rest."""
_STORAGE = "storage"
_JOURNAL = "journal"
_WAITING = "waiting"
_MISTAKE = "mistake "
_WATCHER = "watcher"
_TELLS_NOTHING = (OSError, WatchfilesRustInternalError)
_OUTPUT = "output "


def pause_after(failures: int, chance: float) -> float:
    """Seconds until the next try: longer with each failure up to a minute, and never the same for all agents."""
    return min(2.0 ** min(failures - 1, 10), LONGEST_PAUSE_S) * (0.5 + chance / 2)


class Work:
    """One synchronisation. `start` begins its threads, which end soon after `stop` is set."""

    def __init__(
        self,
        of: Synchronisation,
        *,
        settings: Settings,
        open_box: Callable[[], Box],
        journal: Journal,
        signs: SignsOfLife,
        clock: Callable[[], float],
    ) -> None:
        self.of = of
        self.state = State()
        self.stop = threading.Event()
        self._settings = settings
        self._open_box = open_box
        self._box: Box | None = None
        self._journal = journal
        self._signs = signs
        self._clock = clock
        self._wake = threading.Event()
        self.taker = Taker(
            of, settings=settings, journal=journal, state=self.state, clock=clock, on_taken=self._wake.set
        )
        self._sender = Sender(
            of, settings=settings, journal=journal, state=self.state, whole=self.taker.whole, clock=clock
        )
        self._fetch_at = clock()
        self._newest = NewestVersion(clock)
        self._threads: list[threading.Thread] = []
        signs.add(of, self.state)

    def start(self) -> None:
        for work, what in ((self._keep_looking, "look"), (self._keep_sending, "send")):
            thread = threading.Thread(target=work, name=f"{what} {self.of.name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def end(self, seconds: float) -> bool:
        """Have the threads end, and whether they have. One that hangs in a call may be left to the process's end."""
        self.stop.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(seconds)
        self._signs.remove(self.of)
        if any(thread.is_alive() for thread in self._threads):
            return False
        self._keep_state(at_work=False)
        return True

    def round(self, longest_s: float = LONGEST_BATCH_S) -> bool:
        """Send what waits, fetch what is due, tell that we live. False when the storage is in trouble."""
        try:
            box = self._opened()
            self._send(box, longest_s)
            if self._clock() >= self._fetch_at:
                self._fetch_all(box)
                self._ask_for_newer(box)
                self._fetch_at = self._clock() + self._settings.fetch_every_s
            self.state.clear_trouble(_STORAGE)
            self._signs.tell(box, self.of)
        except AgentError as fault:
            self._trouble(_STORAGE, fault)
            return False
        finally:
            self._look_at_journal()
            self._keep_state(at_work=True)
        return True

    def _keep_state(self, *, at_work: bool) -> None:
        self._journal.keep_state(self.of.id, {**self.state.told(), "at_work": at_work})

    def _look_at_journal(self) -> None:
        reason = self._journal.trouble
        if reason is None:
            self.state.clear_trouble(_JOURNAL)
        else:
            self.state.set_trouble(_JOURNAL, message("journal_failed", reason=reason))

    def tell_if_silent(self) -> None:
        """From another thread: a large file on a slow line must not look like an agent that is dead."""
        box = self._box
        if box is not None and self._signs.is_due(self.of):
            # What keeps it from being told keeps files from being sent too, and stands in the state by that.
            with suppress(AgentError):
                self._signs.tell(box, self.of)

    def seconds_until_sure(self) -> float | None:
        """Until it is known of one more waiting file that nobody writes in it; None when that is known of all."""
        return self._sender.seconds_until_next()

    def _send(self, box: Box, longest_s: float) -> None:
        until = self._clock() + longest_s
        try:
            self._sender.send_all(box, lambda: not self.stop.is_set() and self._clock() < until)
        except OSError as error:
            # The waiting files can't be reached; outstanding items may come all the same.
            self._trouble(_WAITING, AgentError.of_system(error, "source_unreadable", folder=self.of.source))
        else:
            self.state.clear_trouble(_WAITING)

    def _opened(self) -> Box:
        if self._box is None:
            self._box = self._open_box()
        return self._box

    def _fetch_all(self, box: Box) -> None:
        for name, target in outputs(self.of):
            about = _OUTPUT + name
            try:
                if fetch(box, self.of, name, target, self._journal):
                    self.state.last_fetched = moment(datetime.now(UTC))
            except AgentError as fault:
                if fault.message.code not in ("output_missing", "output_unwritable", "disk_full"):
                    raise
                self._trouble(about, fault)
            else:
                self.state.clear_trouble(about)

    def _ask_for_newer(self, box: Box) -> None:
        """It is told; nothing is replaced by itself."""
        self._newest.ask(box)
        newest = self._newest.known
        is_old = newest is not None and is_newer(newest)
        self.state.notice = message("old_version", newest=newest, version=OWN) if is_old else None

    def _trouble(self, about: str, fault: AgentError) -> None:
        if self.state.set_trouble(about, fault.message):
            self._journal.tell_trouble(self.of.id, fault.message)

    def _surviving(self, step: Callable[[], bool]) -> bool:
        """Whether a step went well. A mistake of ours is shown, and stops neither this thread nor another."""
        about = f"{_MISTAKE}{step.__name__}"
        try:
            went_well = step()
        except Exception as error:
            sys.stderr.write(traceback.format_exc())
            self._trouble(about, AgentError("mistake", reason=type(error).__name__))
            return False
        self.state.clear_trouble(about)
        return went_well

    def _keep_looking(self) -> None:
        watcher = None
        while not self.stop.is_set():
            self._surviving(self._look_and_tell)
            until_whole = self.taker.seconds_until_next()
            wait = self._settings.look_every_s if until_whole is None else min(until_whole, self._settings.look_every_s)
            watcher = self._wait_for_changes(watcher, wait)

    def _look_and_tell(self) -> bool:
        self.taker.look()
        self._keep_state(at_work=True)
        return True

    def _wait_for_changes(self, watcher: RustNotify | None, seconds: float) -> RustNotify | None:
        """Until something changes in the folder, or the time has passed: network folders tell nothing."""
        try:
            watcher = watcher or _watcher(self.of)
            longest_ms = max(int(seconds * 1000), 1)
            watcher.watch(_STEP_MS, min(_STEP_MS, longest_ms), longest_ms, self.stop)
        except Exception as error:
            # A folder that tells nothing, or a library that changed: looking by and by is enough.
            if not isinstance(error, _TELLS_NOTHING):
                self._trouble(_WATCHER, AgentError("mistake", reason=f"{_WATCHER}: {type(error).__name__}"))
            self.stop.wait(seconds)
            return None
        return watcher if self.of.source.is_dir() else None

    def _keep_sending(self) -> None:
        failures = 0
        while not self.stop.is_set():
            self._wake.clear()
            if self._surviving(self.round):
                failures = 0
                self._wake.wait(self._seconds_until_next_round())
            else:
                failures += 1
                self.stop.wait(pause_after(failures, random.random()))  # noqa: S311 (chance, and no secret)

    def _seconds_until_next_round(self) -> float:
        waits = [self._fetch_at - self._clock(), self._signs.LONGEST_SILENCE_S]
        unsure = self.seconds_until_sure()
        if unsure is not None:
            waits.append(unsure)
        elif self.state.waiting:
            # What is left of a long batch, or was refused by itself.
            waits.append(LONGEST_PAUSE_S if self.state.troubles() else 1.0)
        return max(min(waits), 0.0)


def _watcher(of: Synchronisation) -> RustNotify:
    return RustNotify([str(of.source)], False, False, 0, False, True)
