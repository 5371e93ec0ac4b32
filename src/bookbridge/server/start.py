"""What every command that needs the database does first."""

import os
from pathlib import Path

from bookbridge.server.database import database_url


def load_django(*, migrated: bool = True) -> None:
    """Find or start the database, load the settings, and bring the tables up to date unless told not to.

    Raises embedded_postgres.EmbeddedPostgresError; a wrong setting ends the process with its name.
    """
    os.environ["DATABASE_URL"] = database_url(Path.cwd())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookbridge.server.settings")
    import django
    from django.db import OperationalError

    django.setup()
    if migrated:
        try:
            migrate()
        except OperationalError as error:
            # The first line names host and cause; `bookbridge doctor` says more.
            raise SystemExit(f"Bookbridge can't reach its database: {str(error).strip().splitlines()[0]}") from None


def migrate() -> None:
    """Bring the tables up to date. Two processes may do so at once: the second waits and finds nothing to do."""
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('migrate', 0))")
        try:
            call_command("migrate", verbosity=0, interactive=False)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended('migrate', 0))")
