"""One simulator over real HTTP with an authorised connector: what a case of the suite works with."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from httpx import URL  # house: allow outgoing (reads an address, calls nobody)

from bookbridge.documents import Document, DocumentKind, OutstandingItem, posting_key, short_reference
from bookbridge.kit import access_key, answering, catalogue, exact_json, oauth, outgoing
from bookbridge.kit.budgets import Budget, MemoryBudget
from bookbridge.kit.conformance.documents import Samples
from bookbridge.kit.conformance.stage import ControlCall, HeldRecord
from bookbridge.kit.contract import Connection, Connector, OutstandingKind, PostingRequest
from bookbridge.kit.errors import LaterError, SignInAgainError, UnreachableError
from bookbridge.kit.outcomes import Outcome
from bookbridge.kit.outstanding import joined
from bookbridge.kit.package_settings import PackageSettings
from bookbridge.kit.simulation import FaultKind, FaultRule, SimulatorServer, SimulatorSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

HOLDS = 10
"""So many times the time-out."""
CONTROL_TIMEOUT_S = 120
"""Real software behind a simulator takes its time."""
MOST_PAGES = 50
REDIRECT = "https://bookbridge.example/authorise/callback"


class RigKey:
    """A key that somebody makes in the package and gives; it doesn't expire."""

    refreshes = 0

    def __init__(self, rig: "Rig") -> None:
        rules = rig.fact_sheet.access_key
        assert rules is not None
        given = rig.simulator.new_access_key()
        self.address = f"{rig.address}{given.pop('path', '')}"
        self.pair = access_key.FixedToken(access_key.token_of(rules, given))
        self.secrets = [given[field.name] for field in rules.fields if field.secret]

    def access_token(self, refused: str | None = None) -> str:
        return self.pair.access_token(refused)


class RigTokens:
    """Real tokens from the simulator's OAuth pages, renewed when the rules say so."""

    def __init__(self, rig: "Rig") -> None:
        self._rig = rig
        self.address = rig.address
        self.pair = self._sign_in()
        self.refreshes = 0
        self.secrets = [self.pair.access_token, self.pair.refresh_token]

    def access_token(self, refused: str | None = None) -> str:  # noqa: ARG002 (part of the contract)
        if self.pair.is_due(self._rig.now()):
            self.renew()
        return self.pair.access_token

    def renew(self) -> None:
        rules = self._rig.fact_sheet.oauth_rules
        self.pair = oauth.refresh(rules, self._rig.address, self._rig.app, self.pair, self._rig.now())
        self.refreshes += 1
        self.secrets += [self.pair.access_token, self.pair.refresh_token]

    def _sign_in(self) -> oauth.TokenPair:
        rules, rig = self._rig.fact_sheet.oauth_rules, self._rig
        state = oauth.new_state()
        consent = outgoing.client().get(oauth.authorise_url(rules, rig.address, rig.app, state))
        back = URL(consent.headers["Location"]).params
        assert oauth.same_state(state, back.get("state")), "the package gave another state back"
        return oauth.exchange_code(rules, rig.address, rig.app, back["code"], rig.now())


@dataclass
class MemoryDirectory:
    """A Directory for one process."""

    held: dict[tuple[str, str], str] = field(default_factory=dict)

    def get(self, kind: str, code: str) -> str | None:
        return self.held.get((kind, code))

    def put(self, kind: str, code: str, external_id: str) -> None:
        self.held[kind, code] = external_id

    def forget(self, kind: str, code: str) -> None:
        self.held.pop((kind, code), None)


