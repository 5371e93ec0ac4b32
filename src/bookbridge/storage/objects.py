"""One face over a local folder and S3-compatible buckets. Writing is whole or not at all: a reader never sees half."""

import errno
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import quote, urlsplit
from uuid import uuid4

import obstore
from obstore.store import LocalStore, S3Store

from bookbridge.storage import exclusive, streaming
from bookbridge.storage.places import LONGEST_NAME, name_with

if TYPE_CHECKING:
    from obstore import ObjectMeta


_UNFINISHED = re.compile(r"#\d+$")
"""Names under which the storage library writes in a local folder before it renames; it lists no such file."""
_UNFINISHED_FOR_S = 3600
_LONGEST_PART = 255
"""Bytes, in file systems."""
_LINKS_OF_A_FOLDER = 2
"""Of one without folders in it: its own name, and the dot inside."""


class StorageError(Exception):
    """The storage could not be reached or refused; the message names the key."""


class StorageFullError(StorageError):
    """There is no room left."""


class NameBlockedError(StorageError):
    """A folder has the name, or a part of it is a file."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """`version` differs whenever the content was written anew."""

    key: str
    size: int
    modified_at: datetime
    version: str

    @property
    def name(self) -> str:
        return self.key.rsplit("/", 1)[-1]


class Storage:
    """Objects by key. Every method raises StorageError when the storage fails, FileNotFoundError for an absent key."""

    def __init__(self, store: LocalStore | S3Store, folder: Path | None = None) -> None:
        self._store = store
        self.folder = folder
        """The local folder, None in a bucket."""

    def put(self, key: str, content: bytes | BinaryIO) -> None:
        with _named(key):
            obstore.put(self._store, key, content)

    def get(self, key: str) -> bytes:
        with _named(key):
            return bytes(obstore.get(self._store, key).bytes())

    def stream(self, key: str) -> Iterator[bytes]:
        with _named(key):
            for chunk in obstore.get(self._store, key).stream():
                yield bytes(chunk)

    def open(self, key: str) -> BinaryIO:
        """A binary file to read from; an object of a bucket is fetched whole first, to disk when it is large."""
        path = self.local_path(key)
        if path:
            with _named(key):
                return path.open("rb")
        copy = SpooledTemporaryFile(max_size=8 * 1024 * 1024)  # noqa: SIM115 (the caller closes it)
        for chunk in self.stream(key):
            copy.write(chunk)
        copy.seek(0)
        return cast(BinaryIO, copy)

    def stat(self, key: str) -> StoredObject:
        with _named(key):
            return _stored(obstore.head(self._store, key))

    def size(self, key: str) -> int:
        return self.stat(key).size

    def write_stream(
        self,
        key: str,
        chunks: Iterable[bytes],
        staging: str,
        *,
        make_way: Callable[[], StoredObject | None] | None = None,
    ) -> StoredObject:
        """Store a stream of any length with little memory; an exception of the stream itself leaves nothing behind.

        `staging` is a folder for what isn't whole yet. Another object of that key is never replaced: `make_way` moves
        it, or gives it when it is the same, which then stands for this one; without it NameTakenError is raised.
        In a bucket an object of more than 8 MiB may still replace one that is finished in the same moment.
        """

        def same() -> StoredObject | None:
            if make_way is None:
                raise streaming.NameTakenError(key)
            return make_way()

        with _named(key):
            if self.folder is None:
                return self._write_in_bucket(key, chunks, same)
            return self._write_in_folder(key, chunks, f"{staging}/{uuid4()}.partial", same)

    def _write_in_folder(
        self, key: str, chunks: Iterable[bytes], partial: str, same: Callable[[], StoredObject | None]
    ) -> StoredObject:
        try:
            streaming.write_partial(self._path(partial), chunks)
            # Looked up before it has its name: whoever waits for it may have taken it right after.
            found = self.stat(partial)
            while True:
                try:
                    streaming.give_name(self._path(partial), self._path(key))
                    return replace(found, key=key)
                except streaming.NameTakenError:
                    there = same()
                    if there is not None:
                        return there
        finally:
            self._path(partial).unlink(missing_ok=True)

    def _write_in_bucket(
        self, key: str, chunks: Iterable[bytes], same: Callable[[], StoredObject | None]
    ) -> StoredObject:
        there: StoredObject | None = None

        def make_way() -> bool:
            nonlocal there
            there = same()
            return there is None

        put = streaming.write_in_bucket(cast(S3Store, self._store), key, chunks, make_way)
        if put is not None:
            return StoredObject(key, put.size, datetime.now(UTC), put.version)
        assert there is not None
        return there

    def read_range(self, found: StoredObject, start: int, end: int) -> Iterator[bytes]:
        """The bytes from start up to end of this version of an object, opened before the first is asked for.

        Raises FileNotFoundError when it has been replaced or removed since it was looked up.
        """
        with _named(found.key):
            if self.folder:
                chunks = streaming.read_in_folder(self._path(found.key), found, start, end)
            else:
                chunks = streaming.read_in_bucket(self._store, found, start, end)
        return self._named_chunks(found.key, chunks)

    def _named_chunks(self, key: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
        with _named(key):
            yield from chunks

    def move_aside(self, key: str) -> None:
        """Give an object another name beside its own; that it is gone already is fine. In a folder it keeps its moment.

        A bucket can't choose a free name and take it in one step: there the name has a part that nobody else chooses.
        """
        with _named(key):
            if self.folder:
                exclusive.move_aside(self._path(key))
                return
            folder, slash, name = key.rpartition("/")
            with suppress(FileNotFoundError):
                obstore.rename(self._store, key, f"{folder}{slash}{name_with(uuid4().hex[:12], name)}")

    def _path(self, key: str) -> Path:
        path = self.local_path(key)
        assert path is not None
        return path

    def can_hold(self, key: str) -> bool:
        """False for a key that no object here can have: asking for it would fail, and it is merely absent."""
        parts = key.split("/")
        if any(part in ("", ".", "..") or _is_unusable(part.encode()) for part in parts):
            return False
        in_folder = self.folder is not None
        return not (in_folder and any(len(part.encode()) > _LONGEST_PART or _UNFINISHED.search(part) for part in parts))

    def exists(self, key: str) -> bool:
        try:
            self.size(key)
        except FileNotFoundError:
            return False
        return True

    def copy(self, source: str, target: str) -> None:
        if self.folder:
            # The storage library would make a hard link: whoever still writes in the source would change the copy.
            with self.open(source) as content:
                self.put(target, content)
            return
        with _named(source):
            obstore.copy(self._store, source, target)

    def delete(self, key: str, *, version: str | None = None) -> None:
        """Remove the object; that it is gone already is fine. With a version: only while it is still that one.

        A bucket has no such condition: what is written there between looking and removing is removed with it.
        """
        with suppress(FileNotFoundError), _named(key):
            if version is None:
                obstore.delete(self._store, key)
                return
            seen = os.lstat(self._path(key)) if self.folder else None
            if _version(obstore.head(self._store, key)) != version:
                return
            if seen:
                exclusive.remove(self._path(key), seen)
            else:
                obstore.delete(self._store, key)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Every object below the prefix, in no certain order."""
        with _named(prefix):
            if self.folder:
                _give_usable_names(self.folder / prefix)
            for chunk in obstore.list(self._store, prefix):
                for found in chunk:
                    if found["size"] or not self._is_folder_marker(found["path"]):
                        yield _stored(found)

    def changed_at(self, prefix: str) -> int | None:
        """When something came into a local folder or left it, in its file system's own nanoseconds; None in a bucket,
        for an absent folder, and for one with folders in it, which may change unseen."""
        if self.folder is None:
            return None
        try:
            # No Path: thousands of inboxes are asked every second.
            seen = os.stat(f"{self.folder}/{prefix}")
        except OSError:
            return None
        # A folder in it would be its third link; where links aren't counted so, there is one.
        return seen.st_mtime_ns if seen.st_nlink <= _LINKS_OF_A_FOLDER else None

    def _is_folder_marker(self, key: str) -> bool:
        """Whether it is the empty `inbox/` that consoles of buckets make for a folder, listed without its slash."""
        return self.folder is None and not self.exists(key)

    def make_folder(self, prefix: str) -> None:
        """People drop files into a local folder, so it must be there before the first file."""
        if self.folder:
            (self.folder / prefix).mkdir(parents=True, exist_ok=True)

    def remove_empty_folder(self, prefix: str) -> None:
        """Folders are no objects, yet in a local folder they stay when the last object has gone."""
        if self.folder:
            # Not empty, or gone: either is somebody else's doing.
            with suppress(OSError):
                self._path(prefix).rmdir()

    def local_path(self, key: str) -> Path | None:
        """Where the object lies on this machine; None in a bucket."""
        if self.folder is None:
            return None
        if any(part in ("", ".", "..") for part in key.rstrip("/").split("/")):
            raise StorageError(f"storage failed at {key}: a key has no empty parts and no dots alone")
        return self.folder / key


