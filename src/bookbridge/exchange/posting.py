"""The exactly-once protocol on postings: written down before the call, concluded by whoever owns the attempt.

Every change is conditional on the attempt's token, so that a worker that was thought dead can't overwrite the truth.
Many postings go in one statement; each of them succeeds or not on its own.
"""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Greatest, Least, Now

from bookbridge.documents import Problem
from bookbridge.exchange import crash_points, queries, sql, telling
from bookbridge.exchange.lines import LineChange, values_of
from bookbridge.exchange.models import Attempt, Posting, Run, WorkerSession
from bookbridge.exchange.queries import Written
from bookbridge.exchange.workers import OWN_SILENCE_S, Claim
from bookbridge.integrations.storable import storable, storable_values
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Later, LookUp, Outcome, Posted, Refused, SignInAgain
from bookbridge.organisations import trail

State = Posting.State
NO_WORKER = UUID(int=0)
NEEDED_ABSENCES = 2
"""How often a settled package must say that it has no such document before it is sent again."""
LONGEST_PAUSE = timedelta(minutes=5)
LONGEST_WAIT = timedelta(days=1)
"""However far away the moment is that a package names, after a day it is asked again."""
_COUNTED_UP_TO = 32_000


@dataclass(frozen=True)
class Start:
    """A posting, as it was read, that is about to be sent with the content of a line.

    `prepared`: the package's facts for the call; `sent`: the content in the package's codes, None when they are ours;
    `series`: the series of numbers of which one was drawn.
    """

    posting: Posting
    line_id: int
    fingerprint: str
    action: str
    prepared: dict[str, str] = field(default_factory=dict)
    sent: dict[str, Any] | None = None
    series: str = ""
    token: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class Answer:
    """What a call said of what was begun, and what is written on the line with it; None leaves the line waiting."""

    start: Start
    outcome: Outcome
    line: LineChange | None = None


def write_down(
    run: Run,
    claim: Claim,
    *,
    starts: Sequence[Start] = (),
    answers: Sequence[Answer] = (),
    changes: Sequence[LineChange] = (),
    settle_s: float,
) -> Written:
    """Begin and conclude, in one transaction.

    What starts moves to `sending` with its attempt written down, where nobody was faster, the run is still claimed and
    its configuration isn't paused.
    An answer goes to its posting, attempt and line; where another worker has taken over, to the attempt's own record
    alone. `changes` are lines that needed no call.
    """
    written = queries.write_down(
        {
            "organisation": run.organisation_id,
            "run": run.pk,
            "configuration": run.configuration_id,
            "pause": sql.pause_lock(run.configuration_id),
            "claim": claim.token,
            "worker": claim.worker.id,
            "settle_s": settle_s,
        },
        begins=[_begins(start) for start in starts],
        answers=[_answers(answer, run.pk) for answer in answers],
        lines=[values_of(change, run.pk) for change in changes],
    )
    if not written.own:
        claim.is_lost()
    return written


def _begins(start: Start) -> dict[str, Any]:
    row = start.posting
    return {
        "posting": row.pk,
        "line": start.line_id,
        "token": start.token,
        "state": row.state,
        "seen": row.attempt,
        "fingerprint": row.fingerprint,
        "action": start.action,
        "prepared": storable_values(start.prepared),
        "sent": start.sent,
        "series": start.series,
    }


def _answers(answer: Answer, run_id: int) -> dict[str, Any]:
    change, line = _change(answer), answer.line
    return {
        "posting": answer.start.posting.pk,
        "token": answer.start.token,
        "state": change.state,
        "forgets": change.forgets,
        "external_id": change.external_id,
        "external_number": change.external_number,
        "problems": change.problems,
        "outcome": _name(answer.outcome),
        "detail": _detail(answer.outcome),
        "line": line and line.line.pk,
        "line_outcome": line and line.outcome,
        "reason": line and line.reason,
        "line_problems": line and line.problems,
        "number": line and line.number,
        "told": _told(answer, change, run_id),
    }


