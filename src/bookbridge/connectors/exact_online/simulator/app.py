"""The Exact Online simulator as an app: log-in, limits, addresses, and the answers' order of checks."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from bookbridge.connectors.exact_online.simulator import control, invoices, memorials, open_items, seed
from bookbridge.connectors.exact_online.simulator.books import USER_ID, USER_NAME, Books, NotThereError
from bookbridge.connectors.exact_online.simulator.filters import equalities
from bookbridge.connectors.exact_online.simulator.odata import Presenter, Query, matching, read_query
from bookbridge.connectors.exact_online.simulator.resources import LINES, RESOURCES, Resource
from bookbridge.connectors.exact_online.simulator.settings import ExactOnlineSimulatorSettings
from bookbridge.connectors.exact_online.simulator.texts import BusinessRefusalError
from bookbridge.connectors.exact_online.simulator.values import BadRequestError, read_body
from bookbridge.kit.simulation import (
    CallLimits,
    ControlError,
    ErrorLimit,
    Narrowing,
    OAuthProvider,
    OAuthRules,
    Simulator,
    SimulatorSettings,
    TokenRefusal,
    TokenRefusedError,
)
from bookbridge.kit.simulation.limits import CallAllowance, WindowState
from bookbridge.kit.simulation.oauth import token_error

ADDRESS = re.compile(r"/api/v1/(?P<division>current|\d{1,9})/(?P<path>[A-Za-z/]+?)/?(?:\((?P<key>[^()]*)\))?")
KEY = re.compile(r"(?:guid)?'(?P<text>[^']+)'|(?P<number>\d+)L?")
NOT_FOUND = "Resource not found for the segment."
COUNTED_ERRORS = {400, 401, 403, 404}
CHANGING = {"POST", "PUT", "DELETE"}
JOURNAL_TYPES = {10: "Cash", 12: "Bank", 20: "Sales", 22: "Purchase", 90: "General journal"}


class ExactOnlineOAuth(OAuthProvider):
    """Exact's words for what the token endpoint refuses; see the fact sheet for the sources."""

    package_title = "Exact Online"
    permissions = (
        "read and change customers and suppliers",
        "read and add sales, purchase and general journal entries",
        "read ledger accounts, journals, VAT codes and outstanding items",
    )
    user_id = USER_ID
    user_name = USER_NAME

    def _authorize_problem(self, request: Request) -> str | None:
        problem = super()._authorize_problem(request)
        address = urlsplit(request.values.get("redirect_uri", ""))
        local = address.hostname in {None, "localhost", "127.0.0.1", "::1"}
        settings = self._settings
        if problem is None and isinstance(settings, ExactOnlineSimulatorSettings) and settings.require_public_redirect:
            return (
                "The redirect address must be a public https address." if local or address.scheme != "https" else None
            )
        return problem

    def refusal(self, refused: TokenRefusedError) -> Response:
        match refused.reason:
            case TokenRefusal.TOO_EARLY:
                answer = token_error(400, "access_denied", "Rate limit exceeded: access_token not expired")
                answer.headers["Reason"] = "TooEarlyToRefreshTokens"
                return answer
            case TokenRefusal.SPENT_REFRESH_TOKEN:
                return token_error(401, "unauthorized_client", "Old refresh token used.")
            case TokenRefusal.EXPIRED_REFRESH_TOKEN:
                return token_error(400, "invalid_request", f"The refresh token expired at {refused.when:.0f}")
        return super().refusal(refused)


