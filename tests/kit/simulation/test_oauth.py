import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.kit.simulation.conftest import HandClock, StartToy

BACK = "http://127.0.0.1:9/back"
ASK = {"client_id": "bookbridge-demo", "redirect_uri": BACK, "response_type": "code", "state": 'st"<ate'}
CLIENT = {"client_id": "bookbridge-demo", "client_secret": "bookbridge-demo-secret"}


def redirected(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def approve(client: httpx.Client) -> str:
    return redirected(client.post("/oauth/authorize", data={**ASK, "decision": "approve"}))["code"]


def exchange(client: httpx.Client, code: str, **changes: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **CLIENT, **changes}
    return client.post("/oauth/token", data=form)


def refresh(client: httpx.Client, token: str) -> httpx.Response:
    return client.post("/oauth/token", data={"grant_type": "refresh_token", "refresh_token": token, **CLIENT})


def who(client: httpx.Client, tokens: dict[str, Any]) -> httpx.Response:
    return client.get("/api/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})


def test_the_consent_page_names_the_app_and_what_it_may_do(start_toy: StartToy) -> None:
    client = start_toy(app_name="Ours & theirs")
    page = client.get("/oauth/authorize", params=ASK)
    assert page.status_code == 200
    assert "Ours &amp; theirs" in page.text
    assert "read &amp; write notes" in page.text
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    assert form["state"] == "st&#34;&lt;ate"
    assert '<form method="post" action="/oauth/authorize">' in page.text


def test_approve_deny_and_auto_approve(start_toy: StartToy) -> None:
    client = start_toy()
    approved = redirected(client.post("/oauth/authorize", data={**ASK, "decision": "approve"}))
    assert approved["state"] == ASK["state"]
    assert approved["code"]
    denied = redirected(client.post("/oauth/authorize", data={**ASK, "decision": "deny"}))
    assert denied == {"error": "access_denied", "state": ASK["state"]}
    assert "code" in redirected(start_toy(auto_approve=True).get("/oauth/authorize", params=ASK))


@pytest.mark.parametrize(
    "change",
    [{"client_id": "other"}, {"redirect_uri": "javascript:alert(1)"}, {"response_type": "token"}],
)
def test_a_wrong_request_is_told_to_the_person_and_never_sent_on(start_toy: StartToy, change: dict[str, str]) -> None:
    assert start_toy().get("/oauth/authorize", params={**ASK, **change}).status_code == 400


def test_only_registered_redirect_addresses_when_there_are_any(start_toy: StartToy) -> None:
    client = start_toy(redirect_uris=["https://ours.example/back"])
    assert client.get("/oauth/authorize", params=ASK).status_code == 400


def test_a_code_works_once_and_three_minutes(start_toy: StartToy, hand_clock: HandClock) -> None:
    client = start_toy()
    code = approve(client)
    tokens = exchange(client, code).json()
    assert tokens["expires_in"] == "600"
    assert who(client, tokens).json() == {"client": "bookbridge-demo"}
    assert exchange(client, code).json()["error"] == "invalid_grant"
    late = approve(client)
    hand_clock.at += 181
    assert exchange(client, late).status_code == 400


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"redirect_uri": "http://127.0.0.1:9/other"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_what_the_token_endpoint_refuses(start_toy: StartToy, change: dict[str, str], error: str) -> None:
    client = start_toy()
    assert exchange(client, approve(client), **change).json()["error"] == error


def test_access_ends_and_a_refresh_token_works_once(start_toy: StartToy, hand_clock: HandClock) -> None:
    client = start_toy()
    first = exchange(client, approve(client)).json()
    hand_clock.at += 569
    assert refresh(client, first["refresh_token"]).status_code == 400
    hand_clock.at += 1
    second = refresh(client, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert who(client, first).status_code == 200
    hand_clock.at += 31
    assert who(client, first).json() == {"error": "expired_access_token"}
    assert who(client, second).status_code == 200
    assert refresh(client, first["refresh_token"]).json()["error_description"] == "spent refresh token"


def test_an_unused_refresh_token_dies_after_thirty_days(start_toy: StartToy) -> None:
    client = start_toy()
    tokens = exchange(client, approve(client)).json()
    client.post("/_simulator/clock", json={"advance_s": 30 * 86400})
    assert refresh(client, tokens["refresh_token"]).json()["error_description"] == "expired refresh token"


def test_token_calls_are_counted_even_when_refused(start_toy: StartToy) -> None:
    client = start_toy()
    answers = [refresh(client, "nonsense").status_code for _ in range(6)]
    assert answers == [400] * 5 + [429]
    client.post("/_simulator/clock", json={"advance_s": 86400})
    assert refresh(client, "nonsense").status_code == 400


def test_a_withdrawn_access_ends_every_token(start_toy: StartToy) -> None:
    client = start_toy()
    tokens = exchange(client, approve(client)).json()
    client.post("/_simulator/tokens/revoke")
    assert who(client, tokens).status_code == 401


def test_the_clock_never_goes_back(start_toy: StartToy) -> None:
    assert start_toy().post("/_simulator/clock", json={"advance_s": -1}).status_code == 400


def test_a_further_address_of_the_sign_in_is_no_part_of_the_api(start_toy: StartToy) -> None:
    client = start_toy(faults=({"kind": "refuse"},))
    token = exchange(client, approve(client)).json()["access_token"]
    assert client.get("/oauth/who", params={"token": token}).json() == {"client": "bookbridge-demo"}
    assert client.get("/oauth/who", params={"token": "x"}).status_code == 400
    assert client.get("/api/notes").status_code == 422
    queries = [call["query"] for call in client.get("/_simulator/requests").json()["requests"]]
    assert not any("token" in query for query in queries), "the journal of calls shows a token"
