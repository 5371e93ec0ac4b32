"""Where allauth asks us: words, mails, the address of the client, limits, secrets at rest."""

from typing import Any, NoReturn

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import respond_429
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from bookbridge.organisations.client_address import client_address
from bookbridge.organisations.models import User
from bookbridge.organisations.secrets import decrypt, encrypt
from bookbridge.portal.account import mails, passkeys, texts
from bookbridge.portal.account.second_step import is_required_of, second_steps

_LIMITS = {"too_many_login_attempts", "rate_limited"}


class _Words:
    """Errors in our words; a limit that is reached answers with its own page, whichever form it was reached in."""

    error_messages: dict[str, Any]

    def validation_error(self, code: str, *args: Any) -> Any:
        if code in _LIMITS:
            refuse_for_now()
        return super().validation_error(code, *args)  # type: ignore[misc]


def refuse_for_now() -> NoReturn:
    raise ImmediateHttpResponse(respond_429(context.request))


class AccountAdapter(_Words, DefaultAccountAdapter):
    error_messages = {**DefaultAccountAdapter.error_messages, **texts.ERRORS}

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves: accounts of an organisation are made by its owner."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """By the account alone. allauth adds the host the browser named, and anybody can name ever new ports."""
        return f"log-in:{str(credentials.get('email', '')).strip().lower()}"

    def get_reset_password_from_key_url(self, key: str) -> str:
        return mails.reset_address(key)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        raise LookupError(f"there is no mail {template_prefix}")

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: Any = None, email: str | None = None
    ) -> None:
        mails.tell_of(template_prefix, user, self.get_client_ip(self.request))

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: Any = None,
        extra_tags: str = "",
        message: Any = None,
    ) -> None:
        said = message or texts.MESSAGES.get(message_template or "")
        if said:
            messages.add_message(request, level, said, extra_tags=extra_tags)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        words = {
            "reauthenticate": gettext("Your password"),
            "mfa_reauthenticate": gettext("A code of your app, or a recovery code"),
            "mfa_reauthenticate:webauthn": gettext("A passkey"),
        }
        methods = [
            {**method, "description": words[method["id"]]} for method in super().get_reauthentication_methods(user)
        ]
        if not passkeys.usable_at(context.request):
            methods = [method for method in methods if method["id"] != "mfa_reauthenticate:webauthn"]
        return methods


class SecondStepAdapter(_Words, DefaultMFAAdapter):
    error_messages = {**DefaultMFAAdapter.error_messages, **texts.ERRORS}

    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not the last second step of a user who must have one."""
        user = authenticator.user
        assert isinstance(user, User)
        return not is_required_of(user) or second_steps(user).exclude(pk=authenticator.pk).exists()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey %(number)d") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": passkeys.public_host(), "name": "Bookbridge"}

    def _get_site_name(self) -> str:
        return "Bookbridge"
