"""What an installer does before people use the portal, by the commands alone."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bookbridge.cli import main
from bookbridge.integrations.models import AppRegistration, Authorisation, Configuration, Integration
from bookbridge.organisations.models import Membership, Organisation, User
from tests.exchange.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct horse 9"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def added_owner() -> None:
    assert run("add", "user", "Anna@Company.example", "--password", PASSWORD).exit_code == 0


def test_from_nothing_to_an_integration_that_waits_for_its_owner(tmp_path: Path, settings):
    from dataclasses import replace

    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, storage=str(tmp_path))
    added_owner()
    assert run("add", "organisation", "Company", "--owner", "anna@company.example").exit_code == 0
    organisation = Organisation.objects.get()
    app = run("add", "app", "exact_online", "https://start.exactonline.nl/", "--client-id", "c", "--client-secret", "s")
    assert "/authorise/callback" in app.output
    result = run("add", "integration", str(organisation.pk), "ERP", "exact_online")

    assert result.exit_code == 0, result.output
    integration = Integration.objects.get()
    assert f"/companies/{organisation.pk}/integrations/{integration.pk}/" in result.output
    assert (tmp_path / str(organisation.pk) / str(integration.pk) / "inbox").is_dir()
    assert Authorisation.objects.get().status == Authorisation.Status.INACTIVE
    assert Membership.objects.get().role == Membership.Role.OWNER
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["add", "user", "no-address", "--password", PASSWORD], "valid email"),
        (["add", "user", "b@company.example", "--password", "short"], "too short"),
        (["add", "user", "anna@company.example", "--password", PASSWORD], "a user already"),
        (["add", "organisation", "X", "--owner", "nobody@x.example"], "no user nobody@x.example"),
        (["add", "app", "ledgerly", "https://x.example", "--client-id", "c", "--client-secret", "s"], "exact_online"),
        (
            ["add", "app", "exact_online", "http://10.0.0.5", "--client-id", "c", "--client-secret", "s"],
            "not on the public",
        ),
        (["add", "app", "exact_online", "https://0x7f.1", "--client-id", "c", "--client-secret", "s"], "(127.0.0.1)"),
        (["add", "app", "exact_online", "http://8.8.8.8", "--client-id", "c", "--client-secret", "s"], "only https"),
        (
            ["add", "app", "exact_online", "start.exactonline.nl", "--client-id", "c", "--client-secret", "s"],
            "no address",
        ),
        (["add", "integration", "nonsense", "ERP", "exact_online"], "no organisation nonsense"),
        (["configure", "nonsense"], "no integration nonsense"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_added(arguments: list[str], reason: str):
    added_owner()
    result = run(*arguments)
    assert result.exit_code == 1
    assert reason in result.output
    assert (User.objects.count(), Organisation.objects.count(), Integration.objects.count()) == (1, 0, 0)


def test_an_app_is_changed_and_not_added_twice():
    for secret in ("one", "two"):
        run("add", "app", "exact_online", "https://start.exactonline.nl", "--client-id", "c", "--client-secret", secret)
    assert AppRegistration.objects.get().client_secret == "two"


def test_a_configuration_is_set_from_a_file_and_shown(stage: Stage, tmp_path: Path):
    file = tmp_path / "site.toml"
    file.write_text('[mappings.vat_codes]\n"21" = "2"\n[outstanding]\nkinds = ["sales"]\ninterval_min = 60\n')

    result = run("configure", str(stage.configuration.integration_id), str(file))

    assert result.exit_code == 0, result.output
    configuration = Configuration.objects.get()
    assert configuration.mappings == {"vat_codes": {"21": "2"}}
    assert (configuration.outstanding_kinds, configuration.outstanding_interval_min) == (["sales"], 60)
    shown = json.loads(run("configure", str(stage.configuration.integration_id)).output)
    assert shown["mappings"] == {"vat_codes": {"21": "2"}}


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("[mappings.vat_code]\na = 'b'", "vat_code"),
        ("[outstanding]\ninterval_min = 4", "interval_min"),
        ("[outstanding]\ninterval_min = 1441", "interval_min"),
        ("[outstanding]\nkinds = ['everything']", "kinds"),
        ("[layouts.fmuta7]\nprofile = 'x'", "fmuta7"),
        ("[layouts.fmuta6]\nprofile = 'nope'", "nope"),
        ("[layouts.fmuta6]\nprofile = 'debitr_globe53'", "debitr"),
        ("[layouts.fmuta6]\nprofile = 'fmuta6_globe40'\nadjustments = \"decimal = 'x'\"", "decimal"),
        ("not toml", "not TOML"),
    ],
)
def test_a_file_with_a_mistake_is_not_taken_and_the_mistake_named(
    content: str, named: str, stage: Stage, tmp_path: Path
):
    before = Configuration.objects.values().get()
    file = tmp_path / "site.toml"
    file.write_text(content)
    result = run("configure", str(stage.configuration.integration_id), str(file))
    assert result.exit_code == 1
    assert named in result.output
    assert Configuration.objects.values().get() == before


def test_mapped_codes_are_what_the_package_gets(stage: Stage, tmp_path: Path):
    from tests.exchange import files

    file = tmp_path / "site.toml"
    file.write_text('[mappings.vat_codes]\n"21" = "2"\n[mappings.ledger_accounts]\n"OMZET" = "8000"\n')
    run("configure", str(stage.configuration.integration_id), str(file))
    done = stage.run_files(
        debitr__csv=files.joined(files.customer("100")),
        fmuta6__csv=files.joined(files.sale("26000001", code="21", account="OMZET")),
    )
    assert done.counts["posted"] == 2


def test_an_access_key_is_printed_once_and_works():
    from bookbridge.integrations import access_keys
    from bookbridge.organisations.trail_reading import entries
    from bookbridge_agent import connection_code
    from tests import factories

    link = factories.integration(factories.organisation())
    said = run("add", "access-key", str(link.pk), "--label", "Till PC")
    assert said.exit_code == 0, said.output
    shown = dict(line.split(":", 1) for line in said.output.splitlines())
    found = access_keys.find(shown["Access key"].strip())
    assert found is not None
    assert found.secret == shown["Secret access key"].strip()
    assert shown["Inbox"].strip() == f"{link.organisation_id}/{link.pk}/inbox/"
    code = connection_code.read(shown["Connection code"])
    assert (code.access_key, code.secret, code.name) == (shown["Access key"].strip(), found.secret, link.name)
    assert (shown["Bucket"].strip(), shown["Region"].strip()) == ("bookbridge", "us-east-1")
    assert [entry.action for entry in entries(link.organisation_id, action="access_key")] == ["access_key.made"]

    said = run("add", "access-key", str(link.organisation_id))
    assert said.exit_code == 1
    assert f"there is no integration {link.organisation_id}" in said.output
