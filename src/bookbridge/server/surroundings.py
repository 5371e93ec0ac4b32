"""What the doctor looks at around the work: the machine, the keys, the addresses, the workers' versions."""

import os
import shutil
import smtplib  # house: allow outgoing (the operator's own mail server)
import ssl
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import metadata
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import get_connection

from bookbridge.exchange import sql
from bookbridge.exchange.workers import LONGEST_SILENCE_S
from bookbridge.integrations import sql as integrations_sql
from bookbridge.integrations.models import Agent, AppRegistration, Configuration
from bookbridge.kit import outgoing
from bookbridge.kit.errors import AddressRefusedError, UnreachableError
from bookbridge.organisations import rotation
from bookbridge.organisations.walls import acting_for
from bookbridge.server import telemetry
from bookbridge.server.findings import Finding
from bookbridge.storage import StorageError, open_storage

FULL_BYTES, NEARLY_FULL_BYTES = 200_000_000, 2_000_000_000
CLOCK_WARNING, CLOCK_WRONG = timedelta(seconds=2), timedelta(seconds=30)
CERTIFICATE_WARNING = timedelta(days=14)
_SHOWN = 5


def examine_disk() -> Iterator[Finding]:
    places = {"data": settings.ENVIRONMENT.data, "storage": _storage_folder()}
    for name, place in places.items():
        if place is None or not place.exists():
            continue
        free = shutil.disk_usage(place).free
        what = f"{free / 1e9:.1f} GB free for {name} in {place}"
        remedy = "Make room: keep archives for a shorter time (`bookbridge retention`), or move the folder."
        if free < FULL_BYTES:
            yield Finding("disk", "wrong", what, remedy)
        elif free < NEARLY_FULL_BYTES:
            yield Finding("disk", "warning", what, remedy)
        else:
            yield Finding("disk", "well", what)


def _storage_folder() -> Path | None:
    try:
        return open_storage().folder
    except (StorageError, ValueError):
        # It is told where the storage itself is looked at.
        return None


def examine_keys() -> Iterator[Finding]:
    counts = rotation.survey()
    unreadable, older = sum(count.unreadable for count in counts), sum(count.older for count in counts)
    if unreadable:
        remedy = (
            "Add the key they were encrypted with at the end of BOOKBRIDGE_ENCRYPTION_KEYS, or enter the apps' secrets "
            "and authorise the accounts anew."
        )
        yield Finding("keys", "wrong", f"{unreadable} secrets can't be read with the listed keys", remedy)
    elif older:
        yield Finding("keys", "warning", f"{older} secrets need an older key", "Run `bookbridge secrets rotate`.")
    else:
        yield Finding("keys", "well", f"{sum(count.newest for count in counts)} secrets can be read")


def examine_clock() -> Iterator[Finding]:
    before = datetime.now(UTC)
    told = sql.database_clock()
    after = datetime.now(UTC)
    difference = abs(told - (before + (after - before) / 2)) - (after - before) / 2
    what = f"this machine and PostgreSQL differ by {max(difference.total_seconds(), 0):.1f} s"
    remedy = "Set both by NTP (`timedatectl set-ntp true`): tokens, signatures and schedules depend on it."
    if difference > CLOCK_WRONG:
        yield Finding("clock", "wrong", what, remedy)
    elif difference > CLOCK_WARNING:
        yield Finding("clock", "warning", what, remedy)
    else:
        yield Finding("clock", "well", "this machine and PostgreSQL agree")


def examine_worker_sessions() -> Iterator[Finding]:
    """Those that hang, and those of another version than this command's."""
    own, versions = metadata.version("bookbridge"), Counter[str]()
    for session in sql.worker_sessions():
        if session.silence_s > LONGEST_SILENCE_S:
            what = f"the worker with pid {session.pid} on {session.host} hangs: silent for {session.silence_s:.0f} s"
            yield Finding(
                "workers", "warning", what, f"Others took its work over. Kill it there: kill -9 {session.pid}"
            )
        else:
            versions[session.version or "an older version"] += 1
    if set(versions) - {own}:
        told = ", ".join(f"{count} of {version}" for version, count in sorted(versions.items()))
        what = f"workers of several versions run side by side: {told}; this is {own}"
        yield Finding("workers", "warning", what, "That is fine during an upgrade. After it, restart the older ones.")


def examine_schedules() -> Iterator[Finding]:
    silent = sql.silent_schedules()
    for organisation_id, configuration_id, since in silent[:_SHOWN]:
        with acting_for(organisation_id):
            books = Configuration.objects.select_related("integration__organisation")
            found = books.get(organisation_id=organisation_id, pk=configuration_id)
        what = f"{found.integration.organisation} → {found}: outstanding items not read since {since:%d %b %H:%M} UTC"
        yield Finding("schedules", "wrong", what, "See whether a worker runs, and what its last run waits for.")
    if len(silent) > _SHOWN:
        yield Finding("schedules", "wrong", f"{len(silent) - _SHOWN} more are silent", "Start more workers.")
    if not silent:
        yield Finding("schedules", "well", "none is silent")


