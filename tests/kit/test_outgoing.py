"""The one way out: what may be called, by whatever notation or name, and that the line goes where it was checked."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bookbridge.kit import http, outgoing
from bookbridge.kit.errors import AddressRefusedError, UnreachableError
from bookbridge.kit.outgoing import Policy, read_allowed
from tests.kit.small_server import Reply, SmallServer

PUBLIC = "93.184.215.14"
LOOPBACK = read_allowed("127.0.0.0/8")


class Names:
    """A resolver that a test writes; the last answer of a name stays."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): list(each) for name, each in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        left = self.answers[host]
        return left.pop(0) if len(left) > 1 else left[0]


def get(url: str) -> tuple[http.Answer | None, Exception | None]:
    return http.exchange("GET", url, {}, None, 2)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "100.127.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
        "239.1.2.3", "240.0.0.1", "255.255.255.255", "192.88.99.1",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::8.8.8.8", "fe80::1", "fec0::1", "fc00::1",
        "fd00:ec2::254", "ff02::1", "2001:db8::1", "2001::1", "2002:7f00:1::", "2002:808:808::1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "100::1", "5f00::1",
    ],
)  # fmt: skip
def test_what_is_not_on_the_public_internet_is_refused(address: str) -> None:
    policy = Policy(resolve=Names(name_example=[[address]]))
    with pytest.raises(AddressRefusedError, match="not on the public internet") as caught:
        policy.destinations("https", "name.example", 443)
    assert caught.value.host == "name.example"


