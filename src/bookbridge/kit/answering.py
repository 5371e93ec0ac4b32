"""What stopped a call, in the words of the contract: the same for every package."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bookbridge.documents import Problem
from bookbridge.kit.errors import (
    CannotMapError,
    LaterError,
    NotAllowedError,
    PackageError,
    RefusedError,
    SignInAgainError,
    UnreachableError,
)
from bookbridge.kit.outcomes import Later, LookUp, Outcome, Refused, SignInAgain, Unclear

T = TypeVar("T")

RETRY_AFTER_S = 10
"""Nothing has been sent and no call is lost by asking again soon: an outage is mostly a short one."""


def outcome(
    act: Callable[[], T],
    *,
    refused: Callable[[str], Problem],
    forbidden: Callable[[str], Problem],
    now: Callable[[], datetime],
) -> T | Outcome:
    """What `act` gives (an outcome, or what is still to be sent), or what the error means that it raises. `refused` and
    `forbidden` make a problem of the package's words. A ClaimLostError goes through."""
    try:
        return act()
    except CannotMapError as error:
        return Refused(error.problems)
    except RefusedError as error:
        return Refused((refused(error.words),))
    except NotAllowedError as error:
        return Refused((forbidden(str(error)),))
    except (SignInAgainError, LaterError, UnreachableError) as error:
        return waiting(error, now())


def look_up(act: Callable[[], LookUp], *, package: str, now: Callable[[], datetime]) -> LookUp:
    """What `act` gives, or what the error means: a package that can't be searched has said nothing about a document."""
    try:
        return act()
    except (CannotMapError, NotAllowedError) as error:
        return Unclear(f"{package} can't be searched: {error}")
    except (SignInAgainError, LaterError, UnreachableError) as error:
        return waiting(error, now())


def waiting(error: SignInAgainError | LaterError | UnreachableError, now: datetime) -> Later | SignInAgain | Unclear:
    if isinstance(error, SignInAgainError):
        return SignInAgain(str(error))
    if isinstance(error, LaterError):
        return Later(error.not_before, error.reason)
    return (
        Unclear(error.reason) if error.may_have_arrived else Later(now + timedelta(seconds=RETRY_AFTER_S), error.reason)
    )


def understood(package: str, make: Callable[[Any], T], record: Any) -> T:
    """What `make` makes of a record that was read. Raises UnreachableError for one that isn't as the package's facts
    say; the errors of kit.errors go through."""
    failure = ""
    try:
        return make(record)
    except PackageError:
        raise
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        failure = type(error).__name__
    raise UnreachableError(f"{package} sent a record that can't be understood ({failure})", may_have_arrived=False)


class SettingsReader:
    """Reads a package's settings; a missing right or licence on one list is normal, and the others are still of use."""

    def __init__(self, package: str) -> None:
        self._package = package
        self.unknown: list[str] = []
        """Names of the lists that the package wouldn't give."""

    def all(self, name: str, read: Callable[[], Iterable[Any]], make: Callable[[Any], T]) -> tuple[T, ...]:
        """Every record that `read` gives, understood. Raises the errors of kit.errors but for a refusal."""
        try:
            return tuple(understood(self._package, make, record) for record in read())
        except NotAllowedError:
            self.unknown.append(name)
            return ()
