"""One face over a local folder and S3-compatible buckets. Writing is whole or not at all: a reader never sees half."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast
from urllib.parse import quote, urlsplit

import obstore
from obstore.store import LocalStore, S3Store


class StorageError(Exception):
    """The storage could not be reached or refused; the message names the key."""


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

    def size(self, key: str) -> int:
        with _named(key):
            return int(obstore.head(self._store, key)["size"])

    def exists(self, key: str) -> bool:
        try:
            self.size(key)
        except FileNotFoundError:
            return False
        return True

    def copy(self, source: str, target: str) -> None:
        with _named(source):
            obstore.copy(self._store, source, target)

    def delete(self, key: str) -> None:
        """Remove the object; that it is gone already is fine."""
        try:
            with _named(key):
                obstore.delete(self._store, key)
        except FileNotFoundError:
            return

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Every object below the prefix, in no certain order."""
        if self.folder:
            _give_usable_names(self.folder / prefix)
        with _named(prefix):
            for chunk in obstore.list(self._store, prefix):
                for found in chunk:
                    yield StoredObject(
                        key=found["path"],
                        size=int(found["size"]),
                        modified_at=found["last_modified"],
                        version=(found["e_tag"] or found["last_modified"].isoformat()).strip('"'),
                    )

    def make_folder(self, prefix: str) -> None:
        """People drop files into a local folder, so it must be there before the first file."""
        if self.folder:
            (self.folder / prefix).mkdir(parents=True, exist_ok=True)

    def local_path(self, key: str) -> Path | None:
        """Where the object lies on this machine; None in a bucket."""
        return self.folder / key if self.folder else None


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
        return Storage(LocalStore(folder, mkdir=True), folder)
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
        if isinstance(error, FileNotFoundError):
            raise FileNotFoundError(f"{self._key} is not in the storage") from None
        if isinstance(error, obstore.exceptions.BaseError | OSError | ValueError):
            raise StorageError(f"storage failed at {self._key}: {type(error).__name__}") from error


def _give_usable_names(folder: Path) -> None:
    """Rename files whose names the storage library can't list (bytes that are no text, control characters).

    One such file would otherwise keep every file of the folder from being seen.
    """
    if not folder.is_dir():
        return
    with os.scandir(os.fsencode(folder)) as entries:
        for entry in entries:
            usable = quote(entry.name, safe=" !#$&'()+,;=@[]{}~^-_.%") if _unusable(entry.name) else ""
            if usable:
                os.replace(entry.path, os.path.join(os.fsencode(folder), usable.encode()))


def _unusable(name: bytes) -> bool:
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return any(ord(character) < 32 or ord(character) == 127 for character in text)
