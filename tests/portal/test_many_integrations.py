"""A company with more integrations than anybody wants to see at once."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookbridge.exchange.models import Run
from bookbridge.portal.queries.companies import INTEGRATIONS_A_PAGE
from tests import factories

pytestmark = pytest.mark.django_db
MANY = INTEGRATIONS_A_PAGE + 5
_NAMED = re.compile(r"Shop \d\d")


@pytest.fixture
def shops(client: Client) -> Any:
    """Shop 00 to Shop 29; only the last one's last run went wrong, and none of them lacks an account."""
    company = factories.organisation()
    for number in range(MANY):
        configuration = factories.whole_integration(company, name=f"Shop {number:02}")
        factories.run_with_errors(configuration)
    Run.objects.exclude(configuration=configuration).update(result=Run.Result.GOOD)
    company.postings.exclude(configuration=configuration).update(state="posted")
    client.force_login(factories.member(company))
    return company


def shown(client: Client, address: str) -> list[str]:
    answer = client.get(address)
    assert answer.status_code == 200
    return sorted(set(_NAMED.findall(answer.content.decode())))


def test_they_are_shown_a_page_at_a_time_and_none_is_left_out(client: Client, shops: Any) -> None:
    place = reverse("integrations", args=(shops.pk,))
    with CaptureQueriesContext(connection) as asked:
        first = shown(client, place)
    assert len(asked) <= 15
    second = shown(client, f"{place}?before={INTEGRATIONS_A_PAGE}")
    assert len(first) == INTEGRATIONS_A_PAGE
    assert first + second == [f"Shop {number:02}" for number in range(MANY)]
    assert f'href="?before={INTEGRATIONS_A_PAGE}" rel="next"' in client.get(place).content.decode()
    assert 'rel="next"' not in client.get(f"{place}?before={INTEGRATIONS_A_PAGE}").content.decode()
    for no_cursor_of_ours in ("x", "-3", "²", "9" * 30, "1e3"):
        assert shown(client, f"{place}?before={no_cursor_of_ours}") == first


def test_one_is_found_by_a_part_of_its_name_and_by_what_it_needs(client: Client, shops: Any) -> None:
    place = reverse("integrations", args=(shops.pk,))
    assert shown(client, f"{place}?text=SHOP+07") == ["Shop 07"]
    assert shown(client, f"{place}?attention=on") == [f"Shop {MANY - 1}"]
    nothing = client.get(f"{place}?text=bakery").content.decode()
    assert "No integration fits" in nothing
    assert "Show all integrations" in nothing


def test_my_company_shows_some_and_says_how_many_more_there_are(client: Client, shops: Any) -> None:
    with CaptureQueriesContext(connection) as asked:
        page = client.get(reverse("company", args=(shops.pk,))).content.decode()
    assert len(asked) <= 15
    assert f"Shop {MANY - 1}" in page.split('id="integrations"')[0]
    assert "and 20 more" in page
    assert "need attention" not in page
    Run.objects.filter(organisation=shops).update(result=Run.Result.FAILED)
    page = client.get(reverse("company", args=(shops.pk,))).content.decode()
    assert "20 more integrations need attention" in page
    assert "/integrations/?attention=on" in page
