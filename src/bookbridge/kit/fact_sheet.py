"""The fact sheet of a connector: what it can do, its limits, how we know, what was proven. Data."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bookbridge.documents import DocumentKind, Language

Fidelity = Literal["simulated", "contract", "real", "live"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Capabilities(_Part):
    documents: tuple[DocumentKind, ...]
    outstanding: tuple[Literal["sales", "purchase"], ...] = ()
    batch_size: int = Field(default=1, ge=1)
    searchable: tuple[DocumentKind, ...] = ()
    """Kinds that `find` can look up after an unclear answer; the others wait for a person."""
    updates: tuple[DocumentKind, ...] = ()
    idempotency_key: bool = False
    drafts: bool = False
    compare: bool = False
    """Whether `booked` can read what is in the books of a period."""
    numbers_drawn: bool = False
    """Whether `prepare` draws a journal's next number, which is gone only once an entry has been booked with it. Then
    entries of one journal go one at a time: the next is prepared when the last has a definite answer."""


class Limits(_Part):
    calls_per_minute: int | None = None
    calls_per_day: int | None = None
    calls_per_window: int | None = None
    window_s: int = Field(default=60, ge=1)
    """The window of `calls_per_window`, for packages that count neither by the minute nor by the day."""
    cost_of_change: int = Field(default=1, ge=1)
    """What a call that changes the books counts for, where the package counts reads as one (credits)."""
    errors_per_hour: int | None = None
    """Errors at one endpoint after which we stop calling it, below what the package blocks at."""
    simultaneous_calls: int = Field(default=1, ge=1, le=16)
    """Calls that one run may have under way; a configuration's option of this name goes before it."""
    request_timeout_s: int = 30
    settle_s: float = 5
    """After an unclear answer the package may still be at work: wait this long before a look-up is believed."""


class OAuth(_Part):
    authorise_path: str
    token_path: str
    access_token_s: int
    refresh_not_before_s: int = 0
    """Age of an access token from which a new one may be asked for."""
    refresh_token_days: int | None = None
    scopes: tuple[str, ...] = ()
    with_nonce: bool = False
    """OpenID providers want one at the sign-in page."""
    basic_credentials: bool = False
    """The token endpoint takes the app's id and secret as a Basic header instead of in the form."""
    redirect_uri_on_refresh: bool = False
    too_early_texts: tuple[str, ...] = ()
    """Words by which the token endpoint says that a new token was asked for too early."""


class Words(_Part):
    """A text in every language of the portal."""

    en: str
    nl: str
    fr: str

    def in_language(self, language: str) -> str:
        """English where the language is not one of ours."""
        known: dict[Language, str] = {"en": self.en, "nl": self.nl, "fr": self.fr}
        return next((text for name, text in known.items() if language.startswith(name)), self.en)


class KeyField(_Part):
    """One thing that a person gives to let us in."""

    name: str
    label: Words
    hint: Words
    secret: bool = False


class AccessKey(_Part):
    """For a package that lets us in by a key that a person makes there and gives here, and not by OAuth2.

    The token that a connector gets is the value of the one field, or the JSON object of all of them."""

    how: Words
    """Where in the package a person finds what is asked."""
    address: KeyField | None = None
    """Asks for the address of the package's own server, where each customer has one; else one of `addresses`."""
    fields: tuple[KeyField, ...] = Field(min_length=1)


class Address(_Part):
    code: str
    name: str
    url: str


class Source(_Part):
    what: str
    where: str
    read_on: date


class Evidence(_Part):
    what: str
    on: date


class OpenQuestion(_Part):
    question: str
    our_choice: str
    where_in_code: str = ""


class KnownError(_Part):
    code: str
    """The code of the problem that the person sees."""
    text: str
    """The package's own words, or the part of them that tells it apart."""
    caught_before_sending: bool = False
    beyond_us: str = ""
    """Why no check before sending can know it."""
    answered: str = ""
    """What the connector does about it by itself, so that no document fails for it. An error that is neither caught nor
    answered nor beyond us is one that a check could still catch."""

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if sum(map(bool, (self.caught_before_sending, self.beyond_us, self.answered))) > 1:
            raise ValueError(f"{self.text!r} is either caught before sending, or answered, or beyond us")
        return self


class SimulatorNeeds(_Part):
    """What whoever starts the package's simulator must provide."""

    postgres: bool = False
    """A PostgreSQL whose role may make databases, for real software that keeps its books in one."""


class FactSheet(_Part):
    """`fact_sheet.toml` of a connector."""

    package: str
    name: str
    vendor: str
    country: str
    fidelity: Fidelity
    capabilities: Capabilities
    limits: Limits
    oauth: OAuth | None = None
    access_key: AccessKey | None = None
    addresses: tuple[Address, ...] = ()
    simulator: SimulatorNeeds = SimulatorNeeds()
    reads: tuple[str, ...] = ()
    sends: tuple[str, ...] = ()
    sources: tuple[Source, ...]
    evidence: tuple[Evidence, ...]
    to_confirm: tuple[OpenQuestion, ...] = ()
    known_errors: tuple[KnownError, ...] = ()
    conformance_exempt: dict[str, str] = Field(default_factory=dict)
    """Name of a conformance case → why this package can't have it."""

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.oauth is None) == (self.access_key is None):
            raise ValueError("a package lets us in either by [oauth] or by [access_key]")
        if not self.addresses and (self.access_key is None or self.access_key.address is None):
            raise ValueError("say where the package is: [[addresses]], or [access_key.address] to ask for it")
        return self

    @property
    def oauth_rules(self) -> OAuth:
        """Raises LookupError for a package that lets us in by a key."""
        if self.oauth is None:
            raise LookupError(f"{self.name} lets us in by a key, not by OAuth2")
        return self.oauth

    @property
    def caught_before_sending(self) -> int:
        """How many of the known errors are."""
        return sum(1 for error in self.known_errors if error.caught_before_sending)

    @property
    def knowable_before_sending(self) -> int:
        """How many of the known errors a check before sending could catch, and nothing else takes care of."""
        return sum(1 for error in self.known_errors if not error.beyond_us and not error.answered)


def read_fact_sheet(path: Path) -> FactSheet:
    """The sheet in a file. Raises pydantic.ValidationError or tomllib.TOMLDecodeError, which name the place."""
    return FactSheet.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
