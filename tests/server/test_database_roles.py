"""The two roles with real processes: who may start, what the others are told, and how an older version gets there."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from bookbridge.server.embedded_postgres import EmbeddedPostgres
from bookbridge.server.passing_database import with_database


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of its own, for its superuser."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("roles") / "data", durable=False, temporary=True) as server:
        with psycopg.connect(server.administrator_url, autocommit=True) as connection:
            connection.execute("CREATE ROLE bypasser LOGIN BYPASSRLS PASSWORD 'x'")
            connection.execute("CREATE ROLE maker LOGIN CREATEROLE PASSWORD 'x'")
            connection.execute("CREATE ROLE heir LOGIN PASSWORD 'x' IN ROLE bookbridge")
        yield server
    server.release()


@pytest.fixture
def database(cluster: EmbeddedPostgres) -> str:
    """The name of an empty database."""
    name = f"books_{uuid4().hex[:8]}"
    cluster.ensure_database(name)
    return name


def as_role(cluster: EmbeddedPostgres, name: str, role: str) -> str:
    own = conninfo_to_dict(cluster.url)
    return with_database(cluster.url, name).replace(f"bookbridge:{own['password']}", f"{role}:x", 1)


def run(tmp_path: Path, *words: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("BOOKBRIDGE_", "DATABASE_"))}
    given = {name: value for name, value in environment.items() if value}
    return subprocess.run(
        [sys.executable, "-m", *words],
        env={**plain, "BOOKBRIDGE_DATA": str(tmp_path / "data"), **given},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def bookbridge(tmp_path: Path, *words: str, app: str, owner: str | None = None) -> subprocess.CompletedProcess[str]:
    return run(tmp_path, "bookbridge", *words, DATABASE_URL=app, DATABASE_OWNER_URL=owner)


def test_the_owner_migrates_and_the_app_works_without_knowing_the_owner(
    cluster: EmbeddedPostgres, database: str, tmp_path: Path
) -> None:
    app, owner = with_database(cluster.app_url, database), with_database(cluster.url, database)
    early = bookbridge(tmp_path, "audit", "head", app=app)
    assert early.returncode == 1
    assert "tables are not up to date" in early.stderr
    assert "DATABASE_OWNER_URL" in early.stderr

    assert bookbridge(tmp_path, "migrate", app=app, owner=owner).stdout == "The tables are up to date.\n"

    late = bookbridge(tmp_path, "audit", "head", app=app)
    assert (late.returncode, late.stderr) == (0, "")
    with psycopg.connect(app) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TEMPORARY TABLE mine (id int)")


@pytest.mark.parametrize("role", ["postgres", "bypasser", "maker", "heir", "bookbridge"])
def test_nothing_starts_under_a_role_that_no_wall_stops(
    cluster: EmbeddedPostgres, role: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    addresses = {"postgres": with_database(cluster.administrator_url, "bookbridge"), "bookbridge": cluster.url}
    if not answer(cluster.url, "SELECT to_regclass('django_migrations') IS NOT NULL"):
        assert bookbridge(tmp_path, "migrate", app=cluster.app_url, owner=cluster.url).returncode == 0
    address = addresses.get(role) or as_role(cluster, "bookbridge", role)

    for command in ("worker", "serve", "migrate") if role == "bookbridge" else ("worker",):
        ended = bookbridge(tmp_path, command, app=address, owner=cluster.url)
        assert ended.returncode == 1
        assert f"The role {role} of DATABASE_URL" in ended.stderr
        assert "CREATE ROLE bookbridge_app" in ended.stderr
        assert "Traceback" not in ended.stderr


def answer(url: str, question: str) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def test_a_database_of_an_older_version_gets_its_walls_and_keeps_its_rows(
    cluster: EmbeddedPostgres, database: str, tmp_path: Path
) -> None:
    app, owner = with_database(cluster.app_url, database), with_database(cluster.url, database)
    for place in (["exchange", "0001"], ["organisations", "0001"], ["account"], ["sessions"], ["procrastinate"]):
        done = run(
            tmp_path,
            "django",
            "migrate",
            *place,
            DATABASE_URL=owner,
            DJANGO_SETTINGS_MODULE="bookbridge.server.settings",
        )
        assert done.returncode == 0, done.stderr
    integration, configuration = uuid4(), uuid4()
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO organisations_organisation (id, name, time_zone, created_at) VALUES (%s, 'Old', 'UTC', now())",
            [configuration],
        )
        connection.execute(
            "INSERT INTO integrations_integration (id, organisation_id, name, source, package, is_paused, created_at) "
            "VALUES (%s, %s, 'Files', 'file_drop', 'exact_online', false, now())",
            [integration, configuration],
        )

    assert bookbridge(tmp_path, "migrate", app=app, owner=owner).stdout == "The tables are up to date.\n"

    assert answer(app, "SELECT count(*) FROM integrations_integration") == 0
    with psycopg.connect(app, autocommit=True) as connection:
        connection.execute("SELECT set_config('bookbridge.organisation', %s, false)", [str(configuration)])
        row = connection.execute("SELECT id, name FROM integrations_integration").fetchone()
    assert row == (integration, "Files")
    assert answer(owner, "SELECT count(*) FROM integrations_integration") == 1  # As a worker of that version sees it.
