"""From bytes to physical lines: byte order marks, encodings, line ends, bounded memory whatever the bytes are."""

import re
from collections.abc import Generator, Iterator
from io import StringIO
from typing import BinaryIO, NamedTuple

CHUNK = 1 << 16
LONGEST_LINE = 1 << 20
"""A line of more bytes than this is no row of a bookkeeping file; its first part is kept, the rest is skipped."""
LONGEST_RAW = 1 << 16
START = 512
"""Bytes that tell what kind of file it is."""

_MARKS = ((b"\xef\xbb\xbf", "utf-8"),)

_CUT = "…\n(the rest is left out here)"
_LOST = re.compile("[\ud800-\udfff]")
# Letters of one code page, read with another, look like these in the midst of a word.
_CP850_AS_CP1252 = re.compile("[A-Za-z][‚ƒ„†‡ˆ‰Š‹”¡¢£¤](?=[A-Za-z])|[a-z][‚ƒ„†‡ˆ‰‹]")
_CP1252_AS_CP850 = re.compile("[A-Za-z][\u2500-\u259f]|[\u2500-\u259f][a-z]|[a-z][ÚÙÞþ³÷´Ý](?=[a-z\\W])")
_UTF8_AS_CP1252 = re.compile("Ã[\u0080-\u00bf\u0152-\u2122]|Â[\u0080-\u00bf]|â‚¬")
_UTF8_AS_CP850 = re.compile("├[\u0080-\uffff]")


class Block(NamedTuple):
    """Some thousand lines with their line ends."""

    lines: list[str]
    suspect: bool
    """Whether a line of it may be undecodable, cut, or hold a NUL."""


class Lines:
    """The lines of a stream, decoded, block by block; undecodable bytes become lone surrogates."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self.encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        self.start = b""
        """The first bytes, as they are."""
        self.too_long: set[int] = set()
        """The numbers of lines that were cut."""
        self._last_number = 0

    def blocks(self) -> Iterator[Block]:
        for block in self._blocks():
            suspect = self._last_number + 1 in self.too_long
            try:
                text = block.decode(self.encoding)
            except UnicodeDecodeError:
                suspect, text = True, block.decode(self.encoding, "surrogateescape")
            lines = list(StringIO(text, newline=""))
            self._last_number += len(lines)
            yield Block(lines, suspect or "\0" in text)

    def _blocks(self) -> Iterator[bytes]:
        """Whole lines, some 64 KB at a time."""
        held = self._first_chunk()
        while True:
            cut = max(held.rfind(b"\n"), held.rfind(b"\r", 0, max(len(held) - 1, 0))) + 1
            if cut:
                yield held[:cut]
                held = held[cut:]
            elif len(held) > LONGEST_LINE:
                held = yield from self._skip_line(held)
            more = self._stream.read(CHUNK)
            if not more:
                break
            held += more
        # Packages of the DOS era end a file with Ctrl-Z.
        held = held.rstrip(b"\x1a")
        if held:
            yield held

    def _first_chunk(self) -> bytes:
        chunk = self._stream.read(CHUNK)
        while 0 < len(chunk) < START:
            more = self._stream.read(CHUNK)
            if not more:
                break
            chunk += more
        self.start = chunk[:START]
        for mark, encoding in _MARKS:
            if chunk.startswith(mark):
                self.encoding = encoding
                return chunk[len(mark) :]
        return chunk

    def _skip_line(self, held: bytes) -> Generator[bytes, None, bytes]:
        """Gives the start of an endless line as a line and returns what follows the line's end."""
        self.too_long.add(self._last_number + 1)
        yield held[: LONGEST_RAW // 4] + b"\n"
        while True:
            more = self._stream.read(CHUNK)
            if not more:
                return b""
            ends = [place for place in (more.find(b"\n"), more.find(b"\r")) if place >= 0]
            if ends:
                return more[min(ends) + 1 :]


def shown(text: str, limit: int = 200) -> str:
    """The text as a page or a database can hold it: lost bytes and NUL made visible, bounded in length."""
    if not text.isprintable():
        text = _LOST.sub(lambda lost: f"\\x{ord(lost[0]) & 0xFF:02x}", text).replace("\0", "\u2400")
    return text if len(text) <= limit else text[:limit] + "…"


def bounded_raw(texts: list[str], cut: bool = False) -> str:
    raw = "".join(texts)
    if len(raw) > LONGEST_RAW:
        raw, cut = raw[:LONGEST_RAW], True
    raw = raw if raw.isascii() and "\0" not in raw else shown(raw, limit=LONGEST_RAW * 4)
    return raw + _CUT if cut else raw


def is_cut(raw: str) -> bool:
    """Whether a part of what was read is missing in such a text."""
    return raw.endswith(_CUT)


def lost_bytes(text: str) -> str | None:
    """The first byte that the encoding has no letter for, such as `0x81`."""
    lost = _LOST.search(text)
    return None if lost is None else f"0x{ord(lost[0]) & 0xFF:02X}"


def doubtful_encoding(text: str, encoding: str) -> tuple[str, str] | None:
    """A doubtful part and the encoding that would explain it; never acted upon, only told."""
    suspects = {
        "cp1252": ((_UTF8_AS_CP1252, "utf-8"), (_CP850_AS_CP1252, "cp850")),
        "latin-1": ((_UTF8_AS_CP1252, "utf-8"),),
        "cp850": ((_UTF8_AS_CP850, "utf-8"), (_CP1252_AS_CP850, "cp1252")),
    }
    for pattern, explanation in suspects.get(encoding, ()):
        if found := pattern.search(text):
            return text[max(found.start() - 8, 0) : found.end() + 8].strip(), explanation
    return None
