"""The embedded PostgreSQL of this process, where no DATABASE_URL names another one."""

import os
from pathlib import Path

from bookbridge.server.embedded_postgres import EmbeddedPostgres

_used: dict[Path, EmbeddedPostgres] = {}
"""Embedded servers this process uses; each ends after its last user."""


def data_folder(base: Path) -> Path:
    """Where this installation keeps its data: BOOKBRIDGE_DATA, or `var`; a relative one counts from `base`."""
    return (base / os.environ.get("BOOKBRIDGE_DATA", "var")).absolute()


def embedded_urls(base: Path) -> tuple[str, str]:
    """The started server's addresses for the app's role and for the owner of the tables.

    It runs as long as any process that called this; `release_database()` gives it up earlier.

    Raises:
        EmbeddedPostgresError: the embedded PostgreSQL cannot start.
    """
    folder = data_folder(base) / "postgresql"
    server = _used.setdefault(folder, EmbeddedPostgres(folder))
    owner_url = server.start()
    return server.app_url, owner_url


def release_database() -> None:
    """Give up the embedded server; it has ended on return when this process was its last user."""
    while _used:
        _used.popitem()[1].release()
