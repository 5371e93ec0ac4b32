"""Jobs of the portal: mails. A mail server that is away for a while is asked again."""

from datetime import datetime
from uuid import UUID

import structlog
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

MAILS = "mails"
_AGAIN = RetryStrategy(max_attempts=6, exponential_wait=4)
_FOR_A_DAY = RetryStrategy(max_attempts=8, exponential_wait=4)
"""A mail server that is away over night costs no notice: nobody asks for one a second time."""
_log = structlog.get_logger("bookbridge.mails")


@app.task(name="mail_reset_link", queue=MAILS, retry=_AGAIN)
def mail_reset_link(user_id: int | None) -> None:
    """The link is made here: no job in the database holds one."""
    from bookbridge.organisations.models import User
    from bookbridge.portal.account import mails

    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is not None:
        mails.send_reset_link(user)


@app.task(name="mail_notice", queue=MAILS, retry=_AGAIN)
def mail_notice(user_id: int, notice: str, address: str, at: str) -> None:
    from bookbridge.organisations.models import User
    from bookbridge.portal.account import mails

    user = User.objects.filter(pk=user_id).first()
    if user is not None:
        mails.send_notice(user, notice, address, datetime.fromisoformat(at))


@app.task(name="mail_invitation", queue=MAILS, retry=_AGAIN)
def mail_invitation(user_id: int, organisation_id: str, by_id: int) -> None:
    """Nothing is sent to whoever was removed again, or whose account is closed."""
    from bookbridge.organisations.models import Membership, User
    from bookbridge.organisations.walls import acting_for
    from bookbridge.portal.account import mails

    with acting_for(UUID(organisation_id)):
        member = (
            Membership.objects.select_related("organisation", "user")
            .filter(organisation=organisation_id, user=user_id, user__is_active=True)
            .first()
        )
    by = User.objects.filter(pk=by_id).first()
    if member is not None and by is not None:
        mails.send_invitation(member.user, member.organisation.name, by)


@app.task(name="mail_notices", queue=MAILS, retry=_FOR_A_DAY, pass_context=True)
def mail_notices(context: JobContext, user_id: int, mail: str, organisations: list[str], is_last: bool) -> None:
    """What needs attention, as far as it still does. The notices of a mail are marked with its id."""
    from bookbridge.organisations.models import User
    from bookbridge.portal.notices.mail import send_notices

    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    try:
        send_notices(user, UUID(mail), [UUID(organisation) for organisation in organisations], is_last=is_last)
    except Exception:
        if context.job.attempts >= _FOR_A_DAY.max_attempts:
            _log.error(
                "mail_not_delivered", user=user_id, notices=mail, remedy="see `bookbridge doctor` on the mail server"
            )
        raise
