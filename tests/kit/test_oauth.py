"""OAuth2 by the rules of a fact sheet, against answers that packages are known to give."""

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from bookbridge.kit import oauth
from bookbridge.kit.errors import LaterError, NotAllowedError, PackageError, SignInAgainError, UnreachableError
from bookbridge.kit.fact_sheet import OAuth
from tests.kit.small_server import Reply, SmallServer

NOW = datetime(2026, 2, 9, 9, 0, tzinfo=UTC)
APP = oauth.AppCredentials("app-1", "app-secret", "https://bookbridge.example/callback")
RULES = OAuth(
    authorise_path="/auth",
    token_path="/token",
    access_token_s=600,
    refresh_not_before_s=570,
    refresh_token_days=30,
    too_early_texts=("TooEarly", "access_token not expired"),
)
OLD = oauth.TokenPair("a0", "r0", NOW - timedelta(seconds=600), NOW, NOW - timedelta(seconds=30))


def said(**content: object) -> bytes:
    return json.dumps(content).encode()


GOOD = said(access_token="a1", refresh_token="r1", expires_in="600", token_type="bearer")


def test_authorise_url_carries_the_state() -> None:
    url = urlsplit(oauth.authorise_url(RULES, "https://start.example/", APP, "state & more"))
    assert (url.netloc, url.path) == ("start.example", "/auth")
    assert parse_qs(url.query) == {
        "client_id": ["app-1"],
        "redirect_uri": ["https://bookbridge.example/callback"],
        "response_type": ["code"],
        "state": ["state & more"],
    }


def test_authorise_url_carries_scopes_where_there_are_some() -> None:
    url = oauth.authorise_url(RULES.model_copy(update={"scopes": ("a", "b")}), "https://x", APP, "s")
    assert parse_qs(urlsplit(url).query)["scope"] == ["a b"]


def test_an_openid_provider_gets_a_nonce_and_never_the_same_one() -> None:
    rules = RULES.model_copy(update={"with_nonce": True})
    nonces = {parse_qs(urlsplit(oauth.authorise_url(rules, "https://x", APP, "s")).query)["nonce"][0] for _ in range(3)}
    assert len(nonces) == 3


def test_credentials_in_a_header_are_not_in_the_form() -> None:
    rules = RULES.model_copy(update={"basic_credentials": True, "redirect_uri_on_refresh": True})
    app = oauth.AppCredentials("app:1", "se cret", "https://bookbridge.example/callback")
    with SmallServer(lambda _call: Reply(body=GOOD)).running() as server:
        oauth.refresh(rules, server.url, app, OLD, NOW)
    assert b64decode(server.seen[0].headers["Authorization"].removeprefix("Basic ")) == b"app%3A1:se+cret"
    assert parse_qs(server.seen[0].body.decode()) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["r0"],
        "redirect_uri": ["https://bookbridge.example/callback"],
    }


@pytest.mark.parametrize(
    ("kept", "given", "same"),
    [("a", "a", True), ("a", "b", False), (None, None, False), ("", "", False), ("a", None, False), (None, "a", False)],
)
def test_only_our_own_state_is_ours(kept: str | None, given: str | None, same: bool) -> None:
    assert oauth.same_state(kept, given) is same


def test_states_differ() -> None:
    assert len({oauth.new_state() for _ in range(20)}) == 20


@pytest.mark.parametrize(("given", "seconds"), [("600", 600), (600, 600), (1800, 1800), (None, 600)])
def test_lifetime_as_text_number_or_nothing(given: object, seconds: int) -> None:
    body = said(access_token="a1", refresh_token="r1", expires_in=given)
    with SmallServer(lambda _call: Reply(body=body)).running() as server:
        pair = oauth.exchange_code(RULES, server.url, APP, "code-1", NOW)
    assert pair.expires_at == NOW + timedelta(seconds=seconds)
    assert pair.refresh_not_before == NOW + timedelta(seconds=570)
    assert pair.refresh_expires_at == NOW + timedelta(days=30)
    assert pair.expires_at.tzinfo is UTC


