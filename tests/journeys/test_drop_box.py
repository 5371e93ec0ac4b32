"""An owner makes an access key, sees its secret once, and revokes it: by keyboard, in three languages."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bookbridge.integrations import access_keys
from bookbridge.integrations.models import AccessKey
from tests import factories
from tests.journeys.steps import check_accessibility, log_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_a_key_is_made_and_revoked_by_keyboard(
    open_page: Callable[..., Page], picture: Callable[[Page, str], None]
) -> None:
    link = factories.integration(factories.organisation())
    owner = factories.member(link.organisation, "owner", "anna@example.org")
    page = open_page()
    log_in(page, owner.email)
    page.goto(f"/companies/{link.organisation_id}/integrations/{link.pk}/")
    page.get_by_role("link", name="Drop box").press("Enter")
    expect(page.get_by_role("heading", name="No access key yet")).to_be_visible()
    check_accessibility(page)

    page.get_by_label("What will use the key").fill("Kassa-pc")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The secret is shown once")).to_be_visible()
    check_accessibility(page)
    key = AccessKey.objects.get()
    secret = page.locator(".secret").inner_text()
    found = access_keys.find(key.key_id)
    assert found is not None
    assert found.secret == secret
    # A picture shows no secret, not even that of a test.
    page.evaluate("document.querySelector('.secret').textContent = 'shown-here-once-and-never-again-0123456789'")
    page.evaluate("document.querySelector('#code').value = 'BB1-shown-here-once-and-never-again'")
    page.evaluate("document.querySelectorAll('.facts .code')[0].textContent = 'BBQX4MZ7LTS2KEVGH35A'")
    picture(page, "access-key-made")

    page.get_by_role("link", name="I have kept the secret").press("Enter")
    expect(page.get_by_role("cell", name=key.key_id)).to_be_visible()
    assert secret not in page.content()
    page.get_by_role("link", name="Revoke Kassa-pc").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Revoke the access key of Kassa-pc?")
    check_accessibility(page)
    page.get_by_role("button", name="Revoke the key").press("Enter")
    expect(page.get_by_text("has been revoked")).to_be_visible()
    expect(page.get_by_role("heading", name="Revoked keys")).to_be_visible()
    assert access_keys.find(key.key_id) is None


@pytest.mark.parametrize(("language", "heading"), [("nl", "Toegangssleutels"), ("fr", "Clés d'accès")])
def test_the_page_in_other_languages(open_page: Callable[..., Page], language: str, heading: str) -> None:
    link = factories.integration(factories.organisation())
    factories.access_key(link)
    owner = factories.member(link.organisation, "owner", "anna@example.org", language=language)
    page = open_page()
    log_in(page, owner.email)
    page.goto(f"/companies/{link.organisation_id}/integrations/{link.pk}/drop-box/")
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    check_accessibility(page)
