"""The two roles in the tests: fixtures and assertions look as the owner of the tables, the product works as the app.

Requests, jobs, sweeps and commands of a test run on the test's own connection, so that they see what it has made and
not committed; `as_the_app` changes the role of that connection meanwhile. Real processes log in as the app.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pytest
from django.db import connection
from django.db.backends.signals import connection_created
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from bookbridge.server.passing_database import with_database

_now = threading.local()


def app_role() -> str:
    return str(conninfo_to_dict(os.environ["DATABASE_URL"])["user"])


def addresses(database: str) -> dict[str, str]:
    """The settings of a real process that works with this database."""
    names = ("DATABASE_URL", "DATABASE_OWNER_URL")
    return {name: with_database(os.environ[name], database) for name in names}


def addresses_of_this_test() -> dict[str, str]:
    return addresses(connection.settings_dict["NAME"])


@contextmanager
def as_the_app() -> Iterator[None]:
    """Within it, this thread's connection has the rights of the app's role and no others."""
    before = getattr(_now, "is_app", False)
    _now.is_app = True
    _take_role()
    try:
        yield
    finally:
        _now.is_app = before
        _take_role()


def _take_role(**_: Any) -> None:
    line = connection.connection
    if line is not None and not line.closed and line.info.transaction_status != TransactionStatus.INERROR:
        line.execute(f'SET ROLE "{app_role()}"' if getattr(_now, "is_app", False) else "RESET ROLE")


connection_created.connect(_take_role, dispatch_uid="the role of a test")


PRODUCT = [
    ("django.core.handlers.base", "BaseHandler.get_response"),
    ("click.testing", "CliRunner.invoke"),
    ("bookbridge.server.drop_box", "HouseAnswers.__call__"),
    ("bookbridge.exchange.running", "work_on"),
    ("bookbridge.exchange.sweep", "sweep"),
    ("bookbridge.exchange.sweep", "free_abandoned_work"),
    ("bookbridge.exchange.sweep", "start_due_outstanding"),
    ("bookbridge.exchange.sweep", "look_into_inboxes"),
    ("bookbridge.exchange.sweep", "wake_for_due_runs"),
    ("bookbridge.exchange.sweep", "tidy_drop_boxes"),
    ("bookbridge.exchange.inboxes", "Inboxes.look"),
    ("bookbridge.exchange.retention", "apply"),
    ("bookbridge.exchange.silence", "announce"),
    ("bookbridge.portal.notices.looking", "look"),
    ("bookbridge.exchange.measures", "read"),
    ("bookbridge.server.doctor", "examine"),
]
"""The ways into the product: pages, commands, the drop box, and what a worker does by itself."""


def let_the_app_do(monkeypatch: pytest.MonkeyPatch, module: Any, path: str) -> None:
    """Have a function of the product run as the app wherever this test calls it."""
    *classes, name = path.split(".")
    owner = module
    for part in classes:
        owner = getattr(owner, part)
    real: Callable[..., Any] = getattr(owner, name)

    @wraps(real)
    def as_app(*arguments: Any, **named: Any) -> Any:
        with as_the_app():
            return real(*arguments, **named)

    monkeypatch.setattr(owner, name, as_app)
