"""Looks at an installation and names what is wrong, each with the remedy."""

import time
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, connection

from bookbridge.exchange import sql, workers
from bookbridge.integrations.models import Authorisation, Integration
from bookbridge.integrations.sql import lost_accounts, waiting_inboxes
from bookbridge.organisations import rotation
from bookbridge.organisations.secrets import UnreadableSecretError
from bookbridge.organisations.walls import acting_for
from bookbridge.server import database_roles, log_in, surroundings
from bookbridge.server.findings import Finding
from bookbridge.server.start import missing_changes
from bookbridge.storage import StorageError, open_storage

_DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")


def examine() -> list[Finding]:
    """Everything; a check that can't be made because of an earlier fault is left out."""
    findings = [_database()]
    if findings[0].state == "wrong":
        return findings
    for check in (
        _keeping,
        _tables,
        _walls,
        _secrets,
        _storage,
        _workers,
        _accounts,
        _configurations,
        _waiting_work,
        _held,
        log_in.examine_log_in,
        *surroundings.CHECKS,
    ):
        try:
            findings += check()
        except DatabaseError as error:
            findings.append(
                Finding("database", "wrong", f"a check broke off: {type(error).__name__}", "Run `bookbridge migrate`.")
            )
        except UnreadableSecretError:
            continue  # Told by the check of secrets.
    return findings


def _database() -> Finding:
    try:
        with connection.cursor():
            version = connection.pg_version  # type: ignore[attr-defined]  # PostgreSQL is the only engine.
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        remedy = "Check DATABASE_URL and that PostgreSQL runs; without DATABASE_URL the embedded one is used."
        return Finding("database", "wrong", f"PostgreSQL can't be reached: {reason}", remedy)
    if version < 150000:
        return Finding("database", "wrong", f"PostgreSQL {version // 10000} is too old", "Use PostgreSQL 15 or newer.")
    return Finding("database", "well", f"PostgreSQL {version // 10000} answers")


