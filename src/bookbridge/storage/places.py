"""Where things lie: every key begins with the organisation and the integration, so rights can follow the prefix."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from uuid import UUID, uuid4

DROP_BOX_BUCKET = "bookbridge"
DROP_BOX_REGION = "us-east-1"
"""What S3 clients assume when nothing else is set."""
ASKED_VERSION = "agent.json"
"""In an outbox: the newest agent that the platform knows, for agents to read. No file for a person."""
LONGEST_NAME = 200
"""Bytes: file systems take 255, of which the storage library needs some while it writes."""
LONGEST_SIGN = 16 * 1024
"""Bytes of an agent's sign of life."""
_SIGN = re.compile(r"([0-9a-f]{32})\.json")
_RESERVED_END = re.compile(r"#(?=\d+$)")
"""The storage library keeps such names for itself in a local folder."""


def inbox_prefix(organisation: UUID, integration: UUID) -> str:
    return f"{organisation}/{integration}/inbox"


def archive_prefix(organisation: UUID, integration: UUID) -> str:
    return f"{organisation}/{integration}/archive"


def archive_key(organisation: UUID, integration: UUID, received_at: datetime, file_name: str) -> str:
    """A key of its own for every delivery, so that two files of one name never meet."""
    return f"{archive_prefix(organisation, integration)}/{received_at:%Y/%m/%d}/{uuid4()}/{safe_file_name(file_name)}"


def outbox_key(organisation: UUID, integration: UUID, file_name: str) -> str:
    return f"{organisation}/{integration}/outbox/{safe_file_name(file_name)}"


def agents_prefix(organisation: UUID, integration: UUID) -> str:
    """Where agents leave their signs of life."""
    return f"{organisation}/{integration}/agent"


def agent_key(organisation: UUID, integration: UUID, installation: str) -> str:
    return f"{agents_prefix(organisation, integration)}/{installation}.json"


def installation_of(name: str) -> str | None:
    """Whose sign of life it is by its name; None when it is the name of none."""
    found = _SIGN.fullmatch(name)
    return found[1] if found else None


def uploads_prefix(organisation: UUID, integration: UUID) -> str:
    """What the drop box is still receiving; nobody else looks there."""
    return f"{organisation}/{integration}/uploads"


def receipt_key(organisation: UUID, integration: UUID, name: str) -> str:
    """What the drop box remembers of an object that it received into the inbox."""
    return f"{organisation}/{integration}/received/{name}.json"


def safe_file_name(name: str) -> str:
    """The last part of a name without anything a path, a terminal or a log could stumble over; never empty."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C")
    # The end stays, since it tells the kind of file.
    short = _RESERVED_END.sub("_", kept).encode()[-LONGEST_NAME:].decode(errors="ignore")
    return short.strip(" .") or "file"


def names_beside(name: str) -> Iterator[str]:
    """Names for a file whose own is taken: `a (2).csv`, `a (3).csv` and so on, without an end."""
    return (name_with(str(number), name) for number in count(2))


def name_with(mark: str, name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return f"{stem} ({mark}){dot}{ending}" if stem else f"{name} ({mark})"
