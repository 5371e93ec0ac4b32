"""Puts a backup back on an empty machine, so that nothing is posted twice.

The books are ahead of a backup: what was posted after it was taken is unknown to the database that comes back. So every
document is looked up in the package before it is sent for the first time, from the moment of the restore on. That is
written in the same transaction as the data: there is no moment at which a worker could find the one without the other.
"""

import shutil
import subprocess
import tarfile
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from bookbridge.exchange import intake
from bookbridge.integrations.models import Configuration, Integration
from bookbridge.organisations import rotation, trail, trail_chain
from bookbridge.organisations.sql import every_organisation
from bookbridge.organisations.walls import acting_for
from bookbridge.server.backup_file import DATABASE, STORAGE, BackupError, Manifest, members
from bookbridge.server.backups import owner_url
from bookbridge.server.postgres_tools import environment_for, program
from bookbridge.storage import StorageError, open_storage

LOOK_UP_FIRST_DAYS = 366
"""A file of the lost time may be dropped again at the latest with the closing of the year."""
_PIECE = 1 << 20
_MARK = """
UPDATE public.integrations_configuration
SET look_up_first_since = now(), look_up_first_until = now() + interval '{days} days';
"""
# What PostgreSQL lets everybody call anew when a function is made anew, and only our own role may.
_CLOSE_FUNCTIONS = """
DO $close$
DECLARE made record;
BEGIN
  FOR made IN SELECT oid::regprocedure AS name FROM pg_proc
              WHERE pronamespace = 'public'::regnamespace AND prosecdef LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', made.name);
  END LOOP;
END $close$;
"""


@dataclass
class Report:
    """What a restore did, and what it found wrong."""

    files: int = 0
    offered_again: int = 0
    wrong: list[str] = field(default_factory=list)


def is_empty() -> bool:
    """Whether the database has no table yet."""
    with connection.cursor() as cursor:
        return not connection.introspection.table_names(cursor)


def restore(source: Path, manifest: Manifest, *, look_up_first_days: int = LOOK_UP_FIRST_DAYS) -> Report:
    """The database, in one transaction, and the files. Raises BackupError; the database is then as empty as before."""
    report = Report()
    with tarfile.open(source, mode="r:") as archive:
        for member, content in members(archive):
            if member.name == DATABASE:
                _put_back_database(content, manifest, look_up_first_days)
            elif member.name.startswith(STORAGE):
                open_storage().put(member.name.removeprefix(STORAGE), content)  # type: ignore[arg-type]
                report.files += 1
    return report


def _put_back_database(dump: IO[bytes], manifest: Manifest, days: int) -> None:
    # To SQL first and then in one piece: the data, and that it is to be looked up, come together or not at all.
    connection.ensure_connection()
    version = max(manifest.postgresql, int(connection.pg_version) // 10000)  # type: ignore[attr-defined]
    connection.close()
    with tempfile.NamedTemporaryFile(dir=settings.ENVIRONMENT.data, suffix=".sql") as script:
        to_sql = [program("pg_restore", version), "--no-owner", "--no-acl", f"--file={script.name}"]
        _run(to_sql, dump)
        with open(script.name, "a", encoding="utf-8") as more:
            more.write(_CLOSE_FUNCTIONS + _MARK.format(days=int(days)))
        play = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={script.name}"]
        _run([program("psql", version), *play], None)


def _run(command: list[Any], given: IO[bytes] | None) -> None:
    pipe = subprocess.DEVNULL if given is None else subprocess.PIPE
    environment = environment_for(owner_url())
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, env=environment, stdin=pipe, stdout=subprocess.DEVNULL, stderr=said) as running,
    ):
        if given is not None and running.stdin is not None:
            # One that fails early reads no further; its code tells.
            with suppress(BrokenPipeError), running.stdin:
                shutil.copyfileobj(given, running.stdin, _PIECE)
        if running.wait():
            said.seek(0)
            words = said.read().decode(errors="replace").strip()[-1000:]
            raise BackupError(f"{Path(command[0]).name} failed, and nothing was put back: {words}")


def mark(days: int = LOOK_UP_FIRST_DAYS) -> None:
    """For a database that came back by other means: look everything up first from now on."""
    for organisation_id in every_organisation():
        with acting_for(organisation_id):
            Configuration.objects.filter(organisation_id=organisation_id).update(
                look_up_first_since=Now(), look_up_first_until=Now() + timedelta(days=days)
            )
            trail.record(organisation_id, "installation.looks_up_first", subject=("days", days))


def finish(report: Report, manifest: Manifest | None) -> Report:
    """Offer again what the database doesn't know, write in the trail what was done, and prove what came back."""
    for organisation_id in every_organisation():
        with acting_for(organisation_id):
            for integration in Integration.objects.filter(organisation_id=organisation_id).order_by("pk"):
                report.offered_again += _offer_again(integration, report)
            _record(organisation_id, manifest)
    _record(None, manifest)
    heads = manifest.heads if manifest else {}
    for chain in trail_chain.chains():
        report.wrong += _faults_of(chain, heads.get(str(chain or "")))
    missing = set(heads) - {str(chain or "") for chain in trail_chain.chains()}
    report.wrong += [f"the audit trail of {chain or 'the installation'} is gone" for chain in sorted(missing)]
    unreadable = sum(count.unreadable for count in rotation.survey())
    if unreadable:
        report.wrong.append(
            f"{unreadable} secrets can't be read: add the key they were encrypted with to BOOKBRIDGE_ENCRYPTION_KEYS"
        )
    return report


def _offer_again(integration: Integration, report: Report) -> int:
    try:
        return intake.take_from_archive(integration)
    except (StorageError, FileNotFoundError) as error:
        report.wrong.append(f"the archive of integration {integration.pk} can't be read: {error}")
        return 0


def _record(organisation_id: UUID | None, manifest: Manifest | None) -> None:
    taken_at = manifest.taken_at.isoformat() if manifest else "unknown"
    trail.record(organisation_id, "installation.restored", subject=("backup", taken_at))


def _faults_of(chain: UUID | None, noted: str | None) -> list[str]:
    number, _, hash_ = (noted or "").partition(":")
    verdict = trail_chain.verify(chain, {int(number): bytes.fromhex(hash_)} if noted and int(number) else None)
    return [f"the audit trail of {chain or 'the installation'}: {verdict.fault.what}"] if verdict.fault else []
