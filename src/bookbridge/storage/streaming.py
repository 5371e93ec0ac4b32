"""Streams of any length into and out of a storage, with a fixed amount of memory."""

import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import obstore
from obstore.store import LocalStore, S3Store

from bookbridge.storage import exclusive

if TYPE_CHECKING:
    from datetime import datetime

    from obstore import PutResult

_BLOCK = 1024 * 1024
_PART = 8 * 1024 * 1024
_PARTS_AT_ONCE = 2
"""Together the memory that an upload to a bucket takes. 10,000 parts, the most a bucket takes, are 78 GiB."""


class Version(Protocol):
    """One version of an object, as it was looked up."""

    @property
    def key(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def modified_at(self) -> "datetime": ...

    @property
    def version(self) -> str: ...


class NameTakenError(Exception):
    """Another object has the name already."""


def write_partial(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file in a place where nobody looks, and have it on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb", buffering=0) as file:
        for chunk in chunks:
            _write_all(file.fileno(), chunk)
        # Whoever is told that it is stored must find it after a power cut too.
        os.fsync(file.fileno())


def _write_all(descriptor: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def give_name(partial: Path, target: Path) -> None:
    """Give a whole file its own name in one step. Raises NameTakenError, NotADirectoryError, IsADirectoryError."""
    try:
        while not _named_in_its_folder(partial, target):
            pass
    except FileExistsError:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target)) from None
        raise NameTakenError(target.name) from None
    # Intake may have taken it by now, and its folder with it.
    with suppress(FileNotFoundError):
        _have_on_the_disk(target.parent)


def _named_in_its_folder(partial: Path, target: Path) -> bool:
    """False when somebody removed the folder, empty as it was, between its making and the naming."""
    folder = target.parent
    if not folder.is_dir():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(target)) from None
        # Or a power cut would take the folder, and with it a file of which its sender was told that it is stored.
        _have_on_the_disk(folder.parent)
    try:
        _take_name(partial, target)
    except FileNotFoundError:
        if folder.is_dir() or not partial.exists():
            raise
        return False
    return True


def _take_name(partial: Path, target: Path) -> None:
    try:
        exclusive.take_name(partial, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _across_disks(partial, target)


def _across_disks(partial: Path, target: Path) -> None:
    """An inbox may be a folder of another disk; the storage library's name for unfinished files hides it meanwhile."""
    beside = exclusive.hidden_beside(target)
    try:
        shutil.copyfile(partial, beside)
        _have_on_the_disk(beside)
        exclusive.take_name(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def _have_on_the_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Written:
    size: int
    version: str


def write_in_bucket(store: S3Store, key: str, chunks: Iterable[bytes], make_way: Callable[[], bool]) -> Written | None:
    """Small streams in one call; larger ones in parts, which the service is told to drop when the stream fails.

    `make_way` is called when the key is taken, and says whether to go on; None when it says no. A small object never
    replaces another. The library knows no such condition for an object in parts: that is looked up after its last
    byte, and who finishes between this and the service's answer is replaced.
    """
    blocks = _blocks(chunks, _PART)
    first, second = next(blocks, b""), next(blocks, None)
    if second is None:
        put = _create(store, key, first, make_way)
        return put and Written(len(first), _version(put["e_tag"]))
    size = 0
    # Not `put` with the stream itself: that one asks for the blocks where nothing may call the library again.
    with obstore.open_writer(store, key, buffer_size=_PART, max_concurrency=_PARTS_AT_ONCE) as writer:
        for block in chain((first, second), blocks):
            size += writer.write(block)
        if _e_tag(store, key) is not None:
            make_way()
    return Written(size, _version(_e_tag(store, key)))


def _create(store: S3Store, key: str, content: bytes, make_way: Callable[[], bool]) -> "PutResult | None":
    while True:
        try:
            return obstore.put(store, key, content, mode="create", use_multipart=False)
        except obstore.exceptions.AlreadyExistsError:
            if not make_way():
                return None
        except obstore.exceptions.GenericError as error:
            if "501 Not Implemented" not in str(error):
                raise
            # A service without conditions: it is looked up, and somebody may come in between.
            if _e_tag(store, key) is not None and not make_way():
                return None
            return obstore.put(store, key, content, use_multipart=False)


def _e_tag(store: S3Store, key: str) -> str | None:
    """None when there is no such object."""
    try:
        return obstore.head(store, key)["e_tag"] or ""
    except FileNotFoundError:
        return None


def _version(e_tag: str | None) -> str:
    return (e_tag or "").strip('"')


def _blocks(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    kept = bytearray()
    for chunk in chunks:
        kept += chunk
        while len(kept) >= size:
            yield bytes(kept[:size])
            del kept[:size]
    if kept:
        yield bytes(kept)


def read_in_folder(path: Path, found: Version, start: int, end: int) -> Iterator[bytes]:
    descriptor = os.open(path, os.O_RDONLY)
    there = os.fstat(descriptor)
    if (
        there.st_size != found.size or abs(there.st_mtime - found.modified_at.timestamp()) > 0.001
    ):  # house: allow float (seconds)
        os.close(descriptor)
        raise FileNotFoundError(errno.ENOENT, "replaced", str(path))
    return _read(descriptor, start, end)


def _read(descriptor: int, start: int, end: int) -> Iterator[bytes]:
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        file.seek(start)
        left = end - start
        while left > 0 and (block := file.read(min(_BLOCK, left))):
            left -= len(block)
            yield block


def read_in_bucket(store: LocalStore | S3Store, found: Version, start: int, end: int) -> Iterator[bytes]:
    if start >= end:
        return iter(())
    try:
        got = obstore.get(store, found.key, options={"range": (start, end), "if_match": f'"{found.version}"'})
    except obstore.exceptions.PreconditionError:
        raise FileNotFoundError(errno.ENOENT, "replaced", found.key) from None
    return (bytes(block) for block in got.stream(min_chunk_size=_BLOCK))
