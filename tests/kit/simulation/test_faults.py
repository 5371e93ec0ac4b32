import time
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookbridge.kit.simulation import FaultPlan, FaultRule
from tests.kit.simulation.conftest import StartToy

NOTE = {"text": "a"}


def put(client: httpx.Client, *rules: dict[str, Any]) -> None:
    client.post("/_simulator/faults", json=list(rules)).raise_for_status()


def notes(client: httpx.Client) -> int:
    return len(client.get("/_simulator/books").json()["notes"])


def test_refuse_answers_in_the_packages_way_and_accepts_nothing(start_toy: StartToy) -> None:
    client = start_toy()
    put(client, {"kind": "refuse", "message": "Not today", "method": "POST"})
    answer = client.post("/api/notes", json=NOTE)
    assert (answer.status_code, answer.json(), notes(client)) == (422, {"refused": "Not today"}, 0)
    assert client.get("/api/notes").status_code == 200


@pytest.mark.parametrize(("kind", "accepted"), [("cut_before", 0), ("cut_after", 1)])
def test_a_cut_line_before_and_after_acceptance(start_toy: StartToy, kind: str, accepted: int) -> None:
    client = start_toy()
    put(client, {"kind": kind, "times": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/api/notes", json=NOTE)
    assert notes(client) == accepted
    assert client.post("/api/notes", json=NOTE).status_code == 201


@pytest.mark.parametrize(("kind", "accepted"), [("timeout_before", 0), ("timeout_after", 1)])
def test_a_time_out_before_and_after_acceptance(start_toy: StartToy, kind: str, accepted: int) -> None:
    client = start_toy()
    put(client, {"kind": kind, "times": 1, "delay_s": 30})
    with pytest.raises(httpx.ReadTimeout):
        client.post("/api/notes", json=NOTE, timeout=0.3)
    assert notes(client) == accepted


def test_time_out_before_ends_in_a_cut_line(start_toy: StartToy) -> None:
    client = start_toy()
    put(client, {"kind": "timeout_before", "delay_s": 0.1})
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/api/notes", json=NOTE)


def test_slow_is_later_but_whole(start_toy: StartToy) -> None:
    client = start_toy()
    put(client, {"kind": "slow", "delay_s": 0.2})
    start = time.monotonic()
    assert client.post("/api/notes", json=NOTE).status_code == 201
    assert time.monotonic() - start >= 0.2


def test_server_error_is_html_and_too_many_requests_names_its_end(start_toy: StartToy) -> None:
    client = start_toy()
    put(client, {"kind": "server_error", "status": 502, "times": 1}, {"kind": "too_many_requests", "delay_s": 7})
    broken = client.post("/api/notes", json=NOTE)
    assert (broken.status_code, broken.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    busy = client.post("/api/notes", json=NOTE)
    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "7")
    assert notes(client) == 0


def test_rules_count_are_cleared_and_checked(start_toy: StartToy) -> None:
    client = start_toy()
    put(client, {"kind": "refuse", "resource": "api/notes", "times": 2})
    for _ in range(3):
        client.get("/api/notes")
    assert client.get("/_simulator/faults").json()[0]["hits"] == 2
    assert client.delete("/_simulator/faults").json() == []
    wrong = client.post("/_simulator/faults", json=[{"kind": "explode"}])
    assert wrong.status_code == 400
    assert wrong.json()["problems"][0]["field"] == "0.kind"


def test_a_rule_without_address_spares_the_token_endpoint_and_a_path_reaches_it(start_toy: StartToy) -> None:
    client = start_toy()
    put(client, {"kind": "cut_before"})
    assert client.post("/oauth/token").status_code == 401
    put(client, {"kind": "cut_before", "path": "/oauth/token"})
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/oauth/token")


def test_the_journal_tells_calls_with_their_faults_and_no_secrets(start_toy: StartToy) -> None:
    client = start_toy()
    put(client, {"kind": "cut_after", "method": "POST", "path": "/api"})
    client.get("/api/notes", params={"page": "2"})
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/api/notes", json=NOTE)
    client.get("/oauth/authorize", params={"client_id": "x", "state": "very-secret"})
    told = client.get("/_simulator/requests").json()
    calls = [(call["method"], call["path"], call["query"], call["status"], call["fault"]) for call in told["requests"]]
    assert calls == [
        ("GET", "/api/notes", "page=2", 200, None),
        ("POST", "/api/notes", "", None, "cut_after"),
        ("GET", "/oauth/authorize", "", 400, None),
    ]
    later = client.get("/_simulator/requests", params={"since": told["last"]}).json()
    assert later == {"requests": [], "last": told["last"]}


def test_an_unknown_control_address_names_the_known_ones(start_toy: StartToy) -> None:
    answer = start_toy().post("/_simulator/nothing")
    assert answer.status_code == 404
    assert "POST /_simulator/faults" in answer.json()["known"]


@given(seed=st.integers(), probability=st.floats(0, 1))
def test_the_same_seed_hits_the_same_calls(seed: int, probability: float) -> None:
    def hits() -> list[bool]:
        plan = FaultPlan([FaultRule(kind="refuse", probability=probability)], seed)  # type: ignore[arg-type]
        return [plan.pick("POST", "/api", is_api=True, changes=True) is not None for _ in range(50)]

    assert hits() == hits()


def test_probability_is_about_what_it_says() -> None:
    plan = FaultPlan([FaultRule(kind="refuse", probability=0.3)], seed=7)  # type: ignore[arg-type]
    hits = sum(plan.pick("POST", "/api", is_api=True, changes=True) is not None for _ in range(2000))
    assert 500 < hits < 700
