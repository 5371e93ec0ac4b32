"""The client over real HTTP: pages, refusals and limits as Minox may give them, and as it never should."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bookbridge.connectors.minox import client
from bookbridge.connectors.minox.connector import PackageConnector
from bookbridge.kit.budgets import LimitSeen, MemoryBudget
from bookbridge.kit.conformance.rig import MemoryDirectory
from bookbridge.kit.contract import Connection
from bookbridge.kit.errors import LaterError, NotAllowedError, PackageError, RefusedError, UnreachableError
from bookbridge.kit.http import Headers
from tests.kit.small_server import Reply, SmallServer

NOW = datetime(2026, 2, 9, 9, 0, tzinfo=UTC)
UUID = "0f0e0d0c-0000-4000-8000-000000000001"


class Tokens:
    def access_token(self, refused: str | None = None) -> str:
        return "token-1"


def minox(address: str, *, pages: bool = True) -> client.MinoxClient:
    connection = Connection(
        base_address=address,
        administration="10001/7",
        tokens=Tokens(),
        budget=MemoryBudget((), None, lambda: NOW),
        directory=MemoryDirectory(),
        now=lambda: NOW,
        request_timeout_s=2,
        as_app=lambda: {"Authorization": "Basic YXBwOnNlY3JldA=="},
    )
    return client.MinoxClient(connection, PackageConnector.fact_sheet, pages=pages)


def said(value: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})


def pages(*held: list[Any]) -> Callable[[int], Reply]:
    return lambda call: said({"collection": held[call] if call < len(held) else []})


def test_each_page_is_asked_for_from_the_last_record_on_until_nothing_follows() -> None:
    with SmallServer(pages([{"id": 1}, {"id": 2}], [{"id": 2}, {"id": 3}], [{"id": 3}])).running() as server:
        found = list(minox(server.url).read_all("receivable", {"status": "open"}))
    assert [record["id"] for record in found] == [1, 2, 3]
    asked = [httpx.URL(server.url + seen.path) for seen in server.seen]
    assert {url.path for url in asked} == {"/api/1/tenant/10001/administration/7/receivable"}
    assert [dict(url.params) for url in asked] == [
        {"status": "open", "limit": "100", "offset": offset} for offset in ("0", "1", "2")
    ]


def test_a_list_that_begins_anew_was_whole() -> None:
    with SmallServer(lambda _call: said([{"id": 1}, {"id": 2}])).running() as server:
        assert [record["id"] for record in minox(server.url).read_all("vat")] == [1, 2]
    assert [httpx.URL(server.url + seen.path).params["limit"] for seen in server.seen] == ["100", "100", "1"]


def test_without_pages_a_list_is_asked_for_once_and_bare() -> None:
    with SmallServer(lambda _call: said([{"id": 1}])).running() as server:
        assert len(list(minox(server.url, pages=False).read_all("vat"))) == 1
    assert [seen.path for seen in server.seen] == ["/api/1/tenant/10001/administration/7/vat"]


def test_pages_without_end_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MAX_PAGES", 3)
    server = SmallServer(lambda call: said([{"id": call}, {"id": call + 1}]))
    with server.running(), pytest.raises(UnreachableError, match="without end"):
        list(minox(server.url).read_all("vat"))


@pytest.mark.parametrize("body", [b"<html>", b"1", b'"text"', b'{"collection": 1}', b"[1]", b'{"items": []}', b""])
def test_a_page_that_can_not_be_understood_is_an_error(body: bytes) -> None:
    with SmallServer(lambda _call: Reply(body=body)).running() as server, pytest.raises(UnreachableError):
        list(minox(server.url).read_all("receivable"))


@pytest.mark.parametrize("reply", [said("Not found", 404), said(None), said([]), Reply(body=b""), said({})])
def test_what_is_not_there_is_none(reply: Reply) -> None:
    with SmallServer(lambda _call: reply).running() as server:
        assert minox(server.url).read_one("customer", "4711") is None
        assert minox(server.url).read_batch(UUID) is None


@pytest.mark.parametrize("reply", [said("Er is iets"), said({"message": "Er is iets"}), Reply(body=b"<html>")])
def test_a_booking_that_can_not_be_understood_is_not_taken_for_absent(reply: Reply) -> None:
    with SmallServer(lambda _call: reply).running() as server, pytest.raises(UnreachableError):
        minox(server.url).read_batch(UUID)


def test_an_id_can_not_leave_its_place_in_the_address() -> None:
    with SmallServer(lambda _call: said({"id": 1})).running() as server:
        minox(server.url).read_one("customer", "by_externalid", "../1?x=/")
    assert server.seen[0].path == "/api/1/tenant/10001/administration/7/customer/by_externalid/..%2F1%3Fx%3D%2F"


def test_inspect_is_signed_by_the_app_with_the_token_in_the_body() -> None:
    with SmallServer(lambda _call: said({"linked_tenants": [10001]})).running() as server:
        assert minox(server.url).linked_tenants() == {"linked_tenants": [10001]}
    [seen] = server.seen
    assert (seen.method, seen.path, seen.body) == ("POST", "/api/1/inspect", b'{"token":"token-1"}')
    assert seen.headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (said("Onbekende fout", 400), RefusedError),
        (said({"message": "Onbekende fout"}, 422), RefusedError),
        (said({"errors": [{"message": "Onbekende fout"}]}, 500), RefusedError),
        (Reply(400, b"Onbekende fout", {"Content-Type": "text/plain"}), RefusedError),
        (Reply(400, b"<html>Onbekende fout</html>", {"Content-Type": "text/html"}), RefusedError),
        (said("Internal Server Error", 500), UnreachableError),
        (Reply(503, b"<html></html>", {"Content-Type": "text/html"}), UnreachableError),
        (said("Forbidden", 403), NotAllowedError),
        (said("Too many", 429), LaterError),
        (Reply(cut=True), UnreachableError),
    ],
)
def test_each_answer_to_a_change_means_what_it_says(reply: Reply, error: type[PackageError]) -> None:
    with SmallServer(lambda _call: reply).running() as server, pytest.raises(error) as raised:
        minox(server.url).write_batch(UUID, [])
    assert type(raised.value) is error
    assert len(server.seen) == 1, "what may have arrived was sent again"
    if isinstance(raised.value, UnreachableError):
        assert raised.value.may_have_arrived


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (said([{"account": {"id": "1"}}]), ([{"account": {"id": "1"}}], "")),
        (said({"id": UUID}), ([], "")),
        (said("Dagboek is gesloten"), ([], "Dagboek is gesloten")),
        (said({"message": "Dagboek is gesloten"}), ([], "Dagboek is gesloten")),
        (Reply(body=b""), ([], "")),
        (Reply(body=b"<html>"), ([], "")),
    ],
)
def test_success_is_told_with_what_it_says(reply: Reply, told: Any) -> None:
    with SmallServer(lambda _call: reply).running() as server:
        assert minox(server.url).write_batch(UUID, []) == told


def test_limits_are_in_epoch_milliseconds() -> None:
    reset = NOW + timedelta(seconds=90)
    headers = Headers(
        {
            "x-rate-limit-limit": "20",
            "x-rate-limit-remaining": "0",
            "x-rate-limit-reset": str(int(reset.timestamp() * 1000)),
        }
    )
    assert list(client.limits_seen(headers)) == [LimitSeen("window", 20, 0, reset)]
    assert client.reset_moment(headers, NOW) == reset


@pytest.mark.parametrize("value", ["", "soon", "-1", "9" * 30])
def test_limits_that_are_none_are_not_believed(value: str) -> None:
    headers = Headers({"x-rate-limit-remaining": "5", "x-rate-limit-limit": "20", "x-rate-limit-reset": value})
    assert list(client.limits_seen(headers)) == [LimitSeen("window", 20, 5, None)]
    assert client.reset_moment(headers, NOW) == NOW + timedelta(seconds=120)
    assert list(client.limits_seen(Headers({}))) == []
