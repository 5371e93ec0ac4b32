"""Which keys the drop box takes: `{organisation}/{integration}/inbox/NAME`, `…/outbox/NAME`, `…/agent/ID.json`. Pure.

A name must be the same thing to the client, to the storage library, to every file system and to the person who reads it
on a page. What can't be is refused on the way in, since one odd key would hide its neighbours from the next listing.
"""

import re
import unicodedata
from dataclasses import dataclass
from uuid import UUID

from bookbridge.storage.dropbox.errors import S3Error, access_denied

INBOX, OUTBOX = "inbox", "outbox"
AGENT = "agent"
"""Where agents tell that they live. They write there and do nothing else, and nothing of it is taken in."""
LONGEST_KEY = 1024
LONGEST_PART = 200
"""Bytes. File systems take 255, of which the storage library needs some while it writes."""
MOST_PARTS = 16
_RESERVED_END = re.compile(r"#\d+$")
_NEVER_TAKEN_IN = (".tmp", ".part", ".filepart", ".crdownload")
"""As in sources/file_drop.py: such a file would wait in the inbox for ever."""


@dataclass(frozen=True, slots=True)
class Home:
    """The part of the bucket that an access key reaches."""

    organisation: UUID
    integration: UUID

    @property
    def prefix(self) -> str:
        return f"{self.organisation}/{self.integration}/"

    def box_prefix(self, box: str) -> str:
        return f"{self.prefix}{box}/"


@dataclass(frozen=True, slots=True)
class Place:
    """One object of an integration."""

    box: str
    name: str
    key: str


def place_of(key: str, home: Home) -> Place:
    """Where a key lies. Raises AccessDenied outside the key's own boxes, whatever is there or not."""
    # Two spellings of one name would be two objects here and one file on another disk.
    whole = unicodedata.normalize("NFC", key)
    for box in (INBOX, OUTBOX, AGENT):
        prefix = home.box_prefix(box)
        if whole.startswith(prefix):
            name = whole.removeprefix(prefix)
            if not name:
                raise S3Error("InvalidArgument", f"A key that ends in / names a folder; {box}/ needs a file name.")
            if any(part in (".", "..") for part in re.split(r"[/\\]", name)):
                raise access_denied()
            return Place(box, name, whole)
    raise access_denied()


def check_length(place: Place) -> None:
    if is_too_long(place):
        raise S3Error(
            "KeyTooLongError", f"Your key is too long: at most {LONGEST_KEY} bytes.", MaxSizeAllowed=LONGEST_KEY
        )


def is_too_long(place: Place) -> bool:
    """For any object of S3, wherever it lies."""
    return len(place.key.encode("utf-8", "surrogatepass")) > LONGEST_KEY


def check_new_name(place: Place) -> None:
    """Raises what S3 would say of a name that can't be stored, with the reason."""
    check_length(place)
    parts = place.name.split("/")
    if len(parts) > MOST_PARTS:
        raise _refused(place, f"it lies more than {MOST_PARTS} folders deep")
    for part in parts:
        if len(part.encode("utf-8", "surrogatepass")) > LONGEST_PART:
            message = f"A file or folder name is at most {LONGEST_PART} bytes long; shorten it."
            raise S3Error("KeyTooLongError", message, MaxSizeAllowed=LONGEST_PART)
        _check_part(place, part, is_file=part is parts[-1])


def _check_part(place: Place, part: str, *, is_file: bool) -> None:
    if not part:
        raise _refused(place, "it ends in / or holds // : an empty name")
    if "\\" in part:
        raise _refused(place, "it holds a backslash; folders are separated by /")
    if any(unicodedata.category(character)[0] == "C" or character == "\ufffd" for character in part):
        raise _refused(place, "it holds a character that can't be seen or read")
    if unicodedata.category(part[0])[0] == "Z" or unicodedata.category(part[-1])[0] == "Z" or part.endswith("."):
        raise _refused(place, "a name begins or ends with a space, or ends with a dot")
    if _RESERVED_END.search(part):
        raise _refused(place, "it ends in # and a number, which the storage keeps for itself")
    if is_file and (part.startswith((".", "~")) or part.lower().endswith(_NEVER_TAKEN_IN)):
        raise _refused(place, "a file of such a name counts as unfinished and would never be taken in")


def _refused(place: Place, reason: str) -> S3Error:
    message = f"This file name can't be used: {reason}. Rename the file and send it again."
    return S3Error("InvalidArgument", message, ArgumentName="key", ArgumentValue=place.name[:200])
