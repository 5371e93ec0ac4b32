"""Passwords, sessions and links: what a guesser, a thief of cookies or a forger of links can't do."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookbridge.organisations.models import User
from bookbridge.organisations.shared_cache import SharedCache
from bookbridge.portal.account import mails, sessions
from tests import factories
from tests.portal.people import log_in, send_mails, show_oneself

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_tries_yet")]
NEW = "an entirely other password"


def without_token(answer: Any) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())


def test_an_unknown_address_answers_like_a_wrong_password(anna: User, client: Client) -> None:
    known = log_in(client, anna.email, "wrong password")
    unknown = log_in(client, "nina@example.org", "wrong password")
    assert known.status_code == unknown.status_code == 200
    assert without_token(known) == without_token(unknown).replace("nina@", "anna@")


def test_an_unknown_address_costs_the_same_work(anna: User, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing is what takes the time: once for whoever tries."""
    hashed: list[str] = []
    encode = PBKDF2PasswordHasher.encode

    def counting(self: Any, password: str, salt: str, iterations: int | None = None) -> str:
        hashed.append(password)
        return encode(self, password, salt, iterations)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", counting)
    closed = factories.user("closed@example.org", is_active=False)
    for address in (anna.email, "nobody@example.org", closed.email):
        hashed.clear()
        log_in(client, address, "wrong password")
        assert hashed == ["wrong password"], address


def test_a_closed_account_can_not_be_told_from_none_without_its_password(client: Client) -> None:
    closed = factories.user("closed@example.org", is_active=False)
    assert "is not right" in log_in(client, closed.email, "wrong password").content.decode()
    right = log_in(client, closed.email)
    assert right["Location"] == "/accounts/inactive/"
    assert client.get("/companies/").status_code == 302


def test_a_session_planted_before_the_log_in_is_worth_nothing(anna: User) -> None:
    thief, victim = Client(), Client()
    thief.get("/accounts/login/?next=/")
    planted = thief.session
    planted["mark"] = "planted"
    planted.save()
    victim.cookies["sessionid"] = thief.cookies["sessionid"] = planted.secret
    log_in(victim, anna.email)
    assert victim.cookies["sessionid"].value != planted.secret
    assert victim.get("/companies/").status_code == 200
    assert thief.get("/companies/").status_code == 302


def test_who_reads_the_tables_can_not_take_over_a_session(anna: User) -> None:
    log_in(browser := Client(), anna.email)
    held = browser.cookies["sessionid"].value
    rows = [
        *Session.objects.values_list("session_key", flat=True),
        *UserSession.objects.values_list("session_key", flat=True),
    ]
    assert rows
    for key in (*rows, *(key.lstrip("~") for key in rows)):
        assert key not in held
        thief = Client()
        thief.cookies["sessionid"] = key
        assert thief.get("/companies/").status_code == 302
    assert browser.get("/companies/").status_code == 200


def test_the_session_cookie_is_for_the_browser_alone(anna: User, client: Client, settings: Any) -> None:
    log_in(client, anna.email)
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["max-age"], "it ends with the browser"


def test_a_cookie_alone_is_no_log_in(anna: User, client: Client) -> None:
    """Asked before a large upload is received: of a session that somebody logged in with, and of no other."""

    def known(of: Client) -> bool:
        return sessions.is_logged_in(f"csrftoken=x; sessionid={of.cookies['sessionid'].value}")

    stranger = Client()
    stranger.get("/accounts/2fa/webauthn/login/", headers={"x-requested-with": "XMLHttpRequest"})
    assert not known(stranger), "the beginning of a log-in with a passkey"
    log_in(client, anna.email)
    assert known(client)
    ended = client.cookies["sessionid"].value
    client.post("/accounts/logout/")
    for cookies in (f"sessionid={ended}", "sessionid=made-up", "csrftoken=x", ""):
        assert not sessions.is_logged_in(cookies)


