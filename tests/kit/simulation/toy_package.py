"""A package of two sentences, to try the simulator base without any vendor in the way."""

import json
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from bookbridge.kit.simulation import (
    OAuthProvider,
    OAuthRules,
    Simulator,
    SimulatorSettings,
    TokenRefusedError,
    json_answer,
)


class ToyOAuth(OAuthProvider):
    package_title = "Toy <Books>"
    permissions = ("read & write notes",)

    @property
    def addresses(self) -> frozenset[str]:
        return super().addresses | {"/oauth/who"}

    def answer(self, request: Request) -> Response | None:
        if request.path != "/oauth/who":
            return super().answer(request)
        try:
            return json_answer({"client": self.of_token(request.args.get("token", "")).client_id})
        except TokenRefusedError as refused:
            return json_answer({"error": refused.reason.value}, 400)


class ToyPackage(Simulator):
    """Keeps every note that is posted, after a look at the bearer token when asked to."""

    package_title = "Toy <Books>"
    rules = OAuthRules(
        "/oauth/authorize", "/oauth/token", too_early_s=570, token_calls_a_day=5, expires_in_is_text=True
    )

    def __init__(self, settings: SimulatorSettings, clock_source: Callable[[], float] | None = None) -> None:
        super().__init__(settings, clock_source)

    def make_oauth(self) -> OAuthProvider:
        return ToyOAuth(self.rules, self.settings, self.store, self.clock)

    def answer_api(self, request: Request) -> Response:
        if request.path == "/api/me":
            try:
                bearer = self.oauth.bearer(request)
            except TokenRefusedError as refused:
                return json_answer({"error": refused.reason.value}, 401)
            return json_answer({"client": bearer.client_id})
        if request.path == "/api/defect":
            raise RuntimeError("a defect on purpose")
        if request.method == "POST":
            note = json.loads(request.get_data())
            number = self.store.next_number("note")
            self.store.add("note", "1", str(number), note, code=note.get("code"))
            return json_answer({"number": number}, 201)
        return json_answer(self.store.all("note", "1"))

    def refusal(self, request: Request, message: str) -> Response:
        return json_answer({"refused": message}, 422)

    def too_many_requests(self, request: Request, reset_at: float) -> Response:
        return Response(status=429, headers={"Retry-After": str(int(reset_at - self.clock()))})

    def books(self, request: Request) -> Any:
        return {"notes": self.store.all("note", "1")}
