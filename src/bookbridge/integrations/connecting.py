"""Joins a configuration with its connector: tokens, budget, directory and the package's cached settings."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from django.utils import timezone
from pydantic import ValidationError

from bookbridge.integrations.budgets import SharedBudget
from bookbridge.integrations.models import Authorisation, Configuration, PackageCache, PackageReference
from bookbridge.integrations.storable import storable, storable_values
from bookbridge.integrations.tokens import StoredTokens
from bookbridge.kit import catalogue, outgoing
from bookbridge.kit.budgets import call_limits, error_guard
from bookbridge.kit.contract import Connection, Connector
from bookbridge.kit.errors import UnreachableError
from bookbridge.kit.package_settings import Administration, PackageSettings

_LONGEST_NAME = 200
SETTINGS_GOOD_FOR = timedelta(minutes=15)
"""How long the package's chart, codes and periods are believed before they are read anew."""


class StoredDirectory:
    """A kit Directory in PostgreSQL, with what this run has already looked up at hand."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._at_hand: dict[tuple[str, str], str] = {}

    def get(self, kind: str, code: str) -> str | None:
        if (kind, code) not in self._at_hand:
            row = PackageReference.objects.filter(**self._place(kind, code)).first()
            if row is None:
                return None
            self._at_hand[kind, code] = row.external_id
        return self._at_hand[kind, code]

    def put(self, kind: str, code: str, external_id: str) -> None:
        PackageReference.objects.update_or_create(**self._place(kind, code), defaults={"external_id": external_id})
        self._at_hand[kind, code] = external_id

    def forget(self, kind: str, code: str) -> None:
        PackageReference.objects.filter(**self._place(kind, code)).delete()
        self._at_hand.pop((kind, code), None)

    def _place(self, kind: str, code: str) -> dict[str, object]:
        return {
            "organisation_id": self._configuration.organisation_id,
            "configuration": self._configuration,
            "kind": kind,
            "code": code,
        }


def connect(
    configuration: Configuration,
    *,
    settings: PackageSettings | None = None,
    check_claim: Callable[[], None] = lambda: None,
    now: Callable[[], datetime] = timezone.now,
) -> Connector:
    """The connector of a configuration, ready to call. Raises AddressRefusedError before anything is prepared."""
    package = configuration.integration.package
    authorisation = configuration.authorisation
    with suppress(UnreachableError):
        outgoing.check(authorisation.app.address)
    limits = catalogue.fact_sheet(package).limits
    connection = Connection(
        base_address=authorisation.app.address,
        administration=configuration.administration,
        tokens=StoredTokens(authorisation.pk, now),
        budget=SharedBudget(authorisation, configuration.administration, call_limits(limits), error_guard(limits), now),
        directory=StoredDirectory(configuration),
        now=now,
        settings=settings,
        options=configuration.options,
        check_claim=check_claim,
    )
    return catalogue.connector_class(package)(connection)


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


def package_settings(configuration: Configuration, *, at_most: timedelta = SETTINGS_GOOD_FOR) -> PackageSettings:
    """The package's settings, read anew when the cached ones are older than `at_most`. Raises kit's errors."""
    cached = PackageCache.objects.filter(
        organisation_id=configuration.organisation_id, configuration=configuration
    ).first()
    if cached and timezone.now() - cached.fetched_at < at_most:
        # An older version of ours may have kept them in another form.
        with suppress(ValidationError):
            return PackageSettings.model_validate(cached.settings)
    fresh = connect(configuration).package_settings()
    PackageCache.objects.update_or_create(
        organisation_id=configuration.organisation_id,
        configuration=configuration,
        defaults={"settings": storable_values(fresh.model_dump(mode="json")), "fetched_at": timezone.now()},
    )
    return fresh


def forget_package_settings(configuration: Configuration) -> None:
    """Have the settings read anew: a refusal showed that the cached ones are out of date."""
    PackageCache.objects.filter(organisation_id=configuration.organisation_id, configuration=configuration).delete()
