"""Clocks that jump: libfaketime between a worker and the machine's clock. Only the time of day jumps, as on a real
machine; the monotonic clock goes on."""

import os
from pathlib import Path

_PLACES = ("/usr/lib/*/faketime", "/usr/lib/faketime", "/usr/lib64/faketime", "/usr/local/lib/faketime")
_NAME = "libfaketimeMT.so.1"
_SITE = Path(__file__).with_name("with_faketime")


def faketime_library() -> Path | None:
    """Where it is installed (Debian: libfaketime)."""
    for place in _PLACES:
        found = sorted(Path("/").glob(f"{place.lstrip('/')}/{_NAME}"))
        if found:
            return found[0]
    return None


class JumpingClock:
    """The clock of one worker, in a file that the library reads again and again."""

    def __init__(self, library: Path, file: Path) -> None:
        self._library = library
        self._file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        self.set_ahead(0)

    def set_ahead(self, seconds: int) -> None:
        # Whole or not at all: a file that is empty for a moment would be read as no time.
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n", encoding="ascii")
        fresh.replace(self._file)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PYTHONPATH": os.pathsep.join(filter(None, [str(_SITE), os.environ.get("PYTHONPATH", "")])),
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
