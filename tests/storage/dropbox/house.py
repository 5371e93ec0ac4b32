"""A drop box without a server, and requests signed as clients sign them."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

from botocore.auth import SIGV4_TIMESTAMP, S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from lxml import etree

from bookbridge.storage import Storage
from bookbridge.storage.dropbox.desk import Grant, Limits
from bookbridge.storage.dropbox.names import Home
from bookbridge.storage.dropbox.request import Answer, Request
from bookbridge.storage.dropbox.service import DropBox

HOME = Home(UUID(int=1), UUID(int=2))
SIBLING = Home(HOME.organisation, UUID(int=5))
"""Another integration of the same organisation."""
FOREIGN = Home(UUID(int=3), UUID(int=4))
KEY, SECRET = "BBOWNKEYAAAAAAAAAAAA", "a-made-up-secret-of-forty-characters-yes"
SIBLING_KEY, SIBLING_SECRET = "BBSIBLINGKEYAAAAAAAA", "a-third-made-up-secret-of-forty-letters-"
FOREIGN_KEY, FOREIGN_SECRET = "BBFOREIGNKEYAAAAAAAA", "another-made-up-secret-of-forty-letters-"
HOST = "books.example.org"
NOW = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)


@dataclass
class FakeDesk:
    arrived_keys: list[str] = field(default_factory=list)
    removed_keys: list[str] = field(default_factory=list)
    signs: list[tuple[str, bytes]] = field(default_factory=list)
    refusals: list[tuple[str, str]] = field(default_factory=list)
    uses: list[str] = field(default_factory=list)
    closed: bool = False
    revoked: set[str] = field(default_factory=set)
    hears: bool = True

    def grant(self, access_key: str) -> Grant | None:
        if access_key in self.revoked:
            return None
        own, sibling = Grant(KEY, HOME, SECRET), Grant(SIBLING_KEY, SIBLING, SIBLING_SECRET)
        known = (own, sibling, Grant(FOREIGN_KEY, FOREIGN, FOREIGN_SECRET))
        return next((grant for grant in known if grant.access_key == access_key), None)

    def may_try(self, address: str, access_key: str) -> bool:
        return not self.closed

    def refused(self, address: str, access_key: str) -> None:
        self.refusals.append((address, access_key))

    def used(self, grant: Grant, address: str) -> None:
        self.uses.append(grant.access_key)

    @contextmanager
    def receiving(self, grant: Grant) -> Iterator[None]:
        yield

    def arrived(self, grant: Grant, key: str) -> None:
        if not self.hears:
            raise ConnectionError("the database is gone")
        self.arrived_keys.append(key)

    def removed(self, grant: Grant, key: str) -> None:
        if not self.hears:
            raise ConnectionError("the database is gone")
        self.removed_keys.append(key)

    def lives(self, grant: Grant, key: str, sign: bytes) -> None:
        if not self.hears:
            raise ConnectionError("the database is gone")
        self.signs.append((key, sign))


@dataclass(frozen=True)
class Said:
    """An answer, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def xml(self) -> Any:
        """The answer's root, without namespaces."""
        root = etree.fromstring(self.body)
        for element in root.iter():
            element.tag = etree.QName(element).localname
        return root

    @property
    def code(self) -> str:
        return self.xml.findtext("Code") if self.body else ""

    @property
    def keys(self) -> list[str]:
        return [each.text for each in self.xml.findall("Contents/Key")]

    @property
    def prefixes(self) -> list[str]:
        return [each.text for each in self.xml.findall("CommonPrefixes/Prefix")]


