"""A request as the protocol sees it, whatever server it came through. Nothing here trusts it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote, unquote_to_bytes

from bookbridge.storage.dropbox.errors import S3Error

MOST_QUERY = 8192
MOST_PARAMETERS = 100


@dataclass(frozen=True)
class Request:
    """`path` and `query` are as they came, percent signs and all; `headers` have lower-case names."""

    method: str
    path: bytes
    query: bytes
    headers: Mapping[str, str]
    address: str = ""
    scheme: str = "http"
    read: Callable[[], Iterable[bytes]] = field(default=lambda: ())
    """The body, in blocks of any size; may be asked for once."""

    @cached_property
    def decoded_path(self) -> str:
        return _text(unquote_to_bytes(self.path))

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """The query as it was meant. Signature and meaning are both taken from here, so that they can't differ."""
        if len(self.query) > MOST_QUERY or self.query.count(b"&") >= MOST_PARAMETERS:
            raise S3Error("InvalidURI", "The query is too long.")
        parts = [part.partition(b"=") for part in self.query.split(b"&") if part]
        return [(_text(unquote_to_bytes(name)), _text(unquote_to_bytes(value))) for name, _, value in parts]

    @cached_property
    def parameters(self) -> dict[str, str]:
        found = dict(self.pairs)
        if len(found) != len(self.pairs):
            raise S3Error("InvalidArgument", "A query parameter came twice.")
        return found

    @property
    def bucket(self) -> str:
        return self.decoded_path.lstrip("/").partition("/")[0] if self.decoded_path.startswith("/") else ""

    @property
    def key(self) -> str:
        """Without the slash before it; an object's key may begin with one, so only one is taken off."""
        return self.decoded_path.removeprefix("/").partition("/")[2]

    def header(self, name: str) -> str | None:
        return self.headers.get(name)

    def whole_number(self, name: str, most: int) -> int | None:
        """A header that holds a size."""
        text = self.headers.get(name)
        if text is None:
            return None
        if not re.fullmatch(r"[0-9]{1,18}", text):
            raise S3Error("InvalidArgument", f"{name} holds no size.", ArgumentName=name, ArgumentValue=text[:40])
        return min(int(text), most)

    def content(self, longest: int) -> bytes:
        """The whole of a short body."""
        kept = bytearray()
        for block in self.read():
            kept += block
            if len(kept) > longest:
                raise S3Error("MaxMessageLengthExceeded", "Your request was too big.")
        expected = self.whole_number("content-length", 2**60)
        if expected not in (None, len(kept)):
            raise S3Error("IncompleteBody", "You did not provide the number of bytes specified by Content-Length.")
        return bytes(kept)


@dataclass
class Answer:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | Iterator[bytes] = b""
    length: int | None = None
    """The size of a streamed body, or of the one that a HEAD leaves out."""


def normal_quote(text: str, *, safe: str = "-_.~") -> str:
    return quote(text.encode(), safe=safe)


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise S3Error("InvalidURI", "Couldn't parse the specified URI: it is not UTF-8.") from None
