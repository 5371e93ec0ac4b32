"""The client over real HTTP: work host, tokens, faults and credits as Twinfield gives them, and as it never should."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bookbridge.connectors.twinfield import client, soap
from bookbridge.connectors.twinfield.connector import PackageConnector
from bookbridge.kit.budgets import LimitSeen, MemoryBudget
from bookbridge.kit.conformance.rig import MemoryDirectory
from bookbridge.kit.contract import Connection
from bookbridge.kit.errors import (
    LaterError,
    NotAllowedError,
    PackageError,
    RefusedError,
    SignInAgainError,
    UnreachableError,
)
from tests.kit.small_server import Reply, SmallServer

NOW = datetime(2026, 2, 9, 9, 0, tzinfo=UTC)
ENVELOPE = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>{}</soap:Body></soap:Envelope>'
)


class Tokens:
    """Gives the first token, and the second when the first isn't taken."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = tokens or ("token-1",)

    def access_token(self, refused: str | None = None) -> str:
        return self.tokens[-1] if refused else self.tokens[0]


def twinfield(address: str, *tokens: str, office: str = "NL001") -> client.TwinfieldClient:
    connection = Connection(
        base_address=address,
        administration=office,
        tokens=Tokens(*tokens),
        budget=MemoryBudget((), None, lambda: NOW),
        directory=MemoryDirectory(),
        now=lambda: NOW,
        request_timeout_s=2,
    )
    return client.TwinfieldClient(connection, PackageConnector.fact_sheet)


def result(inside: str) -> Reply:
    escaped = inside.replace("&", "&amp;").replace("<", "&lt;")
    body = f'<R xmlns="http://www.twinfield.com/"><ProcessXmlStringResult>{escaped}</ProcessXmlStringResult></R>'
    return Reply(body=ENVELOPE.format(body).encode())


def fault(kind: str, words: str, code: str = "", status: int = 500) -> Reply:
    detail = f"<detail><code>{code}</code></detail>" if code else ""
    inside = f"<soap:Fault><faultcode>soap:{kind}</faultcode><faultstring>{words}</faultstring>{detail}</soap:Fault>"
    return Reply(status, ENVELOPE.format(inside).encode())


def served(*replies: Reply, cluster: str = "{own}", claims: Reply | None = None) -> SmallServer:
    """A server that names itself as the cluster, and then gives these replies, the last one again and again."""

    def answer(_call: int) -> Reply:
        if client.VALIDATION_PATH in server.seen[-1].path:
            return claims or Reply(body=json.dumps({"twf.clusterUrl": cluster.replace("{own}", server.url)}).encode())
        place = sum(client.VALIDATION_PATH not in seen.path for seen in server.seen) - 1
        return replies[min(place, len(replies) - 1)]

    server = SmallServer(answer)
    return server


CHANGE = soap.element("transactions")


def test_the_work_host_is_looked_up_once_and_the_token_stands_in_the_body_alone() -> None:
    with served(result('<transactions result="1"/>')).running() as server:
        found = twinfield(server.url)
        found.change(CHANGE, endpoint="transactions")
        found.change(CHANGE, endpoint="transactions")
    looked_up, *calls = server.seen
    assert looked_up.path == f"{client.VALIDATION_PATH}?token=token-1"
    assert [call.path for call in calls] == [client.PROCESS_XML] * 2
    for call in calls:
        assert "Authorization" not in call.headers
        assert call.headers["SOAPAction"] == '"http://www.twinfield.com/ProcessXmlString"'
        assert b"token-1" in call.body


