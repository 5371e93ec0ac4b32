"""A person secures their log-in: an app, passkeys, recovery codes, sessions, a forgotten password; in each language."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bookbridge.organisations.models import User
from bookbridge.organisations.sessions import SessionStore
from tests import factories
from tests.journeys.authenticators import plug_in
from tests.journeys.conftest import PHONE
from tests.journeys.steps import check_accessibility, log_in
from tests.mail_sink import Sink
from tests.portal.people import code_of, send_mails

pytestmark = [
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("public_address"),
]
NEW = "an entirely other password"
Take = Callable[[Page, str], None]


@pytest.fixture
def anna() -> User:
    return factories.member(factories.organisation(), "owner", "anna@example.org", name="Anna Voorbeeld")


def show_oneself(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Continue").click()


def log_out(page: Page) -> None:
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in to Bookbridge")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_an_app_and_recovery_codes(script: bool, anna: User, open_page: Callable[..., Page], picture: Take) -> None:
    page = open_page(java_script_enabled=script)
    log_in(page, anna.email)
    page.goto("/preferences/")
    page.get_by_role("link", name="To Security").click()
    page.get_by_role("link", name="Add an app").click()
    if script:
        check_accessibility(page)
    show_oneself(page)
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    page.get_by_text("Or type the secret").click()
    secret = (page.locator(".secret").text_content() or "").replace(" ", "")
    if script:
        check_accessibility(page)
        picture(page, "add-app")
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Add the app").click()
    expect(page.locator(".errorlist")).to_contain_text("This code is not right")
    page.get_by_label("Code").fill(code_of(secret, -1))
    page.get_by_role("button", name="Add the app").click()
    codes = page.locator(".codes .code").all_text_contents()
    assert len(codes) == 10
    if script:
        check_accessibility(page)
    page.get_by_role("link", name="Back to Security").click()
    page.goto("/accounts/logout/")
    page.locator("main").get_by_role("button", name="Log out").click()

    log_in(page, anna.email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    if script:
        check_accessibility(page)
        picture(page, "second-step")
    page.get_by_label("Code").fill(code_of(secret))
    page.locator("main").get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Camping De Eik")
    page.goto("/accounts/logout/")
    page.locator("main").get_by_role("button", name="Log out").click()
    log_in(page, anna.email)
    page.get_by_label("Code").fill(codes[3])
    page.locator("main").get_by_role("button", name="Log in", exact=True).click()
    page.goto("/accounts/2fa/")
    expect(page.locator("section[aria-labelledby=codes]")).to_contain_text("9 codes are left")


def test_a_passkey_is_added_used_and_removed(anna: User, open_page: Callable[..., Page], picture: Take) -> None:
    page = open_page()
    device = plug_in(page)
    log_in(page, anna.email)
    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Add a passkey").click()
    show_oneself(page)
    page.get_by_label("Name of the passkey").fill("Anna's telephone")
    page.get_by_label("Log in with this passkey alone").check()
    check_accessibility(page)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    assert [key["isResidentCredential"] for key in device.passkeys()] == [True]
    page.get_by_role("link", name="Back to Security").click()
    check_accessibility(page)
    picture(page, "security")
    log_out(page)

    page.goto("/preferences/")
    expect(page.get_by_text("The passkey was not used")).to_be_hidden()
    check_accessibility(page)
    picture(page, "log-in-passkey")
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Language and time zone")
    log_out(page)
    log_in(page, anna.email)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Camping De Eik")

    page.goto("/accounts/2fa/webauthn/")
    check_accessibility(page)
    page.get_by_role("link", name="Rename Anna's telephone").click()
    page.get_by_role("link", name="A passkey").click()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_label("Name of the passkey").fill("Anna's new telephone")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Remove Anna's new telephone").click()
    check_accessibility(page)
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_text("You have no passkey yet.")).to_be_visible()
    log_out(page)
    log_in(page, anna.email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Camping De Eik")


def test_a_passkey_that_is_gone_or_not_confirmed_opens_nothing(anna: User, open_page: Callable[..., Page]) -> None:
    page = open_page()
    device = plug_in(page)
    log_in(page, anna.email)
    page.goto("/accounts/2fa/webauthn/add/")
    show_oneself(page)
    page.get_by_label("Log in with this passkey alone").check()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    log_out(page)
    device.refuse()
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_text("The passkey was not used")).to_be_visible()
    check_accessibility(page)
    anna.is_active = False
    anna.save()
    device.session.send("WebAuthn.setUserVerified", {"authenticatorId": device.id, "isUserVerified": True})
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Account closed")


def test_what_the_second_step_asked_for_is_no_log_in_by_passkey_alone(
    anna: User, open_page: Callable[..., Page]
) -> None:
    """It asks for no finger, face or PIN: with an own account and somebody's key one would be that person."""
    page = open_page()
    plug_in(page)
    log_in(page, anna.email)
    page.goto("/accounts/2fa/webauthn/add/")
    show_oneself(page)
    page.get_by_label("Log in with this passkey alone").check()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    log_out(page)
    log_in(page, anna.email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    # The log-in that was begun runs out of time; what was asked of the passkey stays in the session.
    key = next(str(cookie["value"]) for cookie in page.context.cookies() if cookie["name"] == "sessionid")
    session = SessionStore(key)
    del session["account_login"]
    session.save()
    page.evaluate("document.querySelector('form[data-passkey]').action = '/accounts/2fa/webauthn/login/'")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("This code is not right")).to_be_visible()
    page.goto("/companies/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in to Bookbridge")