def _keeping() -> Iterator[Finding]:
    """Whether PostgreSQL may forget what it has confirmed: we would then send what was sent already."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_settings WHERE name = ANY (%s) AND setting = 'off'", [list(_DURABILITY)])
        off = sorted(name for (name,) in cursor.fetchall())
    if off:
        remedy = "Set them to on for the server, the database and the app's role."
        yield Finding("durability", "warning", f"{', '.join(off)} is off: a power cut loses what was confirmed", remedy)
    else:
        yield Finding("durability", "well", "what PostgreSQL confirms is on its disk")


def _tables() -> Iterator[Finding]:
    missing = missing_changes()
    if missing:
        what = f"{missing} changes of the tables are missing, or this role may not see them"
        yield Finding("tables", "wrong", what, "Run `bookbridge migrate`.")
    else:
        yield Finding("tables", "well", "the tables are up to date")


def _secrets() -> Iterator[Finding]:
    counts = rotation.survey()
    unreadable = {str(count.place): count.unreadable for count in counts if count.unreadable}
    older = sum(count.older for count in counts)
    if unreadable:
        what = ", ".join(f"{number} of {place}" for place, number in unreadable.items())
        remedy = (
            "Add the key they were encrypted with at the end of BOOKBRIDGE_ENCRYPTION_KEYS, on every machine. If it is "
            "lost, enter the app registrations' secrets anew and authorise the accounts again."
        )
        yield Finding("secrets", "wrong", f"no key of BOOKBRIDGE_ENCRYPTION_KEYS reads {what}", remedy)
    elif older:
        what = f"{older} still need an older key of BOOKBRIDGE_ENCRYPTION_KEYS"
        yield Finding("secrets", "warning", what, "Run `bookbridge secrets rotate`.")
    else:
        yield Finding("secrets", "well", "all are under the newest key")


def _walls() -> Iterator[Finding]:
    """Whether PostgreSQL would keep companies apart, whatever our own code asked for."""
    app = database_roles.role_of_this_connection()
    faults = database_roles.faults()
    for fault in faults:
        yield Finding("walls", "wrong", fault, database_roles.REMEDY)
    open_tables = database_roles.tables_without_wall()
    for table in open_tables:
        what = f"{table} has no policy that keeps companies apart"
        yield Finding(
            "walls", "wrong", what, "Run `bookbridge migrate`; a policy that somebody dropped is in a backup."
        )
    lacking = [] if faults else database_roles.lacking(app)
    if lacking:
        what = f"the role {app} may not use {', '.join(lacking[:5])}"
        yield Finding("walls", "wrong", what, "Run `bookbridge migrate`.")
    extra = [] if faults else database_roles.too_much(app)
    if extra:
        remedy = "Run `bookbridge migrate`; what it can't take back, the owner of the database must REVOKE."
        yield Finding("walls", "warning", f"the role {app} may do more than it needs: {'; '.join(extra[:5])}", remedy)
    if not (faults or open_tables or lacking or extra):
        yield Finding("walls", "well", f"every table is walled, and the role {app} is held by it")


def _storage() -> Iterator[Finding]:
    key = f"doctor/{time.time_ns()}"
    where = settings.ENVIRONMENT.storage
    try:
        storage = open_storage()
        storage.put(key, b"bookbridge")
        read = storage.get(key)
        storage.delete(key)
    except (StorageError, FileNotFoundError, ValueError) as error:
        remedy = "Check BOOKBRIDGE_STORAGE and BOOKBRIDGE_S3_*, the rights on the folder or bucket, and free space."
        yield Finding("storage", "wrong", f"{where} can't be written and read: {error}", remedy)
        return
    if read != b"bookbridge":
        yield Finding("storage", "wrong", f"{where} gives back something else", "Check the storage service.")
    else:
        yield Finding("storage", "well", f"{where} can be written and read")


def _workers() -> Iterator[Finding]:
    living = len(workers.living())
    if living:
        yield Finding("workers", "well", f"{living} at work")
    else:
        yield Finding("workers", "wrong", "no worker runs, so nothing is posted", "Start `bookbridge worker`.")


def _accounts() -> Iterator[Finding]:
    lost = lost_accounts()
    for organisation_id, authorisation_id in lost:
        with acting_for(organisation_id):
            accounts = Authorisation.objects.select_related("integration__organisation")
            account = accounts.get(organisation_id=organisation_id, pk=authorisation_id)
        place = f"{account.integration.organisation} → {account.integration} → {account.label}"
        yield Finding("accounts", "wrong", f"{place} must be authorised again", "Its owner signs in on that page.")
    if not lost:
        yield Finding("accounts", "well", f"{sql.counts().get('accounts_active', 0)} accounts active")


def _configurations() -> Iterator[Finding]:
    for organisation_id, integration_id, active in waiting_inboxes():
        with acting_for(organisation_id):
            integrations = Integration.objects.select_related("organisation")
            integration = integrations.get(organisation_id=organisation_id, pk=integration_id)
        what = f"{integration.organisation} → {integration} has {active} active configurations, so its files wait"
        yield Finding("configurations", "warning", what, "Give it exactly one active configuration.")


def _waiting_work() -> Iterator[Finding]:
    numbers = sql.counts()
    late, broken = numbers["runs_late"], numbers["runs_broken"]
    if late:
        yield Finding("runs", "wrong", f"{late} runs have been due for over 5 minutes", "Start more workers.")
    if broken:
        what = f"work on {broken} runs has broken off three times or more"
        yield Finding("runs", "wrong", what, "Look for run_broke_off in the worker's log.")
    uncertain = numbers["postings_for_a_person"]
    if uncertain:
        what = f"{uncertain} postings wait for a person: their package's answer was never clear"
        yield Finding("postings", "warning", what, "Open their lines in the portal.")
    if not (late or broken):
        yield Finding("runs", "well", "none is late")


def _held() -> Iterator[Finding]:
    held = sql.counts()["snapshots_held"]
    if held:
        what = f"{held} readings of outstanding items are held"
        yield Finding("outstanding items", "warning", what, "Somebody must agree or refuse on the integration's page.")
