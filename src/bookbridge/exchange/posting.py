"""The exactly-once protocol on one posting: written down before the call, concluded by whoever owns the attempt.

Every function is one short transaction and every change is conditional on the attempt's token, so that a worker that
was thought dead can't overwrite the truth.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from bookbridge.documents import Problem
from bookbridge.exchange import crash_points
from bookbridge.exchange.models import Attempt, Posting, Run
from bookbridge.integrations.storable import storable, storable_values
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Later, LookUp, Outcome, Posted, Refused, SignInAgain

State = Posting.State
NEEDED_ABSENCES = 2
"""How often a settled package must say that it has no such document before it is sent again."""
LONGEST_PAUSE = timedelta(minutes=5)
LONGEST_WAIT = timedelta(days=1)
"""However far away the moment is that a package names, after a day it is asked again."""
_COUNTED_UP_TO = 32_000


@dataclass(frozen=True)
class Offer:
    """The content of a document as it is offered now; `mapped`: in the package's codes, None if the same."""

    fingerprint: str
    document: dict[str, Any]
    mapped: dict[str, Any] | None = None


def begin(
    posting: Posting, offer: Offer, *, action: str, worker: UUID, run_id: int | None, prepared: dict[str, str]
) -> Attempt | None:
    """Move the posting to `sending` and write the attempt down; None when somebody else was faster."""
    token = uuid4()
    with transaction.atomic():
        mine = Posting.objects.filter(
            pk=posting.pk, state=posting.state, attempt=posting.attempt, fingerprint=posting.fingerprint
        ).update(
            state=State.SENDING,
            attempt=token,
            worker=worker,
            fingerprint=offer.fingerprint,
            document=offer.document,
            absences=0,
            look_ups=0,
            look_up_at=None,
        )
        if not mine:
            return None
        posting.state, posting.attempt, posting.worker = State.SENDING, token, worker
        posting.fingerprint, posting.document = offer.fingerprint, offer.document
        attempt = _attempt(
            posting, token, action=action, worker=worker, run_id=run_id, prepared=prepared, sent=offer.mapped
        )
    crash_points.reach("attempt_written")
    return attempt


def conclude(posting: Posting, attempt: Attempt, outcome: Outcome, *, settle_s: float) -> bool:
    """Write down what the call said. False when the attempt no longer owns the posting: then nothing is changed."""
    crash_points.reach("answer_received")
    if isinstance(outcome, Posted | AlreadyThere):
        changes = _posted(outcome.external_id, outcome.external_number)
    elif isinstance(outcome, Refused):
        changes = _not_taken(attempt, State.REFUSED, outcome.problems)
    elif isinstance(outcome, Later | SignInAgain):
        changes = _not_taken(attempt, State.PENDING, ())
    elif attempt.action == "update":
        # The same update can be made again without harm; with no fingerprint the next offer makes it.
        changes = {"state": State.POSTED, "fingerprint": ""}
    else:
        changes = _uncertain(settle_s)
    concluded = _conclude(posting, attempt, changes, outcome)
    crash_points.reach("answer_written")
    return concluded


def abandon(posting: Posting, *, settle_s: float) -> bool:
    """What a dead worker left in `sending` becomes uncertain, or posted with unknown content when it was an update."""
    attempt = Attempt.objects.filter(organisation_id=posting.organisation_id, token=posting.attempt).first()
    if attempt is not None and attempt.action == "update":
        changes: dict[str, Any] = {"state": State.POSTED, "fingerprint": ""}
    else:
        changes = _uncertain(settle_s)
    with transaction.atomic():
        mine = Posting.objects.filter(pk=posting.pk, state=State.SENDING, attempt=posting.attempt).update(
            attempt=None, worker=None, **changes
        )
        if mine and attempt is not None:
            attempt.ended_at, attempt.outcome = timezone.now(), "abandoned"
            attempt.detail = "the worker died before it could write an answer down"
            attempt.save(update_fields=["ended_at", "outcome", "detail"])
    return bool(mine)


def abandon_left_over(run: Run, *, settle_s: float) -> int:
    """Take back what an earlier worker of this run, which may live on, began and could not write the end of.

    Only for the worker that owns the run: nobody else can be sending for it now.
    """
    sending = Posting.objects.filter(
        organisation_id=run.organisation_id, configuration_id=run.configuration_id, state=State.SENDING
    )
    begun_here = Attempt.objects.filter(
        organisation_id=run.organisation_id, run=run, token__in=[row.attempt for row in sending]
    ).values_list("token", flat=True)
    left_over = set(begun_here)
    return sum(abandon(row, settle_s=settle_s) for row in sending if row.attempt in left_over)


