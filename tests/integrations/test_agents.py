"""What is kept of an agent's sign of life, whatever a stranger's machine writes there."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookbridge.integrations import agents
from bookbridge.integrations.agents import heard, read_sign
from bookbridge.integrations.models import Agent, Integration
from tests import factories
from tests.agents import agent_of

INSTALLATION = "0123456789abcdef" * 2
MOMENT = "2026-03-12T09:30:00+00:00"
TROUBLE = {"code": "source_missing", "values": {"folder": "D:\\Export"}}
TOLD: dict[str, Any] = {
    "name": "ERP",
    "waiting": 3,
    "oldest_waiting": MOMENT,
    "last_sent": MOMENT,
    "last_sent_name": "fmuta6.csv",
    "last_fetched": None,
    "last_trouble": {"at": MOMENT, **TROUBLE},
    "troubles": [TROUBLE],
}


def sign(version: Any = "0.1.0", **changed: Any) -> bytes:
    return json.dumps({"version": version, "time": MOMENT, "synchronisations": [{**TOLD, **changed}]}).encode()


def read(**changed: Any) -> dict[str, Any]:
    found = read_sign(sign(**changed))
    assert found is not None
    [only] = found.synchronisations
    return only


def test_what_an_agent_says_is_kept() -> None:
    more = {"text": "", "at": None}
    assert read() == {**TOLD, "troubles": [{**TROUBLE, **more}], "last_trouble": {**TROUBLE, **more, "at": MOMENT}}


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"1", b'"x"', b"null", b"\xff", b"[" * 16_000, b"{" * 100, b"9" * 9_000, b" " * 20_000]
)
def test_what_no_agent_says_is_none(content: bytes) -> None:
    assert read_sign(content) is None


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("waiting", True, 0),
        ("waiting", -1, 0),
        ("waiting", 10**30, 0),
        ("waiting", "3", 0),
        ("name", ["x"], ""),
        ("name", "x" * 500, "x" * 200),
        ("name", "a\x00\ud800", "a␀?"),
        ("last_sent", "2026-03-12T09:30:00", None),
        ("last_sent", "0001-01-01T00:00:00+14:00", None),
        ("last_sent", "9999-12-31T23:59:59-14:00", None),
        ("last_sent", 5, None),
        ("troubles", {"code": "x"}, []),
        ("troubles", [{"code": "<b>"}, {"code": 5}, 7], []),
        ("last_trouble", "x", None),
    ],
)
def test_what_has_another_form_is_left_out(field: str, value: Any, kept: Any) -> None:
    assert read(**{field: value})[field] == kept


def test_lists_are_cut() -> None:
    many = {f"v{number}": "x" * 2000 for number in range(3)} | {"no name!": "x", "number": 5}
    [first, *others] = read(troubles=[{"code": "a", "values": many}, *[{"code": "a"}] * 50])["troubles"]
    assert len(others) == agents.MOST_TROUBLES - 1
    assert {name: len(value) for name, value in first["values"].items()} == {
        "v0": 500,
        "v1": 500,
        "v2": 500,
        "number": 0,
    }
    found = read_sign(json.dumps({"version": "1", "synchronisations": [{}] * 99}).encode())
    assert found is not None
    assert len(found.synchronisations) == agents.MOST_SYNCHRONISATIONS


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*TOLD, "code"]), inner, max_size=3),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(_VALUES, _VALUES)
def test_any_json_is_read_into_the_same_form(version: Any, synchronisations: Any) -> None:
    found = read_sign(json.dumps({"version": version, "synchronisations": synchronisations}).encode())
    assert found is not None
    for each in found.synchronisations:
        assert set(each) == set(TOLD)


@pytest.mark.parametrize(
    ("version", "kept", "old"),
    [
        ("0.0.9", "0.0.9", True),
        ("0.1.0", "0.1.0", False),
        ("0.10.0", "0.10.0", False),
        ("0.0.10rc1", "0.0.10rc1", True),
        ("7", "7", False),
        ("v1", "", False),
        ("1.2.3.4.5", "", False),
        ("0.0.1<script>", "", False),
        (1, "", False),
    ],
)
def test_versions_are_compared_by_their_numbers(version: Any, kept: str, old: bool) -> None:
    found = read_sign(sign(version))
    assert found is not None
    assert (found.version, agents.is_old(found.version)) == (kept, old)


@pytest.fixture
def link(db: None) -> Integration:
    return factories.integration(factories.organisation())


def test_a_sign_is_kept_and_written_no_more_often_than_needed(
    link: Integration, django_assert_num_queries: Any
) -> None:
    place = link.organisation_id, link.pk, INSTALLATION
    start = timezone.now()
    heard(*place, sign(), start)
    with django_assert_num_queries(1):
        heard(*place, sign(), start + timedelta(seconds=59))
    assert Agent.objects.get().heard_at == start
    heard(*place, sign(), start + timedelta(seconds=60))
    assert Agent.objects.get().heard_at == start + timedelta(seconds=60)
    heard(*place, sign(waiting=4), start + timedelta(seconds=61))
    agent = Agent.objects.get()
    assert (agent.heard_at, agent.synchronisations[0]["waiting"]) == (start + timedelta(seconds=61), 4)
    heard(*place, sign(waiting=9), start)
    assert Agent.objects.get().synchronisations[0]["waiting"] == 4
    assert heard(*place, b"nothing", start + timedelta(hours=1)) is None
    assert Agent.objects.get().heard_at == start + timedelta(seconds=61)
    assert str(agent) == "ERP"


def test_a_stolen_key_makes_no_list_without_an_end(link: Integration) -> None:
    for number in range(agents.MOST_AGENTS):
        agent_of(link, installation=f"{number:032x}")
    assert heard(link.organisation_id, link.pk, INSTALLATION, sign(), timezone.now()) is None
    assert heard(link.organisation_id, link.pk, f"{1:032x}", sign(), timezone.now()) is not None
    assert Agent.objects.count() == agents.MOST_AGENTS


def test_whatever_is_read_can_be_stored(link: Integration) -> None:
    hostile = "\ud800\x00\U0010ffff'; DROP TABLE integrations_agent; --"
    heard(link.organisation_id, link.pk, INSTALLATION, sign(name=hostile, last_sent_name=hostile), timezone.now())
    assert "DROP TABLE" in Agent.objects.get().name


def test_a_pc_is_silent_only_where_it_should_be_heard(link: Integration) -> None:
    now = timezone.now()
    agent = agent_of(link, at=now - timedelta(hours=2, seconds=1))
    assert agents.is_silent(agent, link, now)
    assert not agents.is_silent(agent, link, now - timedelta(seconds=2))
    link.is_paused = True
    assert not agents.is_silent(agent, link, now)
    link.is_paused, link.agent_silent_after_h = False, None
    assert not agents.is_silent(agent, link, now)
