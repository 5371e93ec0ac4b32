"""Multipart uploads. Parts wait in a folder of the upload's own, which nobody else reads, until all are there.

uploads/ID/upload.json   what the client said when it began
uploads/ID/00001.json    which of the objects beside it is part 1, with its checksums
uploads/ID/00001.NONCE   the bytes
uploads/ID/done.json     the answer, so that completing twice is completing once
"""

import json
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

import structlog

from bookbridge.storage.dropbox import checksums, receipts
from bookbridge.storage.dropbox.bodies import Upload, check_short_body
from bookbridge.storage.dropbox.checksums import COMPOSITE, FULL_OBJECT, Measured
from bookbridge.storage.dropbox.completing import Wanted, read_wanted
from bookbridge.storage.dropbox.desk import Caller, Limits
from bookbridge.storage.dropbox.errors import S3Error
from bookbridge.storage.dropbox.names import Home, Place
from bookbridge.storage.dropbox.one_at_a_time import OneAtATime
from bookbridge.storage.dropbox.reading import check_write_conditions
from bookbridge.storage.dropbox.receipts import Receipt
from bookbridge.storage.dropbox.request import Answer, Request
from bookbridge.storage.dropbox.writing import check_target, store
from bookbridge.storage.objects import Storage, StorageError, StoredObject
from bookbridge.storage.places import uploads_prefix

SMALLEST_PART = 5 * 1024 * 1024
MOST_PARTS = 10_000
LONGEST_COMPLETION = 2 * 1024 * 1024
"""Of 10,000 parts with a SHA-256 each it takes 1.8 million bytes."""
_completing = OneAtATime()
_log = structlog.get_logger("bookbridge.dropbox")
_ID = re.compile(r"[0-9a-f]{32}")
_CONTENT = re.compile(r"(\d{5})\.[0-9a-f]{16}")


@dataclass(frozen=True)
class Begun:
    """A multipart upload as it was begun."""

    id: str
    key: str
    begun_at: datetime
    headers: dict[str, str] = field(default_factory=dict)
    algorithm: str | None = None
    checksum_type: str = FULL_OBJECT


@dataclass(frozen=True)
class Part:
    number: int
    size: int
    md5: str
    stored_as: str
    received_at: datetime
    checksums: dict[str, str] = field(default_factory=dict)


def begin(storage: Storage, caller: Caller, place: Place, request: Request, limits: Limits) -> Begun:
    check_target(place)
    headers = receipts.kept_headers(request.headers)
    named = request.header("x-amz-checksum-algorithm")
    algorithm = checksums.known_algorithm(named) if named else None
    asked_type = request.header("x-amz-checksum-type")
    kind = checksums.checksum_type(algorithm, asked_type) if algorithm else FULL_OBJECT
    if len(_open_ids(storage, caller.home)) >= limits.most_uploads:
        raise S3Error("SlowDown", "Too many multipart uploads are open; complete or abort some of them.")
    begun = Begun(secrets.token_hex(16), place.key, caller.now, headers, algorithm, kind)
    storage.put(f"{_folder(caller.home, begun.id)}/upload.json", _json(begun))
    return begun


def put_part(storage: Storage, caller: Caller, place: Place, request: Request, limits: Limits) -> Answer:
    begun = find(storage, caller.home, place, request)
    number = part_number(request)
    upload = Upload(request, caller, most=limits.most_bytes, also=begun.algorithm)
    if begun.algorithm and upload.algorithm not in (None, begun.algorithm):
        message = f"Checksum Type mismatch occurred, expected checksum Type: {begun.algorithm}."
        raise S3Error("InvalidRequest", message)
    folder = _folder(caller.home, begun.id)
    # By one list: there may be thousands of parts, and each would otherwise read all those before it.
    others = (each.size for each in storage.list(folder) if _is_content(each.name, of_another_than=number))
    if sum(others) + upload.announced > limits.most_bytes:
        raise checksums.too_large(limits.most_bytes)
    name = f"{number:05d}.{secrets.token_hex(8)}"
    storage.write_stream(f"{folder}/{name}", upload.content(), _prefix(caller.home))
    algorithm = begun.algorithm or upload.algorithm
    sums = {algorithm: checksums.encoded(upload.measured.checksum(algorithm))} if algorithm else {}
    part = Part(number, upload.measured.size, upload.measured.md5.hex(), name, caller.now, sums)
    try:
        find(storage, caller.home, place, request)
    except S3Error:
        # Aborted or completed while the part came in.
        storage.delete(f"{folder}/{name}")
        raise
    before = _read_part(storage, f"{folder}/{number:05d}.json")
    storage.put(f"{folder}/{number:05d}.json", _json(part))
    if before is not None:
        storage.delete(f"{folder}/{before.stored_as}")
    return Answer(200, {"etag": f'"{part.md5}"', **{checksums.PREFIX + name: value for name, value in sums.items()}})


