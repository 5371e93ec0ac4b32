"""A rule for passwords that Django lacks."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

LONGEST = 128


class LongestPasswordValidator:
    """So that nobody has us hash megabytes; a sentence fits easily."""

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 (Django's form)
        if len(password) > LONGEST:
            said = gettext("This password is too long. It may have %(most)s characters.")
            raise ValidationError(said % {"most": LONGEST}, code="password_too_long")

    def get_help_text(self) -> str:
        return gettext("Your password may have %(most)s characters.") % {"most": LONGEST}
