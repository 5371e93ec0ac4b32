"""The proxy before Tryton: hands every call on over real HTTP, notes it, and spoils it where a fault rule says so.

What answers is Tryton. Only the answers of faults are made here, and those two in Tryton's form: a refusal is the JSON
of its REST API; too many requests is what a web server before it would say, since Tryton itself counts log-ins only.
"""

import hashlib
import http.client  # house: allow outgoing (the server that this process started on the loopback address)
import json
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wrappers import Request, Response

from bookbridge.connectors.tryton.simulator import bookkeeping, filling
from bookbridge.connectors.tryton.simulator.databases import ADMIN_PASSWORD, SERVERS, Databases
from bookbridge.connectors.tryton.simulator.rpc import AdminRpc
from bookbridge.connectors.tryton.simulator.server import TrytonServer
from bookbridge.connectors.tryton.simulator.settings import TrytonSimulatorSettings
from bookbridge.kit.simulation import LineCutError, NoOAuth, OAuthProvider, Simulator, SimulatorSettings

TIMEOUT_S = 120
_HANDED_ON = ("Authorization", "Content-Type", "Accept", "Accept-Encoding", "Accept-Language", "X-Tryton-Context")
_OF_THE_LINE = {"connection", "content-length", "date", "server", "transfer-encoding"}


class TrytonSimulator(Simulator):
    """A real Tryton behind a proxy."""

    package_title = "Tryton"
    settings: TrytonSimulatorSettings

    def __init__(self, settings: TrytonSimulatorSettings, clock_source: Callable[[], float] | None = None) -> None:
        super().__init__(settings, clock_source)
        self._server, session = self._started()
        self._rpc = AdminRpc(self._server.port, self.database, ADMIN_PASSWORD, session=session)
        self.controls |= {
            ("POST", "/payments"): lambda request: bookkeeping.pay(self.rpc, request.get_json()),
            ("POST", "/entries"): lambda request: bookkeeping.cancel(self.rpc, request.get_json()),
            ("GET", "/server"): lambda _request: self._shown(),
            ("POST", "/server/kill"): lambda _request: self._kill(),
            ("POST", "/server/start"): lambda _request: self._start(),
        }

    def _started(self) -> tuple[TrytonServer, str]:
        """The server, and a session of the administrator where one was given."""
        if self.settings.state is None:
            return SERVERS.take(self.settings.postgres)
        # Books that outlive this process, as the state file does.
        name = f"tryton_{hashlib.sha256(str(self.settings.state.absolute()).encode()).hexdigest()[:16]}"
        databases = Databases(self.settings.postgres)
        session = ""
        if self.store.note("filled") is None or not databases.exists(name):
            session = databases.renew(name)
            self.store.set_note("filled", name)
        return TrytonServer(self.settings.postgres, name), session

    @property
    def database(self) -> str:
        return self._server.database

    @property
    def rpc(self) -> AdminRpc:
        """Tryton as its administrator sees it: the books themselves, past the connector and past the faults."""
        if "company" not in self._rpc.context:
            self._rpc.context["company"] = self._rpc.find("company.company", [], ())[0]["id"]
        return self._rpc

    def close(self) -> None:
        super().close()
        if self.settings.state is None:
            SERVERS.give_back(self.settings.postgres, self._server)
        else:
            self._server.kill()

    def _shown(self) -> dict[str, object]:
        """For a person with Tryton's own client."""
        return {
            "server": f"127.0.0.1:{self._server.port}",
            "database": self.database,
            "user": "admin",
            "password": ADMIN_PASSWORD,
        }

    def front_links(self) -> Iterable[tuple[str, str]]:
        return [*super().front_links(), ("/_simulator/server", "Tryton's own address and log-in")]

    def _kill(self) -> dict[str, object]:
        self._server.kill()
        return {"running": False}

    def _start(self) -> dict[str, object]:
        if not self._server.is_running:
            self._server.start()
            self._rpc = AdminRpc(self._server.port, self.database, ADMIN_PASSWORD, session=self._rpc.session)
        return {"running": True}

    # --- what the base asks for

    def make_oauth(self) -> OAuthProvider:
        return NoOAuth(self.settings, self.store, self.clock, lambda: filling.revoke_keys(self.rpc))

    def new_access_key(self) -> dict[str, str]:
        return {"path": f"/{self.database}", "key": filling.new_key(self.rpc)}

    def books(self, request: Request) -> Any:  # noqa: ARG002 (part of the base)
        return bookkeeping.books(self.rpc)

    def resource_path(self, request: Request) -> str:
        """Tryton posts in a call of its own, and that is the one by which an entry comes into the books: `post` of
        account.invoice is account.invoice/post, whatever the invoice's id."""
        parts = request.path.split("/")
        return "/".join(part for part in parts if not part.isdigit())

    def refusal(self, request: Request, message: str) -> Response:  # noqa: ARG002 (part of the base)
        return _json({"status": 400, "message": message, "description": ""}, 400)

    def too_many_requests(self, request: Request, reset_at: float) -> Response:  # noqa: ARG002 (part of the base)
        seconds = max(1, round(reset_at - self.clock()))
        return Response("Too many requests", status=429, headers={"Retry-After": str(seconds)})

    def answer_api(self, request: Request) -> Response:
        """What Tryton answers. A server that is killed meanwhile cuts the line, as it would without us."""
        line = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=TIMEOUT_S)
        path = request.full_path if request.query_string else request.path
        headers = {name: request.headers[name] for name in _HANDED_ON if name in request.headers}
        try:
            line.request(request.method, path, request.get_data() or None, headers)
            answer = line.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            raise LineCutError from None
        finally:
            line.close()
        told = [(name, value) for name, value in answer.getheaders() if name.lower() not in _OF_THE_LINE]
        return Response(content, status=answer.status, headers=told)


def _json(body: Any, status: int) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/json")


def create_simulator(
    settings: SimulatorSettings | None = None, clock_source: Callable[[], float] | None = None
) -> TrytonSimulator:
    """A proxy with a running Tryton behind it. Raises TrytonMissingError, whose message says what is missing, and
    pydantic's ValidationError."""
    given = TrytonSimulatorSettings.as_kind(settings or SimulatorSettings())
    return TrytonSimulator(given, clock_source)
