"""What joins a configuration with its connector: the directory and the cache of the package's settings."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from bookbridge.integrations.connecting import (
    SETTINGS_GOOD_FOR,
    StoredDirectory,
    administrations,
    connect,
    forget_package_settings,
    package_settings,
)
from bookbridge.integrations.models import Configuration, PackageCache, PackageReference
from bookbridge.kit.errors import ClaimLostError, UnreachableError
from tests.exchange.stage import Stage


@pytest.fixture
def second(stage: Stage) -> Configuration:
    """Another administration under the same account."""
    first = stage.configuration
    return Configuration.objects.create(
        organisation_id=first.organisation_id,
        integration=first.integration,
        authorisation=first.authorisation,
        administration="2718281",
    )


def api_calls(stage: Stage) -> int:
    journal = httpx.get(f"{stage.simulator.url}/_simulator/requests").json()["requests"]
    return sum(call["path"].startswith("/api/v1") for call in journal)


def test_a_connector_can_sign_as_the_app(stage: Stage):
    app = stage.configuration.authorisation.app
    signed = connect(stage.configuration).connection.as_app()

    assert signed == httpx_basic(app.client_id, app.client_secret)


def httpx_basic(client_id: str, secret: str) -> dict[str, str]:
    request = next(httpx.BasicAuth(client_id, secret).auth_flow(httpx.Request("GET", "http://x")))
    return {"Authorization": request.headers["Authorization"]}


# --- the directory


def test_an_id_is_found_by_who_looks_later(stage: Stage):
    StoredDirectory(stage.configuration).put("customer", "00100", "guid-1")

    assert StoredDirectory(stage.configuration).get("customer", "00100") == "guid-1"
    assert StoredDirectory(stage.configuration).get("customer", "100") is None
    assert StoredDirectory(stage.configuration).get("supplier", "00100") is None


def test_what_was_unknown_is_seen_once_another_has_put_it(stage: Stage):
    mine, others = StoredDirectory(stage.configuration), StoredDirectory(stage.configuration)

    assert mine.get("customer", "1") is None
    others.put("customer", "1", "guid-1")
    assert mine.get("customer", "1") == "guid-1"


def test_the_last_id_counts(stage: Stage):
    directory = StoredDirectory(stage.configuration)
    directory.put("customer", "1", "old")
    directory.put("customer", "1", "new")

    assert directory.get("customer", "1") == "new"
    assert PackageReference.objects.get().external_id == "new"


def test_a_forgotten_id_is_gone_for_everybody(stage: Stage):
    directory = StoredDirectory(stage.configuration)
    directory.put("customer", "1", "guid-1")
    directory.put("customer", "2", "guid-2")
    directory.forget("customer", "1")
    directory.forget("customer", "never known")

    assert directory.get("customer", "1") is None
    assert StoredDirectory(stage.configuration).get("customer", "1") is None
    assert directory.get("customer", "2") == "guid-2"


def test_administrations_keep_their_ids_apart(stage: Stage, second: Configuration):
    StoredDirectory(stage.configuration).put("customer", "1", "guid-1")

    assert StoredDirectory(second).get("customer", "1") is None
    StoredDirectory(second).forget("customer", "1")
    assert StoredDirectory(stage.configuration).get("customer", "1") == "guid-1"


# --- the package's settings


def cached(stage: Stage) -> PackageCache:
    return PackageCache.objects.get(configuration=stage.configuration)


def make_older(stage: Stage, age: timedelta) -> None:
    PackageCache.objects.filter(configuration=stage.configuration).update(fetched_at=timezone.now() - age)


def test_settings_are_read_once_and_believed_for_a_while(stage: Stage):
    first = package_settings(stage.configuration)
    made = api_calls(stage)

    assert package_settings(stage.configuration) == first
    make_older(stage, SETTINGS_GOOD_FOR - timedelta(minutes=1))
    assert package_settings(stage.configuration) == first
    assert api_calls(stage) == made
    assert first.vat_codes
    assert first.journals


def test_old_settings_are_read_anew(stage: Stage):
    package_settings(stage.configuration)
    made = api_calls(stage)
    make_older(stage, SETTINGS_GOOD_FOR + timedelta(seconds=1))

    package_settings(stage.configuration)

    assert api_calls(stage) > made
    assert timezone.now() - cached(stage).fetched_at < timedelta(minutes=1)


def test_who_wants_fresher_settings_gets_them(stage: Stage):
    package_settings(stage.configuration)
    made = api_calls(stage)
    make_older(stage, timedelta(seconds=30))

    package_settings(stage.configuration, at_most=timedelta(minutes=1))
    assert api_calls(stage) == made
    package_settings(stage.configuration, at_most=timedelta(seconds=20))
    assert api_calls(stage) > made


def test_forgotten_settings_are_read_anew(stage: Stage, second: Configuration):
    package_settings(stage.configuration)
    PackageCache.objects.create(
        organisation_id=second.organisation_id, configuration=second, settings={}, fetched_at=timezone.now()
    )
    made = api_calls(stage)

    forget_package_settings(stage.configuration)

    assert PackageCache.objects.get().configuration == second
    package_settings(stage.configuration)
    assert api_calls(stage) > made


@pytest.mark.parametrize("kept", [{"journals": "as an older version kept them"}, {"vat_codes": [{}]}, []])
def test_settings_that_an_older_version_kept_are_read_anew(stage: Stage, kept: Any):
    true = package_settings(stage.configuration)
    PackageCache.objects.update(settings=kept)

    assert package_settings(stage.configuration) == true


def test_a_package_that_does_not_answer_spoils_nothing(stage: Stage):
    kept = package_settings(stage.configuration)
    make_older(stage, timedelta(hours=1))
    stage.fault(kind="cut_before")

    with pytest.raises(UnreachableError):
        package_settings(stage.configuration)

    assert cached(stage).settings == kept.model_dump(mode="json")
    assert timezone.now() - cached(stage).fetched_at > timedelta(minutes=50)


# --- the connector


def test_an_account_tells_its_administrations(stage: Stage):
    found = administrations(stage.configuration.authorisation)

    assert stage.configuration.administration in {each.code for each in found}
    assert all(each.name for each in found)


def test_a_lost_claim_stops_the_call_before_it_goes_out(stage: Stage):
    def lost() -> None:
        raise ClaimLostError

    made = api_calls(stage)
    connector = connect(stage.configuration, check_claim=lost)
    with pytest.raises(ClaimLostError):
        connector._client.create("crm/Accounts", {"Name": "Nobody"})  # type: ignore[attr-defined]

    assert api_calls(stage) == made


def test_names_in_the_package_that_no_database_can_hold_stop_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    from bookbridge.connectors.exact_online.connector import PackageConnector
    from bookbridge.kit.package_settings import Administration, LedgerAccount, PackageSettings

    odd = "Huur\x00 \ud83d" + "x" * 500
    account = LedgerAccount.model_construct(code="8000", name=odd)
    settings = PackageSettings.model_construct(ledger_accounts=(account,))
    monkeypatch.setattr(PackageConnector, "package_settings", lambda _self: settings)
    found = Administration.model_construct(code="1", name=odd)
    monkeypatch.setattr(PackageConnector, "administrations", lambda _self: [found])

    assert package_settings(stage.configuration) is settings
    assert PackageCache.objects.exists()
    (chosen,) = administrations(stage.configuration.authorisation)
    stage.configuration.administration_name = chosen.name
    stage.configuration.save()
