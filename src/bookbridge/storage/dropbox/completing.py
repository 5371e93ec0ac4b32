"""XML that clients send: the parts of an upload to complete, and the keys to delete."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from lxml import etree

from bookbridge.storage.dropbox import checksums
from bookbridge.storage.dropbox.errors import S3Error

MOST_KEYS = 1000
_MOST_MARKS_OF_PARTS = 90_000
"""Of `<` in a list of 10,000 parts: an element of its own, and number, ETag and checksum in it, opened and closed."""
_MOST_MARKS_OF_KEYS = 10 * MOST_KEYS
"""Of `<` in a list of keys: an element for each, with key, version, ETag and one to spare."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One part, as the client knows it."""

    number: int
    etag: str
    checksums: dict[str, str] = field(default_factory=dict)


def read_wanted(content: bytes) -> Sequence[Wanted]:
    root = _root(content, "CompleteMultipartUpload", _MOST_MARKS_OF_PARTS)
    wanted = [_wanted(element) for element in root if _name(element) == "Part"]
    if not wanted:
        raise _malformed()
    if any(later.number <= earlier.number for earlier, later in pairwise(wanted)):
        message = "The list of parts was not in ascending order. Parts must be ordered by part number."
        raise S3Error("InvalidPartOrder", message)
    return wanted


def _wanted(element: etree._Element) -> Wanted:
    values = {_name(child): (child.text or "").strip() for child in element}
    number = values.get("PartNumber", "")
    if not re.fullmatch(r"[0-9]{1,5}", number) or "ETag" not in values:
        raise _malformed()
    sums = {
        name: values[f"Checksum{name.upper()}"] for name in checksums.ALGORITHMS if f"Checksum{name.upper()}" in values
    }
    return Wanted(int(number), values["ETag"].strip('"').lower(), sums)


def read_doomed(content: bytes) -> tuple[list[str], bool]:
    """The keys to delete, and whether the client wants to hear only of those that failed."""
    root = _root(content, "Delete", _MOST_MARKS_OF_KEYS)
    keys: list[str] = []
    quiet = False
    for element in root:
        if _name(element) == "Quiet":
            quiet = (element.text or "").strip().lower() == "true"
        elif _name(element) == "Object":
            values = {_name(child): child.text or "" for child in element}
            if not values.get("Key"):
                raise _malformed()
            keys.append(values["Key"])
    if not keys or len(keys) > MOST_KEYS:
        raise _malformed()
    return keys, quiet


def _root(content: bytes, expected: str, most_marks: int) -> etree._Element:
    # Each element takes a hundred times the memory of its shortest text.
    if content.count(b"<") > most_marks:
        raise _malformed()
    # Nothing is fetched, no entity is resolved, and a document type is refused altogether. Read as UTF-8 whatever it
    # says of itself: in other encodings the marks that were counted look otherwise.
    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise _malformed() from None
    if root.getroottree().docinfo.doctype or _name(root) != expected:
        raise _malformed()
    return root


def _name(element: etree._Element) -> str:
    # Comments and processing instructions have a function where elements have a name.
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _malformed() -> S3Error:
    return S3Error(
        "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema."
    )