def _is_content(name: str, *, of_another_than: int) -> bool:
    found = _CONTENT.fullmatch(name)
    return found is not None and int(found[1]) != of_another_than


def complete(storage: Storage, caller: Caller, place: Place, request: Request, limits: Limits) -> tuple[Receipt, bool]:
    """Make the object of its parts. False beside the receipt: this upload was completed before."""
    folder = _folder(caller.home, _upload_id(request))
    # Looked for before a byte is read: a body of megabytes for an upload that isn't there costs nothing.
    if _read_done(storage, folder, place) is None:
        find(storage, caller.home, place, request)
    wanted = read_wanted(check_short_body(request, caller, LONGEST_COMPLETION))
    # A client that waited too long for the answer asks again, while its parts are still being joined.
    with _completing.alone(folder):
        done = _read_done(storage, folder, place)
        if done is not None:
            return done, False
        try:
            receipt = _make(storage, caller, place, wanted=wanted, request=request, limits=limits)
        except (FileNotFoundError, S3Error) as error:
            # Another process of ours may have completed it, and removed its parts.
            done = _read_done(storage, folder, place)
            if done is not None:
                return done, False
            raise (error if isinstance(error, S3Error) else no_such_upload()) from None
        _note(storage, folder, place, receipt)
        return receipt, True


def _make(
    storage: Storage, caller: Caller, place: Place, *, wanted: Sequence[Wanted], request: Request, limits: Limits
) -> Receipt:
    begun = find(storage, caller.home, place, request)
    if "if-none-match" in request.headers or "if-match" in request.headers:
        check_write_conditions(request, receipts.look_up(storage, caller.home, place, caller.now))
    chosen = _chosen(wanted, parts_of(storage, caller.home, begun.id))
    size = sum(part.size for part in chosen)
    if size > limits.most_bytes:
        raise checksums.too_large(limits.most_bytes)
    if request.whole_number("x-amz-mp-object-size", 2**60) not in (None, size):
        raise S3Error("InvalidRequest", "The provided 'x-amz-mp-object-size' header does not match what was received.")
    return _join(storage, caller, place, begun=begun, chosen=chosen, request=request)


def _note(storage: Storage, folder: str, place: Place, receipt: Receipt) -> None:
    try:
        storage.put(f"{folder}/done.json", json.dumps({"key": place.key, **_receipt_values(receipt)}).encode())
        _clear(storage, folder, keep="done.json")
    except StorageError as error:
        # The object is there. Without the note its parts stay for a day, so that completing again is possible.
        _log.error("drop_box_completion_not_noted", reason=str(error))


def _join(
    storage: Storage, caller: Caller, place: Place, *, begun: Begun, chosen: Sequence[Part], request: Request
) -> Receipt:
    folder = _folder(caller.home, begun.id)
    etag = checksums.composite_etag(bytes.fromhex(part.md5) for part in chosen)
    whole = [begun.algorithm] if begun.algorithm and begun.checksum_type == FULL_OBJECT else []
    measured = Measured(_content(storage, folder, chosen), whole)
    sums: dict[str, str] = {}

    def content() -> Iterator[bytes]:
        yield from measured
        if begun.algorithm:
            sums[begun.algorithm] = _whole_checksum(begun, chosen, measured)
            given = request.header(checksums.PREFIX + begun.algorithm)
            if given not in (None, sums[begun.algorithm]):
                message = f"The {begun.algorithm.upper()} you specified did not match the calculated checksum."
                raise S3Error("BadDigest", message)

    def make_receipt(stored: StoredObject) -> Receipt:
        return Receipt(stored.size, etag, stored.version, caller.now, begun.headers, sums, begun.checksum_type)

    only_new = "if-none-match" in request.headers
    return store(storage, caller, place, content(), etag=lambda: etag, make_receipt=make_receipt, only_new=only_new)


def _content(storage: Storage, folder: str, chosen: Sequence[Part]) -> Iterator[bytes]:
    for part in chosen:
        found = storage.stat(f"{folder}/{part.stored_as}")
        yield from storage.read_range(found, 0, found.size)


def _whole_checksum(begun: Begun, chosen: Sequence[Part], measured: Measured) -> str:
    algorithm = begun.algorithm or ""
    if begun.checksum_type == COMPOSITE:
        return checksums.composite(
            algorithm, (checksums.decoded(algorithm, part.checksums[algorithm]) for part in chosen)
        )
    return checksums.encoded(measured.checksum(algorithm))


