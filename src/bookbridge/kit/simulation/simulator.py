"""The app that every simulator is: OAuth pages, control endpoints and faults around a package's own API."""

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from werkzeug.wrappers import Request, Response

from bookbridge.kit.simulation.clock import SimulatorClock
from bookbridge.kit.simulation.faults import FaultKind, FaultPlan, FaultRule
from bookbridge.kit.simulation.oauth import OAuthProvider
from bookbridge.kit.simulation.pages import front_page
from bookbridge.kit.simulation.server import LineCutError
from bookbridge.kit.simulation.settings import SimulatorSettings
from bookbridge.kit.simulation.store import SimulatorStore

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CONTROL = "/_simulator"
_RULES = TypeAdapter(list[FaultRule])


class ControlError(Exception):
    """A control call that cannot be done, with the reason for the person who sent it."""


class _ClockBody(BaseModel):
    advance_s: float


class _AgeBody(BaseModel):
    seconds: float


def json_answer(body: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(json.dumps(body, indent=1), status=status, content_type="application/json; charset=utf-8")


class Simulator(ABC):
    """A WSGI app. A package gives its OAuth provider, its API (`answer_api`), its refusals and its control endpoints.

    The control endpoints have no password: a simulator is bound to the loopback address and guards nothing.
    """

    package_title = "A package"

    def __init__(self, settings: SimulatorSettings, clock_source: Callable[[], float] | None = None) -> None:
        self.settings = settings
        self.store = SimulatorStore(settings.state)
        ahead_s = float(self.store.note("clock_ahead_s") or 0)
        self.clock = SimulatorClock(clock_source, ahead_s) if clock_source else SimulatorClock(ahead_s=ahead_s)
        self.faults = FaultPlan(settings.faults, settings.seed)
        self._stopping = threading.Event()
        self.controls: dict[tuple[str, str], Callable[[Request], Any]] = {
            ("GET", "/clock"): lambda _request: self._clock_state(),
            ("POST", "/clock"): self._advance_clock,
            ("GET", "/faults"): lambda _request: self.faults.describe(),
            ("POST", "/faults"): self._add_faults,
            ("DELETE", "/faults"): self._clear_faults,
            ("GET", "/requests"): self._calls,
            ("POST", "/tokens/age"): self._age_tokens,
            ("POST", "/tokens/revoke"): self._revoke_tokens,
            ("POST", "/access-key"): lambda _request: self.new_access_key(),
            ("GET", "/books"): self.books,
        }
        self.oauth = self.make_oauth()

    # --- what a package gives

    @abstractmethod
    def make_oauth(self) -> OAuthProvider:
        """The package's OAuth pages and rules."""

    @abstractmethod
    def answer_api(self, request: Request) -> Response:
        """The package's answer to a call on its API."""

    @abstractmethod
    def refusal(self, request: Request, message: str) -> Response:
        """How the package refuses a document with a message of its own."""

    @abstractmethod
    def too_many_requests(self, request: Request, reset_at: float) -> Response:
        """How the package says that a limit is hit until a moment (epoch seconds)."""

    @abstractmethod
    def books(self, request: Request) -> Any:
        """Everything in the books, as JSON values, with a summary of counts."""

    def new_access_key(self) -> dict[str, str]:
        """What a person does in the package to let us in by a key, and gives us: the fields of the fact sheet's
        [access_key], and as `path` what follows the simulator's own address in the package's, where that is asked for.
        Raises ControlError where there is no such key."""
        raise ControlError("this package lets nobody in by a key")

    def resource_path(self, request: Request) -> str:
        """What fault rules know a call by; a package with one address for everything tells its resources apart here."""
        return request.path

    def changes_books(self, request: Request) -> bool:
        """Whether a call on the API changes the books, as far as the call itself tells."""
        return request.method not in {"GET", "HEAD"}

    def front_links(self) -> Iterable[tuple[str, str]]:
        """Links of the front page: address and text."""
        return [(f"{CONTROL}/books", "Books"), (f"{CONTROL}/requests", "Calls"), (f"{CONTROL}/faults", "Faults")]

    # --- the app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._answer(request)
        except LineCutError:
            raise
        except Exception:
            if self._stopping.is_set():
                raise LineCutError from None
            raise
        return response(environ, start_response)

    def release_held_calls(self) -> None:
        """Let go of calls that a fault holds back, because the server stops."""
        self._stopping.set()

    def close(self) -> None:
        """Let go of held calls and close the books."""
        self.release_held_calls()
        self.store.close()

    def _answer(self, request: Request) -> Response:
        if request.path == "/" and request.method in {"GET", "HEAD"}:
            return Response(front_page(self.package_title, self.front_links()), content_type="text/html; charset=utf-8")
        if request.path.startswith(f"{CONTROL}/"):
            return self._control(request)
        is_api = request.path not in self.oauth.addresses
        # The query of an OAuth address holds codes; only the API's may be shown.
        query = request.query_string.decode("utf-8", "replace") if is_api else ""
        changes = is_api and self.changes_books(request)
        call = self.store.record_call(self.clock(), request.method, request.path, query, changes=changes)
        path = self.resource_path(request) if is_api else request.path
        fault = self.faults.pick(request.method, path, is_api=is_api, changes=changes)
        named = fault.kind.value if fault else None
        try:
            response = self._answer_with_fault(request, fault)
        except LineCutError:
            self.store.finish_call(call, None, named)
            raise
        self.store.finish_call(call, response.status_code, named)
        return response

    def _answer_with_fault(self, request: Request, fault: FaultRule | None) -> Response:
        if fault is None:
            return self._answer_truly(request)
        spoiled = self._spoil_before(request, fault)
        if spoiled is not None:
            return spoiled
        response = self._answer_truly(request)
        if fault.kind is FaultKind.CUT_AFTER:
            raise LineCutError
        if fault.kind is FaultKind.TIMEOUT_AFTER:
            self._hold(fault.delay_s)
        return response

    def _spoil_before(self, request: Request, fault: FaultRule) -> Response | None:
        """The answer instead of the true one; none when the call goes on."""
        match fault.kind:
            case FaultKind.REFUSE:
                return self.refusal(request, fault.message or "Refused by a fault rule of the simulator.")
            case FaultKind.TOO_MANY_REQUESTS:
                return self.too_many_requests(request, self.clock() + fault.delay_s)
            case FaultKind.SERVER_ERROR:
                page = (
                    f"<html><head><title>{fault.status}</title></head><body><h1>Service unavailable</h1></body></html>"
                )
                return Response(page, status=fault.status, content_type="text/html; charset=utf-8")
            case FaultKind.TIMEOUT_BEFORE:
                self._hold(fault.delay_s)
                raise LineCutError
            case FaultKind.CUT_BEFORE:
                raise LineCutError
            case FaultKind.SLOW:
                self._hold(fault.delay_s)
        return None

    def _hold(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise LineCutError

    def _answer_truly(self, request: Request) -> Response:
        return self.oauth.answer(request) or self.answer_api(request)

    # --- the control endpoints

    def _control(self, request: Request) -> Response:
        path = request.path.removeprefix(CONTROL)
        handler = self.controls.get((request.method, path))
        if handler is None:
            known = sorted(f"{method} {CONTROL}{path}" for method, path in self.controls)
            return json_answer({"error": "no such control endpoint", "known": known}, 404)
        try:
            return json_answer(handler(request))
        except ValidationError as error:
            problems = [{"field": ".".join(map(str, e["loc"])), "reason": e["msg"]} for e in error.errors()]
            return json_answer({"error": "the body does not fit", "problems": problems}, 400)
        except (ControlError, ValueError) as error:
            return json_answer({"error": str(error)}, 400)

    def _clock_state(self) -> dict[str, object]:
        return {"now": self.clock.now().isoformat(), "ahead_s": self.clock.ahead_s}

    def _advance_clock(self, request: Request) -> dict[str, object]:
        self.clock.advance(_ClockBody.model_validate_json(request.get_data()).advance_s)
        self.store.set_note("clock_ahead_s", repr(self.clock.ahead_s))
        return self._clock_state()

    def _add_faults(self, request: Request) -> list[dict[str, object]]:
        self.faults.add(_RULES.validate_json(request.get_data()))
        return self.faults.describe()

    def _clear_faults(self, _request: Request) -> list[dict[str, object]]:
        self.faults.clear()
        return []

    def _calls(self, request: Request) -> dict[str, object]:
        calls = self.store.calls(int(request.args.get("since", "0")))
        return {"requests": calls, "last": calls[-1]["sequence"] if calls else int(request.args.get("since", "0"))}

    def _age_tokens(self, request: Request) -> dict[str, object]:
        seconds = _AgeBody.model_validate_json(request.get_data()).seconds
        self.oauth.age(seconds)
        return {"older_by_s": seconds}

    def _revoke_tokens(self, _request: Request) -> dict[str, object]:
        self.oauth.revoke_all()
        return {"revoked": True}
