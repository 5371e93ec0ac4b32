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
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
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
ENOUGH = 2
"""Servers for one PostgreSQL; more are started only where all are at work."""
RENEWED_S = 30.0
"""At most; for what is under way when the process ends."""
_LOCK = 7_290_541
"""Of PostgreSQL's advisory locks: one process fills the template."""


class Databases:
    """Makes and empties Tryton's databases."""

    def __init__(self, postgres: str) -> None:
        self._postgres = postgres

    def exists(self, name: str) -> bool:
        with self._connected() as connection:
            return _is_there(connection, name)

    def renew(self, name: str) -> str:
        """Make the database, or make it anew, with the company and nothing booked.

        Returns a session of the administrator in it: signing in costs Tryton a second, for a password's sake.
        """
        # PostgreSQL copies a template that nobody is connected to, and one at a time.
        with self._connected() as connection, _alone(connection):
            template = self._template(connection)
            _drop(connection, name)
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
            connection.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
            return _session_in(connection, template)

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
                session = filling.fill(AdminRpc(server.port, made, ADMIN_PASSWORD), _year())
            finally:
                server.kill()
        except BaseException:
            _drop(connection, made)
            raise
        # Only what is filled to the end gets the template's name.
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        _without_guests(connection, made)
        comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
        connection.execute(comment.format(sql.Identifier(made), sql.Literal(session)))
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


def _session_in(connection: psycopg.Connection, template: str) -> str:
    """Stands in the template's comment."""
    told = connection.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [template]
    ).fetchone()
    return (told and told[0]) or ""


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
    """The servers of this process, two for each PostgreSQL as soon as more than one simulator was asked for.

    One that a simulator has given back is given fresh books at once, while the other serves the next simulator: of the
    seconds that takes, Tryton waits most.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ours: dict[str, list[TrytonServer]] = {}
        self._idle: dict[str, list[tuple[TrytonServer, Future[str]]]] = {}
        atexit.register(self.stop)

    def take(self, postgres: str) -> tuple[TrytonServer, str]:
        """A running server with fresh books, and a session of the administrator. Raises TrytonMissingError."""
        while (given_back := self._given_back(postgres)) is not None:
            server, renewed = given_back
            session = renewed.result()
            if server.is_running:
                return server, session
        name = f"tryton_{secrets.token_hex(5)}"
        session = Databases(postgres).renew(name)
        server = TrytonServer(postgres, name)
        with self._lock:
            self._ours.setdefault(postgres, []).append(server)
        return server, session

    def _given_back(self, postgres: str) -> tuple[TrytonServer, Future[str]] | None:
        """One whose books are fresh; where there are enough servers, one whose books will be; else none."""
        with self._lock:
            idle, ours = self._idle.setdefault(postgres, []), self._ours.get(postgres, [])
            ready = [each for each in idle if each[1].done()]
            if not idle or not (ready or len(ours) >= ENOUGH):
                return None
            chosen = (ready or idle)[0]
            idle.remove(chosen)
            return chosen

    def give_back(self, postgres: str, server: TrytonServer) -> None:
        if not server.is_running:
            return
        renewed: Future[str] = Future()
        with self._lock:
            self._idle.setdefault(postgres, []).append((server, renewed))
        # A daemon: Python waits for others before it calls `stop`, and Tryton for a PostgreSQL that is gone.
        threading.Thread(target=_renew, args=(postgres, server, renewed), daemon=True).start()

    def stop(self) -> None:
        """End them all and remove their books, as far as their PostgreSQL still answers."""
        with self._lock:
            ours, self._ours = self._ours, {}
            idle, self._idle = self._idle, {}
        for server in chain.from_iterable(ours.values()):
            server.kill()
        wait([renewed for each in idle.values() for _, renewed in each], RENEWED_S)
        for postgres, servers in ours.items():
            # The whole PostgreSQL may be gone by now, and with it the databases.
            with suppress(psycopg.Error):
                for server in servers:
                    Databases(postgres).drop(server.database)


def _renew(postgres: str, server: TrytonServer, renewed: Future[str]) -> None:
    try:
        session = Databases(postgres).renew(server.database)
        server.find_lost_lines()
    except BaseException as error:
        renewed.set_exception(error)
    else:
        renewed.set_result(session)


SERVERS = Servers()
