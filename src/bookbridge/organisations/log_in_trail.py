"""Log-ins and what opens them, told to the installation's chain: a person isn't of one organisation alone.

Of an address that nobody here has, nothing but the attempt is kept: it may be another site's password typed by mistake.
"""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth import signals as auth

from bookbridge.organisations import trail
from bookbridge.organisations.models import User

_ABOUT_A_USER = {
    account.password_set: "password.set",
    account.password_changed: "password.changed",
    account.password_reset: "password.reset",
    mfa.authenticator_added: "second_factor.added",
    mfa.authenticator_removed: "second_factor.removed",
    mfa.authenticator_reset: "second_factor.reset",
    mfa.authentication_failed: "second_factor.failed",
}


def listen() -> None:
    auth.user_logged_in.connect(_logged_in, dispatch_uid="trail")
    auth.user_logged_out.connect(_logged_out, dispatch_uid="trail")
    auth.user_login_failed.connect(_log_in_failed, dispatch_uid="trail")
    for signal in _ABOUT_A_USER:
        signal.connect(_about_a_user, dispatch_uid="trail")


def _logged_in(user: User, **_: Any) -> None:
    _tell("log_in.succeeded", user)


def _logged_out(user: User | None, **_: Any) -> None:
    if user is not None:
        _tell("log_in.ended", user)


def _log_in_failed(credentials: dict[str, Any], **_: Any) -> None:
    address = str(credentials.get("email") or credentials.get("username") or "").strip().lower()
    meant = User.objects.filter(email=address).values_list("pk", flat=True).first() if address else None
    visitor = trail.Actor("visitor", origin=trail.current_actor().origin)
    trail.record(None, "log_in.failed", subject=("user", meant), actor=visitor)


def _about_a_user(signal: Any, user: User, authenticator: Any = None, **_: Any) -> None:
    _tell(_ABOUT_A_USER[signal], user, {"kind": (None, str(authenticator.type))} if authenticator else {})


def _tell(action: str, user: User, changes: trail.Changes | None = None) -> None:
    acting = trail.current_actor()
    if acting.kind == "visitor":
        # At a log-in, a reset of a password and a second factor the request belongs to nobody yet.
        acting = trail.user_actor(user.pk)
    trail.record(None, action, subject=user, changes=changes, actor=acting)
