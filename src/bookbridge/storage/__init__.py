"""Object storage: inbox, archive and outbox in a local folder or an S3-compatible bucket."""

from bookbridge.storage.objects import Storage, StorageError, StorageFullError, StoredObject, open_storage
from bookbridge.storage.places import (
    archive_key,
    archive_prefix,
    inbox_prefix,
    outbox_key,
    receipt_key,
    safe_file_name,
    uploads_prefix,
)

__all__ = [
    "Storage",
    "StorageError",
    "StorageFullError",
    "StoredObject",
    "archive_key",
    "archive_prefix",
    "inbox_prefix",
    "open_storage",
    "outbox_key",
    "receipt_key",
    "safe_file_name",
    "uploads_prefix",
]
