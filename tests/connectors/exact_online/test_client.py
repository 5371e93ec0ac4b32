"""The client over real HTTP: pages, errors and limits as Exact Online gives them, and as it never should."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bookbridge.connectors.exact_online import client
from bookbridge.connectors.exact_online.connector import PackageConnector
from bookbridge.kit.budgets import MemoryBudget
from bookbridge.kit.conformance.rig import MemoryDirectory
from bookbridge.kit.contract import Connection
from bookbridge.kit.errors import LaterError, NotAllowedError, PackageError, RefusedError, UnreachableError
from tests.kit.small_server import Reply, SmallServer

NOW = datetime(2026, 2, 9, 9, 0, tzinfo=UTC)


class Tokens:
    def access_token(self, refused: str | None = None) -> str:
        return "token-1"


def exact(address: str) -> client.ExactClient:
    connection = Connection(
        base_address=address,
        administration="42",
        tokens=Tokens(),
        budget=MemoryBudget((), None, lambda: NOW),
        directory=MemoryDirectory(),
        now=lambda: NOW,
        request_timeout_s=2,
    )
    return client.ExactClient(connection, PackageConnector.fact_sheet)


def page(records: list[object], following: str | None = None) -> Reply:
    return Reply(body=json.dumps({"d": {"results": records, **({"__next": following} if following else {})}}).encode())


def refusal(status: int, words: str) -> Reply:
    return Reply(status, json.dumps({"error": {"code": "", "message": {"lang": "", "value": words}}}).encode())


def test_every_page_is_followed_and_asked_for_as_json() -> None:
    server = SmallServer(lambda call: page([{"n": call}], f"{server.url}/next/{call}" if call < 3 else None))
    with server.running():
        found = list(exact(server.url).read_all("crm/Accounts", ("ID", "Code"), filter="trim(Code) eq 'a&b'"))
    assert [record["n"] for record in found] == [0, 1, 2, 3]
    first = httpx.URL(server.url + server.seen[0].path)
    assert first.path == "/api/v1/42/crm/Accounts"
    assert dict(first.params) == {"$select": "ID,Code", "$filter": "trim(Code) eq 'a&b'"}
    assert server.seen[0].headers["Accept"] == "application/json"


def test_a_bare_list_is_a_page() -> None:
    with SmallServer(lambda _call: Reply(body=b'{"d": [{"n": 1}]}')).running() as server:
        assert list(exact(server.url).read_all("x/Y", ("ID",))) == [{"n": 1}]


@pytest.mark.parametrize(
    "following", ["http://127.0.0.1:9/api", "https://evil.example/", "/relative", "{own}/api/v1/42/x/Y?$select=ID"]
)
def test_a_page_that_leads_elsewhere_or_in_a_circle_is_not_followed(following: str) -> None:
    server = SmallServer(lambda _call: page([{}], following.replace("{own}", server.url)))
    with server.running(), pytest.raises(UnreachableError):
        list(exact(server.url).read_all("x/Y", ("ID",)))
    assert len(server.seen) == 1, "the token went along"


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"d": 1}', b'{"d": {"results": [1]}}', b'{"d": {"results": null}}']
)
def test_a_page_that_can_not_be_understood_is_an_error(body: bytes) -> None:
    with SmallServer(lambda _call: Reply(body=body)).running() as server, pytest.raises(UnreachableError):
        list(exact(server.url).read_all("x/Y", ("ID",)))


def test_a_resource_that_insists_on_a_filter_gets_one_that_leaves_nothing_out() -> None:
    mandatory = refusal(400, "This endpoint has mandatory filtering applied. Filter on …")
    with SmallServer(lambda call: mandatory if call == 0 else page([{"n": 1}])).running() as server:
        assert list(exact(server.url).read_all("financial/GLAccounts", ("ID",))) == [{"n": 1}]
    assert httpx.URL(server.url + server.seen[1].path).params["$filter"] == "Modified ge datetime'1900-01-01'"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (refusal(500, "Verplicht: Naam"), RefusedError),
        (refusal(400, "Bad Request"), RefusedError),
        (Reply(404, b""), RefusedError),
        (refusal(403, "Forbidden"), NotAllowedError),
        (Reply(403, b""), NotAllowedError),
        (Reply(429, b""), LaterError),
        (Reply(500, b""), UnreachableError),
        (Reply(500, b"<html>oops</html>"), UnreachableError),
        (refusal(500, ""), UnreachableError),
        (Reply(302, b"", {"Location": "/login"}), UnreachableError),
        (Reply(201, b"{}"), UnreachableError),
    ],
)
def test_what_each_answer_to_a_change_means(reply: Reply, error: type[PackageError]) -> None:
    with SmallServer(lambda _call: reply).running() as server, pytest.raises(PackageError) as caught:
        exact(server.url).create("crm/Accounts", {"Name": "x"})
    assert type(caught.value) is error
    assert len(server.seen) == 1
    assert server.seen[0].headers["Prefer"] == "return=representation"


def test_more_words_in_the_reason_header_are_kept() -> None:
    reply = Reply(500, refusal(500, "Ongeldig").body, {"Reason": "VATCode"})
    with (
        SmallServer(lambda _call: reply).running() as server,
        pytest.raises(RefusedError, match=r"Ongeldig \(VATCode\)"),
    ):
        exact(server.url).create("crm/Accounts", {"Name": "x"})


def milliseconds(seconds: int) -> str:
    return str(int((NOW + timedelta(seconds=seconds)).timestamp() * 1000))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 60),
        ({"X-RateLimit-Minutely-Remaining": "0", "X-RateLimit-Minutely-Reset": milliseconds(17)}, 17),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": milliseconds(9000)}, 9000),
        (
            {
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": milliseconds(9000),
                "X-RateLimit-Minutely-Remaining": "0",
                "X-RateLimit-Minutely-Reset": milliseconds(17),
            },
            9000,
        ),
        ({"X-RateLimit-Minutely-Remaining": "0", "X-RateLimit-Minutely-Reset": milliseconds(-5)}, 60),
        ({"X-RateLimit-Minutely-Remaining": "zero", "X-RateLimit-Minutely-Reset": "soon"}, 60),
        ({"X-RateLimit-Minutely-Remaining": "0", "X-RateLimit-Minutely-Reset": "9" * 40}, 60),
    ],
)
def test_when_to_try_again(headers: dict[str, str], seconds: int) -> None:
    assert client.reset_moment(httpx.Headers(headers), NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("guid", ["", "x", "1' or '1' eq '1", "11111111-2222-3333-4444-55555555555g"])
def test_only_a_guid_goes_into_an_address(guid: str) -> None:
    with pytest.raises(ValueError, match="guid"):
        client.guid_literal(guid)


def test_a_quote_in_a_filter_is_doubled() -> None:
    assert client.text_literal("O'Brien") == "'O''Brien'"