@pytest.mark.parametrize(("key", "over"), [("session_seen", 121 * 60), ("session_began", 12 * 3600 + 60)])
def test_a_session_ends_when_left_alone_and_after_its_hours(key: str, over: int, anna: User, client: Client) -> None:
    log_in(client, anna.email)
    session = client.session
    session[key] -= over - 120
    session.save()
    assert client.get("/companies/").status_code == 200
    session = client.session
    session[key] = session["session_began"] - over if key == "session_began" else session[key] - over
    session.save()
    assert client.get("/companies/")["Location"].startswith("/accounts/login/")
    assert not Session.objects.filter(session_key=session.session_key).exists()


def test_a_page_in_use_keeps_its_session(anna: User, client: Client) -> None:
    log_in(client, anna.email)
    session = client.session
    session["session_seen"] -= 100 * 60
    session.save()
    client.get("/companies/")
    assert client.session["session_seen"] > session["session_seen"] + 60


def test_sessions_that_are_over_are_cleared_away_at_a_log_in(anna: User, client: Client) -> None:
    Session.objects.create(session_key="old", session_data="", expire_date=timezone.now() - timedelta(days=1))
    log_in(client, anna.email)
    assert not Session.objects.filter(session_key="old").exists()


def test_changing_the_password_ends_all_other_sessions(anna: User) -> None:
    here, elsewhere = Client(), Client()
    log_in(here, anna.email)
    log_in(elsewhere, anna.email)
    before = here.session.session_key
    changed = here.post(
        "/accounts/password/change/", {"oldpassword": factories.PASSWORD, "password1": NEW, "password2": NEW}
    )
    assert changed["Location"] == "/accounts/2fa/"
    assert here.get("/companies/").status_code == 200
    assert here.session.session_key != before
    assert elsewhere.get("/companies/").status_code == 302
    assert log_in(Client(), anna.email).status_code == 200
    assert log_in(Client(), anna.email, NEW).status_code == 302


def test_a_user_sees_where_they_are_logged_in_and_ends_it(anna: User) -> None:
    here, elsewhere, other = Client(), Client(), Client()
    log_in(here, anna.email, headers={"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"})
    log_in(elsewhere, anna.email, headers={"user-agent": "Mozilla/5.0 (iPhone) <script>alert(1)</script> Safari/604"})
    log_in(other, factories.member(anna.memberships.get().organisation).email)
    page = here.get("/accounts/sessions/").content.decode()
    assert page.count("Firefox · Linux") == 1
    assert page.count("Safari · iPhone") == 1
    assert "alert(1)" not in page
    here.post("/accounts/sessions/")
    assert here.get("/companies/").status_code == 200
    assert elsewhere.get("/companies/").status_code == 302
    assert other.get("/companies/").status_code == 200, "nobody else is logged out"


def test_a_link_changes_the_password_once(anna: User) -> None:
    elsewhere = Client()
    log_in(elsewhere, anna.email)
    anna.refresh_from_db()
    link = mails.reset_link(anna).removeprefix("http://127.0.0.1:8000")
    browser = Client()
    form = browser.get(link)["Location"]
    assert form.endswith("-set-password/"), "the secret isn't in the address of the form"
    done = browser.post(form, {"password1": NEW, "password2": NEW})
    assert done["Location"] == "/accounts/password/reset/key/done/"
    assert browser.get("/companies/").status_code == 302, "the link is no log-in"
    assert elsewhere.get("/companies/").status_code == 302
    assert log_in(Client(), anna.email, NEW).status_code == 302
    again = Client().get(link, follow=True)
    assert "no longer works" in again.content.decode()