def test_a_code_is_exchanged_with_the_same_redirect_address() -> None:
    with SmallServer(lambda _call: Reply(body=GOOD)).running() as server:
        oauth.exchange_code(RULES, server.url, APP, "code-1", NOW)
    assert parse_qs(server.seen[0].body.decode()) == {
        "grant_type": ["authorization_code"],
        "code": ["code-1"],
        "redirect_uri": ["https://bookbridge.example/callback"],
        "client_id": ["app-1"],
        "client_secret": ["app-secret"],
    }
    assert "secret" not in server.seen[0].path


def test_a_refresh_gives_the_new_pair() -> None:
    with SmallServer(lambda _call: Reply(body=GOOD)).running() as server:
        pair = oauth.refresh(RULES, server.url, APP, OLD, NOW)
    assert (pair.access_token, pair.refresh_token) == ("a1", "r1")
    assert parse_qs(server.seen[0].body.decode())["refresh_token"] == ["r0"]


def test_a_refresh_without_a_new_refresh_token_keeps_the_old() -> None:
    with SmallServer(lambda _call: Reply(body=said(access_token="a1", expires_in=600))).running() as server:
        assert oauth.refresh(RULES, server.url, APP, OLD, NOW).refresh_token == "r0"


def test_too_early_is_not_even_tried() -> None:
    fresh = oauth.TokenPair("a0", "r0", NOW, NOW + timedelta(seconds=600), NOW + timedelta(seconds=570))
    with SmallServer(lambda _call: Reply(body=GOOD)).running() as server, pytest.raises(LaterError) as caught:
        oauth.refresh(RULES, server.url, APP, fresh, NOW)
    assert caught.value.not_before == NOW + timedelta(seconds=570)
    assert not server.seen


def test_an_expired_refresh_token_is_not_even_tried() -> None:
    stale = oauth.TokenPair("a0", "r0", NOW, NOW, NOW, refresh_expires_at=NOW)
    with pytest.raises(SignInAgainError):
        oauth.refresh(RULES, "http://127.0.0.1:9", APP, stale, NOW)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(400, said(error="access_denied"), {"Reason": "TooEarlyToRefreshTokens, wait"}), LaterError),
        (
            Reply(400, said(error="access_denied", error_description="Rate limit exceeded: access_token not expired")),
            LaterError,
        ),
        (Reply(429, b""), LaterError),
        (Reply(401, said(error="unauthorized_client", error_description="Old refresh token used.")), SignInAgainError),
        (Reply(400, said(error="invalid_request", error_description="The refresh token expired")), SignInAgainError),
        (Reply(400, said(error="invalid_grant")), SignInAgainError),
        (Reply(401, said(error="invalid_client")), NotAllowedError),
        (Reply(503, b"<html>maintenance</html>"), UnreachableError),
        (Reply(400, b"<html>a proxy</html>"), UnreachableError),
        (Reply(200, b"<html>log in</html>"), UnreachableError),
        (Reply(200, said(access_token="", refresh_token="r")), UnreachableError),
        (Reply(200, said(access_token="a", refresh_token="r", expires_in="soon")), UnreachableError),
        (Reply(cut=True), UnreachableError),
    ],
)
def test_each_refusal_means_what_it_says(reply: Reply, error: type[PackageError]) -> None:
    with SmallServer(lambda _call: reply).running() as server, pytest.raises(PackageError) as caught:
        oauth.refresh(RULES, server.url, APP, OLD, NOW)
    assert type(caught.value) is error
    assert len(server.seen) == 1, "a refresh that may have arrived is not repeated here"
    assert "r0" not in str(caught.value)


def test_waiting_as_told() -> None:
    server = SmallServer(lambda _call: Reply(429, b"", {"Retry-After": "90"}))
    with server.running(), pytest.raises(LaterError) as caught:
        oauth.refresh(RULES, server.url, APP, OLD, NOW)
    assert caught.value.not_before == NOW + timedelta(seconds=90)


def test_tokens_and_secrets_never_show() -> None:
    assert "a0" not in repr(OLD)
    assert "r0" not in repr(OLD)
    assert "app-secret" not in repr(APP)


def test_an_app_signs_with_its_id_and_secret_encoded_apart() -> None:
    headers = oauth.app_headers(oauth.AppCredentials("an:id", "a secret/1"))
    assert b64decode(headers["Authorization"].removeprefix("Basic ")) == b"an%3Aid:a+secret%2F1"
