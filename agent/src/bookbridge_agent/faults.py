"""The storage's refusals told apart, by the code in the body of its answer. An answer to HEAD has neither."""

import re

from obstore import exceptions

from bookbridge_agent.messages import AgentError

_CODE = re.compile(r"<Code>(\w{1,64})</Code>")
_REASON = re.compile(r"<Message>([^<]{1,300})</Message>")
_STATUS = re.compile(r"status code: (\d{3} [A-Za-z ]{1,40})")
_PROXY_REFUSED = ("status code: 407", "status code: 401", "TunnelUnsuccessful", "ProxyAuth")
"""A proxy's own answer, and its refusal to let TLS through."""
_NAMED = {
    "InvalidAccessKeyId": "wrong_key",
    "SignatureDoesNotMatch": "wrong_secret",
    "AccessDenied": "access_denied",
    "NoSuchBucket": "wrong_bucket",
    "RequestTimeTooSkewed": "wrong_clock",
    "AuthorizationHeaderMalformed": "wrong_region",
    "PermanentRedirect": "wrong_region",
}
_OF_THE_FILE = ("InvalidArgument", "KeyTooLongError", "EntityTooLarge", "MetadataTooLarge")
_OF_ONE_FILE = ("name_refused", "changed_while_sent", "arrived_damaged", "archive_failed", "disk_full")
PASSING = ("unreachable", "unreachable_by_proxy", "proxy_refused", "storage_failed")
"""What says nothing of the details: the network, the proxy or the storage may be away for a while."""
LIBRARY_ERRORS = (exceptions.BaseError, FileNotFoundError, ValueError)
"""What the storage library raises. Its own text holds the whole answer, access key included: it is shown to nobody."""


def code_of(error: BaseException) -> str | None:
    """The storage's own word for what is wrong."""
    found = _CODE.search(str(error))
    return found[1] if found else None


def knows_no_conditions(error: BaseException) -> bool:
    """Whether the storage is one that can't store an object only where there is none."""
    return code_of(error) == "NotImplemented" or "501 Not Implemented" in str(error)


def is_about_the_file(fault: AgentError) -> bool:
    """Whether the refusal is of this one file, so that others may go."""
    return fault.message.code in _OF_ONE_FILE


def told_apart(
    error: BaseException, *, endpoint: str, bucket: str, region: str, name: str = "", proxy: str | None = None
) -> AgentError:
    """What a person reads of an error of the storage library."""
    text, code = str(error), code_of(error)
    if isinstance(error, exceptions.InvalidPathError | ValueError):
        return AgentError("name_refused", name=name, reason=type(error).__name__)
    if proxy and code is None and any(sign in text for sign in _PROXY_REFUSED):
        return AgentError("proxy_refused", proxy=_without_password(proxy))
    if code in _NAMED:
        return AgentError(_NAMED[code], bucket=bucket, region=region)
    if code in _OF_THE_FILE and name:
        said = _REASON.search(text)
        return AgentError("name_refused", name=name, reason=said[1] if said else code)
    if isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError):
        return AgentError("access_denied")
    return _away_or_failed(text, code, endpoint, proxy)


def _away_or_failed(text: str, code: str | None, endpoint: str, proxy: str | None) -> AgentError:
    status = _STATUS.search(text)
    if code or status:
        return AgentError("storage_failed", reason=code or (status[1].strip() if status else ""))
    way = {"proxy": _without_password(proxy)} if proxy else {}
    return AgentError("unreachable_by_proxy" if proxy else "unreachable", endpoint=endpoint, **way)


def _without_password(address: str) -> str:
    scheme, separator, rest = address.rpartition("://")
    return scheme + separator + rest.rpartition("@")[2]
