"""Whatever is done to the audit trail behind its back, the first entry it was done to is named."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from bookbridge.organisations import trail, trail_chain
from bookbridge.organisations.models import AuditEntry, AuditHead
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain() -> UUID:
    """A chain of six entries, beside another organisation's and the installation's own."""
    organisation, other = factories.organisation(), factories.organisation("Andere")
    for number in range(1, 7):
        for each in (organisation.pk, other.pk, None):
            trail.record(each, "integration.changed", subject=("integration", uuid4()), changes={"name": ("é", number)})
    return organisation.pk


@pytest.fixture
def as_the_owner() -> Callable[..., int]:
    """Runs a statement as somebody who owns the table and has opened it on purpose."""

    def run(statement: str, *values: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE organisations_auditentry DISABLE TRIGGER ALL")
            cursor.execute("ALTER TABLE organisations_auditentry DROP CONSTRAINT IF EXISTS audit_sequence_once")
            cursor.execute("DROP INDEX IF EXISTS audit_sequence_once")
            cursor.execute(statement.replace("TRAIL", "organisations_auditentry"), values)
            return cursor.rowcount

    return run


def test_an_untouched_trail_is_whole(chain: UUID) -> None:
    verdicts = [trail_chain.verify(each) for each in trail_chain.chains()]
    assert [(verdict.entries, verdict.fault) for verdict in verdicts] == [(6, None)] * 3
    assert verdicts[0].organisation_id is None


def test_entries_of_one_statement_are_chained_in_their_order(chain: UUID) -> None:
    trail.record_many(chain, [trail.Entry("posting.posted", ("posting", number)) for number in range(50)])
    told = AuditEntry.objects.filter(organisation_id=chain, action="posting.posted").order_by("sequence")
    assert [entry.subject_id for entry in told] == [str(number) for number in range(50)]
    assert trail_chain.verify(chain).entries == 56


def test_any_text_can_be_recorded(chain: UUID) -> None:
    hostile = "\x00 \ud83d ' \\ \" é 🧾 1:2"
    trail.record(chain, "integration.changed", subject=("integration", "1:2é"), changes={hostile: (hostile, None)})
    assert trail_chain.verify(chain).fault is None


NEW_VALUES = {
    "organisation_id": "NULL",
    "sequence": "40",
    "moment": "moment + interval '1 microsecond'",
    "actor_kind": "'worker2'",
    "actor_id": "'9'",
    "origin": "'192.0.2.1'",
    "action": "'integration.added'",
    "subject_kind": "'configuration'",
    "subject_id": "'1'",
    "changes": "changes || ' '",
    "previous": "sha256('x')",
    "hash": "sha256('x')",
}


def test_every_column_is_among_those_that_are_tampered_with() -> None:
    assert {field.column for field in AuditEntry._meta.concrete_fields} - {"id"} == set(NEW_VALUES)


@pytest.mark.parametrize("column", NEW_VALUES)
@pytest.mark.parametrize("sequence", [1, 3, 6])
def test_a_changed_entry_is_named(chain: UUID, as_the_owner: Callable[..., int], column: str, sequence: int) -> None:
    statement = f"UPDATE TRAIL SET {column} = {NEW_VALUES[column]} WHERE organisation_id = %s AND sequence = %s"
    assert as_the_owner(statement, chain, sequence) == 1
    fault = trail_chain.verify(chain).fault
    assert fault is not None
    gone = column in ("organisation_id", "sequence")
    assert (fault.kind, fault.sequence) == ("removed" if gone else "changed", sequence)
    if column == "organisation_id":
        assert trail_chain.verify(None).fault is not None


@pytest.mark.parametrize("moment", ["infinity", "20000-01-01"])
def test_a_moment_beyond_the_calendar_breaks_nothing(
    chain: UUID, as_the_owner: Callable[..., int], moment: str
) -> None:
    as_the_owner("UPDATE TRAIL SET moment = %s WHERE organisation_id = %s AND sequence = 2", moment, chain)
    assert trail_chain.verify(chain).fault == trail_chain.Fault("changed", 2, "what it says doesn't fit its hash")


@pytest.mark.parametrize("renumbered", [False, True], ids=["a gap", "renumbered"])
@pytest.mark.parametrize(("first", "last"), [(1, 1), (3, 3), (2, 4), (1, 5)])
def test_removed_entries_are_named(
    chain: UUID, as_the_owner: Callable[..., int], first: int, last: int, renumbered: bool
) -> None:
    as_the_owner("DELETE FROM TRAIL WHERE organisation_id = %s AND sequence BETWEEN %s AND %s", chain, first, last)
    if renumbered:
        up = last - first + 1
        as_the_owner(
            "UPDATE TRAIL SET sequence = sequence - %s WHERE organisation_id = %s AND sequence > %s", up, chain, last
        )
    fault = trail_chain.verify(chain).fault
    assert fault is not None
    assert (fault.kind, fault.sequence) == ("removed", first)


@pytest.mark.parametrize("kept", [5, 2, 0])
def test_a_missing_end_is_named(chain: UUID, as_the_owner: Callable[..., int], kept: int) -> None:
    as_the_owner("DELETE FROM TRAIL WHERE organisation_id = %s AND sequence > %s", chain, kept)
    fault = trail_chain.verify(chain).fault
    assert fault == trail_chain.Fault("removed", kept + 1, f"the entries {kept + 1} to 6 are missing")
    assert chain in trail_chain.chains()


@pytest.mark.parametrize("well_hashed", [True, False])
@pytest.mark.parametrize("place", [1, 3, 6])
def test_an_inserted_entry_is_named(
    chain: UUID, as_the_owner: Callable[..., int], place: int, well_hashed: bool
) -> None:
    as_the_owner("UPDATE TRAIL SET sequence = sequence + 1 WHERE organisation_id = %s AND sequence >= %s", chain, place)
    before = AuditEntry.objects.filter(organisation_id=chain, sequence=place - 1).first()
    _insert(chain, place, bytes(before.hash) if before else bytes(32), well_hashed)
    fault = trail_chain.verify(chain).fault
    assert fault is not None
    assert (fault.kind, fault.sequence) == ("inserted", place)


def test_an_entry_with_a_number_twice_is_named(chain: UUID, as_the_owner: Callable[..., int]) -> None:
    as_the_owner("SELECT 1")
    before = AuditEntry.objects.get(organisation_id=chain, sequence=3)
    _insert(chain, 4, bytes(before.hash), well_hashed=True)
    fault = trail_chain.verify(chain).fault
    assert fault is not None
    assert (fault.kind, fault.sequence) == ("inserted", 4)


def test_an_entry_added_without_the_function_is_named(chain: UUID) -> None:
    last = AuditEntry.objects.get(organisation_id=chain, sequence=6)
    _insert(chain, 7, bytes(last.hash), well_hashed=True)
    assert trail_chain.verify(chain).fault == trail_chain.Fault("inserted", 7, "the chain ended with entry 6")


@pytest.mark.parametrize(("one", "other"), [(1, 2), (2, 3), (2, 5), (1, 6), (5, 6)])
def test_swapped_entries_are_named(chain: UUID, as_the_owner: Callable[..., int], one: int, other: int) -> None:
    as_the_owner(
        "UPDATE TRAIL SET sequence = %s - sequence WHERE organisation_id = %s AND sequence IN (%s, %s)",
        *(one + other, chain, one, other),
    )
    fault = trail_chain.verify(chain).fault
    assert fault == trail_chain.Fault("reordered", one, f"it was number {other}")


@pytest.mark.parametrize("sequence", [1, 3, 6])
def test_a_tail_hashed_anew_does_not_fit_the_head(chain: UUID, as_the_owner: Callable[..., int], sequence: int) -> None:
    _rewrite(chain, as_the_owner, sequence)
    fault = trail_chain.verify(chain).fault
    assert fault is not None
    assert (fault.kind, fault.sequence) == ("rewritten", 6)


def test_one_entry_hashed_anew_is_named(chain: UUID, as_the_owner: Callable[..., int]) -> None:
    _rewrite(chain, as_the_owner, 3, up_to=3)
    fault = trail_chain.verify(chain).fault
    assert fault is not None
    assert (fault.kind, fault.sequence) == ("rewritten", 3)


def test_a_whole_rewritten_chain_does_not_fit_a_noted_head(chain: UUID, as_the_owner: Callable[..., int]) -> None:
    noted = trail_chain.head_of(chain)
    trail.record(chain, "integration.changed", subject=("integration", 1))
    assert trail_chain.verify(chain, {noted.count: noted.hash}).fault is None
    _rewrite(chain, as_the_owner, 2)
    last = AuditEntry.objects.get(organisation_id=chain, sequence=7)
    AuditHead.objects.filter(organisation_id=chain).update(hash=last.hash)
    assert trail_chain.verify(chain).fault is None
    fault = trail_chain.verify(chain, {noted.count: noted.hash}).fault
    assert fault is not None
    assert (fault.kind, fault.sequence) == ("rewritten", 6)


def test_a_chain_cut_with_its_head_does_not_fit_a_noted_head(chain: UUID, as_the_owner: Callable[..., int]) -> None:
    noted = trail_chain.head_of(chain)
    as_the_owner("DELETE FROM TRAIL WHERE organisation_id = %s", chain)
    AuditHead.objects.filter(organisation_id=chain).delete()
    fault = trail_chain.verify(chain, {noted.count: noted.hash}).fault
    assert fault == trail_chain.Fault("removed", 1, "the entries 1 to 6 are missing")


def test_entries_without_a_head_are_looked_at(chain: UUID) -> None:
    AuditHead.objects.filter(organisation_id=chain).delete()
    assert chain in trail_chain.chains()
    assert trail_chain.verify(chain).fault == trail_chain.Fault("inserted", 1, "the chain ended with entry 0")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE organisations_auditentry SET action = 'x'",
        "DELETE FROM organisations_auditentry",
        "DELETE FROM organisations_auditentry WHERE sequence = 99",
    ],
)
def test_even_the_owner_changes_nothing_by_accident(chain: UUID, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_even_the_owner_does_not_empty_it_by_accident(chain: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE organisations_auditentry ENABLE TRIGGER audit_keep_all")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE organisations_auditentry")


def _insert(chain: UUID, sequence: int, previous: bytes, well_hashed: bool) -> None:
    made = AuditEntry(
        organisation_id=chain,
        sequence=sequence,
        moment=factories.NOW,
        actor_kind="user",
        actor_id="1",
        action="integration.changed",
        subject_kind="integration",
        subject_id="1",
        previous=previous,
        hash=b"x",
    )
    if well_hashed:
        made.hash = _hash(made)
    made.save()


def _rewrite(chain: UUID, as_the_owner: Callable[..., int], first: int, up_to: int = 99) -> None:
    """Another action in one entry, and every hash from there on made anew, as somebody would who read our source."""
    as_the_owner("SELECT 1")
    previous = None
    for entry in AuditEntry.objects.filter(organisation_id=chain, sequence__range=(first, up_to)).order_by("sequence"):
        entry.action = "integration.added" if entry.sequence == first else entry.action
        entry.previous = entry.previous if previous is None else previous
        entry.hash = previous = _hash(entry)
        entry.save()


def _hash(entry: AuditEntry) -> bytes:
    parts = [
        str(entry.organisation_id or ""),
        str(entry.sequence),
        entry.moment.replace(tzinfo=None).isoformat(timespec="microseconds"),
        *(entry.actor_kind, entry.actor_id, entry.origin, entry.action),
        *(entry.subject_kind, entry.subject_id, entry.changes, bytes(entry.previous).hex()),
    ]
    return sha256(b"".join(f"{len(part.encode())}:".encode() + part.encode() for part in parts)).digest()
