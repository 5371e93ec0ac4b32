"""How far the work is, as the tables say, and how long it takes to go forward again after something broke."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now

from bookbridge.commands.chaos.installation import NotNowError
from bookbridge.commands.staging import Stage
from bookbridge.exchange.models import Attempt, Line, Posting, Run, WorkerSession
from bookbridge.integrations.models import Authorisation, CallBudget
from bookbridge.organisations import trail_chain

_NOT_SOON = timedelta(minutes=5)
_NO_STEP_FORWARD = ("", "late", "abandoned")
T = TypeVar("T")


@dataclass(frozen=True)
class Facts:
    """What the tables say at one moment. `progress` differs whenever something was brought further."""

    sent: int
    progress: tuple[int, str]
    is_open: bool
    refused: int
    is_signed_in: bool


@dataclass(frozen=True)
class Held:
    """What one worker had in hand: runs by their claim, documents by their attempt."""

    claims: tuple[Any, ...] = ()
    attempts: tuple[Any, ...] = ()


class Tables:
    """The tables of the run's organisation. Every method raises NotNowError while the database can't be asked."""

    def __init__(self, stage: Stage) -> None:
        self._organisation = stage.configuration.organisation_id
        self._authorisation = stage.authorisation.pk
        self._an_hour_has_passed = False

    def look(self) -> Facts:
        return _asked(self._look)

    def _look(self) -> Facts:
        postings = Posting.objects.filter(organisation_id=self._organisation)
        attempts = Attempt.objects.filter(organisation_id=self._organisation, ended_at__isnull=False)
        runs = list(self._runs().order_by("pk").values_list("pk", "state", "counts"))
        ended_or_counted = [(pk, state == Run.State.ENDED, counts) for pk, state, counts in runs]
        return Facts(
            sent=postings.exclude(state=Posting.State.PENDING).count(),
            progress=(attempts.exclude(outcome__in=_NO_STEP_FORWARD).count(), repr(ended_or_counted)),
            is_open=any(state != Run.State.ENDED for _, state, _ in runs),
            refused=postings.filter(state=Posting.State.REFUSED).count(),
            is_signed_in=Authorisation.objects.filter(
                pk=self._authorisation, status=Authorisation.Status.ACTIVE
            ).exists(),
        )

    def _runs(self) -> Any:
        return Run.objects.filter(organisation_id=self._organisation, direction=Run.Direction.OUT)

    def held_by(self, process_id: int) -> Held:
        return _asked(lambda: self._held_by(process_id))

    def _held_by(self, process_id: int) -> Held:
        session = WorkerSession.objects.filter(pid=process_id).order_by("-started_at").first()
        if session is None:
            return Held()
        runs = Run.objects.filter(state=Run.State.WORKING, worker=session.pk)
        postings = Posting.objects.filter(state=Posting.State.SENDING, worker=session.pk)
        return Held(tuple(runs.values_list("claim", flat=True)), tuple(postings.values_list("attempt", flat=True)))

    def is_held(self, held: Held) -> bool:
        """Whether any of it is still in the hands it was in."""
        return _asked(
            lambda: (
                Run.objects.filter(state=Run.State.WORKING, claim__in=held.claims).exists()
                or Posting.objects.filter(state=Posting.State.SENDING, attempt__in=held.attempts).exists()
            )
        )

    def left_open(self) -> dict[str, int]:
        """What must be nothing at the end."""
        return _asked(
            lambda: {
                "runs_open": self._runs().exclude(state=Run.State.ENDED).count(),
                "lines_open": Line.objects.filter(
                    organisation_id=self._organisation, outcome=Line.Outcome.WAITING
                ).count(),
                "not_posted": Posting.objects.filter(organisation_id=self._organisation)
                .exclude(state=Posting.State.POSTED)
                .count(),
            }
        )

    def let_the_hour_pass(self) -> bool:
        """Have the hour be over in which a package counts the calls that it refused, when it holds something up.

        A token that expires while many calls are under way is refused to each of them, and a package blocks who is
        refused too often; so rightly we stop for that hour, and no run could wait for it.
        """
        return _asked(self._let_the_hour_pass)

    def _let_the_hour_pass(self) -> bool:
        soon = Now() + _NOT_SOON
        runs = self._runs().filter(state=Run.State.WAITING, resume_at__gt=soon)
        look_ups = Posting.objects.filter(organisation_id=self._organisation, look_up_at__gt=soon)
        rows = CallBudget.objects.filter(authorisation=self._authorisation)
        budgets = [row for row in rows if row.state.get("errors")]
        # An answer that was under way while an hour was let pass may still have been told to wait for it.
        if not (budgets or self._an_hour_has_passed) or not (runs.exists() or look_ups.exists()):
            return False
        self._an_hour_has_passed = True
        for row in budgets:
            CallBudget.objects.filter(pk=row.pk).update(state={**row.state, "errors": {}})
        look_ups.update(look_up_at=Now())
        runs.update(resume_at=Now())
        return True

    def stuck(self) -> str:
        """For a person: what is open, since when, and what it waits for."""
        return _asked(self._stuck)

    def _stuck(self) -> str:
        open_runs = self._runs().exclude(state=Run.State.ENDED).annotate(now=Now())
        told = [
            f"run {run.pk} is {run.state}, due in {(run.resume_at - run.now).total_seconds():.0f} s, waits for "
            f"{(run.waiting_for or {}).get('code')}, worker {run.worker}, {run.counts}"
            for run in open_runs
        ]
        unposted = Posting.objects.filter(organisation_id=self._organisation).exclude(state=Posting.State.POSTED)
        told += [
            f"{posting.kind} {posting.key} is {posting.state}, to be looked up at {posting.look_up_at}, "
            f"{posting.absences} absences, worker {posting.worker}"
            for posting in unposted[:10]
        ]
        account = Authorisation.objects.get(pk=self._authorisation)
        return "\n".join([*told, f"the account is {account.status} {account.status_reason}"])

    def trail_fault(self) -> str:
        """What the audit trail's chain has against it; empty when it is whole."""
        return _asked(lambda: str(trail_chain.verify(self._organisation).fault or ""))

    def reconciliations(self) -> list[tuple[int, list[dict[str, Any]]]]:
        return _asked(lambda: list(self._runs().values_list("pk", "reconciliation")))


