"""The table of addresses and roles: every address, with every role, by GET and POST, at own, foreign and absent things.

An address without a line in the table fails the first test; one without a line here, the second.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import get_resolver, path, reverse

from bookbridge.exchange.issues import open_issues
from bookbridge.exchange.models import Line, OutstandingSnapshot
from bookbridge.organisations.access import ANYONE, BOOKKEEPER, LOGGED_IN, OPERATOR, OWNER, VIEWER
from bookbridge.portal.account.second_step import OPEN_BEFORE
from bookbridge.server import roles
from bookbridge.server.roles import ROLES
from tests import factories
from tests.agents import agent_of

pytestmark = pytest.mark.django_db

ADMITTED: dict[str, tuple[int, int]] = {
    "front": (302, 405),
    "companies": (200, 405),
    "preferences": (200, 200),
    "notices": (200, 405),
    "packages": (200, 405),
    "package": (200, 405),
    "authorise_callback": (400, 405),
    "installation": (200, 405),
    "company": (200, 405),
    "save_notices": (405, 422),
    "members": (200, 405),
    "invite": (405, 422),
    "change_member": (405, 302),
    "remove_member": (200, 302),
    "integrations": (200, 405),
    "integration": (200, 405),
    "history": (200, 405),
    "files": (200, 405),
    "issues": (200, 405),
    "issue": (200, 405),
    "apply_to_issue": (405, 422),
    "retry_all": (405, 302),
    "upload": (405, 400),
    "outbox_file": (200, 405),
    "drop_box": (200, 405),
    "make_access_key": (405, 400),
    "revoke_access_key": (200, 302),
    "forget_agent": (405, 302),
    "settings": (200, 405),
    "save_schedule": (405, 422),
    "save_silence": (405, 422),
    "save_agent_silence": (405, 422),
    "pause": (405, 302),
    "resume": (405, 302),
    "mappings": (200, 405),
    "save_mapping": (405, 422),
    "remove_mapping": (405, 302),
    "layout": (200, 405),
    "layout_preview": (405, 200),
    "save_layout": (405, 422),
    "authorise": (405, 200),
    "give_key": (302, 302),
    "administration": (200, 200),
    "run": (200, 405),
    "run_progress": (200, 405),
    "dry_run": (200, 405),
    "line": (200, 405),
    "save_correction": (405, 302),
    "save_rows": (405, 302),
    "leave_rows_out": (405, 422),
    "leave_out": (405, 422),
    "send_after_all": (405, 422),
    "already_there": (405, 422),
    "leave_as_posted": (405, 422),
    "book_difference": (405, 422),
    "retry": (405, 302),
    "original": (200, 405),
    "agree": (405, 302),
    "refuse": (405, 302),
    "reconciliation": (200, 405),
    "reconciliation_csv": (200, 405),
    "reconciliation_pdf": (200, 405),
    "compare": (405, 302),
    "comparison": (200, 405),
    "compare_run": (405, 302),
    "run_comparison": (200, 405),
    "run_reconciliation_csv": (200, 405),
    "run_reconciliation_pdf": (200, 405),
    "trail": (200, 405),
    "trail_csv": (200, 405),
    "verify_trail": (405, 302),
    "integration_trail": (200, 405),
    "integration_trail_csv": (200, 405),
    "line_trail": (200, 405),
    "account_login": (302, 302),
    "account_logout": (200, 302),
    "account_inactive": (200, 405),
    "account_reset_password": (200, 200),
    "account_reset_password_done": (200, 405),
    "account_reset_password_from_key": (200, 200),
    "account_reset_password_from_key_done": (200, 405),
    "mfa_authenticate": (302, 302),
    "mfa_login_webauthn": (302, 302),
    "account_reauthenticate": (200, 200),
    "account_change_password": (200, 200),
    "account_set_password": (302, 302),
    "mfa_index": (200, 405),
    "mfa_reauthenticate": (200, 200),
    "mfa_activate_totp": (302, 302),
    "mfa_deactivate_totp": (302, 302),
    "mfa_view_recovery_codes": (404, 405),
    "mfa_generate_recovery_codes": (302, 302),
    "mfa_download_recovery_codes": (404, 404),
    "mfa_list_webauthn": (200, 405),
    "mfa_add_webauthn": (302, 302),
    "mfa_reauthenticate_webauthn": (302, 302),
    "mfa_remove_webauthn": (302, 302),
    "mfa_edit_webauthn": (302, 302),
    "usersessions_list": (200, 302),
}
"""What whoever is admitted gets by GET and by an empty POST. What changes a log-in leads to showing oneself again."""
ADMITTED_UNKNOWN = {"account_login": (200, 200), "account_logout": (302, 302)}
"""The same where it differs for a visitor who hasn't logged in."""
_RANK = {VIEWER: 1, BOOKKEEPER: 2, OWNER: 3}
VISITORS = ["anonymous", *_RANK, "foreign owner", "operator"]
OF_COMPANIES = [name for name, needed in ROLES.items() if needed in _RANK]
_OF_THE_WHOLE = ("company", "members", "invite", "save_notices", "integrations", "trail", "trail_csv", "verify_trail")
OF_THINGS = [name for name in OF_COMPANIES if name not in _OF_THE_WHOLE]
"""Addresses that name something inside a company."""


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """One world for all tests here; each visit is undone, and so is the world at the end."""
    folder = tmp_path_factory.mktemp("storage")
    environment = replace(settings.ENVIRONMENT, storage=str(folder), require_mfa="operators")
    with override_settings(ENVIRONMENT=environment), django_db_blocker.unblock(), undone():
        yield made_world(folder)


