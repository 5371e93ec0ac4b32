"""Which files of an inbox may be taken now, and in which order their formats are sent. Pure."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

DEFAULT_PROFILES = {"debitr": "debitr_globe53", "credit": "credit_globe51", "fmuta6": "fmuta6_globe40"}
"""Format → layout profile, in the order of sending: relations before the entries that need them."""

LONGEST_WAIT_FOR_OTHERS = timedelta(seconds=30)
"""A file that is still being written holds back its neighbours for so long, since it may hold their customers."""

_UNFINISHED = (".tmp", ".part", ".filepart", ".crdownload")


class _InboxFile(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def key(self) -> str: ...

    @property
    def modified_at(self) -> datetime: ...


Found = TypeVar("Found", bound=_InboxFile)


def ready_files(
    inbox: Iterable[Found],
    now: datetime,
    quiet: timedelta,
    complete: Collection[str] = (),
    *,
    others_are_coming: Callable[[], bool] = lambda: False,
) -> Sequence[Found]:
    """Files that have been unchanged for `quiet`, or whose keys are among the `complete` ones, oldest first.

    None while a neighbour is still being written in the inbox or, by `others_are_coming`, on its way into it.
    """
    visible = [found for found in inbox if not _is_unfinished(found.name)]
    settled = [found for found in visible if found.key in complete or now - found.modified_at >= quiet]
    if not settled:
        return []
    waits = now - min(found.modified_at for found in settled) < LONGEST_WAIT_FOR_OTHERS
    if waits and (len(settled) < len(visible) or others_are_coming()):
        return []
    return sorted(settled, key=lambda found: (found.modified_at, found.key))


def settled_at(inbox: Iterable[Found], now: datetime, quiet: timedelta) -> datetime | None:
    """The moment at which every file will have been unchanged for `quiet`; None when that has passed."""
    moments = [found.modified_at + quiet for found in inbox if not _is_unfinished(found.name)]
    latest = max(moments, default=now)
    # A file from the future, by the clock of who wrote it, is none to wait for exactly.
    return latest if now < latest <= now + quiet else None


def _is_unfinished(name: str) -> bool:
    # Programs that upload write under such names and rename when the file is whole.
    return name.startswith((".", "~")) or name.lower().endswith(_UNFINISHED)
