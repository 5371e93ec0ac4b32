"""Joins a configuration with its connector: tokens, budget, directory and the package's cached settings."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.utils import timezone
from pydantic import ValidationError

from bookbridge.integrations.asking import Ask, at_once
from bookbridge.integrations.budgets import KEPT_FREE, SharedBudget
from bookbridge.integrations.models import Authorisation, Configuration, PackageCache, PackageReference
from bookbridge.integrations.storable import storable, storable_values
from bookbridge.integrations.tokens import StoredTokens, app_credentials
from bookbridge.kit import catalogue, oauth, outgoing
from bookbridge.kit.budgets import call_limits, error_guard
from bookbridge.kit.contract import Connection, Connector, Unwatched, Writing
from bookbridge.kit.errors import UnreachableError
from bookbridge.kit.fact_sheet import FactSheet
from bookbridge.kit.package_settings import Administration, PackageSettings

_LONGEST_NAME = 200
SETTINGS_GOOD_FOR = timedelta(minutes=15)
"""How long the package's chart, codes and periods are believed before they are read anew."""
SIMULTANEOUS_CALLS = "simultaneous_calls"
MOST_SIMULTANEOUS_CALLS = 16


class StoredDirectory:
    """A kit Directory in PostgreSQL, with what this run has already looked up at hand; safe across threads.

    `gathers`: what is put is at hand at once and stored by `keep`; what isn't stored is asked once. What is lost
    with a worker is looked up again.
    """

    def __init__(self, configuration: Configuration, ask: Ask = at_once, *, gathers: bool = False) -> None:
        self._configuration = configuration
        self._ask = ask
        self._gathers = gathers
        self._at_hand: dict[tuple[str, str], str | None] = {}
        """None: it is known that nothing is stored."""
        self._new: dict[tuple[str, str], str] = {}

    def get(self, kind: str, code: str) -> str | None:
        if (kind, code) not in self._at_hand:
            self._ask(lambda: self.read(kind, [code]))
        return self._at_hand.get((kind, code))

    def read(self, kind: str, codes: Iterable[str]) -> None:
        """Have these at hand, many in one go."""
        wanted = {code for code in codes if (kind, code) not in self._at_hand}
        if not wanted:
            return
        stored = PackageReference.objects.filter(**self._place(), kind=kind, code__in=wanted)
        found = dict(stored.values_list("code", "external_id"))
        for code in wanted if self._gathers else found:
            self._at_hand.setdefault((kind, code), found.get(code))

    def put(self, kind: str, code: str, external_id: str) -> None:
        if self._at_hand.get((kind, code)) == external_id:
            return
        self._at_hand[kind, code] = self._new[kind, code] = external_id
        if not self._gathers:
            self._ask(self.keep)

    def keep(self) -> None:
        """Store what was put."""
        new, self._new = self._new, {}
        if new:
            PackageReference.objects.bulk_create(
                [
                    PackageReference(**self._place(), kind=kind, code=code, external_id=external_id)
                    for (kind, code), external_id in sorted(new.items())
                ],
                update_conflicts=True,
                unique_fields=["organisation", "configuration", "kind", "code"],
                update_fields=["external_id"],
            )

    def forget(self, kind: str, code: str) -> None:
        known = self._at_hand.get((kind, code), "")
        self._at_hand[kind, code] = None
        self._new.pop((kind, code), None)
        if known is not None:
            stored = PackageReference.objects.filter(**self._place(), kind=kind, code=code)
            self._ask(stored.delete)

    def _place(self) -> dict[str, Any]:
        return {"organisation_id": self._configuration.organisation_id, "configuration": self._configuration}


