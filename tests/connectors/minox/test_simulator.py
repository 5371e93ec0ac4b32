"""The simulator keeps its own books: double entry, numbers, refusals and limits, whoever calls it."""

import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from bookbridge.connectors.minox.simulator import MinoxSimulatorSettings, create_simulator
from bookbridge.kit.conformance.rig import Rig
from bookbridge.kit.simulation import SimulatorSettings
from tests.connectors.minox.books import books
from tests.plain_http import PLAIN

BASE = "/api/1/tenant/10001/administration/1"
HEAD = {
    "journal": {"id": "VRK"},
    "period": {"id": 2, "fiscal_year": 2026},
    "document_date": "2026-02-03",
    "invoice_number": 26000123,
}


@pytest.fixture
def rig() -> Iterator[Rig]:
    with Rig("minox") as opened:
        yield opened


def call(rig: Rig, method: str, path: str, body: Any = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {rig.tokens.pair.access_token}"}
    return httpx.request(method, f"{rig.address}{path}", headers=headers, json=body, verify=PLAIN)


def line(account: str, kind: str, debit: float, credit: float, **more: Any) -> dict[str, Any]:
    return {
        **HEAD,
        "account": {"id": account, "scheme": "MINOX", "type": kind},
        "debit": debit,
        "credit": credit,
        **more,
    }


def sale(gross: float = 121, net: float = 100, **more: Any) -> list[dict[str, Any]]:
    return [line("4711", "customer", gross, 0, **more), line("8000", "ledger_account", 0, net, **more)]


def booked(rig: Rig, body: Any, batch: str = "") -> httpx.Response:
    call(rig, "POST", f"{BASE}/customer", {"id": 4711, "addresses": [{"name": "De Eik"}]})
    return call(rig, "PUT", f"{BASE}/transaction_line_batch/{batch or uuid.uuid4()}", body)


def test_vat_is_added_by_the_accounts_setting_and_the_ledger_is_in_balance(rig: Rig) -> None:
    assert booked(rig, sale()).status_code == 200
    seen = books(rig)
    assert Decimal(seen["ledger_sum"]) == 0
    [batch] = seen["batches"]
    assert [(added["account"]["id"], added["credit"]) for added in batch["added"]] == [("1510", "21.00")]
    assert [(item["account_id"], item["balance"]) for item in seen["receivables"]] == [(4711, "121")]


def test_the_same_id_again_overwrites(rig: Rig) -> None:
    batch = str(uuid.uuid4())
    booked(rig, sale(), batch)
    booked(rig, sale(242, 200), batch)
    assert [item["balance"] for item in books(rig)["receivables"]] == ["242"]


def test_a_booking_can_be_deleted(rig: Rig) -> None:
    batch = str(uuid.uuid4())
    booked(rig, sale(), batch)
    assert call(rig, "DELETE", f"{BASE}/transaction_line_batch/{batch}").status_code == 204
    assert call(rig, "GET", f"{BASE}/transaction_line_batch/{batch}").status_code == 404


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (sale(120), "niet in evenwicht"),
        (sale(-121, -100), "Debet en credit"),
        (sale(journal={"id": "XXX"}), "Dagboek XXX"),
        (sale(period={"id": 12, "fiscal_year": 2025}), "afgesloten"),
        (sale(period={"id": 13, "fiscal_year": 2026}), "bestaat niet"),
        (sale(invoice_number=123456789), "8 posities"),
        (sale(invoice_number="26000123"), "kan niet worden gelezen"),
        (sale(header="x"), "Onbekend veld"),
        ([*sale(), line("1300", "ledger_account", 1, 0)], "verzamelrekening"),
        ([*sale(), line("1510", "ledger_account", 1, 0)], "btw-rekening"),
        ([*sale(), line("9", "supplier", 1, 0)], "Crediteur 9 bestaat niet"),
        ({"lines": []}, "lijst van regels"),
    ],
)
def test_what_is_refused_is_not_booked(rig: Rig, body: Any, words: str) -> None:
    answer = booked(rig, body)
    assert (answer.status_code, words in answer.json()) == (400, True), answer.text
    assert not books(rig)["batches"]


def test_an_id_that_is_no_uuid4_is_refused(rig: Rig) -> None:
    assert booked(rig, sale(), str(uuid.uuid5(uuid.NAMESPACE_DNS, "x"))).status_code == 400


def test_a_number_that_a_journal_gives_can_not_be_brought(rig: Rig) -> None:
    call(rig, "POST", f"{BASE}/supplier", {"id": 9, "addresses": [{"name": "Noord"}]})
    purchase = [
        line("9", "supplier", 0, 121, journal={"id": "INK"}, entry_number=7),
        line("4300", "ledger_account", 100, 0, journal={"id": "INK"}, entry_number=7),
    ]
    assert "mag in dit dagboek niet" in booked(rig, purchase).json()
    for held in purchase:
        del held["entry_number"]
    assert booked(rig, purchase).status_code == 200


def test_relations_are_found_by_number_key_and_address(rig: Rig) -> None:
    body = {
        "externalid": "B-1",
        "addresses": [{"name": "De Eik", "email_addresses": [{"email_address": "a@deeik.example"}]}],
    }
    id = call(rig, "POST", f"{BASE}/customer", body).json()["id"]
    for path in (id, "by_externalid/B-1", "by_email/a@deeik.example"):
        assert call(rig, "GET", f"{BASE}/customer/{path}").json()["id"] == id
    assert "bestaat al" in call(rig, "POST", f"{BASE}/customer", {**body, "id": id}).json()
    assert call(rig, "POST", f"{BASE}/customer", {"id": 9}).json() == "Naam is verplicht"


def test_another_administration_keeps_books_of_its_own(rig: Rig) -> None:
    booked(rig, sale())
    other = httpx.get(f"{rig.address}/_simulator/books", params={"administration": "10001/2"}).json()
    assert other["batches"] == []
    assert call(rig, "GET", "/api/1/tenant/10001/administration/9/vat").status_code == 403


def test_who_is_not_signed_in_gets_nothing(rig: Rig) -> None:
    assert httpx.get(f"{rig.address}{BASE}/vat").status_code == 401
    assert httpx.post(f"{rig.address}/api/1/inspect", json={"token": rig.tokens.pair.access_token}).status_code == 401
    signed = (rig.app.client_id, rig.app.client_secret)
    assert httpx.post(f"{rig.address}/api/1/inspect", json={"token": "other"}, auth=signed).status_code == 401


def test_a_window_is_told_and_kept() -> None:
    with Rig("minox", window_limit=2, window_s=3600) as rig:
        answers = [call(rig, "GET", f"{BASE}/vat") for _ in range(3)]
        told = [(a.status_code, a.headers["x-rate-limit-limit"], a.headers["x-rate-limit-remaining"]) for a in answers]
        assert told == [(200, "2", "1"), (200, "2", "0"), (429, "2", "0")]
        reset_s = int(answers[2].headers["x-rate-limit-reset"]) / 1000
        assert 0 < reset_s - rig.now().timestamp() <= 3600


def test_a_wrong_setting_stops_the_start() -> None:
    with pytest.raises(ValidationError, match="vat_boking"):
        create_simulator(SimulatorSettings.model_validate({"vat_boking": "within"}))
    assert MinoxSimulatorSettings().vat_booking == "on_top"
