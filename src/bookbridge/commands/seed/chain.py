"""The audit trail of the made-up history: a whole chain, so that its check has something to read."""

from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from bookbridge.organisations.trail import WORKER, Entry, as_values
from bookbridge.organisations.trail_chain import BEGINNING

_PARTS = ("actor_kind", "actor_id", "origin", "action", "subject_kind", "subject_id", "changes")


class Chain:
    """Of one organisation, from its first entry on. Entries are told in the order of their moments."""

    def __init__(self, organisation_id: UUID) -> None:
        self.organisation_id = organisation_id
        self.count, self.hash = 0, BEGINNING
        self._beginning = f"36:{organisation_id}"

    def link(self, moment: datetime, told: dict[str, str]) -> tuple[Any, ...]:
        """The row of the next entry, in the order of `copying.COLUMNS`. The moment is in UTC."""
        self.count += 1
        said = [told[part] for part in _PARTS]
        parts = (str(self.count), moment.isoformat(timespec="microseconds")[:26], *said, self.hash.hex())
        # All ASCII, as `trail.as_values` makes it.
        written = self._beginning + "".join([f"{len(part)}:{part}" for part in parts])
        previous, self.hash = self.hash, sha256(written.encode()).digest()
        return (self.organisation_id, self.count, moment, *said, previous, self.hash)


def by_a_worker(action: str, kind: str, subject: int, changes: dict[str, tuple[Any, Any]]) -> dict[str, str]:
    return as_values(Entry(action, (kind, subject), changes, WORKER))


class PostedPattern:
    """What `telling.outcome` says of a document that was posted, without asking it millions of times."""

    def __init__(self) -> None:
        names = ("run", "fingerprint", "external_id", "external_number")
        changes: dict[str, tuple[Any, Any]] = {
            "state": ("pending", "posted"),
            **{name: (None, f"%{name}%") for name in names},
        }
        self._told = by_a_worker("posting.posted", "posting", 0, changes)

    def told(self, posting: int, run: int, fingerprint: str, external_id: str, number: str) -> dict[str, str]:
        changes = (
            self._told["changes"]
            .replace('"%run%"', str(run))
            .replace("%fingerprint%", fingerprint)
            .replace("%external_id%", external_id)
            .replace("%external_number%", number)
        )
        return {**self._told, "subject_id": str(posting), "changes": changes}
