"""The Minox simulator as an app: log-in, limits, addresses, and the form of its answers."""

import re
from collections.abc import Callable
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from bookbridge.connectors.minox.simulator import control, seed, showing
from bookbridge.connectors.minox.simulator.batches import Batches
from bookbridge.connectors.minox.simulator.open_items import SIDES, OpenItems
from bookbridge.connectors.minox.simulator.relations import Relations
from bookbridge.connectors.minox.simulator.settings import MinoxSimulatorSettings
from bookbridge.connectors.minox.simulator.texts import NotThereError, RefusalError
from bookbridge.kit import exact_json
from bookbridge.kit.simulation import (
    OAuthProvider,
    OAuthRules,
    Simulator,
    SimulatorSettings,
    TokenRefusedError,
)

API: Final = "/api/1"
_ADMINISTRATION: Final = re.compile(rf"{API}/tenant/(?P<tenant>\d+)/administration/(?P<id>\d+)/(?P<rest>.+)")
_YEAR: Final = re.compile(r"year/(?P<year>\d{4})/transaction_lines")
_MINUTE_S: Final = 60
_NO_ID: Final = frozenset({"transaction_line_batch", "customer", "supplier"})


class MinoxOAuth(OAuthProvider):
    package_title = "Minox"
    permissions = (
        "administraties, grootboek, dagboeken, btw en betalingscondities lezen",
        "debiteuren en crediteuren lezen en wijzigen",
        "boekingen lezen en wijzigen",
    )
    user_name = "Hoofdgebruiker Demo"


