"""Notices: of what each member of an organisation is told by mail, and when.

    notices.announce(organisation_id, Notice.Kind.RUN, run.pk)

Announce in the transaction of the thing itself. Whoever mails (`portal/notices/`) looks what is due.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from bookbridge.organisations import trail
from bookbridge.organisations.models import Membership, Notice, User
from bookbridge.organisations.zones import known_zone

MORNING = time(7)
"""When the one mail a day goes, by the clock of whoever gets it."""
Errors = Membership.ErrorMails
_NOW = timedelta()


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a member is mailed. `errors`: one of ErrorMails."""

    errors: str
    losses: bool
    silence: bool

    def want(self, kind: str) -> bool:
        if kind == Notice.Kind.RUN:
            return self.errors != Errors.NONE
        return self.losses if kind == Notice.Kind.ACCOUNT else self.silence


def wishes_of(member: Membership) -> Wishes:
    """What the member has chosen; where nothing was chosen, whoever may repair is told at once and others aren't."""
    repairs = member.role != Membership.Role.VIEWER
    return Wishes(
        errors=member.mail_errors or (Errors.AT_ONCE if repairs else Errors.NONE),
        losses=repairs if member.mail_losses is None else member.mail_losses,
        silence=repairs if member.mail_silence is None else member.mail_silence,
    )


def mailed_members(organisation_id: UUID) -> Iterator[Membership]:
    """Members with an open account who have come in: whoever hasn't taken the invitation up has no password yet."""
    members = Membership.objects.select_related("user", "organisation")
    for member in members.filter(organisation=organisation_id, user__is_active=True):
        if member.user.has_usable_password():
            yield member


def mailed_member(organisation_id: UUID, user_id: int) -> Membership | None:
    """The user as a member who gets mails; None for everybody else."""
    members = (member for member in mailed_members(organisation_id) if member.user_id == user_id)
    return next(members, None)


def announce(
    organisation_id: UUID, kind: str, about: object, *, since: datetime | None = None, after: timedelta = _NOW
) -> None:
    """Have every member told who wants to know. Announced again, it changes nothing.

    `since` tells one loss or silence of the same thing from the next. `after`: for what may mend itself until then.
    """
    now = timezone.now()
    Notice.objects.bulk_create(
        [
            Notice(
                organisation_id=organisation_id,
                user=member.user,
                kind=kind,
                about=str(about),
                since=since,
                due_at=_due(kind, wishes, member.user, now) + after,
            )
            for member in mailed_members(organisation_id)
            if (wishes := wishes_of(member)).want(kind)
        ],
        ignore_conflicts=True,
    )


def choose(member: Membership, wishes: Wishes) -> bool:
    """Keep what a member has chosen. False when it changes nothing."""
    with transaction.atomic():
        own = Membership.objects.select_for_update(of=("self",)).filter(organisation=member.organisation_id)
        row = own.select_related("user").get(pk=member.pk)
        was = wishes_of(row)
        if was == wishes:
            return False
        row.mail_errors, row.mail_losses, row.mail_silence = wishes.errors, wishes.losses, wishes.silence
        row.save(update_fields=["mail_errors", "mail_losses", "mail_silence"])
        before, after = asdict(was), asdict(wishes)
        changes = {f"mail_{name}": (before[name], after[name]) for name in after if before[name] != after[name]}
        trail.record(row.organisation_id, "notices.chosen", subject=row.user, changes=changes)
    return True


def _due(kind: str, wishes: Wishes, user: User, now: datetime) -> datetime:
    is_gathered = kind == Notice.Kind.RUN and wishes.errors == Errors.DAILY
    return next_morning(user.time_zone, now) if is_gathered else now


def next_morning(zone_name: str, now: datetime) -> datetime:
    """The next seven o'clock in a zone, also over a change of the clocks."""
    zone = known_zone(zone_name)
    today = now.astimezone(zone).date()
    mornings = (datetime.combine(today + timedelta(days=days), MORNING, zone) for days in (0, 1))
    return next(morning for morning in mornings if morning > now)
