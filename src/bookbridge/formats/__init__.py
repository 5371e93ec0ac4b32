"""Bytes to documents and back, by layout profiles that a site adjusts without code. Pure."""

from collections.abc import Iterator
from typing import BinaryIO

from bookbridge.formats.fmuta6 import read_entries
from bookbridge.formats.locate import locate
from bookbridge.formats.outstanding import OutstandingFile, read_outstanding, write_outstanding
from bookbridge.formats.profile import (
    FORMATS,
    EntryProfile,
    OutstandingProfile,
    Profile,
    ProfileError,
    RelationProfile,
    format_of_file_name,
    load_profile,
    profile_names,
)
from bookbridge.formats.relations import read_relations
from bookbridge.formats.rereading import Cells, Rereader, rereader
from bookbridge.formats.results import Reject, SourceDocument, SourceItem, Summary
from bookbridge.formats.texts import words as column_words

__all__ = [
    "FORMATS",
    "Cells",
    "EntryProfile",
    "OutstandingFile",
    "OutstandingProfile",
    "Profile",
    "ProfileError",
    "Reject",
    "RelationProfile",
    "Rereader",
    "SourceDocument",
    "SourceItem",
    "Summary",
    "column_words",
    "format_of_file_name",
    "load_profile",
    "locate",
    "profile_names",
    "read_documents",
    "read_outstanding",
    "rereader",
    "write_outstanding",
]


def read_documents(stream: BinaryIO, profile: Profile, file_name: str) -> Iterator[SourceDocument | Reject]:
    """The documents and rejects of a file, in its order, whatever its bytes are.

    Streams: memory holds one entry, a block of the file and the keys seen so far. Raises nothing on content; an error
    of the stream itself (OSError) goes to the caller. Raises ProfileError for a profile that only writes.
    """
    if isinstance(profile, EntryProfile):
        return read_entries(stream, profile, file_name)
    if isinstance(profile, RelationProfile):
        return read_relations(stream, profile, file_name)
    raise ProfileError(f"profile {profile.name} holds outstanding items, not documents; see read_outstanding")
