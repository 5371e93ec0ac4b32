"""A PC: a folder that an ERP writes into, and `bookbridge-agent` as a real process."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.server.drop_box.served import Served

DEADLINE_S = 60


class Pc:
    """`settings` are the agent's, quicker than on a real PC."""

    def __init__(self, folder: Path, server: Served) -> None:
        self.home = folder / "agent home"
        self.source = folder / "Export von ERP é"
        self.source.mkdir()
        self.output = folder / "open items" / "dbopen.csv"
        self.output.parent.mkdir()
        self.server = server
        self.program = [sys.executable, "-P", "-m", "bookbridge_agent"]
        self._running: list[subprocess.Popen[bytes]] = []

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BOOKBRIDGE_"))}
        return {
            **kept,
            "BOOKBRIDGE_AGENT_HOME": str(self.home),
            "BOOKBRIDGE_AGENT_SECRET": self.server.agent.secret,
            # Nobody's keyring of this machine is touched.
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            # Somebody else's settings in the environment must not count.
            "AWS_SESSION_TOKEN": "of another program",
            "AWS_SKIP_SIGNATURE": "true",
            **more,
        }

    def agent(self, *words: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.program, *words],
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
            input=typed,
        )

    def details(self, **changed: str) -> list[str]:
        company, integration = self.server.agent.home.split("/")
        given = {
            "name": "ERP",
            "source": str(self.source),
            "sales-output": str(self.output),
            "access-key": self.server.agent.key,
            "company": company,
            "integration": integration,
            "endpoint": self.server.agent.address,
            **changed,
        }
        return [word for name, value in given.items() for word in (f"--{name}", value)]

    def add(self, *more: str, **settings: float) -> None:
        added = self.agent("add", *self.details(), *more)
        assert added.returncode == 0, added.stderr
        self.change(settings={"settle_s": 0.05, "unfinished_s": 0.5, "fetch_every_s": 0.5, **settings})

    def change(self, **changed: Any) -> None:
        path = self.home / "configuration.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))

    def start(self, **environment: str) -> subprocess.Popen[bytes]:
        """`run`, in the background."""
        log = (self.home / "run.log").open("ab")
        with log:
            process = subprocess.Popen(
                [*self.program, "run"],
                env=self.environment(**environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._running.append(process)
        return process

    def end(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.wait()

    def arrived(self) -> list[tuple[str, bytes]]:
        """What lies in the inbox: name and content of each delivery."""
        inbox = self.server.storage / self.server.agent.home / "inbox"
        return sorted((path.name, path.read_bytes()) for path in inbox.rglob("*") if path.is_file())

    def waiting(self) -> list[str]:
        return sorted(path.name for path in (self.source / ".bookbridge").glob("*/*") if path.is_file())

    def archived(self) -> list[bytes]:
        return sorted(path.read_bytes() for path in (self.source / "archive").glob("*"))

    def offer_outstanding(self, content: bytes, name: str = "dbopen.csv") -> None:
        """As the platform writes it: whole, in one step."""
        outbox = self.server.storage / self.server.agent.home / "outbox"
        outbox.mkdir(parents=True, exist_ok=True)
        (outbox / "new").write_bytes(content)
        (outbox / "new").replace(outbox / name)

    def signs(self) -> list[dict[str, Any]]:
        folder = self.server.storage / self.server.agent.home / "agent"
        return [json.loads(path.read_bytes()) for path in folder.glob("*.json")]


def wait_until(happened: Callable[[], bool], what: str, seconds: float = DEADLINE_S) -> None:
    """Looks again and again, without a fixed wait."""
    never = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if happened():
            return
        never.wait(0.05)
    raise AssertionError(what)
