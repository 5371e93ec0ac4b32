"""Being let in by a key: tried before it is kept, encrypted, never shown again, and its owner's to give."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from bookbridge.integrations import letting_in
from bookbridge.integrations.connecting import administrations
from bookbridge.integrations.models import Authorisation
from bookbridge.integrations.tokens import StoredTokens, needs_signing_in_again
from bookbridge.kit import catalogue
from bookbridge.kit.contract import Connection
from bookbridge.kit.errors import (
    AddressRefusedError,
    NotAllowedError,
    PackageError,
    RefusedError,
    SignInAgainError,
    UnreachableError,
)
from bookbridge.kit.package_settings import Administration
from bookbridge.organisations.models import AuditEntry
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "https://tryton.example.org/books"
KEY = "a-made-up-application-key-of-tryton"
Answer = Sequence[Administration] | PackageError


@pytest.fixture
def account() -> Authorisation:
    link = factories.integration(factories.organisation(), package="tryton")
    return factories.authorisation(link, Authorisation.Status.INACTIVE, app=None)


@pytest.fixture
def page(account: Authorisation) -> str:
    return reverse("give_key", args=[account.organisation_id, account.integration_id, account.pk])


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], list[tuple[str, str]]]:
    """What the package answers from here on; gives the addresses and keys that it was asked with."""
    asked: list[tuple[str, str]] = []

    def answering(answer: Answer) -> list[tuple[str, str]]:
        class Asked(catalogue.connector_class("tryton")):  # type: ignore[misc]
            def __init__(self, connection: Connection) -> None:
                asked.append((connection.base_address, connection.tokens.access_token()))

            def administrations(self) -> Sequence[Administration]:
                if isinstance(answer, PackageError):
                    raise answer
                return answer

        monkeypatch.setattr(catalogue, "connector_class", lambda _package: Asked)
        monkeypatch.setattr(letting_in.outgoing, "check", lambda _address: None)
        return asked

    return answering


BOOKS = (Administration(code="1", name="Camping Demo BV"),)


def test_the_whole_way(account: Authorisation, page: str, client: Client, tried: Callable[..., list]) -> None:
    asked = tried(BOOKS)
    client.force_login(factories.member(account.organisation, "owner"))
    start = client.post(reverse("authorise", args=[account.organisation_id, account.integration_id, account.pk]))
    assert start["Location"] == page
    shown = client.get(page).content.decode()
    assert "Application key" in shown
    assert "Administration, Users" in shown
    answer = client.post(page, {"address": f"{ADDRESS}/", "key": KEY})
    chooser = reverse("administration", args=[account.organisation_id, account.integration_id, account.pk])
    assert answer["Location"] == chooser
    assert asked == [(ADDRESS, KEY)]
    account.refresh_from_db()
    assert (account.status, account.base_address, account.access_token) == (Authorisation.Status.ACTIVE, ADDRESS, KEY)
    assert account.authorised_by is not None
    assert StoredTokens(account.pk).access_token() == KEY
    assert [found.code for found in administrations(account)] == ["1"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_token FROM integrations_authorisation WHERE id = %s", [account.pk])
        assert KEY not in cursor.fetchone()[0], "the key lies there as it is"
    assert KEY not in client.get(page).content.decode(), "the key is shown again"
    told = AuditEntry.objects.filter(organisation_id=account.organisation_id, action="authorisation.given")
    assert told.count() == 1
    assert KEY not in repr(list(told.values()))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (SignInAgainError("no"), "Tryton does not take this key"),
        (NotAllowedError("no"), "opens no administration"),
        (RefusedError("no", 400), "opens no administration"),
        ((), "opens no administration"),
        (UnreachableError("no"), "does not answer at this address"),
        (
            AddressRefusedError(datetime(2030, 1, 1, tzinfo=UTC), "no", "tryton.example.org"),
            "may not call this address",
        ),
    ],
)
def test_what_opens_nothing_is_not_kept(
    answer: Answer, said: str, account: Authorisation, page: str, client: Client, tried: Callable[..., list]
) -> None:
    tried(answer)
    client.force_login(factories.member(account.organisation, "owner"))
    response = client.post(page, {"address": ADDRESS, "key": KEY})
    assert response.status_code == 400
    assert said in response.content.decode()
    assert KEY not in response.content.decode()
    account.refresh_from_db()
    assert (account.status, account.access_token, account.address) == (Authorisation.Status.INACTIVE, "", "")


@pytest.mark.parametrize("given", [{}, {"address": ADDRESS}, {"key": KEY}, {"address": "ftp://x", "key": KEY}])
def test_what_is_missing_is_said_and_nothing_is_asked(
    given: dict[str, str], page: str, account: Authorisation, client: Client, tried: Callable[..., list]
) -> None:
    asked = tried(BOOKS)
    client.force_login(factories.member(account.organisation, "owner"))
    assert client.post(page, given).status_code == 400
    assert not asked


@pytest.mark.parametrize("role", ["bookkeeper", "viewer"])
def test_only_an_owner_gives_it(role: str, page: str, account: Authorisation, client: Client) -> None:
    client.force_login(factories.member(account.organisation, role))
    assert client.get(page).status_code == 403
    assert client.post(page, {"address": ADDRESS, "key": KEY}).status_code == 403


@pytest.mark.parametrize(("language", "word"), [("nl", "Toepassingssleutel"), ("fr", "Clé d’application")])
def test_the_fields_are_in_the_users_language(
    language: str, word: str, page: str, account: Authorisation, client: Client
) -> None:
    client.force_login(factories.member(account.organisation, "owner", language=language))
    assert word in client.get(page).content.decode()


def test_a_key_that_is_refused_later_wants_a_person(account: Authorisation, tried: Callable[..., list]) -> None:
    tried(BOOKS)
    letting_in.let_in(account, ADDRESS, {"key": KEY}, None)
    tokens = StoredTokens(account.pk)
    assert tokens.access_token(refused=KEY) == KEY, "no other key was given"
    needs_signing_in_again(account, "the package does not take the access token any more")
    with pytest.raises(SignInAgainError):
        StoredTokens(account.pk).access_token()
    letting_in.let_in(account, ADDRESS, {"key": f"{KEY}-2"}, None)
    assert StoredTokens(account.pk).access_token() == f"{KEY}-2"
