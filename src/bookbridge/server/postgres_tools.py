"""PostgreSQL's own programs for backups: those of the wheel, or those on this machine, new enough for the server."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from bookbridge.server.postgres_places import EmbeddedPostgresError, wheel_programs

_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "options": "PGOPTIONS",
}


class NoProgramError(Exception):
    """None of PostgreSQL's programs here is new enough; the message holds the remedy."""


def program(name: str, server_version: int) -> Path:
    """The oldest program of this name that can work with a server of a major version. Raises NoProgramError."""
    fit = sorted((version, place) for place in _places(name) if (version := _version(place)) >= server_version)
    if not fit:
        raise NoProgramError(
            f"There is no {name} of PostgreSQL {server_version} or newer here. "
            f"Install the package postgresql-client-{server_version}, or run this on the database's machine."
        )
    return fit[0][1]


def _places(name: str) -> Iterator[Path]:
    with suppress(EmbeddedPostgresError):
        yield from wheel_programs(name)
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin")):
        if (folder / name).exists():
            yield folder / name
    found = shutil.which(name)
    if found:
        yield Path(found)


def _version(place: Path) -> int:
    said = subprocess.run([place, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else 0


def environment_for(url: str) -> dict[str, str]:
    """Where to connect, by environment, since arguments can be read by every user of the machine."""
    given = conninfo_to_dict(url)
    unknown = [name for name in given if name not in _VARIABLES]
    if unknown:
        raise NoProgramError(f"the database's address has settings that can't be handed on: {', '.join(unknown)}")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, **{_VARIABLES[name]: str(value) for name, value in given.items()}}
