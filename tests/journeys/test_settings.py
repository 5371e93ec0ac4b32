"""An owner sets an integration up: interval, mapping, layout with its preview, pause and resume; in each language."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from bookbridge.exchange import running, sweep
from bookbridge.exchange.models import Run
from bookbridge.integrations.models import Configuration
from tests import factories
from tests.exchange import files
from tests.exchange.stage import Stage
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.steps import check_accessibility, log_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

WORDS = {
    "en": {
        "saved": "Saved.",
        "unknown": "The package has no such code.",
        "rejected": "Not read",
        "paused": "is paused",
    },
    "nl": {
        "saved": "Bewaard.",
        "unknown": "Het pakket kent deze code niet.",
        "rejected": "Niet gelezen",
        "paused": "is gepauzeerd",
    },
    "fr": {
        "saved": "Enregistré.",
        "unknown": "Le logiciel n’a pas ce code.",
        "rejected": "Non lu",
        "paused": "est en pause",
    },
}


@pytest.mark.parametrize("language", WORDS)
def test_from_the_interval_to_the_first_entry(
    language: str, stage: Stage, open_page: Callable[..., Page], picture: Callable[[Page, str], None]
) -> None:
    words, scripted = WORDS[language], language != "nl"
    configuration = stage.configuration
    stage.run_files(debitr__csv=files.joined(files.customer("100")), fmuta6__csv=files.joined(files.sale("26000001")))
    anna = factories.member(configuration.organisation, "owner", "anna@example.org", name="Anna", language=language)
    page = open_page(viewport=PHONE if language == "fr" else DESKTOP, java_script_enabled=scripted)
    place = f"/companies/{configuration.organisation_id}/integrations/{configuration.integration_id}"

    def look(name: str = "") -> None:
        if scripted:
            check_accessibility(page)
        if (name and language == "en") or name in ("all", "paused"):
            picture(page, f"settings-{name}-{language}")

    log_in(page, anna.email)
    page.goto(f"{place}/")
    page.locator(f'.tabs a[href="{place}/settings/"]').click()
    look("all")
    one = f"{place}/settings/{configuration.pk}"
    read_every_quarter(page, one, words["saved"])
    map_a_code(page, one, words["unknown"], look)
    page.goto(f"{place}/settings/")
    pause(page, one, words["paused"])
    look("paused")
    run = what_came_in_meanwhile(stage)
    page.goto(f"{place}/history/")
    look()
    see_what_would_be_booked(page)
    look("dry-run")
    page.goto(f"{one}/layouts/fmuta6/")
    try_layouts(page, words["rejected"], scripted=scripted)
    look("preview")
    assert Configuration.objects.get().layouts == configuration.layouts

    page.goto(f"{place}/")
    page.locator(".bar.paused button").click()
    expect(page.locator(".bar.paused")).to_have_count(0)
    stage.work()
    run.refresh_from_db()
    assert (run.result, run.counts["posted"]) == (Run.Result.GOOD, 1)
    assert sorted(str(entry["EntryNumber"]) for entry in stage.books()["sales_entries"]) == ["26000001", "26000002"]


def read_every_quarter(page: Page, one: str, saved: str) -> None:
    page.locator('[name="interval"]').fill("15")
    page.locator(f'form[action="{one}/schedule"] button').click()
    expect(page.get_by_text(saved, exact=True)).to_be_visible()
    assert Configuration.objects.get().outstanding_interval_min == 15


def map_a_code(page: Page, one: str, unknown: str, look: Callable[..., None]) -> None:
    page.locator(f'a[href="{one}/mappings/vat_codes/"]').click()
    add_mapping(page, "H", "77")
    expect(page.locator(".errorlist")).to_contain_text(unknown)
    look()
    add_mapping(page, "H", "2")
    expect(page.locator("tbody th", has_text="H")).to_be_visible()
    look("mapped")


def pause(page: Page, one: str, paused: str) -> None:
    page.locator('[name="note"]').fill("New books from Monday")
    page.locator(f'form[action="{one}/pause"] button').click()
    expect(page.locator(".bar.paused")).to_contain_text(paused)
    expect(page.locator(".bar.paused")).to_contain_text("New books from Monday")


def what_came_in_meanwhile(stage: Stage) -> Run:
    """A file is taken and read, and waits."""
    stage.drop(fmuta6__csv=files.joined(files.sale("26000002", code="H")))
    work_on_what_is_due(stage)
    run = Run.objects.filter(direction=Run.Direction.OUT).latest("pk")
    assert (run.state, run.lines.get().outcome) == (Run.State.WAITING, "waiting")
    return run


def see_what_would_be_booked(page: Page) -> None:
    page.locator("tbody th a").first.click()
    page.locator('a[href$="/dry-run/"]').click()
    expect(page.locator(".badge.good")).to_have_count(1)
    expect(page.locator("tfoot td.num").first).to_contain_text("121")


def try_layouts(page: Page, rejected: str, *, scripted: bool) -> None:
    """The preview follows the choice, or its button where there is no script."""

    def shows(text: str, where: str = "#preview") -> None:
        if not scripted:
            page.locator('[formaction$="/preview"]').click()
        expect(page.locator(where)).to_contain_text(text)

    expect(page.locator("#preview tbody th")).to_contain_text("26000002")
    page.locator('[name="profile"]').select_option("fmuta6_32")
    shows(rejected)
    page.locator('[name="profile"]').select_option("fmuta6_globe40")
    page.locator('[name="adjustments"]').fill('separator = "no')
    shows("TOML", "#preview .bar.bad")
    if scripted:
        check_accessibility(page)
    page.locator('[name="adjustments"]').fill('default_currency = "EUR"')
    shows("26000002", "#preview tbody th")


def add_mapping(page: Page, source: str, target: str) -> None:
    page.locator('form.mapping [name="source"]').fill(source)
    page.locator('form.mapping [name="target"]').fill(target)
    page.locator("form.mapping button").click()


def work_on_what_is_due(stage: Stage) -> None:
    sweep.sweep()
    for run in Run.objects.filter(state=Run.State.WAITING, resume_at__lte=timezone.now()):
        running.work_on(run.pk, stage.worker)
