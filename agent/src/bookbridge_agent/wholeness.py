"""When a file is whole. Pure: what was seen and the time come in, names come out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

_LINE_ENDS = (b"\n", b"\r", b"\n\x00", b"\r\x00")
_END_OF_FILE = b"\x1a"
"""What some programs of the DOS time still write behind the last line."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as one look found it."""

    size: int
    changed_ns: int


@dataclass(frozen=True, slots=True)
class _Since:
    seen: Seen
    at: float


class Wholeness:
    """Remembers since when each file looks as it does.

    A file is whole when two looks that lie at least `settle_s` apart found it the same and its last row has an end;
    without an end when it has been the same for `unfinished_s`: some programs write none. Times are seconds of a clock
    that nobody sets, so that a jump of the computer's does no harm.
    """

    def __init__(self, settle_s: float, unfinished_s: float) -> None:
        self._settle_s = settle_s
        self._unfinished_s = max(unfinished_s, settle_s)
        self._since: dict[str, _Since] = {}
        self._looked_at = 0.0

    def look(self, files: Mapping[str, Seen], now: float, ends_whole: Callable[[str], bool]) -> list[str]:
        """The names that are whole, in the order of their last change. `ends_whole` reads the end of a file."""
        self._looked_at = now
        self._since = {name: self._still(name, seen, now) for name, seen in files.items()}
        whole = [name for name, since in self._since.items() if self._is_whole(name, since, now, ends_whole)]
        return sorted(whole, key=lambda name: (files[name].changed_ns, name))

    def _still(self, name: str, seen: Seen, now: float) -> _Since:
        known = self._since.get(name)
        return known if known is not None and known.seen == seen else _Since(seen, now)

    def _is_whole(self, name: str, since: _Since, now: float, ends_whole: Callable[[str], bool]) -> bool:
        quiet = now - since.at
        if quiet < self._settle_s:
            return False
        return quiet >= self._unfinished_s or (since.seen.size > 0 and ends_whole(name))

    def seconds_until_next(self, now: float) -> float | None:
        """Until a look can find one more whole than the last look did; None when nothing is waited for."""
        moments = [
            since.at + wait
            for since in self._since.values()
            for wait in (self._settle_s, self._unfinished_s)
            if since.at + wait > self._looked_at
        ]
        return max(min(moments) - now, 0.0) if moments else None


def has_line_end(end: bytes) -> bool:
    """Whether the last bytes of a file end a line, in any of the encodings that programs export in."""
    return end.rstrip(_END_OF_FILE).endswith(_LINE_ENDS)