def made_world(storage_folder: Path) -> dict[str, Any]:
    """Two companies with the same things in each, and everybody who might come by."""
    companies = {}
    for name in ("Camping De Eik", "Hotel De Linde"):
        company = factories.organisation(name)
        configuration = factories.whole_integration(company)
        run = factories.run_with_errors(configuration)
        factories.held_run(configuration)
        delivery = run.deliveries.first()
        assert delivery is not None
        outbox = f"{company.pk}/{configuration.integration_id}/outbox/dbopen.csv"
        for key in (delivery.archive_key, outbox):
            file = storage_folder / key
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"a;b\r\n")
        companies[name] = {
            "organisation_id": company.pk,
            "integration_id": configuration.integration_id,
            "authorisation_id": configuration.authorisation_id,
            "configuration_id": configuration.pk,
            "membership_id": factories.membership(company).pk,
            "issue_key": open_issues(company.pk, [configuration.pk]).issues[0].cause.key,
            "kind": "vat_codes",
            "format_name": "fmuta6",
            "run_id": run.pk,
            "line_id": Line.objects.filter(run=run).latest("pk").pk,
            "delivery_id": delivery.pk,
            "snapshot_id": OutstandingSnapshot.objects.get(configuration=configuration, state="held").pk,
            "name": "dbopen.csv",
            "package": "exact_online",
            "access_key_id": factories.access_key(configuration.integration).pk,
            "agent_id": agent_of(configuration.integration).pk,
            "company": company,
        }
    own, foreign = companies.values()
    people: dict[str, Any] = {role: factories.member(own["company"], role) for role in _RANK}
    people["foreign owner"] = factories.member(foreign["company"], OWNER)
    people["operator"] = factories.user(is_operator=True)
    for person in people.values():
        factories.second_step(person)
    people["new operator"] = factories.user(is_operator=True)
    cookies = {visitor: cookies_of(person) for visitor, person in people.items()}
    return {"own": own, "foreign": foreign, "absent": absent(), "people": people, "cookies": cookies}


def absent() -> dict[str, Any]:
    """Ids that nothing has."""
    numbers = (
        "access_key_id",
        "agent_id",
        "membership_id",
        "authorisation_id",
        "configuration_id",
        "run_id",
        "line_id",
        "delivery_id",
        "snapshot_id",
    )
    return {
        "organisation_id": uuid4(),
        "integration_id": uuid4(),
        "name": "nothing.csv",
        "issue_key": "0" * 16,
        "kind": "nothing",
        "format_name": "nothing",
        **dict.fromkeys(numbers, 999_999_999),
    }


def address(name: str, values: dict[str, Any]) -> str:
    """The address with the values that its pattern asks for."""
    offered = {**values, "pk": 999_999_999, "uidb36": "1", "key": "no-key"}
    (_, asked), *_ = get_resolver().reverse_dict.getlist(name)[0][0]
    return reverse(name, kwargs={argument: offered[argument] for argument in asked})


