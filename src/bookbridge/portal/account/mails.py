"""The mails about a user's log-in. A worker sends them, so that an answer takes as long for an unknown address."""

from typing import Any

from allauth.account import app_settings
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from bookbridge.organisations.models import Organisation, User
from bookbridge.portal.account import texts
from bookbridge.portal.mailing import in_the_words_of, send


def reset_address(key: str) -> str:
    """At the public address, whatever host the browser named."""
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
    return f"{settings.ENVIRONMENT.public_url}{path.replace('UID-KEY', key)}"


def reset_link(user: User) -> str:
    """A link that changes the password once, within the hour."""
    token = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    return reset_address(f"{user_pk_to_url_str(user)}-{token}")


def ask_for_reset(user: User | None) -> None:
    """Queue the mail with the link; the same work when there is no such user."""
    from bookbridge.portal.tasks import mail_reset_link

    mail_reset_link.defer(user_id=user.pk if user else None)


def tell_of(notice: str, user: User, address: str) -> None:
    """Queue the mail that says what was changed."""
    from bookbridge.portal.tasks import mail_notice

    mail_notice.defer(user_id=user.pk, notice=notice, address=address, at=timezone.now().isoformat())


def ask_for_invitation(user: User, organisation: Organisation, by: User) -> None:
    """Queue the mail that says who gives access to what, and how to get in."""
    from bookbridge.portal.tasks import mail_invitation

    mail_invitation.defer(user_id=user.pk, organisation_id=str(organisation.pk), by_id=by.pk)


def send_invitation(user: User, company: str, by: User) -> None:
    """With a link to set a password for whoever has none yet."""
    with in_the_words_of(user):
        link = "" if user.has_usable_password() else reset_link(user)
        said = {"company": company, "by": by, "link": link}
        subject = gettext("%(company)s in Bookbridge") % {"company": company}
        send(user, subject, "account/email/invitation.txt", said)


def send_reset_link(user: User) -> None:
    with in_the_words_of(user):
        send(user, gettext("A new password for Bookbridge"), "account/email/reset.txt", {"link": reset_link(user)})


def send_notice(user: User, notice: str, address: str, at: Any) -> None:
    with in_the_words_of(user):
        said = {"notice": texts.NOTICES[notice], "address": address, "at": at}
        send(user, gettext("Your log-in at Bookbridge was changed"), "account/email/notice.txt", said)
