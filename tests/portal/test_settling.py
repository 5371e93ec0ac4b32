"""Settling a document another way in the portal: each form says at its field what is missing, and believes no guess."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bookbridge.exchange import settling
from bookbridge.exchange.models import Line, Posting, Settlement
from bookbridge.exchange.repair import ChangedMeanwhileError
from bookbridge.exchange.settling import Claimed
from bookbridge.kit.outcomes import Absent, Found, Later, SignInAgain, Unclear
from tests import factories
from tests.portal.stored import stored_at

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def line(settings: Any, tmp_path: Any) -> Line:
    stored_at(settings, tmp_path)
    run = factories.run_with_errors(factories.whole_integration())
    return Line.objects.select_related("run", "posting").get(run=run, identifier="26000130")


@pytest.fixture
def anna(line: Line) -> Client:
    client = Client()
    client.force_login(factories.member(line.organisation, "bookkeeper"))
    return client


def post(client: Client, name: str, line: Line, **given: str) -> Any:
    return client.post(reverse(name, args=(line.organisation_id, line.run_id, line.pk)), given)


def page(client: Client, line: Line) -> str:
    return client.get(reverse("line", args=(line.organisation_id, line.run_id, line.pk))).content.decode()


def test_a_document_is_left_out_with_a_reason_and_sent_after_all(anna: Client, line: Line) -> None:
    answer = post(anna, "leave_out", line, reason=HOSTILE)
    assert answer.status_code == 302
    shown = page(anna, line)
    assert "Stays out of the books." in shown
    assert HOSTILE not in shown
    assert "&lt;script&gt;" in shown
    assert "Correct the document" not in shown

    assert post(anna, "send_after_all", line, reason="It counts").status_code == 302
    assert "Correct the document" in page(anna, line)


@pytest.mark.parametrize("name", ["leave_out", "already_there", "send_after_all"])
@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_decision_needs_a_reason(name: str, reason: str, anna: Client, line: Line) -> None:
    if name == "send_after_all":
        post(anna, "leave_out", line, reason="First")
    before = Settlement.objects.count()
    answer = post(anna, name, line, reason=reason, number="7")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert Settlement.objects.count() == before


@pytest.mark.parametrize("number", ["", "9" * 61])
def test_a_number_must_be_given(number: str, anna: Client, line: Line) -> None:
    answer = post(anna, "already_there", line, reason="By hand", number=number)
    assert answer.status_code == 422
    assert 'aria-describedby="there-number-why"' in answer.content.decode()


def test_whoever_comes_second_is_told(anna: Client, line: Line) -> None:
    post(anna, "leave_out", line, reason="First")
    answer = anna.post(
        reverse("leave_out", args=(line.organisation_id, line.run_id, line.pk)), {"reason": "Second"}, follow=True
    )
    assert "Something has happened to this document meanwhile" in answer.content.decode()
    assert Settlement.objects.count() == 1


def _raise() -> Claimed:
    raise ChangedMeanwhileError


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (lambda: Claimed(Found("id", "7", ("total", "lines"))), "differs in: Total, Lines"),
        (lambda: Claimed(Found("id", "7"), other=Posting()), "the booking of another document"),
        (lambda: Claimed(Absent("everywhere")), "no such document under this number"),
        (lambda: Claimed(Later(factories.NOW, "busy")), "can be asked again from"),
        (lambda: Claimed(SignInAgain("withdrawn")), "must sign in again"),
        (lambda: Claimed(Unclear(HOSTILE)), "gave no clear answer: &lt;script&gt;"),
    ],
)
def test_what_the_package_says_is_told_where_it_belongs(
    says: Callable[[], Claimed], told: str, anna: Client, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "already_there", lambda *_arguments, **_named: says())
    answer = post(anna, "already_there", line, reason="By hand", number="7")
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert 'value="By hand"' in answer.content.decode(), "what was filled in stays"


def test_a_claim_that_comes_too_late_is_told(anna: Client, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "already_there", lambda *_arguments, **_named: _raise())
    assert post(anna, "already_there", line, reason="By hand", number="7").status_code == 302


def test_a_viewer_settles_nothing(line: Line) -> None:
    client = Client()
    client.force_login(factories.member(line.organisation, "viewer"))
    assert "Or settle it another way" not in page(client, line)
    assert post(client, "leave_out", line, reason="No").status_code == 403
