"""File masks: regular expressions that are searched in a file's name, whatever its capitals. Pure.

A mask comes from a person, and Python's expressions can take for ever on an unlucky name. So what makes them do that is
refused when a mask is saved: a repetition of what has several ways to match, looking around, referring back, and more
ways in all than three open repetitions have. A thread that watches the time would be no help: matching holds the
interpreter, and can't be stopped.

Python has no public way to look at an expression's parts. What is used here of its inner one may change with a version
of Python: a part that isn't known here is refused, so that a change shows as a mask that can't be saved.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from bookbridge_agent.messages import AgentError
from bookbridge_agent.names import LONGEST_NAME

LONGEST = 200
MOST_WAYS = 201**3
KINDS = ("fmuta6", "creditor", "debtor")
DEFAULTS = {"fmuta6": r"^fmuta6.*\.csv$", "creditor": r"^credit.*\.csv$", "debtor": r"^debit.*\.csv$"}
_ENTRIES = "fmuta6"
_REPEATS = (constants.MAX_REPEAT, constants.MIN_REPEAT, constants.POSSESSIVE_REPEAT)
_ONE_WAY = (constants.LITERAL, constants.NOT_LITERAL, constants.ANY, constants.IN, constants.AT)


@dataclass(frozen=True)
class Masks:
    """One mask for each kind of file. Raises AgentError for one that can't be used."""

    patterns: Mapping[str, str]

    def __post_init__(self) -> None:
        if any(not self.patterns.get(kind) for kind in KINDS):
            raise AgentError("mask_empty", kinds=", ".join(kind.upper() for kind in KINDS))
        for kind in KINDS:
            check(self.patterns[kind])

    def kind_of(self, name: str) -> str | None:
        """The first kind whose mask is found in the name."""
        return next((kind for kind in KINDS if found_in(self.patterns[kind], name)), None)

    def rank_of(self, name: str) -> int:
        """Relations go before the entries that need them."""
        return 1 if self.kind_of(name) == _ENTRIES else 0


def found_in(mask: str, name: str) -> bool:
    """Whether a mask that was checked takes a name."""
    return re.search(mask, name[:LONGEST_NAME], re.IGNORECASE) is not None


def check(mask: str) -> None:
    """Raises AgentError with the reason."""
    if len(mask) > LONGEST:
        raise AgentError("mask_too_long", most=LONGEST)
    try:
        parsed = parser.parse(mask, re.IGNORECASE)
        re.compile(mask, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise AgentError("mask_wrong", mask=mask, reason=error) from None
    if _ways(parsed) > MOST_WAYS:
        raise AgentError("mask_too_free", mask=mask)


def _ways(part: Any) -> float:
    """In how many ways a part could be tried at one place of a name, at most; infinite where they multiply."""
    return math.prod(_ways_of(operation, argument) for operation, argument in part)


def _ways_of(operation: Any, argument: Any) -> float:
    if operation in _ONE_WAY:
        return 1
    if operation in _REPEATS:
        least, most, inner = argument
        ways = _ways(inner)
        if most > 1 and ways > 1:
            return math.inf
        return ways * int(min(most, LONGEST_NAME) - min(least, LONGEST_NAME) + 1)
    if operation is constants.BRANCH:
        return sum(_ways(branch) for branch in argument[1])
    if operation is constants.SUBPATTERN:
        return _ways(argument[-1])
    # Looking around, referring back, and whatever a later Python may bring.
    return _ways(argument) if operation is constants.ATOMIC_GROUP else math.inf
