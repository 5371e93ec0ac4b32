"""The second step: apps, recovery codes, who must have one; passkeys stand in tests/journeys/test_signing_in.py."""

from dataclasses import replace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from bookbridge.organisations.models import User
from bookbridge.portal.account import passkeys
from tests import factories
from tests.portal.people import code_of, log_in, show_oneself

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_tries_yet")]


def with_app(client: Client, user: User) -> str:
    """Add an app by the pages; its secret. The user is logged in after it."""
    log_in(client, user.email)
    show_oneself(client)
    secret: str = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    added = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret, -1)})
    assert added["Location"] == "/accounts/2fa/recovery-codes/"
    return secret


def second_step(client: Client, code: str) -> Any:
    return client.post("/accounts/2fa/authenticate/", {"code": code})


def test_the_password_alone_opens_nothing(anna: User, client: Client) -> None:
    factories.second_step(anna)
    assert log_in(client, anna.email)["Location"] == "/accounts/2fa/authenticate/"
    for page in ("/companies/", "/accounts/2fa/", "/accounts/password/change/", "/accounts/2fa/totp/deactivate/"):
        assert client.get(page)["Location"].startswith("/accounts/login/"), page
    assert second_step(client, "000000").status_code == 200
    assert client.get("/companies/").status_code == 302


def test_a_code_works_once(anna: User) -> None:
    """Also in another process, and when the cache has forgotten it."""
    secret = factories.second_step(anna)
    code = code_of(secret)
    first, second = Client(), Client()
    log_in(first, anna.email)
    assert second_step(first, code)["Location"] == "/"
    cache.clear()
    log_in(second, anna.email)
    assert "each works once" in second_step(second, code).content.decode()
    assert "each works once" in second_step(second, code_of(secret, -1)).content.decode(), "nor does an earlier one"
    assert second_step(second, code_of(secret, 1))["Location"] == "/"


@pytest.mark.django_db(transaction=True)
def test_the_code_that_proved_the_app_is_used(anna: User, client: Client) -> None:
    secret = with_app(client, anna)
    other = Client()
    log_in(other, anna.email)
    assert second_step(other, code_of(secret, -1)).status_code == 200
    assert second_step(other, code_of(secret)).status_code == 302


def test_a_code_used_to_show_oneself_is_used_for_the_log_in_too(anna: User, client: Client) -> None:
    secret = with_app(client, anna)
    code = code_of(secret)
    shown = client.post("/accounts/2fa/reauthenticate/", {"code": code, "next": "/accounts/2fa/"})
    assert shown["Location"] == "/accounts/2fa/"
    other = Client()
    log_in(other, anna.email)
    assert second_step(other, code).status_code == 200


def test_a_recovery_code_stands_in_once(anna: User, client: Client) -> None:
    with_app(client, anna)
    codes = client.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    assert len(set(codes)) == 10
    text = client.get("/accounts/2fa/recovery-codes/download/").content.decode()
    assert all(code in text for code in codes)
    for expected in (302, 200):
        other = Client()
        log_in(other, anna.email)
        assert second_step(other, codes[0]).status_code == expected
    client.post("/accounts/2fa/recovery-codes/generate/")
    fresh = client.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    assert not set(fresh) & set(codes)
    other = Client()
    log_in(other, anna.email)
    assert second_step(other, codes[1]).status_code == 200


def test_codes_are_shown_to_whoever_showed_themselves_only(anna: User) -> None:
    with_app(Client(), anna)
    client = Client()
    client.force_login(anna)
    for page in ("/accounts/2fa/recovery-codes/", "/accounts/2fa/recovery-codes/download/"):
        assert client.get(page)["Location"].startswith("/accounts/reauthenticate/"), page


def test_the_secrets_are_encrypted_at_rest(anna: User, client: Client) -> None:
    secret = with_app(client, anna)
    kept = str(list(Authenticator.objects.filter(user=anna).values_list("data", flat=True)))
    assert secret not in kept
    assert kept.count("gAAAA") == 2


