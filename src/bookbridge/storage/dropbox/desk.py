"""What the drop box asks of the rest of the house: who an access key is, and whom to tell what happened."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bookbridge.storage.dropbox.names import Home
from bookbridge.storage.dropbox.signature import Claim


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access key is good for."""

    access_key: str
    home: Home
    secret: str = field(repr=False)


class Desk(Protocol):
    def grant(self, access_key: str) -> Grant | None:
        """None for a key that never was and one that was revoked alike."""
        ...

    def may_try(self, address: str, access_key: str) -> bool:
        """Whether it has not been refused too often just now."""
        ...

    def refused(self, address: str, access_key: str) -> None:
        """The signature was wrong, or there is no such key."""
        ...

    def used(self, grant: Grant, address: str) -> None: ...

    def receiving(self, grant: Grant) -> AbstractContextManager[None]:
        """A file is coming in, and its neighbours may want to wait for it."""
        ...

    def arrived(self, grant: Grant, key: str) -> None:
        """A whole object is in the inbox."""
        ...

    def removed(self, grant: Grant, key: str) -> None:
        """An object that had not been taken in is gone from the inbox."""
        ...

    def lives(self, grant: Grant, key: str, sign: bytes) -> None:
        """An agent has left a sign of life, which is stored."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """`bucket` is the one name under which everything lies."""

    bucket: str = "bookbridge"
    most_bytes: int = 5 * 1024**3
    """Of one object."""
    most_uploads: int = 100
    """Multipart uploads that one integration may have open."""
    at_once: int = 8
    """Requests of one organisation that are under way at once, so that the others get their turn."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, proven."""

    grant: Grant
    claim: Claim
    now: datetime
    confirm: Callable[[], object]
    """Raises InvalidAccessKeyId when the key has been revoked since."""

    @property
    def home(self) -> Home:
        return self.grant.home