def test_a_link_is_too_old_after_an_hour(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.contrib.auth import tokens

    link = mails.reset_link(anna).removeprefix("http://127.0.0.1:8000")
    now = tokens.PasswordResetTokenGenerator._now
    monkeypatch.setattr(tokens.PasswordResetTokenGenerator, "_now", lambda self: now(self) + timedelta(minutes=61))
    assert "no longer works" in Client().get(link, follow=True).content.decode()


def test_a_link_of_one_user_does_not_open_another(anna: User) -> None:
    other = factories.user("other@example.org")
    head, _, token = mails.reset_link(anna).removeprefix("http://127.0.0.1:8000").rpartition("/key/")
    _, _, key = token.partition("-")
    forged = mails.reset_link(other).removeprefix("http://127.0.0.1:8000").rpartition("/key/")[2].partition("-")[0]
    assert "no longer works" in Client().get(f"{head}/key/{forged}-{key}", follow=True).content.decode()


def test_asking_for_a_link_answers_the_same_for_everybody(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SharedCache, "_tidy", lambda self: None)
    factories.user("closed@example.org", is_active=False)
    counted = []
    for address in (anna.email, "nobody@example.org", "closed@example.org"):
        with CaptureQueriesContext(connection) as asked:
            answer = Client().post("/accounts/password/reset/", {"email": address})
        assert answer["Location"] == "/accounts/password/reset/done/"
        counted.append([re.sub(r"'.*?'|\d+|NULL", "…", query["sql"]) for query in asked])
    assert counted[0] == counted[1] == counted[2], "the same work in the database, whoever is asked for"


@pytest.mark.django_db(transaction=True)
def test_the_link_goes_to_the_users_own_address_at_the_public_one(anna: User, settings: Any) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, public_url="https://books.example.org")
    settings.ALLOWED_HOSTS = ["*"]
    asked = Client().post("/accounts/password/reset/", {"email": "ANNA@example.org"}, headers={"host": "evil.example"})
    assert asked.status_code == 302
    send_mails()
    (message,) = mail.outbox
    assert message.to == ["anna@example.org"]
    assert "https://books.example.org/accounts/password/reset/key/" in message.body
    assert "evil" not in message.body


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "A new password for Bookbridge"),
        ("nl", "Een nieuw wachtwoord voor Bookbridge"),
        ("fr", "Un nouveau mot de passe pour Bookbridge"),
    ],
)
def test_a_mail_is_in_the_users_language(language: str, subject: str, anna: User) -> None:
    User.objects.filter(pk=anna.pk).update(language=language)
    Client().post("/accounts/password/reset/", {"email": anna.email})
    Client().post("/accounts/password/reset/", {"email": "nobody@example.org"})
    send_mails()
    assert [message.subject for message in mail.outbox] == [subject]


@pytest.mark.django_db(transaction=True)
def test_a_user_is_told_of_changes_by_mail(anna: User) -> None:
    client = Client()
    log_in(client, anna.email)
    client.post("/accounts/password/change/", {"oldpassword": factories.PASSWORD, "password1": NEW, "password2": NEW})
    send_mails()
    (message,) = mail.outbox
    assert "Your password was changed." in message.body
    assert "From: 127.0.0.1" in message.body
    assert NEW not in message.body


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short words", "too short"),
        ("q1w2e3r4t5y6", "too common"),
        ("anna@example.org", "too similar"),
        ("Anna Voorbeeld", "too similar"),
        ("x" * 129, "too long"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(password: str, reason: str, anna: User, client: Client) -> None:
    log_in(client, anna.email)
    answer = client.post(
        "/accounts/password/change/", {"oldpassword": factories.PASSWORD, "password1": password, "password2": password}
    )
    assert reason in answer.content.decode()
    with pytest.raises(ValidationError):
        validate_password(password, anna)


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"])
def test_no_page_of_the_log_in_leads_elsewhere(evil: str, anna: User, client: Client) -> None:
    log_in(client, anna.email)
    for answer in (
        show_oneself(client, evil),
        client.get(f"/accounts/login/?next={evil}"),
        client.post("/accounts/logout/", {"next": evil}),
    ):
        assert answer["Location"] in ("/", "/companies/"), evil


def test_what_changes_a_log_in_asks_who_it_is_first(anna: User, client: Client) -> None:
    log_in(client, anna.email)
    asked = client.get("/accounts/2fa/totp/activate/")
    assert asked["Location"].startswith("/accounts/reauthenticate/?next=")
    wrong = client.post("/accounts/reauthenticate/", {"password": "wrong", "next": "/accounts/2fa/totp/activate/"})
    assert "is not right" in wrong.content.decode()
    assert show_oneself(client, "/accounts/2fa/totp/activate/")["Location"] == "/accounts/2fa/totp/activate/"
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200


def test_ending_all_sessions_of_a_user(anna: User) -> None:
    clients = [Client(), Client()]
    for client in clients:
        log_in(client, anna.email)
    assert sessions.end_all(anna.pk) == 2
    assert [client.get("/companies/").status_code for client in clients] == [302, 302]
