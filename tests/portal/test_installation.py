"""The operator's page: what has stopped and whose calls run out, over all companies, without a document of theirs."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookbridge.integrations.models import CallBudget, Configuration, Integration
from bookbridge.portal.queries.installation import BudgetRow, Installation
from tests import factories

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(factories.user(is_operator=True))
    return client


def shown(operator: Client) -> tuple[Installation, str]:
    answer = operator.get("/installation/")
    return answer.context["installation"], answer.content.decode()


def budget(of: Configuration, state: dict[str, Any]) -> None:
    CallBudget.objects.create(
        organisation=of.organisation, authorisation=of.authorisation, administration=of.administration, state=state
    )


def used(calls: int, window: str) -> dict[str, Any]:
    width = {"minute": 1, "day": 1440}[window]
    return {"counts": {window: {str(int(timezone.now().timestamp() // width)): calls}}}


def of_company(name: str) -> Configuration:
    made = factories.whole_integration(factories.organisation(name))
    # Nothing of the factories' moments is to be silent.
    Configuration.objects.filter(pk=made.pk).update(outstanding_kinds=[])
    return made


def test_where_all_is_well_it_says_so(operator: Client) -> None:
    of_company("Camping De Eik")
    found, page = shown(operator)
    assert (list(found.stopped), list(found.budgets)) == ([], [])
    assert "every account is authorised" in page


def test_what_has_stopped_is_named_with_its_company(operator: Client) -> None:
    lost, schedule, files, paused = map(of_company, ("Lost", "Schedule", "Files " + HOSTILE, "Paused"))
    type(lost.authorisation).objects.filter(pk=lost.authorisation_id).update(status="sign_in_again")
    long_ago = timezone.now() - timedelta(days=2)
    Configuration.objects.filter(pk=schedule.pk).update(outstanding_kinds=["sales"], created_at=long_ago)
    for each in (files, paused):
        factories.delivery(each.integration, at=long_ago)
        Integration.objects.filter(pk=each.integration_id).update(silent_after_h=24)
    Integration.objects.filter(pk=paused.integration_id).update(is_paused=True)

    found, page = shown(operator)
    assert [(each.kind, each.organisation) for each in found.stopped] == [
        ("account", "Lost"),
        ("files", "Files " + HOSTILE),
        ("schedule", "Schedule"),
    ]
    assert found.stopped[1].since == long_ago
    assert HOSTILE not in page


def test_calls_left_are_those_of_the_tightest_window_the_fewest_first(operator: Client) -> None:
    plenty, few, closed, idle = map(of_company, ("Plenty", "Few", "Closed", "Idle"))
    budget(plenty, used(50, "day"))
    budget(few, {**used(57, "minute"), "limits": {"day": 100}})
    until = int(timezone.now().timestamp()) + 3600
    budget(closed, {"counts": {}, "closed_until": until})
    budget(idle, {"counts": {"minute": {"1": 60}}})

    found, page = shown(operator)
    told = [(each.organisation, each.window, each.left, each.allowed, each.is_short) for each in found.budgets]
    assert [each[0] for each in told] == ["Closed", "Few", "Plenty"]
    assert told[0][2] == 0
    assert told[1][1:] == ("minute", 3, 60, True)
    assert told[2][1:] == ("day", 4950, 5000, False)
    assert "closed until" in page


@pytest.mark.parametrize(("left", "is_short"), [(0, True), (9, True), (10, False), (100, False)])
def test_a_budget_is_short_when_less_than_a_tenth_is_left(left: int, is_short: bool) -> None:
    assert BudgetRow("", "", "", "minute", 100 - left, 100, None).is_short is is_short


def test_however_many_companies_it_asks_the_same(operator: Client) -> None:
    for number in range(12):
        budget(of_company(f"Company {number}"), used(number, "minute"))
    with CaptureQueriesContext(connection) as asked:
        found, _ = shown(operator)
    assert len(found.organisations) == 12
    assert len(asked) <= 15


def test_it_shows_no_document(operator: Client) -> None:
    factories.run_with_errors(of_company("Camping De Eik"))
    _, page = shown(operator)
    for secret in ("26000120", "Familie Voorbeeld", "made-up-access-token"):
        assert secret not in page
