"""The app's role adds to the audit trail through the function of the database, and has no other way to it."""

from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from bookbridge.organisations import trail, trail_chain
from bookbridge.organisations.models import AuditEntry
from bookbridge.organisations.walls import acting_for, acting_for_nobody
from tests import factories
from tests.roles import as_the_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def companies() -> tuple[UUID, UUID]:
    ours, theirs = factories.organisation().pk, factories.organisation("Andere").pk
    with as_the_app():
        for company in (ours, theirs):
            with acting_for(company):
                trail.record(company, "organisation.changed", subject=("organisation", company))
        trail.record(None, "log_in.succeeded", subject=("user", 1))
    return ours, theirs


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE organisations_auditentry SET action = 'x'",
        "UPDATE organisations_auditentry SET hash = hash",
        "DELETE FROM organisations_auditentry",
        "TRUNCATE organisations_auditentry",
        "INSERT INTO organisations_auditentry SELECT * FROM organisations_auditentry",
        "UPDATE organisations_audithead SET count = 0",
        "DELETE FROM organisations_audithead",
        "TRUNCATE organisations_audithead",
        "INSERT INTO organisations_audithead (count, hash) VALUES (9, '')",
        "ALTER TABLE organisations_auditentry DISABLE TRIGGER audit_keep",
        "DROP TRIGGER audit_keep ON organisations_auditentry",
        "DROP TABLE organisations_auditentry",
        "CREATE OR REPLACE FUNCTION bookbridge_audit_keep() RETURNS trigger LANGUAGE sql AS ''",
        "DROP FUNCTION bookbridge_audit_append(uuid, jsonb)",
        "COPY organisations_auditentry FROM '/dev/null'",
        "SET session_replication_role = replica",
        "LOCK organisations_auditentry IN ACCESS EXCLUSIVE MODE",
        "CREATE TEMPORARY TABLE organisations_audithead (count bigint)",
    ],
)
def test_the_apps_role_is_refused(companies: tuple[UUID, UUID], statement: str) -> None:
    with (
        acting_for(companies[0]),
        as_the_app(),
        pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert trail_chain.verify(companies[0]).entries == 1


def test_it_adds_to_the_chain_of_whom_it_acts_for_alone(companies: tuple[UUID, UUID]) -> None:
    ours, theirs = companies
    with as_the_app():
        for acting in (acting_for(ours), acting_for_nobody()):
            with acting, pytest.raises(DatabaseError, match="nobody acts for"), transaction.atomic():
                trail.record(theirs, "organisation.changed", subject=("organisation", theirs))
        with acting_for(ours):
            trail.record(ours, "organisation.changed", subject=("organisation", ours))
            trail.record(None, "user.changed", subject=("user", 1))
    assert [trail_chain.verify(chain).entries for chain in (None, ours, theirs)] == [2, 2, 1]


def test_it_sees_the_chain_of_whom_it_acts_for_alone(companies: tuple[UUID, UUID]) -> None:
    ours, _ = companies
    with as_the_app():
        with acting_for(ours):
            assert set(AuditEntry.objects.values_list("organisation_id", flat=True)) == {ours}
        with acting_for_nobody():
            assert set(AuditEntry.objects.values_list("organisation_id", flat=True)) == {None}
        assert [trail_chain.verify(chain).fault for chain in trail_chain.chains()] == [None] * 3


def test_it_can_not_stamp_or_number_an_entry(companies: tuple[UUID, UUID]) -> None:
    """What else is given to the function than an entry's own parts is passed over."""
    ours, _ = companies
    given = (
        '[{"actor_kind": "user", "actor_id": "1", "origin": "", "action": "a.b", "subject_kind": "c", "subject_id": "",'
        ' "changes": "{}", "moment": "2001-01-01T00:00:00Z", "sequence": 77, "hash": "00"}]'
    )
    with acting_for(ours), as_the_app(), connection.cursor() as cursor:
        cursor.execute("SELECT bookbridge_audit_append(%s, %s::jsonb)", [ours, given])
    entry = AuditEntry.objects.filter(organisation_id=ours).latest("sequence")
    assert (entry.sequence, entry.moment.year > 2001) == (2, True)


@pytest.mark.parametrize("part", ["actor_kind", "origin", "action", "subject_id", "changes"])
def test_half_an_entry_is_refused(companies: tuple[UUID, UUID], part: str) -> None:
    ours, _ = companies
    names = ("actor_kind", "actor_id", "origin", "action", "subject_kind", "subject_id", "changes")
    given = "[{" + ", ".join(f'"{name}": "x"' for name in names if name != part) + "}]"
    with (
        acting_for(ours),
        as_the_app(),
        pytest.raises(DatabaseError, match="null value"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT bookbridge_audit_append(%s, %s::jsonb)", [ours, given])