class Rig:
    """Opens a fresh simulator; its clock starts on the stage's open day and moves on by `advance`."""

    def __init__(self, package: str, **settings: object) -> None:
        self.package = package
        self.fact_sheet = catalogue.fact_sheet(package)
        self.stage = catalogue.stage(package)
        self.samples = Samples(self.stage.codes)
        self.app = oauth.AppCredentials("bookbridge-conformance", "conformance-app-secret", REDIRECT)
        given = {"client_id": self.app.client_id, "client_secret": self.app.client_secret, "auto_approve": True}
        start_s, began_s = self._start_s(), time.monotonic()
        self.simulator = catalogue.simulator_factory(package)(
            SimulatorSettings.model_validate({**given, **self.stage.settings, **settings}),
            lambda: start_s + time.monotonic() - began_s,
        )
        self._server = SimulatorServer(self.simulator).start()
        self.address = self._server.url
        self._allowed = ExitStack()
        self._allowed.enter_context(outgoing.allowing(self.address))
        self._tokens: RigTokens | RigKey = RigTokens(self) if self.fact_sheet.oauth else RigKey(self)
        self.directory = MemoryDirectory()
        self._settings: PackageSettings | None = None
        self._facts: dict[str, Mapping[str, str]] = {}
        self.corrections: list[Document] = []
        """The difference entries of the case: their postings say so."""

    def _start_s(self) -> float:
        return datetime.combine(self.stage.codes.open_day, datetime.min.time(), UTC).timestamp()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._allowed.close()

    def stop(self) -> None:
        """Take the package off the network."""
        self._server.stop()

    @property
    def tokens(self) -> RigTokens | RigKey:
        return self._tokens

    @property
    def oauth_tokens(self) -> RigTokens:
        """Those of a package that lets us in by OAuth2."""
        assert isinstance(self._tokens, RigTokens)
        return self._tokens

    @property
    def held_s(self) -> float:
        """Longer than the time-out, so that a held answer always comes too late."""
        return HOLDS * self.stage.request_timeout_s

    # --- the connector

    def now(self) -> datetime:
        return self.simulator.clock.now()

    def connection(self, **changed: Any) -> Connection:
        """A connection with the package's settings at hand and no limit of calls, unless told otherwise."""
        given: dict[str, Any] = {
            "base_address": self.tokens.address,
            "options": self.stage.options,
            "administration": self.stage.administration,
            "tokens": self.tokens,
            "budget": self.budget(),
            "directory": self.directory,
            "now": self.now,
            "request_timeout_s": self.stage.request_timeout_s,
            "as_app": partial(oauth.app_headers, self.app),
        }
        return Connection(**{**given, **changed})

    def connector(self, **changed: Any) -> Connector:
        """A new connector, as the engine makes one for each run."""
        if "settings" not in changed:
            changed["settings"] = self.package_settings()
        return catalogue.connector_class(self.package)(self.connection(**changed))

    def impatient(self) -> Connector:
        """A connector that doesn't wait long for an answer that is held on purpose."""
        return self.connector(request_timeout_s=self.stage.impatient_timeout_s)

    def package_settings(self) -> PackageSettings:
        """The package's settings, read once."""
        if self._settings is None:
            bare = catalogue.connector_class(self.package)(self.connection(request_timeout_s=30))
            self._settings = bare.package_settings()
        return self._settings

    def forget_settings(self) -> None:
        """Have them read anew, as the engine has after a refusal by the package."""
        self._settings = None

    def budget(self) -> Budget:
        """A budget that allows everything."""
        return MemoryBudget((), None, self.now)

    def request(self, document: Document) -> PostingRequest:
        """The posting of a document, the same at every attempt, with the facts that were on record before the last."""
        key = posting_key(document)
        identity = f"{document.kind}/{key}"
        facts = self._facts.get(identity, {})
        reference = short_reference(document.kind, key)
        corrects = document in self.corrections
        return PostingRequest(document, reference, f"conformance/{identity}", facts, corrects)

    def prepared(self, document: Document, connector: Connector) -> PostingRequest:
        """The posting of a document as it is sent: the engine has the facts drawn anew for each attempt."""
        request = replace(self.request(document), prepared={})
        self._facts[f"{document.kind}/{posting_key(document)}"] = connector.prepare(request)
        return self.request(document)

    def post(self, document: Document, connector: Connector | None = None) -> Outcome:
        """Post one document by a new connector."""
        connector = connector or self.connector()
        try:
            request = self.prepared(document, connector)
        except (LaterError, SignInAgainError, UnreachableError) as error:
            # As in the engine: the document waits, since nothing of it has been sent.
            return answering.waiting(error, self.now())
        outcomes = connector.post([request])
        assert len(outcomes) == 1, f"one document gave {len(outcomes)} outcomes"
        return outcomes[0]

    def posted(self, *documents: Document) -> None:
        """Post documents that must go well."""
        connector = self.connector()
        for document in documents:
            outcome = self.post(document, connector)
            assert type(outcome).__name__ in {"Posted", "AlreadyThere"}, f"preparing the case failed: {outcome}"

    # --- the package's side

    def held(self, kind: DocumentKind) -> list[HeldRecord]:
        """What the books hold, read without the connector."""
        answer = outgoing.client().get(f"{self.address}/_simulator/books", timeout=CONTROL_TIMEOUT_S)
        return self.stage.held(exact_json.loads(answer.content), kind)

    def open_items(self, kinds: Sequence[OutstandingKind], **changed: Any) -> list[OutstandingItem]:
        """All of them, each page by a new connector, as after a pause."""
        parts: list[OutstandingItem] = []
        after: str | None = None
        for _page in range(MOST_PAGES):
            page = self.connector(**changed).outstanding(kinds, after)
            parts += page.items
            after = page.following
            if after is None:
                return joined(parts)
        raise AssertionError(f"no end after {MOST_PAGES} pages")

    def control(self, call: ControlCall) -> None:
        path, body = call
        content = exact_json.dumps(dict(body))
        answer = outgoing.client().post(
            f"{self.address}{path}",
            content=content,
            headers={"Content-Type": "application/json"},
            timeout=CONTROL_TIMEOUT_S,
        )
        assert answer.status_code == 200, f"the control endpoint {path} said: {answer.text}"

    def fault(self, kind: FaultKind, resource: str | None = None, **details: Any) -> None:
        """From now on this goes wrong; `resource` is a key of the stage's resources, none means every call."""
        given = {"delay_s": self.held_s, **details, "kind": kind}
        if resource is not None:
            given["resource"] = self.stage.resources[resource]
        self.simulator.faults.add([FaultRule.model_validate(given)])

    def heal(self) -> None:
        self.simulator.faults.clear()

    def advance(self, seconds: float) -> None:
        self.simulator.clock.advance(seconds)

    @contextmanager
    def calls(self) -> "Iterator[list[Mapping[str, Any]]]":
        """The calls on the package's API that came in within the block; filled at its end."""
        before = self.simulator.store.calls()
        since = before[-1]["sequence"] if before else 0
        seen: list[Mapping[str, Any]] = []
        yield seen
        signing_in = self.simulator.oauth.addresses
        seen += [call for call in self.simulator.store.calls(since) if call["path"] not in signing_in]


def changing(calls: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The calls that change something."""
    return [call for call in calls if call["changes"]]


def counting(check: Callable[[], None] = lambda: None) -> tuple[Callable[[], None], list[None]]:
    """A check_claim that counts how often it was asked."""
    asked: list[None] = []

    def check_claim() -> None:
        asked.append(None)
        check()

    return check_claim, asked
