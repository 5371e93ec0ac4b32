"""Who may come in: who can read the home folder, and nobody else of this computer.

On a terminal server all users share 127.0.0.1. So the way in is a ticket in the home folder, which its user alone can
read: `bookbridge-agent screens` writes one, and the browser that brings it gets a cookie. A ticket serves once and not
for long, since an address stands in the list of processes, and in the browser's history.
"""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bookbridge_agent.home import Home
from bookbridge_agent.messages import AgentError
from bookbridge_agent.writing import write_whole

TICKET_LASTS_S = 600.0
COOKIE_LASTS_S = 365 * 24 * 3600


class Doors:
    """`clock` is in seconds since 1970, as the times of files are."""

    def __init__(self, home: Home, clock: Callable[[], float] = time.time) -> None:
        self._home = home
        self._clock = clock
        self._key = _key(home.folder / "screens.key")

    @property
    def cookie(self) -> str:
        """What a browser shows that came in once: it holds until the key is deleted."""
        return self._derived("cookie")

    @property
    def token(self) -> str:
        """What every form of ours carries, and no page of somebody else's can know."""
        return self._derived("form")

    def is_known(self, cookie: str | None) -> bool:
        return hmac.compare_digest((cookie or "").encode(), self.cookie.encode())

    def is_ours(self, token: str | None) -> bool:
        return hmac.compare_digest((token or "").encode(), self.token.encode())

    def use(self, ticket: str) -> bool:
        """Whether a ticket was written in the home folder a short while ago; it is used up by that."""
        path = ticket_path(self._home)
        try:
            age = self._clock() - path.stat().st_mtime
            written = path.read_bytes()
        except OSError:
            return False
        fits = hmac.compare_digest(ticket.encode(), written) and abs(age) < TICKET_LASTS_S
        if fits:
            with suppress(OSError):
                path.unlink()
        return fits

    def _derived(self, what: str) -> str:
        return hmac.new(self._key, what.encode(), hashlib.sha256).hexdigest()


def address_of(home: Home) -> str | None:
    """Where the screens of the agent that works with this home are; None while none does."""
    if not home.is_at_work():
        return None
    try:
        told: str = json.loads(home.screens.read_bytes())["address"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return told


def link(home: Home) -> str:
    """Opens the screens once. Raises AgentError when no agent runs: another program could have its port."""
    there = address_of(home)
    if there is None:
        raise AgentError("not_running")
    return f"{there}open/{write_ticket(home)}"


def write_ticket(home: Home) -> str:
    ticket = secrets.token_urlsafe(32)
    write_whole(ticket_path(home), [ticket.encode()], is_private=True)
    return ticket


def ticket_path(home: Home) -> Path:
    return home.folder / "screens.ticket"


def _key(path: Path) -> bytes:
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        found = b""
    if len(found) != 32:
        found = secrets.token_bytes(32)
        write_whole(path, [found], is_private=True)
    return found
