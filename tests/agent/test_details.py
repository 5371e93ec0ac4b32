"""What a person enters, held against the real drop box: each wrong detail is told by its name."""

import json
import stat
from pathlib import Path
from uuid import uuid4

import pytest

from tests.agent.pc import Pc
from tests.server.drop_box.served import Served

WRONG = {
    "access-key": ("BBNOSUCHKEYAAAAAAAAA", "access key is not known"),
    "company": (str(uuid4()), "company identifier is not the one"),
    "integration": (str(uuid4()), "integration id is not the one"),
    "bucket": ("another-bucket", "no bucket another-bucket"),
    "region": ("eu-west-1", "another region than eu-west-1"),
}


@pytest.mark.parametrize("detail", WRONG)
def test_a_wrong_detail_is_named_and_nothing_is_added(pc: Pc, detail: str) -> None:
    value, said = WRONG[detail]
    refused = pc.agent("add", *pc.details(**{detail: value}))
    assert refused.returncode == 1
    assert said in refused.stderr
    assert not (pc.home / "configuration.json").exists()


def test_a_wrong_secret_is_named(pc: Pc) -> None:
    refused = pc.agent("add", *pc.details(), BOOKBRIDGE_AGENT_SECRET="wrong")
    assert "secret doesn't belong to this access key" in refused.stderr


def test_a_secret_may_be_piped_in_and_is_needed(pc: Pc, server: Served) -> None:
    assert "The secret is needed" in pc.agent("add", *pc.details(), BOOKBRIDGE_AGENT_SECRET="").stderr
    added = pc.agent("add", *pc.details(), typed=f"{server.agent.secret}\n", BOOKBRIDGE_AGENT_SECRET="")
    assert (added.returncode, added.stderr) == (0, "")


def test_a_neighbours_place_is_none_of_ones_own(pc: Pc, server: Served) -> None:
    company, integration = server.neighbour.home.split("/")
    assert "company identifier" in pc.agent("add", *pc.details(company=company, integration=integration)).stderr


def test_without_a_network_it_is_added_and_said(pc: Pc) -> None:
    added = pc.agent("add", *pc.details(endpoint="http://127.0.0.1:9"))
    assert (added.returncode, "Not checked" in added.stderr) == (0, True)
    checked = pc.agent("check")
    assert (checked.returncode, "can't be reached" in checked.stderr) == (1, True)


def test_right_details_are_kept_and_the_secret_is_nowhere_to_be_read(pc: Pc, server: Served) -> None:
    pc.add()
    (pc.source / "fmuta6.csv").write_bytes(b"a\r\n")
    pc.agent("once")
    assert pc.agent("check").stdout == "ERP: all right\n"
    for path in pc.home.iterdir():
        assert server.agent.secret.encode() not in path.read_bytes(), path.name
    for name in ("configuration.json", "secrets.json", "secrets.key"):
        assert stat.S_IMODE((pc.home / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(pc.home.stat().st_mode) == 0o700


def test_outstanding_items_are_for_others_to_read(pc: Pc) -> None:
    pc.add()
    pc.offer_outstanding(b"open\r\n")
    pc.agent("once")
    assert stat.S_IMODE(pc.output.stat().st_mode) & 0o044 == 0o044


def test_a_second_synchronisation_keeps_out_of_the_firsts_way(pc: Pc, tmp_path: Path) -> None:
    pc.add()
    assert "of the name ERP already" in pc.agent("add", *pc.details()).stderr
    assert "takes the files of" in pc.agent("add", *pc.details(name="Other")).stderr
    (tmp_path / "other").mkdir()
    other = {"name": "Other", "source": str(tmp_path / "other"), "sales-output": str(tmp_path / "other.csv")}
    the_same = pc.output.parent / "elsewhere" / ".." / pc.output.name
    for taken in ({"sales-output": str(the_same)}, {"purchase-output": str(pc.output)}):
        assert "ERP writes its outstanding items to" in pc.agent("add", *pc.details(**{**other, **taken})).stderr
    assert pc.agent("add", *pc.details(**other)).returncode == 0
    kept = json.loads((pc.home / "configuration.json").read_text())
    assert [each["name"] for each in kept["synchronisations"]] == ["ERP", "Other"]


@pytest.mark.parametrize(
    ("detail", "value", "said"),
    [
        ("source", "no such folder", "is not there"),
        ("company", "a name", "is no identifier"),
        ("endpoint", "books.example.org", "is no storage address"),
        ("type", "payroll", "no synchronisation of the type payroll"),
        ("mask", "fmuta6=(a+)+", "repeats what repeats already"),
        ("mask", "invoices=a", "KIND=EXPRESSION"),
    ],
)
def test_what_can_not_be_is_refused_before_anybody_is_asked(pc: Pc, detail: str, value: str, said: str) -> None:
    refused = pc.agent("add", *pc.details(**{"endpoint": "http://127.0.0.1:9", detail: value}))
    assert refused.returncode != 0
    assert said in refused.stderr
