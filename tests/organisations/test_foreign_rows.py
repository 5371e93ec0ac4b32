"""Raw SQL of the app's role, from a request and from a job: another organisation's rows are not there."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from bookbridge.exchange import running, sweep
from bookbridge.exchange.models import Line, Reading, Run
from bookbridge.integrations import access_keys
from bookbridge.integrations.models import CallBudget, PackageCache, PackageReference
from bookbridge.organisations import notices, trail
from bookbridge.organisations.models import Organisation
from bookbridge.organisations.walls import acting_as, acting_for, acting_for_nobody
from bookbridge.portal.views import companies
from tests import factories
from tests.agents import agent_of
from tests.comparisons import comparison
from tests.differences import difference
from tests.exchange.stage import Stage
from tests.roles import addresses_of_this_test, as_the_app

WALLED = [
    "organisations_organisation",
    "organisations_membership",
    "organisations_notice",
    "organisations_auditentry",
    "organisations_audithead",
    "integrations_integration",
    "integrations_authorisation",
    "integrations_configuration",
    "integrations_packagecache",
    "integrations_packagereference",
    "integrations_callbudget",
    "integrations_accesskey",
    "integrations_agent",
    "exchange_run",
    "exchange_delivery",
    "exchange_posting",
    "exchange_attempt",
    "exchange_line",
    "exchange_correction",
    "exchange_rowcorrection",
    "exchange_settlement",
    "exchange_difference",
    "exchange_outstandingsnapshot",
    "exchange_comparison",
    "exchange_reading",
]


def filled(name: str) -> Organisation:
    """An organisation with a row in every walled table."""
    company = factories.organisation(name)
    factories.member(company)
    configuration = factories.whole_integration(company)
    own = {"organisation": company, "configuration": configuration}
    PackageCache.objects.create(**own, settings={}, fetched_at=factories.NOW)
    PackageReference.objects.create(**own, kind="customer", code="1", external_id="x")
    CallBudget.objects.create(organisation=company, authorisation=configuration.authorisation, administration="1")
    access_keys.make(configuration.integration, "Agent", None)
    agent_of(configuration.integration)
    run = factories.run_with_errors(configuration)
    factories.held_run(configuration)
    posted = Line.objects.filter(run=run, posting__isnull=False).latest("pk").posting
    assert posted is not None
    factories.attempt(posted, run)
    failed = factories.correction(run).line
    factories.settlement(failed)
    difference(failed)
    factories.row_correction(run)
    notices.announce(company.pk, "run", run.pk)
    Reading.objects.create(organisation=company, run=comparison(configuration).run, content={})
    trail.record(company.pk, "organisation.added", subject=company)
    return company


def asked(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else [(cursor.rowcount,)]


def checked(statement: str, *values: Any) -> None:
    """With the foreign keys looked at at once, and not at the end of the transaction."""
    asked(statement, *values)
    asked("SET CONSTRAINTS ALL IMMEDIATE")


def column(table: str) -> str:
    return "id" if table == "organisations_organisation" else "organisation_id"


def everything_of(company: Organisation) -> dict[str, Any]:
    """What stands in the tables, as their owner sees it."""
    return {t: asked(f"SELECT to_jsonb(t) FROM {t} AS t WHERE {column(t)} = %s ORDER BY 1", company.pk) for t in WALLED}


def attack(foreign: Organisation) -> list[str]:
    """Everything that one could try by raw SQL; what it found or changed, which must be nothing."""
    found = []
    for table in WALLED:
        own = column(table)
        for statement in (
            f"SELECT 1 FROM {table} WHERE {own} = %s",
            f"SELECT 1 FROM {table} WHERE {own} = %s OR true IS NULL",
            f"SELECT 1 FROM organisations_user AS u LEFT JOIN {table} AS t ON true WHERE t.{own} = %s",
            f"WITH t AS MATERIALIZED (SELECT * FROM {table}) SELECT 1 FROM t WHERE {own} = %s",
            f"SELECT 1 FROM {table} WHERE {own} = %s FOR UPDATE",
            f"SELECT 1 FROM {table} WHERE {own} = %s AND 1 / (CASE WHEN {own} IS NULL THEN 0 ELSE 1 END) = 1",
        ):
            found += [statement for _ in tried(statement, foreign.pk)]
        if tried(f"SELECT 1 FROM {table} HAVING count(*) FILTER (WHERE {own} = %s) > 0", foreign.pk) == [(1,)]:
            found.append(f"count {table}")
        with connection.cursor() as cursor, cursor.copy(f"COPY (SELECT {own} FROM {table}) TO STDOUT") as copy:
            copied = b"".join(bytes(part) for part in copy)
        if str(foreign.pk).encode() in copied:
            found.append(f"COPY {table}")
        for statement in (
            f"UPDATE {table} SET {own} = {own} WHERE {own} = %s",
            f"DELETE FROM {table} WHERE {own} = %s",
        ):
            found += [statement for (changed,) in tried(statement, foreign.pk) if changed]
    return found


def tried(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """What a statement gives; nothing when PostgreSQL refuses it."""
    try:
        with transaction.atomic():
            return asked(statement, *values)
    except DatabaseError:
        return []


def test_every_walled_table_is_attacked(db: None) -> None:
    walled = "SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace"
    assert {name for (name,) in asked(walled)} == set(WALLED)
    company = filled("Camping De Eik")
    assert [table for table, rows in everything_of(company).items() if not rows] == []


@pytest.mark.django_db
@pytest.mark.parametrize("way", [lambda own: acting_for(own.pk), lambda own: acting_for_nobody()], ids=["own", "none"])
def test_what_is_asked_by_raw_sql_from_a_thread(way: Callable[[Organisation], Any]) -> None:
    own, foreign = filled("Camping De Eik"), filled("Hotel De Linde")
    before = everything_of(foreign)
    with as_the_app(), way(own):
        assert attack(foreign) == []
    assert everything_of(foreign) == before


@pytest.mark.django_db
def test_the_attack_itself_would_find_something() -> None:
    """Under the own organisation it does: otherwise the tests here would prove nothing."""
    own = filled("Camping De Eik")
    with as_the_app(), acting_for(own.pk):
        found = attack(own)
    for table in WALLED:
        assert [what for what in found if table in what and what.startswith("SELECT 1 FROM")], table
        assert f"COPY {table}" in found
        assert f"count {table}" in found
        if "audit" not in table:
            assert f"UPDATE {table} SET {column(table)} = {column(table)} WHERE {column(table)} = %s" in found


@pytest.mark.django_db
def test_what_is_asked_by_raw_sql_from_a_request(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    own, foreign = filled("Camping De Eik"), filled("Hotel De Linde")
    before = everything_of(foreign)
    found: list[list[str]] = []
    monkeypatch.setattr(companies.companies, "integration_rows", lambda _of: found.append(attack(foreign)) or [])
    client.force_login(factories.member(own))
    assert client.get(reverse("company", args=[own.pk])).status_code == 200
    assert found == [[]]
    assert everything_of(foreign) == before


def test_what_is_asked_by_raw_sql_from_a_job(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = filled("Hotel De Linde")
    before = everything_of(foreign)
    found: list[list[str]] = []
    monkeypatch.setattr(running, "_out", lambda _run, _own: found.append(attack(foreign)))
    stage.drop_demo_files()
    with as_the_app():
        sweep.look_into_inboxes()
    running.work_on(Run.objects.get(configuration=stage.configuration).pk, stage.worker)
    assert found == [[]]
    assert everything_of(foreign) == before


@pytest.mark.django_db
def test_no_row_is_added_for_another_organisation_or_given_to_it() -> None:
    own, foreign = filled("Camping De Eik"), filled("Hotel De Linde")
    with as_the_app(), acting_for(own.pk):
        for table in (table for table in WALLED if "audit" not in table):
            names = [
                name
                for (name,) in asked(
                    "SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass "
                    "AND attnum > 0 AND NOT attisdropped AND attname <> 'id'",
                    table,
                )
            ]
            own_column = column(table)
            others = ", ".join(name for name in names if name != own_column)
            given = f"INSERT INTO {table} ({own_column}, {others}) SELECT %s, {others} FROM {table} LIMIT 1"
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                asked(given, foreign.pk if table != "organisations_organisation" else uuid4())
            moved = f"UPDATE {table} SET {own_column} = %s"
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                asked(moved, foreign.pk)


@pytest.mark.django_db
def test_no_row_points_at_one_of_another_organisation() -> None:
    """Through a foreign key, whose check looks behind the wall."""
    own, foreign = filled("Camping De Eik"), filled("Hotel De Linde")
    run_of_foreign = Run.objects.filter(organisation=foreign).latest("pk").pk
    with as_the_app(), acting_for(own.pk):
        for statement in (
            "UPDATE exchange_line SET run_id = %s",
            "UPDATE exchange_delivery SET run_id = %s",
            "UPDATE exchange_attempt SET run_id = %s",
            "UPDATE exchange_run SET previous_id = %s",
            "UPDATE exchange_comparison SET run_id = %s",
            "UPDATE exchange_comparison SET about_id = %s",
            "UPDATE exchange_reading SET run_id = %s",
            "UPDATE exchange_correction SET run_id = %s",
            "UPDATE exchange_correction SET retried_in_id = %s",
            "UPDATE exchange_rowcorrection SET run_id = %s",
            "UPDATE exchange_rowcorrection SET retried_in_id = %s",
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                checked(statement, run_of_foreign)


@pytest.mark.django_db
def test_a_user_reads_the_own_companies_and_changes_nothing_there() -> None:
    own, other, foreign = (filled(name) for name in ("Camping De Eik", "Camping De Beuk", "Hotel De Linde"))
    person = factories.member(own)
    factories.Membership.objects.create(organisation=other, user=person, role="viewer")
    with as_the_app(), acting_as(person.pk):
        assert {name for (name,) in asked("SELECT name FROM organisations_organisation")} == {own.name, other.name}
        assert asked("SELECT DISTINCT user_id FROM organisations_membership") == [(person.pk,)]
        assert asked("UPDATE organisations_membership SET role = 'owner'") == [(0,)]
        assert asked("DELETE FROM organisations_organisation") == [(0,)]
        assert asked("SELECT count(*) FROM integrations_integration") == [(0,)]
        assert attack(foreign) == []


FORBIDDEN = [
    "CREATE TABLE mine (id int)",
    "CREATE TEMPORARY TABLE mine (id int)",
    "CREATE VIEW mine AS SELECT * FROM exchange_line",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "ALTER TABLE exchange_line DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE exchange_line ADD COLUMN mine int",
    "ALTER TABLE exchange_line OWNER TO CURRENT_USER",
    "ALTER POLICY own_organisation ON exchange_line USING (true)",
    "DROP POLICY own_organisation ON exchange_line",
    "CREATE POLICY mine ON exchange_line USING (true)",
    "CREATE TRIGGER mine BEFORE UPDATE ON exchange_line EXECUTE FUNCTION procrastinate_notify_queue_job_inserted_v1()",
    "CREATE INDEX mine ON exchange_line (id)",
    "DROP TABLE exchange_line",
    "TRUNCATE exchange_line",
    "LOCK TABLE exchange_line IN ACCESS EXCLUSIVE MODE; TRUNCATE exchange_run",
    "UPDATE organisations_auditentry SET action = 'x'",
    "DELETE FROM organisations_auditentry",
    "INSERT INTO organisations_audithead (count, hash) VALUES (1, '')",
    "DELETE FROM django_migrations",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_shadow",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "GRANT ALL ON exchange_line TO PUBLIC; DROP TABLE exchange_line",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "ALTER SYSTEM SET shared_buffers = '1MB'",
    "COPY exchange_line TO '/tmp/lines'",
    "COPY exchange_line FROM PROGRAM 'true'",
    "SELECT pg_read_file('/etc/passwd')",
    "CREATE OR REPLACE FUNCTION across_home_of_run(run bigint) RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
]


@pytest.mark.django_db(transaction=True)
def test_what_the_apps_role_may_not_do() -> None:
    """Over a line of its own, logged in as the app: RESET ROLE leads nowhere either."""
    filled("Camping De Eik")
    owner = connection.settings_dict["USER"]
    with psycopg.connect(addresses_of_this_test()["DATABASE_URL"], autocommit=True) as line:
        for statement in [*FORBIDDEN, f'SET ROLE "{owner}"', f'SET SESSION AUTHORIZATION "{owner}"']:
            with pytest.raises(psycopg.Error) as refused:
                line.execute(statement)
            assert isinstance(refused.value, psycopg.errors.InsufficientPrivilege), (statement, refused.value)
        line.execute("RESET ROLE")
        line.execute("SET row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            line.execute("SELECT * FROM exchange_line")
