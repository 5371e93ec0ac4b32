"""What people are shown of the audit trail."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from bookbridge.organisations import queries
from bookbridge.organisations.models import AuditEntry
from bookbridge.organisations.walls import acting_for, acting_for_nobody

_OF_POSTINGS = "posting."


def entries(
    organisation_id: UUID | None, *, subject: str | None = None, action: str | None = None, last: int = 100
) -> list[AuditEntry]:
    """The latest entries of one chain, the oldest first. `subject`: KIND or KIND:ID; `action`: one or its beginning."""
    found = AuditEntry.objects.filter(organisation_id=organisation_id)
    if subject:
        kind, _, identity = subject.partition(":")
        found = found.filter(subject_kind=kind, **({"subject_id": identity} if identity else {}))
    if action:
        found = found.filter(action__startswith=action)
    # The installation's own chain is there for who acts for nobody.
    with acting_for(organisation_id) if organisation_id else acting_for_nobody():
        return list(found.order_by("-sequence")[:last])[::-1]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: from `since` on, before `until`, by somebody, of any of some actions, about some things.

    `actor`: a kind, or kind and id with a colon; `subjects`: kind → ids.
    """

    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""
    actions: Sequence[str] = ()
    subjects: dict[str, list[str]] | None = None


def page(organisation_id: UUID, wanted: Wanted, size: int, before: int | None = None) -> list[AuditEntry]:
    """The newest entries first, those with numbers below `before`."""
    with acting_for(organisation_id):
        found = AuditEntry.objects.filter(_condition(wanted), organisation_id=organisation_id)
        found = _in_period(found, organisation_id, wanted)
        if before is not None:
            found = found.filter(sequence__lt=before)
        return list(_of_actions(found.defer("previous", "hash").order_by("-sequence"), wanted.actions, size))


def every(organisation_id: UUID, wanted: Wanted, at_once: int = 1000) -> Iterator[list[AuditEntry]]:
    """All of them, newest first, as pages, so that any number of them fits in the memory."""
    before = None
    while rows := page(organisation_id, wanted, at_once, before):
        yield rows
        before = rows[-1].sequence


def latest(organisation_id: UUID, action: str, subject: tuple[str, str]) -> AuditEntry | None:
    """The last entry of an action about one thing."""
    kind, identity = subject
    with acting_for(organisation_id):
        found = AuditEntry.objects.filter(organisation_id=organisation_id, subject_kind=kind, subject_id=identity)
        return found.filter(action=action).order_by("-sequence").first()


def _condition(wanted: Wanted) -> Q:
    condition = Q()
    if wanted.actor:
        kind, _, identity = wanted.actor.partition(":")
        condition &= Q(actor_kind=kind, **({"actor_id": identity} if identity else {}))
        if kind != "worker":
            # As its own small index says it: nearly all entries are of workers.
            condition &= ~Q(actor_kind="worker")
    if wanted.subjects is not None:
        subjects = Q(pk__in=[])
        for kind, ids in wanted.subjects.items():
            subjects |= Q(subject_kind=kind, subject_id__in=ids)
        condition &= subjects
    return condition


def _of_actions(found: QuerySet[AuditEntry], actions: Sequence[str], size: int) -> QuerySet[AuditEntry]:
    if not actions:
        return found[:size]
    if any(action.startswith(_OF_POSTINGS) for action in actions):
        return found.filter(action__in=actions)[:size]
    # An index holds each action's entries by number: the newest of each are a few steps, however rare they are.
    others = found.filter(~Q(action__startswith=_OF_POSTINGS))
    first, *rest = (others.filter(action=action)[:size] for action in actions)
    return first.union(*rest, all=True).order_by("-sequence")[:size] if rest else first


def _in_period(found: QuerySet[AuditEntry], organisation_id: UUID, wanted: Wanted) -> QuerySet[AuditEntry]:
    asked = [moment for moment in (wanted.since, wanted.until) if moment is not None]
    numbers = queries.around(organisation_id, asked) if asked else {}
    if wanted.since:
        found = found.filter(sequence__gt=numbers[wanted.since][0], moment__gte=wanted.since)
    if wanted.until:
        found = found.filter(sequence__lt=numbers[wanted.until][1], moment__lt=wanted.until)
    return found
