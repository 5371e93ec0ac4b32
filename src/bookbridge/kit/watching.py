"""Tells whoever watches (metrics, traces) of the parts of the work, and costs next to nothing while nobody does.

    with watching.part("package_call", package="exact_online") as facts:
        facts["status"] = call().status

A watcher gets no content and no name: facts are codes, numbers and ids.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

Facts = dict[str, Any]
Watcher = Callable[[str, Facts], AbstractContextManager[object]]
"""Called at the beginning of a part; the facts are complete at its end."""

_watchers: tuple[Watcher, ...] = ()


def add(watcher: Watcher) -> Callable[[], None]:
    """Tell this one from here on, until what is returned is called."""
    global _watchers  # noqa: PLW0603 - one process is watched as one.
    _watchers = (*_watchers, watcher)

    def remove() -> None:
        global _watchers  # noqa: PLW0603
        _watchers = tuple(each for each in _watchers if each is not watcher)

    return remove


@contextmanager
def part(name: str, /, **facts: Any) -> Iterator[Facts]:
    """A part of the work; what it learns on its way it writes into the facts."""
    with ExitStack() as stack:
        for watcher in _watchers:
            stack.enter_context(watcher(name, facts))
        yield facts
