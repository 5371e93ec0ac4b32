"""What uploads leave behind when they break off: seen while it is fresh, removed when it isn't."""

from collections import defaultdict
from datetime import datetime, timedelta

from bookbridge.storage.dropbox import receipts
from bookbridge.storage.dropbox.names import INBOX, Home
from bookbridge.storage.objects import Storage, StoredObject
from bookbridge.storage.places import uploads_prefix

FRESH = timedelta(seconds=30)
"""An upload that has sent nothing for so long keeps nobody waiting."""
PARTIAL_FOR = timedelta(hours=1)
"""A single upload that is still going on writes all the time."""
UPLOAD_FOR = timedelta(days=1)
"""A multipart upload may pause between its parts, and ask for its answer again after it was completed."""
RECEIPT_FOR = timedelta(hours=1)
_DONE = "done.json"


def is_receiving(storage: Storage, home: Home, now: datetime) -> bool:
    """Whether something is on its way into the inbox."""
    return any(
        now - max(found.modified_at for found in group) < FRESH
        for group in _groups(storage, home).values()
        if not any(found.name == _DONE for found in group)
    )


def tidy(storage: Storage, home: Home, now: datetime) -> int:
    """Remove what abandoned uploads left, and receipts of files that were taken in; the number of removed objects."""
    removed = 0
    for name, group in _groups(storage, home).items():
        age = now - max(found.modified_at for found in group)
        if age > (PARTIAL_FOR if name.endswith(".partial") else UPLOAD_FOR):
            for found in group:
                storage.delete(found.key)
                removed += 1
            storage.remove_empty_folder(f"{_prefix(home)}/{name}")
    for found in list(storage.list(receipts.folder(home))):
        if now - found.modified_at > RECEIPT_FOR:
            name = receipts.name_in(storage, found.key)
            if name is None or not storage.exists(f"{home.box_prefix(INBOX)}{name}"):
                storage.delete(found.key)
                removed += 1
    return removed


def _prefix(home: Home) -> str:
    return uploads_prefix(home.organisation, home.integration)


def _groups(storage: Storage, home: Home) -> dict[str, list[StoredObject]]:
    """Everything that is being received, by upload."""
    groups: defaultdict[str, list[StoredObject]] = defaultdict(list)
    prefix = f"{_prefix(home)}/"
    for found in storage.list(_prefix(home)):
        groups[found.key.removeprefix(prefix).partition("/")[0]].append(found)
    return groups
