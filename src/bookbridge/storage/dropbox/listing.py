"""ListObjects, both versions: an integration's inbox and outbox, in the order of their bytes."""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import quote

from bookbridge.storage.dropbox import receipts
from bookbridge.storage.dropbox.answers import Element, moment, xml_answer
from bookbridge.storage.dropbox.checksums import PREFIX
from bookbridge.storage.dropbox.desk import Caller, Limits
from bookbridge.storage.dropbox.errors import S3Error
from bookbridge.storage.dropbox.names import INBOX, OUTBOX, Place
from bookbridge.storage.dropbox.receipts import Known
from bookbridge.storage.dropbox.request import Answer, Request
from bookbridge.storage.objects import Storage, StoredObject

MOST_KEYS = 1000


@dataclass(frozen=True)
class _Asked:
    prefix: str
    delimiter: str
    after: str
    most: int
    encode: bool

    def shown(self, text: str) -> str:
        return quote(text, safe="/-_.~*") if self.encode else text


@dataclass(frozen=True)
class _Page:
    objects: list[StoredObject]
    prefixes: list[str]
    last: str
    is_truncated: bool


def list_objects(storage: Storage, caller: Caller, request: Request, limits: Limits) -> Answer:
    given = request.parameters
    second = given.get("list-type") == "2"
    if "list-type" in given and not second:
        raise S3Error("InvalidArgument", "list-type can only be 2.", ArgumentName="list-type")
    asked = _asked(given, second=second)
    page = _page(storage, caller, asked)
    head: list[Element] = [("Name", limits.bucket), ("Prefix", asked.shown(asked.prefix))]
    if second:
        head += _second_version(given, asked, page)
    else:
        head.append(("Marker", asked.shown(given.get("marker", ""))))
        if page.is_truncated and asked.delimiter:
            head.append(("NextMarker", asked.shown(page.last)))
    head.append(("MaxKeys", asked.most))
    if asked.delimiter:
        head.append(("Delimiter", asked.shown(asked.delimiter)))
    if asked.encode:
        head.append(("EncodingType", "url"))
    head.append(("IsTruncated", page.is_truncated))
    owner = not second or given.get("fetch-owner") == "true"
    kept = receipts.every_key(storage, caller.home) if page.objects else frozenset()
    for stored in page.objects:
        found = _known(storage, caller, stored, kept)
        head.append(("Contents", _object(found, asked, owner_id=str(caller.home.organisation) if owner else None)))
    head += [("CommonPrefixes", [("Prefix", asked.shown(prefix))]) for prefix in page.prefixes]
    return xml_answer("ListBucketResult", head)


def _asked(given: dict[str, str], *, second: bool) -> _Asked:
    text = given.get("max-keys", str(MOST_KEYS))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise S3Error("InvalidArgument", "max-keys must be a number.", ArgumentName="max-keys", ArgumentValue=text[:40])
    if given.get("encoding-type", "url") != "url":
        raise S3Error("InvalidArgument", "Invalid Encoding Method specified in Request", ArgumentName="encoding-type")
    after = given.get("marker", "")
    if second:
        token = given.get("continuation-token")
        after = given.get("start-after", "") if token is None else _read_token(token)
    return _Asked(
        given.get("prefix", ""), given.get("delimiter", ""), after, min(int(text), MOST_KEYS), "encoding-type" in given
    )


def _second_version(given: dict[str, str], asked: _Asked, page: _Page) -> list[Element]:
    head: list[Element] = [("KeyCount", len(page.objects) + len(page.prefixes))]
    if "continuation-token" in given:
        head.append(("ContinuationToken", given["continuation-token"]))
    if "start-after" in given:
        head.append(("StartAfter", asked.shown(given["start-after"])))
    if page.is_truncated:
        head.append(("NextContinuationToken", base64.urlsafe_b64encode(page.last.encode()).decode()))
    return head


def _read_token(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        message = "The continuation token provided is incorrect"
        raise S3Error("InvalidArgument", message, ArgumentName="continuation-token") from None


def _page(storage: Storage, caller: Caller, asked: _Asked) -> _Page:
    """Objects and common prefixes behind `after`, counted together."""
    every = _in_order(storage, caller, asked.prefix)
    objects: list[StoredObject] = []
    prefixes: list[str] = []
    last, truncated = "", False
    for key, stored in every:
        rolled = _rolled(key, asked)
        shown = rolled or key
        behind = shown.encode() <= asked.after.encode() or (rolled and asked.after.startswith(rolled))
        if behind or (rolled and prefixes and prefixes[-1] == rolled) or (rolled is None and stored is None):
            continue
        if len(objects) + len(prefixes) >= asked.most:
            truncated = asked.most > 0
            break
        last = shown
        if rolled is not None:
            prefixes.append(rolled)
        elif stored is not None:
            objects.append(stored)
    return _Page(objects, prefixes, last, truncated)


def _rolled(key: str, asked: _Asked) -> str | None:
    rest = key.removeprefix(asked.prefix)
    if not asked.delimiter or asked.delimiter not in rest:
        return None
    return asked.prefix + rest.partition(asked.delimiter)[0] + asked.delimiter


def _in_order(storage: Storage, caller: Caller, prefix: str) -> list[tuple[str, StoredObject | None]]:
    """Every key below the prefix. Both boxes are folders also while they are empty."""
    found: list[tuple[str, StoredObject | None]] = []
    for box in (INBOX, OUTBOX):
        whole = caller.home.box_prefix(box)
        if not (whole.startswith(prefix) or prefix.startswith(whole)):
            continue
        found += [(stored.key, stored) for stored in storage.list(whole.rstrip("/")) if stored.key.startswith(whole)]
        found.append((whole, None))
    return sorted(((key, stored) for key, stored in found if key.startswith(prefix)), key=lambda each: each[0].encode())


def _known(storage: Storage, caller: Caller, stored: StoredObject, kept: frozenset[str]) -> Known:
    box = INBOX if stored.key.startswith(caller.home.box_prefix(INBOX)) else OUTBOX
    place = Place(box, stored.key.removeprefix(caller.home.box_prefix(box)), stored.key)
    return receipts.known(place, stored, receipts.load(storage, caller.home, place, among=kept))


def _object(found: Known, asked: _Asked, *, owner_id: str | None) -> list[Element]:
    parts: list[Element] = [
        ("Key", asked.shown(found.place.key)),
        ("LastModified", moment(found.modified_at)),
        ("ETag", f'"{found.etag}"'),
    ]
    algorithms = [name.removeprefix(PREFIX).upper() for name in found.checksum_headers if name.startswith(PREFIX)]
    parts += [("ChecksumAlgorithm", name) for name in algorithms if name != "TYPE"]
    parts += [("Size", found.size), ("StorageClass", "STANDARD")]
    if owner_id is not None:
        parts.append(("Owner", [("ID", owner_id), ("DisplayName", owner_id)]))
    return parts