class House:
    """A drop box on a storage, at a moment that tests set."""

    def __init__(self, storage: Storage, **limits: Any) -> None:
        self.storage = storage
        self.desk = FakeDesk()
        self.now = NOW
        self.box = DropBox(
            lambda: storage,
            self.desk,
            limits=Limits(**limits),
            hosts=lambda host: host == HOST,
            now=lambda: self.now,
        )

    def send(self, request: Request) -> Said:
        answer: Answer = self.box.answer(request)
        body = answer.body if isinstance(answer.body, bytes) else read_whole(answer.body)
        if answer.length is not None and request.method != "HEAD":
            assert len(body) == answer.length
        return Said(answer.status, answer.headers, body)

    def ask(self, method: str, key: str = "", body: bytes = b"", /, query: str = "", **options: Any) -> Said:
        """A signed request for a key of the bucket."""
        path = f"/bookbridge/{quote(key)}" if key else "/bookbridge"
        return self.send(signed(method, path, query=query, body=body, now=self.now, **options))

    def put(self, name: str, body: bytes = b"a;b\r\n", **options: Any) -> Said:
        return self.ask("PUT", inbox(name), body, **options)

    def stored(self) -> dict[str, bytes]:
        """Everything that anybody could take for a document, by key."""
        return {
            found.key: self.storage.get(found.key)
            for found in self.storage.list("")
            if "/received/" not in found.key and not found.key.endswith("/done.json")
        }


def read_whole(blocks: Any) -> bytes:
    """As a server does: closed after its end."""
    try:
        return b"".join(blocks)
    finally:
        blocks.close()


def inbox(name: str) -> str:
    return f"{HOME.prefix}inbox/{name}"


def signed(
    method: str,
    path: str,
    *,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    blocks: Iterable[bytes] | None = None,
    now: datetime = NOW,
    key: str = KEY,
    secret: str = SECRET,
    region: str = "us-east-1",
    service: str = "s3",
    payload: str | None = None,
) -> Request:
    """A request with its signature in a header, made by botocore. `payload` stands in for the body's hash."""
    signer = S3SigV4Auth(Credentials(key, secret), service, region)
    url = f"http://{HOST}{path}" + (f"?{_well_quoted(query)}" if query else "")
    given = {"host": HOST, "content-length": str(len(body)), **(headers or {})}
    request = AWSRequest(method=method, url=url, headers=given, data=body)
    request.context["timestamp"] = now.strftime(SIGV4_TIMESTAMP)
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    request.headers["X-Amz-Content-SHA256"] = payload or signer.payload(request)
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    signer._inject_signature_to_request(request, signature)
    return as_request(request, body, blocks)


def _well_quoted(query: str) -> str:
    """As clients must send it: everything but a few signs in percent."""
    pairs = [part.partition("=") for part in query.split("&")]
    return "&".join(f"{name}={quote(unquote(value), safe='-_.~')}" for name, _, value in pairs)


def presigned(
    method: str,
    path: str,
    *,
    expires: int = 300,
    now: datetime = NOW,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    key: str = KEY,
    secret: str = SECRET,
) -> Request:
    signer = S3SigV4QueryAuth(Credentials(key, secret), "s3", "us-east-1", expires=expires)
    request = AWSRequest(method=method, url=f"http://{HOST}{path}", headers={"host": HOST, **(headers or {})})
    request.context["timestamp"] = now.strftime(SIGV4_TIMESTAMP)
    signer._modify_request_before_signing(request)
    canonical = signer.canonical_request(request)
    signer._inject_signature_to_request(request, signer.signature(signer.string_to_sign(request, canonical), request))
    request.headers["content-length"] = str(len(body))
    return as_request(request, body, None)


def as_request(request: Any, body: bytes, blocks: Iterable[bytes] | None) -> Request:
    parts = urlsplit(request.url)
    return Request(
        method=request.method,
        path=parts.path.encode(),
        query=parts.query.encode(),
        headers={name.lower(): value for name, value in request.headers.items()},
        address="192.0.2.7",
        read=lambda: blocks if blocks is not None else ([body] if body else []),
    )


def changed(request: Request, **fields: Any) -> Request:
    """The same request with something else in it, as somebody on the way might have put there."""
    values = {name: getattr(request, name) for name in ("method", "path", "query", "headers", "address", "read")}
    return Request(**{**values, **fields})


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)