def test_where_one_is_logged_in(anna: User, open_page: Callable[..., Page], picture: Take) -> None:
    here, elsewhere = open_page(), open_page(viewport=PHONE)
    log_in(here, anna.email)
    log_in(elsewhere, anna.email)
    here.goto("/accounts/2fa/")
    here.get_by_role("link", name="See the browsers").click()
    expect(here.locator("main .list > li")).to_have_count(2)
    expect(here.get_by_text("This browser")).to_have_count(1)
    check_accessibility(here)
    picture(here, "sessions")
    here.get_by_role("button", name="Log out everywhere else").click()
    expect(here.locator("main .list > li")).to_have_count(1)
    elsewhere.reload()
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Log in to Bookbridge")


WORDS = {
    "en": ("Forgot your password?", "Send the link", "Change the password", "Your password has been changed"),
    "nl": ("Wachtwoord vergeten?", "De link sturen", "Wachtwoord wijzigen", "Uw wachtwoord is gewijzigd"),
    "fr": ("Mot de passe oublié ?", "Envoyer le lien", "Changer le mot de passe", "Votre mot de passe a été changé"),
}


@pytest.mark.parametrize("language", WORDS)
def test_a_forgotten_password(
    language: str, anna: User, open_page: Callable[..., Page], mail_sink: Sink, public_address: str
) -> None:
    forgot, send, change, changed = WORDS[language]
    User.objects.filter(pk=anna.pk).update(language=language)
    page = open_page(locale=language, viewport=PHONE)
    page.goto("/accounts/login/")
    page.get_by_role("link", name=forgot).click()
    check_accessibility(page)
    page.locator("input[name=email]").fill(anna.email)
    page.get_by_role("button", name=send).click()
    check_accessibility(page)
    send_mails()
    assert mail_sink.mails[0].rcpt_tos == [anna.email]
    link = mail_sink.password_link(public_address)
    page.goto(link)
    check_accessibility(page)
    page.locator("input[name=password1]").fill(NEW)
    page.locator("input[name=password2]").fill(NEW)
    page.get_by_role("button", name=change).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(changed)
    check_accessibility(page)
    page.goto(link)
    expect(page.locator("input[name=password1]")).to_have_count(0)
    check_accessibility(page)


def test_an_operator_is_led_to_a_second_step(open_page: Callable[..., Page], settings: Any, picture: Take) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, require_mfa="operators")
    olga = factories.user("olga@example.org", name="Olga", is_operator=True)
    page = open_page(viewport=PHONE, color_scheme="dark")
    log_in(page, olga.email)
    expect(page.get_by_role("heading", name="Add a second step first")).to_be_visible()
    check_accessibility(page)
    picture(page, "second-step-required-phone-dark")
    page.goto("/installation/")
    expect(page.get_by_role("heading", name="Add a second step first")).to_be_visible()


def test_too_many_tries_get_a_page_that_says_what_to_do(anna: User, open_page: Callable[..., Page]) -> None:
    page = open_page(locale="nl")
    page.goto("/accounts/login/")
    for number in range(6):
        page.locator("input[name=login]").fill(anna.email)
        page.locator("input[name=password]").fill(f"wrong {number}")
        page.locator("main form button").first.click()
        page.wait_for_load_state()
    expect(page.get_by_role("heading", level=1)).to_have_text("Te veel pogingen")
    check_accessibility(page)


PAGES = [
    *("/accounts/2fa/", "/accounts/password/change/", "/accounts/sessions/", "/accounts/2fa/webauthn/"),
    *("/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/", "/accounts/reauthenticate/"),
    *("/preferences/", "/accounts/logout/"),
]
SAME_EVERYWHERE = {"Bookbridge", "Code", "Passkeys", "Passkey 1", "passkeys", "English", "Nederlands", "Français"}


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_no_page_of_the_log_in_keeps_english(
    language: str, anna: User, open_page: Callable[..., Page], picture: Take
) -> None:
    """Whatever a page says in English, it says otherwise in another language."""
    page = open_page()
    log_in(page, anna.email)
    page.goto("/accounts/2fa/webauthn/add/")
    show_oneself(page)
    said = {}
    for tongue in ("en", language):
        User.objects.filter(pk=anna.pk).update(language=tongue)
        for address in PAGES:
            page.goto(address)
            check_accessibility(page)
            said[tongue, address] = set(page.locator("main").inner_text().splitlines()) | {page.title()}
        page.goto("/accounts/2fa/")
        if tongue != "en":
            picture(page, f"security-{language}")
    for address in PAGES:
        kept = said["en", address] & said[language, address]
        words = {line for line in kept if re.search(r"[a-z]{3}", line)} - SAME_EVERYWHERE
        assert {line for line in words if "/" not in line and anna.name not in line and "·" not in line} == set(), (
            address
        )
