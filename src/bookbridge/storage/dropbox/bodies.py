"""The body of an upload: decoded, measured and held against everything the client said of it."""

import hashlib
from collections.abc import Iterable, Iterator

from bookbridge.storage.dropbox import checksums
from bookbridge.storage.dropbox.chunks import ChunkedBody
from bookbridge.storage.dropbox.desk import Caller
from bookbridge.storage.dropbox.errors import S3Error
from bookbridge.storage.dropbox.request import Request
from bookbridge.storage.dropbox.signature import (
    STREAMING,
    STREAMING_SIGNED,
    STREAMING_SIGNED_TRAILER,
    UNSIGNED,
    SignedChunks,
)

_BEYOND = 2**60


class Upload:
    """`content()` gives the bytes and, at the end, raises when they are not what was announced.

    Everything that can be known before the first byte is checked at once, so that nobody sends gigabytes in vain.
    """

    def __init__(self, request: Request, caller: Caller, *, most: int, also: str | None = None) -> None:
        self._request = request
        self._caller = caller
        payload = caller.claim.payload
        self._chunked = payload in STREAMING
        self._sha256 = None if self._chunked or payload == UNSIGNED else payload
        self.announced = self._announced_size()
        if self.announced > most:
            raise checksums.too_large(most)
        self._content_md5 = checksums.content_md5(request.headers)
        self._given = checksums.given(request.headers)
        self._trailers = [
            name.strip().lower() for name in (request.header("x-amz-trailer") or "").split(",") if name.strip()
        ]
        if self._trailers and payload not in STREAMING - {STREAMING_SIGNED}:
            raise S3Error("InvalidRequest", "x-amz-trailer needs a STREAMING-…-TRAILER payload.")
        self.algorithm = self._algorithm()
        wanted = [name for name in (self.algorithm, also) if name]
        self.measured = checksums.Measured((), wanted)

    def _announced_size(self) -> int:
        name = "x-amz-decoded-content-length" if self._chunked else "content-length"
        size = self._request.whole_number(name, _BEYOND)
        if size is None:
            raise S3Error("MissingContentLength", f"You must provide the {name} HTTP header.")
        return size

    def _algorithm(self) -> str | None:
        """The checksum that the client sends, before or behind the body."""
        in_trailers = [name.removeprefix(checksums.PREFIX) for name in self._trailers]
        unknown = [name for name in in_trailers if name not in checksums.ALGORITHMS]
        if unknown:
            raise S3Error("InvalidRequest", "The value specified in the x-amz-trailer header is not supported")
        found = ([self._given[0]] if self._given else []) + in_trailers
        if len(found) > 1:
            raise S3Error("InvalidRequest", "Expecting a single x-amz-checksum- header or trailer. Send one.")
        named = self._request.header("x-amz-sdk-checksum-algorithm")
        if named and not found and not self._content_md5:
            message = (
                "x-amz-sdk-checksum-algorithm specified, but no corresponding checksum header or trailer was found."
            )
            raise S3Error("InvalidRequest", message)
        if named and found and checksums.known_algorithm(named) != found[0]:
            raise S3Error("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.")
        return found[0] if found else None

    def etag(self) -> str:
        """Of what has come in: the MD5 of the whole, as S3 makes it for a single upload."""
        return self.measured.md5.hex()

    def content(self) -> Iterator[bytes]:
        blocks: Iterable[bytes] = self._request.read()
        decoded: Iterable[bytes] = blocks
        chunks = None
        if self._chunked:
            signed = self._caller.claim.payload in (STREAMING_SIGNED, STREAMING_SIGNED_TRAILER)
            signer = SignedChunks(self._caller.claim, self._caller.grant.secret) if signed else None
            decoded = chunks = ChunkedBody(blocks, signer=signer, announced=self._trailers, decoded_size=self.announced)
        sha256 = hashlib.sha256() if self._sha256 else None
        self.measured = self.measured.over(decoded)
        for chunk in self.measured:
            if self.measured.size > self.announced:
                raise _wrong_size()
            if sha256:
                sha256.update(chunk)
            yield chunk
        self._check(sha256.hexdigest() if sha256 else None, chunks.trailers if chunks else {})

    def _check(self, sha256: str | None, trailers: dict[str, str]) -> None:
        if self.measured.size != self.announced:
            raise _wrong_size()
        if sha256 != self._sha256:
            message = "The provided 'x-amz-content-sha256' header does not match what was computed."
            raise S3Error("XAmzContentSHA256Mismatch", message)
        if self._content_md5 not in (None, self.measured.md5):
            raise S3Error("BadDigest", "The Content-MD5 you specified did not match what we received.")
        expected = self._given[1] if self._given else None
        for name, value in trailers.items():
            expected = checksums.decoded(name.removeprefix(checksums.PREFIX), value)
        if self.algorithm and expected != self.measured.checksum(self.algorithm):
            message = f"The {self.algorithm.upper()} you specified did not match the calculated checksum."
            raise S3Error("BadDigest", message)


def _wrong_size() -> S3Error:
    return S3Error(
        "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header."
    )


def check_short_body(request: Request, caller: Caller, longest: int) -> bytes:
    """The whole of a small body (XML), held against its signature and checksums like any other."""
    return b"".join(Upload(request, caller, most=longest).content())
