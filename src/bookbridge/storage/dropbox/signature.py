"""Who sent a request: AWS Signature Version 4, in headers or in the query, checked by signing again.

botocore's signer made the canonical form of most requests that we'll ever see, so its code decides what that is. We
choose what goes in: path and query in one normal spelling, and exactly the headers that the client says it signed.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from bookbridge.storage.dropbox.errors import S3Error
from bookbridge.storage.dropbox.request import Request, normal_quote
from bookbridge.storage.places import DROP_BOX_REGION as REGION

ALGORITHM = "AWS4-HMAC-SHA256"
LARGEST_SKEW = timedelta(minutes=15)
LONGEST_VALIDITY_S = 7 * 24 * 3600
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
UNSIGNED = "UNSIGNED-PAYLOAD"
STREAMING_SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
STREAMING_SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
STREAMING_UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
STREAMING = {STREAMING_SIGNED, STREAMING_SIGNED_TRAILER, STREAMING_UNSIGNED_TRAILER}

_AMZ_DATE = re.compile(r"\d{8}T\d{6}Z")
_CREDENTIAL = re.compile(r"([^/\s]{1,128})/(\d{8})/([^/]{0,64})/([^/]{0,64})/([^/]{0,64})")
_HEADER = re.compile(r"AWS4-HMAC-SHA256\s+(.*)", re.S)
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of who signed it and how. Nothing of it is proven yet."""

    access_key: str
    date: str
    region: str
    service: str
    ending: str
    signed_headers: tuple[str, ...]
    signature: str
    moment: datetime
    payload: str
    presigned: bool
    valid_for: timedelta | None = None

    @property
    def timestamp(self) -> str:
        return self.moment.strftime("%Y%m%dT%H%M%SZ")


def read_claim(request: Request) -> Claim:
    """Raises what S3 says of a request that is not, or not rightly, signed."""
    given = request.header("authorization")
    in_query = "X-Amz-Algorithm" in request.parameters or "X-Amz-Signature" in request.parameters
    if given is not None and in_query:
        raise S3Error("InvalidArgument", "Only one auth mechanism allowed; use the header or the query, not both.")
    if given is None and not in_query:
        if "AWSAccessKeyId" in request.parameters:
            raise _old_signature()
        raise S3Error("AccessDenied", "Access Denied. Sign the request with the access key of your integration.")
    claim = _from_header(request, given) if given is not None else _from_query(request)
    if request.header("x-amz-security-token") or "X-Amz-Security-Token" in request.parameters:
        raise S3Error("InvalidToken", "The drop box gives out no session tokens; leave AWS_SESSION_TOKEN out.")
    _check_signed_headers(request, claim)
    return claim


def _old_signature() -> S3Error:
    return S3Error(
        "InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
    )


def _from_header(request: Request, given: str) -> Claim:
    found = _HEADER.fullmatch(given)
    if found is None:
        raise _old_signature()
    parts = dict(part.strip().partition("=")[::2] for part in found[1].split(","))
    if set(parts) != {"Credential", "SignedHeaders", "Signature"}:
        raise S3Error(
            "AuthorizationHeaderMalformed", "The authorization header needs Credential, SignedHeaders, Signature."
        )
    credential = _CREDENTIAL.fullmatch(parts["Credential"])
    if credential is None or not _SIGNATURE.fullmatch(parts["Signature"]):
        raise S3Error("AuthorizationHeaderMalformed", "The authorization header is malformed.")
    payload = request.header("x-amz-content-sha256")
    if payload is None:
        raise S3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    return Claim(
        *credential.groups(),
        signed_headers=_names(parts["SignedHeaders"]),
        signature=parts["Signature"],
        moment=_moment(request),
        payload=_known_payload(payload),
        presigned=False,
    )