@pytest.mark.parametrize("address", ["8.8.8.8", PUBLIC, "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_is_public_may_be_called_over_tls_only(address: str) -> None:
    policy = Policy(resolve=Names(name_example=[[address]]))
    assert len(policy.destinations("https", "name.example", 443)) == 1
    with pytest.raises(AddressRefusedError, match="only https"):
        policy.destinations("http", "name.example", 80)


@pytest.mark.parametrize("private", ["10.0.0.1", "::1", "::ffff:192.168.0.1"])
def test_one_private_address_among_public_ones_refuses_the_name(private: str) -> None:
    policy = Policy(resolve=Names(name_example=[[PUBLIC, private]]))
    with pytest.raises(AddressRefusedError):
        policy.destinations("https", "name.example", 443)


@pytest.mark.parametrize(
    "notation",
    ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.1", "127.0.0.1", "[::1]", "[::]", "0",
     "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "１２７.0.0.1", "localhost", "LOCALHOST"],
)  # fmt: skip
def test_no_notation_of_this_machine_gets_a_line(notation: str) -> None:
    """By the machine's own resolver, which takes more notations than one can list."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.setblocking(False)
        port = listening.getsockname()[1]
        for scheme in ("http", "https"):
            answer, failure = get(f"{scheme}://{notation}:{port}/")
            assert answer is None
            assert isinstance(failure, AddressRefusedError | UnreachableError)
        with pytest.raises(BlockingIOError):
            listening.accept()


@pytest.mark.parametrize(
    ("allowed", "covered"),
    [("{place}", True), ("127.0.0.1", True), ("127.0.0.0/8", True), ("127.0.0.1:1", False), ("127.0.0.2", False),
     ("[::1]:{port}", False), ("10.0.0.0/8", False), ("", False)],
)  # fmt: skip
def test_a_setting_allows_exactly_what_it_names(allowed: str, covered: bool) -> None:
    server = SmallServer(lambda _call: Reply())
    with server.running():
        place = outgoing.host_and_port(server.url)
        text = allowed.format(place=place, port=place.rpartition(":")[2])
        with outgoing.using(Policy(read_allowed(text))):
            answer, failure = get(server.url)
    assert (answer is not None) == covered
    assert isinstance(failure, AddressRefusedError) != covered


@pytest.mark.parametrize(
    "text", ["localhost", "10.0.0.1/8", "127.0.0.1:0", "127.0.0.1:x", "[::1", "1.2.3.4:80:80", "::1]"]
)
def test_a_wrong_setting_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        read_allowed(f"127.0.0.1, {text}")


def test_the_line_goes_to_the_address_that_was_checked_whatever_the_name_says_later() -> None:
    """DNS rebinding: the second answer leads elsewhere; nobody asks for it between the check and the line."""
    names = Names(books_example=[["127.0.0.1"], ["127.0.0.2"]])
    with SmallServer(lambda _call: Reply()).running() as server:
        port = server.url.rpartition(":")[2]
        with outgoing.using(Policy(read_allowed(f"127.0.0.1:{port}"), names)):
            answer, _ = get(f"http://books.example:{port}/")
            assert answer is not None
            assert names.asked == ["books.example"]
    assert server.seen[0].headers["Host"] == f"books.example:{port}"


def test_a_name_that_turns_private_is_refused_at_the_next_line() -> None:
    names = Names(books_example=[["127.0.0.1"], ["10.0.0.1"]])
    close = Reply(headers={"Connection": "close"})
    with SmallServer(lambda _call: close).running() as server:
        port = server.url.rpartition(":")[2]
        with outgoing.using(Policy(read_allowed(f"127.0.0.1:{port}"), names)):
            assert get(f"http://books.example:{port}/")[0] is not None
            answer, failure = get(f"http://books.example:{port}/")
    assert answer is None
    assert isinstance(failure, AddressRefusedError)
    assert len(server.seen) == 1


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    with SmallServer(lambda _call: Reply()).running() as server:
        port = server.url.rpartition(":")[2]
        names = Names(books_example=[["127.0.0.9", "127.0.0.1"]])
        with outgoing.using(Policy(LOOPBACK, names)):
            assert get(f"http://books.example:{port}/")[0] is not None


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = SmallServer(lambda _call: Reply(body=b"proxy"))
    with proxy.running(), SmallServer(lambda _call: Reply(body=b"books")).running() as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        answer, _ = get(server.url)
    assert answer is not None
    assert answer.body == b"books"
    assert not proxy.seen


def test_a_redirect_to_a_private_address_is_an_answer_and_no_call() -> None:
    with SmallServer(lambda _call: Reply()).running() as inside:
        away = Reply(302, headers={"Location": f"{inside.url}/secret"})
        with SmallServer(lambda _call: away).running() as server:
            answer, _ = get(server.url)
    assert answer is not None
    assert answer.status == 302
    assert not inside.seen


@pytest.mark.parametrize(
    "url", ["ftp://8.8.8.8/", "file:///etc/passwd", "http://", "https://[::1", "unix:///run/x.sock"]
)
def test_other_schemes_and_broken_addresses_never_leave(url: str) -> None:
    answer, failure = get(url)
    assert answer is None
    assert isinstance(failure, UnreachableError)
    assert not failure.may_have_arrived
    with pytest.raises(AddressRefusedError):
        outgoing.check(url)


def test_an_unknown_name_is_told_apart() -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with outgoing.using(Policy(resolve=unknown)):
        _, failure = get("https://books.example/")
        assert isinstance(failure, UnreachableError)
        assert not failure.may_have_arrived
        with pytest.raises(UnreachableError, match=r"books\.example is not known"):
            outgoing.check("https://books.example/")


def test_tls_asks_for_the_name_and_not_for_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _tls_server(tmp_path, "books.example") as (port, asked_for):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        names = Names(books_example=[["127.0.0.1"]], other_example=[["127.0.0.1"]])
        with outgoing.using(Policy(read_allowed(f"127.0.0.1:{port}"), names)):
            answer, failure = get(f"https://books.example:{port}/")
            assert answer is not None, failure
            assert asked_for == ["books.example"]
            answer, failure = get(f"https://other.example:{port}/")
            assert answer is None
            assert isinstance(failure, UnreachableError)


def test_the_end_of_a_certificate_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _tls_server(tmp_path, "localhost") as (port, _):
        with pytest.raises(ssl.SSLCertVerificationError):
            outgoing.certificate_ends("localhost", port)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        left = outgoing.certificate_ends("localhost", port) - datetime.now(UTC)
    assert timedelta(hours=23) < left < timedelta(hours=25)


@contextmanager
def _tls_server(folder: Path, name: str) -> Iterator[tuple[int, list[str]]]:
    _make_certificate(folder, name)
    asked_for: list[str] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    context.sni_callback = lambda _line, asked, _context: asked_for.append(asked)  # type: ignore[assignment]
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(line, server_side=True) as safe:
                        safe.recv(65536)
                        safe.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
                except (ssl.SSLError, OSError):
                    continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1], asked_for
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _make_certificate(folder: Path, name: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def test_every_special_network_of_the_standard_library_is_refused() -> None:
    """Whatever Python knows as private, at both ends of each network."""
    for version in (ipaddress.IPv4Address, ipaddress.IPv6Address):
        for network in version("::1" if version is ipaddress.IPv6Address else "10.0.0.1")._constants._private_networks:  # type: ignore[attr-defined]
            for address in (network[0], network[-1]):
                with pytest.raises(AddressRefusedError):
                    Policy(resolve=Names(x_example=[[str(address)]])).destinations("https", "x.example", 443)
