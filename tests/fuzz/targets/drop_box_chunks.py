"""Bodies in `aws-chunked` form, split anywhere: decoded as a second reading of the format says, or refused."""

from bookbridge.storage.dropbox.chunks import ChunkedBody
from bookbridge.storage.dropbox.errors import S3Error

SEEDS = [
    b"\x05" + b"5\r\nhello\r\n0\r\n\r\n",
    b"\x01" + b"5\r\nhello\r\n3\r\nyou\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
    b"\x40" + b"A\r\n0123456789\r\n0\r\nx-amz-checksum-crc32: NhCmhg==\r\n\r\n",
    b"\x03" + b"0\r\n\r\n",
    b"\x02" + b"5;chunk-signature=" + b"0" * 64 + b"\r\nhello\r\n0;chunk-signature=" + b"0" * 64 + b"\r\n\r\n",
]
INSTRUMENTED = ("bookbridge.storage.dropbox.chunks",)
TRAILER = "x-amz-checksum-crc32"


def check(data: bytes) -> None:
    """The first byte says into how long pieces the rest is cut."""
    size, body = (data[0] or 1) if data else 1, data[1:]
    results = [_decoded(body, size, announced) for announced in ((), (TRAILER,))]
    for announced, found in zip(((), (TRAILER,)), results, strict=True):
        assert found == _decoded(body, len(body) or 1, announced), "it depends on where the body is split"
        if found is not None:
            assert found == _read_slowly(body)


def _decoded(body: bytes, size: int, announced: tuple[str, ...]) -> bytes | None:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    try:
        decoded = b"".join(ChunkedBody(pieces, signer=None, announced=announced))
    except S3Error:
        return None
    assert len(decoded) <= len(body)
    return decoded


def _read_slowly(body: bytes) -> bytes:
    """The format once more, from the beginning and without streaming."""
    whole, rest = b"", body
    while True:
        head, _, rest = rest.partition(b"\r\n")
        length = int(head, 16)
        if length == 0:
            return whole
        whole, rest = whole + rest[:length], rest[length + 2 :]
