"""Members: an owner invites, changes and removes; there is always an owner; only the mail leads into a new account."""

import re
import threading
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from bookbridge.organisations import members
from bookbridge.organisations.models import Membership, Organisation, User
from bookbridge.organisations.walls import acting_for
from tests import factories
from tests.portal.people import send_mails

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "a-quiet-river-in-november"


@pytest.fixture
def company() -> Organisation:
    return factories.organisation("Camping De Eik")


@pytest.fixture
def owner(company: Organisation) -> Client:
    client = Client()
    client.force_login(factories.member(company, "owner", "eva@example.org", name="Eva"))
    return client


def invite(client: Client, company: Organisation, email: str, role: str = "bookkeeper", **more: Any) -> Any:
    return client.post(reverse("invite", args=[company.pk]), {"email": email, "role": role}, **more)


def membership(company: Organisation, email: str) -> Membership:
    return Membership.objects.select_related("user").get(organisation=company, user__email=email)


def test_whoever_is_invited_sets_a_password_by_the_mail_and_is_in(owner: Client, company: Organisation) -> None:
    assert invite(owner, company, " Anna@Example.org ").status_code == 302
    member = membership(company, "anna@example.org")
    assert (member.role, member.user.has_usable_password()) == ("bookkeeper", False)
    send_mails()
    [sent] = mail.outbox
    assert sent.to == ["anna@example.org"]
    assert "Eva gives you access to Camping De Eik" in sent.body
    link = re.search(r"http://\S+", sent.body)
    assert link

    anna = Client()
    page = anna.get(link[0].removeprefix("http://127.0.0.1:8000"), follow=True)
    anna.post(page.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})
    answer = anna.post("/accounts/login/", {"login": "anna@example.org", "password": NEW}, follow=True)
    assert "Camping De Eik" in answer.content.decode()


def test_whoever_has_an_account_is_only_told(owner: Client, company: Organisation) -> None:
    person = factories.user("known@example.org")
    before = person.password
    invite(owner, company, "known@example.org", "viewer")
    send_mails()
    [sent] = mail.outbox
    assert "accounts/password" not in sent.body
    assert "Log in as you always do" in sent.body
    assert User.objects.get(pk=person.pk).password == before
    assert membership(company, "known@example.org").role == "viewer"


def test_nobody_is_a_member_twice(owner: Client, company: Organisation) -> None:
    answer = invite(owner, company, "EVA@example.org", "viewer")
    assert answer.status_code == 422
    assert "is a member already" in answer.content.decode()
    assert membership(company, "eva@example.org").role == "owner"


def test_a_closed_account_stays_closed(owner: Client, company: Organisation) -> None:
    factories.user("closed@example.org", is_active=False)
    answer = invite(owner, company, "closed@example.org")
    assert answer.status_code == 422
    assert "This account is closed." in answer.content.decode()
    assert Membership.objects.filter(organisation=company).count() == 1


@pytest.mark.parametrize(
    ("email", "role"), [("", "viewer"), ("no address", "viewer"), ("a@example.org", "operator"), ("a@example.org", "")]
)
def test_what_is_wrong_says_so_at_its_field(email: str, role: str, owner: Client, company: Organisation) -> None:
    answer = invite(owner, company, email, role)
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert Membership.objects.filter(organisation=company).count() == 1


def test_a_mail_s_subject_holds_no_second_line(owner: Client, company: Organisation) -> None:
    Organisation.objects.filter(pk=company.pk).update(name="De Eik\r\nBcc: everybody@example.org")
    invite(owner, company, "anna@example.org")
    send_mails()
    [sent] = mail.outbox
    assert sent.subject == "De Eik Bcc: everybody@example.org in Bookbridge"
    assert sent.recipients() == ["anna@example.org"]


def test_whoever_was_removed_meanwhile_gets_no_mail(owner: Client, company: Organisation) -> None:
    invite(owner, company, "anna@example.org")
    members.remove(company, membership(company, "anna@example.org").pk)
    send_mails()
    assert mail.outbox == []


def test_invitations_have_a_limit(owner: Client, company: Organisation, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "invitation": "2/h/key"}
    assert [invite(owner, company, f"p{n}@example.org").status_code for n in range(3)] == [302, 302, 422]


def test_a_role_is_changed_and_access_taken_away(owner: Client, company: Organisation) -> None:
    anna = factories.member(company, "viewer", "anna@example.org")
    hers = membership(company, "anna@example.org")
    owner.post(reverse("change_member", args=[company.pk, hers.pk]), {"role": "bookkeeper"})
    assert membership(company, "anna@example.org").role == "bookkeeper"
    browser = Client()
    browser.force_login(anna)
    assert browser.get(reverse("company", args=[company.pk])).status_code == 200
    assert owner.get(reverse("remove_member", args=[company.pk, hers.pk])).status_code == 200
    owner.post(reverse("remove_member", args=[company.pk, hers.pk]))
    assert browser.get(reverse("company", args=[company.pk])).status_code == 404
    assert User.objects.filter(pk=anna.pk, is_active=True).exists()


@pytest.mark.parametrize("name", ["change_member", "remove_member"])
def test_the_last_owner_stays(name: str, owner: Client, company: Organisation) -> None:
    factories.member(company, "owner", "closed@example.org", is_active=False)
    mine = membership(company, "eva@example.org")
    answer = owner.post(reverse(name, args=[company.pk, mine.pk]), {"role": "viewer"}, follow=True)
    assert "A company needs an owner" in answer.content.decode()
    assert membership(company, "eva@example.org").role == "owner"


def test_two_owners_who_leave_at_once_leave_one(owner: Client, company: Organisation) -> None:
    factories.member(company, "owner", "second@example.org")
    start, left = threading.Barrier(2), []

    def leave(pk: int) -> None:
        try:
            with acting_for(company.pk):
                start.wait(20)
                members.remove(company, pk)
                left.append(pk)
        except members.LastOwnerError:
            pass
        finally:
            connection.close()

    ids = list(Membership.objects.filter(organisation=company).values_list("pk", flat=True))
    threads = [threading.Thread(target=leave, args=(pk,)) for pk in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(left) == 1
    assert Membership.objects.filter(organisation=company, role="owner").count() == 1


def test_another_company_s_member_is_nobody_here(owner: Client, company: Organisation) -> None:
    foreign = factories.membership(factories.organisation("Another"))
    for name in ("change_member", "remove_member"):
        assert owner.post(reverse(name, args=[company.pk, foreign.pk]), {"role": "owner"}).status_code == 404
    assert Membership.objects.get(pk=foreign.pk).role == "viewer"