class ExactOnlineSimulator(Simulator):
    """Exact Online, played from its documentation."""

    package_title = "Exact Online"
    settings: ExactOnlineSimulatorSettings

    def __init__(self, settings: ExactOnlineSimulatorSettings, clock_source: Callable[[], float] | None = None) -> None:
        super().__init__(settings, clock_source)
        self._apply_settings()
        self.controls |= {
            ("POST", "/payments"): self._pay,
            ("POST", "/entries"): self._alter_entry,
            ("POST", "/settings"): self._change_settings,
            ("GET", "/settings"): lambda _request: self._shown_settings(),
        }
        with self.store.transaction():
            if self.store.note("seeded") is None:
                for division in seed.DIVISIONS:
                    seed.sow(Books(self.store, division, self.clock))
                self.store.set_note("seeded", "1")

    def _apply_settings(self) -> None:
        asked = self.settings
        self.call_limits = CallLimits(
            self.store, self.clock, asked.minute_limit, asked.day_limit, times_faster=asked.limits_times_faster
        )
        self.error_limit = ErrorLimit(self.store, self.clock, self.settings.error_limit_count)
        self.oauth = self.make_oauth()

    def make_oauth(self) -> OAuthProvider:
        rules = OAuthRules(
            authorize_path="/api/oauth2/auth",
            token_path="/api/oauth2/token",  # noqa: S106 - an address.
            too_early_s=self.settings.too_early_s,
            token_calls_a_day=self.settings.token_calls_a_day,
            expires_in_is_text=True,
        )
        return ExactOnlineOAuth(rules, self.settings, self.store, self.clock)

    # --- limits and log-in around every call

    def answer_api(self, request: Request) -> Response:
        endpoint = ADDRESS.fullmatch(request.path)
        show = self._presenter(request, endpoint["division"] if endpoint else "current")
        if endpoint is None:
            return show.error(404, NOT_FOUND)
        try:
            bearer = self.oauth.bearer(request)
        except TokenRefusedError as refused:
            if refused.client_id:
                self._count_error(refused.client_id, endpoint, 401)
            return show.error(401, "Unauthorized")
        if self.settings.error_limit and self.error_limit.blocked_until(bearer.client_id):
            return show.error(self.settings.error_limit_status, "Too many errors: the key is blocked.")  # composed
        allowance = self.call_limits.take(f"{bearer.client_id}:{endpoint['division']}")
        if not allowance.allowed:
            return Response(status=429, headers=_limit_headers(allowance))
        response = self._answer_address(request, endpoint, show)
        response.headers.update(_limit_headers(allowance))
        self._count_error(bearer.client_id, endpoint, response.status_code)
        return response

    def _count_error(self, client_id: str, endpoint: "re.Match[str]", status: int) -> None:
        if self.settings.error_limit and status in COUNTED_ERRORS:
            self.error_limit.count_error(client_id, f"{endpoint['division']}:{endpoint['path'].lower()}")

    def refusal(self, request: Request, message: str) -> Response:
        return self._presenter(request, "current").error(500, message)

    def too_many_requests(self, _request: Request, reset_at: float) -> Response:
        limit = self.settings.minute_limit or 60
        window = WindowState(limit, limit, 0)
        headers = _limit_headers(CallAllowance(False, window, None))
        headers["X-RateLimit-Minutely-Reset"] = str(int(reset_at * 1000))
        return Response(status=429, headers=headers)

    def _presenter(self, request: Request, division: str) -> Presenter:
        address = f"{request.host_url.rstrip('/')}/api/v1/{division}"
        store = self.store
        return Presenter(request, address, lambda lines, id: store.all(lines.kind, division, Narrowing(reference=id)))

    # --- addresses

    def _answer_address(self, request: Request, endpoint: "re.Match[str]", show: Presenter) -> Response:
        is_current = endpoint["division"] == "current"
        path = endpoint["path"].lower()
        resource = RESOURCES.get(f"current/{path}" if is_current else path)
        if resource is None:
            return show.error(404, NOT_FOUND)
        if request.method not in resource.methods:
            return show.error(405, f"Method {request.method} is not supported for this resource.")
        division = seed.DEMO_DIVISION if is_current else int(endpoint["division"])
        if division not in self._granted():
            return show.error(403, "Forbidden")
        books = Books(self.store, division, self.clock)
        return self._with_refusals(show, lambda: self._serve(request, resource, books, show, endpoint["key"]))

    def _with_refusals(self, show: Presenter, serve: Callable[[], Response]) -> Response:
        try:
            return serve()
        except BadRequestError as error:
            return show.error(400, str(error))
        except BusinessRefusalError as error:
            return show.error(500, error.text(self.settings.language))
        except NotThereError:
            return show.error(404, NOT_FOUND)

    def _granted(self) -> set[int]:
        granted = self.settings.granted_divisions
        return set(seed.DIVISIONS) if granted is None else set(seed.DIVISIONS) & set(granted)

    def _serve(self, request: Request, resource: Resource, books: Books, show: Presenter, key: str | None) -> Response:
        if request.method in CHANGING:
            # Committed before the answer leaves: an answer that is lost does not undo what was accepted.
            with self.store.transaction():
                return self._change(request, resource, books, show, key)
        mandatory = self.settings.mandatory_filters.get(resource.path, ()) if key is None else ()
        query = read_query(resource, request.args, mandatory)
        if key is not None:
            return show.single(resource, self._one(resource, books, key), query)
        return show.page(resource, matching(resource, self._records(resource, books, query), query), query)

    # --- reading

    def _one(self, resource: Resource, books: Books, key: str) -> dict[str, Any]:
        wanted = _key_of(key)
        for record in self._records(resource, books, None, wanted):
            if str(record.get(resource.key)).strip().lower() == wanted.lower():
                return record
        raise NotThereError(key)

    def _records(
        self, resource: Resource, books: Books, query: Query | None, id: str | None = None
    ) -> list[dict[str, Any]]:
        special: dict[str, Callable[[], list[dict[str, Any]]]] = {
            "me": lambda: [self._me()],
            "division": lambda: [seed.division_record(d, current=d == books.division) for d in sorted(self._granted())],
            "receivable": lambda: open_items.rows(books, "receivable", self.settings),
            "payable": lambda: open_items.rows(books, "payable", self.settings),
            "journal_status": lambda: _journal_statuses(books),
            "vat_code": lambda: [self._vat_code(record) for record in self.store.all("vat_code", books.administration)],
        }
        if resource.kind in special:
            return special[resource.kind]()
        if id is not None and resource.types[resource.key] == "guid":
            return self.store.all(resource.kind, books.administration, Narrowing(id=id))
        return self.store.all(resource.kind, books.administration, _narrowing(resource, query))

    def _vat_code(self, record: dict[str, Any]) -> dict[str, Any]:
        if self.settings.vat_percentage_as_fraction:
            return record
        return {**record, "Percentage": str(Decimal(record["Percentage"]) * 100)}

    def _me(self) -> dict[str, Any]:
        language = {"nl": "nl-NL", "en": "en-GB"}[self.settings.language]
        first, _, last = USER_NAME.partition(" ")
        current = seed.DEMO_DIVISION if seed.DEMO_DIVISION in self._granted() else min(self._granted())
        names = {"FullName": USER_NAME, "FirstName": first, "LastName": last, "UserName": "demo.boekhouder"}
        languages = {"Language": self.settings.language.upper(), "LanguageCode": language}
        now = self.clock.now().strftime("%Y-%m-%d %H:%M:%S")
        return {
            "UserID": USER_ID,
            "CurrentDivision": current,
            "ServerTime": now,
            "Legislation": 1,
            **names,
            **languages,
        }

    # --- changing

    def _change(self, request: Request, resource: Resource, books: Books, show: Presenter, key: str | None) -> Response:
        if request.method == "POST":
            if key is not None:
                return show.error(405, "A POST goes to the resource itself.")
            record = self._add(resource, books, self._body(request, resource))
            if "return=representation" not in request.headers.get("Prefer", "").lower():
                return show.nulls(resource)
            return show.single(resource, record, None, 201)
        id = _key_of(key or "")
        if request.method == "DELETE":
            invoices.remove(books, invoices.SIDES[resource.kind], id)
        elif resource.kind == "account":
            books.change_account(id, self._body(request, resource))
        else:
            invoices.change(books, invoices.SIDES[resource.kind], id, self._body(request, resource))
        return Response(status=204)

    def _body(self, request: Request, resource: Resource) -> dict[str, Any]:
        try:
            sent = json.loads(request.get_data(), parse_float=Decimal)
        except ValueError as error:
            raise BadRequestError(
                "Error processing request stream. The request should be a valid JSON object."
            ) from error
        return read_body(resource, sent, LINES.get(resource.lines or ""))

    def _add(self, resource: Resource, books: Books, fields: dict[str, Any]) -> dict[str, Any]:
        match resource.kind:
            case "account":
                return books.add_account(fields)
            case "bank_account":
                return books.add_bank_account(fields)
            case "journal_entry":
                return memorials.accept(books, fields)
        return invoices.accept(books, invoices.SIDES[resource.kind], fields)

    # --- control endpoints

    def _books_of(self, division: int) -> Books:
        if division not in seed.DIVISIONS:
            raise ControlError(f"No division {division}; there are {sorted(seed.DIVISIONS)}.")
        return Books(self.store, division, self.clock)

    def books(self, request: Request) -> Any:
        return control.whole_books(self._books_of(int(request.args.get("division", str(seed.DEMO_DIVISION)))))

    def _pay(self, request: Request) -> Any:
        body = control.PaymentBody.model_validate_json(request.get_data())
        return control.book_payment(self._books_of(body.division), body)

    def _alter_entry(self, request: Request) -> Any:
        body = control.EntryBody.model_validate_json(request.get_data())
        return control.alter_entry(self._books_of(body.division), body)

    def _change_settings(self, request: Request) -> Any:
        body = control.SettingsBody.model_validate_json(request.get_data())
        control.change_data(self._books_of(body.division), body)
        if body.simulator:
            changed = {**self.settings.model_dump(exclude_unset=True), **body.simulator}
            self.settings = ExactOnlineSimulatorSettings.model_validate(changed)
            self._apply_settings()
        return self._shown_settings()

    def _shown_settings(self) -> Any:
        return self.settings.model_dump(mode="json", exclude={"client_secret"})

    def front_links(self) -> list[tuple[str, str]]:
        books = [(f"/_simulator/books?division={d}", f"Books of {name} ({d})") for d, name in seed.DIVISIONS.items()]
        return [*books, *[link for link in super().front_links() if link[1] != "Books"]]


