"""The companies of the made-up history: an office with half of all integrations, and smaller companies."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

from bookbridge.commands.seed.made_up import package_settings
from bookbridge.integrations.models import AppRegistration, Authorisation, Configuration, Integration, PackageCache
from bookbridge.organisations.models import Membership, Organisation, User
from bookbridge.organisations.walls import acting_for

OFFICE = "Made-up Office"
PACKAGE = "exact_online"
_A_COMPANY = 10
"""Integrations of a smaller company."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one integration's history belongs."""

    organisation_id: UUID
    integration_id: UUID
    configuration_id: int


def make_companies(integrations: int, user: User, until: datetime, chance: Random) -> Iterator[list[Place]]:
    """The places of one company after the other. The user owns all of them."""
    app, _ = AppRegistration.objects.get_or_create(
        package=PACKAGE,
        address="https://package.example",
        defaults={"client_id": "made-up", "client_secret": "made-up"},
    )
    settings = package_settings(until.year).model_dump(mode="json")
    for name, count in _sizes(integrations):
        organisation = Organisation(pk=_id(chance), name=name)
        with acting_for(organisation.pk):
            organisation.save(force_insert=True)
            Membership.objects.create(organisation=organisation, user=user, role=Membership.Role.OWNER)
            yield [_place(organisation, app, number, settings, until, chance) for number in range(1, count + 1)]


def _sizes(integrations: int) -> Iterator[tuple[str, int]]:
    office = (integrations + 1) // 2
    yield OFFICE, office
    for number, first in enumerate(range(office, integrations, _A_COMPANY), 1):
        yield f"Made-up Company {number}", min(_A_COMPANY, integrations - first)


def _place(
    organisation: Organisation, app: AppRegistration, number: int, settings: object, until: datetime, chance: Random
) -> Place:
    own = {"organisation": organisation}
    link = Integration.objects.create(pk=_id(chance), **own, name=f"Files of shop {number:03}", package=PACKAGE)
    account = Authorisation.objects.create(
        **own, integration=link, app=app, label="Account", status=Authorisation.Status.ACTIVE, authorised_at=until
    )
    # Nothing is to be read: its package is nowhere.
    made = Configuration.objects.create(
        **own,
        integration=link,
        authorisation=account,
        administration=f"{200_000 + number}",
        administration_name=f"Shop {number:03} BV",
        outstanding_kinds=[],
        mappings={"vat_codes": {"H": "4", "L": "2"}},
    )
    PackageCache.objects.create(**own, configuration=made, settings=settings, fetched_at=until)
    return Place(organisation.pk, link.pk, made.pk)


def _id(chance: Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)