def _told(answer: Answer, change: "_Change", run_id: int) -> dict[str, str]:
    """What the trail is told where the posting is still ours."""
    row = copy(answer.start.posting)
    row.state = change.state
    row.fingerprint = "" if change.forgets else answer.start.fingerprint
    row.external_id = row.external_id if change.external_id is None else change.external_id
    row.external_number = row.external_number if change.external_number is None else change.external_number
    return trail.as_values(telling.outcome(row, State.SENDING, run_id=run_id, how=_name(answer.outcome)))


@dataclass(frozen=True)
class _Change:
    """What a definite or unclear answer makes of a posting; None leaves a value as it is.

    `forgets`: what is posted is no longer known, so that the next offer is an update.
    """

    state: str
    forgets: bool = False
    external_id: str | None = None
    external_number: str | None = None
    problems: list[dict[str, Any]] | None = None


def _change(answer: Answer) -> _Change:
    outcome = answer.outcome
    if isinstance(outcome, Posted | AlreadyThere):
        number = storable(outcome.external_number, 60)
        return _Change(State.POSTED, external_id=storable(outcome.external_id), external_number=number, problems=[])
    if answer.start.action == "update":
        # Not taken, it stays posted as it was; unclear, the same update can be made again without harm.
        return _Change(State.POSTED, forgets=True)
    if isinstance(outcome, Refused):
        return _Change(State.REFUSED, problems=_stored(outcome.problems))
    if isinstance(outcome, Later | SignInAgain):
        return _Change(State.PENDING, problems=[])
    return _Change(State.UNCERTAIN)


def abandon(posting: Posting, *, settle_s: float, ended: bool = False) -> bool:
    """What a dead worker left in `sending` becomes uncertain, or posted with unknown content when it was an update.

    The package gets its time to settle from the moment after which the worker can't have sent anything any more: its
    session may be gone while its process lives on for a moment. `ended`: it is known to send no more.
    """
    attempt = Attempt.objects.filter(organisation_id=posting.organisation_id, token=posting.attempt).first()
    silent_from = Now() if ended else Greatest(Now(), _last_moment_of(posting.worker))
    changes: dict[str, Any] = {"state": State.UNCERTAIN, "look_up_at": silent_from + timedelta(seconds=settle_s)}
    if attempt is not None and attempt.action == "update":
        # Nothing to look up, but until then the next update might be overtaken by this one.
        changes |= {"state": State.POSTED, "fingerprint": ""}
    with transaction.atomic():
        mine = Posting.objects.filter(pk=posting.pk, state=State.SENDING, attempt=posting.attempt).update(
            worker=None, **changes
        )
        if mine:
            posting.refresh_from_db(fields=["state", "fingerprint"])
            entry = telling.outcome(posting, State.SENDING, run_id=attempt and attempt.run_id, how="abandoned")
        if mine and attempt is not None:
            Attempt.objects.filter(pk=attempt.pk, ended_at=None).update(
                ended_at=Now(), outcome="abandoned", detail="the worker died before it could write an answer down"
            )
        if mine:
            trail.record_many(posting.organisation_id, [entry])
    return bool(mine)


def _last_moment_of(worker: UUID | None) -> Any:
    """The moment from which a worker sends nothing any more, as PostgreSQL reckons; None when it is long gone."""
    beat = WorkerSession.objects.filter(pk=worker).values("heartbeat_at")[:1]
    return Subquery(beat) + timedelta(seconds=OWN_SILENCE_S)


def abandon_left_over(run: Run, worker: UUID, *, settle_s: float) -> int:
    """Take back what was begun for this run earlier and not written down to its end, by whoever.

    Only for the worker that owns the run: nobody else can be sending for it now. What it began itself has come to its
    end, since it works on a run once at a time.
    """
    begun_here = Attempt.objects.filter(
        organisation_id=run.organisation_id, run=run, token=OuterRef("attempt"), action__in=("post", "update")
    )
    sending = Posting.objects.filter(
        Exists(begun_here),
        organisation_id=run.organisation_id,
        configuration_id=run.configuration_id,
        state=State.SENDING,
    )
    return sum(abandon(row, settle_s=settle_s, ended=row.worker == worker) for row in sending)


