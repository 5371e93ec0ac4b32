"""What an operator sees of the audit trail, and what ends with an error."""

import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner, Result
from django.db import connection

from bookbridge.cli import main
from bookbridge.organisations import trail
from bookbridge.organisations.models import User
from bookbridge.organisations.walls import acting_for
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner() -> User:
    return factories.member(factories.organisation(), name="Anna Voorbeeldig")


@pytest.fixture
def company(owner: User) -> UUID:
    """A company with three entries of its owner and one of a worker, and one entry of the installation."""
    organisation = owner.memberships.get().organisation_id
    with acting_for(organisation):
        for number in range(3):
            trail.record(
                organisation,
                "configuration.changed",
                subject=("configuration", number),
                changes={"mappings.vat_codes.H": ("2", "4"), "client_secret": ("made-up-secret", "another-secret")},
                actor=trail.user_actor(owner.pk, "192.0.2.7"),
            )
        trail.record(organisation, "posting.posted", subject=("posting", 5), actor=trail.WORKER)
    trail.record(None, "log_in.succeeded", subject=owner)
    return organisation


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["audit", *arguments])


def _tamper(company: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE organisations_auditentry DISABLE TRIGGER audit_keep")
        cursor.execute(
            "UPDATE organisations_auditentry SET actor_id = '' WHERE organisation_id = %s AND sequence = 2", [company]
        )
        cursor.execute("ALTER TABLE organisations_auditentry ENABLE TRIGGER audit_keep")


def test_a_whole_trail_is_verified_chain_by_chain(company: UUID) -> None:
    told = run("verify")
    assert told.exit_code == 0, told.output
    assert f"ok    {company}: 4 entries" in told.output
    assert "ok    installation: 1 entries" in told.output
    assert [json.loads(line)["fault"] for line in run("verify", "--json").output.splitlines()] == [None, None]


def test_a_fault_ends_with_an_error_and_its_place(company: UUID) -> None:
    _tamper(company)
    told = run("verify")
    assert told.exit_code == 1
    assert f"WRONG {company}: entry 2 was changed" in told.output
    one = run("verify", "--organisation", str(company), "--json")
    assert one.exit_code == 1
    assert json.loads(one.output)["fault"]["sequence"] == 2
    assert run("verify", "--organisation", "installation").exit_code == 0


def test_heads_that_were_noted_are_held_against_the_trail(company: UUID, tmp_path: Path) -> None:
    heads = tmp_path / "heads.txt"
    heads.write_text(run("head").output)
    with acting_for(company):
        trail.record(company, "run.ended", subject=("run", 1))
    heads.write_text(heads.read_text() + run("head", "--organisation", str(company)).output)
    assert run("verify", "--heads", str(heads)).exit_code == 0
    gone = uuid4()
    heads.write_text(heads.read_text() + f"{gone} 3:{'ab' * 32}\n")
    told = run("verify", "--heads", str(heads))
    assert told.exit_code == 1
    assert f"WRONG {gone}: entry 1 was removed" in told.output


@pytest.mark.parametrize("text", ["nonsense", "installation 5", "installation five:00", "x 3:00"])
def test_a_file_of_heads_that_is_none_is_refused_with_its_line(company: UUID, tmp_path: Path, text: str) -> None:
    heads = tmp_path / "heads.txt"
    heads.write_text(run("head").output + text)
    told = run("verify", "--heads", str(heads))
    assert told.exit_code == 1
    assert "line 3" in told.output or "x is no organisation" in told.output


@pytest.mark.parametrize("wrong", ["nonsense", str(UUID(int=9))])
def test_an_organisation_without_a_trail_is_told(company: UUID, wrong: str) -> None:
    for command in ("verify", "head", "show"):
        told = run(command, "--organisation", wrong)
        assert told.exit_code == 1
        assert "`bookbridge audit head` lists them" in told.output


def test_entries_are_shown_with_who_and_what(company: UUID, owner: User) -> None:
    told = run("show", "--organisation", str(company))
    assert told.exit_code == 0, told.output
    first, *_, last = told.output.splitlines()
    assert "configuration.changed  configuration:0  by Anna Voorbeeldig from 192.0.2.7" in first
    assert "mappings.vat_codes.H: '2' → '4'" in first
    assert "client_secret: 'changed' → 'changed'" in first
    assert "posting.posted  posting:5  by worker" in last
    number = owner.pk
    owner.delete()
    assert f"by user {number} from" in run("show", "--organisation", str(company)).output


def test_entries_are_chosen(company: UUID) -> None:
    def shown(*options: str) -> list[str]:
        lines = run("show", "--organisation", str(company), "--json", *options).output.splitlines()
        return [f"{entry['action']} {entry['subject']}" for entry in map(json.loads, lines)]

    assert shown("--subject", "configuration:1") == ["configuration.changed configuration:1"]
    assert len(shown("--subject", "configuration")) == 3
    assert shown("--action", "posting") == ["posting.posted posting:5"]
    assert shown("--last", "1") == ["posting.posted posting:5"]
    assert [json.loads(line)["action"] for line in run("show", "--json").output.splitlines()] == ["log_in.succeeded"]
