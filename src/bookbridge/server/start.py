"""What every command that needs the database does first."""

import os
import sys
from pathlib import Path

from bookbridge.server.database import database_url
from bookbridge.server.environment import WrongSettingError, read_environment
from bookbridge.server.starting_anew import wait_for_database


def load_django(*, migrated: bool = True, patiently: bool = False) -> None:
    """Find or start the database, load the settings, and bring the tables up to date unless told not to.

    `patiently`: a database that can't be reached is waited for.
    Raises embedded_postgres.EmbeddedPostgresError; a wrong setting ends the process with its name.
    """
    os.environ["DATABASE_URL"] = _given_database_url() or database_url(Path.cwd())
    if patiently:
        wait_for_database(os.environ["DATABASE_URL"])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookbridge.server.settings")
    import django
    from django.db import OperationalError

    django.setup()
    from bookbridge.organisations import trail
    from bookbridge.server.redaction import guard_the_last_words

    guard_the_last_words()
    trail.this_process_is("command")
    if migrated:
        try:
            migrate()
        except OperationalError as error:
            # The first line names host and cause; `bookbridge doctor` says more.
            raise SystemExit(f"Bookbridge can't reach its database: {str(error).strip().splitlines()[0]}") from None


def _given_database_url() -> str | None:
    """Checks all settings first, so that a wrong one is told before a database is started."""
    try:
        return read_environment().database_url
    except WrongSettingError as error:
        sys.exit(f"Bookbridge can't start, these settings are wrong:\n{error}")


def migrate() -> None:
    """Bring the tables up to date. Two processes may do so at once: the second waits and finds nothing to do."""
    from django.core.management import call_command
    from django.db import OperationalError, connection

    try:
        connection.ensure_connection()
    except OperationalError as error:
        sys.exit(f"Bookbridge can't start, the database of DATABASE_URL can't be used:\n{str(error).strip()}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('migrate', 0))")
        try:
            call_command("migrate", verbosity=0, interactive=False)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended('migrate', 0))")
