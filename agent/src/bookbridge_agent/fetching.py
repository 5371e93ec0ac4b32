"""Brings outstanding items to the path that a person gave. A reader never sees half a file."""

from pathlib import Path

from bookbridge_agent.box import Box
from bookbridge_agent.configuration import Synchronisation
from bookbridge_agent.journal import Journal
from bookbridge_agent.messages import AgentError
from bookbridge_agent.writing import write_whole

SALES, PURCHASE = "dbopen.csv", "dbopen_purchase.csv"
"""What they are called in the outbox."""


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
