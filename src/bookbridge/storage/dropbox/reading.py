"""GetObject and HeadObject: ranges and conditions."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bookbridge.storage.dropbox import receipts
from bookbridge.storage.dropbox.answers import http_date
from bookbridge.storage.dropbox.desk import Caller
from bookbridge.storage.dropbox.errors import NotModified, S3Error
from bookbridge.storage.dropbox.names import Place, check_length
from bookbridge.storage.dropbox.receipts import Known
from bookbridge.storage.dropbox.request import Answer, Request
from bookbridge.storage.objects import Storage

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_OVERRIDES = (
    *("response-cache-control", "response-content-disposition", "response-content-encoding"),
    *("response-content-language", "response-content-type", "response-expires"),
)
_ACTIVE = re.compile(r"\b(x?html|xml|svg|xslt?|xul)\b|script|x-mixed-replace")
"""What a browser would run. The files of spreadsheet programs (`openxmlformats`) are none of it."""
_SAVED = re.compile(r"attachment\s*(;|$)", re.IGNORECASE)
_TRIES = 3


def get(storage: Storage, caller: Caller, place: Place, request: Request) -> Answer:
    for _ in range(_TRIES):
        found = _found(storage, caller, place)
        if found.stored is None:
            break
        check_conditions(request, found)
        asked = _asked_range(request, found.size)
        start, end = asked or (0, found.size)
        headers = _headers(request, found, whole=asked is None)
        if asked:
            headers["content-range"] = f"bytes {start}-{end - 1}/{found.size}"
        try:
            body = storage.read_range(found.stored, start, end)
        except FileNotFoundError:
            # Replaced or taken in between looking and opening.
            continue
        return Answer(206 if asked else 200, headers, body, end - start)
    raise no_such_key(place)


def head(storage: Storage, caller: Caller, place: Place, request: Request) -> Answer:
    found = _found(storage, caller, place)
    check_conditions(request, found)
    asked = _asked_range(request, found.size)
    headers = _headers(request, found, whole=asked is None)
    if asked:
        headers["content-range"] = f"bytes {asked[0]}-{asked[1] - 1}/{found.size}"
    start, end = asked or (0, found.size)
    return Answer(206 if asked else 200, headers, b"", end - start)


def no_such_key(place: Place) -> S3Error:
    return S3Error("NoSuchKey", "The specified key does not exist.", Key=place.key)


def _found(storage: Storage, caller: Caller, place: Place) -> Known:
    check_length(place)
    found = receipts.look_up(storage, caller.home, place, caller.now)
    if found is None:
        raise no_such_key(place)
    return found


def _headers(request: Request, found: Known, *, whole: bool) -> dict[str, str]:
    headers = {
        "content-type": "binary/octet-stream",
        **found.headers,
        "etag": f'"{found.etag}"',
        "last-modified": http_date(found.modified_at),
        "accept-ranges": "bytes",
    }
    if whole and (request.header("x-amz-checksum-mode") or "").upper() == "ENABLED":
        headers |= found.checksum_headers
    for name in _OVERRIDES:
        value = request.parameters.get(name)
        if value is not None:
            if not re.fullmatch(r"[\x20-\x7e]{0,1024}", value):
                raise S3Error("InvalidArgument", f"{name} holds characters that a header can't.", ArgumentName=name)
            headers[name.removeprefix("response-")] = value
    return headers | _to_be_saved(headers)


def _to_be_saved(headers: Mapping[str, str]) -> dict[str, str]:
    """Has a browser save the object instead of showing it, whatever its uploader or an address asks for."""
    disposition, kind = headers.get("content-disposition", ""), headers["content-type"]
    return {
        "content-disposition": disposition if _SAVED.match(disposition) else "attachment",
        "content-type": "application/octet-stream" if _ACTIVE.search(kind.lower()) else kind,
    }


def _asked_range(request: Request, size: int) -> tuple[int, int] | None:
    """From and up to, or None for the whole: what is no single range is passed over, as HTTP says."""
    found = _RANGE.fullmatch((request.header("range") or "").replace(" ", ""))
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        start, end = max(size - int(found[2]), 0), size
        satisfiable = int(found[2]) > 0 and size > 0
    else:
        start, end = int(found[1]), min(int(found[2]) + 1 if found[2] else size, size)
        if found[2] and int(found[2]) < start:
            return None
        satisfiable = start < size
    if not satisfiable:
        raise S3Error(
            "InvalidRange",
            "The requested range is not satisfiable",
            headers={"content-range": f"bytes */{size}"},
            RangeRequested=request.headers["range"][:100],
            ActualObjectSize=size,
        )
    return start, end


def check_conditions(request: Request, found: Known) -> None:
    """Raises PreconditionFailed or NotModified, by the rules of RFC 9110."""
    modified = found.modified_at.replace(microsecond=0)
    match, none_match = request.header("if-match"), request.header("if-none-match")
    unmodified_since, modified_since = _date(request, "if-unmodified-since"), _date(request, "if-modified-since")
    if match is not None:
        if not _matches(match, found.etag):
            raise _failed("If-Match")
    elif unmodified_since is not None and modified > unmodified_since:
        raise _failed("If-Unmodified-Since")
    if none_match is not None:
        same = _matches(none_match, found.etag)
    else:
        same = modified_since is not None and modified <= modified_since
    if same:
        raise NotModified({"etag": f'"{found.etag}"', "last-modified": http_date(found.modified_at)})


def check_write_conditions(request: Request, there: Known | None) -> None:
    """Conditions of a PUT: only when nothing is there, or only when it is still what the client knows."""
    none_match, match = request.header("if-none-match"), request.header("if-match")
    if none_match is not None and none_match.strip() != "*":
        raise S3Error("NotImplemented", "If-None-Match of an upload can only be *.")
    here = there is not None and there.stored is not None
    if none_match is not None and here:
        raise _failed("If-None-Match")
    if match is not None:
        if there is None or not here:
            raise S3Error("NoSuchKey", "The specified key does not exist.")
        if not _matches(match, there.etag):
            raise _failed("If-Match")


def _failed(condition: str) -> S3Error:
    message = "At least one of the pre-conditions you specified did not hold"
    return S3Error("PreconditionFailed", message, Condition=condition)


def _matches(text: str, etag: str) -> bool:
    given = [part.strip().removeprefix("W/").strip('"') for part in text.split(",")]
    return "*" in given or etag in given


def _date(request: Request, name: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(request.header(name) or "")
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
