"""The exactly-once protocol on one posting: written down before the call, concluded by whoever owns the attempt.

Every function is one short transaction and every change is conditional on the attempt's token, so that a worker that
was thought dead can't overwrite the truth.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from bookbridge.documents import Problem
from bookbridge.exchange import crash_points
from bookbridge.exchange.models import Attempt, Posting
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Later, LookUp, Outcome, Posted, Refused, SignInAgain

State = Posting.State
NEEDED_ABSENCES = 2
"""How often a settled package must say that it has no such document before it is sent again."""
LONGEST_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True)
class Offer:
    """The content of a document as it is offered now."""

    fingerprint: str
    document: dict[str, Any]


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
        attempt = _attempt(posting, token, action=action, worker=worker, run_id=run_id, prepared=prepared)
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
        changes = {"state": State.UNCERTAIN, "look_up_at": attempt.started_at + timedelta(seconds=settle_s)}
    concluded = _conclude(posting, attempt, changes, outcome)
    crash_points.reach("answer_written")
    return concluded


def abandon(posting: Posting, *, settle_s: float) -> bool:
    """What a dead worker left in `sending` becomes uncertain, or posted with unknown content when it was an update."""
    attempt = Attempt.objects.filter(organisation_id=posting.organisation_id, token=posting.attempt).first()
    if attempt is not None and attempt.action == "update":
        changes: dict[str, Any] = {"state": State.POSTED, "fingerprint": ""}
    else:
        begun = attempt.started_at if attempt else timezone.now()
        changes = {"state": State.UNCERTAIN, "look_up_at": begun + timedelta(seconds=settle_s)}
    with transaction.atomic():
        mine = Posting.objects.filter(pk=posting.pk, state=State.SENDING, attempt=posting.attempt).update(
            attempt=None, worker=None, **changes
        )
        if mine and attempt is not None:
            attempt.ended_at, attempt.outcome = timezone.now(), "abandoned"
            attempt.detail = "the worker died before it could write an answer down"
            attempt.save(update_fields=["ended_at", "outcome", "detail"])
    return bool(mine)


def conclude_look_up(
    posting: Posting, found: LookUp, *, worker: UUID, run_id: int | None, settle_s: float, problems: list[Problem]
) -> bool:
    """Write down what a look-up of an uncertain posting said; `problems` go with a document that differs from ours."""
    now = timezone.now()
    changes: dict[str, Any] = {"look_ups": posting.look_ups + 1, "absences": 0}
    if isinstance(found, Found):
        if found.differences:
            changes |= {"look_up_at": None, "problems": [problem.model_dump(mode="json") for problem in problems]}
        else:
            changes |= _posted(found.external_id, found.external_number)
    elif isinstance(found, Absent):
        absences = posting.absences + 1
        changes |= {"absences": absences, "look_up_at": now + timedelta(seconds=max(settle_s / 2, 0.5))}
        if absences >= NEEDED_ABSENCES:
            changes |= {"state": State.PENDING, "look_up_at": None}
    elif isinstance(found, Later):
        changes |= {"look_up_at": found.not_before, "absences": posting.absences}
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


def last_prepared(posting: Posting) -> dict[str, str]:
    """What was put on record before the last call, for the look-up."""
    attempt = (
        Attempt.objects.filter(organisation_id=posting.organisation_id, posting=posting, action="post")
        .order_by("-started_at")
        .first()
    )
    return dict(attempt.prepared) if attempt else {}


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
        "external_id": external_id,
        "external_number": external_number,
        "posted_at": timezone.now(),
        "look_up_at": None,
        "problems": [],
    }


def _not_taken(attempt: Attempt, state: str, problems: tuple[Problem, ...]) -> dict[str, Any]:
    if attempt.action == "update":
        # The document stays posted as it was; its older content is gone from our record, so the next offer updates.
        return {"state": State.POSTED, "fingerprint": ""}
    return {"state": state, "problems": [problem.model_dump(mode="json") for problem in problems]}


def _attempt(
    posting: Posting, token: UUID, *, action: str, worker: UUID, run_id: int | None, prepared: dict[str, str]
) -> Attempt:
    return Attempt.objects.create(
        organisation_id=posting.organisation_id,
        posting=posting,
        run_id=run_id,
        token=token,
        worker=worker,
        action=action,
        fingerprint=posting.fingerprint,
        prepared=prepared,
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
    if isinstance(outcome, Posted | AlreadyThere | Found):
        differences = getattr(outcome, "differences", ())
        return outcome.external_number + (f" differs in {', '.join(differences)}" if differences else "")
    if isinstance(outcome, Refused):
        return "; ".join(problem.evidence or problem.reason for problem in outcome.problems)
    if isinstance(outcome, Absent):
        return outcome.searched
    return outcome.reason
