"""The file of a backup: a tar with the dump, the files, on wish the secrets, and last what it says of itself.

Known without Django, since a restore looks into it before there are settings.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

FORMAT = 1
DATABASE = "database.dump"
MANIFEST = "manifest.json"
STORAGE = "storage/"
SECRETS = "secrets/"
_PIECE = 1 << 20


class BackupError(Exception):
    """A backup can't be made, or a file is no whole backup; the message says what and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `heads`: where each chain of the audit trail ended, chain → number and hash."""

    taken_at: datetime
    version: str
    postgresql: int
    migrations: dict[str, str]
    storage: bool
    secrets: bool
    heads: dict[str, str]
    parts: dict[str, str]
    """Name → SHA-256 of each part."""

    def as_json(self) -> bytes:
        told = {**self.__dict__, "format": FORMAT, "taken_at": self.taken_at.isoformat()}
        return json.dumps(told, indent=1, sort_keys=True).encode()

    @classmethod
    def read(cls, text: bytes) -> "Manifest":
        told: dict[str, Any] = json.loads(text)
        if told.pop("format") != FORMAT:
            raise BackupError("the backup was made by a newer Bookbridge; restore it with that one")
        return cls(**{**told, "taken_at": datetime.fromisoformat(told["taken_at"])})


def add(archive: tarfile.TarFile, parts: dict[str, str], name: str, content: IO[bytes], size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    reading = _Hashed(content)
    archive.addfile(member, reading)
    parts[name] = reading.digest()


class _Hashed(io.RawIOBase):
    """Reads on and notes what was read."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._content.read(size)
        self._digest.update(piece)
        return piece

    def digest(self) -> str:
        return self._digest.hexdigest()


def members(archive: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """The files of a backup in their order. Raises BackupError for anything that none of ours holds."""
    for member in archive:
        content = archive.extractfile(member) if member.isreg() else None
        known = member.name in (DATABASE, MANIFEST) or member.name.startswith((STORAGE, SECRETS))
        steps = member.name.split("/")
        if content is None or not known or any(step in ("", ".", "..") for step in steps) or "\0" in member.name:
            raise BackupError(f"it holds {member.name!r}, which no backup of ours has")
        yield member, content


def check(source: Path) -> Manifest:
    """Read a backup from beginning to end. Raises BackupError when it isn't exactly what was written."""
    seen: dict[str, str] = {}
    manifest = None
    try:
        with tarfile.open(source, mode="r:") as archive:
            for member, content in members(archive):
                if member.name == MANIFEST:
                    manifest = Manifest.read(content.read())
                else:
                    seen[member.name] = _digest(content)
    except (tarfile.TarError, ValueError, KeyError, TypeError, OSError) as error:
        raise BackupError(f"{source} is no backup of Bookbridge: {error}") from None
    if manifest is None:
        raise BackupError(f"{source} is not whole: it ends too early")
    wrong = sorted(name for name in {*seen, *manifest.parts} if seen.get(name) != manifest.parts.get(name))
    if wrong:
        raise BackupError(f"{source} is damaged or was changed, at {wrong[0]}")
    return manifest


def _digest(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := content.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


def keep_secrets(source: Path, data: Path) -> int:
    """Put the secrets of a backup in the data folder where there are none yet; how many it holds."""
    kept = 0
    with tarfile.open(source, mode="r:") as archive:
        for member, content in members(archive):
            if member.name.startswith(SECRETS):
                path = data / "secrets" / member.name.removeprefix(SECRETS)
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                path.touch(mode=0o600, exist_ok=False)
                path.write_bytes(content.read())
                kept += 1
    return kept
