"""Tryton's databases on one PostgreSQL: a template that is filled once, and copies of it that take a moment.

A server keeps to its database's name: Tryton loads its modules for a database once, which takes longer than a copy. So
fresh books are the same name with the template's content again.
"""

import atexit
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from bookbridge.connectors.tryton.simulator import filling
from bookbridge.connectors.tryton.simulator.rpc import AdminRpc
from bookbridge.connectors.tryton.simulator.server import TrytonMissingError, TrytonServer, administer

ADMIN_PASSWORD = "tryton-demo-secret"  # noqa: S105 - a demo's published password guards nothing.
_ADMIN_EMAIL = "admin@tryton.example"
_PARTS = ("trytond", "trytond-account", "trytond-account-invoice", "trytond-bank")
DROP_TRIES, DROP_WAIT_S = 100, 0.1
_LOCK = 7_290_541
"""Of PostgreSQL's advisory locks: one process fills the template."""


class Databases:
    """Makes and empties Tryton's databases."""

    def __init__(self, postgres: str) -> None:
        self._postgres = postgres

    def exists(self, name: str) -> bool:
        with self._connected() as connection:
            return _is_there(connection, name)

    def renew(self, name: str) -> None:
        """Make the database, or make it anew, with the company and nothing booked."""
        # PostgreSQL copies a template that nobody is connected to, and one at a time.
        with self._connected() as connection, _alone(connection):
            template = self._template(connection)
            _drop(connection, name)
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
            connection.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))

    def drop(self, name: str) -> None:
        with self._connected() as connection:
            _drop(connection, name)

    def _template(self, connection: psycopg.Connection) -> str:
        """The name of the filled template, made now when there is none for these versions and this year."""
        name = f"tryton_template_{_fingerprint()}"
        if _is_there(connection, name):
            return name
        made = f"tryton_filling_{secrets.token_hex(4)}"
        empty = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
        connection.execute(empty.format(sql.Identifier(made)))
        try:
            administer(self._postgres, made, ADMIN_PASSWORD, "--email", _ADMIN_EMAIL, "--no-indexes", "--all")
            modules = [*filling.MODULES, "--activate-dependencies"]
            administer(self._postgres, made, ADMIN_PASSWORD, "--no-indexes", "-u", *modules)
            server = TrytonServer(self._postgres, made)
            try:
                filling.fill(AdminRpc(server.port, made, ADMIN_PASSWORD), _year())
            finally:
                server.kill()
        except BaseException:
            _drop(connection, made)
            raise
        # Only what is filled to the end gets the template's name.
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        _without_guests(connection, made)
        connection.execute(rename.format(sql.Identifier(made), sql.Identifier(name)))
        return name

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection]:
        if urlsplit(self._postgres).scheme not in {"postgres", "postgresql"}:
            raise TrytonMissingError(
                "Tryton keeps its books in PostgreSQL (on SQLite it posts entries that don't balance). Name one whose "
                "role may make databases: the setting `postgres`, or SIMULATOR_POSTGRES_URL."
            )
        with psycopg.connect(self._postgres, autocommit=True) as connection:
            yield connection


def _drop(connection: psycopg.Connection, name: str) -> None:
    """Whoever is connected. Where PostgreSQL itself is cleaning up in there we may not end that: it is soon done."""
    for left in reversed(range(DROP_TRIES)):
        try:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege:
            if not left:
                raise
            time.sleep(DROP_WAIT_S)
        else:
            return


def _without_guests(connection: psycopg.Connection, name: str) -> None:
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = current_user", [name]
    )


@contextmanager
def _alone(connection: psycopg.Connection) -> Iterator[None]:
    connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _is_there(connection: psycopg.Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _year() -> int:
    return datetime.now(UTC).year


def _fingerprint() -> str:
    """Changes with Tryton's versions, with what is filled in, and with the year that is open."""
    digest = hashlib.sha256(Path(filling.__file__).read_bytes())
    for part in _PARTS:
        digest.update(f"{part} {_version(part)}".encode())
    digest.update(str(_year()).encode())
    return digest.hexdigest()[:12]


def _version(part: str) -> str:
    try:
        return version(part)
    except PackageNotFoundError:
        # Installed elsewhere, on PATH; then the template is made for what is there.
        return "elsewhere"


class Servers:
    """The servers of this process. One that a simulator has given back serves the next one, with fresh books."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[str, list[TrytonServer]] = {}
        self._ours: list[tuple[Databases, TrytonServer]] = []
        atexit.register(self.stop)

    def take(self, postgres: str) -> TrytonServer:
        """A running server with fresh books. Raises TrytonMissingError."""
        databases = Databases(postgres)
        with self._lock:
            idle = self._idle.setdefault(postgres, [])
            server = idle.pop() if idle else None
        if server is not None and server.is_running:
            databases.renew(server.database)
            return server
        name = f"tryton_{secrets.token_hex(5)}"
        databases.renew(name)
        server = TrytonServer(postgres, name)
        with self._lock:
            self._ours.append((databases, server))
        return server

    def give_back(self, postgres: str, server: TrytonServer) -> None:
        with self._lock:
            self._idle.setdefault(postgres, []).append(server)

    def stop(self) -> None:
        """End them all and remove their books, as far as their PostgreSQL still answers."""
        with self._lock:
            ours, self._ours, self._idle = self._ours, [], {}
        for databases, server in ours:
            server.kill()
            try:
                databases.drop(server.database)
            except psycopg.Error:
                # The whole PostgreSQL may be gone by now, and with it the database.
                continue


SERVERS = Servers()
