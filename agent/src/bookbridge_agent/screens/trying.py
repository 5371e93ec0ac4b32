"""Which file mask takes which file, and why one takes none: for a name that is typed, or for a folder."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bookbridge_agent.masks import found_in
from bookbridge_agent.names import is_unfinished, why_refused

MOST = 200


@dataclass(frozen=True)
class Tried:
    name: str
    kinds: tuple[str, ...]
    """Of the masks that are found in it; the first one counts."""
    reason: str
    """The word or message for why it isn't taken; empty when it is."""

    @property
    def is_taken(self) -> bool:
        return not self.reason


@dataclass(frozen=True)
class Looked:
    files: tuple[Tried, ...]
    left_out: int
    """Files beyond those that are shown."""
    folders: int


def tried(patterns: Mapping[str, str], name: str) -> Tried:
    kinds = tuple(kind for kind, mask in patterns.items() if found_in(mask, name))
    return Tried(name, kinds, _reason(name, kinds))


def _reason(name: str, kinds: tuple[str, ...]) -> str:
    if is_unfinished(name):
        return "try_unfinished"
    if not kinds:
        return "try_no_mask"
    return why_refused(name) or ""


def looked(patterns: Mapping[str, str], folder: Path) -> Looked:
    """Raises OSError."""
    with os.scandir(folder) as entries:
        there = [(entry.name, entry.is_file(follow_symlinks=False)) for entry in entries]
    files = sorted(name for name, is_file in there if is_file)
    folders = sum(not is_file for name, is_file in there if not name.startswith("."))
    shown = tuple(tried(patterns, name) for name in files[:MOST])
    return Looked(shown, max(len(files) - MOST, 0), folders)