def _from_query(request: Request) -> Claim:
    given = request.parameters
    names = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")
    missing = [f"X-Amz-{name}" for name in names if f"X-Amz-{name}" not in given]
    credential = _CREDENTIAL.fullmatch(given.get("X-Amz-Credential", ""))
    if missing or credential is None or not _SIGNATURE.fullmatch(given["X-Amz-Signature"]):
        said = f": {', '.join(missing)}" if missing else ""
        raise S3Error("AuthorizationQueryParametersError", f"Query-string authentication lacks valid parameters{said}.")
    if given["X-Amz-Algorithm"] != ALGORITHM:
        raise S3Error("AuthorizationQueryParametersError", f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    moment = _parsed(given["X-Amz-Date"])
    if moment is None:
        raise S3Error(
            "AuthorizationQueryParametersError", 'X-Amz-Date must be in the ISO8601 Long Format "yyyyMMddTHHmmssZ"'
        )
    expires = given["X-Amz-Expires"]
    if not re.fullmatch(r"[0-9]{1,9}", expires) or not 0 < int(expires) <= LONGEST_VALIDITY_S:
        message = f"X-Amz-Expires must be a number of seconds from 1 to {LONGEST_VALIDITY_S} (a week)."
        raise S3Error("AuthorizationQueryParametersError", message)
    payload = request.header("x-amz-content-sha256") or given.get("X-Amz-Content-Sha256") or UNSIGNED
    return Claim(
        *credential.groups(),
        signed_headers=_names(given["X-Amz-SignedHeaders"]),
        signature=given["X-Amz-Signature"],
        moment=moment,
        payload=_known_payload(payload),
        presigned=True,
        valid_for=timedelta(seconds=int(expires)),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(sorted({name.strip().lower() for name in text.split(";") if name.strip()}))


def _known_payload(value: str) -> str:
    if value == UNSIGNED or value in STREAMING or _HASH.fullmatch(value):
        return value
    if value.startswith("STREAMING-"):
        raise S3Error("NotImplemented", f"The payload form {value[:60]} is not supported.")
    raise S3Error(
        "InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING- form or a valid sha256 value."
    )


def _moment(request: Request) -> datetime:
    found = _parsed(request.header("x-amz-date") or "") or _parsed_http(request.header("date") or "")
    if found is None:
        raise S3Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
    return found


def _parsed(text: str) -> datetime | None:
    if not _AMZ_DATE.fullmatch(text):
        return _parsed_http(text)
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _parsed_http(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _check_signed_headers(request: Request, claim: Claim) -> None:
    if "host" not in claim.signed_headers:
        raise S3Error("AccessDenied", "The Host header must be signed.", HeadersNotSigned="host")
    loose = sorted(name for name in request.headers if name.startswith("x-amz-") and name not in claim.signed_headers)
    if loose:
        message = "There were headers present in the request which were not signed"
        raise S3Error("AccessDenied", message, HeadersNotSigned=", ".join(loose)[:300])
    absent = [name for name in claim.signed_headers if name not in request.headers]
    if absent:
        raise S3Error("SignatureDoesNotMatch", _MISMATCH, HeadersMissing=", ".join(absent)[:300])


_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)


def check_scope(claim: Claim) -> None:
    """Region, service and day for which the signing key was made."""
    code = "AuthorizationQueryParametersError" if claim.presigned else "AuthorizationHeaderMalformed"
    if claim.region != REGION:
        message = f"The region '{claim.region}' is wrong; expecting '{REGION}'"
        raise S3Error(code, message, headers={"x-amz-bucket-region": REGION}, Region=REGION)
    if claim.service != "s3" or claim.ending != "aws4_request":
        raise S3Error(code, "The credential's scope must end in /s3/aws4_request.")
    if claim.date != claim.timestamp[:8]:
        raise S3Error(code, f"The credential's date {claim.date} is not the day of the request.")


def check_time(claim: Claim, now: datetime) -> None:
    if claim.valid_for is None:
        if abs(now - claim.moment) > LARGEST_SKEW:
            raise S3Error(
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large. Set the clock right.",
                RequestTime=claim.timestamp,
                ServerTime=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                MaxAllowedSkewMilliseconds=int(LARGEST_SKEW.total_seconds() * 1000),
            )
    elif claim.moment - now > LARGEST_SKEW:
        raise S3Error("AccessDenied", "Request is not valid yet", ServerTime=now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    elif now > claim.moment + claim.valid_for:
        expired = (claim.moment + claim.valid_for).strftime("%Y-%m-%dT%H:%M:%SZ")
        raise S3Error("AccessDenied", "Request has expired", Expires=expired, ServerTime=f"{now:%Y-%m-%dT%H:%M:%SZ}")


class _Resigner(S3SigV4Auth):
    """botocore's signer, told what to sign and when."""

    def __init__(self, claim: Claim, secret: str) -> None:
        super().__init__(Credentials(claim.access_key, secret), claim.service, claim.region)
        self.claim = claim

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        # Ours passes none over: some clients sign headers that botocore itself leaves out.
        chosen = HTTPHeaders()
        for name in self.claim.signed_headers:
            chosen[name] = request.headers[name]
        return chosen


def check_signature(request: Request, claim: Claim, secret: str) -> None:
    """Raises SignatureDoesNotMatch unless whoever knows the secret sent exactly this."""
    signer = _Resigner(claim, secret)
    query = "&".join(
        f"{normal_quote(name)}={normal_quote(value)}"
        for name, value in request.pairs
        if not (claim.presigned and name == "X-Amz-Signature")
    )
    headers = {name: value for name, value in request.headers.items() if name != "x-amz-content-sha256"}
    path = normal_quote(request.decoded_path, safe="/-_.~")
    again = AWSRequest(method=request.method, url=f"http://host{path}?{query}", headers=headers)
    again.context["timestamp"] = claim.timestamp
    again.headers["X-Amz-Content-SHA256"] = claim.payload
    canonical = signer.canonical_request(again)
    expected = signer.signature(signer.string_to_sign(again, canonical), again)
    if not hmac.compare_digest(expected, claim.signature):
        raise S3Error("SignatureDoesNotMatch", _MISMATCH)


class SignedChunks:
    """The chain of chunk signatures that begins with the request's own."""

    def __init__(self, claim: Claim, secret: str) -> None:
        signer = _Resigner(claim, secret)
        self._context = AWSRequest(method="PUT", url="http://host/")
        self._context.context["timestamp"] = claim.timestamp
        self._sign: Callable[[str], str] = lambda text: signer.signature(text, self._context)
        self._scope = signer.credential_scope(self._context)
        self._timestamp = claim.timestamp
        self._before = claim.signature

    def check_chunk(self, sha256_hex: str, signature: str) -> None:
        self._check("AWS4-HMAC-SHA256-PAYLOAD", f"{EMPTY_SHA256}\n{sha256_hex}", signature)

    def check_trailers(self, canonical: bytes, signature: str) -> None:
        self._check("AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(canonical).hexdigest(), signature)

    def _check(self, kind: str, what: str, signature: str) -> None:
        expected = self._sign(f"{kind}\n{self._timestamp}\n{self._scope}\n{self._before}\n{what}")
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise S3Error("SignatureDoesNotMatch", _MISMATCH)
        self._before = expected


def refused_key() -> S3Error:
    """The same for a key that never was and one that was revoked."""
    return S3Error("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
