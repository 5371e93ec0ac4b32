"""The Multivers simulator as an app: log-in, addresses, and how its answers and refusals look."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

from werkzeug.wrappers import Request, Response

from bookbridge.connectors.multivers_online.simulator import (
    control,
    invoices,
    lists,
    memorials,
    relations,
    seed,
    shown,
)
from bookbridge.connectors.multivers_online.simulator.books import Books, Record
from bookbridge.connectors.multivers_online.simulator.settings import MultiversSimulatorSettings
from bookbridge.connectors.multivers_online.simulator.texts import TEXTS, RefusedError
from bookbridge.kit.simulation import (
    CallLimits,
    OAuthProvider,
    OAuthRules,
    Simulator,
    SimulatorSettings,
    TokenRefusedError,
)
from bookbridge.kit.simulation.oauth import token_error

ADDRESS = re.compile(r"/api/(?:(?P<database>MVL\d+)/)?(?P<path>.+)")
COMMANDS = ("GetNextJournalTransactionCommand",)
"""What is asked for by a POST and changes no books."""


class MultiversOAuth(OAuthProvider):
    """The one scope, and a refresh that wants the redirect address too."""

    package_title = "Multivers Online"
    permissions = ("http://UNIT4.Multivers.API/Web/WebApi/*",)
    user_name = "Demo Boekhouder"

    def answer(self, request: Request) -> Response | None:
        is_refresh = request.path == self.rules.token_path and request.form.get("grant_type") == "refresh_token"
        if is_refresh and not request.form.get("redirect_uri"):
            return token_error(400, "invalid_request", "redirect_uri is required")
        return super().answer(request)


class MultiversSimulator(Simulator):
    """Multivers Online, played from what is public of it."""

    package_title = "Multivers Online"
    settings: MultiversSimulatorSettings

    def __init__(self, settings: MultiversSimulatorSettings, clock_source: Callable[[], float] | None = None) -> None:
        super().__init__(settings, clock_source)
        self._limits = CallLimits(self.store, self.clock, settings.minute_limit, settings.day_limit)
        self.controls |= {
            ("POST", "/payments"): self._pay,
            ("POST", "/entries"): self._alter_entry,
            ("POST", "/bookings"): self._book_by_hand,
            ("POST", "/settings"): self._change_settings,
        }
        with self.store.transaction():
            if self.store.note("seeded") is None:
                for database in seed.DATABASES:
                    seed.sow(self.store, database)
                self.store.set_note("seeded", "1")

    def make_oauth(self) -> OAuthProvider:
        rules = OAuthRules(
            authorize_path="/OAuth/Authorize",
            token_path="/OAuth/Token",  # noqa: S106 - an address.
            access_life_s=self.settings.access_life_s,
            refresh_is_one_time=self.settings.refresh_is_one_time,
        )
        return MultiversOAuth(rules, self.settings, self.store, self.clock)

    def changes_books(self, request: Request) -> bool:
        return super().changes_books(request) and not request.path.endswith(COMMANDS)

    # --- around every call

    def answer_api(self, request: Request) -> Response:
        try:
            bearer = self.oauth.bearer(request)
        except TokenRefusedError:
            return shown.answer({"Message": "Authorization has been denied for this request."}, 401)
        allowance = self._limits.take(bearer.client_id)
        if not allowance.allowed:
            return self.too_many_requests(request, allowance.minute.reset_at if allowance.minute else self.clock() + 60)
        return self._answer_resource(request)

    def _answer_resource(self, request: Request) -> Response:
        if "json" not in request.headers.get("Accept", ""):
            # XML is the default in places.
            return Response("<Error/>", status=200, content_type="application/xml")
        if "%" in request.path:
            return shown.answer({"Message": TEXTS["dangerous"]}, 400)
        found = ADDRESS.fullmatch(request.path)
        if found is None:
            return self._not_found()
        try:
            return self._serve(request, found)
        except RefusedError as error:
            return self.refusal(request, error.text)

    def _serve(self, request: Request, found: "re.Match[str]") -> Response:
        parts = [part.replace("!_", "%") for part in found["path"].split("/")]
        if found["database"] is None:
            return self._administrations(request, parts[0])
        if found["database"] not in seed.DATABASES:
            return shown.answer({"Message": "Forbidden"}, 403)
        books = self._books_of(found["database"])
        if self.changes_books(request):
            # Committed before the answer leaves: an answer that is lost does not undo what was accepted.
            with self.store.transaction():
                return self._change(request, books, parts)
        if request.method == "POST":
            with self.store.transaction():
                return self._next_number(request, books)
        return self._read(request, books, parts)

    def _administrations(self, request: Request, resource: str) -> Response:
        if resource != "AdministrationInfoList":
            return self._not_found()
        rows = [{"administrationId": code, "code": code, "description": name} for code, name in seed.DATABASES.items()]
        return shown.answer(shown.page(rows, request, self.settings))

    def _next_number(self, request: Request, books: Books) -> Response:
        year, journal = int(request.args.get("fiscalYear", "0")), request.args.get("journalId", "")
        books.known("fiscal_year", year, "year_unknown", year=year)
        books.journal(journal)
        number = books.next_number(year, journal)
        told = max(number - 1, 1) if self.settings.draws_last_used else number
        return shown.answer({"messages": [], "nextJournalTransaction": told})

    # --- reading

    def _read(self, request: Request, books: Books, parts: list[str]) -> Response:
        rows = lists.rows(books, parts, request.args)
        if rows is not None:
            made = [shown.record(row, self.settings) for row in rows]
            made = shown.named(made, self.settings) if parts[0].endswith("NVL") else made
            return shown.answer(shown.page(made, request, self.settings))
        one = lists.one(books, parts)
        if one is None:
            return self._not_found()
        return shown.answer(shown.record(one, self.settings)) if one else self._absent()

    def _absent(self) -> Response:
        match self.settings.absent_form:
            case "404_empty":
                return Response(status=404)
            case "204":
                return Response(status=204)
            case "null":
                return shown.answer(None)
        return self._not_found()

    def _not_found(self) -> Response:
        return shown.answer({"Message": TEXTS["not_found"]}, 404)

    # --- changing

    def _change(self, request: Request, books: Books, parts: list[str]) -> Response:
        resource, fields = parts[0], self._body(request)
        if request.method == "POST" and len(parts) == 1:
            made = self._add(books, resource, fields)
            return self._not_found() if made is None else self._created(books, made)
        if request.method == "PUT" and resource in relations.ROLES and len(parts) == 2:
            changed = relations.change(books, relations.ROLES[resource], parts[1], fields)
            return shown.answer(shown.record(changed, self.settings))
        return self._not_found()

    def _body(self, request: Request) -> Record:
        try:
            sent = json.loads(request.get_data(), parse_float=lambda text: str(Decimal(text)))
        except ValueError as error:
            raise RefusedError("bad_json") from error
        if not isinstance(sent, dict):
            raise RefusedError("bad_json")
        return cast(Record, sent)

    def _add(self, books: Books, resource: str, fields: Record) -> Record | None:
        if resource in relations.ROLES:
            return relations.add(books, relations.ROLES[resource], fields)
        if resource in invoices.SIDES:
            return invoices.accept(books, invoices.SIDES[resource], fields)
        if resource == "FinTrans":
            return memorials.accept(books, fields)
        return relations.add_bank_account(books, fields) if resource == "BankAccount" else None

    def _created(self, books: Books, made: Record) -> Response:
        if not self.settings.created_body:
            return Response(status=201)
        rules = [{"ruleName": "Notice", "priority": 1, "messageText": "Let op: controleer de boeking."}]
        told = {"messages": [], "brokenRulesCollection": rules if self.settings.warnings else []}
        return shown.answer({**shown.record(lists.complete(made, books), self.settings), **told}, 201)

    # --- refusals

    def refusal(self, request: Request, message: str) -> Response:
        match self.settings.refusal_form:
            case "message":
                return shown.answer({"Message": message}, 400)
            case "broken_rules" if self.changes_books(request):
                rules = [{"ruleName": "Rule", "priority": 0, "messageText": message}]
                return shown.answer({"messages": [], "canChange": True, "brokenRulesCollection": rules})
            case "empty":
                return Response(status=400)
        said = {"exceptionId": "0", "message": message, "messageType": 0, "path": ""}
        return shown.answer({"messages": [said]}, 400)

    def too_many_requests(self, _request: Request, reset_at: float) -> Response:
        headers = {"Retry-After": str(max(1, round(reset_at - self.clock())))} if self.settings.retry_after else {}
        return Response(status=429, headers=headers)

    # --- control endpoints

    def _books_of(self, database: str) -> Books:
        return Books(self.store, database, self.settings, self.clock)

    def books(self, request: Request) -> Any:
        return control.whole_books(self._books_of(request.args.get("database", seed.DEMO_DATABASE)))

    def _pay(self, request: Request) -> Any:
        return control.pay(
            self._books_of(seed.DEMO_DATABASE), control.PaymentBody.model_validate_json(request.get_data())
        )

    def _alter_entry(self, request: Request) -> Any:
        body = control.EntryBody.model_validate_json(request.get_data())
        return control.alter_entry(self._books_of(seed.DEMO_DATABASE), body)

    def _book_by_hand(self, request: Request) -> Any:
        body = control.BookingBody.model_validate_json(request.get_data())
        return control.book_by_hand(self._books_of(seed.DEMO_DATABASE), body)

    def _change_settings(self, request: Request) -> Any:
        changed = {**self.settings.model_dump(exclude_unset=True), **json.loads(request.get_data())}
        self.settings = MultiversSimulatorSettings.model_validate(changed)
        return self.settings.model_dump(mode="json", exclude={"client_secret"})


def create_simulator(
    settings: SimulatorSettings, clock_source: Callable[[], float] | None = None
) -> MultiversSimulator:
    """The simulator for these settings. Raises pydantic's ValidationError that names a wrong or unknown setting."""
    return MultiversSimulator(MultiversSimulatorSettings.as_kind(settings), clock_source)
