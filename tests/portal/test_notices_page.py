"""The page on which each member chooses the own mails, and the time after which a source of files is missed."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookbridge.integrations.changing import seen
from bookbridge.integrations.models import Configuration, Integration
from bookbridge.organisations.models import AuditEntry, Membership, Organisation, User
from bookbridge.organisations.notices import wishes_of
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Organisation:
    return factories.organisation("Camping De Eik")


@pytest.fixture
def anna(company: Organisation) -> User:
    return factories.member(company, "bookkeeper", "anna@example.org")


@pytest.fixture
def browser(anna: User) -> Client:
    client = Client()
    client.force_login(anna)
    return client


def save(browser: Client, company: Organisation, **given: str) -> Any:
    return browser.post(reverse("save_notices", args=[company.pk]), given, follow=True)


def wishes(user: User, company: Organisation) -> tuple[str, bool, bool]:
    chosen = wishes_of(Membership.objects.get(user=user, organisation=company))
    return chosen.errors, chosen.losses, chosen.silence


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("owner", ("at_once", True, True)),
        ("bookkeeper", ("at_once", True, True)),
        ("viewer", ("none", False, False)),
    ],
)
def test_without_a_choice_it_is_as_the_role_has_it(role: str, expected: Any, company: Organisation) -> None:
    person = factories.member(company, role)
    assert wishes(person, company) == expected
    Membership.objects.filter(user=person).update(role="viewer")
    assert wishes(person, company) == ("none", False, False)


def test_each_company_has_a_choice_of_its_own(browser: Client, anna: User, company: Organisation) -> None:
    other = factories.organisation("Hotel De Linde")
    Membership.objects.create(organisation=other, user=anna, role="viewer")
    shown = browser.get(reverse("notices")).content.decode()
    assert shown.count('value="at_once"') == 2
    answer = save(browser, company, errors_mailed="daily", silence="on")
    assert "Saved: Camping De Eik." in answer.content.decode()
    assert wishes(anna, company) == ("daily", False, True)
    assert wishes(anna, other) == ("none", False, False)
    entry = AuditEntry.objects.get(action="notices.chosen")
    assert (entry.organisation_id, entry.subject_id) == (company.pk, str(anna.pk))
    save(browser, company, errors_mailed="daily", silence="on")
    assert AuditEntry.objects.filter(action="notices.chosen").count() == 1


@pytest.mark.parametrize("given", ["", "weekly"])
def test_what_cannot_be_chosen_says_so_at_its_field(
    given: str, browser: Client, anna: User, company: Organisation
) -> None:
    answer = save(browser, company, errors_mailed=given, silence="on")
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose one of these." in shown
    assert 'name="silence" id="id_' in shown
    assert wishes(anna, company) == ("at_once", True, True)


def test_a_foreign_company_has_no_choice(browser: Client) -> None:
    other = factories.organisation("Hotel De Linde")
    assert save(browser, other, errors_mailed="none").status_code == 404


def test_the_own_settings_lead_there(browser: Client, anna: User) -> None:
    assert reverse("notices") in browser.get(reverse("preferences")).content.decode()


def test_many_companies_cost_no_more_queries(browser: Client, anna: User, company: Organisation) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(reverse("notices")).status_code == 200
        return len(queries)

    asked()
    one = asked()
    for number in range(12):
        other = factories.organisation(f"Company {number}")
        Membership.objects.create(organisation=other, user=anna, role="viewer")
    assert asked() == one <= 15


@pytest.fixture
def books(company: Organisation) -> Configuration:
    return factories.whole_integration(company)


@pytest.fixture
def owner(company: Organisation) -> Client:
    client = Client()
    client.force_login(factories.member(company, "owner"))
    return client


def watch(owner: Client, books: Configuration, hours: str, was: int | None = None) -> Any:
    place = [books.organisation_id, books.integration_id]
    return owner.post(reverse("save_silence", args=place), {"hours": hours, "seen": seen(was)}, follow=True)


def test_an_owner_says_after_how_long_a_source_is_missed(owner: Client, books: Configuration) -> None:
    Integration.objects.update(silence_told_since=factories.NOW)
    assert "Saved." in watch(owner, books, "80").content.decode()
    own = Integration.objects.get()
    assert (own.silent_after_h, own.silence_told_since) == (80, None)
    assert AuditEntry.objects.filter(action="integration.changed").count() == 1
    watch(owner, books, "", was=80)
    assert Integration.objects.get().silent_after_h is None


@pytest.mark.parametrize("hours", ["0", "-1", "2161", "x", "1.5"])
def test_no_such_time(hours: str, owner: Client, books: Configuration) -> None:
    answer = watch(owner, books, hours)
    assert answer.status_code == 422
    assert 'id="id_silence_hours"' in answer.content.decode()
    assert f'value="{hours}"' in answer.content.decode()
    assert Integration.objects.get().silent_after_h is None


def test_two_owners_at_once_overwrite_nothing_unseen(owner: Client, books: Configuration) -> None:
    Integration.objects.update(silent_after_h=48)
    answer = watch(owner, books, "80")
    assert answer.status_code == 422
    assert "It says now: 48" in answer.content.decode()
    assert Integration.objects.get().silent_after_h == 48
    watch(owner, books, "80", was=48)
    assert Integration.objects.get().silent_after_h == 80


def test_a_viewer_sees_the_time(company: Organisation, books: Configuration) -> None:
    Integration.objects.update(silent_after_h=48)
    client = Client()
    client.force_login(factories.member(company, "viewer"))
    shown = client.get(reverse("settings", args=[company.pk, books.integration_id])).content.decode()
    assert "<dd>48</dd>" in shown
    assert 'name="hours"' not in shown