@pytest.mark.parametrize(
    ("cluster", "is_good"),
    [
        ("https://api.accounting1.twinfield.com", True),
        ("https://api.accounting1.twinfield.com/", True),
        ("https://API.Accounting1.Twinfield.com:443", True),
        ("{own}", True),
        ("http://api.accounting1.twinfield.com", False),
        ("https://twinfield.com.evil.example", False),
        ("https://eviltwinfield.com", False),
        ("https://evil.example/.twinfield.com", False),
        ("https://evil.example#.twinfield.com", False),
        ("https://evil.example?.twinfield.com", False),
        ("https://api.twinfield.com@evil.example", False),
        ("https://user:x@api.accounting1.twinfield.com", False),
        ("https://api.accounting1.twinfield.com:8443", False),
        ("https://api.accounting1.twinfield.com:x", False),
        ("//api.accounting1.twinfield.com", False),
        ("https://[::1", False),
        ("", False),
        ("{own}/elsewhere", False),
    ],
)
def test_only_a_host_of_the_vendor_s_gets_the_token(cluster: str, is_good: bool) -> None:
    with served(cluster=cluster).running() as server:
        found = twinfield(server.url)
        if is_good:
            assert found._address("/x").lower().startswith(cluster.replace("{own}", server.url).rstrip("/").lower())
        else:
            with pytest.raises(UnreachableError, match="not its own") as caught:
                found.change(CHANGE, endpoint="transactions")
            assert not caught.value.may_have_arrived
    assert len(server.seen) == 1, "something was called with the token"


def test_a_token_that_the_login_host_does_not_take_is_renewed_once() -> None:
    claims = [Reply(400, b"{}"), Reply(400, b"{}")]
    with SmallServer(lambda call: claims[min(call, 1)]).running() as server, pytest.raises(SignInAgainError):
        twinfield(server.url, "old", "new").offices()
    assert [call.path.rpartition("=")[2] for call in server.seen] == ["old", "new"]


def test_a_token_that_is_not_renewed_is_not_tried_again() -> None:
    with SmallServer(lambda _call: Reply(400, b"{}")).running() as server, pytest.raises(SignInAgainError):
        twinfield(server.url).offices()
    assert len(server.seen) == 1


TOKEN_REFUSED = [
    Reply(401, b""),
    fault("Client", "Access denied. Token invalid.", "354"),
    fault("Client", "Access denied. Token invalid.", "354", 200),
    fault("Server", "Access denied. Token invalid (code 103)"),
    result('<transactions result="0" msgtype="error" msg="Access denied. Token invalid (code 354)"/>'),
]


@pytest.mark.parametrize("refusal", TOKEN_REFUSED)
def test_a_refused_token_is_renewed_and_the_change_is_sent_again(refusal: Reply) -> None:
    with served(refusal, result('<transactions result="1"/>')).running() as server:
        answer = twinfield(server.url, "old", "new").change(CHANGE, endpoint="transactions")
    assert answer.get("result") == "1"
    assert [b"new" in call.body for call in server.seen[1:]] == [False, True]


@pytest.mark.parametrize("refusal", TOKEN_REFUSED)
def test_a_token_that_stays_refused_asks_a_person(refusal: Reply) -> None:
    with served(refusal).running() as server, pytest.raises(SignInAgainError):
        twinfield(server.url, "old", "new").change(CHANGE, endpoint="transactions")
    assert len(server.seen) == 3


def test_a_text_that_only_speaks_of_the_code_is_no_refused_token() -> None:
    echoed = '<transactions result="0"><transaction result="0" msg="x"><d>(code 354)</d></transaction></transactions>'
    with served(result(echoed)).running() as server:
        assert twinfield(server.url).change(CHANGE, endpoint="transactions").get("result") == "0"


