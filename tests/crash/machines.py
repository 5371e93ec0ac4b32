"""Machines on one network, as network namespaces with cables between them: what a test can cut."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from bookbridge.commands.processes import Child, Children
from tests.crash.hub import PACKAGE, PORT

ROOT = Path(__file__).resolve().parents[2]
_CONTROL = """
import sys, urllib.request
body = sys.argv[2].encode() if len(sys.argv) > 2 else None
asked = urllib.request.Request("http://127.0.0.1:%d/_simulator/" + sys.argv[1], data=body)
print(urllib.request.urlopen(asked, timeout=30).read().decode())
"""


def why_not() -> str:
    """Why this machine allows no namespaces; empty when it does."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not shutil.which("ip"):
        return "there is no `ip` (Debian: apt-get install iproute2)"
    name = f"bbtry{secrets.token_hex(3)}"
    tried = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
    return f"no network namespace can be made here: {tried.stderr.strip()}" if tried.returncode else ""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@dataclass
class Machines:
    """The hub holds the database and the package; each worker's machine has a cable of its own to each of them."""

    folder: Path
    children: Children
    mark: str = field(default_factory=lambda: secrets.token_hex(3))
    hub: Any = None
    process: "subprocess.Popen[str] | None" = None

    def name(self, machine: str) -> str:
        return f"bb{self.mark}{machine}"

    def build(self, *machines: str) -> None:
        self._machine("hub")
        ip("-n", self.name("hub"), "addr", "add", f"{PACKAGE}/32", "dev", "lo")
        for number, machine in enumerate(machines):
            self._machine(machine)
            for part, cable in enumerate(("db", "pk")):
                self._cable(machine, cable, f"10.77.{2 * number + part}")
            ip("-n", self.name(machine), "route", "add", PACKAGE, "via", f"10.77.{2 * number + 1}.1")

    def _machine(self, machine: str) -> None:
        ip("netns", "add", self.name(machine))
        ip("-n", self.name(machine), "link", "set", "lo", "up")

    def _cable(self, machine: str, cable: str, network: str) -> None:
        here, there = self.name("hub"), self.name(machine)
        ip("link", "add", f"{machine}{cable}", "netns", here, "type", "veth", "peer", "name", cable, "netns", there)
        for place, end, address in ((here, f"{machine}{cable}", 1), (there, cable, 2)):
            ip("-n", place, "addr", "add", f"{network}.{address}/30", "dev", end)
            ip("-n", place, "link", "set", end, "up")

    def cut(self, machine: str, *cables: str) -> None:
        for cable in cables:
            ip("-n", self.name("hub"), "link", "set", f"{machine}{cable}", "down")

    def mend(self, machine: str, *cables: str) -> None:
        for cable in cables:
            ip("-n", self.name("hub"), "link", "set", f"{machine}{cable}", "up")

    def start_hub(self) -> None:
        command = ["ip", "netns", "exec", self.name("hub"), sys.executable, "-m", "tests.crash.hub", str(self.folder)]
        log = (self.folder / "hub.log").open("wb")
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": log, "text": True}
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment(), **pipes)
        assert self.process.stdout
        said = self.process.stdout.readline()
        assert said, (self.folder / "hub.log").read_text()[-3000:]
        self.hub = json.loads(said)

    def environment(self) -> dict[str, str]:
        theirs = ("BOOKBRIDGE_", "DATABASE_", "DJANGO_SETTINGS_MODULE")
        plain = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
        return {
            **plain,
            "BOOKBRIDGE_DATA": str(self.folder / "data"),
            "BOOKBRIDGE_STORAGE": str(self.folder / "storage"),
            "BOOKBRIDGE_INBOX_SETTLE_S": "0",
            "BOOKBRIDGE_ALLOWED_PRIVATE_ADDRESSES": f"{PACKAGE}:{PORT}",
        }

    def start_worker(self, machine: str, number: int) -> Child:
        """On its machine, with the database's address as it is seen from there; comes back when work can begin."""
        ready = self.folder / f"{machine}.ready"
        ready.unlink(missing_ok=True)
        url = f"postgresql://{self.hub['user']}:{self.hub['password']}@10.77.{2 * number}.1:5432/bookbridge"
        child = self.children.start(
            machine,
            ["worker", "--ready-file", str(ready)],
            before=["ip", "netns", "exec", self.name(machine)],
            **{**self.environment(), "DATABASE_URL": url},
        )
        child.wait_until(ready.exists)
        return child

    def drop(self, files: dict[str, bytes]) -> None:
        inbox = self.folder / "storage" / self.hub["inbox"]
        for name, content in files.items():
            (inbox / f"{name}.part").write_bytes(content)
            (inbox / f"{name}.part").rename(inbox / name)

    def package(self, path: str, body: Any = None) -> Any:
        """The package's control pages, asked on the hub."""
        words = [path] if body is None else [path, json.dumps(body)]
        command = ["ip", "netns", "exec", self.name("hub"), sys.executable, "-c", _CONTROL % PORT, *words]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """The database, as its administrator sees it."""
        with psycopg.connect(self.hub["watching_url"]) as connection:
            return connection.execute(question.encode()).fetchall()

    def end(self) -> None:
        if self.process:
            assert self.process.stdin
            self.process.stdin.close()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for machine in ("hub", "a", "b"):
            subprocess.run(["ip", "netns", "del", self.name(machine)], capture_output=True, check=False)


@contextmanager
def machines(folder: Path) -> Iterator[Machines]:
    with Children(folder / "logs") as children:
        made = Machines(folder, children)
        try:
            made.build("a", "b")
            made.start_hub()
            yield made
        finally:
            for machine in ("a", "b"):
                # A worker that waits for an answer over a cut cable would not end when it is told to.
                subprocess.run(["ip", "-n", made.name(machine), "link", "set", "db", "up"], check=False)
            children.kill_all()
            made.end()