def conclude_look_up(
    posting: Posting, found: LookUp, *, worker: UUID, run_id: int | None, settle_s: float, problems: list[Problem]
) -> bool:
    """Write down what a look-up of an uncertain posting said; `problems` go with a document that differs from ours."""
    now = timezone.now()
    changes: dict[str, Any] = {"look_ups": min(posting.look_ups + 1, _COUNTED_UP_TO), "absences": 0}
    if isinstance(found, Found):
        if found.differences:
            changes |= {"look_up_at": None, "problems": _stored(problems)}
        else:
            changes |= _posted(found.external_id, found.external_number)
    elif isinstance(found, Absent):
        absences = posting.absences + 1
        changes |= {"absences": absences, "look_up_at": now + timedelta(seconds=max(settle_s / 2, 0.5))}
        if absences >= NEEDED_ABSENCES:
            changes |= {"state": State.PENDING, "look_up_at": None}
    elif isinstance(found, Later):
        changes |= {"look_up_at": min(found.not_before, now + LONGEST_WAIT), "absences": posting.absences}
    else:
        changes |= {"look_up_at": now + _pause(posting.look_ups, settle_s), "absences": posting.absences}
    with transaction.atomic():
        mine = Posting.objects.filter(
            pk=posting.pk, state=State.UNCERTAIN, attempt=posting.attempt, look_ups=posting.look_ups
        ).update(**changes)
        if mine:
            attempt = _attempt(posting, uuid4(), action="look_up", worker=worker, run_id=run_id, prepared={})
            attempt.ended_at, attempt.outcome = now, type(found).__name__.lower()
            attempt.detail = _detail(found)
            attempt.save()
    if mine:
        for name, value in changes.items():
            setattr(posting, name, value)
    crash_points.reach("look_up_written")
    return bool(mine)


def last_sent(posting: Posting) -> Attempt | None:
    """The attempt that sent the posting last, with what was put on record before the call, for the look-up."""
    return (
        Attempt.objects.filter(organisation_id=posting.organisation_id, posting=posting, action="post")
        .order_by("-started_at")
        .first()
    )


def _conclude(posting: Posting, attempt: Attempt, changes: dict[str, Any], outcome: Outcome) -> bool:
    attempt.ended_at, attempt.outcome, attempt.detail = timezone.now(), _name(outcome), _detail(outcome)
    with transaction.atomic():
        mine = Posting.objects.filter(pk=posting.pk, state=State.SENDING, attempt=attempt.token).update(
            worker=None, **changes
        )
        if not mine:
            attempt.outcome = "late"
            attempt.detail = f"another worker had taken over; the answer was: {_name(outcome)}"
        attempt.save(update_fields=["ended_at", "outcome", "detail"])
    if mine:
        posting.worker = None
        for name, value in changes.items():
            setattr(posting, name, value)
    return bool(mine)


def _posted(external_id: str, external_number: str) -> dict[str, Any]:
    return {
        "state": State.POSTED,
        "external_id": storable(external_id),
        "external_number": storable(external_number, 60),
        "posted_at": timezone.now(),
        "look_up_at": None,
        "problems": [],
    }


def _not_taken(attempt: Attempt, state: str, problems: tuple[Problem, ...]) -> dict[str, Any]:
    if attempt.action == "update":
        # The document stays posted as it was; its older content is gone from our record, so the next offer updates.
        return {"state": State.POSTED, "fingerprint": ""}
    return {"state": state, "problems": _stored(problems)}


def _stored(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    return [storable_values(problem.model_dump(mode="json")) for problem in problems]


def _uncertain(settle_s: float) -> dict[str, Any]:
    # Counted from the end of the call: what timed out after half a minute may be done a second later.
    return {"state": State.UNCERTAIN, "look_up_at": timezone.now() + timedelta(seconds=settle_s)}


def _attempt(
    posting: Posting,
    token: UUID,
    *,
    action: str,
    worker: UUID,
    run_id: int | None,
    prepared: dict[str, str],
    sent: dict[str, Any] | None = None,
) -> Attempt:
    return Attempt.objects.create(
        organisation_id=posting.organisation_id,
        posting=posting,
        run_id=run_id,
        token=token,
        worker=worker,
        action=action,
        fingerprint=posting.fingerprint,
        prepared=storable_values(prepared),
        sent=sent,
        started_at=timezone.now(),
    )


def _pause(look_ups: int, settle_s: float) -> timedelta:
    return min(timedelta(seconds=max(settle_s, 1) * 2 ** min(look_ups, 10)), LONGEST_PAUSE)


def due_again(posting: Posting, now: datetime) -> bool:
    return posting.look_up_at is not None and posting.look_up_at <= now


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