def examine_agents() -> Iterator[Finding]:
    """PCs that have told that they live, and don't any more."""
    silent = sql.silent_agents(_SHOWN + 1)
    for organisation_id, agent_id in silent[:_SHOWN]:
        with acting_for(organisation_id):
            agents = Agent.objects.select_related("integration__organisation")
            found = agents.filter(organisation_id=organisation_id, pk=agent_id).first()
        # Forgotten in between.
        if found is not None:
            place = f"{found.integration.organisation} → {found.integration} → {found}"
            what = f"{place}: the PC was last heard of {found.heard_at:%d %b %H:%M} UTC"
            yield Finding("agents", "warning", what, "See whether the PC is on and connected, and the agent runs.")
    if len(silent) > _SHOWN:
        yield Finding("agents", "warning", "more PCs are silent", "Open the operator's page in the portal.")
    if not silent:
        yield Finding("agents", "well", "none is silent")


def examine_addresses() -> Iterator[Finding]:
    """Whether the packages' addresses may be called, and people's sessions and passwords go encrypted."""
    for app in AppRegistration.objects.order_by("package", "address"):
        try:
            outgoing.check(app.address)
        except AddressRefusedError as error:
            remedy = f"Correct it by `bookbridge add app`, or set {outgoing.SETTING} if it is meant."
            yield Finding("addresses", "wrong", f"{app} may not be called: {error.reason}", remedy)
        except UnreachableError as error:
            yield Finding("addresses", "warning", f"{app}: {error.reason}", "Check the address and this machine's DNS.")
    yield from _public_address()


def _public_address() -> Iterator[Finding]:
    public = settings.ENVIRONMENT.public_url
    parts = urlsplit(public)
    local = _is_this_machine(parts.hostname or "")
    if parts.scheme == "https":
        yield from _certificate(parts.hostname or "", parts.port or 443)
    elif local:
        yield Finding("public address", "well", f"{public} serves this machine only")
    else:
        remedy = "Put a proxy with a certificate in front and set BOOKBRIDGE_PUBLIC_URL=https://…"
        yield Finding("public address", "wrong", f"{public}: passwords and files go unencrypted", remedy)
    if settings.DEBUG and not local:
        yield Finding("public address", "wrong", "BOOKBRIDGE_DEBUG shows our inner workings", "Set it to no.")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _certificate(host: str, port: int) -> Iterator[Finding]:
    try:
        ends = outgoing.certificate_ends(host, port)
    except ssl.SSLCertVerificationError as error:
        what = f"the certificate of {host} is not good: {error.verify_message}"
        yield Finding("certificate", "wrong", what, "Renew it, and serve it with its whole chain.")
        return
    except OSError as error:
        what = f"{host}:{port} can't be reached from here ({error.strerror or type(error).__name__})"
        yield Finding(
            "certificate", "warning", what, "Fine behind a firewall; else check the proxy and its certificate."
        )
        return
    left = ends - datetime.now(UTC)
    what = f"the certificate of {host} ends on {ends:%d %b %Y}"
    if left < CERTIFICATE_WARNING:
        yield Finding("certificate", "warning", what, "See why it isn't renewed by itself.")
    else:
        yield Finding("certificate", "well", what)


def examine_mail() -> Iterator[Finding]:
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        what = "mails, such as notices and links to reset a password, go into files of this machine"
        if _is_this_machine(urlsplit(settings.ENVIRONMENT.public_url).hostname or ""):
            yield Finding("mail", "well", what)
        else:
            yield Finding("mail", "warning", what, "Set BOOKBRIDGE_MAIL_URL.")
        return
    try:
        server = get_connection()
        server.open()
        server.close()
    except (OSError, smtplib.SMTPException) as error:
        # Its words may hold the account's name.
        what = f"the mail server {settings.EMAIL_HOST}:{settings.EMAIL_PORT} can't be used ({type(error).__name__})"
        yield Finding("mail", "wrong", what, "Check BOOKBRIDGE_MAIL_URL.")
    else:
        yield Finding("mail", "well", f"the mail server {settings.EMAIL_HOST} takes us")


def examine_restore() -> Iterator[Finding]:
    found = integrations_sql.looking_up_first()
    if found:
        what = (
            f"{found[0]} configurations look each document up before it is sent, until {found[1]:%d %b %Y}: a restore"
        )
        yield Finding("restore", "well", f"{what} may have left the books ahead (`bookbridge restored --over` ends it)")


def examine_traces() -> Iterator[Finding]:
    if any(os.environ.get(name) for name in telemetry.WISHES) and find_spec("opentelemetry.sdk") is None:
        what = "traces are asked for, but OpenTelemetry is not installed"
        yield Finding("traces", "warning", what, "pip install bookbridge[telemetry]")


CHECKS = (
    examine_disk,
    examine_keys,
    examine_clock,
    examine_worker_sessions,
    examine_schedules,
    examine_agents,
    examine_addresses,
    examine_mail,
    examine_restore,
    examine_traces,
)
