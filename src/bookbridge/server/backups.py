"""A backup: one file with the database, the storage where it is a folder, and on wish the secrets of the data folder.

The database is taken first, as of one moment, and the files after it: what the database names is then among the files.
Files that came in between are in the archive without a delivery; a restore offers them again.
"""

import io
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from bookbridge.organisations import trail_chain
from bookbridge.server.backup_file import DATABASE, MANIFEST, SECRETS, STORAGE, BackupError, Manifest, add
from bookbridge.server.postgres_tools import environment_for, program
from bookbridge.storage import open_storage


def make(target: Path, *, storage: bool = True, secrets: bool = False) -> Manifest:
    """Write a backup, whole or not at all, readable by its user only. Raises BackupError and NoProgramError."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            manifest = _write(file, storage=storage, secrets=secrets)
            os.fsync(file.fileno())
        partial.rename(target)
    except OSError as error:
        raise BackupError(f"{target} can't be written: {error.strerror or error}") from None
    finally:
        partial.unlink(missing_ok=True)
    return manifest


def _write(file: IO[bytes], *, storage: bool, secrets: bool) -> Manifest:
    parts: dict[str, str] = {}
    in_a_folder = storage and open_storage().folder is not None
    # Read before the dump: what the trail held then must be in it.
    heads = {str(chain or ""): str(trail_chain.head_of(chain)) for chain in trail_chain.chains()}
    taken_at = _database_clock()
    with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        with _dump() as (dump, size):
            add(archive, parts, DATABASE, dump, size)
        if in_a_folder:
            _add_storage(archive, parts)
        if secrets:
            _add_secrets(archive, parts)
        manifest = Manifest(
            taken_at=taken_at,
            version=metadata.version("bookbridge"),
            postgresql=_server_version(),
            migrations=_last_migrations(),
            storage=in_a_folder,
            secrets=secrets,
            heads=heads,
            parts=parts,
        )
        text = manifest.as_json()
        add(archive, {}, MANIFEST, io.BytesIO(text), len(text))
    return manifest


def owner_url() -> str:
    """The address under the role that owns the tables: it alone sees all rows. Raises BackupError."""
    given = os.environ.get("DATABASE_OWNER_URL")
    if not given:
        raise BackupError("DATABASE_OWNER_URL is missing: only the role that owns the tables sees every company's rows")
    return given


def _database_clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        moment: datetime = cursor.fetchone()[0]
        return moment


def _server_version() -> int:
    connection.ensure_connection()
    return int(connection.pg_version) // 10000  # type: ignore[attr-defined]  # PostgreSQL is the only engine.


def _last_migrations() -> dict[str, str]:
    return dict(sorted(MigrationRecorder(connection).applied_migrations()))


@contextmanager
def _dump() -> Iterator[tuple[IO[bytes], int]]:
    """PostgreSQL's own dump, in a file that is gone afterwards."""
    command = [program("pg_dump", _server_version()), "--format=custom", "--no-owner", "--no-acl"]
    with tempfile.TemporaryFile(dir=settings.ENVIRONMENT.data) as dump:
        done = subprocess.run(
            command, env=environment_for(owner_url()), stdout=dump, stderr=subprocess.PIPE, check=False
        )
        if done.returncode:
            raise BackupError(f"pg_dump failed: {done.stderr.decode(errors='replace').strip()[-1000:]}")
        size = dump.tell() or os.fstat(dump.fileno()).st_size
        dump.seek(0)
        yield dump, size


def _add_storage(archive: tarfile.TarFile, parts: dict[str, str]) -> None:
    storage = open_storage()
    for found in sorted(storage.list(""), key=lambda found: found.key):
        try:
            with storage.open(found.key) as content:
                size = os.fstat(content.fileno()).st_size
                add(archive, parts, STORAGE + found.key, content, size)
        except FileNotFoundError:
            # An inbox was cleared meanwhile: its file is in the archive.
            continue


def _add_secrets(archive: tarfile.TarFile, parts: dict[str, str]) -> None:
    for path in sorted((settings.ENVIRONMENT.data / "secrets").iterdir()):
        with path.open("rb") as content:
            add(archive, parts, SECRETS + path.name, content, path.stat().st_size)
