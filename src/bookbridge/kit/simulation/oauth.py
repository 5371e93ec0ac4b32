"""OAuth2 with the authorisation-code grant, as packages offer it: a consent page and a token endpoint.

What differs between packages is in `OAuthRules`; how a package words a refusal is in its subclass of `OAuthProvider`.
Tokens are kept as hashes only, so that the state file holds nothing that can be used.
"""

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode, urlsplit

from werkzeug.wrappers import Request, Response

from bookbridge.kit.simulation.clock import SimulatorClock
from bookbridge.kit.simulation.limits import DAY_S
from bookbridge.kit.simulation.pages import consent_page, problem_page
from bookbridge.kit.simulation.settings import SimulatorSettings
from bookbridge.kit.simulation.store import SimulatorStore


class TokenRefusal(StrEnum):
    """Why the token endpoint or a bearer check said no."""

    BAD_REQUEST = "bad_request"
    UNKNOWN_GRANT_TYPE = "unknown_grant_type"
    WRONG_CLIENT = "wrong_client"
    WRONG_REDIRECT = "wrong_redirect"
    UNKNOWN_CODE = "unknown_code"
    UNKNOWN_REFRESH_TOKEN = "unknown_refresh_token"  # noqa: S105
    SPENT_REFRESH_TOKEN = "spent_refresh_token"  # noqa: S105
    EXPIRED_REFRESH_TOKEN = "expired_refresh_token"  # noqa: S105
    TOO_EARLY = "too_early"
    TOO_MANY_TOKEN_CALLS = "too_many_token_calls"  # noqa: S105
    NO_ACCESS_TOKEN = "no_access_token"  # noqa: S105
    EXPIRED_ACCESS_TOKEN = "expired_access_token"  # noqa: S105


