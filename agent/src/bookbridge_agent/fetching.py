"""Brings outstanding items to the path that a person gave. A reader never sees half a file.

And what the platform says of newer agents, which it leaves beside them.
"""

import json
from collections.abc import Callable
from pathlib import Path

from bookbridge_agent.box import Box
from bookbridge_agent.configuration import Synchronisation
from bookbridge_agent.journal import Journal
from bookbridge_agent.messages import AgentError
from bookbridge_agent.writing import write_whole

SALES, PURCHASE = "dbopen.csv", "dbopen_purchase.csv"
"""What they are called in the outbox."""
_ABOUT_AGENTS = "agent.json"
_MOST_ABOUT_AGENTS = 4096
ASK_FOR_VERSION_EVERY_S = 3600.0


def outputs(of: Synchronisation) -> list[tuple[str, Path]]:
    wanted = ((SALES, of.sales_output), (PURCHASE, of.purchase_output))
    return [(name, target) for name, target in wanted if target is not None]


def fetch(box: Box, of: Synchronisation, name: str, target: Path, journal: Journal) -> bool:
    """Whether a newer file was written. Raises AgentError with what is wrong."""
    what = f"{of.prefix}{name} {target}"
    if not target.parent.is_dir():
        raise AgentError("output_missing", folder=target.parent)
    known = journal.fetched_version(what) if target.is_file() else None
    found = box.fetch(name, known)
    if found is None:
        return False
    try:
        size = write_whole(target, found.content)
    except OSError as error:
        raise AgentError.of_system(error, "output_unwritable", folder=target.parent, path=target) from None
    journal.keep_fetched(what, found.version)
    journal.tell(of.id, "fetched", target.name, bytes=str(size))
    return True


class NewestVersion:
    """What the platform knows as the newest agent, asked for seldom, and answered only when it changed."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ask_at = clock()
        self._answer = ""
        """The version of the answer itself, as the storage names it."""
        self.known: str | None = None

    def ask(self, box: Box) -> None:
        """Raises AgentError of the storage's; a platform that says nothing of it is none."""
        if self._clock() < self._ask_at:
            return
        try:
            found = box.fetch(_ABOUT_AGENTS, self._answer or None)
            if found is not None and found.size <= _MOST_ABOUT_AGENTS:
                self.known, self._answer = _version_in(b"".join(found.content)), found.version
        except AgentError as fault:
            # A bucket's rights may leave this out.
            if fault.message.code != "access_denied":
                raise
        self._ask_at = self._clock() + ASK_FOR_VERSION_EVERY_S


def _version_in(content: bytes) -> str | None:
    try:
        said = json.loads(content)
    except ValueError:
        return None
    version = said.get("agent_version") if isinstance(said, dict) else None
    return version[:50] if isinstance(version, str) and version.isprintable() else None
