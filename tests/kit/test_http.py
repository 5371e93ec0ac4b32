"""The one way out: what is repeated, what may have arrived, and what never leaves."""

import gzip
import socket
import tracemalloc
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from bookbridge.kit import http, outgoing
from bookbridge.kit.budgets import Limit, LimitSeen, MemoryBudget
from bookbridge.kit.conformance.rig import MemoryDirectory
from bookbridge.kit.contract import Connection
from bookbridge.kit.errors import ClaimLostError, LaterError, NotAllowedError, SignInAgainError, UnreachableError
from tests.kit.small_server import Reply, SmallServer

NOW = datetime(2026, 2, 9, 9, 0, tzinfo=UTC)


class Tokens:
    """Gives each token of a list once, then the last for ever."""

    def __init__(self, *tokens: str | Exception) -> None:
        self.tokens = list(tokens)

    def access_token(self, refused: str | None = None) -> str:
        token = self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]
        if isinstance(token, Exception):
            raise token
        return token


def judge(answer: http.Answer) -> None:
    if answer.status >= 500:
        raise UnreachableError("outage")


def package(
    address: str,
    *,
    tokens: Tokens | None = None,
    budget: MemoryBudget | None = None,
    check_claim: Callable[[], None] = lambda: None,
    limits_seen: Callable[[httpx.Headers], list[LimitSeen]] = lambda _headers: [],
    **rules: Any,
) -> http.PackageHttp:
    connection = Connection(
        base_address=address,
        administration="1",
        tokens=tokens or Tokens("token-1"),
        budget=budget or MemoryBudget((), None, lambda: NOW),
        directory=MemoryDirectory(),
        now=lambda: NOW,
        check_claim=check_claim,
        request_timeout_s=2,
    )
    return http.PackageHttp(connection, http.HttpRules("toy", 2, judge, limits_seen, frozenset({400, 401}), **rules))


def test_a_read_is_repeated_after_an_outage() -> None:
    with SmallServer(lambda call: Reply(503) if call < 2 else Reply(body=b'{"a": 1.10}')).running() as server:
        answer = package(server.url).read(f"{server.url}/x", endpoint="x")
    assert answer.json() == {"a": Decimal("1.10")}
    assert len(server.seen) == 3


def test_a_read_is_given_up_after_three_times() -> None:
    with SmallServer(lambda _call: Reply(cut=True)).running() as server, pytest.raises(UnreachableError) as caught:
        package(server.url).read(f"{server.url}/x", endpoint="x")
    assert len(server.seen) == 3
    assert not caught.value.may_have_arrived, "a read changes nothing"


@pytest.mark.parametrize("reply", [Reply(cut=True), Reply(503), Reply(500, b"")])
def test_a_change_that_may_have_arrived_is_never_repeated(reply: Reply) -> None:
    with SmallServer(lambda _call: reply).running() as server, pytest.raises(UnreachableError) as caught:
        package(server.url).change("POST", f"{server.url}/x", {}, endpoint="x")
    assert caught.value.may_have_arrived
    assert len(server.seen) == 1


def test_a_question_in_a_body_is_a_read() -> None:
    asking = http.Body("text/xml; charset=utf-8", lambda token: f"<token>{token}</token>".encode())
    with SmallServer(lambda call: Reply(cut=True) if call < 1 else Reply()).running() as server:
        package(server.url, check_claim=fail_when_asked).read(f"{server.url}/x", endpoint="x", asking=asking)
    assert [(seen.method, seen.body) for seen in server.seen] == [("POST", b"<token>token-1</token>")] * 2
    assert server.seen[0].headers["Content-Type"] == "text/xml; charset=utf-8"
    assert "token-1" not in repr(asking)


def fail_when_asked() -> None:
    raise AssertionError("a read asks for no claim")


def test_a_token_that_is_not_taken_is_renewed_in_the_body_too() -> None:
    body = http.Body("text/xml", lambda token: token.encode())
    refused = Reply(body=b"Token invalid")
    with SmallServer(lambda call: refused if call < 1 else Reply()).running() as server:
        package(
            server.url,
            tokens=Tokens("token-1", "token-2"),
            signed=lambda _token: {},
            token_refused=lambda answer: answer.body == b"Token invalid",
        ).change("POST", f"{server.url}/x", body, endpoint="x")
    assert [seen.body for seen in server.seen] == [b"token-1", b"token-2"]
    assert "Authorization" not in server.seen[0].headers


