"""python -m tests.formats.hostile NAME: read one hostile file and print what came of it and the peak of memory."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path

from bookbridge.formats import Summary, load_profile, read_documents
from tests.formats.rows import sample

MB = 1 << 20
_PIECE = 1 << 16


class Pieces(io.RawIOBase):
    """A file that is made while it is read, so that only the reader can hold all of it."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        taken, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


def _much(piece: bytes, size: int) -> Iterator[bytes]:
    times = max(_PIECE // len(piece), 1)
    return repeat(piece * times, size // (len(piece) * times))


_SOUND = sample("fmuta6.csv")
FILES: dict[str, Callable[[], Iterator[bytes]]] = {
    "rows of a word": lambda: chain([_SOUND], _much(b"text\r\n", MB)),
    "a line of 50 MB without an end": lambda: chain([_SOUND], _much(b"x", 50 * MB)),
    "a quote that is never closed": lambda: chain([_SOUND, b'"0","V","'], _much(b"text\r\n", MB)),
    "a row of a million columns": lambda: chain([_SOUND], _much(b",", MB - 10), [b"\r\n", _SOUND]),
    "rows of a hundred thousand filled columns": lambda: chain([_SOUND], repeat(b"12345," * 100_000 + b"\r\n", 10)),
    "a lost comma in every column": lambda: chain([_SOUND], repeat(b'0"",' * 50_000 + b"\r\n", 5)),
    "an entry without an end": lambda: chain([_SOUND], repeat(_SOUND.splitlines(keepends=True)[1] * 100, 300)),
    "nothing but NUL": lambda: _much(b"\0", 30 * MB),
    "NUL in every row": lambda: chain([_SOUND], _much(b'0,"V","\0"\r\n', MB)),
    "UTF-16": lambda: chain(["\ufeff".encode("utf-16-le")], _much("0,V\r\n".encode("utf-16-le"), 10 * MB)),
    "blank lines": lambda: chain([_SOUND], _much(b"\r\n", 4 * MB)),
    "nothing but carriage returns": lambda: chain([_SOUND], _much(b"\r", MB)),
    "a gzip of zeros": lambda: chain([b"\x1f\x8b\x08\0\0\0\0\0\0\x03"], _much(b"\0\xff", 20 * MB)),
}


def main(name: str) -> None:
    summary = Summary(file_name="f.csv")
    codes: set[str] = set()
    longest = 0
    for result in read_documents(io.BufferedReader(Pieces(FILES[name]())), load_profile("fmuta6_globe40"), "f.csv"):
        summary.add(result)
        codes |= {problem.code for problem in getattr(result, "problems", ())}
        longest = max(longest, len(result.raw))
    told = {
        "documents": summary.documents,
        "rows": summary.rows,
        "codes": sorted(codes),
        "longest_raw": longest,
        "peak_mb": _peak_mb(),
    }
    sys.stdout.write(json.dumps(told))


def _peak_mb() -> int:
    # getrusage would count what the process that started this one held.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


if __name__ == "__main__":
    main(sys.argv[1])
