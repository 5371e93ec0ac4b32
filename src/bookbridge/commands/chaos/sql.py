"""What the chaos run asks of PostgreSQL as its administrator."""

import psycopg

_CUT_LINES = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
_SMALL_LOG = ("ALTER SYSTEM SET max_wal_size = '256MB'", "ALTER SYSTEM SET min_wal_size = '32MB'")


def cut_lines(administrator_url: str) -> None:
    """End every session, as a network between or an administrator may."""
    with psycopg.connect(administrator_url, autocommit=True) as connection:
        connection.execute(_CUT_LINES)


def keep_the_log_small(administrator_url: str) -> None:
    """The write-ahead log must fit the small disk beside the data."""
    with psycopg.connect(administrator_url, autocommit=True) as connection:
        for statement in _SMALL_LOG:
            connection.execute(statement)
        connection.execute("SELECT pg_reload_conf()")
