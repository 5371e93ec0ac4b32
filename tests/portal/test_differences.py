"""Booking what the source changed since, in the portal: the entry is shown before, and each refusal says why."""

import json
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from bookbridge.documents import InvoiceLine, SalesInvoice, document_to_json, fingerprint
from bookbridge.exchange import differences
from bookbridge.exchange.mapping import mapped
from bookbridge.exchange.models import Attempt, Difference, Line, Posting, Run
from bookbridge.organisations.models import AuditEntry
from tests import factories
from tests.portal.stored import stored_at

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def line(settings: Any, tmp_path: Any) -> Line:
    """A sale of 1.00 that was posted under number 700, and came again as one of 7.00."""
    stored_at(settings, tmp_path)
    return changed_to(sale("7.00"))


def sale(amount: str, **changed: Any) -> SalesInvoice:
    lines = (InvoiceLine(ledger_account="8010", amount=Decimal(amount)),)
    return factories.sales_invoice("1", total=amount, lines=lines, **changed)


def changed_to(document: Any) -> Line:
    run = factories.run(factories.whole_integration())
    first = sale("1.00")
    posted = factories.posting(run.configuration, first, "posted")
    Posting.objects.filter(pk=posted.pk).update(external_number="700")
    Attempt.objects.create(
        organisation=run.organisation,
        posting=posted,
        run=run,
        token=uuid4(),
        worker=uuid4(),
        action="post",
        fingerprint=fingerprint(first),
        sent=document_to_json(mapped(first, run.configuration.mappings)),
        started_at=factories.NOW,
        outcome="posted",
    )
    factories.line(run, first, posting=posted)
    factories.conclude(run)
    later = factories.run(run.configuration)
    made = factories.line(later, document, "skipped", reason="changed_since_posted", posting=posted)
    factories.conclude(later)
    return found(made)


def found(line: Line) -> Line:
    return Line.objects.select_related("posting", "run__configuration__integration").get(pk=line.pk)


@pytest.fixture
def anna(line: Line) -> Client:
    return client_of(line, "bookkeeper")


def client_of(line: Line, role: str, language: str = "en") -> Client:
    client = Client()
    client.force_login(factories.member(line.organisation, role, language=language))
    return client


def page(client: Client, line: Line) -> Any:
    return client.get(reverse("line", args=(line.organisation_id, line.run_id, line.pk)))


def book(client: Client, line: Line, **given: str) -> Any:
    return client.post(reverse("book_difference", args=(line.organisation_id, line.run_id, line.pk)), given)


def test_the_entry_is_shown_before_it_is_booked_and_both_lines_name_one_another(anna: Client, line: Line) -> None:
    shown = page(anna, line)
    text = shown.content.decode()
    assert "Difference to 700" in text
    assert "6.00" in text
    assert "Leave it as it was posted" in text
    answer = book(anna, line, reason=HOSTILE, seen=shown.context["entry"].seen)

    made = Difference.objects.get()
    run = Run.objects.get(trigger="retry")
    assert answer["Location"] == reverse("run", args=(line.organisation_id, run.pk))
    own = run.lines.get()
    after = page(anna, line).content.decode()
    assert reverse("line", args=(line.organisation_id, run.pk, own.pk)) in after
    assert HOSTILE not in after
    assert "&lt;script&gt;" in after
    assert "Leave it as it was posted" not in after
    assert 'name="seen"' not in after
    assert reverse("line", args=(line.organisation_id, line.run_id, line.pk)) in page(anna, own).content.decode()
    told = AuditEntry.objects.get(action="document.difference")
    assert (told.subject_id, json.loads(told.changes)["difference"]) == (str(made.corrects_id), [None, made.pk])
    assert HOSTILE not in str(told.changes)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_it_needs_a_reason_and_the_form_loses_nothing(reason: str, anna: Client, line: Line) -> None:
    answer = book(anna, line, reason=reason, seen="x")
    assert answer.status_code == 422
    assert 'aria-describedby="difference-reason-why"' in answer.content.decode()
    assert reason.strip() in answer.content.decode()
    assert not Difference.objects.exists()


def test_another_entry_than_the_one_that_was_shown_is_not_booked(anna: Client, line: Line) -> None:
    answer = book(anna, line, reason="Why", seen="another")
    assert answer["Location"] == reverse("line", args=(line.organisation_id, line.run_id, line.pk))
    assert not Difference.objects.exists()


def test_pressed_twice_it_is_booked_once(anna: Client, line: Line) -> None:
    seen = page(anna, line).context["entry"].seen
    assert "/runs/" in book(anna, line, reason="Why", seen=seen)["Location"]
    late = anna.post(
        reverse("book_difference", args=(line.organisation_id, line.run_id, line.pk)),
        {"reason": "Why", "seen": seen},
        follow=True,
    )
    assert "Something has happened to this document meanwhile" in late.content.decode()
    assert Difference.objects.count() == Run.objects.filter(trigger="retry").count() == 1


def test_why_it_is_not_offered_is_said_in_the_users_language(line: Line, settings: Any, tmp_path: Any) -> None:
    other = changed_to(sale("7.00", customer="other", journal="XX"))
    Line.objects.filter(pk=line.pk).update(document=other.document, fingerprint=other.fingerprint)
    text = page(client_of(line, "bookkeeper", "nl"), found(line)).content.decode()
    assert "Eén boeking kan dit niet veranderen: Dagboek, Klant" in text or "Debiteur" in text
    assert "Laten zoals het geboekt is" in text


def test_every_word_for_why_not_has_its_sentence(line: Line) -> None:
    import re
    from inspect import getsource

    from bookbridge.portal import words

    said = set(re.findall(r'(?:return|obstacle=) ?"(\w+)"', getsource(differences)))
    assert said == set(words.NO_DIFFERENCE)


def test_a_viewer_sees_what_differs_and_books_nothing(line: Line) -> None:
    viewer = client_of(line, "viewer")
    shown = page(viewer, line)
    assert shown.context["differences"]
    assert "entry" not in shown.context
    assert book(viewer, line, reason="Why", seen="x").status_code == 403


def test_the_page_takes_no_more_than_fifteen_queries(
    anna: Client, line: Line, django_assert_max_num_queries: Any
) -> None:
    page(anna, line)  # the first one keeps the session
    with django_assert_max_num_queries(15):
        page(anna, line)
    book(anna, line, reason="Why", seen=page(anna, line).context["entry"].seen)
    for each in (line, Line.objects.get(run__trigger="retry")):
        with django_assert_max_num_queries(15):
            page(anna, each)
