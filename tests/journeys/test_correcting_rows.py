"""A bookkeeper finds rows that could not be read, corrects their cells and offers them: to the books, once."""

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
WRONG = files.joined(
    files.sale("26000001"), files.sale("26000002", day="31022026"), files.sale("26000003", account="8999")
)


@pytest.fixture
def failed(stage: Stage) -> Run:
    stage.run_files(debitr__csv=files.joined(files.customer("100")))
    return stage.run_files(fmuta6__csv=WRONG)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_from_rows_that_could_not_be_read_to_the_books(
    viewport: dict[str, int],
    stage: Stage,
    failed: Run,
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], None],
) -> None:
    anna = factories.member(failed.organisation, "bookkeeper", "anna@example.org", name="Anna")
    page = open_page(viewport=viewport)
    log_in(page, anna.email)
    run_page = f"/companies/{failed.organisation_id}/runs/{failed.pk}/"
    page.goto(run_page)
    expect(page.get_by_text("Can be corrected.")).to_be_visible()
    page.get_by_role("link", name="26000002").click()

    faulty = page.locator('[name="3.entry_date"]')
    expect(faulty).to_be_focused()
    expect(faulty).to_have_value("31022026")
    check_accessibility(page)
    if viewport == DESKTOP:
        picture(page, "rows-en")
    for row in (3, 4):
        page.locator(f'[name="{row}.entry_date"]').fill("28022026")
        page.locator(f'[name="{row}.period"]').fill("2")
    page.locator('[name="4.amount"]').fill("a lot")
    page.locator(".save button").click()
    expect(page.locator("#field-4-amount .why")).to_be_visible()
    expect(page.locator('[name="4.amount"]')).to_be_focused()
    expect(faulty).to_have_value("28022026")
    check_accessibility(page)
    page.locator('[name="4.amount"]').fill("100.00")
    page.locator(".save button").click()

    page.get_by_role("link", name="26000003").click()
    page.locator('[name="lines.0.ledger_account"]').fill("8000")
    page.locator(".save button").click()
    expect(page.locator(".bar.ready h2")).to_have_text("2 changes are ready")
    check_accessibility(page)
    page.locator(".bar.ready button").click()
    expect(page.get_by_text("2 documents are offered again.")).to_be_visible()
    stage.work()
    page.reload()
    expect(page.locator("tbody .badge", has_text="Posted")).to_have_count(2)
    assert sorted(str(entry["EntryNumber"]) for entry in stage.books()["sales_entries"]) == [
        "26000001",
        "26000002",
        "26000003",
    ]

    again = stage.run_files(fmuta6__csv=WRONG)
    page.goto(f"/companies/{again.organisation_id}/runs/{again.pk}/")
    page.get_by_role("link", name="26000002").click()
    expect(page.get_by_role("heading", name="The same rows came before")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("link", name="They are Sales invoice 26000002").click()
    expect(page.locator("main .badge", has_text="Posted").first).to_be_visible()
    assert len(stage.books()["sales_entries"]) == 3