def open_storage() -> Storage:
    """The installation's storage, by the settings STORAGE and S3_*."""
    from django.conf import settings

    environment = settings.ENVIRONMENT
    return _open(
        environment.storage,
        environment.s3_endpoint,
        environment.s3_region,
        environment.s3_access_key,
        environment.s3_secret_key,
    )


@lru_cache(maxsize=4)
def _open(address: str, endpoint: str | None, region: str, access_key: str | None, secret_key: str | None) -> Storage:
    parts = urlsplit(address)
    if parts.scheme != "s3":
        folder = Path(address.removeprefix("file://")).absolute()
        try:
            return Storage(LocalStore(folder, mkdir=True), folder)
        except (OSError, obstore.exceptions.BaseError) as error:
            raise StorageError(f"the folder {folder} can't be used: {error}") from None
    settings: dict[str, str | bool] = {"region": region}
    if endpoint:
        settings |= {"endpoint": endpoint, "virtual_hosted_style_request": False}
    if access_key and secret_key:
        settings |= {"access_key_id": access_key, "secret_access_key": secret_key}
    plain_http = bool(endpoint and endpoint.startswith("http://"))
    return Storage(
        S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            config=settings,  # type: ignore[arg-type]  # its TypedDict wants literal keys
            client_options={"allow_http": plain_http, "timeout": "60s", "connect_timeout": "5s"},
            retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=30)},
        )
    )


