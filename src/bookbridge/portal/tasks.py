"""Jobs of the portal: mails. A mail server that is away for a while is asked again."""

from datetime import datetime

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
