"""Bodies in `aws-chunked` form: chunks with or without signatures, and checksums behind them as trailers.

The lines end in CR LF, and an empty one is the end:

5;chunk-signature=…
hello
0;chunk-signature=…
x-amz-checksum-crc32:…
x-amz-trailer-signature:…
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from bookbridge.storage.dropbox.errors import S3Error

LONGEST_LINE = 1024
LONGEST_TRAILERS = 8 * 1024
LARGEST_CHUNK = 2**34
_HEAD = re.compile(rb"([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?")
_TRAILER = re.compile(r"([A-Za-z0-9-]{1,64})[ \t]*:[ \t]*([\x21-\x7e][\x20-\x7e]{0,255}?)[ \t]*")
TRAILER_SIGNATURE = "x-amz-trailer-signature"


class ChunkSigner(Protocol):
    """Holds each chunk's signature against the one before it."""

    def check_chunk(self, sha256_hex: str, signature: str) -> None: ...

    def check_trailers(self, canonical: bytes, signature: str) -> None: ...


class ChunkedBody:
    """Decodes while it is iterated; afterwards `trailers` are those that came, every signature checked."""

    def __init__(
        self,
        blocks: Iterable[bytes],
        *,
        signer: ChunkSigner | None,
        announced: Iterable[str] = (),
        decoded_size: int | None = None,
    ) -> None:
        self._source = _Source(blocks)
        self._signer = signer
        self._announced = frozenset(announced)
        self._decoded_size = decoded_size
        self.trailers: dict[str, str] = {}

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        while True:
            length, signature = self._head()
            size += length
            if self._decoded_size is not None and size > self._decoded_size:
                raise _wrong_size()
            yield from self._data(length, signature)
            if length == 0:
                break
            self._source.expect_line_end()
        if self._decoded_size not in (None, size):
            raise _wrong_size()
        self._read_trailers()
        self._source.expect_end()

    def _head(self) -> tuple[int, str | None]:
        found = _HEAD.fullmatch(self._source.line())
        if found is None:
            raise _malformed("a chunk begins with its size in hexadecimal")
        if (found[2] is not None) != (self._signer is not None):
            raise _malformed("chunks carry a signature exactly when x-amz-content-sha256 says so")
        length = int(found[1], 16)
        if length > LARGEST_CHUNK:
            raise _malformed("a chunk is too large")
        return length, found[2].decode() if found[2] else None

    def _data(self, length: int, signature: str | None) -> Iterator[bytes]:
        if self._signer is None:
            yield from self._source.take(length)
            return
        digest = hashlib.sha256()
        for piece in self._source.take(length):
            digest.update(piece)
            yield piece
        self._signer.check_chunk(digest.hexdigest(), signature or "")

    def _read_trailers(self) -> None:
        """Lines up to an empty one, or up to the end: some clients leave the empty one out."""
        lines: list[tuple[str, str]] = []
        length, signature = 0, None
        while line := self._source.line(may_end=True):
            length += len(line)
            found = _TRAILER.fullmatch(line.decode("latin-1"))
            if found is None or length > LONGEST_TRAILERS:
                raise S3Error("MalformedTrailerError", "The request contained trailing data that was not well-formed.")
            name = found[1].lower()
            if name == TRAILER_SIGNATURE:
                signature = found[2]
            else:
                lines.append((name, found[2]))
        self.trailers = dict(lines)
        if set(self.trailers) != self._announced or len(lines) != len(self.trailers):
            raise S3Error("MalformedTrailerError", "The trailers are not those that x-amz-trailer names.")
        if self._signer is not None and self._announced:
            canonical = "".join(f"{name}:{value}\n" for name, value in lines).encode("latin-1")
            self._signer.check_trailers(canonical, signature or "")


def _malformed(why: str) -> S3Error:
    return S3Error("InvalidRequest", f"The aws-chunked body is malformed: {why}.")


def _wrong_size() -> S3Error:
    return S3Error("IncompleteBody", "The body's size is not what x-amz-decoded-content-length says.")


class _Source:
    """Bytes by line and by number, from blocks of any size."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._block = b""
        self._at = 0

    def _more(self) -> bool:
        """Whether there is something unread in the block at hand; fetches the next one when not."""
        while self._at >= len(self._block):
            block = next(self._blocks, None)
            if block is None:
                return False
            self._block, self._at = block, 0
        return True

    def line(self, *, may_end: bool = False) -> bytes:
        """Up to CR LF, without it. With `may_end` the end of the body ends the line too."""
        kept = bytearray()
        while self._more():
            end = self._block.find(b"\n", self._at)
            stop = len(self._block) if end < 0 else end + 1
            if len(kept) + stop - self._at > LONGEST_LINE:
                raise _malformed("a line is too long")
            kept += self._block[self._at : stop]
            self._at = stop
            if end >= 0:
                if not kept.endswith(b"\r\n"):
                    raise _malformed("a line ends in CR LF")
                return bytes(kept[:-2])
        if may_end and not kept:
            return b""
        raise S3Error("IncompleteBody", "The body ended before its last chunk.")

    def take(self, length: int) -> Iterator[bytes]:
        while length:
            if not self._more():
                raise S3Error("IncompleteBody", "The body ended in the middle of a chunk.")
            piece = self._block[self._at : self._at + length]
            self._at += len(piece)
            length -= len(piece)
            yield piece

    def expect_line_end(self) -> None:
        if b"".join(self.take(2)) != b"\r\n":
            raise _malformed("a chunk ends in CR LF")

    def expect_end(self) -> None:
        if self._more():
            raise _malformed("something follows its end")
