"""Jobs of the portal: mails. A mail server that is away for a while is asked again."""

from datetime import datetime
from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

MAILS = "mails"
_AGAIN = RetryStrategy(max_attempts=6, exponential_wait=4)


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
