"""To the drop box by a real proxy: one that lets through, one that asks for a password, one that is away."""

from pathlib import Path

import pytest

from bookbridge_agent.box import Box
from bookbridge_agent.messages import AgentError
from tests.agent.desk import Desk
from tests.agent.pc import Pc
from tests.agent.proxies import proxy


def send(pc: Pc, by: str) -> str:
    """What one round says is wrong."""
    pc.change(settings={"settle_s": 0.05, "unfinished_s": 0.5, "proxy": by})
    (pc.source / "fmuta6.csv").write_bytes(b"a\r\n")
    return pc.agent("once").stderr


def test_files_go_by_the_proxy(pc: Pc, tmp_path: Path) -> None:
    pc.add()
    with proxy(tmp_path) as (address, log):
        assert send(pc, address) == ""
        assert pc.arrived() == [("fmuta6.csv", b"a\r\n")]
        assert "inbox/" in log.read_text()


def test_a_proxy_that_asks_for_a_password_gets_it(pc: Pc, tmp_path: Path) -> None:
    pc.add()
    with proxy(tmp_path, "top-secret") as (address, _):
        assert send(pc, address.replace("//", "//anna:top-secret@")) == ""
        assert pc.arrived() == [("fmuta6.csv", b"a\r\n")]


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "https://books.example.org"])
@pytest.mark.parametrize("name", ["", "anna:wrong@"])
def test_a_proxys_refusal_has_words(tmp_path: Path, endpoint: str, name: str) -> None:
    desk = Desk(tmp_path, endpoint)
    with proxy(tmp_path, "top-secret") as (address, _), pytest.raises(AgentError) as refused:
        Box(desk.of, "s", address.replace("//", f"//{name}")).check()
    assert refused.value.message.code == "proxy_refused"
    assert f"The proxy {address} lets nothing through" in str(refused.value)


@pytest.mark.parametrize("endpoint", ["", "https://books.example.org"])
def test_a_proxy_that_is_away_is_named_without_its_password(pc: Pc, endpoint: str) -> None:
    pc.add(*(["--endpoint", endpoint] if endpoint else []))
    said = send(pc, "http://anna:top-secret@127.0.0.1:9")
    assert "by the proxy http://127.0.0.1:9" in said
    assert "top-secret" not in said + pc.agent("status").stdout
    assert pc.waiting() == ["fmuta6.csv"]