class _named:  # noqa: N801 (reads as a word at its use)
    """Turns the storage library's errors into ours, with the key."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if kind is None or error is None or isinstance(error, GeneratorExit):
            return
        if isinstance(error, FileNotFoundError) and "NoSuchBucket" not in str(error):
            raise FileNotFoundError(f"{self._key} is not in the storage") from None
        if isinstance(error, obstore.exceptions.BaseError | OSError | ValueError):
            # Not chained: the library's text holds the service's whole answer, access key included.
            raise _kind(error)(f"storage failed at {self._key}: {_why(error)}") from None


def _kind(error: BaseException) -> type[StorageError]:
    if isinstance(error, NotADirectoryError | IsADirectoryError):
        return NameBlockedError
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return StorageFullError if full else StorageError


def _why(error: BaseException) -> str:
    """For the person who must act."""
    words = str(error).split("\n", 1)[0]
    if "NoSuchBucket" in str(error):
        return "the bucket does not exist; check BOOKBRIDGE_STORAGE"
    if isinstance(error, obstore.exceptions.PermissionDeniedError | obstore.exceptions.UnauthenticatedError):
        return "access was refused; check the access key and its rights"
    if isinstance(error, obstore.exceptions.InvalidPathError | ValueError):
        return f"a name that can't be used; rename or remove it ({words[:300]})"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if "error sending request" in str(error):
        return "the storage can't be reached; check BOOKBRIDGE_S3_ENDPOINT"
    return f"{type(error).__name__} ({words[:300]})"


def _stored(found: "ObjectMeta") -> StoredObject:
    return StoredObject(
        key=found["path"],
        size=int(found["size"]),
        modified_at=found["last_modified"],
        version=_version(found),
    )


def _version(found: "ObjectMeta") -> str:
    return (found["e_tag"] or found["last_modified"].isoformat()).strip('"')


def _give_usable_names(folder: Path) -> None:
    """Rename files whose names the storage library can't list (bytes that are no text, control characters).

    One such name would otherwise keep every file of the folder from being seen.
    """
    for place, folders, names in os.walk(os.fsencode(folder), topdown=False):
        for name in (*folders, *names):
            path = os.path.join(place, name)
            # A name that is gone by now was somebody else's to move.
            with suppress(FileNotFoundError):
                if _is_unusable(name) or (_is_unfinished(name) and _is_abandoned(path)):
                    os.rename(path, _free_name(place, name))


def _free_name(place: bytes, name: bytes) -> bytes:
    """A usable name beside it that nothing has yet: renaming must never replace another file."""
    usable = _without_number_sign(quote(name, safe=" !#$&'()+,;=@[]{}~^-_.%"))[-LONGEST_NAME:].encode()
    path, number = os.path.join(place, usable), 1
    while os.path.lexists(path):
        number += 1
        path = os.path.join(place, b"%d %b" % (number, usable))
    return path


def _is_unusable(name: bytes) -> bool:
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return any(ord(character) < 32 or ord(character) == 127 for character in text)


def _is_unfinished(name: bytes) -> bool:
    return _UNFINISHED.search(os.fsdecode(name)) is not None


def _is_abandoned(path: bytes) -> bool:
    found = os.lstat(path)
    # A name that was given just now is somebody's who is at it, however old the content.
    return time.time() - max(found.st_mtime, found.st_ctime) > _UNFINISHED_FOR_S


def _without_number_sign(name: str) -> str:
    return _UNFINISHED.sub(lambda found: found[0].replace("#", "%23"), name)
