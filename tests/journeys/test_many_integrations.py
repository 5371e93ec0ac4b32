"""A company with more integrations than a page shows: found by name, and by what they need."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bookbridge.exchange.models import Run
from bookbridge.portal.queries.companies import INTEGRATIONS_A_PAGE
from tests import factories
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.steps import check_accessibility, log_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_one_is_found_among_many(size: Any, open_page: Callable[..., Page], picture: Any) -> None:
    company = factories.organisation()
    anna = factories.member(company, "bookkeeper")
    for number in range(INTEGRATIONS_A_PAGE + 5):
        configuration = factories.whole_integration(company, name=f"Winkel {number:02}")
        factories.run_with_errors(configuration)
    Run.objects.exclude(configuration=configuration).update(result=Run.Result.GOOD)
    company.postings.exclude(configuration=configuration).update(state="posted")

    page = open_page(viewport=size)
    log_in(page, anna.email)
    check_accessibility(page)
    page.get_by_role("link", name="All integrations").click()
    expect(page.locator("tbody tr")).to_have_count(INTEGRATIONS_A_PAGE)
    check_accessibility(page)
    if size is DESKTOP:
        picture(page, "integrations-many")
    page.get_by_role("link", name="More integrations").click()
    expect(page.locator("tbody tr")).to_have_count(5)
    page.get_by_label("Only those that need attention").check()
    expect(page.locator("tbody th a")).to_have_text([f"Winkel {INTEGRATIONS_A_PAGE + 4}"])
    page.get_by_label("Name", exact=True).fill("bakery")
    page.get_by_label("Name", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="No integration fits")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("link", name="Show all integrations").click()
    expect(page.locator("tbody tr")).to_have_count(INTEGRATIONS_A_PAGE)
