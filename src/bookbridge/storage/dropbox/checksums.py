"""Checksums that clients send and ask for, of a whole object and of the parts of one."""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from bookbridge.storage.dropbox.errors import S3Error

PREFIX = "x-amz-checksum-"
FULL_OBJECT, COMPOSITE = "FULL_OBJECT", "COMPOSITE"


class Hasher(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc:
    """A cyclic redundancy check that goes on from its last value."""

    def __init__(self, step: Callable[[bytes, int], int], size: int) -> None:
        self._step, self._size, self._value = step, size, 0

    def update(self, data: bytes) -> None:
        self._value = self._step(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


def _crc32c() -> Hasher:
    # Imported on first use: the library is large, and most clients send CRC32.
    from awscrt.checksums import crc32c

    return _Crc(crc32c, 4)


def _crc64nvme() -> Hasher:
    from awscrt.checksums import crc64nvme

    return _Crc(crc64nvme, 8)


ALGORITHMS: dict[str, Callable[[], Hasher]] = {
    "crc32": lambda: _Crc(zlib.crc32, 4),
    "crc32c": _crc32c,
    "crc64nvme": _crc64nvme,
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
}
SIZES = {"crc32": 4, "crc32c": 4, "crc64nvme": 8, "sha1": 20, "sha256": 32}


def checksum_type(algorithm: str, asked: str | None) -> str:
    """How the checksum of a multipart upload is made; S3 allows only some pairs."""
    kind = (asked or (FULL_OBJECT if algorithm == "crc64nvme" else COMPOSITE)).upper()
    allowed = {"crc64nvme": (FULL_OBJECT,), "sha1": (COMPOSITE,), "sha256": (COMPOSITE,)}
    if kind not in allowed.get(algorithm, (FULL_OBJECT, COMPOSITE)):
        raise S3Error("InvalidRequest", f"The {kind} checksum type can't be used with the {algorithm} algorithm.")
    return kind


def known_algorithm(name: str) -> str:
    if name.lower() not in ALGORITHMS:
        raise S3Error("InvalidRequest", "Checksum algorithm provided is unsupported. Please try again with another.")
    return name.lower()


def given(headers: Mapping[str, str]) -> tuple[str, bytes] | None:
    """The one checksum that came with the headers: algorithm and value."""
    found = {name: headers[PREFIX + name] for name in ALGORITHMS if PREFIX + name in headers}
    if len(found) > 1:
        raise S3Error("InvalidRequest", "Expecting a single x-amz-checksum- header. Send one.")
    for name, text in found.items():
        return name, decoded(name, text)
    return None


def decoded(algorithm: str, text: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != SIZES[algorithm]:
        raise S3Error("InvalidRequest", f"Value for {PREFIX}{algorithm} header is invalid.")
    return value


def content_md5(headers: Mapping[str, str]) -> bytes | None:
    text = headers.get("content-md5")
    if text is None:
        return None
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != 16:
        raise S3Error("InvalidDigest", "The Content-MD5 you specified was invalid.")
    return value


def encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


class Measured:
    """Passes a stream on and measures it: size, MD5 and whatever else was asked for."""

    def __init__(self, chunks: Iterable[bytes], algorithms: Iterable[str] = ()) -> None:
        self._chunks = chunks
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._hashers = {name: ALGORITHMS[name]() for name in dict.fromkeys(algorithms)}

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.size += len(chunk)
            self._md5.update(chunk)
            for hasher in self._hashers.values():
                hasher.update(chunk)
            yield chunk

    def over(self, chunks: Iterable[bytes]) -> "Measured":
        """The same measure of another stream."""
        return Measured(chunks, self._hashers)

    @property
    def md5(self) -> bytes:
        return self._md5.digest()

    def checksum(self, algorithm: str) -> bytes:
        return self._hashers[algorithm].digest()


def too_large(most: int) -> S3Error:
    message = f"Your proposed upload exceeds the maximum allowed size of {most} bytes; send it in smaller files."
    return S3Error("EntityTooLarge", message, MaxSizeAllowed=most)


def composite(algorithm: str, parts: Iterable[bytes]) -> str:
    """The checksum of the parts' checksums, with the number of parts behind a dash."""
    hasher, number = ALGORITHMS[algorithm](), 0
    for part in parts:
        hasher.update(part)
        number += 1
    return f"{encoded(hasher.digest())}-{number}"


def composite_etag(md5s: Iterable[bytes]) -> str:
    every = list(md5s)
    return f"{hashlib.md5(b''.join(every), usedforsecurity=False).hexdigest()}-{len(every)}"
