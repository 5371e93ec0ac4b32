"""What the agent says of a newer one that the platform knows."""

import json
from pathlib import Path

import pytest

from bookbridge_agent.fetching import ASK_FOR_VERSION_EVERY_S, NewestVersion
from bookbridge_agent.versions import OWN, is_newer
from tests.agent.desk import Desk
from tests.agent.pc import Pc
from tests.agent.test_refusals import answering, xml


@pytest.mark.parametrize(
    ("other", "own", "newer"),
    [
        ("0.10.0", "0.9.3", True),
        ("1.0", "1.0.0", False),
        ("1.0.1", "1.0", True),
        ("0.1.0", "0.2.0", False),
        ("1.0.0", "1.0.0rc1", False),
        ("newest", "0.1.0", False),
        ("", "0.1.0", False),
    ],
)
def test_a_version_is_newer_by_its_numbers(other: str, own: str, newer: bool) -> None:
    assert is_newer(other, own) is newer


def test_a_newer_agent_is_told_in_status_and_signs_and_nothing_else_changes(pc: Pc) -> None:
    pc.add()
    pc.offer_outstanding(json.dumps({"agent_version": "99.0.0"}).encode(), "agent.json")
    assert pc.agent("once").returncode == 0, "nothing is wrong"
    assert f"There is a newer bookbridge-agent: 99.0.0. This one is {OWN}" in pc.agent("status").stdout
    [sign] = pc.signs()
    assert sign["synchronisations"][0]["notices"] == [
        {"code": "old_version", "values": {"newest": "99.0.0", "version": OWN}}
    ]
    pc.offer_outstanding(json.dumps({"agent_version": OWN}).encode(), "agent.json")
    pc.agent("once")
    assert "newer" not in pc.agent("status").stdout


@pytest.mark.parametrize(
    "said", [b"", b"[]", b"{", b'{"agent_version": 3}', b'{"agent_version": "a\\u0000b"}', b"x" * 5000]
)
def test_what_says_nothing_of_a_version_is_passed_over(pc: Pc, said: bytes) -> None:
    pc.add()
    pc.offer_outstanding(said, "agent.json")
    assert pc.agent("once").returncode == 0
    assert "newer" not in pc.agent("status").stdout


class Box:
    def __init__(self) -> None:
        self.asked: list[str | None] = []

    def fetch(self, name: str, known: str | None) -> None:
        self.asked.append(known)


def test_it_is_asked_for_once_an_hour() -> None:
    now, box = [0.0], Box()
    newest = NewestVersion(lambda: now[0])
    for now[0] in (0.0, 1.0, ASK_FOR_VERSION_EVERY_S - 1, ASK_FOR_VERSION_EVERY_S):
        newest.ask(box)  # type: ignore[arg-type]
    assert len(box.asked) == 2


def test_a_bucket_that_does_not_let_it_ask_is_no_trouble(tmp_path: Path) -> None:
    with answering(403, xml("AccessDenied")) as endpoint:
        desk = Desk(tmp_path, endpoint)
        newest = NewestVersion(lambda: 0.0)
        from bookbridge_agent.box import Box as RealBox

        newest.ask(RealBox(desk.of, "s"))
    assert newest.known is None
