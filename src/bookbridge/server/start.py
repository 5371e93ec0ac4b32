"""What every command that needs the database does first."""

import os
import sys
from pathlib import Path

from bookbridge.server.database import embedded_urls
from bookbridge.server.environment import WrongSettingError, read_environment
from bookbridge.server.starting_anew import wait_for_database


def load_django(*, migrated: bool = True, patiently: bool = False) -> None:
    """Find or start the database, load the settings, and bring the tables up to date unless told not to.

    `patiently`: a database that can't be reached is waited for.
    Raises embedded_postgres.EmbeddedPostgresError; a wrong setting ends the process with its name.
    """
    given = _given_addresses()
    if given:
        os.environ |= given
    else:
        os.environ["DATABASE_URL"], os.environ["DATABASE_OWNER_URL"] = embedded_urls(Path.cwd())
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
            bring_up_to_date()
        except OperationalError as error:
            # The first line names host and cause; `bookbridge doctor` says more.
            raise SystemExit(f"Bookbridge can't reach its database: {str(error).strip().splitlines()[0]}") from None


def _given_addresses() -> dict[str, str]:
    """Checks all settings first, so that a wrong one is told before a database is started."""
    try:
        settings = read_environment()
    except WrongSettingError as error:
        sys.exit(f"Bookbridge can't start, these settings are wrong:\n{error}")
    addresses = {"DATABASE_URL": settings.database_url, "DATABASE_OWNER_URL": settings.database_owner_url}
    return {name: address for name, address in addresses.items() if address}


def bring_up_to_date(*, in_any_case: bool = False) -> None:
    """See that the tables and the rights of the app's role are up to date; the owner brings them there.

    Ends the process with the remedy where the walls between tenants wouldn't hold.
    """
    from django.conf import settings
    from django.db import OperationalError, connection

    from bookbridge.server import database_roles

    try:
        connection.ensure_connection()
    except OperationalError as error:
        sys.exit(f"Bookbridge can't start, the database of DATABASE_URL can't be used:\n{str(error).strip()}")
    _refuse_a_role_that_no_wall_stops()
    app = database_roles.role_of_this_connection()
    if not (in_any_case or missing_changes() or database_roles.lacking(app)):
        return
    if settings.OWNER is None:
        sys.exit(
            f"Bookbridge can't start, the tables are not up to date and the role {app} of DATABASE_URL may not change "
            "them. Run `bookbridge migrate` with the address of the tables' owner in DATABASE_OWNER_URL; see "
            "docs/settings.md."
        )
    try:
        with database_roles.as_owner(settings.OWNER):
            _migrate_for(app)
    except OperationalError as error:
        sys.exit(f"Bookbridge can't start, the database of DATABASE_OWNER_URL can't be used:\n{str(error).strip()}")
    # A role that was no owner of anything when the database was empty.
    _refuse_a_role_that_no_wall_stops()


def missing_changes() -> int:
    """How many changes the tables lack; all of them where this role can't even see which it has."""
    from django.db import ProgrammingError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except ProgrammingError:
        return 1


def _refuse_a_role_that_no_wall_stops() -> None:
    from bookbridge.server import database_roles

    faults = database_roles.faults()
    if faults:
        sys.exit("\n".join(["Bookbridge can't start.", *faults, database_roles.REMEDY]))


def _migrate_for(app: str) -> None:
    """Two processes may do so at once: the second waits and finds nothing to do."""
    from django.core.management import call_command
    from django.db import connection

    from bookbridge.server import database_roles

    if database_roles.role_of_this_connection() == app:
        sys.exit(f"DATABASE_URL and DATABASE_OWNER_URL name the same role, {app}. {database_roles.REMEDY}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('migrate', 0))")
        try:
            call_command("migrate", verbosity=0, interactive=False)
            database_roles.give_rights(app)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended('migrate', 0))")
