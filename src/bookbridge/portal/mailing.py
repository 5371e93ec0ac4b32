"""A mail to a user: in the user's language and time zone, as plain text, with a subject of one line."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone, translation

from bookbridge.organisations.models import User
from bookbridge.organisations.zones import known_zone

LONGEST_SUBJECT = 150
_NOT_PRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
"""Line ends and other controls, and what turns the direction of a text around."""


@contextmanager
def in_the_words_of(user: User) -> Iterator[None]:
    """Within it, texts are in the user's language and moments at the user's clock."""
    known = {code for code, _ in settings.LANGUAGES}
    language = user.language if user.language in known else settings.LANGUAGE_CODE
    with translation.override(language), timezone.override(known_zone(user.time_zone)):
        yield


def one_line(text: str, most: int) -> str:
    """A text of others as part of one line: nothing in it begins another line or header."""
    line = " ".join(_NOT_PRINTED.sub(" ", text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def send(
    user: User, subject: str, template: str, said: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> None:
    """Send now; raises what the mail server's connection raises."""
    body = render_to_string(template, {"user": user, "portal": settings.ENVIRONMENT.public_url, **said})
    EmailMessage(one_line(subject, LONGEST_SUBJECT), body, to=[user.email], headers=dict(headers or {})).send()
