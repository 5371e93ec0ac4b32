"""A bookkeeper repairs what failed and offers it again: in each language, against the real exchange."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bookbridge.exchange.models import Run
from tests import factories
from tests.exchange import files
from tests.exchange.stage import Stage
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.steps import check_accessibility, log_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

WORDS = {
    "en": {
        "reason": "Ledger account 8999 is blocked in the package.",
        "no_amount": "This is no amount.",
        "ready": "2 changes are ready",
        "offered": "2 documents are offered again.",
        "posted": "Posted",
    },
    "nl": {
        "reason": "Grootboekrekening 8999 is geblokkeerd in het pakket.",
        "no_amount": "Dit is geen bedrag.",
        "ready": "2 wijzigingen staan klaar",
        "offered": "2 documenten worden opnieuw aangeboden.",
        "posted": "Geboekt",
    },
    "fr": {
        "reason": "Le compte 8999 est bloqué dans le logiciel.",
        "no_amount": "Ce n’est pas un montant.",
        "ready": "2 modifications sont prêtes",
        "offered": "2 documents sont présentés à nouveau.",
        "posted": "Comptabilisé",
    },
}


@pytest.fixture
def failed(stage: Stage) -> Run:
    stage.run_files(debitr__csv=files.joined(files.customer("100")))
    wrong = [files.sale(f"2600000{number}", account="8999") for number in (1, 2)]
    return stage.run_files(fmuta6__csv=files.joined(*wrong, files.sale("26000003")))


@pytest.mark.parametrize("language", WORDS)
def test_from_the_run_to_the_books(
    language: str, stage: Stage, failed: Run, open_page: Callable[..., Page], picture: Callable[[Page, str], None]
) -> None:
    words = WORDS[language]
    anna = factories.member(failed.organisation, "bookkeeper", "anna@example.org", name="Anna", language=language)
    page = open_page(viewport=PHONE if language == "fr" else DESKTOP, java_script_enabled=language != "nl")
    log_in(page, anna.email)
    run_page = f"/companies/{failed.organisation_id}/runs/{failed.pk}/"
    page.goto(run_page)

    page.get_by_role("link", name="26000001").click()
    expect(page.locator(".bar.failure h2")).to_have_text(words["reason"])
    faulty = page.locator('[name="lines.0.ledger_account"]')
    if language != "nl":  # A browser without script focuses nothing by itself.
        expect(faulty).to_be_focused()
        check_accessibility(page)
    picture(page, f"repair-{language}")
    faulty.fill("8000")
    page.locator('[name="total"]').fill("a lot")
    page.locator(".save button").click()
    expect(page.locator("#field-total .why")).to_have_text(words["no_amount"])
    expect(page.locator('[name="lines.0.ledger_account"]')).to_have_value("8000")
    page.locator('[name="total"]').fill("121,00")
    page.locator(".save button").click()
    page.get_by_role("link", name="26000002").click()
    page.locator('[name="lines.0.ledger_account"]').fill("8000")
    page.locator(".save button").click()

    expect(page.locator(".bar.ready h2")).to_have_text(words["ready"])
    if language != "nl":
        check_accessibility(page)
    picture(page, f"ready-{language}")
    page.locator(".bar.ready button").click()
    expect(page.get_by_text(words["offered"])).to_be_visible()
    stage.work()
    page.reload()
    expect(page.locator("tbody .badge", has_text=words["posted"])).to_have_count(2)

    assert sorted(str(entry["EntryNumber"]) for entry in stage.books()["sales_entries"]) == [
        "26000001",
        "26000002",
        "26000003",
    ]
    again = Run.objects.get(trigger="retry")
    assert (again.previous_id, again.result, again.requested_by) == (failed.pk, Run.Result.GOOD, anna)