@contextmanager
def undone() -> Iterator[None]:
    """What happens within leaves no trace, so that every visit meets the same world."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # as Django's own tests do: durable blocks may stand in it
    with block:
        yield
        transaction.set_rollback(True)


def cookies_of(person: Any) -> str:
    """The cookies of a browser that the person has logged in with."""
    client = Client()
    client.force_login(person)
    return client.cookies.output(header="").strip()


def visit(world: dict[str, Any], visitor: str, method: str, path: str) -> tuple[int, str]:
    """The status, and where a redirect goes or what the page says, without what differs at every visit."""
    client = Client()
    if visitor != "anonymous":
        client.cookies.load(world["cookies"][visitor])
    with undone():
        answer = client.get(path) if method == "GET" else client.post(path)
        if answer.streaming:
            return answer.status_code, ""
        said = answer.get("Location") or re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
        return answer.status_code, said


def expected(name: str, visitor: str, whose: str) -> int | str:
    """`in` for whoever gets what the page has to give."""
    needed = ROLES[name]
    if needed == ANYONE:
        return "in"
    if visitor == "anonymous":
        return "to log in"
    if needed == LOGGED_IN:
        return "in"
    if needed == OPERATOR:
        return "in" if visitor == "operator" else 404
    if whose != {"foreign owner": "foreign", "operator": "none"}.get(visitor, "own"):
        return 404
    return "in" if _RANK.get(visitor, 3) >= _RANK[needed] else 403


def test_every_address_is_in_the_table_and_every_line_is_an_address() -> None:
    assert roles.addresses_without_role() == []
    assert {pattern.name for pattern in roles.all_addresses()} == set(ROLES)
    assert set(ADMITTED) == set(ROLES)


def test_an_address_that_is_not_in_the_table_is_refused_to_everybody(world: dict[str, Any]) -> None:
    """Fails closed: forgetting the line hides the page instead of opening it."""
    more = [path("new/", home, name="new"), path("nameless/", home)]
    urls = ModuleType("urls")
    urls.urlpatterns = [*get_resolver().url_patterns, *more]  # type: ignore[attr-defined]
    with override_settings(ROOT_URLCONF=urls):
        assert roles.addresses_without_role() == ["nameless/", "new"]
        for visitor in VISITORS:
            for page in ("/new/", "/nameless/"):
                assert visit(world, visitor, "GET", page)[0] == 404


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse("should never be seen")


@pytest.mark.parametrize("name", ROLES)
def test_every_role_at_every_address(name: str, world: dict[str, Any]) -> None:
    found, wanted = {}, {}
    for whose in ("own", "foreign", "absent") if name in OF_COMPANIES else ("own",):
        page = address(name, world[whose])
        for visitor in VISITORS:
            gets = ADMITTED_UNKNOWN.get(name, ADMITTED[name]) if visitor == "anonymous" else ADMITTED[name]
            for method, admitted in zip(("GET", "POST"), gets, strict=True):
                status, said = visit(world, visitor, method, page)
                key = (whose, visitor, method)
                to_log_in = status == 302 and urlsplit(said).path == "/accounts/login/" and "next=" in said
                found[key] = "to log in" if to_log_in and visitor == "anonymous" else status
                wish = expected(name, visitor, whose)
                wanted[key] = admitted if wish == "in" else wish
    assert found == wanted


@pytest.mark.parametrize("name", OF_COMPANIES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_foreign_company_answers_exactly_like_an_absent_one(name: str, method: str, world: dict[str, Any]) -> None:
    for visitor in ("owner", "operator"):
        foreign = visit(world, visitor, method, address(name, world["foreign"]))
        assert foreign == visit(world, visitor, method, address(name, world["absent"]))
        assert foreign[0] == 404


@pytest.mark.parametrize("name", OF_THINGS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_foreign_thing_under_the_own_company_answers_exactly_like_an_absent_one(
    name: str, method: str, world: dict[str, Any]
) -> None:
    """The owner puts the other company's ids, or ids of nothing, behind the own company's address."""
    own = {"organisation_id": world["own"]["organisation_id"]}
    foreign = visit(world, "owner", method, address(name, {**world["foreign"], **own}))
    assert foreign == visit(world, "owner", method, address(name, {**world["absent"], **own}))
    assert foreign[0] in (404, 405)


@pytest.mark.parametrize("name", [name for name in ROLES if name not in OF_COMPANIES])
def test_an_operator_without_a_second_step_is_led_to_one(name: str, world: dict[str, Any]) -> None:
    status, said = visit(world, "new operator", "GET", address(name, world["own"]))
    led = (status, said) == (302, reverse("mfa_index"))
    assert led == (name not in OPEN_BEFORE)


def test_a_line_is_found_under_its_own_run_only(world: dict[str, Any]) -> None:
    client = Client()
    client.force_login(world["people"]["owner"])
    own = world["own"]
    other = factories.run(factories.Run.objects.get(pk=own["run_id"]).configuration)
    path = reverse("line", args=[own["organisation_id"], other.pk, own["line_id"]])
    assert client.get(path).status_code == 404


def test_numbers_beyond_the_database_are_not_found(world: dict[str, Any]) -> None:
    client = Client()
    client.force_login(world["people"]["owner"])
    company = world["own"]["organisation_id"]
    assert client.get(f"/companies/{company}/runs/{10**30}/").status_code == 404


@pytest.mark.parametrize("name", ROLES)
def test_a_change_needs_its_own_form(name: str, world: dict[str, Any]) -> None:
    """A POST without the page's token changes nothing, whoever sends it."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(world["people"]["owner"])
    assert client.post(address(name, world["own"])).status_code == 403
