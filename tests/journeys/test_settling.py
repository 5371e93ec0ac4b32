"""A bookkeeper settles what failed without sending it: left out, or found in the package after it was booked there."""

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


def test_booked_by_hand_and_a_test_invoice(
    stage: Stage, open_page: Callable[..., Page], picture: Callable[[Page, str], None]
) -> None:
    stage.run_files(debitr__csv=files.joined(files.customer("100")))
    wrong = [files.sale(f"2600000{number}", account="8999") for number in (1, 2)]
    run = stage.run_files(fmuta6__csv=files.joined(*wrong))
    stage.book_by_hand(run.lines.get(identifier="26000001"), "26000900")
    anna = factories.member(run.organisation, "bookkeeper", "anna@example.org", name="Anna")
    page = open_page(viewport=DESKTOP)
    log_in(page, anna.email)
    run_page = f"/companies/{run.organisation_id}/runs/{run.pk}/"

    page.goto(run_page)
    page.get_by_role("link", name="26000001").click()
    page.locator("summary", has_text="Already in the package").click()
    claim(page, "26000999")
    expect(page.locator("#there-number-why")).to_contain_text("has no such document under this number")
    claim(page, "26000900")
    expect(page.get_by_role("alert")).to_contain_text("it differs in: Lines")
    check_accessibility(page)
    picture(page, "already-there")
    page.get_by_label("It is this document all the same").check()
    page.get_by_role("button", name="Look it up").click()
    expect(page.get_by_text("In the books since")).to_be_visible()

    page.set_viewport_size(PHONE)
    page.goto(run_page)
    page.get_by_role("link", name="26000002").click()
    page.locator("summary", has_text="Do not send").click()
    page.locator("#leave-out-reason").fill("A test invoice")
    check_accessibility(page)
    page.get_by_role("button", name="Do not send").click()
    expect(page.get_by_text("Stays out of the books.")).to_be_visible()
    check_accessibility(page)
    picture(page, "left-out-phone")

    with acting_for(run.organisation_id):
        again = stage.run_files(fmuta6__csv=files.joined(*wrong))
        assert sorted(again.lines.values_list("reason", flat=True)) == ["already_posted", "left_out"]
    assert [str(entry["EntryNumber"]) for entry in stage.books()["sales_entries"]] == ["26000900"]


def test_a_document_that_the_source_changed_since(
    stage: Stage, open_page: Callable[..., Page], picture: Callable[[Page, str], None]
) -> None:
    stage.run_files(debitr__csv=files.joined(files.customer("100")), fmuta6__csv=files.joined(files.sale("26000001")))
    changed = files.joined(files.sale("26000001", amount="200.00", vat="42.00"))
    run = stage.run_files(fmuta6__csv=changed)
    anna = factories.member(run.organisation, "bookkeeper", "anna@example.org", name="Anna")
    page = open_page(viewport=DESKTOP)
    log_in(page, anna.email)
    page.goto(f"/companies/{run.organisation_id}/runs/{run.pk}/")
    page.get_by_role("link", name="26000001").click()
    total = page.locator("section[aria-labelledby=differences] tbody tr", has_text="Total")
    expect(total).to_contain_text("121.00")
    expect(total).to_contain_text("242.00")
    page.locator("#leave-reason").fill("Booked by hand")
    check_accessibility(page)
    picture(page, "changed-since")
    page.get_by_role("button", name="Leave it").click()
    expect(page.get_by_text("The books stay as they are.")).to_be_visible()
    expect(page.get_by_role("button", name="Leave it")).to_have_count(0)


def test_a_difference_is_seen_booked_and_found_again(stage: Stage, open_page: Callable[..., Page]) -> None:
    stage.run_files(debitr__csv=files.joined(files.customer("100")), fmuta6__csv=files.joined(files.sale("26000001")))
    changed = files.joined(files.sale("26000001", amount="200.00", vat="42.00"))
    run = stage.run_files(fmuta6__csv=changed)
    anna = factories.member(run.organisation, "bookkeeper", "anna@example.org", name="Anna")
    page = open_page(viewport=DESKTOP)
    log_in(page, anna.email)
    page.goto(f"/companies/{run.organisation_id}/runs/{run.pk}/")
    page.get_by_role("link", name="26000001").click()
    entry = page.locator("section[aria-labelledby=book-difference]")
    expect(entry.locator("dl")).to_contain_text("Difference to 26000001")
    expect(entry.locator("tbody tr")).to_have_count(2)
    expect(entry.locator("tbody tr").first).to_contain_text("−100.00")
    check_accessibility(page)
    page.set_viewport_size(PHONE)
    check_accessibility(page)
    page.locator("#difference-reason").fill("They forgot one")
    page.locator("#difference-reason").press("Enter")
    expect(page.get_by_text("The difference is booked in this run.")).to_be_visible()

    with acting_for(run.organisation_id):
        stage.work()
    page.reload()
    page.get_by_role("link", name="26000001").click()
    expect(page.get_by_role("heading", name="A difference entry")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("link", name="Together with the entry under number 26000001").click()
    expect(page.get_by_role("link", name="Difference entry, booked under number")).to_be_visible()
    expect(page.get_by_role("button", name="Book the difference")).to_have_count(0)
    expect(page.get_by_role("button", name="Leave it")).to_have_count(0)
    check_accessibility(page)
    assert [str(each["AmountFC"]) for each in stage.books()["sales_entries"]] == ["121.00", "121.00"]


def claim(page: Page, number: str) -> None:
    page.locator("#there-number").fill(number)
    page.locator("#there-reason").fill("Booked by hand")
    page.get_by_role("button", name="Look it up").click()
