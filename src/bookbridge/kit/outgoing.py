"""The one way out: which addresses may be called, and the lines there. Closed to private addresses unless told.

A name is resolved here, every address it has is checked, and the line goes to exactly an address that was checked, so
that it doesn't matter what the name says a moment later (DNS rebinding). TLS still asks for the name's certificate.
Proxies named in the environment are not used: they would connect to addresses that nobody checked.
"""

import ipaddress
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from bookbridge.kit.errors import AddressRefusedError, UnreachableError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[str]]

ASK_AGAIN_AFTER = timedelta(minutes=15)
"""A refused address is no outage: only the operator can change it."""
SETTING = "BOOKBRIDGE_ALLOWED_PRIVATE_ADDRESSES"
_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NEVER_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10",  # Shared by customers of a provider.
        "192.0.0.0/24",  # Protocols.
        "192.88.99.0/24",  # 6to4 relays, no longer in use.
        "64:ff9b:1::/48",  # Translation within a network.
        "2001::/23",  # Protocols such as Teredo, which carry an IPv4 address of anybody's choice.
        "2002::/16",  # 6to4: the same.
        "::/96",  # IPv4 in the old notation.
        "fec0::/10",  # Site-local, as private addresses were once.
        "5f00::/16",  # Segment routing.
    )
)


@dataclass(frozen=True)
class Allowed:
    """A private address or network that may be called, on one port or on any."""

    network: Network
    port: int | None = None

    def covers(self, address: Address, port: int) -> bool:
        return address.version == self.network.version and address in self.network and self.port in (None, port)


def read_allowed(text: str) -> tuple[Allowed, ...]:
    """What a setting allows: `127.0.0.1:8101, 10.0.0.0/8, [::1]:8101`. Raises ValueError with what is wrong."""
    return tuple(_read_one(part.strip()) for part in text.split(",") if part.strip())


def _read_one(text: str) -> Allowed:
    host, port = text, None
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        port = rest[1:] if closed and rest.startswith(":") else None if closed and not rest else ""
    elif text.count(":") == 1:
        host, port = text.split(":")
    try:
        number = None if port is None else int(port)
        if number is not None and not 0 < number < 65536:
            raise ValueError
        return Allowed(ipaddress.ip_network(host), number)
    except ValueError:
        raise ValueError(f"{text} is no address, such as 127.0.0.1:8101, 10.0.0.0/8 or [::1]:8101") from None


def _resolve(host: str, port: int) -> Sequence[str]:
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


@dataclass(frozen=True)
class Policy:
    """What may be called: the public internet over TLS, and nothing else but what is allowed by name."""

    allowed: tuple[Allowed, ...] = ()
    resolve: Resolve = _resolve

    def destinations(self, scheme: str, host: str, port: int) -> list[str]:
        """The addresses that a host may be called at. Raises AddressRefusedError, and OSError for an unknown name."""
        found = self.resolve(host, port)
        addresses = [_plain(ipaddress.ip_address(each)) for each in found]
        for address in addresses:
            # One that is refused refuses the host: which of them is called must not depend on chance.
            if not any(allowed.covers(address, port) for allowed in self.allowed):
                if not _is_public(address):
                    raise _refused(host, f"{_named(host, address)} is not on the public internet")
                if scheme != "https":
                    raise _refused(host, f"{host} is called without TLS (http); only https is allowed")
        return [str(address) for address in addresses]


def _plain(address: Address) -> Address:
    """An IPv4 address also where it is written in IPv6 (`::ffff:10.0.0.1`)."""
    return getattr(address, "ipv4_mapped", None) or address


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address in _NAT64:
        return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    own = address.is_multicast or address.is_reserved or any(address in network for network in _NEVER_PUBLIC)
    return address.is_global and not own


def _named(host: str, address: Address) -> str:
    return host if host == str(address) else f"{host} ({address})"


def _refused(host: str, why: str) -> AddressRefusedError:
    return AddressRefusedError(datetime.now(UTC) + ASK_AGAIN_AFTER, f"{why}; {SETTING} can allow it", host)


_policy = Policy()


def use(policy: Policy) -> None:
    """What this process may call from here on."""
    global _policy  # noqa: PLW0603 - one way out means one policy.
    _policy = policy


def allow(text: str) -> None:
    """Also allow what a setting's text names."""
    use(replace(_policy, allowed=tuple(dict.fromkeys((*_policy.allowed, *read_allowed(text))))))


