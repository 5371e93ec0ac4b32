"""The drop box: who asks, what for, and what to answer."""

import secrets
from collections.abc import Callable
from datetime import datetime
from functools import partial
from hashlib import sha256

import structlog

from bookbridge.storage.dropbox import listing, multipart, reading, signature, signs_of_life, writing
from bookbridge.storage.dropbox.answers import HARMLESS, Element, moment, xml_answer
from bookbridge.storage.dropbox.bodies import check_short_body
from bookbridge.storage.dropbox.completing import read_doomed
from bookbridge.storage.dropbox.desk import Caller, Desk, Grant, Limits
from bookbridge.storage.dropbox.errors import BodyBrokenError, NotModified, S3Error, access_denied
from bookbridge.storage.dropbox.names import AGENT, Place, place_of
from bookbridge.storage.dropbox.request import Answer, Request
from bookbridge.storage.dropbox.turns import BodyInTurn, Turns
from bookbridge.storage.objects import Storage, StorageError, StorageFullError

LONGEST_DELETION = 2 * 1024 * 1024
_log = structlog.get_logger("bookbridge.dropbox")

_NOT_HERE = {
    *("accelerate", "acl", "analytics", "attributes", "cors", "encryption", "intelligent-tiering", "inventory"),
    *("legal-hold", "lifecycle", "logging", "metrics", "notification", "object-lock", "ownershipControls", "policy"),
    *(
        "policyStatus",
        "publicAccessBlock",
        "replication",
        "requestPayment",
        "restore",
        "retention",
        "select",
        "tagging",
    ),
    *("torrent", "versions", "website", "append", "renameObject", "session", "metadataTable", "versionId"),
}
"""Parts of S3 that a drop box has no use for. Named, so that nobody believes to have set something."""
_NOT_HERE_HEADERS = (
    *("x-amz-copy-source", "x-amz-server-side-encryption", "x-amz-tagging", "x-amz-object-lock-mode"),
    *("x-amz-object-lock-legal-hold", "x-amz-website-redirect-location", "x-amz-write-offset-bytes"),
    *("x-amz-server-side-encryption-customer-algorithm", "x-amz-grant-read", "x-amz-grant-full-control"),
)
_PRIVATE = {"private", "bucket-owner-full-control", "bucket-owner-read"}


