"""What a connector is. The engine knows these classes and the fact sheet, never a package's name.

A connector is made anew for each run. It keeps no truth: postings, tokens, budgets and caches belong to the engine and
come in through `Connection`. Several connectors of one Connection work at the same time, each in a thread of its own;
the parts of a Connection are safe across them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import ClassVar, Literal, Protocol

from bookbridge.documents import Document
from bookbridge.kit.booked import BookedPage
from bookbridge.kit.budgets import Budget
from bookbridge.kit.fact_sheet import FactSheet
from bookbridge.kit.outcomes import LookUp, Outcome
from bookbridge.kit.outstanding import OutstandingPage
from bookbridge.kit.package_settings import Administration, PackageSettings

RelationKind = Literal["customer", "supplier"]
OutstandingKind = Literal["sales", "purchase"]


class AccessTokens(Protocol):
    """Where a connector gets a token that is good for the next call; the engine refreshes, one at a time."""

    def access_token(self, refused: str | None = None) -> str:
        """A valid access token; `refused`: one that the package has just not taken, so that it isn't given from memory.
        Raises kit.errors.SignInAgainError when a person must authorise again, and kit.errors.LaterError when the
        package asks to wait."""


class Directory(Protocol):
    """External ids that were found once, kept by the engine between runs (relation number → the package's id)."""

    def get(self, kind: str, code: str) -> str | None: ...

    def put(self, kind: str, code: str, external_id: str) -> None: ...

    def forget(self, kind: str, code: str) -> None:
        """Called when the package no longer knows the id."""


class Writing(Protocol):
    """Watches over the bytes of a request that changes the books."""

    def about_to(self) -> None:
        """Called immediately before bytes of it are written, the last ones too. Raises kit.errors.ClaimLostError when
        the calling worker may not write them any more."""

    def done(self) -> None:
        """All of it has been written, or no more will be; may be called more than once."""


class Unwatched:
    """Writing that nobody watches over."""

    def about_to(self) -> None:
        pass

    def done(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Connection:
    """Everything a connector may use of the outside world.

    `base_address` is the package's host chosen at authorisation. `administration` is the target's code.
    `settings` are the package's cached settings (None while they are being read). `options` are the connector's own
    settings of the configuration, by the names in its fact sheet. `now` gives aware UTC.
    `check_claim` raises kit.errors.ClaimLostError when the calling worker no longer owns the work: call it immediately
    before a request that changes the books. `writing` watches over its bytes. `request_timeout_s` replaces the fact
    sheet's time-out. `as_app` gives the headers by which the app itself signs a call, where a package wants that and no
    account's token.
    """

    base_address: str
    administration: str
    tokens: AccessTokens
    budget: Budget
    directory: Directory
    now: Callable[[], datetime]
    settings: PackageSettings | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    check_claim: Callable[[], None] = lambda: None
    writing: Writing = field(default_factory=Unwatched)
    request_timeout_s: float | None = None
    as_app: Callable[[], Mapping[str, str]] = dict


@dataclass(frozen=True, slots=True)
class PostingRequest:
    """One document to be posted, already mapped to the package's codes.

    `reference` (`BB` and eight hexadecimal digits) goes into a field that the package can search where the document's
    own number can't serve. `idempotency_key` names the posting: the same at every attempt, also after its content was
    corrected. `prepared` is what `prepare` returned.
    `corrects`: it is a difference entry, which may name the invoice number of the entry that it stands beside.
    """

    document: Document
    reference: str
    idempotency_key: str
    prepared: Mapping[str, str] = field(default_factory=dict)
    corrects: bool = False


class Connector(ABC):
    """One package. `connectors/NAME/connector.py` names its subclass `PackageConnector`; the catalogue loads that."""

    fact_sheet: ClassVar[FactSheet]

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @cached_property
    def settings_at_hand(self) -> PackageSettings:
        """The connection's settings; while there are none, read once. Raises the errors of kit.errors."""
        return self.connection.settings or self.package_settings()

    @abstractmethod
    def administrations(self) -> Sequence[Administration]:
        """The sets of books that the authorisation may use. Raises the errors of kit.errors."""

    @abstractmethod
    def package_settings(self) -> PackageSettings:
        """Everything preflight needs, read anew. Raises the errors of kit.errors."""

    def prepare(self, request: PostingRequest) -> Mapping[str, str]:  # noqa: ARG002 (part of the contract)
        """Facts that must be on record before the call (a number drawn from the package). Stored with the attempt.

        `request.prepared`: what was on record before the last attempt, where that came to nothing without a definite
        refusal. Where it is still good, give it again: what comes late of that attempt then meets its own number."""
        return {}

    @abstractmethod
    def post(self, batch: Sequence[PostingRequest]) -> Sequence[Outcome]:
        """Post at most `fact_sheet.batch_size` documents of one kind; one outcome for each, in order. Never raises for
        anything the package or the network does."""

    @abstractmethod
    def find(self, request: PostingRequest) -> LookUp:
        """Search the package for the document of a request whose outcome is unclear; compare what is found."""

    @abstractmethod
    def update(self, request: PostingRequest, external_id: str) -> Outcome:
        """Change a document that the package holds. Called only for the kinds in `fact_sheet.updates`."""

    @abstractmethod
    def find_relation(self, kind: RelationKind, number: str) -> str | None:
        """The external id of a customer or supplier, None when the package has none fit for that role. Raises the
        errors of kit.errors."""

    @abstractmethod
    def outstanding(self, kinds: Sequence[OutstandingKind], after: str | None = None) -> OutstandingPage:
        """One page of every open item of the kinds, of which there is at least one.

        `after`: a page's `following`; None begins. A page at a time, so that a long reading goes on where the package's
        call limits stopped it. Only all pages together are a snapshot. Raises the errors of kit.errors."""

    def booked(self, since: date, until: date, after: str | None = None) -> BookedPage:
        """One page of all entries in the books whose date lies in the period, both days inclusive, whoever made them;
        of the kinds in `fact_sheet.documents`. Called only where the fact sheet says `compare`. Reads and changes
        nothing.

        `after`: a page's `following`; None begins. A page at a time, so that a long reading goes on where the package's
        call limits stopped it. Only all pages together are an answer. Raises the errors of kit.errors."""
        raise NotImplementedError(f"the fact sheet of {self.fact_sheet.name} says `compare`, and its connector can't")