class Link:
    """A configuration's link to its package: what any number of connectors at work at the same time share.

    `ask`: who asks the database for their threads. `is_long`: the work takes many calls, and leaves some of them to
    others of the same administration. Raises AddressRefusedError before anything is prepared.
    """

    def __init__(
        self,
        configuration: Configuration,
        *,
        settings: PackageSettings | None = None,
        check_claim: Callable[[], None] = lambda: None,
        writing: Writing | None = None,
        now: Callable[[], datetime] = timezone.now,
        ask: Ask = at_once,
        gathers: bool = False,
        places: int | None = None,
        is_long: bool = False,
    ) -> None:
        authorisation = configuration.authorisation
        with suppress(UnreachableError):
            outgoing.check(authorisation.base_address)
        self._class = catalogue.connector_class(configuration.integration.package)
        self.fact_sheet = self._class.fact_sheet
        self.places = places or simultaneous_calls(configuration, self.fact_sheet)
        self.prepares = self._class.prepare is not Connector.prepare
        """Whether the package must be asked for facts before each document."""
        self.directory = StoredDirectory(configuration, ask, gathers=gathers)
        limits = self.fact_sheet.limits
        self._connection = Connection(
            base_address=authorisation.base_address,
            administration=configuration.administration,
            tokens=StoredTokens(authorisation.pk, now, ask),
            budget=SharedBudget(
                authorisation,
                configuration.administration,
                call_limits(limits),
                error_guard(limits),
                now,
                ask=ask,
                calls_at_once=self.places,
                kept_free=KEPT_FREE if is_long else 0,
                pause=time.sleep if is_long else None,
            ),
            directory=self.directory,
            now=now,
            settings=settings,
            options=configuration.options,
            check_claim=check_claim,
            writing=writing or Unwatched(),
            as_app=_as_app(authorisation),
        )

    def connector(self) -> Connector:
        return self._class(self._connection)


def _as_app(authorisation: Authorisation) -> Callable[[], Mapping[str, str]]:
    """How the app itself signs a call; a package that lets us in by a key knows no app."""
    return partial(oauth.app_headers, app_credentials(authorisation)) if authorisation.app else dict


def simultaneous_calls(configuration: Configuration, sheet: FactSheet) -> int:
    """How many calls one run may have under way: as the configuration's options say, else as the fact sheet does."""
    chosen = configuration.options.get(SIMULTANEOUS_CALLS)
    if chosen is None or not str(chosen).isdigit():
        return sheet.limits.simultaneous_calls
    return min(max(int(chosen), 1), MOST_SIMULTANEOUS_CALLS)


def connect(
    configuration: Configuration,
    *,
    settings: PackageSettings | None = None,
    check_claim: Callable[[], None] = lambda: None,
    now: Callable[[], datetime] = timezone.now,
) -> Connector:
    """The connector of a configuration, ready to call. Raises AddressRefusedError before anything is prepared."""
    return Link(configuration, settings=settings, check_claim=check_claim, now=now, places=1).connector()


def administrations(authorisation: Authorisation) -> list[Administration]:
    """The sets of books that an authorised account may use. Raises the errors of kit.errors."""
    trial = Configuration(
        organisation_id=authorisation.organisation_id,
        integration=authorisation.integration,
        authorisation=authorisation,
        administration="",
    )
    return [
        found.model_copy(update={"name": storable(found.name, _LONGEST_NAME)})
        for found in connect(trial).administrations()
    ]


def package_settings(
    configuration: Configuration,
    *,
    at_most: timedelta = SETTINGS_GOOD_FOR,
    now: Callable[[], datetime] = timezone.now,
) -> PackageSettings:
    """The package's settings, read anew when the cached ones are older than `at_most`. Raises kit's errors."""
    cached = _cached(configuration)
    if cached and abs(now() - cached.fetched_at) < at_most:
        # An older version of ours may have kept them in another form.
        with suppress(ValidationError):
            return PackageSettings.model_validate(cached.settings)
    fresh = connect(configuration, now=now).package_settings()
    PackageCache.objects.update_or_create(
        organisation_id=configuration.organisation_id,
        configuration=configuration,
        defaults={"settings": storable_values(fresh.model_dump(mode="json")), "fetched_at": now()},
    )
    return fresh


def known_package_settings(configuration: Configuration) -> PackageSettings | None:
    """The package's settings as they were read last, however long ago; None when they aren't known."""
    cached = _cached(configuration)
    if cached:
        with suppress(ValidationError):
            return PackageSettings.model_validate(cached.settings)
    return None


def _cached(configuration: Configuration) -> PackageCache | None:
    return PackageCache.objects.filter(
        organisation_id=configuration.organisation_id, configuration=configuration
    ).first()


def forget_package_settings(configuration: Configuration) -> None:
    """Have the settings read anew: a refusal showed that the cached ones are out of date."""
    PackageCache.objects.filter(organisation_id=configuration.organisation_id, configuration=configuration).delete()
