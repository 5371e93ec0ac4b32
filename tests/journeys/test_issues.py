"""A bookkeeper maps one code for all documents that it holds up, and sends them in one run: in each language."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bookbridge.organisations.walls import acting_for
from tests import factories
from tests.exchange import files
from tests.exchange.stage import Stage
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.steps import check_accessibility, log_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_from_what_needs_attention_to_the_books(
    language: str, stage: Stage, open_page: Callable[..., Page], picture: Callable[[Page, str], None]
) -> None:
    stage.run_files(debitr__csv=files.joined(files.customer("100")))
    for numbers in ((1, 2, 3), (4, 5)):
        stage.run_files(fmuta6__csv=files.joined(*[files.sale(f"2600000{n}", code="21H") for n in numbers]))
    organisation = stage.configuration.organisation
    anna = factories.member(organisation, "bookkeeper", "anna@example.org", name="Anna", language=language)
    page = open_page(viewport=PHONE if language == "fr" else DESKTOP, java_script_enabled=language != "nl")
    log_in(page, anna.email)

    page.locator('#attention ~ * a[href$="/issues/"]').click()
    if language != "nl":
        check_accessibility(page)
    picture(page, f"issues-{language}")
    page.locator("tbody a.lead").first.click()
    page.locator("#target").fill("2")
    page.locator("form.settle button").first.click()
    expect(page.locator("#result tbody tr")).to_have_count(5)
    if language != "nl":
        check_accessibility(page)
    picture(page, f"issue-{language}")
    page.locator("#result form button").click()
    page.locator(".bar.ready button").click()
    with acting_for(organisation.pk):
        stage.work()
    page.reload()
    expect(page.locator("td.state .badge.good")).to_have_count(5)
    assert len(stage.books()["sales_entries"]) == 5
    page.goto(f"/companies/{organisation.pk}/integrations/{stage.configuration.integration_id}/history/")
    expect(page.locator("figure.days svg")).to_be_visible()
    if language != "nl":
        check_accessibility(page)
    picture(page, f"history-days-{language}")
