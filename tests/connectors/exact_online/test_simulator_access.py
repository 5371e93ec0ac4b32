"""Log-in, limits and the shape of answers of the Exact Online simulator."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from bookbridge.connectors.exact_online.simulator import DEMO_DIVISION, SECOND_DIVISION, create_simulator
from bookbridge.kit.simulation import SimulatorServer, SimulatorSettings
from tests.connectors.exact_online.simulator_calls import BACK, Caller, message, running_simulator


@pytest.fixture
def exact() -> Iterator[Caller]:
    with running_simulator() as caller:
        yield caller


def test_token_answers_are_exacts(exact: Caller) -> None:
    tokens = exact.tokens
    assert (tokens["expires_in"], tokens["token_type"]) == ("600", "bearer")
    exact.clock.at += 569
    early = exact.refresh(tokens["refresh_token"])
    assert early.status_code == 400
    assert early.json() == {
        "error": "access_denied",
        "error_description": "Rate limit exceeded: access_token not expired",
    }
    assert early.headers["Reason"].startswith("TooEarlyToRefreshTokens")
    exact.clock.at += 1
    renewed = exact.refresh(tokens["refresh_token"])
    assert renewed.status_code == 200
    again = exact.refresh(tokens["refresh_token"])
    assert again.status_code == 401
    assert again.json() == {"error": "unauthorized_client", "error_description": "Old refresh token used."}
    exact.clock.at += 30 * 86400
    dead = exact.refresh(renewed.json()["refresh_token"])
    assert (dead.status_code, dead.json()["error"]) == (400, "invalid_request")
    assert dead.json()["error_description"].startswith("The refresh token expired at ")


def test_without_or_with_an_old_token_there_is_no_answer(exact: Caller) -> None:
    assert exact.get("financial/Journals").status_code == 200
    exact.clock.at += 600
    assert exact.get("financial/Journals").status_code == 401
    del exact.http.headers["Authorization"]
    assert exact.get("financial/Journals").status_code == 401


def test_public_redirect_address_can_be_required() -> None:
    app = create_simulator(SimulatorSettings(require_public_redirect=True))  # type: ignore[call-arg]
    with SimulatorServer(app) as server:
        ask = {"client_id": "bookbridge-demo", "redirect_uri": BACK, "response_type": "code"}
        assert httpx.get(f"{server.url}/api/oauth2/auth", params=ask).status_code == 400
        ask["redirect_uri"] = "https://ours.example/back"
        assert httpx.get(f"{server.url}/api/oauth2/auth", params=ask).status_code == 200


def test_a_misspelt_setting_is_named() -> None:
    with pytest.raises(ValidationError, match="minute_limt"):
        create_simulator(SimulatorSettings(minute_limt=3))  # type: ignore[call-arg]


def test_minute_limit_headers_and_429() -> None:
    with running_simulator(minute_limit=3, day_limit=100) as exact:
        answers = [exact.get("financial/Journals") for _ in range(3)]
        assert [a.headers["X-RateLimit-Minutely-Remaining"] for a in answers] == ["2", "1", "0"]
        assert answers[0].headers["X-RateLimit-Limit"] == "100"
        assert answers[0].headers["X-RateLimit-Remaining"] == "99"
        refused = exact.get("financial/Journals")
        assert (refused.status_code, refused.content) == (429, b"")
        assert "X-RateLimit-Reset" not in refused.headers
        reset_ms = int(refused.headers["X-RateLimit-Minutely-Reset"])
        assert 0 < reset_ms - exact.clock.at * 1000 <= 60_000
        assert exact.get("financial/Journals", division=SECOND_DIVISION).status_code == 200
        exact.clock.at = reset_ms / 1000
        assert exact.get("financial/Journals").status_code == 200


def test_day_limit_names_the_end_of_the_day() -> None:
    with running_simulator(minute_limit=60, day_limit=1) as exact:
        exact.get("financial/Journals")
        refused = exact.get("financial/Journals")
        assert refused.status_code == 429
        assert refused.headers["X-RateLimit-Remaining"] == "0"
        assert int(refused.headers["X-RateLimit-Reset"]) % 86_400_000 == 0


def test_more_than_ten_errors_an_hour_block_the_key() -> None:
    with running_simulator(error_limit=True) as exact:
        statuses = [exact.get("crm/Accounts").status_code for _ in range(12)]
        assert statuses == [400] * 11 + [429]
        assert exact.get("financial/Journals").status_code == 429
        exact.clock.at += 3600
        exact.log_in()
        assert exact.get("financial/Journals").status_code == 200


def test_me_divisions_and_what_is_not_granted() -> None:
    with running_simulator(granted_divisions=[DEMO_DIVISION]) as exact:
        me = exact.http.get("/api/v1/current/Me", params={"$select": "CurrentDivision,FullName"}).json()["d"]["results"]
        assert me[0]["CurrentDivision"] == DEMO_DIVISION
        assert set(me[0]) == {"__metadata", "CurrentDivision", "FullName"}
        for resource in ("system/Divisions", "hrm/Divisions"):
            assert [d["Code"] for d in exact.rows(resource)] == [DEMO_DIVISION]
        refused = exact.get("financial/Journals", division=SECOND_DIVISION)
        assert (refused.status_code, message(refused)) == (403, "Forbidden")
        assert exact.http.get("/api/v1/current/financial/Journals").status_code == 404
        assert exact.get("me").status_code == 404


def test_xml_unless_json_is_asked_for(exact: Caller) -> None:
    exact.http.headers["Accept"] = "*/*"
    feed = exact.get("financial/Journals")
    assert feed.headers["Content-Type"].startswith("application/atom+xml")
    assert "<d:Code>70</d:Code>" in feed.text
    error = exact.get("crm/Accounts")
    assert error.headers["Content-Type"].startswith("application/xml")


def test_a_post_answers_nulls_unless_the_representation_is_preferred(exact: Caller) -> None:
    answer = exact.post("crm/Accounts", {"Name": "Kees", "Code": "12"}, Prefer="")
    assert answer.status_code == 201
    assert set(answer.json()["d"].values()) == {None}
    assert exact.books()["accounts"][0]["Code"].strip() == "12"


def test_lists_come_in_pages_of_sixty(exact: Caller) -> None:
    first = exact.get("financial/GLAccounts", select="Code").json()["d"]
    assert len(first["results"]) == 60
    assert "skiptoken" in first["__next"]
    codes = [account["Code"] for account in exact.rows("financial/GLAccounts", select="Code")]
    assert len(codes) == len(set(codes)) >= 70
    assert len(exact.rows("financial/GLAccounts", top=70)) == 70
    assert len(exact.rows("financial/GLAccounts", top=5)) == 5
    assert exact.get("financial/GLAccounts", inlinecount="allpages").json()["d"]["__count"] == str(len(codes))
    assert exact.get("financial/GLAccounts", skiptoken="guid'nothing'").status_code == 400
    statuses = exact.rows("read/financial/JournalStatusList")
    assert len({(s["Journal"], s["Year"], s["Period"]) for s in statuses}) == len(statuses) == 7 * 48


def test_methods_that_a_resource_has_not(exact: Caller) -> None:
    guid = "guid'11111111-2222-3333-4444-555555555555'"
    base = f"/api/v1/{DEMO_DIVISION}"
    assert exact.http.put(f"{base}/generaljournalentry/GeneralJournalEntries({guid})", json={}).status_code == 405
    assert exact.http.delete(f"{base}/generaljournalentry/GeneralJournalEntries({guid})").status_code == 405
    assert exact.post("financial/GLAccounts", {}).status_code == 405
    assert exact.http.put(f"{base}/crm/Accounts({guid})", json={"Name": "x"}).status_code == 404
    assert exact.get("nothing/Here").status_code == 404


def test_single_objects_by_key_and_a_bad_key(exact: Caller) -> None:
    id = exact.gl("8000")
    one = exact.get(f"financial/GLAccounts(guid'{id}')").json()["d"]
    assert (one["ID"], one["Code"]) == (id, "8000")
    assert exact.get(f"system/Divisions({DEMO_DIVISION})").json()["d"]["Code"] == DEMO_DIVISION
    assert exact.get("financial/GLAccounts(guid'11111111-2222-3333-4444-555555555555')").status_code == 404
    assert exact.get("financial/GLAccounts(what)").status_code == 400


def test_a_restarted_simulator_has_its_books_and_tokens(tmp_path: Path) -> None:
    state = tmp_path / "exact.sqlite3"
    with running_simulator(state=state) as exact:
        exact.customer(Code="4711")
        token = exact.http.headers["Authorization"]
    with running_simulator(state=state) as exact:
        exact.http.headers["Authorization"] = token
        found = exact.rows("crm/Accounts", filter="trim(Code) eq '4711'")
        assert [account["Name"] for account in found] == ["Camping De Eik BV"]


def test_accepted_and_cut_is_in_the_books(exact: Caller) -> None:
    customer = exact.customer()
    exact.control("faults", [{"kind": "cut_after", "resource": "salesentry/SalesEntries", "method": "POST"}])
    with pytest.raises(httpx.RemoteProtocolError):
        exact.post("salesentry/SalesEntries", exact.sale(customer, YourRef="26000123"))
    found = exact.rows("salesentry/SalesEntries", filter=f"YourRef eq '26000123' and Customer eq guid'{customer}'")
    assert len(found) == 1


def test_faults_in_exacts_shape(exact: Caller) -> None:
    exact.control("faults", [{"kind": "refuse", "message": "Ongeldig: Dagboek", "times": 1}])
    assert exact.refused("crm/Accounts", {"Name": "Kees"}) == "Ongeldig: Dagboek"
    exact.control("faults", [{"kind": "too_many_requests", "delay_s": 2}])
    busy = exact.get("financial/Journals")
    assert busy.status_code == 429
    assert int(busy.headers["X-RateLimit-Minutely-Reset"]) == (exact.clock.at + 2) * 1000
    assert "X-RateLimit-Reset" not in busy.headers


def test_the_front_page_says_what_it_is(exact: Caller) -> None:
    page = exact.http.get("/").text
    assert "imitation of Exact Online" in page
    assert f"/_simulator/books?division={DEMO_DIVISION}" in page
