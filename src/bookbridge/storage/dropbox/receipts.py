"""What the drop box remembers of an object it received: ETag, checksums and metadata, which a folder can't keep.

A file in the inbox is taken in within moments, while some clients look right after the upload whether it is there. For
a while the receipt answers for it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from bookbridge.storage.dropbox.checksums import FULL_OBJECT, PREFIX
from bookbridge.storage.dropbox.errors import S3Error
from bookbridge.storage.dropbox.names import INBOX, Home, Place, is_too_long
from bookbridge.storage.objects import Storage, StorageError, StoredObject
from bookbridge.storage.places import receipt_key

ANSWERS_FOR = timedelta(minutes=15)
MOST_METADATA = 2048
META = "x-amz-meta-"
KEPT_HEADERS = (
    "content-type",
    "content-encoding",
    "content-disposition",
    "content-language",
    "cache-control",
    "expires",
)


@dataclass(frozen=True)
class Receipt:
    size: int
    etag: str
    """Without its quotes."""
    version: str
    """The storage's; another one means that the object has been written anew by somebody else."""
    received_at: datetime
    headers: dict[str, str] = field(default_factory=dict)
    checksums: dict[str, str] = field(default_factory=dict)
    checksum_type: str = FULL_OBJECT

    @property
    def checksum_headers(self) -> dict[str, str]:
        found = {PREFIX + name: value for name, value in self.checksums.items()}
        return found | ({"x-amz-checksum-type": self.checksum_type} if found else {})


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """What an object is given back with: its type, and the client's own metadata."""
    kept = {name: headers[name] for name in KEPT_HEADERS if headers.get(name)}
    encodings = [part.strip() for part in kept.pop("content-encoding", "").split(",")]
    # `aws-chunked` tells how the body travelled, not what it is.
    own = ",".join(part for part in encodings if part and part.lower() != "aws-chunked")
    metadata = {name: value for name, value in headers.items() if name.startswith(META)}
    if sum(len(name) - len(META) + len(value.encode()) for name, value in metadata.items()) > MOST_METADATA:
        message = "Your metadata headers exceed the maximum allowed metadata size."
        raise S3Error("MetadataTooLarge", message, MaxSizeAllowed=MOST_METADATA)
    return kept | ({"content-encoding": own} if own else {}) | metadata


def save(storage: Storage, home: Home, place: Place, receipt: Receipt) -> None:
    values = {**asdict(receipt), "received_at": receipt.received_at.isoformat(), "name": place.name}
    storage.put(_key(home, place), json.dumps(values).encode())


def every_key(storage: Storage, home: Home) -> frozenset[str]:
    """The keys of all receipts: for a list, which would otherwise ask for each of them."""
    return frozenset(found.key for found in storage.list(folder(home)))


def load(storage: Storage, home: Home, place: Place, among: frozenset[str] | None = None) -> Receipt | None:
    """The receipt of a place; `among`: the ones there are, when they are known."""
    if place.box != INBOX or (among is not None and _key(home, place) not in among):
        return None
    try:
        values = json.loads(storage.get(_key(home, place)))
        values.pop("name", None)
        return Receipt(**{**values, "received_at": datetime.fromisoformat(values["received_at"])})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        # An older version of ours may have kept it in another form.
        return None


def forget(storage: Storage, home: Home, place: Place) -> None:
    storage.delete(_key(home, place))


def folder(home: Home) -> str:
    return receipt_key(home.organisation, home.integration, "").rpartition("/")[0]


def name_in(storage: Storage, key: str) -> str | None:
    """The name of the object that a receipt is for."""
    try:
        name = json.loads(storage.get(key)).get("name")
    except (FileNotFoundError, ValueError, AttributeError):
        return None
    return name if isinstance(name, str) else None


def _key(home: Home, place: Place) -> str:
    # Hashed: a name may be as long as names can be, and this one is longer by its ending.
    return receipt_key(home.organisation, home.integration, sha256(place.name.encode()).hexdigest())


@dataclass(frozen=True)
class Known:
    """An object as the drop box shows it."""

    place: Place
    stored: StoredObject | None
    """None when it has been taken in: only its receipt is left."""
    size: int
    etag: str
    modified_at: datetime
    headers: Mapping[str, str]
    checksum_headers: Mapping[str, str]


def look_up(storage: Storage, home: Home, place: Place, now: datetime) -> Known | None:
    """The object with what is known of it, from its receipt when it has just been taken in."""
    if is_too_long(place) or not storage.can_hold(place.key):
        return None
    try:
        stored: StoredObject | None = storage.stat(place.key)
    except FileNotFoundError:
        stored = None
    except StorageError:
        if _is_below_a_file(storage, place):
            return None
        raise
    receipt = load(storage, home, place)
    if stored is not None:
        return known(place, stored, receipt)
    if receipt is None or now - receipt.received_at > ANSWERS_FOR:
        return None
    return Known(
        place, None, receipt.size, receipt.etag, receipt.received_at, receipt.headers, receipt.checksum_headers
    )


def known(place: Place, stored: StoredObject, receipt: Receipt | None) -> Known:
    if receipt and receipt.version == stored.version and receipt.size == stored.size:
        etag, headers, sums = receipt.etag, receipt.headers, receipt.checksum_headers
    else:
        # A dash, as in the ETag of a multipart upload, tells clients that it is no MD5 to compare with.
        digest = sha256(f"{stored.key} {stored.version} {stored.modified_at}".encode()).hexdigest()
        etag, headers, sums = f"{digest[:32]}-1", {}, {}
    return Known(place, stored, stored.size, etag, stored.modified_at.astimezone(UTC), headers, sums)


def _is_below_a_file(storage: Storage, place: Place) -> bool:
    """Whether the storage failed only because a part of the name is a file: there is nothing below a file."""
    path = storage.local_path(place.key)
    return path is not None and any(parent.is_file() for parent in path.parents)