class DropBox:
    """Answers requests, one thread each. Whatever comes in, `answer` returns an Answer, or raises BodyBrokenError.

    A streamed body must be closed: until then it counts as a request under way.
    """

    def __init__(
        self,
        open_storage: Callable[[], Storage],
        desk: Desk,
        *,
        limits: Limits,
        hosts: Callable[[str], bool] = lambda _: True,
        now: Callable[[], datetime],
    ) -> None:
        self._open_storage = open_storage
        self._desk = desk
        self._limits = limits
        self._hosts = hosts
        self._now = now
        self._turns = Turns(limits.at_once)

    def answer(self, request: Request) -> Answer:
        request_id = secrets.token_hex(8).upper()
        try:
            answer = self._answer(request)
        except S3Error as error:
            answer = self._refusal(request, error, request_id)
        except NotModified as same:
            answer = Answer(304, same.headers)
        except BodyBrokenError:
            raise
        except StorageFullError as error:
            _log.error("drop_box_full", reason=str(error))
            full = S3Error("InternalError", "The storage is full. Nothing was stored; the operator must make room.")
            answer = self._refusal(request, full, request_id)
        except StorageError as error:
            _log.error("drop_box_storage_failed", reason=str(error))
            failed = S3Error("ServiceUnavailable", "The storage can't be reached just now. Please try again.")
            answer = self._refusal(request, failed, request_id)
        except Exception:
            # Our bug: this request fails, the others go on.
            _log.exception("drop_box_failed", request=request_id)
            answer = self._refusal(
                request, S3Error("InternalError", "We made a mistake. Please try again."), request_id
            )
        answer.headers |= {"x-amz-request-id": request_id, "server": "Bookbridge", **HARMLESS}
        return answer

    def _refusal(self, request: Request, error: S3Error, request_id: str) -> Answer:
        headers = {"content-type": "application/xml", **error.headers}
        if error.code in ("SlowDown", "ServiceUnavailable"):
            headers["retry-after"] = "5"
        if request.method == "HEAD":
            return Answer(error.status, headers)
        resource = request.path.decode("ascii", "replace")[:2048]
        return Answer(error.status, headers, error.xml(resource, request_id))

    def _answer(self, request: Request) -> Answer:
        if not self._hosts(request.header("host") or ""):
            raise S3Error(
                "NoSuchBucket", "The host names no server of ours; use the address on the integration's page."
            )
        caller = self._caller(request)
        turn = self._turns.take(caller.home.organisation)
        try:
            answer = self._for_caller(request, caller)
        except BaseException:
            turn.end()
            raise
        if isinstance(answer.body, bytes):
            turn.end()
        else:
            answer.body = BodyInTurn(answer.body, turn)
        return answer

    def _for_caller(self, request: Request, caller: Caller) -> Answer:
        if not request.bucket:
            return self._of_service(request, caller)
        if request.bucket != self._limits.bucket:
            raise S3Error("NoSuchBucket", "The specified bucket does not exist", BucketName=request.bucket[:63])
        _refuse_what_is_not_here(request)
        if not request.key:
            return self._of_bucket(request, caller)
        return self._of_object(request, caller)

    def _caller(self, request: Request) -> Caller:
        """Who signed the request. A wrong key or signature counts against the address and the key it names."""
        claim = signature.read_claim(request)
        if not self._desk.may_try(request.address, claim.access_key):
            raise S3Error("SlowDown", "Too many requests with a wrong key or signature. Please slow down.")
        now = self._now()
        try:
            grant = self._grant(claim.access_key)
            signature.check_scope(claim)
            signature.check_time(claim, now)
            signature.check_signature(request, claim, grant.secret)
        except S3Error as error:
            if error.code in ("InvalidAccessKeyId", "SignatureDoesNotMatch"):
                self._desk.refused(request.address, claim.access_key)
            raise
        self._desk.used(grant, request.address)
        return Caller(grant, claim, now, confirm=partial(self._grant, claim.access_key))

    def _grant(self, access_key: str) -> Grant:
        grant = self._desk.grant(access_key)
        if grant is None:
            raise signature.refused_key()
        return grant

    def _of_service(self, request: Request, caller: Caller) -> Answer:
        if request.method not in ("GET", "HEAD") or request.key:
            raise _not_allowed()
        bucket: list[Element] = [("Name", self._limits.bucket), ("CreationDate", "2026-01-01T00:00:00.000Z")]
        bucket.append(("BucketRegion", signature.REGION))
        owner: list[Element] = [("ID", str(caller.home.organisation))]
        return xml_answer("ListAllMyBucketsResult", [("Owner", owner), ("Buckets", [("Bucket", bucket)])])

    def _of_bucket(self, request: Request, caller: Caller) -> Answer:
        given = request.parameters
        headers = {"x-amz-bucket-region": signature.REGION}
        if request.method == "HEAD":
            return Answer(200, headers)
        if request.method == "GET":
            if "location" in given:
                # The oldest region's name is no name at all.
                return xml_answer("LocationConstraint", [])
            if "versioning" in given:
                return xml_answer("VersioningConfiguration", [])
            if "uploads" in given:
                return self._uploads(request, caller)
            answer = listing.list_objects(self._open_storage(), caller, request, self._limits)
            answer.headers |= headers
            return answer
        if request.method == "POST" and "delete" in given:
            return self._delete_many(request, caller)
        if request.method == "PUT":
            # rclone makes the bucket before its first upload, and knows this answer.
            raise S3Error("BucketAlreadyOwnedByYou", "The bucket is there already.", BucketName=self._limits.bucket)
        if request.method == "DELETE":
            raise S3Error("AccessDenied", "Access Denied. The bucket stays.")
        raise _not_allowed()

    def _of_object(self, request: Request, caller: Caller) -> Answer:
        place = place_of(request.key, caller.home)
        if place.box == AGENT:
            return self._sign_of_life(request, caller, place)
        if request.method in ("GET", "HEAD"):
            return self._read(request, caller, place)
        if request.method == "PUT":
            return self._write(request, caller, place)
        if request.method == "DELETE":
            if "uploadId" in request.parameters:
                multipart.abort(self._open_storage(), caller, place, request)
            else:
                self._delete(caller, place)
            return Answer(204)
        if request.method == "POST" and "uploads" in request.parameters:
            return self._begin(request, caller, place)
        if request.method == "POST" and "uploadId" in request.parameters:
            return self._complete(request, caller, place)
        raise _not_allowed()

    def _read(self, request: Request, caller: Caller, place: Place) -> Answer:
        if "uploadId" in request.parameters:
            return self._parts(request, caller)
        if "partNumber" in request.parameters:
            raise _not_implemented("partNumber")
        read = reading.get if request.method == "GET" else reading.head
        return read(self._open_storage(), caller, place, request)

    def _write(self, request: Request, caller: Caller, place: Place) -> Answer:
        _check_meant_settings(request)
        storage = self._open_storage()
        with self._desk.receiving(caller.grant):
            if "uploadId" in request.parameters or "partNumber" in request.parameters:
                return multipart.put_part(storage, caller, place, request, self._limits)
            answer = writing.put(storage, caller, place, request, self._limits)
            self._arrived(caller, place, "put")
            return answer

    def _sign_of_life(self, request: Request, caller: Caller, place: Place) -> Answer:
        if request.method != "PUT" or "uploadId" in request.parameters or "partNumber" in request.parameters:
            raise access_denied()
        _check_meant_settings(request)
        answer, sign = signs_of_life.put(self._open_storage(), caller, place, request)
        _tell(self._desk.lives, caller, place, sign)
        return answer

    def _arrived(self, caller: Caller, place: Place, how: str) -> None:
        home = caller.home
        _log.info("drop_box_received", organisation=str(home.organisation), integration=str(home.integration), how=how)
        _tell(self._desk.arrived, caller, place)

    def _begin(self, request: Request, caller: Caller, place: Place) -> Answer:
        _check_meant_settings(request)
        begun = multipart.begin(self._open_storage(), caller, place, request, self._limits)
        answer = xml_answer(
            "InitiateMultipartUploadResult",
            [("Bucket", self._limits.bucket), ("Key", request.key), ("UploadId", begun.id)],
        )
        if begun.algorithm:
            answer.headers |= {
                "x-amz-checksum-algorithm": begun.algorithm.upper(),
                "x-amz-checksum-type": begun.checksum_type,
            }
        return answer

    def _complete(self, request: Request, caller: Caller, place: Place) -> Answer:
        with self._desk.receiving(caller.grant):
            receipt, is_new = multipart.complete(self._open_storage(), caller, place, request, self._limits)
            if is_new:
                self._arrived(caller, place, "multipart")
        address = f"{request.scheme}://{request.header('host')}/{self._limits.bucket}/{request.key}"
        parts: list[Element] = [("Location", address), ("Bucket", self._limits.bucket), ("Key", request.key)]
        parts.append(("ETag", f'"{receipt.etag}"'))
        parts += [(f"Checksum{name.upper()}", value) for name, value in receipt.checksums.items()]
        if receipt.checksums:
            parts.append(("ChecksumType", receipt.checksum_type))
        return xml_answer("CompleteMultipartUploadResult", parts)

    def _uploads(self, request: Request, caller: Caller) -> Answer:
        prefix = request.parameters.get("prefix", "")
        every = multipart.every_upload(self._open_storage(), caller.home)
        shown = [begun for begun in every if begun.key.startswith(prefix)]
        head: list[Element] = [("Bucket", self._limits.bucket), ("KeyMarker", ""), ("UploadIdMarker", "")]
        head += [("Prefix", prefix), ("MaxUploads", 1000), ("IsTruncated", False)]
        uploads: list[Element] = [
            (
                "Upload",
                [
                    ("Key", begun.key),
                    ("UploadId", begun.id),
                    ("StorageClass", "STANDARD"),
                    ("Initiated", moment(begun.begun_at)),
                ],
            )
            for begun in shown
        ]
        return xml_answer("ListMultipartUploadsResult", head + uploads)

    def _parts(self, request: Request, caller: Caller) -> Answer:
        storage = self._open_storage()
        begun = multipart.find(storage, caller.home, place_of(request.key, caller.home), request)
        after = _small_number(request, "part-number-marker", 0)
        most = min(_small_number(request, "max-parts", 1000), 1000)
        every = [part for part in multipart.parts_of(storage, caller.home, begun.id) if part.number > after]
        shown = every[:most]
        head: list[Element] = [("Bucket", self._limits.bucket), ("Key", request.key), ("UploadId", begun.id)]
        head += [("PartNumberMarker", after), ("MaxParts", most), ("IsTruncated", len(every) > len(shown))]
        if shown:
            head.append(("NextPartNumberMarker", shown[-1].number))
        for part in shown:
            values: list[Element] = [
                ("PartNumber", part.number),
                ("LastModified", moment(part.received_at)),
                ("ETag", f'"{part.md5}"'),
                ("Size", part.size),
            ]
            values += [(f"Checksum{name.upper()}", value) for name, value in part.checksums.items()]
            head.append(("Part", values))
        return xml_answer("ListPartsResult", head)

    def _delete_many(self, request: Request, caller: Caller) -> Answer:
        content = check_short_body(request, caller, LONGEST_DELETION)
        keys, quiet = read_doomed(content)
        parts: list[Element] = []
        for key in keys:
            try:
                self._delete(caller, place_of(key, caller.home))
                if not quiet:
                    parts.append(("Deleted", [("Key", key)]))
            except S3Error as error:
                parts.append(_not_deleted(key, error))
            except StorageError as error:
                _log.error("drop_box_storage_failed", reason=str(error))
                parts.append(_not_deleted(key, S3Error("InternalError", "The storage failed. Please try again.")))
        return xml_answer("DeleteResult", parts)

    def _delete(self, caller: Caller, place: Place) -> None:
        if writing.delete(self._open_storage(), caller, place):
            _tell(self._desk.removed, caller, place)


