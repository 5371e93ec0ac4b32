"""The file that came in, as the archive keeps it."""

from bookbridge.exchange.models import Delivery
from bookbridge.storage import open_storage

MOST_BYTES = 256 * 1024
"""Of its beginning: some thousand rows, enough to see whether a layout fits."""


def beginning_of(delivery: Delivery) -> tuple[bytes, bool]:
    """The first bytes of a file up to the end of a row, and whether there is more.

    Raises StorageError, and FileNotFoundError when it is no longer kept.
    """
    if not delivery.archive_key:
        raise FileNotFoundError(delivery.file_name)
    content = b""
    for chunk in open_storage().stream(delivery.archive_key):
        content += chunk
        if len(content) > MOST_BYTES:
            cut = content[:MOST_BYTES]
            return cut[: cut.rfind(b"\n") + 1] or cut, True
    return content, False