def _key_of(key: str) -> str:
    found = KEY.fullmatch(key.strip())
    if found is None:
        raise BadRequestError(f"Bad Request - Error in query syntax: '{key}'.")
    return found["text"] or found["number"]


def _narrowing(resource: Resource, query: Query | None) -> Narrowing | None:
    if query is None or query.filter is None:
        return None
    wanted = equalities(query.filter)
    picked = {
        "id": wanted.get(resource.key) if resource.types[resource.key] == "guid" else None,
        "code": wanted.get(resource.code) if resource.code else None,
        "reference": wanted.get(resource.reference) if resource.reference else None,
    }
    journal = wanted.get("Journal") or wanted.get("JournalCode")
    if resource.lines and journal and "EntryNumber" in wanted:
        picked["code"] = f"{journal.strip()}/{wanted['EntryNumber']}"
    return Narrowing(**{name: str(value).strip() for name, value in picked.items() if value is not None})


def _journal_statuses(books: Books) -> list[dict[str, Any]]:
    """Per journal and period whether it is open (0) or closed (1)."""
    journals = books.store.all("journal", books.administration)
    rows = []
    for period in books.store.all("period", books.administration):
        for journal in journals:
            closed = period["_closed"] or journal["Code"] in period["_closed_journals"]
            year, number = period["FinYear"], period["FinPeriod"]
            row = {"Journal": journal["Code"], "Year": year, "Period": number, "Status": int(closed)}
            row |= {"JournalDescription": journal["Description"], "StatusDescription": "Closed" if closed else "Open"}
            row |= {"JournalType": journal["Type"], "JournalTypeDescription": JOURNAL_TYPES[journal["Type"]]}
            rows.append({**row, "_token": f"'{journal['Code']}',{number},{year}"})
    return rows


def _limit_headers(allowance: CallAllowance) -> dict[str, str]:
    """Day and minute headers; only the minute's when the minute is what was hit. Resets in epoch milliseconds."""
    headers: dict[str, str] = {}
    for prefix, window in (("", allowance.day), ("Minutely-", allowance.minute)):
        if window is None or (prefix == "" and allowance.minute_is_hit):
            continue
        headers[f"X-RateLimit-{prefix}Limit"] = str(window.limit)
        headers[f"X-RateLimit-{prefix}Remaining"] = str(window.remaining)
        headers[f"X-RateLimit-{prefix}Reset"] = str(window.reset_at * 1000)
    return headers


def create_simulator(
    settings: SimulatorSettings, clock_source: Callable[[], float] | None = None
) -> ExactOnlineSimulator:
    """The simulator for these settings. Raises pydantic's ValidationError that names a wrong or unknown setting."""
    return ExactOnlineSimulator(ExactOnlineSimulatorSettings.as_kind(settings), clock_source)
