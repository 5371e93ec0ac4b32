"""One integration's place in the storage: its inbox, its outbox, and where agents tell that they live."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, GenericError, NotModifiedError
from obstore.store import S3Store

from bookbridge_agent.configuration import Synchronisation, shown_proxy
from bookbridge_agent.faults import LIBRARY_ERRORS, code_of, knows_no_conditions, told_apart
from bookbridge_agent.messages import AgentError
from bookbridge_agent.names import sent_name

PART = 5 * 1024 * 1024
"""The least that S3 takes as a part; a part must get through a slow line within `_REQUEST_FOR`."""
_REQUEST_FOR = timedelta(minutes=5)
_PARTS_AT_ONCE = 1
_BLOCK = 1024 * 1024
_DIGEST = "sha256"
"""The name of the metadata under which an object carries the digest of its whole content."""


class ContentChangedError(Exception):
    """A file changed between reading it for its digest and sending it; nothing of it was stored."""


@dataclass(frozen=True)
class Held:
    """What the storage has under a key."""

    size: int
    sha256: str

    def is_the_same(self, size: int, sha256: str) -> bool:
        return (self.size, self.sha256) == (size, sha256)


@dataclass(frozen=True)
class Fetched:
    version: str
    size: int
    content: Iterator[bytes]


class Box:
    """Raises AgentError with what a person can do, whatever goes wrong."""

    def __init__(
        self, synchronisation: Synchronisation, secret: str, proxy: str | None = None, *, is_hurried: bool = False
    ) -> None:
        """In a hurry nothing is tried again: a person waits for the answer."""
        self._of = synchronisation
        self._proxy = proxy
        try:
            self._store = _store(synchronisation, secret, proxy, is_hurried)
        except LIBRARY_ERRORS:
            # Everything else was looked at when it was entered.
            raise AgentError("no_proxy", value=shown_proxy(proxy or "")) from None

    def inbox_key(self, delivery: str, name: str) -> str:
        return f"{self._of.prefix}inbox/{delivery}/{sent_name(name)}"

    def held(self, key: str) -> Held | None:
        with self._told_apart(key):
            try:
                found = obstore.get(self._store, key, options={"head": True})
            except FileNotFoundError as error:
                _raise_unless_absent(error)
                return None
            attributes: Any = found.attributes
            # Not every storage keeps what is told beside a file. The size alone says nothing of its content.
            sha256 = attributes.get(_DIGEST) or self._digest_of(key)
            return Held(found.meta["size"], sha256) if sha256 else None

    def _digest_of(self, key: str) -> str | None:
        """By reading all of it; None when it is gone meanwhile."""
        digest = hashlib.sha256()
        try:
            for chunk in obstore.get(self._store, key).stream(min_chunk_size=_BLOCK):
                digest.update(chunk)
        except FileNotFoundError:
            return None
        return digest.hexdigest()

    def create(self, key: str, content: bytes, sha256: str) -> bool:
        """False when there is an object of that key already, which stays as it is."""
        attributes: Any = {_DIGEST: sha256}
        with self._told_apart(key):
            try:
                obstore.put(self._store, key, content, attributes=attributes, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
            except GenericError as error:
                if not knows_no_conditions(error):
                    raise
                if self.held(key) is not None:
                    return False
                obstore.put(self._store, key, content, attributes=attributes, use_multipart=False)
            return True

    def create_large(self, key: str, path: Path, sha256: str) -> None:
        """In parts. Nothing is stored when the file isn't what its digest says any more: ContentChangedError.

        Without a condition: obstore 0.12 knows none for parts (apache/arrow-rs-object-store#289). What it could replace
        has the same key, so the same id, and was looked for right before: it is this file, perhaps as it was earlier.
        """
        attributes: Any = {_DIGEST: sha256}
        digest = hashlib.sha256()
        with (
            path.open("rb") as file,
            self._told_apart(key),
            obstore.open_writer(
                self._store, key, attributes=attributes, buffer_size=PART, max_concurrency=_PARTS_AT_ONCE
            ) as writer,
        ):
            while block := file.read(_BLOCK):
                digest.update(block)
                writer.write(block)
            if digest.hexdigest() != sha256:
                raise ContentChangedError

    def fetch(self, name: str, known_version: str | None) -> Fetched | None:
        """A file of the outbox, when there is one of another version."""
        key = f"{self._of.prefix}outbox/{name}"
        with self._told_apart(key):
            try:
                found = obstore.get(self._store, key, options={"if_none_match": known_version} if known_version else {})
            except NotModifiedError:
                return None
            except FileNotFoundError as error:
                _raise_unless_absent(error)
                return None
            size = found.meta["size"]
            return Fetched(found.meta["e_tag"] or "", size, self._chunks(key, found, size))

    def _chunks(self, key: str, found: "obstore.GetResult", size: int) -> Iterator[bytes]:
        came = 0
        with self._told_apart(key):
            for chunk in found.stream(min_chunk_size=_BLOCK):
                came += len(chunk)
                yield bytes(chunk)
        if came != size:
            raise AgentError("storage_failed", reason="the answer was cut")

    def tell(self, installation: str, told: bytes) -> None:
        """Leave a sign of life, in the place of the one before."""
        key = f"{self._of.prefix}agent/{installation}.json"
        with self._told_apart(key):
            obstore.put(self._store, key, told, use_multipart=False)

    def check(self) -> None:
        """Raises the first thing that is wrong with the details, by its name."""
        try:
            self.fetch("dbopen.csv", None)
        except AgentError as error:
            if error.message.code == "access_denied":
                raise AgentError(self._what_is_denied()) from None
            raise

    def _what_is_denied(self) -> str:
        """The drop box shows a key where its own place is; a bucket may not, and then it can't be told apart."""
        try:
            companies = obstore.list_with_delimiter(self._store)["common_prefixes"]
            if not companies:
                return "access_denied"
            if self._of.company not in companies:
                return "wrong_company"
            integrations = obstore.list_with_delimiter(self._store, self._of.company)["common_prefixes"]
        except LIBRARY_ERRORS:
            return "access_denied"
        return "access_denied" if self._of.prefix.rstrip("/") in integrations else "wrong_integration"

    @contextmanager
    def _told_apart(self, key: str) -> Iterator[None]:
        try:
            yield
        except LIBRARY_ERRORS as error:
            of = self._of
            name = key.rpartition("/")[2]
            about = {"endpoint": of.endpoint, "bucket": of.bucket, "region": of.region}
            raise told_apart(error, **about, name=name, proxy=self._proxy) from None
        except BaseException as error:
            # The library's own mistakes are none of Python's exceptions: they would end the thread without a word.
            if type(error).__name__ != "PanicException":
                raise
            raise AgentError("mistake", reason="obstore") from None


def _store(of: Synchronisation, secret: str, proxy: str | None, is_hurried: bool) -> S3Store:
    options: Any = {
        "allow_http": of.endpoint.startswith("http://"),
        "connect_timeout": timedelta(seconds=5 if is_hurried else 10),
        "timeout": timedelta(seconds=10) if is_hurried else _REQUEST_FOR,
    }
    if proxy:
        options["proxy_url"] = proxy
    return S3Store(
        of.bucket,
        config={
            "endpoint": of.endpoint.rstrip("/"),
            "region": of.region,
            "access_key_id": of.access_key,
            "secret_access_key": secret,
            "virtual_hosted_style_request": False,
            # Verified by the storage before the object is there, whatever was on the way.
            "checksum_algorithm": "sha256",
        },
        client_options=options,
        retry_config={"max_retries": 0 if is_hurried else 2, "retry_timeout": timedelta(seconds=20)},
    )


def _raise_unless_absent(error: FileNotFoundError) -> None:
    # A wrong bucket is no absent object, though the library gives both the same kind of error.
    if code_of(error) == "NoSuchBucket":
        raise error
