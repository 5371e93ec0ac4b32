"""bookbridge user …: what an operator does for a person who can't get in, or shouldn't any more."""

from typing import Any

import click


@click.group()
def user() -> None:
    """Help a person back in, or out."""


@user.command("reset-mfa")
@click.argument("email")
def reset_mfa(email: str) -> None:
    """Take the second step off the account of EMAIL, for somebody who lost app, passkeys and recovery codes.

    Make sure first that it is really them who asks: call them back. They are logged out everywhere, get a mail, and the
    next log-in asks for the password alone (and for a new second step where one is required).
    """
    person = _person(email)
    from allauth.mfa.models import Authenticator
    from django.db import transaction

    from bookbridge.organisations import trail
    from bookbridge.portal.account import mails, sessions

    with transaction.atomic():
        held = Authenticator.objects.select_for_update().filter(user=person)
        kinds = sorted(held.values_list("type", flat=True))
        if not kinds:
            raise click.ClickException(
                f"{person.email} has no second step; `bookbridge user reset-link` helps with a password"
            )
        held.delete()
        ended = sessions.end_all(person.pk)
        mails.tell_of("second_step/reset", person, "bookbridge user reset-mfa")
        told = {"kinds": (kinds, []), "sessions": (ended, 0)}
        trail.record(None, "second_factor.reset_by_operator", subject=person, changes=told)
    click.echo(f"{person.email} logs in by password alone now. Taken off: {', '.join(kinds)}. Sessions ended: {ended}.")


@user.command("reset-link")
@click.argument("email")
def reset_link(email: str) -> None:
    """Print a link with which EMAIL sets a new password, once, within an hour. It is as secret as a password."""
    person = _person(email)
    from bookbridge.organisations import trail
    from bookbridge.portal.account import mails

    if not person.is_active:
        raise click.ClickException(f"the account of {person.email} is closed; open it with `bookbridge user reopen`")
    trail.record(None, "password.link_made", subject=person)
    click.echo(mails.reset_link(person))


@user.command("log-out")
@click.argument("email")
def log_out(email: str) -> None:
    """Log EMAIL out everywhere."""
    person = _person(email)
    from django.db import transaction

    with transaction.atomic():
        ended = _end_sessions(person)
    click.echo(f"Sessions ended: {ended}.")


@user.command("close")
@click.argument("email")
def close(email: str) -> None:
    """Close the account of EMAIL: logged out everywhere, and no way in. What they did stays in the trail."""
    _set_open(_person(email), is_open=False)


@user.command("reopen")
@click.argument("email")
def reopen(email: str) -> None:
    """Open the account of EMAIL again."""
    _set_open(_person(email), is_open=True)


def _set_open(person: Any, *, is_open: bool) -> None:
    from django.db import transaction

    from bookbridge.organisations import trail

    if person.is_active == is_open:
        raise click.ClickException(f"the account of {person.email} is {'open' if is_open else 'closed'} already")
    with transaction.atomic():
        person.is_active = is_open
        person.save(update_fields=["is_active"])
        if not is_open:
            _end_sessions(person)
        changes = {"is_active": (not is_open, is_open)}
        trail.record(None, "user.reopened" if is_open else "user.closed", subject=person, changes=changes)
    click.echo(f"The account of {person.email} is {'open' if is_open else 'closed'}.")


def _end_sessions(person: Any) -> int:
    from bookbridge.organisations import trail
    from bookbridge.portal.account import sessions

    ended = sessions.end_all(person.pk)
    trail.record(None, "sessions.ended", subject=person, changes={"sessions": (ended, 0)})
    return ended


def _person(email: str) -> Any:
    from bookbridge.server.start import load_django

    load_django()
    from bookbridge.organisations.models import User

    found = User.objects.filter(email=email.strip().lower()).first()
    if found is None:
        raise click.ClickException(f"there is no user {email}")
    return found
