"""A bookkeeper opens the own notices, chooses, and gets the mail whose link leads to the run."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from bookbridge.organisations import notices
from bookbridge.organisations.models import Notice
from bookbridge.organisations.walls import acting_for
from bookbridge.portal.notices import looking
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


def test_from_the_choice_to_the_mail_and_its_run(
    open_page: Callable[..., Page], mail_sink: Sink, public_address: str, picture: Callable[[Page, str], None]
) -> None:
    books = factories.whole_integration(factories.organisation("Camping De Eik"))
    viewer = factories.member(books.organisation, "viewer", "eva@example.org", name="Eva Voorbeeld")
    page = open_page()
    log_in(page, viewer.email)
    page.goto("/preferences/")
    page.get_by_role("link", name="To the notices").click()
    expect(page.get_by_label("No mail")).to_be_checked()
    check_accessibility(page)
    page.get_by_label("At once, one mail a run at most").check()
    page.get_by_label("When an account needs signing in again").check()
    page.get_by_role("button", name="Save Camping De Eik").click()
    expect(page.get_by_text("Saved: Camping De Eik.")).to_be_visible()
    expect(page.get_by_label("At once, one mail a run at most")).to_be_checked()
    check_accessibility(page)
    picture(page, "notices")
    page.set_viewport_size(PHONE)
    check_accessibility(page)

    run = factories.run_with_errors(books, at=timezone.now())
    with acting_for(books.organisation_id):
        notices.announce(books.organisation_id, Notice.Kind.RUN, run.pk)
    looking.look()
    send_mails()
    [mail] = mail_sink.read()
    link = f"{public_address}/companies/{books.organisation_id}/runs/{run.pk}/"
    assert link in mail.get_content()
    page.goto(link)
    expect(page.get_by_text("With errors").first).to_be_visible()
