"""A Bookbridge of its own for a measure: database, data folder and processes are gone afterwards."""

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bookbridge.commands.processes import Child, Children, free_port, listens

if TYPE_CHECKING:
    from bookbridge.commands.staging import Stage

PACKAGE = "exact_online"
NO_LIMITS = {"minute_limit": 10**6, "day_limit": 10**7, "token_calls_a_day": 10**7}
"""The simulator's call limits would be what is measured otherwise."""


class Installation:
    """Django is loaded on it, so import what needs Django after `installed()` has begun."""

    def __init__(self, folder: Path, children: Children, stack: ExitStack) -> None:
        self.folder = folder
        self.children = children
        self.processes: list[Child] = []
        """What it has started so far."""
        self._stack = stack

    def simulator(self, **settings: object) -> str:
        """The address of a simulated package, with settings such as `latency_s`."""
        port = free_port()
        told = json.dumps({**NO_LIMITS, **settings})
        self._started(["simulate", PACKAGE, "--port", str(port), "--settings", told], port)
        return f"http://127.0.0.1:{port}"

    def stage(self, simulator_url: str) -> "Stage":
        """An organisation with one integration that is authorised at the simulator; this process acts for it now."""
        from bookbridge.commands.staging import set_stage
        from bookbridge.organisations.walls import acting_for

        stage = set_stage(PACKAGE, simulator_url, "Bench", "Bench")
        self._stack.enter_context(acting_for(stage.configuration.organisation_id))
        return stage

    def serve(self) -> tuple[Child, str]:
        port = free_port()
        return self._started(["serve", "--port", str(port)], port), f"http://127.0.0.1:{port}"

    def worker(self, concurrency: int = 4, *, before: Sequence[str] = ()) -> Child:
        """A worker that is ready to take runs; `before`: the words of a program that starts it."""
        ready = Path(tempfile.mkstemp(prefix="ready-", dir=self.folder)[1])
        ready.unlink()
        words = ["worker", "--concurrency", str(concurrency), "--ready-file", str(ready)]
        child = self.children.start(ready.name, words, before=before)
        self.processes.append(child)
        child.wait_until(ready.exists)
        return child

    def drop(self, stage: "Stage", files: dict[str, bytes]) -> None:
        """Files into the integration's inbox, as an agent would."""
        from bookbridge.storage import inbox_prefix, open_storage

        inbox = inbox_prefix(stage.configuration.organisation_id, stage.configuration.integration_id)
        for name, content in files.items():
            open_storage().put(f"{inbox}/{name}", content)

    def _started(self, words: list[str], port: int) -> Child:
        child = self.children.start(f"{words[0]}-{port}", words)
        self.processes.append(child)
        child.wait_until(lambda: listens(port))
        return child


@contextmanager
def installed(**environment: str) -> Iterator[Installation]:
    """An installation with these settings beside its own; on the server of DATABASE_URL or the embedded PostgreSQL."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bookbridge-bench-")))
        os.environ |= {"BOOKBRIDGE_DATA": str(folder), "BOOKBRIDGE_INBOX_SETTLE_S": "0", **environment}
        from bookbridge.server.database import release_database
        from bookbridge.server.passing_database import own_database
        from bookbridge.server.start import load_django

        stack.enter_context(own_database("bookbridge_bench"))
        stack.callback(release_database)
        load_django()
        stack.callback(_close_connections)
        yield Installation(folder, stack.enter_context(Children(folder / "logs")), stack)


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()
