"""Fixtures for every room. The session's PostgreSQL comes from `tests.embedded_database`."""

import gc
import os
import secrets
import sys
from collections.abc import Iterator

import hypothesis
import psycopg
import pytest
import pytest_django
from django.http import HttpRequest
from psycopg import sql

from bookbridge.server.passing_database import drop_database
from tests import roles
from tests.browser import browser
from tests.mail_sink import mail_sink
from tests.real_software import simulators_postgres
from tests.stage_fixture import stage

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("suite")

__all__ = ["browser", "empty_database", "mail_sink", "simulators_postgres", "stage"]


def pytest_collection_finish() -> None:
    """Thousands of tests and the modules they know stay until the end: Python need not look through them for garbage
    again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture
def empty_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a new, empty database of this test's own, for the app's role: for tests that start real processes.

    Django's tables are not in it: its owner's address stands in DATABASE_OWNER_URL, so that whoever comes first makes
    them.
    """
    server = os.environ["DATABASE_OWNER_URL"]
    name = f"bookbridge_test_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    own = roles.addresses(name)
    monkeypatch.setenv("DATABASE_OWNER_URL", own["DATABASE_OWNER_URL"])
    yield own["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as connection:
        drop_database(connection, name)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Fixtures and assertions look at the tables as their owner; the product doesn't (see `tests/roles.py`)."""
    from django.conf import settings
    from django.db import connections

    for name in ("USER", "PASSWORD", "HOST", "PORT"):
        connections.settings["default"][name] = settings.OWNER[name]


@pytest.fixture(autouse=True)
def the_product_runs_as_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever of it this test calls in its own process."""
    for module, name in roles.PRODUCT:
        if module in sys.modules:
            roles.let_the_app_do(monkeypatch, sys.modules[module], name)


@pytest.fixture(scope="session", autouse=True)
def clients_hold_what_browsers_hold() -> Iterator[None]:
    """`force_login` sets the cookie itself, past the middleware that keeps the database's key from the browser."""
    from django.conf import settings
    from django.test import Client

    set_cookies = Client._set_login_cookies

    def set_cookie(client: Client, request: HttpRequest) -> None:
        set_cookies(client, request)
        client.cookies[settings.SESSION_COOKIE_NAME] = request.session.secret

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "_set_login_cookies", set_cookie)
        yield


@pytest.fixture(scope="session", autouse=True)
def passwords_cost_little() -> Iterator[None]:
    """Hashed as in the product, with few rounds: a million of them take a third of a second at each log-in. Real
    processes have the product's own setting."""
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["tests.passwords.FewRoundsHasher"]):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> None:
    """Tables are emptied between tests, so in a test's database TRUNCATE of the audit trail is let through."""
    from django.core.management.commands import flush
    from django.db import connection

    from bookbridge.server.database_roles import give_rights

    # Django truncates, which makes files anew for each table and index: twenty times as long for a few rows. Nor are
    # content types and permissions made anew after each test, since they stay.
    connection.ops.sql_flush = emptied
    flush.emit_post_migrate_signal = lambda *_told, **_more: None
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE organisations_auditentry DISABLE TRIGGER audit_keep_all")
        give_rights(roles.app_role())
        cursor.execute(f'GRANT "{roles.app_role()}" TO CURRENT_USER')


_MADE_WITH_THE_TABLES = {"django_content_type", "auth_permission"}
_EMPTY = """IF EXISTS (SELECT FROM "{0}") THEN {1} "{0}"; END IF;"""


def emptied(_style: object, tables: list[str], **_options: object) -> list[str]:
    """One statement that empties the tables in which there is anything; foreign keys are looked at when it is done."""
    statements = [
        _EMPTY.format(table, "TRUNCATE" if table == "organisations_auditentry" else "DELETE FROM")
        for table in sorted({*tables} - _MADE_WITH_THE_TABLES)
    ]
    return [f"DO $$ BEGIN {' '.join(statements)} END $$"]
