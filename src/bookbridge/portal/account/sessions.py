"""Sessions end: after some time without a click, and after some hours in any case."""

import time
from collections.abc import Callable

from allauth.account.signals import user_logged_in
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.sessions.models import Session
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, parse_cookie
from django.utils import timezone

from bookbridge.organisations.client_address import client_address
from bookbridge.organisations.sessions import session_of

_BEGAN, _SEEN = "session_began", "session_seen"
_NOTED_EVERY_S = 60


class SessionAgeMiddleware:
    """Logs out whoever was away too long; notes once a minute that a session is in use."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = time.time()
            if _is_over(request, now):
                logout(request)
            elif now - request.session.get(_SEEN, 0) >= _NOTED_EVERY_S:
                _note(request, now)
        return self._get_response(request)


def _is_over(request: HttpRequest, now: float) -> bool:
    seen, began = request.session.get(_SEEN, now), request.session.get(_BEGAN, now)
    idle, lifetime = settings.ENVIRONMENT.session_idle_min * 60, settings.ENVIRONMENT.session_lifetime_h * 3600
    return bool(now - seen > idle or now - began > lifetime)


def _note(request: HttpRequest, now: float) -> None:
    request.session[_SEEN] = now
    request.session.setdefault(_BEGAN, now)
    UserSession.objects.filter(session_key=request.session.session_key).update(
        last_seen_at=timezone.now(), ip=client_address(request)
    )


def is_logged_in(cookies: str) -> bool:
    """Whether a Cookie header is that of a log-in."""
    return SESSION_KEY in session_of(parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME))


@receiver(user_logged_in)
def begin(request: HttpRequest, **_: object) -> None:
    """The clock of the new session starts; sessions of others that are over are cleared away."""
    request.session[_BEGAN] = request.session[_SEEN] = time.time()
    Session.objects.filter(expire_date__lt=timezone.now()).delete()


def end_all(user_id: int) -> int:
    """End every session of a user; how many there were."""
    found = list(UserSession.objects.filter(user_id=user_id))
    for session in found:
        session.end()
    return len(found)
