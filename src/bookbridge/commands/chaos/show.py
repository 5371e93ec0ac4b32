"""The run itself: feeds documents, begins each event at its mark, ends it when its time is over, until all is done."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx  # house: allow outgoing (the control pages of a simulator that it starts itself)
from django.db import DatabaseError, InterfaceError

from bookbridge.commands.chaos.documents import ENTRIES
from bookbridge.commands.chaos.events import DEEDS, LONGEST_FAULT_S, Deed, Site
from bookbridge.commands.chaos.installation import NotNowError
from bookbridge.commands.chaos.plan import Plan, Planned
from bookbridge.commands.chaos.watching import Facts, Held, Recoveries, Tables, Told
from bookbridge.commands.processes import ChildFailedError
from bookbridge.kit.errors import PackageError

_TICK_S = 0.1
_WAIT_FOR_WORK_IN_HAND_S = 3.0
_LARGEST_PORTION = 40
"""Documents are dropped in portions, so that each event meets work under way, however fast the work is."""
_PORTIONS = 30
_OFFERS_AT_THE_END = 5
"""A fault may have refused documents; a person would offer them again."""


@dataclass
class _Running:
    told: Told
    deed: Deed
    begun: Any
    ends_at: float


@dataclass
class Show:
    site: Site
    plan: Plan
    tables: Tables
    deadline: float
    started: float = field(default_factory=time.monotonic)
    told: list[Told] = field(default_factory=list)
    hours_passed: int = 0
    """How often the package's error guard held something up for its hour."""
    signed_in_again: int = 0
    """How often a person had to, where no event of the plan asked for it."""

    def __post_init__(self) -> None:
        self._coming = list(self.plan.events)
        self._running: list[_Running] = []
        self._recoveries = Recoveries(self.tables)
        self._first_tried: dict[int, float] = {}
        self._fed = 0
        self._portion = max(2, min(_LARGEST_PORTION, self.plan.documents // _PORTIONS))
        self._chance = Random(self.plan.seed)  # noqa: S311 - repeatable on purpose, nothing secret.

    def play(self) -> None:
        """Until every event is over, every file taken in, every run ended and every refusal offered again."""
        try:
            self._until(self._all_is_done)
            for _ in range(_OFFERS_AT_THE_END):
                self._until(self._everything_is_offered)
                self._until(self._all_is_done)
                if not self._look().refused:
                    return
        finally:
            for running in self._running:
                with suppress(NotNowError, httpx.HTTPError, PackageError, OSError):
                    running.deed.end(self.site, running.begun, running.told.details)

    def _until(self, true: Callable[[], bool]) -> None:
        while not true():
            if time.monotonic() > self.deadline:
                raise ChildFailedError(self._out_of_time())
            time.sleep(_TICK_S)
            self._tick()

    def _look(self) -> Facts:
        while True:
            with suppress(NotNowError):
                return self.tables.look()
            self._until(lambda: True)

    # --- one tick

    def _tick(self) -> None:
        self.site.workers.replace_ended()
        for running in [one for one in self._running if self._is_over(one)]:
            self._end(running)
        with suppress(NotNowError):
            facts = self.tables.look()
            self._recoveries.see(facts, is_idle=not facts.is_open and self.site.inbox.is_empty())
            self._begin_due(facts)
            self._feed(facts)
            self._sign_in_when_asked(facts)
            self.hours_passed += self.tables.let_the_hour_pass()

    def _sign_in_when_asked(self, facts: Facts) -> None:
        """A worker that was killed between a refresh and its answer has lost the tokens: only a person can help."""
        is_revoked = any(running.told.event == "tokens-revoked" for running in self._running)
        if not facts.is_signed_in and not is_revoked and _done(self.site.stage.sign_in_again)[0]:
            self.signed_in_again += 1

    def _is_over(self, running: _Running) -> bool:
        if time.monotonic() >= running.ends_at:
            return True
        if "rule" not in running.told.details:
            return False
        try:
            return self.site.package.fault_is_used_up()
        except httpx.HTTPError:
            return False

    def _end(self, running: _Running) -> None:
        told, deed = running.told, running.deed
        if not _done(lambda: deed.end(self.site, running.begun, told.details))[0]:
            return
        self._running.remove(running)
        told.ended_s = time.monotonic() - self.started
        if deed.is_harm and not deed.from_begin:
            if not deed.needs.startswith("worker"):
                self._recoveries.something_else_was_broken()
            self._recoveries.expect(told, Held())

    def _begin_due(self, facts: Facts) -> None:
        for planned in [one for one in self._coming if one.mark <= facts.sent]:
            if not self._is_busy(planned) and self._begin(planned):
                self._coming.remove(planned)

    def _is_busy(self, planned: Planned) -> bool:
        """Whether what it needs is broken already; it waits for its turn then."""
        place = DEEDS[planned.event].place(planned.with_)
        return any(one.deed.place(one.told.details) == place for one in self._running)

    def _begin(self, planned: Planned) -> bool:
        deed = DEEDS[planned.event]
        held = Held()
        if deed.from_begin:
            held = self.tables.held_by(self.site.workers.child(planned.with_["worker"]).process.pid)
            if held == Held() and self._may_wait(planned):
                return False
        if deed.needs == "storage" and deed.is_harm:
            # It must meet a file that is on its way.
            self._drop_portion() if self._fed < len(self.site.delivery.entries) else self._everything_is_offered()
        done, begun = _done(lambda: deed.begin(self.site, planned.with_))
        if not done:
            return False
        now = time.monotonic()
        told = Told(planned.mark, planned.event, planned.with_, now - self.started)
        self.told.append(told)
        if deed.from_begin:
            if self._nobody_could_take_over_from(planned.with_["worker"]):
                self._recoveries.something_else_was_broken()
            self._recoveries.expect(told, held)
        seconds = planned.with_.get("seconds", LONGEST_FAULT_S if "rule" in planned.with_ else 0)
        self._running.append(_Running(told, deed, begun, now + seconds))
        if not seconds:
            self._end(self._running[-1])
        return True

    def _nobody_could_take_over_from(self, worker: int) -> bool:
        """Whether all other workers are starting or stopped at this moment."""
        broken = {one.deed.place(one.told.details) for one in self._running}
        others = [place for place in range(self.plan.workers) if place != worker]
        return not any(self.site.workers.is_ready(place) and f"worker {place}" not in broken for place in others)

    def _may_wait(self, planned: Planned) -> bool:
        """For a moment: who has nothing in hand leaves nothing behind."""
        first_tried = self._first_tried.setdefault(id(planned), time.monotonic())
        return time.monotonic() - first_tried < _WAIT_FOR_WORK_IN_HAND_S

    # --- files

    def _feed(self, facts: Facts) -> None:
        """The next portion, when the work would run dry and no event is due that must meet some."""
        due = [one for one in self._coming if one.mark <= facts.sent]
        waiting = [one for one in due if not (self._is_busy(one) and DEEDS[one.event].needs.startswith("worker"))]
        is_fed = self._fed >= len(self.site.delivery.entries)
        if not is_fed and self._fed_ahead_of(facts) <= self._portion and not (waiting and facts.is_open):
            self._drop_portion()

    def _drop_portion(self) -> None:
        entries = self.site.delivery.entries
        files = {} if self._fed else dict(self.site.delivery.relations)
        portion = entries[self._fed : self._fed + self._portion]
        files[f"portion-{self._fed // self._portion}/{ENTRIES}"] = b"".join(portion)
        with suppress(NotNowError):
            self.site.inbox.drop(files, self._chance)
            self._fed += len(portion)

    def _fed_ahead_of(self, facts: Facts) -> int:
        relations = self.site.delivery.document_count - len(self.site.delivery.entries)
        return (self._fed + relations if self._fed else 0) - facts.sent

    def _everything_is_offered(self) -> bool:
        return _done(lambda: self.site.inbox.drop(self.site.delivery.files, self._chance))[0]

    def _all_is_done(self) -> bool:
        if self._coming or self._running or self._fed < len(self.site.delivery.entries):
            return False
        try:
            return self.site.inbox.is_empty() and not self.tables.look().is_open
        except NotNowError:
            return False

    def _out_of_time(self) -> str:
        coming = ", ".join(f"{planned} at {planned.mark}" for planned in self._coming[:5])
        running = ", ".join(running.told.event for running in self._running)
        return (
            f"not done in time; still to come: {coming or 'nothing'}; under way: {running or 'nothing'}; "
            f"not recovered: {', '.join(self._recoveries.waiting_for) or 'nothing'}\n"
            f"{self._stuck()}\n{self.site.workers.log_ends()}"
        )

    def _stuck(self) -> str:
        try:
            return self.tables.stuck()
        except NotNowError as error:
            return str(error)


def _done(act: Callable[[], Any]) -> tuple[bool, Any]:
    """Whether it could be done now, and what it gave; something else may be broken at the same time."""
    try:
        return True, act()
    except (NotNowError, httpx.HTTPError, PackageError, DatabaseError, InterfaceError):
        return False, None
