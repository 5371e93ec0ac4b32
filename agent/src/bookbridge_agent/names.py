"""Which file names can be sent: the drop box's rules, told before a file is taken. Pure."""

import re
import unicodedata

LONGEST_NAME = 200
"""Bytes."""
_RESERVED_END = re.compile(r"#\d+$")
_UNFINISHED = (".tmp", ".part", ".filepart", ".crdownload")


def is_unfinished(name: str) -> bool:
    """Names of hidden files, and those under which programs write what isn't whole: never looked at."""
    return name.startswith((".", "~")) or name.lower().endswith(_UNFINISHED)


def sent_name(name: str) -> str:
    """The name as the storage keeps it: `é` is one sign however it was typed."""
    return unicodedata.normalize("NFC", name)


def why_refused(name: str) -> str | None:
    """The message id of what is wrong with a name; None when it can be sent."""
    sent = sent_name(name)
    categories = [unicodedata.category(character)[0] for character in sent]
    if "C" in categories or "\ufffd" in sent:
        return "name_invisible"
    if len(sent.encode()) > LONGEST_NAME:
        return "name_too_long"
    if "\\" in sent:
        return "name_backslash"
    if categories[0] == "Z" or categories[-1] == "Z" or sent.endswith("."):
        return "name_edges"
    return "name_reserved" if _RESERVED_END.search(sent) else None
