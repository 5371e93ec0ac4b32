"""A bookkeeper proves the month and finds out who corrected what: opened, downloaded, read back."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from bookbridge.exchange.models import Line, Posting, Run
from tests import factories
from tests.exchange import files
from tests.exchange.stage import Stage
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.steps import check_accessibility, log_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
LOOKS = [("desktop", "light"), ("phone", "dark")]


@pytest.fixture
def month(stage: Stage) -> Run:
    """Three sales invoices of which two fail; the good one is exported a second time."""
    stage.run_files(debitr__csv=files.joined(files.customer("100")))
    wrong = [files.sale(f"2600000{number}", account="8999") for number in (1, 2)]
    failed = stage.run_files(fmuta6__csv=files.joined(*wrong, files.sale("26000003")))
    stage.run_files(fmuta6__csv=files.joined(files.sale("26000003"), files.sale("26000004")))
    return failed


def correct(page: Page, run: Run, number: str, **fields: str) -> None:
    page.goto(f"/companies/{run.organisation_id}/runs/{run.pk}/")
    page.get_by_role("link", name=number).click()
    for name, value in fields.items():
        page.locator(f'[name="{name.replace("__", ".")}"]').fill(value)
    page.locator(".save button").click()


def downloaded(page: Page, name: str, folder: Path) -> Path:
    with page.expect_download() as coming:
        page.locator("main").get_by_role("link", name=name).first.click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


@pytest.mark.parametrize(("width", "scheme"), LOOKS, ids=["-".join(look) for look in LOOKS])
def test_from_the_month_to_the_proof(
    width: str,
    scheme: Any,
    stage: Stage,
    month: Run,
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], None],
    tmp_path: Path,
) -> None:
    anna = factories.member(month.organisation, "bookkeeper", "anna@example.org", name="Anna Voorbeeld")
    page = open_page(viewport=DESKTOP if width == "desktop" else PHONE, color_scheme=scheme)
    log_in(page, anna.email)
    correct(page, month, "26000001", lines__0__ledger_account="8000", description="Verbeterd")
    page.locator(".bar.ready button").click()
    stage.work()
    company = f"/companies/{month.organisation_id}/"
    link = f"{company}integrations/{month.configuration.integration_id}/"

    page.goto(f"{link}reconciliation/")
    expect(page.locator("tbody tr").first).to_contain_text("363.00")
    expect(page.locator("tbody tr").first).to_contain_text("121.00")
    expect(page.locator("tr.wrong")).to_have_count(0)
    check_accessibility(page)
    picture(page, f"reconciliation-{width}-{scheme}")
    page.get_by_role("link", name="Last month").click()
    expect(page.get_by_text("No amounts came in by file in this period")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("link", name="This month").click()
    rows = list(csv.reader(downloaded(page, "CSV", tmp_path).read_text(encoding="utf-8-sig").splitlines()))
    assert [row[2:7] for row in rows[1:]] == [["4", "484.00", "363.00", "121.00", "0.00"]]
    text = PdfReader(downloaded(page, "PDF", tmp_path)).pages[0].extract_text().replace("\u00a0", " ")
    for said in ("Reconciliation of a period", month.organisation.name, "484.00 EUR", "363.00 EUR", "page 1 of 1"):
        assert said in text

    page.goto(f"{company}runs/{month.pk}/")
    assert "363.00 EUR" in PdfReader(downloaded(page, "PDF", tmp_path)).pages[0].extract_text().replace("\u00a0", " ")

    page.goto(f"{company}trail/")
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_text("are whole: nobody has changed")).to_be_visible()
    check_accessibility(page)
    page.locator("select[name=what]").select_option("repair")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody tr", has_text="Document corrected")).to_have_count(1)
    picture(page, f"trail-{width}-{scheme}")
    entries = list(csv.DictReader(downloaded(page, "CSV", tmp_path).read_text(encoding="utf-8-sig").splitlines()))
    assert {row["Action"] for row in entries} == {"line.corrected", "run.asked_for"}
    page.goto(f"{link}trail/")
    check_accessibility(page)

    line = Line.objects.get(run=month, identifier="26000001")
    page.goto(f"{company}runs/{month.pk}/lines/{line.pk}/")
    page.get_by_role("link", name="Trail of this document").click()
    corrected = page.locator("tbody tr", has_text="Document corrected")
    account = corrected.locator("dl > div", has_text="Ledger account, line 1")
    expect(account.locator("del")).to_have_text("8999")
    expect(account.locator("ins")).to_have_text("8000")
    check_accessibility(page)
    picture(page, f"line-trail-{width}-{scheme}")


@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_a_deleted_entry_is_found_out_and_leads_to_its_line(
    width: str,
    stage: Stage,
    month: Run,
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], None],
) -> None:
    anna = factories.member(month.organisation, "bookkeeper", "anna@example.org", name="Anna Voorbeeld")
    gone, other = (Posting.objects.get(external_number=number) for number in ("26000003", "26000004"))
    stage.control("entries", entry_id=gone.external_id, delete=True)
    stage.control("entries", entry_id=other.external_id, amount="99.50")
    page = open_page(viewport=DESKTOP if width == "desktop" else PHONE)
    log_in(page, anna.email)
    link = f"/companies/{month.organisation_id}/integrations/{month.configuration.integration_id}/reconciliation/"
    page.goto(f"{link}?since=2026-11-01&until=2026-11-30")
    check_accessibility(page)
    page.get_by_role("button", name="Compare with Exact Online").press("Enter")
    expect(page.get_by_text("The comparison has been asked for")).to_be_visible()
    expect(page.get_by_text("are being read")).to_be_visible()
    check_accessibility(page)
    stage.work()
    expect(page.get_by_text("Not everything agrees")).to_be_visible()
    check_accessibility(page)
    if width == "desktop":
        picture(page, "comparison-desktop")
    expect(page.get_by_role("row", name="26000004")).to_contain_text("99.50")
    page.get_by_role("link", name="26000003").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("26000003")


@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_of_one_run_a_deleted_entry_is_found_out(
    width: str,
    stage: Stage,
    month: Run,
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], None],
) -> None:
    anna = factories.member(month.organisation, "bookkeeper", "anna@example.org", name="Anna Voorbeeld")
    gone = Posting.objects.get(external_number="26000004")
    stage.control("entries", entry_id=gone.external_id, delete=True)
    run = Line.objects.get(identifier="26000004").run
    page = open_page(viewport=DESKTOP if width == "desktop" else PHONE)
    log_in(page, anna.email)
    page.goto(f"/companies/{run.organisation_id}/runs/{run.pk}/")
    page.get_by_role("button", name="Compare with Exact Online").press("Enter")
    expect(page.get_by_text("The comparison has been asked for")).to_be_visible()
    expect(page.get_by_text("are being read")).to_be_visible()
    check_accessibility(page)
    stage.work()
    compared = page.get_by_role("region", name="Compared with Exact Online")
    expect(compared.get_by_text("Not everything agrees")).to_be_visible()
    check_accessibility(page)
    picture(page, f"run-compared-{width}")
    expect(compared).not_to_contain_text("26000003")
    expect(compared.get_by_role("link", name="Compare all that is in the books of these days")).to_be_visible()
    compared.get_by_role("link", name="26000004").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("26000004")
