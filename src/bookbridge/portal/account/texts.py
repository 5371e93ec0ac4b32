"""What allauth says to people, in our words."""

from django.utils.translation import gettext_lazy as _

_WRONG_LINK = _("This link has been used or is too old. Ask for a new one.")
_WRONG_CODE = _("This code is not right. Codes of an app change every half minute, and each works once.")

ERRORS = {
    "account_inactive": _("This account has been closed. Ask the operator of this installation."),
    "email_password_mismatch": _("The mail address or the password is not right."),
    "enter_current_password": _("This is not your present password."),
    "incorrect_password": _("This password is not right."),
    "incorrect_code": _WRONG_CODE,
    "invalid_or_expired_key": _WRONG_LINK,
    "invalid_login": _("The mail address or the password is not right."),
    "invalid_password_reset": _WRONG_LINK,
    "too_many_login_attempts": _("Too many tries. Wait a few minutes, then try again."),
    "rate_limited": _("Too many tries. Wait a few minutes, then try again."),
    "cannot_delete_authenticator": _("You need a second step at this installation. Add another one first."),
    "cannot_generate_recovery_codes": _("Recovery codes go with an app or a passkey. Add one of those first."),
}
MESSAGES = {
    "account/messages/password_changed.txt": _("Your password has been changed. Other browsers have been logged out."),
    "account/messages/password_set.txt": _("Your password has been set."),
    "mfa/messages/totp_activated.txt": _("The app is your second step from now on."),
    "mfa/messages/totp_deactivated.txt": _("The app is no longer your second step."),
    "mfa/messages/webauthn_added.txt": _("The passkey has been added."),
    "mfa/messages/webauthn_removed.txt": _("The passkey has been removed."),
    "mfa/messages/recovery_codes_generated.txt": _("You have new recovery codes. Earlier ones no longer work."),
    "usersessions/messages/sessions_logged_out.txt": _("You have been logged out everywhere else."),
}
"""The rest is said by the page itself."""
NOTICES = {
    "account/email/password_changed": _("Your password was changed."),
    "account/email/password_set": _("Your password was set."),
    "account/email/password_reset": _("Your password was changed with a link from a mail."),
    "mfa/email/totp_activated": _("An app was added as the second step of your log-in."),
    "mfa/email/totp_deactivated": _("The app was removed as the second step of your log-in."),
    "mfa/email/recovery_codes_generated": _("New recovery codes were made; the earlier ones no longer work."),
    "mfa/email/webauthn_added": _("A passkey was added to your log-in."),
    "mfa/email/webauthn_removed": _("A passkey was removed from your log-in."),
    "second_step/reset": _("The operator took the second step off your log-in. Your password alone is asked for now."),
}
"""Mails about changes that the user should know of when somebody else made them."""