def test_the_page_after_the_second_step_is_the_one_that_was_asked_for(anna: User, client: Client) -> None:
    secret = factories.second_step(anna)
    client.post(
        "/accounts/login/", {"login": anna.email, "password": factories.PASSWORD, "next": "/preferences/?from=link"}
    )
    assert second_step(client, code_of(secret))["Location"] == "/preferences/?from=link"


def test_the_session_is_new_after_the_second_step(anna: User, client: Client) -> None:
    secret = factories.second_step(anna)
    log_in(client, anna.email)
    between = client.session.session_key
    second_step(client, code_of(secret))
    assert client.session.session_key != between


def test_another_users_passkey_is_not_there(anna: User, client: Client) -> None:
    other = factories.user("bram@example.org")
    key = Authenticator.objects.create(user=other, type="webauthn", data={"name": "Bram's", "credential": {}})
    log_in(client, anna.email)
    show_oneself(client)
    for action in ("edit", "remove"):
        foreign = client.get(f"/accounts/2fa/webauthn/keys/{key.pk}/{action}/")
        absent = client.get(f"/accounts/2fa/webauthn/keys/{key.pk + 1}/{action}/")
        assert foreign.status_code == absent.status_code == 404
        assert client.post(f"/accounts/2fa/webauthn/keys/{key.pk}/{action}/", {"name": "mine"}).status_code == 404
    key.refresh_from_db()
    assert key.data["name"] == "Bram's"


@pytest.mark.parametrize(
    ("required", "operator", "must"),
    [
        ("none", True, False),
        ("operators", False, False),
        ("operators", True, True),
        ("everyone", False, True),
    ],
)
def test_who_must_have_a_second_step_is_led_to_it(
    required: str, operator: bool, must: bool, settings: Any, client: Client
) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, require_mfa=required)
    user = factories.member(factories.organisation(), is_operator=operator)
    log_in(client, user.email)
    answer = client.get("/companies/")
    assert (answer.status_code == 302 and answer["Location"] == "/accounts/2fa/") == must
    page = client.get("/accounts/2fa/").content.decode()
    assert ("Add a second step first" in page) == must
    if must:
        assert client.post(f"/companies/{factories.organisation().pk}/").status_code in (302, 404)
        with_app(client, user)
        assert client.get("/companies/").status_code == 200


def test_the_last_second_step_stays_where_one_is_required(anna: User, settings: Any, client: Client) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, require_mfa="everyone")
    with_app(client, anna)
    assert "Add another one first" in client.get("/accounts/2fa/totp/deactivate/").content.decode()
    client.post("/accounts/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(user=anna, type="totp").exists()


@pytest.mark.parametrize(
    ("public_url", "host", "possible", "usable"),
    [
        ("https://books.example.org", "books.example.org", True, True),
        ("https://books.example.org:8443", "books.example.org:8443", True, True),
        ("https://books.example.org", "127.0.0.1:8000", True, False),
        ("http://books.example.org", "books.example.org", False, False),
        ("https://10.0.0.5", "10.0.0.5", False, False),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", False, False),
        ("https://[2001:db8::7]", "[2001:db8::7]", False, False),
        ("http://localhost:8000", "localhost:8000", True, True),
    ],
)
def test_passkeys_are_offered_where_a_browser_allows_them(
    public_url: str, host: str, possible: bool, usable: bool, anna: User, settings: Any, client: Client
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, public_url=public_url)
    assert passkeys.possible() == possible
    client.force_login(anna)
    page = client.get("/accounts/2fa/", headers={"host": host}).content.decode()
    assert ("Add a passkey" in page) == usable
    assert ("Passkeys need a portal with a name" in page) == (not possible)
    assert (f"Passkeys work only at {public_url}" in page) == (possible and not usable)
    client.logout()
    assert (
        "Log in with a passkey" in client.get("/accounts/login/", headers={"host": host}).content.decode()
    ) == usable