class TokenRefusedError(Exception):
    """A refusal on its way to becoming an answer. `when` is the moment the refusal speaks of, in epoch seconds."""

    def __init__(self, reason: TokenRefusal, when: float = 0.0, client_id: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.when = when
        self.client_id = client_id


@dataclass(frozen=True)
class OAuthRules:
    """A package's own rules. Times in seconds; none = the rule does not exist."""

    authorize_path: str
    token_path: str
    code_life_s: float = 180
    access_life_s: float = 600
    refresh_life_s: float = 30 * DAY_S
    refresh_is_one_time: bool = True
    """Where it isn't, a refresh gives the same refresh token back."""
    too_early_s: float | None = None
    token_calls_a_day: int | None = None
    expires_in_is_text: bool = False


@dataclass(frozen=True)
class _Grant:
    client_id: str
    user_id: str
    issued_at: float
    expires_at: float
    spent: int
    redirect_uri: str | None


@dataclass(frozen=True)
class Bearer:
    """Who calls: the app and the user it acts for."""

    client_id: str
    user_id: str


class OAuthProvider:
    """The pages and the token endpoint. A package overrides `refusal` to answer in its own words."""

    def __init__(
        self, rules: OAuthRules, settings: SimulatorSettings, store: SimulatorStore, clock: SimulatorClock
    ) -> None:
        self.rules = rules
        self._settings = settings
        self._store = store
        self._clock = clock

    package_title = "the package"
    permissions: tuple[str, ...] = ()
    user_id = "user-1"
    user_name = "Demo user"

    @property
    def addresses(self) -> frozenset[str]:
        """The paths of the sign-in: they are no part of the API, and their queries hold secrets. A package that has
        more than the two joins them."""
        return frozenset({self.rules.authorize_path, self.rules.token_path})

    def refusal(self, refused: TokenRefusedError) -> Response:
        """The answer of the token endpoint to a refusal; RFC 6749 section 5.2 unless a package knows better."""
        error, status = {
            TokenRefusal.WRONG_CLIENT: ("invalid_client", 401),
            TokenRefusal.BAD_REQUEST: ("invalid_request", 400),
            TokenRefusal.UNKNOWN_GRANT_TYPE: ("unsupported_grant_type", 400),
            TokenRefusal.TOO_MANY_TOKEN_CALLS: ("slow_down", 429),
        }.get(refused.reason, ("invalid_grant", 400))
        return token_error(status, error, refused.reason.value.replace("_", " "))

    def answer(self, request: Request) -> Response | None:
        """The answer to a call on one of the OAuth addresses; none for any other."""
        if request.path == self.rules.token_path:
            try:
                return self._token(request)
            except TokenRefusedError as refused:
                return self.refusal(refused)
        if request.path == self.rules.authorize_path:
            return self._authorize(request)
        return None

    def bearer(self, request: Request) -> Bearer:
        """Who calls the API. Raises TokenRefusedError without a valid access token."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return self.of_token(token if scheme.lower() == "bearer" else "")

    def of_token(self, token: str) -> Bearer:
        """Whom an access token is for, where a call shows it somewhere else. Raises TokenRefusedError."""
        grant = self._grant("access", token) if token else None
        if grant is None:
            raise TokenRefusedError(TokenRefusal.NO_ACCESS_TOKEN)
        if grant.expires_at <= self._clock():
            raise TokenRefusedError(TokenRefusal.EXPIRED_ACCESS_TOKEN, grant.expires_at, grant.client_id)
        return Bearer(grant.client_id, grant.user_id)

    def revoke_all(self) -> None:
        """Make every token worthless, as when the user withdraws the app's access."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM grants")

    def age(self, seconds: float) -> None:
        """Let so much time pass for access and refresh tokens."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE grants SET issued_at = issued_at - ?, expires_at = expires_at - ?"
                " WHERE use IN ('access', 'refresh')",
                (seconds, seconds),
            )

    # --- the consent page

    def _authorize(self, request: Request) -> Response:
        problem = self._authorize_problem(request)
        if problem is not None:
            return Response(
                problem_page(self.package_title, problem), status=400, content_type="text/html; charset=utf-8"
            )
        redirect_uri, state = request.values["redirect_uri"], request.values.get("state")
        if request.method == "POST":
            decision = request.form.get("decision")
        else:
            decision = "approve" if self._settings.auto_approve else None
        if decision is None:
            fields = {
                name: request.values.get(name, "") for name in ("client_id", "redirect_uri", "response_type", "state")
            }
            page = consent_page(
                self.package_title,
                app_name=self._settings.app_name,
                permissions=self.permissions,
                user_name=self.user_name,
                action=self.rules.authorize_path,
                fields=fields,
            )
            return Response(page, content_type="text/html; charset=utf-8")
        result = {"code": self._issue_code(redirect_uri)} if decision == "approve" else {"error": "access_denied"}
        if state is not None:
            result["state"] = state
        joint = "&" if urlsplit(redirect_uri).query else "?"
        return Response(status=302, headers={"Location": f"{redirect_uri}{joint}{urlencode(result)}"})

    def _authorize_problem(self, request: Request) -> str | None:
        # A wrong client or redirect address is told to the person, never sent on: RFC 6749 section 4.1.2.1.
        if request.values.get("client_id") != self._settings.client_id:
            return "The client id is unknown."
        redirect_uri = request.values.get("redirect_uri", "")
        allowed = self._settings.redirect_uris
        if urlsplit(redirect_uri).scheme not in {"http", "https"} or (allowed and redirect_uri not in allowed):
            return "The redirect address is not registered for this app."
        if request.values.get("response_type") != "code":
            return "The response type must be code."
        return None

    def _issue_code(self, redirect_uri: str) -> str:
        return self._issue("code", self._settings.client_id, self.rules.code_life_s, redirect_uri)

    # --- the token endpoint

    def _token(self, request: Request) -> Response:
        if request.method != "POST":
            raise TokenRefusedError(TokenRefusal.BAD_REQUEST)
        self._check_client(request)
        self._check_token_calls()
        kept = ""
        with self._store.transaction():
            grant_type = request.form.get("grant_type")
            if grant_type == "authorization_code":
                self._spend_code(request.form.get("code", ""), request.form.get("redirect_uri", ""))
            elif grant_type == "refresh_token":
                kept = request.form.get("refresh_token", "")
                self._spend_refresh_token(kept)
            else:
                raise TokenRefusedError(TokenRefusal.UNKNOWN_GRANT_TYPE)
            return self._issue_pair("" if self.rules.refresh_is_one_time else kept)

    def _check_client(self, request: Request) -> None:
        client_id, client_secret = request.form.get("client_id", ""), request.form.get("client_secret", "")
        if request.authorization is not None and request.authorization.type == "basic":
            client_id = request.authorization.username or ""
            client_secret = request.authorization.password or ""
        same_secret = secrets.compare_digest(client_secret.encode(), self._settings.client_secret.encode())
        if client_id != self._settings.client_id or not same_secret:
            raise TokenRefusedError(TokenRefusal.WRONG_CLIENT)

    def _check_token_calls(self) -> None:
        if self.rules.token_calls_a_day is None:
            return
        day = int(self._clock() // DAY_S)
        name = f"token-calls:{self._settings.client_id}:{self.user_id}"
        if self._store.counted(name, day) >= self.rules.token_calls_a_day:
            raise TokenRefusedError(TokenRefusal.TOO_MANY_TOKEN_CALLS, (day + 1) * DAY_S)
        self._store.count_up(name, day)

    def _spend_code(self, code: str, redirect_uri: str) -> None:
        grant = self._grant("code", code)
        if grant is None or grant.spent or grant.expires_at <= self._clock():
            raise TokenRefusedError(TokenRefusal.UNKNOWN_CODE)
        if grant.redirect_uri != redirect_uri:
            raise TokenRefusedError(TokenRefusal.WRONG_REDIRECT)
        self._spend(code)

    def _spend_refresh_token(self, token: str) -> None:
        grant = self._grant("refresh", token)
        if grant is None:
            raise TokenRefusedError(TokenRefusal.UNKNOWN_REFRESH_TOKEN)
        if grant.spent:
            raise TokenRefusedError(TokenRefusal.SPENT_REFRESH_TOKEN)
        if grant.expires_at <= self._clock():
            raise TokenRefusedError(TokenRefusal.EXPIRED_REFRESH_TOKEN, grant.expires_at)
        if self.rules.too_early_s is not None and self._clock() < grant.issued_at + self.rules.too_early_s:
            raise TokenRefusedError(TokenRefusal.TOO_EARLY, grant.issued_at + self.rules.too_early_s)
        if self.rules.refresh_is_one_time:
            self._spend(token)

    def _issue_pair(self, kept_refresh_token: str) -> Response:
        client_id = self._settings.client_id
        access = self._issue("access", client_id, self.rules.access_life_s)
        refresh = kept_refresh_token or self._issue("refresh", client_id, self.rules.refresh_life_s)
        lifetime = int(self.rules.access_life_s)
        return json_token_answer(
            {
                "access_token": access,
                "token_type": "bearer",
                "expires_in": str(lifetime) if self.rules.expires_in_is_text else lifetime,
                "refresh_token": refresh,
            }
        )

    # --- grants

    def _issue(self, use: str, client_id: str, life_s: float, redirect_uri: str | None = None) -> str:
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO grants (token, use, client_id, user_id, issued_at, expires_at, redirect_uri)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (_hash(token), use, client_id, self.user_id, now, now + life_s, redirect_uri),
            )
        return token

    def _grant(self, use: str, token: str) -> _Grant | None:
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT client_id, user_id, issued_at, expires_at, spent, redirect_uri FROM grants"
                " WHERE token = ? AND use = ?",
                (_hash(token), use),
            ).fetchone()
        return _Grant(*row) if row else None

    def _spend(self, token: str) -> None:
        with self._store.transaction() as connection:
            connection.execute("UPDATE grants SET spent = 1 WHERE token = ?", (_hash(token),))


class NoOAuth(OAuthProvider):
    """For a package that lets nobody in by OAuth2: no pages; `revoke` takes its keys away."""

    def __init__(
        self,
        settings: SimulatorSettings,
        store: SimulatorStore,
        clock: SimulatorClock,
        revoke: Callable[[], None],
    ) -> None:
        super().__init__(OAuthRules("", ""), settings, store, clock)
        self._revoke = revoke

    def revoke_all(self) -> None:
        self._revoke()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def json_token_answer(body: dict[str, object], status: int = 200) -> Response:
    """A JSON answer that no cache keeps, as RFC 6749 section 5.1 wants."""
    return Response(
        json.dumps(body),
        status=status,
        content_type="application/json; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )


def token_error(status: int, error: str, description: str) -> Response:
    """An error answer of the token endpoint."""
    return json_token_answer({"error": error, "error_description": description}, status)