def _chosen(wanted: Sequence[Wanted], there: Sequence[Part]) -> list[Part]:
    """The parts that the client names, each as it knows it."""
    by_number = {part.number: part for part in there}
    chosen: list[Part] = []
    for one in wanted:
        part = by_number.get(one.number)
        if part is None or one.etag != part.md5 or any(part.checksums.get(n) != v for n, v in one.checksums.items()):
            message = "One or more of the specified parts could not be found, or its ETag or checksum is another."
            raise S3Error("InvalidPart", message, PartNumber=one.number, ETag=one.etag)
        chosen.append(part)
    for part in chosen[:-1]:
        if part.size < SMALLEST_PART:
            message = "Your proposed upload is smaller than the minimum allowed size"
            raise S3Error(
                "EntityTooSmall", message, ProposedSize=part.size, MinSizeAllowed=SMALLEST_PART, PartNumber=part.number
            )
    return chosen


def abort(storage: Storage, caller: Caller, place: Place, request: Request) -> None:
    begun = find(storage, caller.home, place, request)
    _clear(storage, _folder(caller.home, begun.id))


def find(storage: Storage, home: Home, place: Place, request: Request) -> Begun:
    """The upload that a request names. Raises NoSuchUpload for one of another key, completed, aborted or made up."""
    folder = _folder(home, _upload_id(request))
    found = _read_begun(storage, folder)
    if found is None or found.key != place.key or storage.exists(f"{folder}/done.json"):
        raise no_such_upload()
    return found


def every_upload(storage: Storage, home: Home) -> list[Begun]:
    every = [_read_begun(storage, _folder(home, each)) for each in _open_ids(storage, home)]
    return sorted((begun for begun in every if begun), key=lambda begun: (begun.key.encode(), begun.begun_at, begun.id))


def _open_ids(storage: Storage, home: Home) -> set[str]:
    """Begun, and neither completed nor aborted."""
    ids: dict[str, set[str]] = {"upload.json": set(), "done.json": set()}
    for found in storage.list(_prefix(home)):
        if found.name in ids:
            ids[found.name].add(found.key.removeprefix(f"{_prefix(home)}/").partition("/")[0])
    return ids["upload.json"] - ids["done.json"]


def parts_of(storage: Storage, home: Home, upload_id: str) -> list[Part]:
    folder = _folder(home, upload_id)
    names = sorted(found.key for found in storage.list(folder) if re.fullmatch(r"\d{5}\.json", found.name))
    return [part for part in (_read_part(storage, name) for name in names) if part is not None]


def part_number(request: Request) -> int:
    text = request.parameters.get("partNumber", "")
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= MOST_PARTS:
        message = f"Part number must be an integer between 1 and {MOST_PARTS}, inclusive"
        raise S3Error("InvalidArgument", message, ArgumentName="partNumber", ArgumentValue=text[:20])
    return int(text)


def no_such_upload() -> S3Error:
    return S3Error(
        "NoSuchUpload",
        "The specified upload does not exist. It may have been completed, aborted, or left for too long.",
    )


def _upload_id(request: Request) -> str:
    text = request.parameters.get("uploadId", "")
    if not _ID.fullmatch(text):
        raise no_such_upload()
    return text


def _prefix(home: Home) -> str:
    return uploads_prefix(home.organisation, home.integration)


def _folder(home: Home, upload_id: str) -> str:
    return f"{_prefix(home)}/{upload_id}"


def _clear(storage: Storage, folder: str, *, keep: str = "") -> None:
    """Remove what is in the folder; `upload.json` first, so that the upload is gone even when the rest takes long."""
    found = sorted(storage.list(folder), key=lambda each: each.name != "upload.json")
    for each in found:
        if each.name != keep:
            storage.delete(each.key)
    path = storage.local_path(folder)
    if path is not None and path.is_dir() and not any(path.iterdir()):
        path.rmdir()


def _json(record: Begun | Part) -> bytes:
    return json.dumps(asdict(record), default=datetime.isoformat).encode()


def _receipt_values(receipt: Receipt) -> dict[str, object]:
    return {**asdict(receipt), "received_at": receipt.received_at.isoformat()}


def _read_begun(storage: Storage, folder: str) -> Begun | None:
    try:
        values = json.loads(storage.get(f"{folder}/upload.json"))
    except FileNotFoundError:
        return None
    return Begun(**{**values, "begun_at": datetime.fromisoformat(values["begun_at"])})


def _read_part(storage: Storage, key: str) -> Part | None:
    try:
        values = json.loads(storage.get(key))
    except FileNotFoundError:
        return None
    return Part(**{**values, "received_at": datetime.fromisoformat(values["received_at"])})


def _read_done(storage: Storage, folder: str, place: Place) -> Receipt | None:
    try:
        values = json.loads(storage.get(f"{folder}/done.json"))
    except FileNotFoundError:
        return None
    if values.pop("key") != place.key:
        return None
    return Receipt(**{**values, "received_at": datetime.fromisoformat(values["received_at"])})
