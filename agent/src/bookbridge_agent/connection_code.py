"""The code that the portal shows with a new access key: all that a synchronisation needs to know of the storage.

`BB1-` and base64url without padding of the first six bytes of a SHA-256 and the compact JSON that it is of. The
platform's half is `storage/dropbox/connection_code.py`; a file holds the same text.
"""

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass, field, fields

from bookbridge_agent.messages import AgentError

KIND = "BB1"
LONGEST = 8 * 1024
"""Characters, whitespace included: ten times what a real one has."""
_CHECK_BYTES = 6
_CODE = re.compile(r"(BB\d{1,4})-(.*)", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s\ufeff\u200b]+")
"""Mail programs break lines, editors begin a file with a mark."""


@dataclass(frozen=True)
class ConnectionDetails:
    """`name` is the integration's."""

    endpoint: str
    region: str
    bucket: str
    company: str
    integration: str
    access_key: str
    secret: str = field(repr=False)
    name: str


def read(text: str) -> ConnectionDetails:
    """Raises AgentError: `code_none`, `code_newer` or `code_damaged`. What it says is not held against the storage."""
    found = _CODE.fullmatch(_BETWEEN.sub("", text)) if len(text) <= LONGEST else None
    if found is None:
        raise AgentError("code_none")
    kind, body = found[1].upper(), found[2]
    if kind != KIND:
        raise AgentError("code_newer")
    try:
        values = json.loads(_checked(body))
        given = {each.name: values[each.name] for each in fields(ConnectionDetails)}
    except (binascii.Error, ValueError, TypeError, KeyError, RecursionError):
        raise AgentError("code_damaged") from None
    if not all(isinstance(value, str) and value for value in given.values()):
        raise AgentError("code_damaged")
    return ConnectionDetails(**given)


def _checked(body: str) -> bytes:
    """Raises ValueError for a code that lost or changed a character on the way."""
    whole = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    check, content = whole[:_CHECK_BYTES], whole[_CHECK_BYTES:]
    if check != hashlib.sha256(content).digest()[:_CHECK_BYTES]:
        raise ValueError("another check")
    return content
