"""What a watcher is told: alive, ready and the numbers, and who is told."""

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from bookbridge.server import metrics, readiness

TOKEN = "watcher-token"


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> Path:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, storage=str(tmp_path / "storage"), monitoring_token=TOKEN)
    return tmp_path / "storage"


@pytest.fixture
def probe() -> Client:
    """A fresh client has a fresh handler, so nothing is remembered from another test."""
    return Client()


def test_alive_needs_no_database(probe: Client) -> None:
    # pytest-django refuses the database to a test that doesn't ask for it.
    answer = probe.get("/healthz", headers={"Host": "10.1.2.3:8000"})
    assert (answer.status_code, answer.json()) == (200, {"alive": True})
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


@pytest.mark.django_db
def test_ready_when_database_tables_and_storage_are_well(probe: Client, storage: Path) -> None:
    answer = probe.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"ready": True, "parts": {"database": "well", "tables": "well", "storage": "well"}},
    )
    assert not [path for path in storage.rglob("*") if path.is_file()], "nothing is left behind"


@pytest.mark.django_db
def test_a_storage_that_cannot_be_written_is_named(probe: Client, storage: Path) -> None:
    storage.write_text("a file where a folder should be")
    answer = probe.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {"database": "well", "tables": "well", "storage": "StorageError"}


@pytest.mark.django_db(transaction=True)
def test_missing_tables_are_named(probe: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM django_migrations WHERE app = 'exchange'")
        (last,) = cursor.fetchone()
        cursor.execute("UPDATE django_migrations SET app = 'hidden' WHERE id = %s", [last])
    try:
        answer = probe.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["parts"]["tables"] == "1 changes of the tables are missing"
    finally:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE django_migrations SET app = 'exchange' WHERE id = %s", [last])


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_named(probe: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    answer = probe.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {"database": "OperationalError", "tables": "unknown", "storage": "well"}


@pytest.mark.django_db
def test_a_good_answer_is_remembered_for_a_moment(probe: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert probe.get("/readyz").status_code == 200
    monkeypatch.setattr(readiness, "_storage", lambda: "broken")
    assert probe.get("/readyz").status_code == 200
    monkeypatch.setattr(readiness, "GOOD_FOR_S", 0)
    assert probe.get("/readyz").status_code == 503


OUTSIDE: dict[str, Any] = {"REMOTE_ADDR": "93.184.215.14"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("caller", "told"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, True),
        ({"REMOTE_ADDR": "::1"}, True),
        ({"REMOTE_ADDR": "::ffff:127.0.0.1"}, True),
        (OUTSIDE, False),
        ({"REMOTE_ADDR": ""}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_PROTO": "https"}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=127.0.0.1"}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_VIA": "1.1 proxy"}, False),
        ({**OUTSIDE, "HTTP_X_FORWARDED_FOR": "127.0.0.1"}, False),
        ({**OUTSIDE, "HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}, True),
        ({**OUTSIDE, "HTTP_AUTHORIZATION": "Bearer wrong"}, False),
        ({**OUTSIDE, "HTTP_AUTHORIZATION": f"Basic {TOKEN}"}, False),
        ({**OUTSIDE, "HTTP_AUTHORIZATION": "Bearer "}, False),
    ],
)
def test_only_who_watches_is_told_more(probe: Client, caller: dict[str, Any], told: bool) -> None:
    assert probe.get("/metrics", **caller).status_code == (200 if told else 404)
    ready = probe.get("/readyz", **caller)
    assert ready.status_code == 200
    assert ("parts" in ready.json()) == told


def test_without_a_token_an_empty_one_opens_nothing(probe: Client, settings: Any) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, monitoring_token=None)
    assert probe.get("/metrics", **OUTSIDE, HTTP_AUTHORIZATION="Bearer ").status_code == 404


@pytest.mark.django_db
def test_an_address_of_the_settings_may_watch(probe: Client, settings: Any) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, monitoring_addresses=(ip_network("93.184.0.0/16"),))
    assert probe.get("/metrics", **OUTSIDE).status_code == 200
    assert probe.get("/metrics").status_code == 404


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_only_read(probe: Client, path: str) -> None:
    assert probe.post(path).status_code == 405


@pytest.mark.django_db
def test_requests_are_counted_by_view_and_not_by_address(probe: Client) -> None:
    probe.get("/accounts/login/")
    probe.get("/companies/5c3c4b1e-0000-4000-8000-000000000000/?q=Jansen")
    probe.get("/no/such/page/Jansen")
    told = probe.get("/metrics").content.decode()
    assert 'bookbridge_http_requests_total{status="200",view="account_login"}' in told
    assert 'bookbridge_http_requests_total{status="404",view="none"}' in told
    assert 'bookbridge_http_request_seconds_bucket{le="0.5",view="account_login"}' in told
    assert "process_resident_memory_bytes" in told
    assert "Jansen" not in told
    assert "5c3c4b1e" not in told


@pytest.mark.django_db
def test_the_server_tells_what_stands_in_the_tables(probe: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "TABLES_READ_AT_MOST_EVERY_S", 0)
    told = probe.get("/metrics").content.decode()
    assert "bookbridge_database_up 1.0" in told
    assert "bookbridge_workers_alive 0.0" in told
    assert "# HELP bookbridge_snapshots_held Readings of outstanding items that wait for a decision" in told


@pytest.mark.django_db(transaction=True)
def test_numbers_are_told_without_a_database_too(probe: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "TABLES_READ_AT_MOST_EVERY_S", 0)
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    answer = probe.get("/metrics")
    assert answer.status_code == 200
    told = answer.content.decode()
    assert "bookbridge_database_up 0.0" in told
    assert "bookbridge_workers_alive" not in told
