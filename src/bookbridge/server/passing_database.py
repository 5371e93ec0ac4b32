"""A database of its own on a given server, gone afterwards: for the chaos run and the measures."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict


@contextmanager
def own_database(prefix: str) -> Iterator[None]:
    """Have DATABASE_URL and DATABASE_OWNER_URL name a new database; nothing to do where they name none at all."""
    given = {name: os.environ[name] for name in ("DATABASE_URL", "DATABASE_OWNER_URL") if os.environ.get(name)}
    if not given:
        yield
        return
    if "DATABASE_OWNER_URL" not in given:
        raise SystemExit("DATABASE_OWNER_URL is missing: the role that owns the tables makes the database for this.")
    with passing_database(given["DATABASE_OWNER_URL"], prefix) as url:
        name = str(conninfo_to_dict(url)["dbname"])
        os.environ |= {variable: with_database(address, name) for variable, address in given.items()}
        try:
            yield
        finally:
            os.environ |= given


@contextmanager
def passing_database(server_url: str, prefix: str) -> Iterator[str]:
    """The address of a new, empty database. The role in `server_url` must be allowed to make databases."""
    name = f"{prefix}_{secrets.token_hex(4)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield with_database(server_url, name)
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            drop_database(connection, name)


def drop_database(connection: psycopg.Connection, name: str) -> None:
    """Drop a database, whoever is still in it. Nothing to do where there is none."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
    by_force = drop + sql.SQL(" WITH (FORCE)")
    try:
        connection.execute(by_force)
    except psycopg.errors.InsufficientPrivilege:
        # PostgreSQL's own vacuum is at work there, which our role may not end: a drop without force has it end.
        with suppress(psycopg.errors.ObjectInUse):
            connection.execute(drop)
        connection.execute(by_force)


def with_database(url: str, name: str) -> str:
    """The same server's address with another database."""
    head, question, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{question}{query}"
