"""Streams of any length into and out of a storage, with a fixed amount of memory."""

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import obstore
from obstore.store import LocalStore, S3Store

if TYPE_CHECKING:
    from datetime import datetime

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
    """Something else has the name already: an object, or a folder where an object is meant to be."""


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


def give_name(partial: Path, target: Path, *, only_new: bool) -> None:
    """Give a whole file its own name in one step."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if only_new:
            os.link(partial, target)
        else:
            _replace(partial, target)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise NameTakenError(target.name) from None
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _replace(partial: Path, target: Path) -> None:
    try:
        partial.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _across_disks(partial, target)


def _across_disks(partial: Path, target: Path) -> None:
    """An inbox may be a folder of another disk; the storage library's name for unfinished files hides it meanwhile."""
    beside = target.with_name(f"{target.name}#{uuid4().int % 10**9}")
    try:
        shutil.copyfile(partial, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Written:
    size: int
    version: str


def write_in_bucket(store: LocalStore | S3Store, key: str, chunks: Iterable[bytes]) -> Written:
    """Small streams in one call; larger ones in parts, which the service is told to drop when the stream fails."""
    size = 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for chunk in chunks:
            size += len(chunk)
            yield chunk

    blocks = _blocks(counted(), _PART)
    first, second = next(blocks, b""), next(blocks, None)
    if second is None:
        put = obstore.put(store, key, first, use_multipart=False)
    else:
        parts = chain((first, second), blocks)
        put = obstore.put(store, key, parts, use_multipart=True, chunk_size=_PART, max_concurrency=_PARTS_AT_ONCE)
    return Written(size, (put["e_tag"] or "").strip('"'))


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
