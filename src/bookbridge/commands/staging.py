"""A stage for the demo and the chaos run: a simulated package, and an organisation that is authorised there.

Django must be loaded before the functions here are called.
"""

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from django.db.models import F
from django.utils import timezone

from bookbridge.kit import catalogue, oauth, outgoing

if TYPE_CHECKING:
    from bookbridge.integrations.models import Authorisation, Configuration
    from bookbridge.organisations.models import Organisation

CLIENT_ID = "bookbridge-demo"
CLIENT_SECRET = "bookbridge-demo-secret"  # noqa: S105 - the simulator's published secret guards nothing.


@dataclass(frozen=True)
class Stage:
    configuration: "Configuration"
    authorisation: "Authorisation"

    def sign_in_again(self) -> None:
        """What a person does when the package takes the account's tokens no more."""
        sign_in(self.authorisation)

    def age_tokens(self, seconds: float) -> None:
        """Let so much time have passed since the tokens were given, as we know it."""
        from bookbridge.integrations.models import Authorisation

        ago = timedelta(seconds=seconds)
        Authorisation.objects.filter(pk=self.authorisation.pk).update(
            access_token_issued_at=F("access_token_issued_at") - ago,
            access_token_expires_at=F("access_token_expires_at") - ago,
        )

    def tokens(self) -> set[str]:
        """The tokens in use: what no log may hold."""
        self.authorisation.refresh_from_db()
        return {self.authorisation.access_token, self.authorisation.refresh_token}


def set_stage(package: str, simulator_url: str, organisation_name: str, integration_name: str) -> Stage:
    """The organisation with an integration that is authorised at the simulator; done again, it signs in anew.

    This process and those it starts from here on may call the simulator, though it is on a private address.
    """
    _allow(simulator_url)
    from bookbridge.organisations.walls import acting_for

    organisation = _organisation(organisation_name)
    with acting_for(organisation.pk):
        return _set(organisation, package, simulator_url, integration_name)


def _organisation(name: str) -> "Organisation":
    from bookbridge.organisations.models import Organisation
    from bookbridge.organisations.sql import every_organisation
    from bookbridge.organisations.walls import acting_for

    for known in every_organisation():
        with acting_for(known):
            found = Organisation.objects.filter(pk=known, name=name).first()
        if found is not None:
            return found
    made = Organisation(name=name)
    with acting_for(made.pk):
        made.save(force_insert=True)
    return made


def _set(organisation: "Organisation", package: str, simulator_url: str, integration_name: str) -> Stage:
    from bookbridge.integrations.models import AppRegistration, Authorisation, Integration
    from bookbridge.storage import inbox_prefix, open_storage

    integration, _ = Integration.objects.get_or_create(
        organisation=organisation, name=integration_name, defaults={"package": package}
    )
    open_storage().make_folder(inbox_prefix(organisation.pk, integration.pk))
    app = None
    if catalogue.fact_sheet(package).oauth:
        app, _ = AppRegistration.objects.update_or_create(
            package=package,
            client_id=CLIENT_ID,
            defaults={"address": simulator_url, "client_secret": CLIENT_SECRET},
        )
    authorisation, _ = Authorisation.objects.get_or_create(
        organisation=organisation,
        integration=integration,
        label="Demo account",
        defaults={"app": app, "address": "" if app else simulator_url},
    )
    # Each time: the tokens of an earlier show may have died with its simulator's state, or of age.
    sign_in(authorisation)
    return Stage(_configuration(authorisation), authorisation)


def _allow(simulator_url: str) -> None:
    place = outgoing.host_and_port(simulator_url)
    outgoing.allow(place)
    given = os.environ.get(outgoing.SETTING, "").split(",")
    os.environ[outgoing.SETTING] = ",".join(dict.fromkeys([*filter(None, given), place]))


def sign_in(authorisation: "Authorisation") -> None:
    """Be let in at the simulator as a person would be: by its consent page, redirect and code, or by a key."""
    if catalogue.fact_sheet(authorisation.integration.package).oauth is None:
        _give_key(authorisation)
        return
    from bookbridge.integrations.tokens import app_credentials, store_first_tokens

    rules = catalogue.fact_sheet(authorisation.integration.package).oauth_rules
    app = app_credentials(authorisation)
    state = oauth.new_state()
    address = authorisation.base_address
    page = oauth.authorise_url(rules, address, app, state)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(page).query).items()}
    answer = outgoing.client().post(f"{address}{rules.authorise_path}", data={**asked, "decision": "approve"})
    said = parse_qs(urlsplit(answer.headers["Location"]).query)
    if not oauth.same_state(state, said["state"][0]):
        raise AssertionError("the simulator answered with another state")
    pair = oauth.exchange_code(rules, address, app, said["code"][0], timezone.now())
    store_first_tokens(authorisation, pair, None)


def _give_key(authorisation: "Authorisation") -> None:
    from bookbridge.integrations.letting_in import let_in

    place = urlsplit(authorisation.base_address)
    simulator = f"{place.scheme}://{place.netloc}"
    given = outgoing.client().post(f"{simulator}/_simulator/access-key", json={}).raise_for_status().json()
    let_in(authorisation, f"{simulator}{given.pop('path', '')}", given, None)


def _configuration(authorisation: "Authorisation") -> "Configuration":
    from bookbridge.integrations.connecting import administrations
    from bookbridge.integrations.models import Configuration

    found = Configuration.objects.filter(
        organisation_id=authorisation.organisation_id, integration=authorisation.integration
    ).first()
    if found is None:
        wanted = catalogue.stage(authorisation.integration.package).administration
        chosen = next(found for found in administrations(authorisation) if found.code == wanted)
        found = Configuration.objects.create(
            organisation_id=authorisation.organisation_id,
            integration=authorisation.integration,
            authorisation=authorisation,
            administration=chosen.code,
            administration_name=chosen.name,
            outstanding_kinds=["sales", "purchase"],
            next_outstanding_at=timezone.now() + timedelta(minutes=30),
        )
    return Configuration.objects.select_related("integration", "organisation").get(pk=found.pk)