class MinoxSimulator(Simulator):
    """Minox Online, played from public facts."""

    package_title = "Minox"
    settings: MinoxSimulatorSettings

    def __init__(self, settings: MinoxSimulatorSettings, clock_source: Callable[[], float] | None = None) -> None:
        super().__init__(settings, clock_source)
        self.controls |= {("POST", "/payments"): self._pay, ("POST", "/entries"): self._alter}
        with self.store.transaction():
            if self.store.note("seeded") is None:
                self._sow()
                self.store.set_note("seeded", "1")

    def _sow(self) -> None:
        for administration in seed.ADMINISTRATIONS:
            for resource, make in seed.RESOURCES.items():
                for record in make():
                    self.store.add(resource, administration, str(record["id"]), record)

    def make_oauth(self) -> OAuthProvider:
        rules = OAuthRules(
            authorize_path="/oauth/authorize",
            token_path="/oauth/token",  # noqa: S106 - an address.
            access_life_s=3600,
        )
        return MinoxOAuth(rules, self.settings, self.store, self.clock)

    # --- what the base asks

    def changes_books(self, request: Request) -> bool:
        return super().changes_books(request) and not request.path.startswith(f"{API}/inspect")

    def resource_path(self, request: Request) -> str:
        """Without the id at the end, so that a fault can name the resource."""
        head, found, _ = request.path.partition("/transaction_line_batch")
        if found:
            return head + found
        for name in _NO_ID:
            head, found, _ = request.path.partition(f"/{name}/")
            if found:
                return f"{head}/{name}"
        return request.path

    def refusal(self, _request: Request, message: str) -> Response:
        form = self.settings.error_form
        if form == "text":
            return Response(message, status=self.settings.refusal_status, content_type="text/plain; charset=utf-8")
        shaped: Any = {"string": message, "object": {"message": message}, "list": {"errors": [{"message": message}]}}
        return self._json(shaped[form], self.settings.refusal_status)

    def too_many_requests(self, _request: Request, reset_at: float) -> Response:
        limit = self._limit()[0] or 20
        answer = Response(status=429)
        answer.headers.update(_limit_headers(limit, 0, reset_at))
        return answer

    # --- limits and log-in

    def answer_api(self, request: Request) -> Response:
        if request.path.rstrip("/") == f"{API}/inspect" and request.method == "POST":
            return self._inspect(request)
        try:
            bearer = self.oauth.bearer(request)
        except TokenRefusedError:
            return self._json("Unauthorized", 401)
        limit, window_s = self._limit()
        if limit is None:
            return self._answered(request)
        name, window = f"calls:{bearer.client_id}", int(self.clock() // window_s)
        reset_at = (window + 1) * window_s
        if self.store.counted(name, window) >= limit:
            return self.too_many_requests(request, reset_at)
        used = self.store.count_up(name, window)
        response = self._answered(request)
        if self.settings.tells_limits:
            response.headers.update(_limit_headers(limit, limit - used, reset_at))
        return response

    def _limit(self) -> tuple[int | None, int]:
        if self.settings.minute_limit is not None:
            return self.settings.minute_limit, _MINUTE_S
        return self.settings.window_limit, self.settings.window_s

    def _inspect(self, request: Request) -> Response:
        signed = request.authorization
        known = (self.settings.client_id, self.settings.client_secret)
        if signed is None or signed.type != "basic" or (signed.username, signed.password) != known:
            return self._json("Unauthorized", 401)
        token = (exact_json.loads(request.get_data()) or {}).get("token")
        try:
            self.oauth.bearer(Request({**request.environ, "HTTP_AUTHORIZATION": f"Bearer {token}"}))
        except TokenRefusedError:
            return self._json("Unauthorized", 401)
        tenants = [{"id": id, "name": name} for id, name in seed.TENANTS.items()]
        return self._json(
            {"linked_tenants": tenants if self.settings.inspect_form == "objects" else list(seed.TENANTS)}
        )

    # --- addresses

    def _answered(self, request: Request) -> Response:
        try:
            if request.method in {"GET", "HEAD"}:
                return self._route(request)
            # Committed before the answer leaves: an answer that is lost does not undo what was accepted.
            with self.store.transaction():
                return self._route(request)
        except RefusalError as refused:
            return self.refusal(request, refused.text)
        except NotThereError:
            return self._json(None, 200) if self.settings.not_found == "null" else self._json("Not found", 404)

    def _route(self, request: Request) -> Response:
        tenant = re.fullmatch(rf"{API}/tenant/(\d+)/administration/?", request.path)
        if tenant and request.method == "GET":
            if int(tenant[1]) not in seed.TENANTS:
                return self._json("Forbidden", 403)
            codes = [code for code in seed.ADMINISTRATIONS if code.startswith(f"{tenant[1]}/")]
            return self._list(request, [self._administration(code) for code in codes])
        found = _ADMINISTRATION.fullmatch(request.path)
        code = f"{found['tenant']}/{found['id']}" if found else ""
        if found is None or code not in seed.ADMINISTRATIONS:
            return self._json("Forbidden" if found else "Not found", 403 if found else 404)
        return self._serve(request, code, found["rest"])

    def _serve(self, request: Request, code: str, rest: str) -> Response:
        resource, _, id = rest.partition("/")
        batches = self._batches(code)
        year = _YEAR.fullmatch(rest)
        if request.method == "GET" and year:
            return self._list(request, self._transaction_lines(batches, int(year["year"]), request))
        if resource == "transaction_line_batch":
            return self._batch(request, batches, id)
        if resource in SIDES.values():
            return self._relation(request, Relations(self.store, resource, code, self.settings), id)
        if request.method == "GET" and resource in SIDES and not id:
            items = self._items(code)
            wanted = items.open(resource) if request.args.get("status") == "open" else items.all(resource)
            return self._list(request, [showing.numbers(item) for item in wanted])
        if request.method == "GET" and resource in seed.RESOURCES and not id:
            return self._list(request, [self._shown(resource, record) for record in self.store.all(resource, code)])
        return self._json("Not found", 404)

    def _batch(self, request: Request, batches: Batches, id: str) -> Response:
        if request.method == "GET":
            return self._json(showing.batch_lines(batches.one(id), self.settings))
        if request.method == "DELETE":
            batches.remove(id)
            return Response(status=204)
        if request.method != "PUT":
            return self._json("Method not allowed", 405)
        batch = batches.put(id, self._body(request))
        answers = {"nothing": None, "id": {"id": id}, "batch": showing.batch_lines(batch, self.settings)}
        answer = answers[self.settings.put_answer]
        return self._json(answer) if answer is not None else Response(status=200)

    def _relation(self, request: Request, relations: Relations, id: str) -> Response:
        by, _, value = id.partition("/")
        show = relations.shown
        if request.method == "GET" and not id:
            return self._list(request, [show(record) for record in relations.all()])
        if request.method == "GET":
            finds = {"by_externalid": relations.by_external_id, "by_email": relations.by_email}
            return self._json(show(finds[by](value) if by in finds else relations.one(id)))
        if request.method == "POST" and not id:
            return self._json(show(relations.add(self._body(request))), 201)
        if request.method == "PATCH":
            return self._json(show(relations.change(id, self._body(request))))
        return self._json("Method not allowed", 405)

    def _transaction_lines(self, batches: Batches, year: int, request: Request) -> list[dict[str, Any]]:
        period = request.args.get("period")
        found: list[dict[str, Any]] = []
        for batch in batches.all():
            head = batch["lines"][0]["period"]
            if head["fiscal_year"] == year and (period is None or str(head["id"]) == period):
                found += showing.transaction_lines(batch, self.settings)
        return found

    # --- the form of answers

    def _body(self, request: Request) -> Any:
        try:
            return exact_json.loads(request.get_data())
        except ValueError:
            raise RefusalError("body", "geen JSON") from None

    def _list(self, request: Request, records: list[dict[str, Any]]) -> Response:
        paging = self.settings.paging
        if paging == "refused" and {"limit", "offset"} & set(request.args):
            return self.refusal(request, "Onbekende parameter: limit")
        if paging in {"offset", "limit_alone"}:
            start = int(request.args.get("offset", "0")) if paging == "offset" else 0
            size = min(int(request.args.get("limit", str(self.settings.page_size))), self.settings.page_size)
            records = records[start : start + size]
        return self._json({"collection": records} if self.settings.list_form == "collection" else records)

    def _json(self, value: Any, status: int = 200) -> Response:
        return Response(exact_json.dumps(value), status=status, content_type="application/json; charset=utf-8")

    def _shown(self, resource: str, record: dict[str, Any]) -> dict[str, Any]:
        hidden = (resource == "vat" and not self.settings.vat_tells_account) or (
            resource == "journal" and not self.settings.journal_tells_account
        )
        return {name: value for name, value in record.items() if not (hidden and name == "ledger_account_id")}

    def _administration(self, code: str) -> dict[str, Any]:
        shown = seed.administration(code)
        if not self.settings.period_tells_closed:
            for year in shown["fiscal_years"]:
                year["periods"] = [{k: v for k, v in period.items() if k != "closed"} for period in year["periods"]]
        return shown

    # --- control endpoints

    def _batches(self, code: str) -> Batches:
        return Batches(self.store, code, self.settings)

    def _items(self, code: str) -> OpenItems:
        return OpenItems(self.store, code, self._batches(code), self.settings)

    def books(self, request: Request) -> Any:
        code = request.args.get("division") or request.args.get("administration") or seed.DEMO_ADMINISTRATION
        return control.whole_books(self.store, code, self._batches(code), self._items(code))

    def _pay(self, request: Request) -> Any:
        body = control.PaymentBody.model_validate_json(request.get_data())
        return control.book_payment(self._batches(body.administration), self._items(body.administration), body)

    def _alter(self, request: Request) -> Any:
        body = control.EntryBody.model_validate_json(request.get_data())
        return control.alter_entry(self._batches(body.administration), body)


def _limit_headers(limit: int, remaining: int, reset_at: float) -> dict[str, str]:
    return {
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": str(remaining),
        "x-rate-limit-reset": str(int(reset_at * 1000)),
    }


def create_simulator(settings: SimulatorSettings, clock_source: Callable[[], float] | None = None) -> MinoxSimulator:
    """The simulator of these settings. Raises pydantic.ValidationError that names a wrong one."""
    return MinoxSimulator(MinoxSimulatorSettings.as_kind(settings), clock_source)
