"""Which database this process uses: the one named in DATABASE_URL, or the embedded PostgreSQL."""

import os
from pathlib import Path

from bookbridge.server.embedded_postgres import EmbeddedPostgres

_used: dict[Path, EmbeddedPostgres] = {}
"""Embedded servers this process uses; each ends after its last user."""


def data_folder(base: Path) -> Path:
    """Where this installation keeps its data: BOOKBRIDGE_DATA, or `var`; a relative one counts from `base`."""
    return (base / os.environ.get("BOOKBRIDGE_DATA", "var")).absolute()


def database_url(base: Path) -> str:
    """The address of the database, started when it is the embedded one.

    The embedded server runs as long as any process that called this; `release_database()` gives it up earlier.

    Raises:
        EmbeddedPostgresError: the embedded PostgreSQL cannot start.
    """
    given = os.environ.get("DATABASE_URL", "").strip()
    if given:
        return given
    folder = data_folder(base) / "postgresql"
    server = _used.setdefault(folder, EmbeddedPostgres(folder))
    return server.start()


def release_database() -> None:
    """Give up the embedded server; it has ended on return when this process was its last user."""
    while _used:
        _used.popitem()[1].release()
