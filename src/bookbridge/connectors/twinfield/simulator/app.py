"""The Twinfield simulator as an app: sign-in, work host, credits, and the services' order of checks."""

import copy
import json
import math
from collections.abc import Callable
from typing import Any

from lxml import etree
from werkzeug.wrappers import Request, Response

from bookbridge.connectors.twinfield.simulator import browse, control, dimensions, reads, seed, wire
from bookbridge.connectors.twinfield.simulator.books import Books
from bookbridge.connectors.twinfield.simulator.settings import TwinfieldSimulatorSettings
from bookbridge.connectors.twinfield.simulator.texts import said
from bookbridge.connectors.twinfield.simulator.transactions import MOST_LINES, Acceptance
from bookbridge.connectors.twinfield.simulator.wire import BadRequestError, Call
from bookbridge.kit.simulation import (
    CallLimits,
    ControlError,
    OAuthProvider,
    OAuthRules,
    Simulator,
    SimulatorSettings,
    TokenRefusal,
    TokenRefusedError,
)
from bookbridge.kit.simulation.limits import CallAllowance

SIGN_IN = "/auth/authentication/connect"
VALIDATION = f"{SIGN_IN}/accesstokenvalidation"
PROCESS_XML, FINDER, PERIODS = (
    f"/webservices/{name}" for name in ("processxml.asmx", "finder.asmx", "PeriodService.svc")
)
OPERATIONS = {PROCESS_XML: "ProcessXmlString", FINDER: "Search", PERIODS: "Query"}
CHANGES = {"transactions", "transaction", "dimensions", "dimension"}
COST_OF_CHANGE = 3
SCOPES = {"openid", "twf.user", "twf.organisation", "twf.organisationUser", "offline_access"}
TOKEN_CODE = "354"  # noqa: S105 - a code of an error.


class TwinfieldOAuth(OAuthProvider):
    """OpenID Connect at the login host: a nonce and all scopes are wanted, and a token tells its cluster."""

    package_title = "Twinfield"
    permissions = ("use your organisation and its offices with your rights", "stay connected")
    user_name = "Demo boekhouder"

    @property
    def addresses(self) -> frozenset[str]:
        return super().addresses | {VALIDATION}

    def answer(self, request: Request) -> Response | None:
        return self._claims(request) if request.path == VALIDATION else super().answer(request)

    def _authorize_problem(self, request: Request) -> str | None:
        problem = super()._authorize_problem(request)
        if problem is None and request.method == "GET":
            if not request.args.get("nonce"):
                return "The nonce is missing."
            if set(request.args.get("scope", "").split()) < SCOPES:
                return "A scope is missing."
        return problem

    def _check_client(self, request: Request) -> None:
        if request.authorization is None:
            raise TokenRefusedError(TokenRefusal.WRONG_CLIENT)
        super()._check_client(request)

    def _claims(self, request: Request) -> Response:
        try:
            bearer = self.of_token(request.args.get("token", ""))
        except TokenRefusedError:
            return Response('{"Message": "invalid_token"}', status=400, content_type="application/json")
        settings = self._settings
        assert isinstance(settings, TwinfieldSimulatorSettings)
        cluster = settings.cluster_url or request.host_url.rstrip("/")
        claims = {"client_id": bearer.client_id, "twf.clusterUrl": cluster, "twf.organisationCode": "DEMO"}
        return Response(json.dumps(claims), content_type="application/json; charset=utf-8")


