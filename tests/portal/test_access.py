"""Every address of the portal with every role. An address that isn't in the table fails the test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from bookbridge.exchange.models import Line, OutstandingSnapshot
from bookbridge.organisations.access import ANYONE, BOOKKEEPER, LOGGED_IN, OPERATOR, OWNER, VIEWER
from bookbridge.portal import urls
from tests import factories
from tests.portal.stored import stored_at

pytestmark = pytest.mark.django_db

ADDRESSES: dict[str, tuple[str, str]] = {
    "front": ("GET", LOGGED_IN),
    "companies": ("GET", LOGGED_IN),
    "preferences": ("GET", LOGGED_IN),
    "authorise_callback": ("GET", LOGGED_IN),
    "installation": ("GET", OPERATOR),
    "company": ("GET", VIEWER),
    "integrations": ("GET", VIEWER),
    "integration": ("GET", VIEWER),
    "history": ("GET", VIEWER),
    "files": ("GET", VIEWER),
    "upload": ("POST", BOOKKEEPER),
    "outbox_file": ("GET", VIEWER),
    "authorise": ("POST", OWNER),
    "administration": ("GET", OWNER),
    "run": ("GET", VIEWER),
    "run_progress": ("GET", VIEWER),
    "line": ("GET", VIEWER),
    "original": ("GET", VIEWER),
    "agree": ("POST", BOOKKEEPER),
    "refuse": ("POST", BOOKKEEPER),
}
ROLES = ["anonymous", "viewer", "bookkeeper", "owner", "foreign owner", "operator"]
_RANK = {VIEWER: 1, BOOKKEEPER: 2, OWNER: 3}


def all_patterns(patterns: Any = urls.urlpatterns) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from all_patterns(pattern.url_patterns)
        else:
            yield pattern


@pytest.fixture
def storage_folder(settings: Any, tmp_path: Path) -> Path:
    return stored_at(settings, tmp_path)


@pytest.fixture
def world(storage_folder: Path) -> dict[str, Any]:
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
            "run_id": run.pk,
            "line_id": Line.objects.filter(run=run).latest("pk").pk,
            "delivery_id": delivery.pk,
            "snapshot_id": OutstandingSnapshot.objects.get(configuration=configuration, state="held").pk,
            "name": "dbopen.csv",
            "company": company,
        }
    own, foreign = companies.values()
    people: dict[str, Any] = {role: factories.member(own["company"], role) for role in _RANK}
    people["foreign owner"] = factories.member(foreign["company"], OWNER)
    people["operator"] = factories.user(is_operator=True)
    return {"own": own, "foreign": foreign, "people": people}


def address(name: str, values: dict[str, Any]) -> str:
    """The address with the values that its pattern asks for."""
    asked = {argument for argument in values if any(f":{argument}>" in str(route) for route in routes(name))}
    return reverse(name, kwargs={argument: values[argument] for argument in asked})


def routes(name: str, patterns: Any = urls.urlpatterns, before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(name, pattern.url_patterns, route)
        elif pattern.name == name:
            yield route


def visit(client: Client, method: str, path: str) -> Any:
    return client.get(path) if method == "GET" else client.post(path)


def test_every_address_is_in_the_table_with_the_role_it_asks_for() -> None:
    found = {pattern.name: getattr(pattern.callback, "needed", None) for pattern in all_patterns()}
    assert found == {name: needed for name, (_, needed) in ADDRESSES.items()}
    assert ANYONE not in found.values()


@pytest.mark.parametrize("name", ADDRESSES)
def test_every_role_at_every_address(name: str, world: dict[str, Any]) -> None:
    method, needed = ADDRESSES[name]
    path = address(name, world["own"])
    found = {}
    for role in ROLES:
        client = Client()
        if role != "anonymous":
            client.force_login(world["people"][role])
        answer = visit(client, method, path)
        if role == "anonymous":
            assert urlsplit(answer["Location"]).path == "/accounts/login/"
        found[role] = verdict(answer.status_code)
    assert found == {role: expected(role, needed) for role in ROLES}


def verdict(status: int) -> str:
    return {302: "goes on", 200: "goes on", 400: "goes on", 403: "forbidden", 404: "not found"}.get(status, str(status))


def expected(role: str, needed: str) -> str:
    if role == "anonymous" or needed == LOGGED_IN:
        return "goes on"
    if needed == OPERATOR:
        return "goes on" if role == "operator" else "not found"
    if role not in _RANK:
        return "not found"
    return "goes on" if _RANK[role] >= _RANK[needed] else "forbidden"


@pytest.mark.parametrize(
    "name",
    [name for name, (_, needed) in ADDRESSES.items() if needed in _RANK and name not in ("company", "integrations")],
)
def test_a_foreign_object_under_the_own_company_is_not_found(name: str, world: dict[str, Any], client: Client) -> None:
    """The owner puts the other company's ids behind the own company's address."""
    client.force_login(world["people"]["owner"])
    method, _ = ADDRESSES[name]
    mixed = {**world["foreign"], "organisation_id": world["own"]["organisation_id"]}
    assert visit(client, method, address(name, mixed)).status_code == 404


def test_a_line_is_found_under_its_own_run_only(world: dict[str, Any], client: Client) -> None:
    client.force_login(world["people"]["owner"])
    own = world["own"]
    other = factories.run(factories.Run.objects.get(pk=own["run_id"]).configuration)
    path = reverse("line", args=[own["organisation_id"], other.pk, own["line_id"]])
    assert client.get(path).status_code == 404


def test_numbers_beyond_the_database_are_not_found(world: dict[str, Any], client: Client) -> None:
    client.force_login(world["people"]["owner"])
    company = world["own"]["organisation_id"]
    assert client.get(f"/companies/{company}/runs/{10**30}/").status_code == 404


@pytest.mark.parametrize("name", [name for name, (method, _) in ADDRESSES.items() if method == "POST"])
def test_a_change_needs_its_own_form(name: str, world: dict[str, Any]) -> None:
    """Neither GET nor a POST without the page's token changes anything."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(world["people"]["owner"])
    path = address(name, world["own"])
    assert client.get(path).status_code == 405
    assert client.post(path).status_code == 403
