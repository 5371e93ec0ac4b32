"""Who must have a second step at log-in, and a code that works once."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from bookbridge.organisations.models import User

OPEN_BEFORE = {
    *("account_login", "account_logout", "account_reauthenticate", "account_change_password", "preferences"),
    *("mfa_index", "mfa_reauthenticate", "mfa_activate_totp", "mfa_add_webauthn", "usersessions_list"),
}
"""Addresses for a user who must have a second step and has none yet. All others lead to where one is added."""


class SecondStepMiddleware:
    """Leads a user who must have a second step and has none to the page where one is added."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        user = request.user
        if isinstance(user, User) and name not in OPEN_BEFORE and is_required_of(user) and not has_one(user):
            return redirect("mfa_index")
        return None


def is_required_of(user: User) -> bool:
    required = settings.ENVIRONMENT.require_mfa
    return required == "everyone" or (required == "operators" and user.is_operator)


def has_one(user: User) -> bool:
    return second_steps(user).exists()


def second_steps(user: User) -> Any:
    """The user's apps and passkeys. Recovery codes alone are none: they go with one of these."""
    return Authenticator.objects.filter(user=user, type__in=(Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN))


@transaction.atomic
def use_code_once(authenticator_id: int, code: str) -> bool:
    """Take a code of an app for good; False when it, or a later one, was taken before.

    The moment of the last code stands beside the secret, so that neither another process nor a restart forgets it.
    """
    app = Authenticator.objects.select_for_update().get(pk=authenticator_id)
    counter = counter_of(decrypt(app.data["secret"]), code)
    if counter is None or counter <= app.data.get("last_counter", -1):
        return False
    app.data["last_counter"] = counter
    app.save(update_fields=["data"])
    return True


@receiver(authenticator_added)
def use_first_code(request: HttpRequest, authenticator: Authenticator, **_: object) -> None:
    """The code that proved a new app has been used with that."""
    if authenticator.type == Authenticator.Type.TOTP:
        use_code_once(authenticator.pk, request.POST.get("code", ""))


def counter_of(secret: str, code: str) -> int | None:
    """The half minute that a code belongs to, when it is one of those that count now."""
    digits = "".join(code.split())
    for counter in yield_hotp_counters_from_time():
        if format_hotp_value(hotp_value(secret, counter)) == digits:
            return counter
    return None
