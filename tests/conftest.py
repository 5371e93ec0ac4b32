"""Fixtures for every room. The session's PostgreSQL comes from `tests.embedded_database`."""

import os
import secrets
from collections.abc import Iterator

import psycopg
import pytest
import pytest_django
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.stage_fixture import stage

__all__ = ["empty_database", "stage"]


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The address of a new, empty database of this test's own: for tests that start real processes.

    Django's tables are not in it; run `bookbridge migrate` with it as DATABASE_URL.
    """
    server = os.environ["DATABASE_URL"]
    name = f"bookbridge_test_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield _with_database(server, name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _with_database(url: str, name: str) -> str:
    parts = psycopg.conninfo.conninfo_to_dict(url)
    assert make_conninfo(url, dbname=name)  # The address is one libpq understands.
    head, _, query = url.partition("?")
    return f"{head.removesuffix(str(parts['dbname']))}{name}" + (f"?{query}" if query else "")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> None:
    """Django empties all tables between tests, so in a test's database TRUNCATE of the audit trail is let through."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE organisations_auditentry DISABLE TRIGGER audit_keep_all")
