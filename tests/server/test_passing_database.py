"""Databases that are gone afterwards."""

import os

import psycopg
import pytest

from bookbridge.server.passing_database import passing_database, with_database


def names() -> set[str]:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def test_a_passing_database_is_its_own_and_gone_even_while_somebody_uses_it():
    with passing_database(os.environ["DATABASE_OWNER_URL"], "bookbridge_passing") as url:
        used = psycopg.connect(url)
        row = used.execute("SELECT current_database()").fetchone()
        assert row is not None
        assert row[0].startswith("bookbridge_passing_")
        assert row[0] in names()

    used.close()
    assert row[0] not in names()


def test_it_is_gone_after_a_failure():
    with (
        pytest.raises(ZeroDivisionError),
        passing_database(os.environ["DATABASE_OWNER_URL"], "bookbridge_failing") as url,
    ):
        raise ZeroDivisionError

    assert url.partition("?")[0].rpartition("/")[2] not in names()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p@host/books", "postgresql://u:p@host/new"),
        ("postgresql://u:p@host:1/u?sslmode=require", "postgresql://u:p@host:1/new?sslmode=require"),
        ("postgresql://u@/my%20books?host=/run/pg&port=5", "postgresql://u@/new?host=/run/pg&port=5"),
        ("postgresql:///books", "postgresql:///new"),
    ],
)
def test_the_same_servers_address_with_another_database(url: str, expected: str):
    assert with_database(url, "new") == expected
    assert psycopg.conninfo.conninfo_to_dict(expected)["dbname"] == "new"