def _asked(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except (DatabaseError, InterfaceError, psycopg.Error) as error:
        # The next question gets a new line.
        connection.close()
        raise NotNowError(f"the database can't be asked ({type(error).__name__})") from None


@dataclass
class Told:
    """One event of the plan as it went."""

    mark: int
    event: str
    details: dict[str, Any]
    begun_s: float
    ended_s: float | None = None
    recovered_after_s: float | None = None
    """None: there was nothing left to do, so nothing to recover."""
    since_harm_s: float | None = None
    """The same from the harm itself, whatever else was broken meanwhile."""
    load: float | None = None
    """Of the machine at that moment: how many processes wanted a processor, over the last minute."""

    def as_json(self) -> dict[str, Any]:
        return {
            "mark": self.mark,
            "event": self.event,
            "with": self.details,
            "begun_s": round(self.begun_s, 1),
            "ended_s": None if self.ended_s is None else round(self.ended_s, 1),
            "recovered_after_s": None if self.recovered_after_s is None else round(self.recovered_after_s, 1),
            "since_harm_s": None if self.since_harm_s is None else round(self.since_harm_s, 1),
            "load": None if self.load is None else round(self.load, 1),
        }


@dataclass
class _Watch:
    told: Told
    since: float
    held: Held
    harmed: float
    before: tuple[int, str] | None = None


@dataclass
class Recoveries:
    """Measures from each harm's end until a step forward is written down and nothing is held by who was harmed."""

    tables: Tables
    _open: list[_Watch] = field(default_factory=list)

    def expect(self, told: Told, held: Held) -> None:
        now = time.monotonic()
        self._open.append(_Watch(told, now, held, now))

    def something_else_was_broken(self) -> None:
        """Who waits to recover from a kill can't while the database is down, or while no worker is left that could take
        over: it counts from the database's return, or from the moment at which the last worker was harmed."""
        for watch in self._open:
            watch.since, watch.before = time.monotonic(), None

    def see(self, facts: Facts, *, is_idle: bool) -> None:
        for watch in list(self._open):
            if watch.before is None:
                watch.before = facts.progress
            elif facts.progress != watch.before and not self.tables.is_held(watch.held):
                watch.told.recovered_after_s = time.monotonic() - watch.since
                watch.told.since_harm_s = time.monotonic() - watch.harmed
                watch.told.load = os.getloadavg()[0]
                self._open.remove(watch)
            elif is_idle:
                self._open.remove(watch)

    @property
    def waiting_for(self) -> list[str]:
        return [f"{watch.told.event} ({time.monotonic() - watch.since:.0f} s)" for watch in self._open]
