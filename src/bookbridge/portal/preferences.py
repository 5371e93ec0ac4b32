"""The user's language and time zone for the length of a request."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from bookbridge.organisations.models import User
from bookbridge.organisations.zones import known_zone

LANGUAGE_CODES = {code for code, _ in settings.LANGUAGES}


class PreferencesMiddleware:
    """Visitors keep the language of their browser; a user's own choice goes before it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            return self._get_response(request)
        language = user.language if user.language in LANGUAGE_CODES else settings.LANGUAGE_CODE
        request.LANGUAGE_CODE = language
        with translation.override(language), timezone.override(known_zone(user.time_zone)):
            response = self._get_response(request)
        response.headers["Content-Language"] = language
        return response
