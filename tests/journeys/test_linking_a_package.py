"""An owner links an account of the package: through the real consent page, and back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from bookbridge.integrations.models import Authorisation, Configuration
from bookbridge.kit import catalogue, outgoing
from bookbridge.kit.simulation import SimulatorServer, SimulatorSettings
from tests import factories
from tests.journeys.steps import check_accessibility, log_in
from tests.portal.stored import stored_at

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def package(settings: Any, live_server: Any, tmp_path: Any) -> Iterator[SimulatorServer]:
    stored_at(settings, tmp_path)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, public_url=live_server.url)
    with simulated("exact_online") as server:
        yield server


@contextmanager
def simulated(package: str) -> Iterator[SimulatorServer]:
    simulator = catalogue.simulator_factory(package)(SimulatorSettings(), None)
    with SimulatorServer(simulator) as server, outgoing.allowing(server.url):
        yield server


def test_from_nothing_to_an_integration_that_can_work(
    package: SimulatorServer, open_page: Callable[..., Page], picture: Callable[[Page, str], None], tmp_path: Any
) -> None:
    app = factories.app_registration(package.url, client_id="bookbridge-demo", client_secret="bookbridge-demo-secret")
    link = factories.integration(factories.organisation())
    account = factories.authorisation(link, Authorisation.Status.INACTIVE, app=app)
    owner = factories.member(link.organisation, "owner", "anna@example.org")
    page = open_page()
    log_in(page, owner.email)
    page.get_by_role("link", name="Administratie has not been authorised yet").click()
    page.get_by_role("button", name="Authorise").click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("The package gave no access")).to_be_visible()
    page.get_by_role("button", name="Authorise").click()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("You are signed in.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose an administration")
    check_accessibility(page)
    picture(page, "administration")
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Write to this administration").click()
    expect(page.get_by_text("This integration now writes to")).to_be_visible()
    assert Configuration.objects.get(integration=link).authorisation == account

    file = tmp_path / "fmuta6.csv"
    file.write_bytes(b"0;001\r\n")
    page.get_by_label("Put files in the inbox").set_input_files(file)
    page.get_by_role("button", name="Put in the inbox").click()
    expect(page.get_by_text("1 file is in the inbox")).to_be_visible()
    expect(page.locator("section[aria-labelledby=inbox] li")).to_contain_text("fmuta6.csv")


def test_an_owner_gives_the_key_of_a_real_tryton(
    simulators_postgres: str, open_page: Callable[..., Page], picture: Callable[[Page, str], None]
) -> None:
    link = factories.integration(factories.organisation(), package="tryton")
    account = factories.authorisation(link, Authorisation.Status.INACTIVE, app=None)
    owner = factories.member(link.organisation, "owner", "anna@example.org")
    with simulated("tryton") as server:
        given = httpx.post(f"{server.url}/_simulator/access-key", json={}, timeout=120).json()
        page = open_page()
        page.set_default_timeout(60_000)
        log_in(page, owner.email)
        page.get_by_role("link", name="Administratie has not been authorised yet").click()
        page.get_by_role("button", name="Authorise").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Key of Tryton")
        check_accessibility(page)
        address, key = page.locator("input[name=address]"), page.locator("input[name=key]")
        address.fill(f"{server.url}{given['path']}")
        key.fill("not the key that was made")
        page.get_by_role("button", name="Try and keep").click()
        expect(page.get_by_text("Tryton does not take this key. Copy it once more")).to_be_visible()
        check_accessibility(page)
        picture(page, "key-refused")
        expect(address).to_have_value(f"{server.url}{given['path']}")
        expect(key).to_have_value("")
        key.fill(given["key"])
        page.get_by_role("button", name="Try and keep").click()
        expect(page.get_by_text("The key works and is kept.")).to_be_visible()
        page.get_by_role("radio").first.check()
        page.get_by_role("button", name="Write to this administration").click()
        expect(page.get_by_text("This integration now writes to")).to_be_visible()
    assert Configuration.objects.get(integration=link).authorisation == account
