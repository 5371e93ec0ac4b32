"""What a file is whose first bytes say that it is no text. Nothing is ever unpacked here."""

from bookbridge.documents import ProblemKind
from bookbridge.formats import texts

_WIDE = (b"\xff\xfe", b"\xfe\xff")
_ARCHIVES = {
    b"PK\x03\x04": "ZIP",
    b"PK\x05\x06": "ZIP",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
}
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IN_A_WORKBOOK = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/", b"opendocument.spreadsheet")
"""What stands first in the ZIP archives that spreadsheet programs call .xlsx and .ods."""
_TAR, _TAR_AT = b"ustar", 257


def no_text(start: bytes) -> tuple[ProblemKind, str] | None:
    """The kind of problem and what the file is, by its first bytes; None when it may be text."""
    if start.startswith(_WIDE):
        return texts.WIDE, "UTF-16"
    if start.startswith(_OLD_OFFICE):
        return texts.WORKBOOK, ".xls"
    if start.startswith(b"PK\x03\x04") and any(name in start for name in _IN_A_WORKBOOK):
        return texts.WORKBOOK, ".ods" if b"opendocument" in start else ".xlsx"
    if start.startswith(_TAR, _TAR_AT):
        return texts.ARCHIVE, "tar"
    return next(((texts.ARCHIVE, name) for mark, name in _ARCHIVES.items() if _is(start, mark)), None)


def _is(start: bytes, mark: bytes) -> bool:
    # A row of text may begin with the letters of bzip2's mark; its next sign is a digit, and it never ends a text.
    return start.startswith(mark) and (mark != b"BZh" or start[4:10] == b"\x31\x41\x59\x26\x53\x59")
