"""bookbridge backup, restore and restored: a copy of the whole installation, and its way back."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bookbridge.server.backup_file import Manifest
    from bookbridge.server.restoring import Report

_days_option = click.option(
    "--look-up-first-days",
    "days",
    default=366,
    show_default=True,
    type=click.IntRange(1, 3660),
    help="How long documents are looked up in the package before they are sent for the first time.",
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--without-storage", is_flag=True, help="The database alone; keep the storage's own backups.")
@click.option("--with-secrets", is_flag=True, help="Also the keys in the data folder: guard the file like them.")
def backup(file: Path, without_storage: bool, with_secrets: bool) -> None:
    """Write the database, and the storage where it is a folder, to FILE. Everything may go on working meanwhile."""
    from bookbridge.server.start import load_django

    load_django()
    from bookbridge.server import backups
    from bookbridge.server.backup_file import BackupError
    from bookbridge.server.postgres_tools import NoProgramError

    try:
        manifest = backups.make(file, storage=not without_storage, secrets=with_secrets)
    except (BackupError, NoProgramError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{file}: {_megabytes(file.stat().st_size)}, taken at {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC.")
    if not manifest.storage:
        click.echo("The files of the storage are not in it: keep backups of the folder or bucket too.")
    if not with_secrets:
        click.echo("The keys are not in it. Keep BOOKBRIDGE_ENCRYPTION_KEYS and BOOKBRIDGE_SECRET_KEY in a safe place.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_days_option
@click.option("--without-keys", is_flag=True, help="Go on without the keys; every account must be authorised again.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def restore(file: Path, days: int, without_keys: bool, as_json: bool) -> None:
    """Put back what `bookbridge backup` wrote, into an empty database. Stop the old installation for good before.

    What was posted after the backup is in the books, but not in the backup. So from now on every document is looked up
    in the package before it is sent for the first time. Ends with 1 when something came back wrong.
    """
    from bookbridge.server.postgres_tools import NoProgramError

    manifest = _checked(file)
    _provide_keys(file, manifest, without_keys)
    from bookbridge.server.start import load_django

    load_django(migrated=False)
    from bookbridge.server import restoring
    from bookbridge.server.backup_file import BackupError

    if not restoring.is_empty():
        raise click.ClickException(
            "the database is not empty; restore into a new one, or drop this one first if it may be lost"
        )
    try:
        report = restoring.restore(file, manifest, look_up_first_days=days)
    except (BackupError, NoProgramError) as error:
        raise click.ClickException(str(error)) from None
    _finish(report, manifest, as_json)


@click.command()
@_days_option
@click.option(
    "--over", is_flag=True, help="Look nothing up first any more: every file of the lost time was seen again."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def restored(days: int, over: bool, as_json: bool) -> None:
    """Tell that the database came back from a backup by other means (PostgreSQL's own), before a worker starts."""
    from bookbridge.server.start import load_django

    load_django()
    from bookbridge.server import restoring

    if over:
        restoring.mark(0)
        click.echo("Documents are sent again without being looked up first.")
        return
    restoring.mark(days)
    _finish(restoring.Report(), None, as_json)


def _checked(file: Path) -> "Manifest":
    from bookbridge.server import backup_file

    try:
        return backup_file.check(file)
    except backup_file.BackupError as error:
        raise click.ClickException(str(error)) from None


def _provide_keys(file: Path, manifest: "Manifest", without_keys: bool) -> None:
    """Before the settings are read, which would make new keys where there are none: those could read nothing."""
    from bookbridge.server import backup_file
    from bookbridge.server.database import data_folder

    data = data_folder(Path.cwd())
    given = any(os.environ.get(f"BOOKBRIDGE_ENCRYPTION_KEYS{end}") for end in ("", "_FILE"))
    if given or (data / "secrets" / "encryption_keys").exists():
        return
    if manifest.secrets:
        backup_file.keep_secrets(file, data)
    elif not without_keys:
        raise click.ClickException(
            "the backup holds no keys: give those of the old installation in BOOKBRIDGE_ENCRYPTION_KEYS, or go on by "
            "--without-keys and authorise every account again"
        )


def _finish(report: "Report", manifest: "Manifest | None", as_json: bool) -> None:
    from bookbridge.server import restoring
    from bookbridge.server.start import bring_up_to_date

    bring_up_to_date(in_any_case=True)
    restoring.finish(report, manifest)
    if as_json:
        click.echo(json.dumps(_told(report, manifest)))
    else:
        click.echo(f"Back: the database and {report.files} files.")
        if report.offered_again:
            click.echo(f"{report.offered_again} files that came after the backup are read again.")
        for wrong in report.wrong:
            click.echo(f"WRONG  {wrong}")
        click.echo(
            "Start the server and the workers. Accounts whose tokens were renewed since must be authorised again."
        )
    raise SystemExit(1 if report.wrong else 0)


def _told(report: "Report", manifest: "Manifest | None") -> dict[str, Any]:
    taken_at = manifest.taken_at.isoformat() if manifest else None
    return {
        "taken_at": taken_at,
        "files": report.files,
        "offered_again": report.offered_again,
        "wrong": report.wrong,
    }


def _megabytes(size: int) -> str:
    return f"{max(size / 1_000_000, 0.1):.1f} MB"
