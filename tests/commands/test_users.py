"""What an operator does for a person who lost everything, or who leaves: each told in the trail."""

import re

import pytest
from allauth.mfa.models import Authenticator
from click.testing import CliRunner, Result
from django.core import mail
from django.test import Client

from bookbridge.cli import main
from bookbridge.organisations.models import AuditEntry, User
from tests import factories
from tests.portal.people import log_in, send_mails

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["user", *arguments])


def told() -> list[str]:
    return list(AuditEntry.objects.filter(actor_kind="command").order_by("sequence").values_list("action", flat=True))


@pytest.fixture
def anna() -> User:
    return factories.user("anna@example.org")


def test_a_person_who_lost_everything_gets_in_again(anna: User) -> None:
    browser = Client()
    log_in(browser, anna.email)
    factories.second_step(anna)
    result = run("reset-mfa", "Anna@Example.org")
    assert result.exit_code == 0, result.output
    assert "Taken off: totp. Sessions ended: 1." in result.output
    assert not Authenticator.objects.exists()
    assert browser.get("/companies/").status_code == 302
    assert log_in(Client(), anna.email)["Location"] == "/"
    assert "second_factor.reset_by_operator" in told()
    send_mails()
    assert "took the second step off" in mail.outbox[-1].body


def test_a_link_sets_a_new_password_without_any_mail(anna: User) -> None:
    result = run("reset-link", anna.email)
    link = re.search(r"http://127.0.0.1:8000(/\S+)", result.output)
    assert link is not None
    assert Client().get(link[1])["Location"].endswith("-set-password/")
    assert "password.link_made" in told()
    assert link[1].rpartition("-")[2].strip("/") not in str(list(AuditEntry.objects.values_list("changes", flat=True)))


def test_a_closed_account_has_no_way_in(anna: User) -> None:
    browser = Client()
    log_in(browser, anna.email)
    assert run("close", anna.email).exit_code == 0
    assert browser.get("/companies/").status_code == 302
    assert log_in(Client(), anna.email)["Location"] == "/accounts/inactive/"
    assert "is closed" in run("reset-link", anna.email).output
    assert "closed already" in run("close", anna.email).output
    assert run("reopen", anna.email).exit_code == 0
    assert log_in(Client(), anna.email)["Location"] == "/"
    assert [action for action in told() if action.startswith("user.")] == ["user.closed", "user.reopened"]


def test_a_user_is_logged_out_everywhere(anna: User) -> None:
    browser = Client()
    log_in(browser, anna.email)
    assert run("log-out", anna.email).output == "Sessions ended: 1.\n"
    assert browser.get("/companies/").status_code == 302


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["reset-mfa", "nobody@example.org"], "there is no user"), (["reset-mfa", "anna@example.org"], "no second step")],
)
def test_what_can_not_be_done_is_said(arguments: list[str], said: str, anna: User) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert said in result.output
