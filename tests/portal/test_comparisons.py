"""A period compared with the package's books, on the page of its reconciliation."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookbridge.exchange import reconciliation
from bookbridge.exchange.models import Comparison, Line, Run
from bookbridge.integrations.models import Configuration
from bookbridge.kit import catalogue
from tests import factories
from tests.comparisons import comparison

pytestmark = pytest.mark.django_db
MARCH = "?since=2026-03-01&until=2026-03-31"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def books() -> Configuration:
    return factories.whole_integration()


@pytest.fixture
def client_of(client: Client) -> Callable[..., Client]:
    def log_in(books: Configuration, role: str = "viewer", **fields: Any) -> Client:
        client.force_login(factories.member(books.organisation, role, **fields))
        return client

    return log_in


def address(books: Configuration, name: str = "reconciliation", query: str = MARCH) -> str:
    return reverse(name, args=(books.organisation_id, books.integration_id)) + query


def row(**told: Any) -> dict[str, Any]:
    amounts = dict.fromkeys(("amount", "there_amount", "missing_amount", "others_amount"), "0.00")
    counts = dict.fromkeys(("documents", "there", "missing", "different", "others"), 0)
    return {"journal": "70", "currency": "EUR", **amounts, **counts, **told}


def listed(line: Line | None, **told: Any) -> dict[str, Any]:
    given = {"posting_id": 1, "identifier": "26000123", "number": "88", "journal": "70", "currency": "EUR"}
    where = [line.run_id, line.pk] if line else None
    return {**given, "amount": "121.00", "booked": None, "booked_currency": "", "line": where, **told}


def result(line: Line | None) -> dict[str, Any]:
    return {
        "rows": [
            row(documents=3, amount="363.00", there=2, there_amount="220.50", missing=1, missing_amount="121.00",
                different=1, others=4, others_amount="1000.00"),
            row(currency="USD", documents=1, amount="5.00", there=1, there_amount="5.00"),
        ],
        "missing": [listed(line)],
        "different": [listed(None, identifier=HOSTILE, booked="99.50", booked_currency="EUR")],
        "unchecked": 2,
        "moved": 1,
    }  # fmt: skip


def test_the_page_tells_what_is_missing_and_what_differs(books: Configuration, client_of: Any) -> None:
    line = factories.line(factories.run(books), factories.sales_invoice())
    anna = factories.member(books.organisation, "bookkeeper", name="Anna Voorbeeld")
    comparison(books, result(line), requested_by=anna)
    page = client_of(books).get(address(books))
    text = page.content.decode()
    for said in (
        "Not everything agrees",
        "As of",
        "Anna Voorbeeld",
        "1,000.00",
        "\u221221.50",
        "99.50",
        "Exact Online",
    ):
        assert said in text, said
    assert reverse("line", args=(books.organisation_id, line.run_id, line.pk)) in text
    assert HOSTILE not in text
    assert len(page.context["comparisons"].shown[0].totals) == 2
    assert "2 documents are there, but their amounts" in text
    assert "1 entry that was posted from here" in text


def test_a_line_that_is_no_longer_kept_is_told_without_a_link(books: Configuration, client_of: Any) -> None:
    line = factories.line(factories.run(books), factories.sales_invoice())
    comparison(books, result(line))
    where = reverse("line", args=(books.organisation_id, line.run_id, line.pk))
    line.delete()
    text = client_of(books).get(address(books)).content.decode()
    assert "26000123" in text
    assert where not in text


def test_a_viewer_sees_and_a_bookkeeper_asks(books: Configuration, client_of: Any) -> None:
    text = client_of(books).get(address(books)).content.decode()
    assert "Compare with Exact Online" not in text
    assert "A bookkeeper or an owner can compare this period." in text
    client = client_of(books, "bookkeeper")
    assert "Compare with Exact Online" in client.get(address(books)).content.decode()
    given = {"since": "2026-03-01", "until": "2026-03-31"}
    answer = client.post(address(books, "compare", ""), given)
    assert answer["Location"] == f"{address(books)}#compared"
    text = client.get(address(books)).content.decode()
    for said in ("The comparison has been asked for", "are being read", "Load the page again", "hx-get"):
        assert said in text, said
    answer = client.post(address(books, "compare", ""), given, follow=True)
    assert "already being compared" in answer.content.decode()
    assert Comparison.objects.count() == 1


def test_a_period_that_makes_no_sense_is_named_at_its_field(books: Configuration, client_of: Any) -> None:
    client = client_of(books, "bookkeeper")
    given = {"since": "2026-03-31", "until": "2026-03-01"}
    answer = client.post(address(books, "compare", ""), given, follow=True)
    assert "before the first one" in answer.content.decode()
    assert not Comparison.objects.exists()


def test_why_it_waits_is_told(books: Configuration, client_of: Any) -> None:
    from bookbridge.exchange.waiting_texts import ACCOUNT

    why = ACCOUNT(value="anna@example.org").model_dump(mode="json")
    comparison(books, state=Run.State.WAITING, waiting_for=why)
    for name in ("reconciliation", "comparison"):
        text = client_of(books).get(address(books, name)).content.decode()
        assert "The account anna@example.org must be authorised again." in text


def test_a_failed_one_says_why_and_one_that_an_older_worker_ended_asks_for_another(
    books: Configuration, client_of: Any
) -> None:
    from bookbridge.exchange.comparing_texts import NOT_TOLD

    problem = NOT_TOLD(evidence=HOSTILE).model_dump(mode="json")
    made = comparison(books)
    Run.objects.filter(pk=made.run_id).update(result="failed", problem=problem)
    text = client_of(books).get(address(books)).content.decode()
    assert "does not tell what it holds" in text
    assert HOSTILE not in text
    Run.objects.filter(pk=made.run_id).update(problem=None)
    Comparison.objects.update(result=None)
    assert "came to nothing" in client_of(books).get(address(books)).content.decode()


def test_comparisons_of_other_days_are_not_shown(books: Configuration, client_of: Any) -> None:
    comparison(books)
    page = client_of(books).get(address(books, query="?since=2026-03-01&until=2026-03-30"))
    assert page.context["comparisons"].shown == []


def test_the_page_asks_at_most_fifteen_queries(books: Configuration, client_of: Any) -> None:
    line = factories.line(factories.run(books), factories.sales_invoice())
    for _ in range(3):
        comparison(books, result(line))
    client = client_of(books)
    for name in ("reconciliation", "comparison"):
        with CaptureQueriesContext(connection) as asked:
            client.get(address(books, name))
        assert len(asked) <= 15, name


def test_a_package_that_cannot_be_compared_offers_nothing(
    books: Configuration, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = catalogue.fact_sheet("exact_online")
    less = sheet.model_copy(update={"capabilities": sheet.capabilities.model_copy(update={"compare": False})})
    monkeypatch.setattr(catalogue, "fact_sheet", lambda _package: less)
    client = client_of(books, "bookkeeper")
    assert "Compare" not in client.get(address(books)).content.decode()
    assert client.post(address(books, "compare", "")).status_code == 404


def test_its_run_leads_to_the_page_and_the_history_names_it(books: Configuration, client_of: Any) -> None:
    made = comparison(books)
    client = client_of(books)
    text = client.get(reverse("run", args=(books.organisation_id, made.run_id))).content.decode()
    assert address(books).replace("&", "&amp;") + "#compared" in text
    history = client.get(reverse("history", args=(books.organisation_id, books.integration_id)), {"direction": "cmp"})
    assert "Comparison with the books" in history.content.decode()
    assert len(history.context["page"].rows) == 1


@pytest.fixture
def posted(books: Configuration) -> Run:
    """Two invoices of March that a run has posted."""
    run = factories.run(books, counts={"posted": 2})
    for number in ("26000123", "26000124"):
        factories.line(run, factories.sales_invoice(number))
    run.reconciliation = reconciliation.as_json(reconciliation.reconcile(run))
    run.save(update_fields=["reconciliation"])
    return run


def at_run(run: Run, name: str = "run") -> str:
    return reverse(name, args=(run.organisation_id, run.pk))


def test_a_run_is_compared_from_its_own_page(books: Configuration, posted: Run, client_of: Any) -> None:
    text = client_of(books).get(at_run(posted)).content.decode()
    assert "A bookkeeper or an owner can compare this run." in text
    assert "Compare with Exact Online" not in text
    client = client_of(books, "bookkeeper")
    assert "Compare with Exact Online" in client.get(at_run(posted)).content.decode()
    answer = client.post(at_run(posted, "compare_run"))
    assert answer["Location"] == f"{at_run(posted)}#compared"
    text = client.get(at_run(posted)).content.decode()
    for said in ("The comparison has been asked for", "are being read", at_run(posted, "run_comparison"), "htmx"):
        assert said in text, said
    answer = client.post(at_run(posted, "compare_run"), follow=True)
    assert "This run is already being compared." in answer.content.decode()
    made = Comparison.objects.get()
    assert (made.about, made.run.requested_by) == (posted, answer.context["access"].user)


def test_of_a_run_nothing_is_said_of_other_entries_and_the_period_is_a_link_away(
    books: Configuration, posted: Run, client_of: Any
) -> None:
    comparison(books, {**result(None), "moved": 0}, about=posted)
    client = client_of(books)
    text = client.get(at_run(posted)).content.decode()
    for said in ("Not everything agrees", "Posted by this run", "outside these days", "99.50"):
        assert said in text, said
    assert address(books).replace("&", "&amp;") + "#compared" in text
    for unsaid in ("Not from here", "1,000.00", HOSTILE):
        assert unsaid not in text, unsaid
    assert client.get(address(books)).context["comparisons"].shown == []


def test_what_an_older_worker_made_of_a_run_is_not_shown(books: Configuration, posted: Run, client_of: Any) -> None:
    made = comparison(books, result(None), about=posted)
    Comparison.objects.filter(pk=made.pk).update(result=result(None))
    text = client_of(books).get(at_run(posted)).content.decode()
    assert "came to nothing" in text
    assert "Not everything agrees" not in text


def test_a_run_whose_lines_are_gone_says_why(books: Configuration, posted: Run, client_of: Any) -> None:
    comparison(books, {**result(None), "moved": 0}, about=posted)
    client = client_of(books, "bookkeeper")
    Line.objects.filter(identifier="26000123").delete()
    answer = client.post(at_run(posted, "compare_run"), follow=True)
    assert "no longer known which entries are its own. Compare the period" in answer.content.decode()
    Run.objects.filter(pk=posted.pk).update(lines_forgotten_at=factories.NOW)
    text = client.get(at_run(posted)).content.decode()
    assert "Compare a period instead" in text
    assert "99.50" in text
    assert "Compare again" not in text
    assert client.post(at_run(posted, "compare_run")).status_code == 404


def test_a_run_without_entries_offers_nothing(books: Configuration, client_of: Any) -> None:
    run = factories.run(books, counts={"posted": 1})
    factories.line(run, factories.customer(), phase=0)
    client = client_of(books, "bookkeeper")
    assert "compared" not in client.get(at_run(run)).content.decode()
    assert client.post(at_run(run, "compare_run")).status_code == 404


def test_the_page_of_a_compared_run_asks_at_most_fifteen_queries(books: Configuration, client_of: Any) -> None:
    run = factories.run_with_errors(books)
    line = Line.objects.filter(run=run).latest("pk")
    for _ in range(3):
        comparison(books, result(line), about=run)
    client = client_of(books)
    for name in ("run_comparison", "run"):
        with CaptureQueriesContext(connection) as asked:
            client.get(at_run(run, name))
        assert len(asked) <= 15, name


def test_the_run_of_a_runs_comparison_leads_to_that_run(books: Configuration, posted: Run, client_of: Any) -> None:
    made = comparison(books, about=posted)
    assert f"{at_run(posted)}#compared" in client_of(books).get(at_run(made.run)).content.decode()
