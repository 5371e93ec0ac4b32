"""What tests are given: one server for the session, a database for each worker, and an empty one on request."""

import os

import psycopg


def test_an_empty_database_is_the_tests_own(empty_database: str) -> None:
    with psycopg.connect(empty_database) as app:
        assert app.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as connection:
        connection.execute("CREATE TABLE mine AS SELECT 1")


def test_the_next_one_is_empty_again(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