@pytest.mark.parametrize(
    ("reply", "error", "may_have_arrived"),
    [
        (Reply(429, b"", {"Retry-After": "17"}), LaterError, None),
        (Reply(400, b"Too many lines", {"Content-Type": "text/plain"}), RefusedError, None),
        (fault("Client", "Toegang geweigerd. Company ontbreekt in request header."), RefusedError, None),
        (fault("Server", "An unexpected error has occurred"), UnreachableError, True),
        (fault("Server", "An unexpected error has occurred", status=200), UnreachableError, True),
        (fault("Client", "Server was unable to read request.", status=400), RefusedError, None),
        *[
            (Reply(status, b"<html>no</html>"), UnreachableError, True)
            for status in (403, 404, 408, 409, 413, 425, 499)
        ],
        (Reply(500, b""), UnreachableError, True),
        (Reply(503, b"<html>Fault</html>"), UnreachableError, True),
        (Reply(302, b"", {"Location": "/x"}), UnreachableError, True),
        (Reply(200, b""), UnreachableError, True),
        (Reply(200, b"<html>"), UnreachableError, True),
        (Reply(200, ENVELOPE.format("<x/>").encode()), UnreachableError, True),
        (result("no xml"), UnreachableError, True),
        (result('<!DOCTYPE x [<!ENTITY e "boo">]><transactions result="1">&e;</transactions>'), UnreachableError, True),
        (Reply(200, b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x"><x/>'), UnreachableError, True),
    ],
)
def test_what_each_answer_to_a_change_means(
    reply: Reply, error: type[PackageError], may_have_arrived: bool | None
) -> None:
    with served(reply).running() as server, pytest.raises(PackageError) as caught:
        twinfield(server.url).change(CHANGE, endpoint="transactions")
    assert type(caught.value) is error
    assert getattr(caught.value, "may_have_arrived", None) == may_have_arrived
    assert len(server.seen) == 2, "a change was sent again"


@pytest.mark.parametrize(
    ("status", "error", "asked"),
    [(400, RefusedError, 1), (403, NotAllowedError, 1), (404, RefusedError, 1), (408, UnreachableError, 3)],
)
def test_what_each_status_of_a_reading_means(status: int, error: type[PackageError], asked: int) -> None:
    with served(Reply(status, b"")).running() as server, pytest.raises(PackageError) as caught:
        twinfield(server.url).transaction("VRK", "1")
    assert type(caught.value) is error
    assert not getattr(caught.value, "may_have_arrived", False)
    assert len(server.seen) == 1 + asked


@pytest.mark.parametrize(("given", "seconds"), [("17", 17), ("0", 1), ("", 60), ("soon", 60), ("9" * 30, 3600)])
def test_when_to_try_again(given: str, seconds: int) -> None:
    assert client.retry_moment(httpx.Headers({"Retry-After": given}), NOW) == NOW + timedelta(seconds=seconds)


def test_the_credits_that_an_answer_tells() -> None:
    told = httpx.Headers({"X-RateLimit-Limit": "500", "X-RateLimit-Remaining": "497", "X-RateLimit-Credited": "3"})
    assert list(client.limits_seen(told)) == [LimitSeen("minute", 500, 497)]
    assert list(client.limits_seen(httpx.Headers({"X-RateLimit-Limit": "many"}))) == []


def test_entities_are_not_opened(tmp_path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    for text in (f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]><x>&e;</x>', "<x>&e;</x>", "\ufeff", "", "<x"):
        with pytest.raises(ValueError, match="XML"):
            soap.parse(text)


def test_a_result_that_says_utf_16_and_is_none_is_read() -> None:
    offices = '<offices result="1"><office name="Zoë &amp; Co">001</office></offices>'
    inside = f'<?xml version="1.0" encoding="utf-16"?>\n{offices}'
    with served(result(inside)).running() as server:
        assert twinfield(server.url).offices() == [("001", "Zoë & Co")]


def test_a_relation_is_absent_only_when_the_code_is_what_is_missing() -> None:
    absent = '<dimension result="0"><code msg="Dimensie 1 bestaat niet." result="0">1</code></dimension>'
    for inside, expected in (
        (absent, None),
        ('<dimension result="0" msg="De administratie bestaat niet."/>', Exception),
    ):
        with served(result(inside)).running() as server:
            if expected is None:
                assert twinfield(server.url).dimension("DEB", "1") is None
            else:
                with pytest.raises(NotAllowedError, match="administratie"):
                    twinfield(server.url).dimension("DEB", "1")


def test_a_browse_that_lacks_rows_is_an_error_and_never_a_short_list() -> None:
    row = "<tr><td/><key><code>VRK</code><number>1</number><line>1</line></key></tr>"
    for total, rows in (("1", 1), ("2", 1), ("1", 0)):
        with served(result(f'<browse result="1" total="{total}">{row * rows}</browse>')).running() as server:
            asked = twinfield(server.url)
            if total == str(rows):
                assert len(asked.browse("130_3", (), {})) == 1
            else:
                with pytest.raises(UnreachableError, match="number of rows"):
                    asked.browse("130_3", (), {})


def test_a_search_that_leads_nowhere_ends() -> None:
    rows = "<TotalRows>5</TotalRows><Items/>"
    body = f'<SearchResponse xmlns="http://www.twinfield.com/"><SearchResult/><data>{rows}</data></SearchResponse>'
    with served(Reply(body=ENVELOPE.format(body).encode())).running() as server, pytest.raises(UnreachableError):
        list(twinfield(server.url).search("CUR"))
    assert len(server.seen) == 2