def test_a_change_may_cost_more_of_the_budget() -> None:
    budget = MemoryBudget((Limit("minute", 7, 60),), None, lambda: NOW)
    with SmallServer(lambda _call: Reply()).running() as server:
        calls = package(server.url, budget=budget, cost_of_change=3)
        for _ in range(2):
            calls.change("POST", f"{server.url}/x", {}, endpoint="x")
        with pytest.raises(LaterError):
            calls.change("POST", f"{server.url}/x", {}, endpoint="x")
        calls.read(f"{server.url}/x", endpoint="x")
        with pytest.raises(LaterError):
            calls.read(f"{server.url}/x", endpoint="x")
    assert len(server.seen) == 3


def test_a_change_that_never_arrived_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    budget = MemoryBudget((Limit("minute", 100, 60),), None, lambda: NOW)
    with outgoing.allowing(address), pytest.raises(UnreachableError) as caught:
        package(address, budget=budget).change("POST", f"{address}/x", {}, endpoint="x")
    assert not caught.value.may_have_arrived


def test_an_answer_that_is_too_large_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", 1000)
    server = SmallServer(lambda _call: Reply(body=b" " * 2000))
    with server.running(), pytest.raises(UnreachableError) as caught:
        package(server.url).change("POST", f"{server.url}/x", {}, endpoint="x")
    assert caught.value.may_have_arrived


def packed(body: bytes, how: str = "gzip") -> Reply:
    return Reply(body=body, headers={"Content-Encoding": how})


def test_a_packed_answer_is_unpacked_and_no_other_packing_is_asked_for() -> None:
    with SmallServer(lambda _call: packed(gzip.compress(b'{"a": 1.10}' + b" " * 200_000))).running() as server:
        answer = package(server.url).read(f"{server.url}/x", endpoint="x")
    assert answer.json() == {"a": Decimal("1.10")}
    assert server.seen[0].headers["Accept-Encoding"] == "gzip"


def test_an_empty_answer_may_say_that_it_is_packed() -> None:
    with SmallServer(lambda _call: packed(b"")).running() as server:
        assert package(server.url).read(f"{server.url}/x", endpoint="x").body == b""


BOMB = gzip.compress(bytes(100_000_000))


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (packed(BOMB), "larger"),
        (packed(gzip.compress(BOMB), "gzip, gzip"), "didn't ask"),
        (packed(zlib.compress(b"{}"), "deflate"), "didn't ask"),
        (packed(b"{}"), "unpacked"),
        (packed(gzip.compress(b"{}")[:-4]), "unpacked"),
        (packed(gzip.compress(b"{}")[:5]), "unpacked"),
        (packed(gzip.compress(b"[") + gzip.compress(b"]")), "unpacked"),
    ],
    ids=["bomb", "bomb in a bomb", "another packing", "not packed", "half", "its beginning", "two"],
)
def test_no_packing_gets_past_the_limit(reply: Reply, reason: str) -> None:
    """Nothing larger than the limit is ever in memory, and what isn't understood may still have arrived."""
    tracemalloc.start()
    try:
        with SmallServer(lambda _call: reply).running() as server, pytest.raises(UnreachableError) as caught:
            package(server.url).change("POST", f"{server.url}/x", {}, endpoint="x")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert reason in caught.value.reason
    assert caught.value.may_have_arrived
    assert peak < 3 * http.MAX_ANSWER_BYTES


def test_amounts_are_sent_exactly() -> None:
    with SmallServer(lambda _call: Reply()).running() as server:
        package(server.url).change(
            "POST", f"{server.url}/x", {"AmountFC": Decimal("9007199254740993.10")}, endpoint="x"
        )
    assert server.seen[0].body == b'{"AmountFC":9007199254740993.10}'


