"""Every secret comes under the newest key, whatever is going on meanwhile."""

import threading
from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.db import connection, transaction

from bookbridge.integrations.models import Authorisation
from bookbridge.organisations import rotation, secrets
from bookbridge.organisations.models import AuditEntry
from bookbridge.server import doctor
from tests import factories

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture
def use_keys(monkeypatch: pytest.MonkeyPatch):
    def use(*keys: str) -> None:
        monkeypatch.setattr(settings, "ENVIRONMENT", replace(settings.ENVIRONMENT, encryption_keys=keys))

    use(OLD)
    return use


def _raw(authorisation: Authorisation) -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access_token, refresh_token FROM integrations_authorisation WHERE id = %s", [authorisation.pk]
        )
        return cursor.fetchone()


def _numbers(counts: list[rotation.Count], name: str) -> list[int]:
    """Of the app registrations' secrets, the access tokens and the refresh tokens."""
    found = {str(count.place).removeprefix("integrations."): getattr(count, name) for count in counts}
    fields = ("AppRegistration.client_secret", "Authorisation.access_token", "Authorisation.refresh_token")
    return [found[field] for field in fields]


def _secret_finding() -> doctor.Finding:
    return next(finding for finding in doctor.examine() if finding.subject == "secrets")


@pytest.mark.django_db
def test_an_old_key_can_be_dropped_after_the_rotation(use_keys) -> None:
    for _ in range(3):
        account = factories.authorisation(factories.integration(factories.organisation()))
    factories.authorisation(factories.integration(factories.organisation()), status=Authorisation.Status.INACTIVE)
    use_keys(NEW, OLD)
    assert _numbers(rotation.survey(), "older") == [1, 3, 3]
    assert sum(count.rotated for count in rotation.survey()) == 0
    assert _secret_finding().state == "warning"

    counts = rotation.rotate()
    assert _numbers(counts, "rotated") == _numbers(counts, "newest") == [1, 3, 3]
    assert sum(count.older for count in counts) == 0
    assert _secret_finding().state == "well"
    use_keys(NEW)
    account.refresh_from_db()
    assert (account.access_token, account.refresh_token) == ("made-up-access-token", "made-up-refresh-token")
    assert AuditEntry.objects.filter(action="secrets.rotated").count() == 1


@pytest.mark.django_db
def test_a_second_rotation_writes_nothing(use_keys) -> None:
    account = factories.authorisation(factories.integration(factories.organisation()))
    use_keys(NEW, OLD)
    rotation.rotate()
    held = _raw(account)
    assert sum(count.rotated for count in rotation.rotate()) == 0
    assert _raw(account) == held


@pytest.mark.django_db
def test_what_no_key_reads_is_named_and_left_alone(use_keys) -> None:
    account = factories.authorisation(factories.integration(factories.organisation()))
    held = _raw(account)
    use_keys(NEW, OTHER)
    assert _numbers(rotation.rotate(), "unreadable") == [1, 1, 1]
    assert _raw(account) == held
    found = _secret_finding()
    assert found.state == "wrong"
    assert "BOOKBRIDGE_ENCRYPTION_KEYS" in found.what + found.remedy
    with pytest.raises(secrets.UnreadableSecretError, match="BOOKBRIDGE_ENCRYPTION_KEYS"):
        account.refresh_from_db()


@pytest.mark.django_db
def test_texts_in_the_second_factors_are_rotated_too(use_keys) -> None:
    from allauth.mfa.models import Authenticator

    factor = Authenticator.objects.create(
        user=factories.user(),
        type="recovery_codes",
        data={"seed": secrets.encrypt("made-up-seed"), "used": 3, "codes": [secrets.encrypt("made-up-code"), "plain"]},
    )
    use_keys(NEW, OLD)
    assert sum(count.rotated for count in rotation.rotate()) == 2
    use_keys(NEW)
    factor.refresh_from_db()
    assert secrets.decrypt(factor.data["seed"]) == "made-up-seed"
    assert secrets.decrypt(factor.data["codes"][0]) == "made-up-code"
    assert (factor.data["used"], factor.data["codes"][1]) == (3, "plain")


@pytest.mark.django_db(transaction=True)
def test_a_refresh_that_is_under_way_is_waited_for_and_never_written_over(use_keys) -> None:
    account = factories.authorisation(factories.integration(factories.organisation()))
    use_keys(NEW, OLD)
    failed: list[BaseException] = []

    def rotate() -> None:
        try:
            rotation.rotate()
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=rotate)
    with transaction.atomic():
        row = Authorisation.objects.select_for_update().get(pk=account.pk)
        other.start()
        _wait_for_a_lock()
        row.access_token, row.refresh_token = "refreshed-access", "refreshed-refresh"
        row.save()
    other.join(timeout=20)
    assert not failed
    use_keys(NEW)
    account.refresh_from_db()
    assert (account.access_token, account.refresh_token) == ("refreshed-access", "refreshed-refresh")


def _wait_for_a_lock() -> None:
    """Until the rotation stands before the row."""
    for _ in range(2_000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.01)")
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
    pytest.fail("nobody waits")
