"""Each request has an id on all of its lines, and a line of its own that gives nobody away."""

import re
from typing import Any

import pytest
import structlog
from django.test import Client

pytestmark = pytest.mark.django_db
ORGANISATION = "5c3c4b1e-0000-4000-8000-000000000000"


@pytest.fixture
def lines() -> Any:
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as caught:
        yield caught


def of_requests(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["event"] == "request"]


def test_a_request_has_one_line_with_view_status_and_time(client: Client, lines: Any) -> None:
    client.get("/accounts/login/?next=/secret-place")
    (line,) = of_requests(lines)
    assert line["view"] == "account_login"
    assert (line["method"], line["status"]) == ("GET", 200)
    assert line["milliseconds"] >= 0
    assert "secret-place" not in str(lines)


def test_the_organisation_that_was_asked_for_is_named_and_forgotten(client: Client, lines: Any) -> None:
    client.get(f"/companies/{ORGANISATION}/")
    client.get("/accounts/login/")
    first, second = of_requests(lines)
    assert first["organisation"] == ORGANISATION
    assert "organisation" not in second


def test_an_address_stands_on_no_line(client: Client, lines: Any, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/no/such/page/Vermeulen")
    client.get("/no/such/page", headers={"Host": "vermeulen.example"})
    assert "Vermeulen" not in caplog.text + str(lines)
    assert [line["status"] for line in of_requests(lines)] == [404, 400]


def test_a_well_formed_id_of_a_proxy_is_kept(client: Client, lines: Any) -> None:
    answer = client.get("/accounts/login/", headers={"X-Request-ID": "proxy-2026-0001"})
    assert answer["X-Request-ID"] == "proxy-2026-0001"
    assert of_requests(lines)[0]["request"] == "proxy-2026-0001"


@pytest.mark.parametrize(
    "given", ["", "short", "a" * 65, "with space 123", 'quote"123456', "line\r\nbreak123", "é" * 10]
)
def test_any_other_id_is_replaced(client: Client, lines: Any, given: str) -> None:
    answer = client.get("/accounts/login/", headers={"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f]{32}", answer["X-Request-ID"])
    assert of_requests(lines)[0]["request"] == answer["X-Request-ID"]
