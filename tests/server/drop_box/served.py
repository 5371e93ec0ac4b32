"""The real server as a process, with a company and an access key, as a stranger's client finds it."""

import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import psutil
from botocore.config import Config

from bookbridge.commands.processes import Children, free_port

BUCKET = "bookbridge"
REGION = "us-east-1"
OWNER, PASSWORD = "anna@example.org", "a made-up long password"
"""Who logs in to the portal for the first company."""
# One process for all of it: each command of ours takes a second to start.
_SETTING_UP = """
import json, sys
from bookbridge.server.start import load_django
load_django()
from bookbridge.integrations import access_keys
from bookbridge.integrations.models import Integration
from django.contrib.auth.hashers import make_password
from bookbridge.organisations.models import Membership, Organisation, User
from bookbridge.organisations.walls import acting_for
made = []
for name in ("Camping De Eik", "Hotel De Linde"):
    with acting_for(id_ := __import__("uuid").uuid4()):
        company = Organisation.objects.create(id=id_, name=name)
        link = Integration.objects.create(organisation=company, name="Reserveringen", package="exact_online")
        key, secret = access_keys.make(link, "test", None)
        if not made:
            anna = User.objects.create(email=sys.argv[1], password=make_password(sys.argv[2]))
            Membership.objects.create(organisation=company, user=anna, role="owner")
    made.append({"home": f"{company.pk}/{link.pk}", "key": key.key_id, "secret": secret})
print(json.dumps(made))
"""


@dataclass(frozen=True)
class Agent:
    """What the page of an integration tells an agent."""

    address: str
    home: str
    key: str
    secret: str
    certificate: Path | None = None

    def inbox(self, name: str = "") -> str:
        return f"{self.home}/inbox/{name}"

    def boto3(self, **config: Any) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.address,
            region_name=REGION,
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
            verify=str(self.certificate) if self.certificate else None,
            config=Config(**{"retries": {"total_max_attempts": 1}, **config}),
        )

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BOOKBRIDGE_"))}
        more = {"AWS_CA_BUNDLE": str(self.certificate)} if self.certificate else {}
        return {
            **kept,
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            **more,
        }


@dataclass(frozen=True)
class Served:
    agent: Agent
    neighbour: Agent
    storage: Path
    process: subprocess.Popen[bytes]
    log: Path

    def files(self) -> dict[str, int]:
        """Everything in the storage but receipts and notes of completed uploads: key → size."""
        return {
            str(path.relative_to(self.storage)): path.stat().st_size
            for path in self.storage.rglob("*")
            if path.is_file() and "/received/" not in str(path) and path.name != "done.json"
        }

    def clear(self) -> None:
        for path in self.storage.rglob("*"):
            if path.is_file():
                path.unlink()

    def memory(self) -> int:
        """Bytes that the server and its children really hold."""
        whole = psutil.Process(self.process.pid)
        return sum(each.memory_info().rss for each in [whole, *whole.children(recursive=True)])


@contextmanager
def served(folder: Path, **environment: str) -> Iterator[Served]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    own = {
        "BOOKBRIDGE_DATA": str(folder / "data"),
        "BOOKBRIDGE_STORAGE": str(folder / "storage"),
        "BOOKBRIDGE_PUBLIC_URL": address,
        **environment,
    }
    plain = {name: value for name, value in os.environ.items() if not name.startswith("BOOKBRIDGE_")}
    set_up = [sys.executable, "-c", _SETTING_UP, OWNER, PASSWORD]
    told = subprocess.run(set_up, env={**plain, **own}, capture_output=True, check=False)
    assert told.returncode == 0, told.stderr.decode()
    agents = [Agent(address, each["home"], each["key"], each["secret"]) for each in json.loads(told.stdout)]
    with Children(folder / "logs") as children:
        child = children.start("serve", ["serve", "--port", str(port)], **own)
        child.wait_until(lambda: _answers(address))
        log = folder / "logs" / "serve.log"
        yield Served(agents[0], agents[1], folder / "storage", child.process, log)


def _answers(address: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{address}/bookbridge", timeout=30).status_code == 403
    return False


@contextmanager
def behind_tls(agent: Agent, folder: Path) -> Iterator[Agent]:
    """A proxy that ends TLS before the server, as in production. Today's clients send trailers over TLS only."""
    certificate, key = _self_signed(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    target = re.fullmatch(r"http://([\d.]+):(\d+)", agent.address)
    assert target
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, context, (target[1], int(target[2]))), daemon=True).start()
        port = listener.getsockname()[1]
        yield Agent(f"https://localhost:{port}", agent.home, agent.key, agent.secret, certificate)


def _accept(listener: socket.socket, context: ssl.SSLContext, target: tuple[str, int]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(client, context, target), daemon=True).start()


def _serve(client: socket.socket, context: ssl.SSLContext, target: tuple[str, int]) -> None:
    with suppress(OSError):
        outside = context.wrap_socket(client, server_side=True)
        inside = socket.create_connection(target)
        back = threading.Thread(target=_pump, args=(inside, outside), daemon=True)
        back.start()
        _pump(outside, inside)
        back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(65536):
            sink.sendall(block)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _self_signed(folder: Path) -> tuple[Path, Path]:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "localhost.pem", folder / "localhost.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