class TwinfieldSimulator(Simulator):
    """Twinfield, played from its documentation."""

    package_title = "Twinfield"
    settings: TwinfieldSimulatorSettings

    def __init__(self, settings: TwinfieldSimulatorSettings, clock_source: Callable[[], float] | None = None) -> None:
        super().__init__(settings, clock_source)
        self.controls |= {
            ("POST", "/payments"): self._pay,
            ("POST", "/entries"): self._alter_entry,
            ("POST", "/settings"): self._change_settings,
            ("GET", "/settings"): lambda _request: self.settings.model_dump(mode="json", exclude={"client_secret"}),
        }
        with self.store.transaction():
            if self.store.note("seeded") is None:
                for office in seed.OFFICES:
                    seed.sow(self.store, office)
                self.store.set_note("seeded", "1")

    def make_oauth(self) -> OAuthProvider:
        rules = OAuthRules(
            authorize_path=f"{SIGN_IN}/authorize",
            token_path=f"{SIGN_IN}/token",
            access_life_s=3600,
            refresh_life_s=25 * 365 * 86400,
            refresh_is_one_time=False,
        )
        return TwinfieldOAuth(rules, self.settings, self.store, self.clock)

    # --- what fault rules know a call by

    def resource_path(self, request: Request) -> str:
        try:
            call = wire.read_call(request.get_data())
        except BadRequestError:
            return request.path
        detail = ""
        if call.root == "columns" and call.request is not None:
            detail = f"/{call.request.get('code')}"
        elif call.operation == "Search":
            detail = f"/{wire.text(call.body, f'{{{wire.SERVICE}}}type')}"
        return f"{request.path}/{call.root}{detail}"

    def changes_books(self, request: Request) -> bool:
        try:
            return wire.read_call(request.get_data()).root in CHANGES
        except BadRequestError:
            return False

    # --- the services

    def answer_api(self, request: Request) -> Response:
        if request.path not in OPERATIONS or request.method != "POST":
            return Response("Not found", status=404, content_type="text/html")
        try:
            call = wire.read_call(request.get_data())
        except BadRequestError:
            return wire.fault("Server was unable to read request.", caller=True)
        if call.operation != OPERATIONS[request.path]:
            return wire.fault("Server did not recognize the value of HTTP Header SOAPAction.", caller=True)
        try:
            bearer = self.oauth.of_token(call.token)
        except TokenRefusedError:
            return self._token_refused(call)
        limits = CallLimits(self.store, self.clock, self.settings.minute_limit, None)
        cost = COST_OF_CHANGE if call.root in CHANGES else 1
        allowance = limits.take(f"{bearer.client_id}:{call.office}", cost)
        if not allowance.allowed:
            return self._too_many(allowance)
        response = self._serve(call)
        response.headers.update(_credit_headers(allowance, cost))
        return response

    def _token_refused(self, call: Call) -> Response:
        match self.settings.token_refusal:
            case "status":
                return Response(status=401)
            case "result":
                root = etree.Element(call.root)
                wire.flag(root, said("token_coded"))
                return self._result(root)
        return wire.fault(said("token"), code=TOKEN_CODE)

    def _serve(self, call: Call) -> Response:
        if call.root == "list" and call.request is not None and wire.text(call.request, "type") == "offices":
            return self._result(reads.offices())
        if not call.office:
            return wire.fault(said("no_company"), caller=True)
        if call.office not in seed.OFFICES:
            return self._no_access(call)
        books = Books(self.store, call.office, self.clock)
        if call.request is not None:
            return self._process(books, call.request)
        if call.operation == "Search":
            return reads.search(books, self.settings, call.body)
        return reads.periods(books, call.body)

    def _process(self, books: Books, request: wire.Node) -> Response:
        if request.tag in CHANGES:
            return self._change(books, request)
        if request.tag == "read":
            return self._result(reads.read(books, request))
        if request.tag == "dimensiontype":
            return self._result(reads.dimension_type(books, self.settings, request))
        try:
            return self._result(browse.answer(books, self.settings, request))
        except browse.BrowseFaultError as error:
            return wire.fault(f"An unexpected error has occurred: {error}", caller=False)

    def _change(self, books: Books, request: wire.Node) -> Response:
        kind = str(request.tag).removesuffix("s")
        sent = [request] if request.tag == kind else request.findall(kind)
        if any(len(one.findall("lines/line")) > MOST_LINES for one in sent):
            return Response("Too many lines", status=400, content_type="text/plain")
        # Committed before the answer leaves: an answer that is lost does not undo what was accepted.
        with self.store.transaction():
            if kind == "transaction":
                acceptance = Acceptance(books, self.settings)
                answers = [acceptance.accept(one) for one in sent]
            else:
                answers = [dimensions.accept(books, self.settings, one) for one in sent]
        if request.tag == kind:
            return self._result(answers[0])
        root = etree.Element(str(request.tag), {"result": "1" if all(a.get("result") == "1" for a in answers) else "0"})
        if self.settings.children_reversed:
            answers.reverse()
        root.extend(answers[: len(answers) - self.settings.children_lost])
        return self._result(root)

    def _no_access(self, call: Call) -> Response:
        if call.operation == "Search":
            return wire.found([], 0, [], [said("no_access")])
        if call.operation == "Query":
            return wire.fault(said("no_access"), caller=True)
        root = etree.Element(call.root)
        wire.flag(root, said("no_access"))
        return self._result(root)

    def _result(self, root: wire.Node) -> Response:
        return wire.result(root, declares_utf_16=self.settings.declares_utf_16)

    # --- refusals and limits

    def refusal(self, request: Request, message: str) -> Response:
        try:
            call = wire.read_call(request.get_data())
        except BadRequestError:
            return wire.fault(message)
        if call.operation == "Search":
            return wire.found([], 0, [], [message])
        if call.request is None:
            return wire.fault(message)
        root = copy.deepcopy(call.request)
        root.set("result", "0")
        children = [one for one in root if str(one.tag) in CHANGES]
        for one in children or [root]:
            wire.flag(one, message)
        return self._result(root)

    def too_many_requests(self, _request: Request, reset_at: float) -> Response:
        return _wait(reset_at - self.clock())

    def _too_many(self, allowance: CallAllowance) -> Response:
        assert allowance.minute is not None
        response = _wait(allowance.minute.reset_at - self.clock())
        response.headers.update(_credit_headers(allowance, 0))
        return response

    # --- control endpoints

    def _books_of(self, office: str) -> Books:
        if office not in seed.OFFICES:
            raise ControlError(f"No office {office}; there are {sorted(seed.OFFICES)}.")
        return Books(self.store, office, self.clock)

    def books(self, request: Request) -> Any:
        return control.whole_books(self._books_of(request.args.get("office", seed.DEMO_OFFICE)))

    def _pay(self, request: Request) -> Any:
        body = control.PaymentBody.model_validate_json(request.get_data())
        return control.book_payment(self._books_of(body.office), body)

    def _alter_entry(self, request: Request) -> Any:
        body = control.EntryBody.model_validate_json(request.get_data())
        return control.alter_entry(self._books_of(body.office), body)

    def _change_settings(self, request: Request) -> Any:
        body = control.SettingsBody.model_validate_json(request.get_data())
        control.change_data(self._books_of(body.office), body)
        for name, value in body.simulator.items():
            setattr(self.settings, name, value)
        return {"changed": True}


def _credit_headers(allowance: CallAllowance, cost: int) -> dict[str, str]:
    if allowance.minute is None:
        return {}
    limit, remaining = allowance.minute.limit, allowance.minute.remaining
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Credited": str(cost),
    }


def _wait(seconds: float) -> Response:
    return Response(status=429, headers={"Retry-After": str(max(1, math.ceil(seconds)))})


def create_simulator(
    settings: SimulatorSettings, clock_source: Callable[[], float] | None = None
) -> TwinfieldSimulator:
    """The simulator for these settings. Raises pydantic's ValidationError that names a wrong or unknown setting."""
    return TwinfieldSimulator(TwinfieldSimulatorSettings.as_kind(settings), clock_source)
