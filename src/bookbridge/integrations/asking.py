"""Who asks the database: this thread itself, or the one that does so for all threads of a run."""

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Ask(Protocol):
    """Has something done in a thread that may ask the database; gives its result, raises what it raises."""

    def __call__(self, act: Callable[[], T], /) -> T: ...


def at_once(act: Callable[[], T], /) -> T:
    """In this very thread."""
    return act()
