"""Proves that the audit trail is whole: every chain is read from its first entry on and every hash made anew.

The canonical form of an entry is each of its parts after the part's length in bytes, the last being the hash of the
entry before. PostgreSQL's `bookbridge_audit_append` writes the same form; this module shares no code with it.

Whoever owns the tables can write a whole chain anew. That shows only beside something kept elsewhere: a head noted
earlier (`bookbridge audit head`) must still stand in the chain.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

from bookbridge.organisations import queries
from bookbridge.organisations.models import AuditEntry, AuditHead
from bookbridge.organisations.walls import acting_for, acting_for_nobody

BEGINNING = bytes(32)
"""What the first entry of a chain has for the hash of the entry before."""

Kind = Literal["changed", "removed", "inserted", "reordered", "rewritten"]


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ended at some moment: how many entries, and the hash of the last."""

    count: int
    hash: bytes = BEGINNING

    def __str__(self) -> str:
        return f"{self.count}:{self.hash.hex()}"


@dataclass(frozen=True, slots=True)
class Fault:
    """The first entry of a chain that isn't what was written."""

    kind: Kind
    sequence: int
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in one chain."""

    organisation_id: UUID | None
    entries: int
    head: Head
    fault: Fault | None
    first: int = 1
    """The first entry that was read."""


@dataclass(frozen=True, slots=True)
class _Row:
    sequence: int
    parts: tuple[str, ...]
    previous: bytes
    hash: bytes

    @classmethod
    def read(cls, values: tuple[Any, ...]) -> "_Row":
        sequence, *parts, previous, its_hash = values
        return cls(sequence, tuple(parts), bytes(previous), bytes(its_hash))

    def hash_at(self, chain: str, sequence: int) -> bytes:
        """The hash that the entry would have under a number."""
        written = (chain, str(sequence), *self.parts, self.previous.hex())
        return sha256("".join(f"{len(part.encode())}:{part}" for part in written).encode()).digest()


def chains() -> list[UUID | None]:
    """Every chain that has a head or an entry, the installation's own first."""
    return sorted(queries.chains(), key=lambda chain: (chain is not None, str(chain)))


def head_of(organisation_id: UUID | None) -> Head:
    with _reading(organisation_id):
        found = AuditHead.objects.filter(organisation_id=organisation_id).first()
    return Head(found.count, bytes(found.hash)) if found else Head(0)


def verify(organisation_id: UUID | None, noted: Mapping[int, bytes] | None = None) -> Verdict:
    """Read one chain from its beginning. `noted`: heads that were written down elsewhere, number → hash.

    Entries may be added meanwhile.
    """
    with _reading(organisation_id):
        return _verify(organisation_id, noted or {})


def verify_end(organisation_id: UUID, newest: int) -> Verdict:
    """Read the newest entries of a chain alone. The one before them is believed, so it proves them and no more."""
    with _reading(organisation_id):
        believed = max(head_of(organisation_id).count - newest, 0)
        if not believed:
            return _verify(organisation_id, {})
        found = AuditEntry.objects.filter(organisation_id=organisation_id, sequence=believed).first()
        if found is None:
            fault = Fault("removed", believed, f"the entry {believed} is missing")
            return Verdict(organisation_id, 0, Head(0), fault, believed)
        return _verify(organisation_id, {}, Head(believed, bytes(found.hash)))


def _reading(organisation_id: UUID | None) -> AbstractContextManager[None]:
    """The installation's own chain is there for who acts for nobody."""
    return acting_for(organisation_id) if organisation_id else acting_for_nobody()


def _verify(organisation_id: UUID | None, noted: Mapping[int, bytes], last: Head = Head(0)) -> Verdict:
    chain = str(organisation_id or "")
    end = head_of(organisation_id)
    first = last.count + 1
    for row in map(_Row.read, queries.chain_of(organisation_id, after=last.count)):
        fault = _fault(organisation_id, chain, row, last) or _misses_a_head(organisation_id, row, end, noted)
        if fault:
            return Verdict(organisation_id, last.count, last, fault, first)
        last = Head(row.sequence, row.hash)
    return Verdict(organisation_id, last.count, last, _wrong_end(organisation_id, last, end, noted), first)


def _fault(organisation_id: UUID | None, chain: str, row: _Row, last: Head) -> Fault | None:
    place = last.count + 1
    whole = row.hash == row.hash_at(chain, row.sequence)
    if whole and row.sequence == place and row.previous == last.hash:
        return None
    if row.sequence < place:
        return Fault("inserted", row.sequence, f"there are two entries with the number {row.sequence}")
    if row.sequence > place:
        return Fault("removed", place, f"the entries {place} to {row.sequence - 1} are missing")
    if whole and place == 1:
        return Fault("rewritten", 1, "it is not the beginning of a chain")
    if whole:
        return Fault("rewritten", last.count, f"entry {place} followed another entry than this one")
    return _moved(organisation_id, chain, row, last) or Fault("changed", place, "what it says doesn't fit its hash")


def _moved(organisation_id: UUID | None, chain: str, row: _Row, last: Head) -> Fault | None:
    """Whether an entry that doesn't fit its number was written under another one, or is none of ours at all."""
    place = row.sequence
    of_chain = AuditEntry.objects.filter(organisation_id=organisation_id)
    numbers = range(1, max(head_of(organisation_id).count, of_chain.count()) + 1)
    number = next((number for number in numbers if row.hash_at(chain, number) == row.hash), None)
    if number is not None and number < place:
        return Fault("inserted", number, f"what is number {place} now was number {number}")
    if number is not None and of_chain.filter(hash=row.previous).exists():
        return Fault("reordered", place, f"it was number {number}")
    if number is not None:
        return Fault("removed", place, f"{number - place} entries before this one are missing; it was number {number}")
    following = map(_Row.read, queries.chain_of(organisation_id, following=last.hash))
    if any(other.hash == other.hash_at(chain, place) for other in following):
        return Fault("inserted", place, f"another entry was number {place}")
    return None


def _misses_a_head(organisation_id: UUID | None, row: _Row, end: Head, noted: Mapping[int, bytes]) -> Fault | None:
    if row.sequence == end.count and row.hash != end.hash:
        if AuditEntry.objects.filter(organisation_id=organisation_id, previous=row.previous, hash=end.hash).exists():
            return Fault("inserted", row.sequence, f"another entry was number {row.sequence}")
        return Fault(
            "rewritten", row.sequence, "the chain ended with another entry: this one or some before it are new"
        )
    if noted.get(row.sequence, row.hash) != row.hash:
        return Fault("rewritten", row.sequence, "another entry was noted: this one or some before it are new")
    return None


def _wrong_end(organisation_id: UUID | None, last: Head, end: Head, noted: Mapping[int, bytes]) -> Fault | None:
    known = max([end.count, *noted])
    if last.count < known:
        return Fault("removed", last.count + 1, f"the entries {last.count + 1} to {known} are missing")
    # Asked again: entries may have come since the reading began.
    if last.count > head_of(organisation_id).count:
        return Fault("inserted", end.count + 1, f"the chain ended with entry {end.count}")
    return None
