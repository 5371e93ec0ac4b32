"""The whole vocabulary between a connector and the engine. Any other thing a connector does is a bug of ours."""

from dataclasses import dataclass, field
from datetime import datetime

from bookbridge.documents import Problem


@dataclass(frozen=True, slots=True)
class Posted:
    """The package has taken the document now. `external_id` is the package's own lasting identity of it."""

    external_id: str
    external_number: str = ""
    notices: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    """The package held this very document before the call; it has been compared and nothing was made."""

    external_id: str
    external_number: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The package has definitely not taken the document, and a person must repair something."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing has been sent, or it was definitely not taken; try again at `not_before` (aware UTC)."""

    not_before: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class SignInAgain:
    """Nothing has been taken; the account must be authorised again by a person before anything else can be done."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """The package may or may not have taken the document. It must be looked up before anything is sent."""

    reason: str


Outcome = Posted | AlreadyThere | Refused | Later | SignInAgain | Unclear


@dataclass(frozen=True, slots=True)
class Found:
    """The package holds a document under our reference. `differences` names the fields that don't agree with ours."""

    external_id: str
    external_number: str = ""
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Absent:
    """The package was searched completely and does not hold the document."""

    searched: str = field(default="")


LookUp = Found | Absent | Later | SignInAgain | Unclear
