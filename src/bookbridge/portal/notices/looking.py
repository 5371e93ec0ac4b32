"""The look at what is due: who gets which mail. All of it stands in the tables; any number of workers may look at once.

A notice is marked as told in the transaction that queues its mail. A cause that a member was told of, and that is still
open, is no reason for another mail within a day: a source that sends the same mistake every ten minutes would fill the
mailbox. Nobody gets more than a handful of mails within an hour; what is more comes together in one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone

from bookbridge.exchange.issues import open_issues
from bookbridge.exchange.sql import try_lock
from bookbridge.exchange.troubles import Trouble
from bookbridge.organisations import sql
from bookbridge.organisations.models import Membership, Notice
from bookbridge.organisations.notices import Errors, Wishes, mailed_member, wishes_of
from bookbridge.organisations.walls import acting_for
from bookbridge.portal.notices.matters import Kind, Matters, matters_of
from bookbridge.portal.tasks import mail_notices

MAILS_AN_HOUR = 5
"""To one person, of all organisations together."""
SAME_CAUSE_AGAIN_AFTER = timedelta(days=1)
KEPT_FOR = timedelta(days=90)
"""How long it stays known what was told."""
_MOST_AT_ONCE = 200
_log = structlog.get_logger("bookbridge.notices")


@dataclass(frozen=True)
class _Share:
    """What one organisation has in a mail: the ids of its notices and the causes that the member is told of by them."""

    organisation: UUID
    notices: Sequence[int]
    causes: Sequence[str]


def look() -> None:
    """Queue the mails that are due. What goes wrong for one person doesn't keep the others from being told."""
    due = sql.due_notices(_MOST_AT_ONCE, MAILS_AN_HOUR)
    for user_id, rows in groupby(due, key=itemgetter(0)):
        try:
            _tell(user_id, [organisation for _, organisation in rows])
        except DatabaseError:
            raise
        except Exception:
            _log.exception("notices_failed", user=user_id)


def _tell(user_id: int, organisations: Sequence[UUID]) -> None:
    with transaction.atomic():
        if not try_lock(f"notices {user_id}"):
            return
        left = MAILS_AN_HOUR - sql.notice_mails_within_the_hour(user_id)
        if left <= 0:
            return
        found = (_share(user_id, organisation) for organisation in organisations)
        shares = [share for share in found if share is not None]
        for number, together in enumerate(_mails(shares, left), 1):
            _queue(user_id, together, is_last=number == left)


def _mails(shares: Sequence[_Share], most: int) -> list[Sequence[_Share]]:
    """A mail for each organisation; where that is more than may be sent, the last one holds all that is left."""
    if len(shares) <= most:
        return [[share] for share in shares]
    return [*([share] for share in shares[: most - 1]), shares[most - 1 :]]


def _share(user_id: int, organisation_id: UUID) -> _Share | None:
    """What the user is to be told of an organisation now. Forgets what there is no reason to tell of any more."""
    with acting_for(organisation_id):
        own = Notice.objects.filter(organisation_id=organisation_id, user=user_id)
        due = list(own.filter(told_at=None, due_at__lte=timezone.now()).order_by("pk"))
        member = mailed_member(organisation_id, user_id)
        wanted = _wanted(member, due) if member else []
        matters = matters_of(organisation_id, wanted)
        causes = [trouble.cause.key for trouble in matters.troubles]
        told = matters.standing
        if member and wishes_of(member).errors == Errors.AT_ONCE and not _has_news(member, matters):
            told = told - {notice.pk for notice in wanted if notice.kind == Kind.RUN}
            causes = []
        own.filter(pk__in={notice.pk for notice in due} - told).delete()
        own.filter(told_at__lt=timezone.now() - KEPT_FOR).delete()
    return _Share(organisation_id, sorted(told), causes) if told else None


def _wanted(member: Membership, due: Sequence[Notice]) -> list[Notice]:
    wishes: Wishes = wishes_of(member)
    return [notice for notice in due if wishes.want(notice.kind)]


def _has_news(member: Membership, matters: Matters) -> bool:
    """Whether any cause is one that the member wasn't told of lately, or that had been closed since."""
    keys = [trouble.cause.key for trouble in matters.troubles]
    lately = Notice.objects.filter(
        organisation_id=member.organisation_id,
        user=member.user_id,
        kind=Kind.CAUSE,
        about__in=keys,
        told_at__gt=timezone.now() - SAME_CAUSE_AGAIN_AFTER,
    )
    told = dict(lately.values_list("about", "told_at"))
    if any(key not in told for key in keys):
        return True
    configurations = {trouble.cause.configuration for trouble in matters.troubles if trouble.is_held_up}
    issues = open_issues(member.organisation_id, configurations).issues if configurations else ()
    open_since = {issue.cause.key: issue.open_since for issue in issues}
    return any(_was_closed(trouble, told, open_since) for trouble in matters.troubles)


def _was_closed(trouble: Trouble, told: dict[str, Any], open_since: dict[str, Any]) -> bool:
    """Whether all that the cause held up when the member was told has been put right: what it holds up now is new."""
    since = open_since.get(trouble.cause.key)
    return trouble.is_held_up and since is not None and since > told[trouble.cause.key]


def _queue(user_id: int, shares: Sequence[_Share], *, is_last: bool) -> None:
    now, mail = timezone.now(), uuid4()
    for share in shares:
        with acting_for(share.organisation):
            own = Notice.objects.filter(organisation_id=share.organisation, user=user_id)
            own.filter(pk__in=share.notices).update(told_at=now, mail=mail)
            _note_causes(user_id, share, mail)
    mail_notices.defer(
        user_id=user_id,
        mail=str(mail),
        organisations=[str(share.organisation) for share in shares],
        is_last=is_last,
    )


def _note_causes(user_id: int, share: _Share, mail: UUID) -> None:
    now = timezone.now()
    told = [
        Notice(
            organisation_id=share.organisation,
            user_id=user_id,
            kind=Kind.CAUSE,
            about=key,
            due_at=now,
            told_at=now,
            mail=mail,
        )
        for key in share.causes
    ]
    Notice.objects.bulk_create(
        told,
        update_conflicts=True,
        unique_fields=["organisation", "user", "kind", "about", "since"],
        update_fields=["told_at", "mail"],
    )