@contextmanager
def using(policy: Policy) -> Iterator[None]:
    """Call by another policy for a while."""
    before = _policy
    use(policy)
    try:
        yield
    finally:
        use(before)


@contextmanager
def allowing(url: str) -> Iterator[None]:
    """Also allow the one host and port of an address for a while: for a simulator that has just started."""
    with using(_policy):
        allow(host_and_port(url))
        yield


def host_and_port(url: str) -> str:
    """The place of a simulator's address as the setting wants it."""
    parts = urlsplit(url)
    return f"[{parts.hostname}]:{parts.port}" if ":" in (parts.hostname or "") else f"{parts.hostname}:{parts.port}"


def check(url: str) -> None:
    """Ask beforehand whether an address may be called. Raises AddressRefusedError, and UnreachableError when its name
    is not known now."""
    try:
        parts = httpx.URL(url)
        port = parts.port or _PORTS[parts.scheme]
        if not parts.host:
            raise httpx.InvalidURL("no host")
        _policy.destinations(parts.scheme, parts.raw_host.decode("ascii"), port)
    except (OSError, UnicodeError) as error:
        reason = f"the name {parts.host} is not known ({getattr(error, 'strerror', None) or 'no name of a host'})"
    except (httpx.InvalidURL, KeyError):
        raise _refused(url, f"{url} is no address of a web service") from None
    else:
        return
    raise UnreachableError(reason, may_have_arrived=False)


def certificate_ends(host: str, port: int, timeout_s: float = 5.0) -> datetime:
    """When the certificate of a service of the operator's own ends. Raises ssl.SSLError and OSError.

    No call of a package: it may be at a private address, and nothing is sent.
    """
    context = httpx.create_ssl_context()
    with (
        socket.create_connection((host, port), timeout_s) as line,
        context.wrap_socket(line, server_hostname=host) as safe,
    ):
        certificate = safe.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)


def client() -> httpx.Client:
    """The client for a call now. One pool for each process: a forked worker doesn't share its parent's lines."""
    return _client(os.getpid(), _policy)


@lru_cache(maxsize=8)
def _client(_process: int, policy: Policy) -> httpx.Client:
    # No cookies: they would carry one organisation's session to the next.
    return httpx.Client(
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
        trust_env=False,
        # The one packing that kit.http unpacks.
        headers={"User-Agent": "bookbridge", "Accept-Encoding": "gzip"},
        transport=_Transport(policy),
    )


class _Backend(httpcore.SyncBackend):
    """Lines to addresses that were checked, and to no other."""

    def __init__(self, policy: Policy, scheme: str) -> None:
        self._policy = policy
        self._scheme = scheme

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        deadline = time.monotonic() + (timeout or 0)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        try:
            addresses = self._policy.destinations(self._scheme, host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(type(error).__name__) from None
        for place, address in enumerate(addresses):
            # Later ones get their turn: none may use up the time of all.
            left = (deadline - time.monotonic()) / (len(addresses) - place) if timeout else None
            try:
                return super().connect_tcp(address, port, left and max(left, 0.1), local_address, socket_options or ())
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _Transport(httpx.BaseTransport):
    """httpx over lines of ours. Its own transport takes no backend; setting one inside it could fail open one day."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._pools: dict[str, httpcore.ConnectionPool] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        wanted = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _in_words_of_httpx():
            answer = self._pool(url.scheme).handle_request(wanted)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Stream(answer.stream), extensions=answer.extensions
        )

    def _pool(self, scheme: str) -> httpcore.ConnectionPool:
        if scheme not in _PORTS:
            raise httpcore.UnsupportedProtocol(f"{scheme} is no way to call a package")
        if scheme not in self._pools:
            fresh = httpcore.ConnectionPool(
                ssl_context=httpx.create_ssl_context() if scheme == "https" else None,
                max_connections=100,
                max_keepalive_connections=20,
                keepalive_expiry=20,
                network_backend=_Backend(self._policy, scheme),
            )
            # Of two threads that both made one, the second's is never used.
            self._pools.setdefault(scheme, fresh)
        return self._pools[scheme]

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _in_words_of_httpx():
            yield from self._stream

    def close(self) -> None:
        if hasattr(self._stream, "close"):
            self._stream.close()


@contextmanager
def _in_words_of_httpx() -> Iterator[None]:
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        known: type[httpx.TransportError] = getattr(httpx, type(error).__name__, httpx.TransportError)
        words = str(error)
    except httpcore.UnsupportedProtocol as error:
        known, words = httpx.UnsupportedProtocol, str(error)
    else:
        return
    raise known(words)
