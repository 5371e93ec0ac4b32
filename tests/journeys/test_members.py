"""An owner invites somebody, who comes in by the mail alone, in the owner's company and with the given role."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.journeys.conftest import PHONE
from tests.journeys.steps import check_accessibility, log_in
from tests.mail_sink import Sink
from tests.portal.people import send_mails

pytestmark = [
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("public_address"),
]
NEW = "an entirely other password"


def test_from_an_invitation_to_the_company(
    open_page: Callable[..., Page], mail_sink: Sink, public_address: str, picture: Callable[[Page, str], None]
) -> None:
    company = factories.organisation("Camping De Eik")
    owner = factories.member(company, "owner", "eva@example.org", name="Eva Voorbeeld")
    page = open_page()
    log_in(page, owner.email)
    page.get_by_role("link", name="Invite, change roles").click()
    page.get_by_label("Mail address").fill("anna@example.org")
    page.get_by_label("Bookkeeper").check()
    check_accessibility(page)
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_text("anna@example.org gets a mail.")).to_be_visible()
    check_accessibility(page)
    picture(page, "members")

    send_mails()
    link = mail_sink.password_link(public_address)
    anna = open_page(viewport=PHONE)
    anna.goto(link)
    anna.locator("input[name=password1]").fill(NEW)
    anna.locator("input[name=password2]").fill(NEW)
    anna.get_by_role("button", name="Change the password").click()
    anna.goto("/accounts/login/")
    anna.locator("input[name=login]").fill("anna@example.org")
    anna.locator("input[name=password]").fill(NEW)
    anna.locator('main form[action="/accounts/login/"] button').click()
    expect(anna.get_by_role("heading", level=1)).to_have_text("Camping De Eik")
    expect(anna.get_by_text("You are here as: Bookkeeper")).to_be_visible()

    page.get_by_role("link", name="Remove anna@example.org").click()
    check_accessibility(page)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("anna@example.org has no access any more.")).to_be_visible()
    anna.reload()
    expect(anna.get_by_role("heading", level=1)).not_to_have_text("Camping De Eik")
