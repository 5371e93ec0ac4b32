"""Signing in at a package: the whole redirect against the running simulator, and every way an answer can be false."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from bookbridge.integrations import authorising
from bookbridge.integrations.models import Authorisation, Configuration
from bookbridge.kit import catalogue, outgoing
from bookbridge.kit.simulation import SimulatorServer, SimulatorSettings
from bookbridge.organisations.models import AuditEntry
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
PUBLIC = "http://testserver"
CALLBACK = "/authorise/callback"


@pytest.fixture
def package(settings: Any) -> Iterator[SimulatorServer]:
    """A simulator that answers its consent page by itself."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, public_url=PUBLIC)
    app = catalogue.simulator_factory("exact_online")(SimulatorSettings(auto_approve=True))
    with SimulatorServer(app) as server, outgoing.allowing(server.url):
        yield server


@pytest.fixture
def account(package: SimulatorServer) -> Authorisation:
    app = factories.app_registration(package.url, client_id="bookbridge-demo", client_secret="bookbridge-demo-secret")
    link = factories.integration(factories.organisation())
    return factories.authorisation(link, Authorisation.Status.INACTIVE, app=app)


@pytest.fixture
def owner(account: Authorisation, client: Client) -> Client:
    client.force_login(factories.member(account.organisation, "owner"))
    return client


def leave(browser: Client, account: Authorisation) -> str:
    """Press Authorise and return the package's address that the page leads to."""
    address = reverse("authorise", args=[account.organisation_id, account.integration_id, account.pk])
    answer = browser.post(address)
    assert answer.status_code == 200
    target: str = answer["Refresh"].removeprefix("0; url=")
    return target


def answer_of(target: str) -> str:
    """The path and query the package sends the browser back to."""
    back = httpx.get(target, follow_redirects=False)
    assert back.status_code == 302, back.text
    parts = urlsplit(back.headers["Location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{PUBLIC}{CALLBACK}"
    return f"{parts.path}?{parts.query}"


def is_untouched(account: Authorisation) -> bool:
    account.refresh_from_db()
    return account.status == Authorisation.Status.INACTIVE and account.access_token == ""


def test_the_whole_way(owner: Client, account: Authorisation) -> None:
    target = leave(owner, account)
    asked = parse_qs(urlsplit(target).query)
    assert asked["redirect_uri"] == [f"{PUBLIC}{CALLBACK}"]
    assert "client_secret" not in asked
    answer = owner.get(answer_of(target))
    chooser = reverse("administration", args=[account.organisation_id, account.integration_id, account.pk])
    assert answer["Location"] == chooser
    account.refresh_from_db()
    assert account.status == Authorisation.Status.ACTIVE
    assert account.access_token
    assert account.authorised_by is not None
    page = owner.get(chooser)
    offered = [value for value, _ in page.context["form"].fields["administration"].choices]
    assert offered
    assert owner.post(chooser, {"administration": "999"}).status_code == 400
    assert owner.post(chooser, {"administration": offered[0]}).status_code == 302
    configuration = Configuration.objects.get(integration=account.integration)
    assert configuration.administration == offered[0]
    assert configuration.is_active
    assert configuration.outstanding_kinds == ["sales", "purchase"]
    assert configuration.next_outstanding_at is not None
    told = AuditEntry.objects.filter(organisation=account.organisation).order_by("sequence")
    assert [entry.action for entry in told] == ["authorisation.given", "configuration.added"]
    assert {entry.actor_id for entry in told} == {str(account.authorised_by.pk)}


def test_an_answer_is_good_once(owner: Client, account: Authorisation) -> None:
    back = answer_of(leave(owner, account))
    assert owner.get(back).status_code == 302
    assert owner.get(back).status_code == 400


@pytest.mark.parametrize(
    "forge", [lambda: "", lambda: "made-up", lambda: signing.dumps({"nonce": "x"}, salt="another")]
)
def test_a_forged_state_is_refused(forge: Callable[[], str], owner: Client, account: Authorisation) -> None:
    state = forge()
    code = parse_qs(urlsplit(answer_of(leave(owner, account))).query)["code"][0]
    assert owner.get(f"{CALLBACK}?{urlencode({'code': code, 'state': state})}").status_code == 400
    assert is_untouched(account)


def test_an_answer_in_another_session_is_refused(owner: Client, account: Authorisation) -> None:
    """Somebody lures the owner into linking the attacker's account."""
    back = answer_of(leave(owner, account))
    other = Client()
    other.force_login(factories.member(account.organisation, "owner"))
    assert other.get(back).status_code == 400
    same_person = Client()
    same_person.force_login(account.organisation.memberships.order_by("pk").first().user)
    assert same_person.get(back).status_code == 400
    assert is_untouched(account)


def test_an_answer_that_comes_too_late_is_refused(
    owner: Client, account: Authorisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = answer_of(leave(owner, account))
    monkeypatch.setattr(authorising, "STATE_LIFE_S", -1)
    assert owner.get(back).status_code == 400
    assert is_untouched(account)


def test_an_owner_who_lost_the_role_links_nothing(owner: Client, account: Authorisation) -> None:
    back = answer_of(leave(owner, account))
    account.organisation.memberships.update(role="bookkeeper")
    assert owner.get(back).status_code == 403
    account.organisation.memberships.all().delete()
    back = f"{CALLBACK}?{urlsplit(back).query}"
    assert owner.get(back).status_code in (400, 404)
    assert is_untouched(account)


def test_a_person_who_says_no_comes_back_to_the_integration(owner: Client, account: Authorisation) -> None:
    state = parse_qs(urlsplit(leave(owner, account)).query)["state"][0]
    answer = owner.get(f"{CALLBACK}?{urlencode({'error': 'access_denied', 'state': state})}", follow=True)
    assert answer.redirect_chain[-1][0].endswith(f"/integrations/{account.integration_id}/")
    assert "The package gave no access (access_denied)" in answer.content.decode()
    assert is_untouched(account)


def test_a_code_that_the_package_refuses_changes_nothing(owner: Client, account: Authorisation) -> None:
    state = parse_qs(urlsplit(leave(owner, account)).query)["state"][0]
    assert owner.get(f"{CALLBACK}?{urlencode({'code': 'made-up', 'state': state})}").status_code == 400
    assert is_untouched(account)


def test_a_package_that_is_away_changes_nothing(
    owner: Client, account: Authorisation, package: SimulatorServer
) -> None:
    back = answer_of(leave(owner, account))
    package.stop()
    answer = owner.get(back)
    assert answer.status_code == 502
    assert "could not be reached" in answer.content.decode()
    assert is_untouched(account)


def test_only_an_owner_can_start(account: Authorisation, client: Client) -> None:
    client.force_login(factories.member(account.organisation, "bookkeeper"))
    address = reverse("authorise", args=[account.organisation_id, account.integration_id, account.pk])
    assert client.post(address).status_code == 403
