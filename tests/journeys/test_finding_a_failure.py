"""A person finds the reason of a failure: in each language, by mouse and keyboard, without script, on a phone."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bookbridge.exchange.models import Line, Run
from tests import factories
from tests.journeys.conftest import PHONE
from tests.journeys.steps import check_accessibility, log_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

WORDS = {
    "en": {
        "title": "Camping De Eik",
        "integrations": "All integrations",
        "history": "History",
        "only_failed": "Show only failed",
        "reason": "VAT code 9 is not known in the package.",
        "remedy": "Map it to one of the package's VAT codes, or correct it.",
        "amount": "225.85\u00a0EUR",
    },
    "nl": {
        "title": "Camping De Eik",
        "integrations": "Alle integraties",
        "history": "Geschiedenis",
        "only_failed": "Alleen mislukte tonen",
        "reason": "Btw-code 9 is niet bekend in het pakket.",
        "remedy": "Koppel hem aan een btw-code van het pakket, of verbeter hem.",
        "amount": "225,85\u00a0EUR",
    },
    "fr": {
        "title": "Camping De Eik",
        "integrations": "Toutes les intégrations",
        "history": "Historique",
        "only_failed": "Seulement les échecs",
        "reason": "Le code TVA 9 n'existe pas dans le logiciel.",
        "remedy": "Associez-le à un code TVA du logiciel, ou corrigez-le.",
        "amount": "225,85\u00a0EUR",
    },
}


@pytest.fixture
def run() -> Run:
    return factories.run_with_errors(factories.whole_integration(factories.organisation("Camping De Eik")))


@pytest.mark.parametrize("language", WORDS)
def test_from_log_in_to_the_reason(
    language: str, run: Run, open_page: Callable[..., Page], picture: Callable[[Page, str], None]
) -> None:
    words = WORDS[language]
    # Who may repair sees a form in its place: test_repairing.py.
    anna = factories.member(run.organisation, "viewer", "anna@example.org", name="Anna", language=language)
    page = open_page(viewport=PHONE if language == "fr" else {"width": 1440, "height": 900})
    log_in(page, anna.email)
    expect(page.get_by_role("heading", level=1)).to_have_text(words["title"])
    page.get_by_role("link", name=words["integrations"]).click()
    page.get_by_role("main").get_by_role("link", name="Reserveringen", exact=True).click()
    page.get_by_role("link", name=words["history"]).click()
    check_accessibility(page)
    _keep(picture, page, "history", language)
    page.locator("table.history tbody th a").first.click()
    only_failed = page.get_by_label(words["only_failed"])
    expect(only_failed).to_be_checked()
    lines = page.locator("section[aria-labelledby=lines] tbody tr")
    expect(lines).to_have_count(3)
    check_accessibility(page)
    _keep(picture, page, "run", language)
    only_failed.uncheck()
    expect(lines).to_have_count(18)
    page.go_back()
    expect(lines).to_have_count(3)
    page.get_by_role("link", name="26000130").click()
    bar = page.locator(".failure")
    expect(bar.get_by_role("heading")).to_have_text(words["reason"])
    expect(bar).to_contain_text(words["remedy"])
    expect(bar).to_contain_text("Ongeldige waarde: BTW-code (9)")
    faulty = page.locator("#field-lines-1-vat_code")
    expect(faulty).to_contain_text(words["reason"])
    expect(page.locator("#field-total")).to_contain_text(words["amount"])
    expect(page.locator(".source .faulty")).to_contain_text("1;8020;24,50;9;Fietshuur")
    check_accessibility(page)
    _keep(picture, page, "line", language)


def _keep(picture: Callable[[Page, str], None], page: Page, name: str, language: str) -> None:
    """English pages are pictured elsewhere."""
    if language != "en":
        picture(page, f"{name}-{language}")


def test_three_clicks_from_log_in_to_the_reason(run: Run, open_page: Callable[..., Page]) -> None:
    anna = factories.member(run.organisation, "bookkeeper", "anna@example.org")
    page = open_page()
    log_in(page, anna.email)
    page.get_by_role("link", name="The run of").click()
    page.get_by_role("link", name="26000130").click()
    expect(page.get_by_role("heading", name=WORDS["en"]["reason"])).to_be_visible()


def test_by_keyboard_alone(run: Run, open_page: Callable[..., Page]) -> None:
    anna = factories.member(run.organisation, "bookkeeper", "anna@example.org")
    page = open_page()
    log_in(page, anna.email)
    page.goto(f"/companies/{run.organisation_id}/runs/{run.pk}/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Show only failed").focus()
    page.keyboard.press("Space")
    expect(page.locator("section[aria-labelledby=lines] tbody tr")).to_have_count(18)
    summary = page.locator("details.menu summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Log out")).to_be_hidden()
    expect(summary).to_be_focused()


def test_without_script(run: Run, open_page: Callable[..., Page]) -> None:
    anna = factories.member(run.organisation, "bookkeeper", "anna@example.org")
    page = open_page(java_script_enabled=False)
    log_in(page, anna.email)
    page.goto(f"/companies/{run.organisation_id}/runs/{run.pk}/")
    page.get_by_label("Show only failed").uncheck()
    page.get_by_label("Identifier").fill("2600012")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("section[aria-labelledby=lines] tbody tr")).to_have_count(10)
    page.get_by_role("link", name="26000129").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("26000129")
    Run.objects.filter(pk=run.pk).update(state="working", result="")
    page.goto(f"/companies/{run.organisation_id}/runs/{run.pk}/")
    expect(page.get_by_role("link", name="Load the page again")).to_be_visible()


def test_live_progress_until_the_end(
    run: Run, open_page: Callable[..., Page], picture: Callable[[Page, str], None]
) -> None:
    anna = factories.member(run.organisation, "bookkeeper", "anna@example.org")
    working = factories.run(run.configuration, state="working", counts={"posted": 3, "waiting": 7})
    page = open_page()
    log_in(page, anna.email)
    page.goto(f"/companies/{run.organisation_id}/runs/{working.pk}/")
    expect(page.get_by_text("3 of 10 lines done")).to_be_visible()
    Run.objects.filter(pk=working.pk).update(counts={"posted": 8, "waiting": 2})
    expect(page.get_by_text("8 of 10 lines done")).to_be_visible()
    factories.line(working, factories.sales_invoice("27000001"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    Run.objects.filter(pk=working.pk).update(state="ended", result="good", counts={"posted": 10})
    expect(page.get_by_role("link", name="27000001")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    asked.clear()
    page.wait_for_timeout(2_000)
    assert not [url for url in asked if url.endswith("/progress")], "an ended run is not asked for again"


def test_posted_later_is_said_on_the_old_line(run: Run, open_page: Callable[..., Page]) -> None:
    anna = factories.member(run.organisation, "bookkeeper", "anna@example.org")
    old = Line.objects.get(run=run, identifier="26000130")
    assert old.posting is not None
    later = factories.run(run.configuration, previous=run, trigger="retry")
    factories.line(later, factories.sales_invoice("26000130"), posting=old.posting)
    old.posting.state, old.posting.external_number, old.posting.posted_at = "posted", "70260130", factories.NOW
    old.posting.save()
    page = open_page()
    log_in(page, anna.email)
    page.goto(f"/companies/{run.organisation_id}/runs/{run.pk}/lines/{old.pk}/")
    expect(page.locator("section[aria-labelledby=since]")).to_contain_text("under number 70260130")
    page.get_by_role("link", name="Posted later").click()
    expect(page.locator("h1 + .badge")).to_have_text("Posted")


def test_a_choice_of_language_is_kept(open_page: Callable[..., Any]) -> None:
    anna = factories.member(factories.organisation(), "viewer", "anna@example.org")
    page = open_page()
    log_in(page, anna.email)
    page.goto("/preferences/")
    page.get_by_label("Language").select_option("nl")
    page.get_by_label("Time zone").select_option("America/Curacao")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Uw voorkeuren zijn opgeslagen.")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "nl")
