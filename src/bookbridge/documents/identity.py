"""A document's key (what it is) and fingerprint (what it says): the base of the exactly-once guarantee.

The key stays the same however often and in whatever file the document comes; the fingerprint changes when its content
does. Both are stored for ever, so their making may only change together with a migration of the postings.
"""

import json
import unicodedata
from decimal import Decimal
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from bookbridge.documents.models import Document

DIFFERENCE = "difference:"
"""How the keys of difference entries begin. A trigger of PostgreSQL knows it too (exchange 0020_differences)."""
_ABSENT: tuple[object, ...] = (None, "", [], {})


def normalised(value: Any) -> Any:
    """The value with everything removed that is no content: spelling of numbers and accents, blanks, absent fields."""
    if isinstance(value, Decimal):
        return format(value.normalize() + 0, "f")
    if isinstance(value, str):
        return " ".join(unicodedata.normalize("NFC", value).split())
    if isinstance(value, dict):
        kept = {name: normalised(content) for name, content in value.items()}
        return {name: content for name, content in kept.items() if content not in _ABSENT}
    if isinstance(value, list | tuple):
        return [normalised(content) for content in value]
    return value


def fingerprint(document: Document) -> str:
    """SHA-256 in hexadecimal over the normalised content."""
    return fingerprint_of(content_of(document))


def content_of(document: Document) -> str:
    """The normalised content as JSON text.

    Fields at their default are left out, so that a field added later does not change what was posted before.
    """
    said = {"kind": document.kind, **document.model_dump(exclude_defaults=True)}
    return json.dumps(normalised(said), sort_keys=True, ensure_ascii=False, default=str)


def fingerprint_of(content: str) -> str:
    return sha256(content.encode()).hexdigest()


def posting_key(document: Document) -> str:
    """What the document is, in readable parts joined by `/`: administration, journal, year and number.

    A relation's key is its administration and number. A document without a voucher and invoice number gets `#` and its
    fingerprint: two such documents with the same content are one.
    """
    return "/".join(map(_quoted, key_parts(document)))


def _quoted(part: str) -> str:
    # Nearly all parts need no quoting, and reading a million lines asks this for each entry.
    return part if part.isalnum() and part.isascii() else quote(part, safe="")


def relation_key(administration: str | None, number: str) -> str:
    """The posting key of the customer or supplier with this number."""
    return "/".join(map(_quoted, (administration or "", number)))


def key_parts(document: Document) -> tuple[str, ...]:
    """The parts of a posting key, as they are: two documents with the same parts and kind are one."""
    administration = document.administration or ""
    # By kind, since asking a model for its class takes a microsecond and reading a million lines asks often.
    if document.kind == "customer" or document.kind == "supplier":  # noqa: PLR1714 (narrows the type)
        return (administration, document.number)
    number = document.number
    if number is None and document.kind == "sales_invoice":
        # Our own sales number is unique; a supplier's number on a purchase invoice is not.
        number = document.invoice_number
    if number is None:
        number = "#" + fingerprint(document)
    return (administration, document.journal, str(document.fiscal_year), number)


def difference_key(key: str, booked: int, before: str, after: str) -> str:
    """The key of the entry that corrects the document with a key: the books said `before`, and are to say `after`.

    `booked`: how many such entries the document has had, so that going there and back again are three. No key of a
    document begins like it, since a colon is quoted there.
    """
    return DIFFERENCE + "/".join((fingerprint_of(key), str(booked), before, after))


def short_reference(kind: str, key: str) -> str:
    """Ten characters that name a posting in a field which a package can search: `BB` and eight hexadecimal digits.

    The administration in the package is part of the search, so eight digits (one in four thousand million) suffice to
    tell documents apart that also agree in date and amount.
    """
    return "BB" + sha256(f"{kind}/{key}".encode()).hexdigest()[:8].upper()