def _tell(told: Callable[..., None], caller: Caller, place: Place, *more: object) -> None:
    try:
        told(caller.grant, place.key, *more)
    except Exception:
        # It is done. Who heard otherwise would send it again, or take it for refused; the log stands in for the trail.
        file = sha256(place.key.encode("utf-8", "replace")).hexdigest()
        _log.exception("drop_box_not_told", what=told.__name__, access_key=caller.grant.access_key, file=file)


def _not_deleted(key: str, error: S3Error) -> Element:
    return "Error", [("Key", key), ("Code", error.code), ("Message", error.message)]


def _refuse_what_is_not_here(request: Request) -> None:
    for name in request.parameters:
        if name in _NOT_HERE:
            raise _not_implemented(name)
    for name in _NOT_HERE_HEADERS:
        if request.header(name):
            raise _not_implemented(name)


def _check_meant_settings(request: Request) -> None:
    """What an upload asks for beside its bytes, where there is only one thing to have."""
    if (request.header("x-amz-acl") or "private") not in _PRIVATE:
        raise S3Error("AccessControlListNotSupported", "The bucket does not allow ACLs: all objects are private.")
    if (request.header("x-amz-storage-class") or "STANDARD") != "STANDARD":
        raise S3Error("InvalidStorageClass", "The storage class you specified is not valid; there is only STANDARD.")


def _small_number(request: Request, name: str, default: int) -> int:
    text = request.parameters.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise S3Error("InvalidArgument", f"{name} must be a number.", ArgumentName=name, ArgumentValue=text[:40])
    return int(text)


def _not_implemented(name: str) -> S3Error:
    return S3Error("NotImplemented", f"The drop box has no {name}.", Header=name)


def _not_allowed() -> S3Error:
    return S3Error("MethodNotAllowed", "The specified method is not allowed against this resource.")
