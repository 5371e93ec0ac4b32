"""Access keys on the page: made by an owner, shown once, revoked after a question."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from bookbridge.integrations import access_keys
from bookbridge.integrations.models import AccessKey, Integration
from bookbridge.organisations.trail_reading import entries
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def link() -> Integration:
    return factories.integration(factories.organisation())


@pytest.fixture
def owner(client: Client, link: Integration) -> Client:
    client.force_login(factories.member(link.organisation, "owner", "anna@example.org", name="Anna Voorbeeld"))
    return client


def page(link: Integration, name: str = "drop_box", *more: object) -> str:
    return reverse(name, args=[link.organisation_id, link.pk, *more])


def test_a_key_is_shown_once_and_works(owner: Client, link: Integration):
    made = owner.post(page(link, "make_access_key"), {"label": "Kassa-pc"})
    assert made.status_code == 200
    assert "no-store" in made["Cache-Control"]
    key = AccessKey.objects.get()
    found = access_keys.find(key.key_id)
    assert found is not None
    assert (found.organisation, found.integration) == (link.organisation_id, link.pk)
    assert found.secret in made.content.decode()
    assert (len(key.key_id), len(found.secret)) == (20, 40)

    shown = owner.get(page(link)).content.decode()
    assert found.secret not in shown
    for text in (
        "Kassa-pc",
        key.key_id,
        "Anna Voorbeeld",
        str(link.pk),
        str(link.organisation_id),
        "us-east-1",
        "Never",
    ):
        assert text in shown


def test_a_key_without_a_name_is_not_made(owner: Client, link: Integration):
    said = owner.post(page(link, "make_access_key"), {"label": " "})
    assert said.status_code == 400
    assert "Name what will use the key" in said.content.decode()
    assert not AccessKey.objects.exists()


def test_a_revoked_key_is_good_for_nothing_and_stays_on_the_page(owner: Client, link: Integration):
    key = factories.access_key(link)
    asked = owner.get(page(link, "revoke_access_key", key.pk)).content.decode()
    assert "Revoke the access key of Kassa-pc?" in asked
    assert access_keys.find(key.key_id) is not None

    said = owner.post(page(link, "revoke_access_key", key.pk), follow=True)
    assert "has been revoked" in said.content.decode()
    assert "Revoked keys" in said.content.decode()
    assert access_keys.find(key.key_id) is None
    assert owner.post(page(link, "revoke_access_key", key.pk)).status_code == 404


def test_the_trail_tells_of_both_and_of_no_secret(owner: Client, link: Integration):
    owner.post(page(link, "make_access_key"), {"label": "Kassa-pc"})
    key = AccessKey.objects.get()
    owner.post(page(link, "revoke_access_key", key.pk))
    told = entries(link.organisation_id, action="access_key")
    assert [entry.action for entry in told] == ["access_key.made", "access_key.revoked"]
    assert key.secret not in str([entry.changes for entry in told])


def test_last_use_is_noted_once_a_minute(link: Integration):
    key = factories.access_key(link)
    for address in ("192.0.2.1", "192.0.2.2"):
        access_keys.note_use(link.organisation_id, key.key_id, address)
    key.refresh_from_db()
    assert key.last_used_from == "192.0.2.1"
    assert key.last_used_at is not None


@pytest.mark.parametrize("asked", ["", "BBNOBODY", "x" * 300, "a\x00b", "' OR true --", "é"])
def test_a_key_that_nobody_made_is_nobodys(link: Integration, asked: str):
    factories.access_key(link)
    assert access_keys.find(asked) is None


def test_the_secret_is_encrypted_in_the_database(link: Integration):
    key = factories.access_key(link, secret="plain-words")
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM integrations_accesskey WHERE id = %s", [key.pk])
        (kept,) = cursor.fetchone()
    assert "plain-words" not in kept
    assert AccessKey.objects.get(pk=key.pk).secret == "plain-words"
