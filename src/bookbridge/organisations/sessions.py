"""Sessions of browsers, of which the database knows no more than a hash of what the browser holds.

The table of sessions has no wall: it is read before anybody is known. Whoever could read it, by an injected query or
from a backup, would otherwise hold everybody's log-in, past every second factor.
"""

from hashlib import sha256

from django.conf import settings
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import get_random_string

_HASHED = "~"
"""How the keys begin that the database knows. No browser is given one."""
_LONGEST_KEY = 40


class SessionStore(DatabaseStore):
    """A session by what the browser holds, or by the key that the database knows it by."""

    secret: str | None = None
    """What the browser holds; None for a session that was loaded by its key."""

    def __init__(self, session_key: str | None = None) -> None:
        if session_key and not session_key.startswith(_HASHED):
            self.secret, session_key = session_key, _hashed(session_key)
        super().__init__(session_key)

    def _get_new_session_key(self) -> str:
        while True:
            secret = get_random_string(32, VALID_KEY_CHARS)
            key = _hashed(secret)
            if not self.exists(key):
                self.secret = secret
                return key


def session_of(cookie: str | None) -> SessionStore:
    """The session that a browser's cookie opens; a new one for none, and for a key out of the database."""
    return SessionStore(None if cookie and cookie.startswith(_HASHED) else cookie)


class HashedSessionMiddleware(SessionMiddleware):
    """Django's own, but for what stands in the cookie."""

    def process_request(self, request: HttpRequest) -> None:
        request.session = session_of(request.COOKIES.get(settings.SESSION_COOKIE_NAME))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response = super().process_response(request, response)
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie is not None and cookie.value:
            # Its other attributes stay.
            response.cookies[settings.SESSION_COOKIE_NAME] = request.session.secret
        return response


def _hashed(secret: str) -> str:
    return (_HASHED + sha256(secret.encode()).hexdigest())[:_LONGEST_KEY]
