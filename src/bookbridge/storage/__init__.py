"""Object storage: inbox, archive and outbox in a local folder or an S3-compatible bucket."""

from bookbridge.storage.objects import Storage, StorageError, StoredObject, open_storage
from bookbridge.storage.places import archive_key, inbox_prefix, outbox_key, safe_file_name

__all__ = [
    "Storage",
    "StorageError",
    "StoredObject",
    "archive_key",
    "inbox_prefix",
    "open_storage",
    "outbox_key",
    "safe_file_name",
]
