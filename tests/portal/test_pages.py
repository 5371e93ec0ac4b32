"""What the pages show, how many queries they ask, and that they stay fast in a long run."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookbridge.exchange.models import Line, Run
from tests import factories
from tests.plans import know_the_tables, rows_read
from tests.portal.stored import stored_at

pytestmark = pytest.mark.django_db
MOST_QUERIES = 15


@pytest.fixture
def owner_of(client: Client, settings: Any, tmp_path: Any) -> Callable[[Any], Client]:
    stored_at(settings, tmp_path)

    def log_in(organisation: Any) -> Client:
        client.force_login(factories.member(organisation))
        return client

    return log_in


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_no_page_asks_more_than_fifteen_queries(owner_of: Any) -> None:
    company = factories.organisation()
    configurations = [factories.whole_integration(company, name=f"Link {n}") for n in range(6)]
    for configuration in configurations:
        factories.run_with_errors(configuration)
        factories.held_run(configuration)
    configuration = configurations[0]
    held = configuration.runs.get(result="held")
    run = configuration.runs.get(result="with_errors")
    client = owner_of(company)
    names = {
        "company": (),
        "integrations": (),
        "integration": (configuration.integration_id,),
        "history": (configuration.integration_id,),
        "files": (configuration.integration_id,),
        "run": (run.pk,),
        "run_progress": (run.pk,),
        "line": (run.pk, Line.objects.get(run=run, identifier="26000130").pk),
    }
    addresses = {name: reverse(name, args=(company.pk, *rest)) for name, rest in names.items()}
    addresses |= {"held": reverse("run", args=(company.pk, held.pk)), "companies": "/companies/", "front": "/"}
    member = company.memberships.get().user
    member.is_operator = True
    member.save()
    for name, address in {**addresses, "installation": "/installation/"}.items():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(address).status_code in (200, 302)
        assert len(asked) <= MOST_QUERIES, f"{name}: {len(asked)} queries"


@pytest.mark.parametrize(
    ("query", "most"),
    [
        ("", 1_000),
        ("?shown=1", 1_000),
        ("?shown=1&before={phase}.{middle}", 1_000),
        ("?shown=1&text=049999", 50_000),
        ("?shown=1&failed=1&text=049", 1_000),
    ],
)
def test_a_page_of_fifty_thousand_lines_reads_no_more_of_them_than_it_needs(
    query: str, most: int, owner_of: Any
) -> None:
    run = factories.run(factories.whole_integration(), result="with_errors")
    _many_lines(run, 50_000)
    factories.conclude(run)
    client = owner_of(run.organisation)
    ordered = Line.objects.filter(run=run).order_by("pk")
    query = query.format(phase=ordered[0].phase, middle=ordered[25_000].pk)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(reverse("run", args=(run.organisation_id, run.pk)) + query).status_code == 200
    read = [rows_read(each["sql"]) for each in asked if '"exchange_line"' in each["sql"]]
    assert read
    assert sum(read) <= most, read


def _many_lines(run: Run, number: int) -> None:
    """Copies of one line, every 500th refused, made inside the database."""
    first = factories.line(run, None, identifier="26000000", raw="x" * 300)
    names = [field.column for field in Line._meta.concrete_fields]
    made = {
        "id": "nextval(pg_get_serial_sequence('exchange_line', 'id'))",
        "position": f"{first.position} + n",
        "identifier": "'26' || lpad(n::text, 6, '0')",
        "outcome": "CASE WHEN n %% 500 = 0 THEN 'refused' ELSE 'posted' END",
    }
    values = ", ".join(made.get(name, f'"{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO exchange_line ({columns})"
            f" SELECT {values} FROM exchange_line, generate_series(1, %s) AS n WHERE id = %s",
            [number - 1, first.pk],
        )
    know_the_tables("exchange_line")


def test_every_line_of_a_run_is_on_exactly_one_page(owner_of: Any) -> None:
    run = factories.run(factories.whole_integration())
    for number in range(230):
        factories.line(run, None, "refused" if number % 2 else "posted", identifier=f"L{number:03d}", phase=number % 3)
    factories.conclude(run)
    client = owner_of(run.organisation)
    for query, wanted in (("?shown=1", 230), ("?shown=1&failed=1", 115)):
        seen: list[str] = []
        address = query
        while address:
            answer = client.get(reverse("run", args=(run.organisation_id, run.pk)) + address.partition("#")[0])
            seen += [line.identifier for line in answer.context["page"].rows]
            address = answer.context["older"]
        assert len(seen) == len(set(seen)) == wanted


def test_every_run_is_on_exactly_one_page_of_the_history(owner_of: Any) -> None:
    configuration = factories.whole_integration()
    runs = [factories.run(configuration, at=factories.NOW - timedelta(hours=n // 3)) for n in range(120)]
    client = owner_of(configuration.organisation)
    history = reverse("history", args=(configuration.organisation_id, configuration.integration_id))
    seen: list[int] = []
    address = "?direction=out"
    while address:
        answer = client.get(history + address)
        seen += [row.run.pk for row in answer.context["page"].rows]
        address = answer.context["older"]
    newest_first = sorted(runs, key=lambda run: (run.created_at, run.pk), reverse=True)
    assert seen == [run.pk for run in newest_first]


@pytest.mark.parametrize(
    ("query", "results"),
    [
        ("", ["good", "failed", "held", "with_errors"]),
        ("?direction=in", ["held"]),
        ("?result=failed", ["failed"]),
        ("?since=2026-03-11&until=2026-03-11", ["failed"]),
        ("?until=2026-03-10", ["with_errors"]),
        ("?since=2026-03-13", []),
        ("?since=nonsense&direction=sideways&before=9999999999999999999.1", ["good", "failed", "held", "with_errors"]),
    ],
)
def test_the_history_is_filtered(query: str, results: list[str], owner_of: Any) -> None:
    configuration = factories.whole_integration()
    made = {
        "with_errors": factories.NOW - timedelta(days=2),
        "failed": factories.NOW - timedelta(days=1),
        "held": factories.NOW - timedelta(minutes=5),
        "good": factories.NOW,
    }
    for result, at in made.items():
        factories.run(configuration, at=at, result=result, direction="in" if result == "held" else "out")
    client = owner_of(configuration.organisation)
    history = reverse("history", args=(configuration.organisation_id, configuration.integration_id))
    answer = client.get(history + query)
    assert {row.run.result for row in answer.context["page"].rows} == set(results)
    if "nonsense" in query:
        assert "errorlist" in answer.content.decode()
    if not results:
        assert "No run fits these filters" in answer.content.decode()


def test_a_day_of_the_filter_is_a_day_of_the_user(client: Client) -> None:
    """23:30 UTC on the 12th is the 13th in Amsterdam."""
    run = factories.run(factories.whole_integration(), at=factories.NOW.replace(hour=23))
    client.force_login(factories.member(run.organisation, time_zone="Europe/Amsterdam"))
    history = reverse("history", args=(run.organisation_id, run.configuration.integration_id))
    assert len(client.get(f"{history}?since=2026-03-13").context["page"].rows) == 1
    assert len(client.get(f"{history}?until=2026-03-12").context["page"].rows) == 0


def test_show_only_failed_is_checked_when_something_failed(owner_of: Any) -> None:
    configuration = factories.whole_integration()
    bad = factories.run_with_errors(configuration)
    good = factories.run(configuration)
    factories.line(good, factories.sales_invoice("27000001"))
    factories.conclude(good)
    client = owner_of(configuration.organisation)
    first = client.get(reverse("run", args=(bad.organisation_id, bad.pk)))
    assert first.context["only_failed"]
    assert {line.outcome for line in first.context["page"].rows} == {"refused", "uncertain"}
    second = client.get(reverse("run", args=(good.organisation_id, good.pk)))
    assert not second.context["only_failed"]


def test_a_document_that_changed_since_it_was_posted_is_among_the_failed(owner_of: Any) -> None:
    run = factories.run(factories.whole_integration(), result="with_errors")
    factories.line(run, factories.sales_invoice("1"), "skipped", reason="changed_since_posted")
    factories.line(run, factories.sales_invoice("2"), "skipped", reason="already_posted")
    factories.conclude(run)
    answer = owner_of(run.organisation).get(reverse("run", args=(run.organisation_id, run.pk)))
    assert [line.identifier for line in answer.context["page"].rows] == ["1"]


def test_a_reconciliation_that_does_not_agree_is_shown_as_such(owner_of: Any) -> None:
    run = factories.run(factories.whole_integration())
    run.reconciliation = [{"journal": "VK", "currency": "EUR", "file": "10.00", "posted": "9.99"}]
    run.save()
    text = text_of(owner_of(run.organisation), reverse("run", args=(run.organisation_id, run.pk)))
    assert "0.01\u00a0EUR" in text
    assert "Agrees" not in text


def test_live_progress_stops_when_the_run_has_ended(owner_of: Any) -> None:
    run = factories.run(factories.whole_integration(), state="working", counts={"posted": 4, "waiting": 6})
    client = owner_of(run.organisation)
    address = reverse("run_progress", args=(run.organisation_id, run.pk))
    first = client.get(address)
    assert "hx-get" in first.content.decode()
    assert "4 of 10 lines done" in first.content.decode()
    Run.objects.filter(pk=run.pk).update(state="ended", result="good")
    last = client.get(address)
    assert "hx-get" not in last.content.decode()
    assert last["HX-Refresh"] == "true"
    assert "no-store" in last["Cache-Control"]


def test_a_long_run_says_how_long_the_package_makes_it_take(owner_of: Any) -> None:
    run = factories.run(factories.whole_integration(), state="working", counts={"posted": 4, "waiting": 6000})
    text = text_of(owner_of(run.organisation), reverse("run", args=(run.organisation_id, run.pk)))
    assert "What is left takes 24\u00a0h 16\u00a0min at least" in text.replace("&nbsp;", "\u00a0")
    short = factories.run(run.configuration, state="working", counts={"posted": 4, "waiting": 6})
    text = text_of(owner_of(run.organisation), reverse("run", args=(run.organisation_id, short.pk)))
    assert "What is left takes" not in text


def test_empty_states_say_what_comes_next(owner_of: Any) -> None:
    company = factories.organisation()
    client = owner_of(company)
    assert "this company has no integrations" in text_of(client, reverse("company", args=(company.pk,)))
    assert "No integrations yet" in text_of(client, reverse("integrations", args=(company.pk,)))
    link = factories.integration(company)
    assert "No account at the package yet" in text_of(client, reverse("integration", args=(company.pk, link.pk)))
    assert "Nothing has been exchanged yet" in text_of(client, reverse("history", args=(company.pk, link.pk)))
    assert "No file has come in yet" in text_of(client, reverse("files", args=(company.pk, link.pk)))
    assert "don't belong to a company" in _companies_of_nobody()


def _companies_of_nobody() -> str:
    client = Client()
    client.force_login(factories.user())
    return client.get("/", follow=True).content.decode()


def test_the_front_page_leads_to_the_users_work(client: Client) -> None:
    first, second = factories.organisation("First"), factories.organisation("Second")
    user = factories.member(first)
    client.force_login(user)
    assert client.get("/")["Location"] == reverse("company", args=(first.pk,))
    factories.Membership.objects.create(organisation=second, user=user, role="viewer")
    assert client.get("/")["Location"] == "/companies/"
    assert "Second" in text_of(client, "/companies/")
    client.force_login(factories.user(is_operator=True))
    assert client.get("/")["Location"] == "/installation/"


def test_a_held_snapshot_shows_what_would_vanish_and_is_decided_once(owner_of: Any) -> None:
    held = factories.held_run(factories.whole_integration())
    client = owner_of(held.organisation)
    page = reverse("run", args=(held.organisation_id, held.pk))
    answer = client.get(page)
    assert len(answer.context["vanishing"]) == 9
    assert "26000112" in answer.content.decode()
    refuse = reverse("refuse", args=(held.organisation_id, held.snapshot.pk))
    assert "have been refused" in client.post(refuse, follow=True).content.decode()
    held.snapshot.refresh_from_db()
    assert held.snapshot.state == "discarded"
    agree = reverse("agree", args=(held.organisation_id, held.snapshot.pk))
    assert "already decided" in client.post(agree, follow=True).content.decode()
    held.snapshot.refresh_from_db()
    assert held.snapshot.state == "discarded"


def test_agreeing_writes_the_file(owner_of: Any) -> None:
    held = factories.held_run(factories.whole_integration())
    client = owner_of(held.organisation)
    client.post(reverse("agree", args=(held.organisation_id, held.snapshot.pk)))
    held.snapshot.refresh_from_db()
    assert held.snapshot.state == "written"
    link = held.configuration.integration_id
    assert "dbopen.csv" in text_of(client, reverse("integration", args=(held.organisation_id, link)))
    file = client.get(reverse("outbox_file", args=(held.organisation_id, link, "dbopen.csv")))
    assert file.status_code == 200
    assert b"26000101" in b"".join(file.streaming_content)
    for name in ("other.csv", "..", "..%2Finbox%2Fx"):
        assert client.get(f"/companies/{held.organisation_id}/integrations/{link}/outbox/{name}").status_code == 404


def test_two_step_log_in_can_be_switched_on(client: Client) -> None:
    cache.clear()
    user = factories.member(factories.organisation())
    client.post("/accounts/login/", {"login": user.email, "password": factories.PASSWORD})
    asked_again = client.get("/accounts/2fa/totp/activate/")["Location"]
    assert client.get(asked_again).status_code == 200
    page = client.post(asked_again, {"password": factories.PASSWORD}, follow=True)
    assert page.status_code == 200
    assert "data:image/svg" in page.content.decode()
    secret = page.context["form"].secret
    code = auth.format_hotp_value(auth.hotp_value(secret, next(auth.yield_hotp_counters_from_time())))
    done = client.post("/accounts/2fa/totp/activate/", {"code": code})
    assert done.status_code == 302, done.content.decode()
    client.logout()
    second_step = client.post("/accounts/login/", {"login": user.email, "password": factories.PASSWORD})
    assert second_step["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get(second_step["Location"]).status_code == 200