def test_no_redirect_is_followed_and_no_cookie_kept() -> None:
    elsewhere = Reply(302, headers={"Location": "http://127.0.0.1:9/steal", "Set-Cookie": "session=one; Path=/"})
    with SmallServer(lambda _call: elsewhere).running() as server:
        answer = package(server.url).read(f"{server.url}/x", endpoint="x")
        package(server.url).read(f"{server.url}/x", endpoint="x")
    assert answer.status == 302
    assert all("Cookie" not in seen.headers for seen in server.seen)


def test_a_token_that_was_renewed_meanwhile_is_used() -> None:
    with SmallServer(lambda call: Reply(401) if call == 0 else Reply()).running() as server:
        package(server.url, tokens=Tokens("old", "new")).change("POST", f"{server.url}/x", {}, endpoint="x")
    assert [seen.headers["Authorization"] for seen in server.seen] == ["Bearer old", "Bearer new"]


@pytest.mark.parametrize("tokens", [Tokens("same"), Tokens("old", "new")])
def test_a_token_that_is_not_taken_means_sign_in_again(tokens: Tokens) -> None:
    with SmallServer(lambda _call: Reply(401)).running() as server, pytest.raises(SignInAgainError):
        package(server.url, tokens=tokens).read(f"{server.url}/x", endpoint="x")
    assert len(server.seen) <= 2


def test_a_token_service_out_of_order_leaves_the_change_unsent() -> None:
    tokens = Tokens(UnreachableError("no token", may_have_arrived=True))
    with SmallServer(lambda _call: Reply()).running() as server, pytest.raises(UnreachableError) as caught:
        package(server.url, tokens=tokens).change("POST", f"{server.url}/x", {}, endpoint="x")
    assert not caught.value.may_have_arrived
    assert not server.seen


def test_an_unknown_app_is_no_fault_of_the_document() -> None:
    tokens = Tokens(NotAllowedError("check its client id"))
    with SmallServer(lambda _call: Reply()).running() as server, pytest.raises(SignInAgainError, match="client id"):
        package(server.url, tokens=tokens).change("POST", f"{server.url}/x", {}, endpoint="x")


def test_the_budget_is_asked_before_each_call_and_learns_from_each_answer() -> None:
    budget = MemoryBudget((Limit("minute", 100, 60),), None, lambda: NOW)
    seen = [LimitSeen("minute", 100, 0, NOW.replace(minute=1))]
    with SmallServer(lambda _call: Reply()).running() as server:
        calls = package(server.url, budget=budget, limits_seen=lambda _headers: seen)
        calls.read(f"{server.url}/x", endpoint="x")
        with pytest.raises(LaterError) as caught:
            calls.read(f"{server.url}/x", endpoint="x")
    assert caught.value.not_before == NOW.replace(minute=1)
    assert len(server.seen) == 1


def test_errors_are_counted_per_endpoint() -> None:
    budget = MemoryBudget((), Limit("errors", 2, 3600), lambda: NOW)
    with SmallServer(lambda _call: Reply(400)).running() as server:
        calls = package(server.url, budget=budget)
        for _ in range(2):
            calls.read(f"{server.url}/x", endpoint="x")
        with pytest.raises(LaterError):
            calls.read(f"{server.url}/x", endpoint="x")
        calls.read(f"{server.url}/y", endpoint="y")
    assert len(server.seen) == 3


def test_the_claim_is_checked_last_and_for_changes_only() -> None:
    def lost() -> None:
        raise ClaimLostError

    with SmallServer(lambda _call: Reply()).running() as server:
        calls = package(server.url, check_claim=lost)
        calls.read(f"{server.url}/x", endpoint="x")
        with pytest.raises(ClaimLostError):
            calls.change("POST", f"{server.url}/x", {}, endpoint="x")
    assert [seen.method for seen in server.seen] == ["GET"]


def test_an_error_carries_no_request() -> None:
    with SmallServer(lambda _call: Reply(cut=True)).running() as server, pytest.raises(UnreachableError) as caught:
        package(server.url).change("POST", f"{server.url}/x?secret=1", {"Name": "Jansen"}, endpoint="x")
    place: BaseException | None = caught.value
    while place is not None:
        assert not isinstance(place, httpx.HTTPError), "httpx's error holds the request with its token"
        place = place.__cause__ or place.__context__
