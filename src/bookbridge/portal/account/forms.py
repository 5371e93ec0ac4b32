"""allauth's forms with our labels, and the rules that it lacks."""

from typing import Any

from allauth.account import forms as account
from allauth.account.internal.userkit import filter_users_by_email
from allauth.core import context, ratelimit
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as second_step
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import UserVerificationRequirement

from bookbridge.portal.account import mails
from bookbridge.portal.account.adapters import refuse_for_now
from bookbridge.portal.account.second_step import use_code_once

_LABELS = {
    "login": _("Mail address"),
    "email": _("Mail address"),
    "password": _("Password"),
    "oldpassword": _("Present password"),
    "password1": _("New password"),
    "password2": _("New password, once more"),
    "code": _("Code"),
    "name": _("Name of the passkey"),
    "passwordless": _("Log in with this passkey alone"),
}
_HELP = {
    "password1": _("At least 12 characters, not a common word or your own name. A sentence is good."),
    "passwordless": _("Then it stands for password and second step together, and asks for your finger, face or PIN."),
}


class _OurWords:
    """Our label on each field, and no text inside it that vanishes when one types."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, forms.Field] = self.fields  # type: ignore[attr-defined]
        for name, field in fields.items():
            field.label = _LABELS.get(name, field.label)
            field.help_text = _HELP.get(name, "")
            field.widget.attrs.pop("placeholder", None)
            if name == "code":
                field.widget.attrs["inputmode"] = "numeric"


class LogInForm(_OurWords, account.LoginForm):
    pass


class PasswordAgainForm(_OurWords, account.ReauthenticateForm):
    pass


class ChangePasswordForm(_OurWords, account.ChangePasswordForm):
    pass


class SetPasswordForm(_OurWords, account.SetPasswordForm):
    pass


class ResetPasswordForm(_OurWords, account.ResetPasswordKeyForm):
    pass


class AskResetForm(_OurWords, account.ResetPasswordForm):
    def save(self, request: HttpRequest, **kwargs: Any) -> str:  # noqa: ARG002 (allauth's form)
        """The same answer, after the same work, whether or not anybody has the address."""
        email: str = self.cleaned_data["email"]
        found = filter_users_by_email(email, is_active=True, for_login=True)
        mails.ask_for_reset(found[0] if found else None)
        return email


class _CodeOnce(_OurWords):
    """A code of an app works once, and a day has a limit of wrong ones."""

    user: Any
    cleaned_data: dict[str, Any]
    authenticator: Authenticator

    def clean_code(self) -> str:
        key = f"user-{self.user.pk}"
        if not ratelimit.consume(context.request, action="second_step", key=key):
            refuse_for_now()
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP and not use_code_once(self.authenticator.pk, code):
            raise get_adapter().validation_error("incorrect_code")
        ratelimit.clear(context.request, action="second_step", key=key)
        return code


class CodeForm(_CodeOnce, second_step.AuthenticateForm):
    pass


class CodeAgainForm(_CodeOnce, second_step.ReauthenticateForm):
    pass


class AddAppForm(_OurWords, totp.ActivateTOTPForm):
    pass


class AddPasskeyForm(_OurWords, webauthn.AddWebAuthnForm):
    pass


class PasskeyAloneForm(webauthn.LoginWebAuthnForm):
    """Taken only where finger, face or PIN was asked for.

    allauth keeps one state for every use of a passkey, and the page of the second step, where the password was given,
    leaves one there that asks for none of them.
    """

    def clean_credential(self) -> Authenticator:
        state = auth.get_state() or {}
        if state.get("user_verification") != UserVerificationRequirement.REQUIRED:
            raise get_adapter().validation_error("incorrect_code")
        authenticator: Authenticator = super().clean_credential()
        return authenticator


class NamePasskeyForm(_OurWords, webauthn.EditWebAuthnForm):
    pass
