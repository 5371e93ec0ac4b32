"""What the drop box answers when it refuses: S3's own codes, statuses and XML, with a sentence that says what to do."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

STATUSES = {
    "AccessControlListNotSupported": 400,
    "AccessDenied": 403,
    "AuthorizationHeaderMalformed": 400,
    "AuthorizationQueryParametersError": 400,
    "BadDigest": 400,
    "BucketAlreadyOwnedByYou": 409,
    "EntityTooLarge": 400,
    "EntityTooSmall": 400,
    "IncompleteBody": 400,
    "InternalError": 500,
    "InvalidAccessKeyId": 403,
    "InvalidArgument": 400,
    "InvalidDigest": 400,
    "InvalidPart": 400,
    "InvalidPartOrder": 400,
    "InvalidRange": 416,
    "InvalidRequest": 400,
    "InvalidStorageClass": 400,
    "InvalidToken": 400,
    "InvalidURI": 400,
    "KeyTooLongError": 400,
    "MalformedTrailerError": 400,
    "MalformedXML": 400,
    "MaxMessageLengthExceeded": 400,
    "MetadataTooLarge": 400,
    "MethodNotAllowed": 405,
    "MissingContentLength": 411,
    "MissingRequestBodyError": 400,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "NoSuchUpload": 404,
    "NotImplemented": 501,
    "PreconditionFailed": 412,
    "RequestTimeTooSkewed": 403,
    "RequestTimeout": 400,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "SlowDown": 503,
    "XAmzContentSHA256Mismatch": 400,
}


class S3Error(Exception):
    """A refusal. `details` become elements of the XML, `headers` go with the answer."""

    def __init__(
        self, code: str, message: str, *, headers: Mapping[str, str] | None = None, **details: str | int
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = STATUSES[code]
        self.headers = dict(headers or {})
        self.details = details

    def xml(self, resource: str, request_id: str) -> bytes:
        parts = {"Code": self.code, "Message": self.message, **self.details}
        parts |= {"Resource": resource, "RequestId": request_id}
        inner = "".join(f"<{name}>{xml_text(value)}</{name}>" for name, value in parts.items())
        return f"{XML_HEAD}<Error>{inner}</Error>".encode()


class NotModified(Exception):  # noqa: N818 (an answer, not an error)
    """The object is as the client has it: 304, without a body."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__("not modified")
        self.headers = dict(headers)


class BodyBrokenError(Exception):
    """The line was cut while the body came in: there is nobody left to answer."""


def xml_text(value: object) -> str:
    """The value for XML; characters that XML can't hold become question marks."""
    return escape("".join(c if _fits_xml(c) else "?" for c in str(value)))


def _fits_xml(character: str) -> bool:
    number = ord(character)
    return (number >= 32 and not 0xD800 <= number <= 0xDFFF and number not in (0xFFFE, 0xFFFF)) or character in "\t\n\r"


def access_denied() -> S3Error:
    """The same for what is foreign and what doesn't exist."""
    return S3Error("AccessDenied", "Access Denied. This access key reaches the inbox and outbox of its integration.")