def conclude_look_up(
    posting: Posting, found: LookUp, *, worker: UUID, run_id: int | None, settle_s: float, problems: list[Problem]
) -> bool:
    """Write down what a look-up of an uncertain posting said; `problems` go with a document that differs from ours."""
    changes: dict[str, Any] = {"look_ups": min(posting.look_ups + 1, _COUNTED_UP_TO), "absences": 0}
    if isinstance(found, Found):
        if found.differences:
            changes |= {"look_up_at": None, "problems": _stored(problems)}
        else:
            changes |= _posted(found.external_id, found.external_number)
    elif isinstance(found, Absent):
        absences = posting.absences + 1
        changes |= {"absences": absences, "look_up_at": Now() + timedelta(seconds=max(settle_s / 2, 0.5))}
        if absences >= NEEDED_ABSENCES:
            changes |= {"state": State.PENDING, "look_up_at": None}
    elif isinstance(found, Later):
        changes |= {"look_up_at": Least(found.not_before, Now() + LONGEST_WAIT), "absences": posting.absences}
    else:
        changes |= {"look_up_at": Now() + _pause(posting.look_ups, settle_s), "absences": posting.absences}
    with transaction.atomic():
        mine = Posting.objects.filter(
            pk=posting.pk, state=State.UNCERTAIN, attempt=posting.attempt, look_ups=posting.look_ups
        ).update(**changes)
        if mine:
            write_look_up(posting, found, worker=worker, run_id=run_id)
            posting.refresh_from_db()
            if posting.state != State.UNCERTAIN:
                how = type(found).__name__.lower()
                entry = telling.outcome(posting, State.UNCERTAIN, run_id=run_id, how=how)
                trail.record_many(posting.organisation_id, [entry])
    crash_points.reach("look_up_written")
    return bool(mine)


def last_sent(posting: Posting) -> Attempt | None:
    """The attempt that sent the posting last, with what was put on record before the call, for the look-up."""
    return (
        Attempt.objects.filter(organisation_id=posting.organisation_id, posting=posting, action="post")
        .order_by("-started_at")
        .first()
    )


def drawn_before(posting: Posting, fingerprint: str, series: str) -> dict[str, str]:
    """What was on record before the last sending of this content, where nothing definite came of it.

    A number that was drawn is good in its own series alone: a mapping may have changed the journal since.
    """
    last = last_sent(posting) if posting.attempt else None
    if last is None or (last.fingerprint, last.series) != (fingerprint, series) or last.outcome == "refused":
        return {}
    return dict(last.prepared)


def _posted(external_id: str, external_number: str) -> dict[str, Any]:
    return {
        "state": State.POSTED,
        "external_id": storable(external_id),
        "external_number": storable(external_number, 60),
        "posted_at": Now(),
        "look_up_at": None,
        "problems": [],
    }


def _stored(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    return [storable_values(problem.model_dump(mode="json")) for problem in problems]


def write_look_up(posting: Posting, found: LookUp, *, worker: UUID = NO_WORKER, run_id: int | None = None) -> None:
    """Put a look-up on record, with what it found; without a worker when a person had the package asked."""
    Attempt.objects.create(
        organisation_id=posting.organisation_id,
        posting=posting,
        run_id=run_id,
        token=uuid4(),
        worker=worker,
        action="look_up",
        fingerprint=posting.fingerprint,
        started_at=Now(),
        ended_at=Now(),
        outcome=type(found).__name__.lower(),
        detail=_detail(found),
    )


def _pause(look_ups: int, settle_s: float) -> timedelta:
    return min(timedelta(seconds=max(settle_s, 1) * 2 ** min(look_ups, 10)), LONGEST_PAUSE)


def _name(outcome: Outcome) -> str:
    return {
        "Posted": "posted",
        "AlreadyThere": "already_there",
        "Refused": "refused",
        "Later": "later",
        "SignInAgain": "sign_in_again",
        "Unclear": "unclear",
    }[type(outcome).__name__]


def _detail(outcome: Outcome | LookUp) -> str:
    return storable(_said(outcome))


def _said(outcome: Outcome | LookUp) -> str:
    if isinstance(outcome, Posted | AlreadyThere | Found):
        differences = getattr(outcome, "differences", ())
        return outcome.external_number + (f" differs in {', '.join(differences)}" if differences else "")
    if isinstance(outcome, Refused):
        return "; ".join(problem.evidence or problem.reason for problem in outcome.problems)
    if isinstance(outcome, Absent):
        return outcome.searched
    return outcome.reason
