"""History: found by a file's name or a document's identifier, and the picture of its last thirty days."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bookbridge.exchange.models import Line, Run
from bookbridge.organisations.walls import acting_for
from bookbridge.portal.queries.days import DAYS, HEIGHT, last_days
from tests import factories
from tests.plans import know_the_tables, rows_read
from tests.portal.stored import stored_at
from tests.roles import as_the_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def runs(settings: Any, tmp_path: Any) -> list[Run]:
    """Two of one integration: the first has documents and a file."""
    stored_at(settings, tmp_path)
    configuration = factories.whole_integration()
    return [factories.run_with_errors(configuration), factories.run(configuration)]


@pytest.fixture
def anna(runs: list[Run]) -> Client:
    client = Client()
    client.force_login(factories.member(runs[0].organisation, "viewer"))
    return client


def history(client: Client, runs: list[Run], **asked: str) -> str:
    address = reverse("history", args=[runs[0].organisation_id, runs[0].configuration.integration_id])
    return client.get(address, asked).content.decode()


def links(page: str, runs: list[Run]) -> list[bool]:
    return [reverse("run", args=[run.organisation_id, run.pk]) in page for run in runs]


def test_a_run_is_found_by_the_beginning_of_an_identifier(anna: Client, runs: list[Run]) -> None:
    assert links(history(anna, runs), runs) == [True, True]
    assert links(history(anna, runs, text="260001"), runs) == [True, False]
    assert links(history(anna, runs, text="0130"), runs) == [False, False]


def test_a_run_is_found_by_part_of_a_file_name(anna: Client, runs: list[Run]) -> None:
    delivery = runs[0].deliveries.first()
    assert delivery is not None
    assert links(history(anna, runs, text=delivery.file_name[1:4].upper()), runs) == [True, False]


@pytest.mark.parametrize("text", ["%", "_", "\\", "'; --", "x" * 81, '"><script>alert(1)</script>'])
def test_what_is_typed_is_only_text(text: str, anna: Client, runs: list[Run]) -> None:
    page = history(anna, runs, text=text)
    assert "<script>alert" not in page
    if len(text) <= 80:
        assert links(page, runs) == [False, False]


def test_another_company_s_documents_are_not_found(anna: Client, runs: list[Run]) -> None:
    foreign = factories.run_with_errors(factories.whole_integration(factories.organisation("Another")))
    Line.objects.filter(run=foreign).update(identifier="ONLY-THERE")
    assert links(history(anna, runs, text="ONLY"), [*runs, foreign]) == [False, False, False]


def test_a_search_reads_what_it_finds_and_not_all_lines(runs: list[Run]) -> None:
    template = Line.objects.filter(run=runs[0]).latest("pk")
    Line.objects.bulk_create(
        Line(
            organisation=template.organisation,
            run=template.run,
            position=1000 + number,
            phase=2,
            identifier=f"3{number:07}",
        )
        for number in range(3000)
    )
    know_the_tables("exchange_line")
    with as_the_app(), acting_for(template.organisation_id):
        with CaptureQueriesContext(connection) as queries:
            list(Line.objects.filter(organisation=template.organisation, identifier__begins="26000130").values("run"))
        # Behind the wall, where PostgreSQL uses fewer indexes than for the tables' owner.
        assert 0 < rows_read(queries[-1]["sql"]) < 50


def test_a_search_takes_signs_of_patterns_for_what_they_are(anna: Client, runs: list[Run]) -> None:
    Line.objects.filter(run=runs[0], identifier="26000130").update(identifier="10%_é\\b")
    assert links(history(anna, runs, text="10%_é"), runs) == [True, False]
    assert links(history(anna, runs, text="10%_é\\"), runs) == [True, False]
    assert links(history(anna, runs, text="10_"), runs) == [False, False]


def test_thirty_days_are_counted_by_the_user_s_days(runs: list[Run]) -> None:
    today = timezone.localdate()
    now = timezone.now()
    Run.objects.filter(pk=runs[0].pk).update(created_at=now, result="with_errors")
    Run.objects.filter(pk=runs[1].pk).update(created_at=now - timedelta(days=2), result="good")
    old = factories.run(runs[0].configuration)
    Run.objects.filter(pk=old.pk).update(created_at=now - timedelta(days=DAYS + 1))

    days = last_days(runs[0].configuration.integration)
    assert len(days.days) == DAYS
    assert (days.runs, days.troubled) == (2, 1)
    last = days.days[-1]
    assert (last.day, last.runs, last.troubled, last.troubled_height) == (today, 1, 1, HEIGHT)
    before = days.days[-3]
    assert (before.runs, before.troubled, before.rest_height) == (1, 0, HEIGHT)


def test_the_picture_says_in_words_what_it_shows(anna: Client, runs: list[Run]) -> None:
    Run.objects.update(created_at=timezone.now())
    page = history(anna, runs)
    assert 'role="img" aria-label="The last 30 days: 2 runs, 1 of them with trouble"' in page
    assert "<svg viewBox" not in history(anna, runs, text="260001").replace('class="icon"', "")


def test_history_asks_the_database_little(anna: Client, runs: list[Run]) -> None:
    history(anna, runs)
    for asked in ({}, {"text": "26"}):
        with CaptureQueriesContext(connection) as queries:
            history(anna, runs, **asked)
        assert len(queries) <= 15
