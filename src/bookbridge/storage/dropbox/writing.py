"""PutObject and DeleteObject. Nothing that waits in the inbox is lost: what would be overwritten is kept beside it."""

from collections.abc import Callable, Iterable, Iterator

import structlog

from bookbridge.storage.dropbox import checksums, receipts
from bookbridge.storage.dropbox.bodies import Upload
from bookbridge.storage.dropbox.desk import Caller, Limits
from bookbridge.storage.dropbox.errors import S3Error, access_denied
from bookbridge.storage.dropbox.names import INBOX, Place, check_new_name
from bookbridge.storage.dropbox.reading import check_write_conditions
from bookbridge.storage.dropbox.receipts import Receipt
from bookbridge.storage.dropbox.request import Answer, Request
from bookbridge.storage.objects import NameBlockedError, Storage, StorageError, StoredObject
from bookbridge.storage.places import uploads_prefix
from bookbridge.storage.streaming import NameTakenError

_log = structlog.get_logger("bookbridge.dropbox")


def check_target(place: Place) -> None:
    """An upload's place: in the inbox, under a usable name."""
    if place.box != INBOX:
        raise access_denied()
    check_new_name(place)


def put(storage: Storage, caller: Caller, place: Place, request: Request, limits: Limits) -> Answer:
    check_target(place)
    headers = receipts.kept_headers(request.headers)
    if "if-none-match" in request.headers or "if-match" in request.headers:
        check_write_conditions(request, receipts.look_up(storage, caller.home, place, caller.now))
    upload = Upload(request, caller, most=limits.most_bytes)

    def make_receipt(stored: StoredObject) -> Receipt:
        sums = (
            {upload.algorithm: checksums.encoded(upload.measured.checksum(upload.algorithm))}
            if upload.algorithm
            else {}
        )
        return Receipt(stored.size, upload.etag(), stored.version, caller.now, headers, sums)

    only_new = "if-none-match" in request.headers
    receipt = store(
        storage, caller, place, upload.content(), etag=upload.etag, make_receipt=make_receipt, only_new=only_new
    )
    return Answer(200, {"etag": f'"{receipt.etag}"', **receipt.checksum_headers})


def store(
    storage: Storage,
    caller: Caller,
    place: Place,
    content: Iterable[bytes],
    *,
    etag: Callable[[], str],
    make_receipt: Callable[[StoredObject], Receipt],
    only_new: bool,
) -> Receipt:
    """Write a whole object into the inbox, with its receipt. Nothing is there when the content turns out wrong.

    A waiting file of the same name gets another one, so that both are taken in; the same bytes again are one.
    """

    def make_way() -> StoredObject | None:
        there = receipts.look_up(storage, caller.home, place, caller.now)
        if there and there.stored and there.etag == etag():
            return there.stored
        storage.move_aside(place.key)
        return None

    def confirmed() -> Iterator[bytes]:
        yield from content
        # An upload may take hours: whoever revoked the key meanwhile means this one too.
        caller.confirm()

    staging = uploads_prefix(caller.home.organisation, caller.home.integration)
    try:
        stored = storage.write_stream(place.key, confirmed(), staging, make_way=None if only_new else make_way)
    except NameTakenError:
        raise S3Error("PreconditionFailed", "The object is there already.", Condition="If-None-Match") from None
    except NameBlockedError:
        message = "A part of this name is a file and a folder at once; choose another name."
        raise S3Error("InvalidArgument", message, ArgumentName="key") from None
    receipt = make_receipt(stored)
    try:
        receipts.save(storage, caller.home, place, receipt)
    except StorageError as error:
        # The file has its name and will be booked: only its ETag and metadata are forgotten.
        _log.error("drop_box_receipt_not_kept", reason=str(error))
    return receipt


def delete(storage: Storage, caller: Caller, place: Place) -> bool:
    """Whether there was anything to delete."""
    if place.box != INBOX:
        raise access_denied()
    there = receipts.look_up(storage, caller.home, place, caller.now)
    is_here = there is not None and there.stored is not None
    if is_here:
        storage.delete(place.key)
    if there is not None:
        receipts.forget(storage, caller.home, place)
    return is_here
