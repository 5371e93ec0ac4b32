"""OAuth2 with the authorisation-code grant, by the rules of a fact sheet. Talks, but stores nothing.

The engine holds the lock of an authorisation, calls `refresh`, and stores the new pair before anything uses it: a
one-time refresh token that is lost between refresh and storing can only be replaced by a person.
"""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

import stamina

from bookbridge.kit.errors import LaterError, NotAllowedError, SignInAgainError, UnreachableError
from bookbridge.kit.fact_sheet import OAuth
from bookbridge.kit.http import Answer, exchange

TIMEOUT_S = 30.0
WAIT_S = 60
"""How long to wait when the package asks to wait without saying for how long."""


@dataclass(frozen=True, slots=True)
class AppCredentials:
    """The app as registered at the package. `redirect_uri` is the same at both steps of a sign-in."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str = ""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """Both tokens with the moments (aware UTC) that rule their use. Tokens never show in a repr."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    refresh_not_before: datetime
    """The package refuses to renew before this moment."""
    refresh_expires_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether the pair may be renewed and should be, before the next call."""
        return now >= self.refresh_not_before


def new_state() -> str:
    """A value that ties the answer of the consent page to the session that asked; compare with `same_state`."""
    return secrets.token_urlsafe(32)


def same_state(kept: str | None, given: str | None) -> bool:
    """Whether the state that came back is ours. A missing one never is."""
    return bool(kept) and bool(given) and secrets.compare_digest(str(kept).encode(), str(given).encode())


def authorise_url(rules: OAuth, base_address: str, app: AppCredentials, state: str) -> str:
    """The package's page on which a person allows the app to act."""
    asked = {
        "client_id": app.client_id,
        "redirect_uri": app.redirect_uri,
        "response_type": "code",
        "state": state,
    }
    if rules.scopes:
        asked["scope"] = " ".join(rules.scopes)
    if rules.with_nonce:
        # We take no identity from the answer, so nothing is compared with it.
        asked["nonce"] = secrets.token_urlsafe(16)
    return f"{base_address.rstrip('/')}{rules.authorise_path}?{urlencode(asked)}"


def exchange_code(rules: OAuth, base_address: str, app: AppCredentials, code: str, now: datetime) -> TokenPair:
    """The first pair, for the code that the consent page gave. A code can be used once and lives for minutes.

    Raises SignInAgainError when the code is not taken, NotAllowedError for wrong app credentials, LaterError, and
    UnreachableError.
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect_uri}
    return _token_call(rules, base_address, app, form=form, now=now, kept_refresh_token="")


def refresh(
    rules: OAuth, base_address: str, app: AppCredentials, pair: TokenPair, now: datetime, *, by_our_clock: bool = True
) -> TokenPair:
    """A new pair; the old refresh token may be worthless from here on. Without `by_our_clock` the package alone judges
    whether it is time.

    Raises LaterError when it is too early (also without a call, when the pair tells), SignInAgainError when the refresh
    token was used before or has expired, NotAllowedError for wrong app credentials, and UnreachableError. After an
    UnreachableError that may have arrived, trying the same refresh token once more is right: either it still works or
    only a person can help.
    """
    if by_our_clock and now < pair.refresh_not_before:
        raise LaterError(pair.refresh_not_before, "the package gives no new access token yet")
    if by_our_clock and pair.refresh_expires_at and now >= pair.refresh_expires_at:
        raise SignInAgainError("the refresh token was not used in time and has expired")
    form = {"grant_type": "refresh_token", "refresh_token": pair.refresh_token}
    if rules.redirect_uri_on_refresh:
        form["redirect_uri"] = app.redirect_uri
    return _token_call(rules, base_address, app, form=form, now=now, kept_refresh_token=pair.refresh_token)


def _token_call(
    rules: OAuth,
    base_address: str,
    app: AppCredentials,
    *,
    form: Mapping[str, str],
    now: datetime,
    kept_refresh_token: str,
) -> TokenPair:
    headers: Mapping[str, str] = {}
    if rules.basic_credentials:
        headers = app_headers(app)
    else:
        form = {**form, "client_id": app.client_id, "client_secret": app.client_secret}
    answer = _ask(f"{base_address.rstrip('/')}{rules.token_path}", form, headers)
    said = _said(answer)
    if not answer.ok:
        _raise_refusal(rules, answer, said, now)
    try:
        return _pair(rules, said, now, kept_refresh_token)
    except (KeyError, TypeError, ValueError):
        pass
    raise UnreachableError("the token endpoint's answer can't be understood")


def app_headers(app: AppCredentials) -> Mapping[str, str]:
    """The headers by which the app itself signs a call: its id and secret, as RFC 7617 has them."""
    # RFC 6749, 2.3.1: both are form-encoded before they are joined.
    joined = f"{quote_plus(app.client_id)}:{quote_plus(app.client_secret)}"
    return {"Authorization": f"Basic {b64encode(joined.encode()).decode()}"}


def _ask(url: str, form: Mapping[str, str], signed: Mapping[str, str]) -> Answer:
    def never_arrived(error: Exception) -> bool:
        return isinstance(error, UnreachableError) and not error.may_have_arrived

    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", **signed}
    for attempt in stamina.retry_context(on=never_arrived, attempts=3, timeout=None, wait_initial=0.1, wait_max=2.0):
        with attempt:
            answer, failure = exchange("POST", url, headers, urlencode(form).encode(), TIMEOUT_S)
            if failure is not None:
                raise failure
            assert answer is not None
            return answer
    raise AssertionError("stamina raises the last error")


def _said(answer: Answer) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _raise_refusal(rules: OAuth, answer: Answer, said: Mapping[str, Any], now: datetime) -> None:
    error = str(said.get("error", ""))
    words = f"{error} {said.get('error_description', '')} {answer.headers.get('Reason', '')}"
    if answer.status == 429 or any(text.lower() in words.lower() for text in rules.too_early_texts):
        raise LaterError(now + timedelta(seconds=_retry_after_s(answer)), "the package gives no new access token yet")
    if answer.status >= 500 or not error:
        raise UnreachableError(f"the token endpoint answered with status {answer.status}")
    if error == "invalid_client":
        raise NotAllowedError("the package does not know the app: check its client id and secret")
    # The description may name the token, so only the standard's own word goes on.
    raise SignInAgainError(f"the package gives no new access token ({error[:60]})")


def _retry_after_s(answer: Answer) -> int:
    given = answer.headers.get("Retry-After", "")
    return min(int(given), 86400) if given.isdigit() else WAIT_S


def _pair(rules: OAuth, said: Mapping[str, Any], now: datetime, kept_refresh_token: str) -> TokenPair:
    issued_at = now.astimezone(UTC)
    # Exact Online sends the number of seconds as text; some packages send none.
    lifetime_s = int(said.get("expires_in") or rules.access_token_s)
    days = rules.refresh_token_days
    return TokenPair(
        access_token=_text(said["access_token"]),
        refresh_token=_text(said.get("refresh_token") or kept_refresh_token),
        issued_at=issued_at,
        expires_at=issued_at + timedelta(seconds=lifetime_s),
        refresh_not_before=issued_at + timedelta(seconds=rules.refresh_not_before_s),
        refresh_expires_at=issued_at + timedelta(days=days) if days else None,
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("no token")
    return value
