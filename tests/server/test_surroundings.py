"""What the doctor says of the machine around the work: each thing that can be wrong, with its remedy."""

import os
import shutil
import ssl
from collections import namedtuple
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography.fernet import Fernet
from django.db import connection
from django.utils import timezone

from bookbridge.commands.processes import free_port
from bookbridge.exchange import sql
from bookbridge.integrations.models import AppRegistration, Configuration
from bookbridge.kit import outgoing
from bookbridge.server import surroundings
from bookbridge.server.findings import Finding
from tests.exchange.stage import Stage

Usage = namedtuple("Usage", "total used free")


def one(check: Any) -> Finding:
    (finding,) = check()
    assert bool(finding.remedy) == (finding.state != "well")
    return finding


@pytest.mark.parametrize(("free", "state"), [(10**8, "wrong"), (10**9, "warning"), (10**11, "well")])
def test_a_full_disk(stage: Stage, monkeypatch: pytest.MonkeyPatch, free: int, state: str):
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: Usage(10**12, 0, free))
    assert {finding.state for finding in surroundings.examine_disk()} == {state}


def test_keys_that_cannot_read_what_is_stored(stage: Stage, settings: Any):
    assert one(surroundings.examine_keys).state == "well"
    ours, other = settings.ENVIRONMENT.encryption_keys, Fernet.generate_key().decode()
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, encryption_keys=(other, *ours))
    assert one(surroundings.examine_keys).state == "warning"
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, encryption_keys=(other,))
    assert one(surroundings.examine_keys).state == "wrong"


@pytest.mark.parametrize(("ahead_s", "state"), [(0, "well"), (-5, "warning"), (5, "warning"), (3600, "wrong")])
@pytest.mark.django_db
def test_clocks_that_differ(monkeypatch: pytest.MonkeyPatch, ahead_s: int, state: str):
    monkeypatch.setattr(sql, "database_clock", lambda: datetime.now(UTC) + timedelta(seconds=ahead_s))
    assert one(surroundings.examine_clock).state == state


def test_workers_that_hang_or_are_of_another_version(stage: Stage):
    assert list(surroundings.examine_worker_sessions()) == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE exchange_workersession SET version = '0.0.9'")
    (finding,) = surroundings.examine_worker_sessions()
    assert "1 of 0.0.9" in finding.what
    with connection.cursor() as cursor:
        cursor.execute("UPDATE exchange_workersession SET heartbeat_at = now() - interval '1 minute'")
    finding = next(iter(surroundings.examine_worker_sessions()))
    assert f"pid {os.getpid()}" in finding.what
    assert "hangs" in finding.what


def test_a_silent_schedule(stage: Stage):
    assert one(surroundings.examine_schedules).state == "well"
    Configuration.objects.update(created_at=timezone.now() - timedelta(hours=3))
    finding = one(surroundings.examine_schedules)
    assert finding.state == "wrong"
    assert "Test Company" in finding.what
    Configuration.objects.update(outstanding_kinds=[])
    assert one(surroundings.examine_schedules).state == "well"


def of(subject: str, check: Any) -> list[Finding]:
    return [finding for finding in check() if finding.subject == subject]


def test_a_package_at_an_address_that_may_not_be_called(stage: Stage):
    assert of("addresses", surroundings.examine_addresses) == []
    with outgoing.using(outgoing.Policy()):
        (finding,) = of("addresses", surroundings.examine_addresses)
    assert finding.state == "wrong"
    assert outgoing.SETTING in finding.remedy


@pytest.mark.django_db
def test_a_package_whose_name_is_unknown():
    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError(-2, "Name or service not known")

    AppRegistration.objects.create(
        package="exact_online", address="https://x.example", client_id="c", client_secret="s"
    )
    with outgoing.using(outgoing.Policy(resolve=unknown)):
        (finding,) = of("addresses", surroundings.examine_addresses)
    assert finding.state == "warning"


@pytest.mark.parametrize(
    ("public", "state"),
    [("http://127.0.0.1:8000", "well"), ("http://localhost", "well"), ("http://books.example.org", "wrong")],
)
@pytest.mark.django_db
def test_passwords_in_the_clear(settings: Any, public: str, state: str):
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, public_url=public)
    (finding,) = of("public address", surroundings.examine_addresses)
    assert finding.state == state


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (datetime.now(UTC) + timedelta(days=60), "well"),
        (datetime.now(UTC) + timedelta(days=3), "warning"),
        (ssl.SSLCertVerificationError("expired"), "wrong"),
        (ConnectionRefusedError(111, "Connection refused"), "warning"),
    ],
)
@pytest.mark.django_db
def test_certificates(settings: Any, monkeypatch: pytest.MonkeyPatch, given: Any, state: str):
    def ends(_host: str, _port: int) -> datetime:
        if isinstance(given, Exception):
            given.verify_message = "certificate has expired"  # type: ignore[attr-defined]
            raise given
        return given

    monkeypatch.setattr(outgoing, "certificate_ends", ends)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, public_url="https://books.example.org")
    (finding,) = of("certificate", surroundings.examine_addresses)
    assert finding.state == state


def test_mail(settings: Any):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    assert one(surroundings.examine_mail).state == "well", "enough for one machine"
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, public_url="https://books.example.org")
    assert one(surroundings.examine_mail).state == "warning"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", free_port(), 5
    assert one(surroundings.examine_mail).state == "wrong"
    server = Controller(None, hostname="127.0.0.1", port=settings.EMAIL_PORT)
    server.start()
    try:
        assert one(surroundings.examine_mail).state == "well"
    finally:
        server.stop()


def test_looking_up_first_is_told(stage: Stage):
    assert list(surroundings.examine_restore()) == []
    Configuration.objects.update(look_up_first_until=timezone.now() + timedelta(days=3))
    assert "1 configurations look each document up" in one(surroundings.examine_restore).what


def test_traces_that_cannot_be_sent(monkeypatch: pytest.MonkeyPatch):
    assert list(surroundings.examine_traces()) == []
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    assert list(surroundings.examine_traces()) == []
    monkeypatch.setattr(surroundings, "find_spec", lambda _name: None)
    assert one(surroundings.examine_traces).state == "warning"
