"""The code of the portal, as the agent reads it, and what becomes of one that is not right."""

import base64
import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookbridge.storage.dropbox import connection_code as platform
from bookbridge_agent import connection_code as agent
from bookbridge_agent.messages import AgentError
from tests.agent.pc import Pc
from tests.server.drop_box.served import Served


def written(name: str = "Reserveringen é", **changed: str) -> str:
    company, integration = UUID(int=1), UUID(int=2)
    given = {"endpoint": "https://books.example.org", "access_key": "BBKEY", "secret": "s/+=e", "name": name, **changed}
    return platform.written(company=company, integration=integration, **given)


def code_of(server: Served, **changed: str) -> str:
    company, integration = (UUID(each) for each in server.agent.home.split("/"))
    given = {"endpoint": server.agent.address, "access_key": server.agent.key, "secret": server.agent.secret, **changed}
    return platform.written(company=company, integration=integration, name="Reserveringen", **given)


def fault_of(text: str) -> str:
    with pytest.raises(AgentError) as caught:
        agent.read(text)
    return caught.value.message.code


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=120))
def test_both_halves_hold_together(name: str) -> None:
    details = agent.read(written(name))
    assert details == agent.ConnectionDetails(
        endpoint="https://books.example.org",
        region="us-east-1",
        bucket="bookbridge",
        company=str(UUID(int=1)),
        integration=str(UUID(int=2)),
        access_key="BBKEY",
        secret="s/+=e",
        name=name,
    )
    assert "s/+=e" not in repr(details)


def test_line_breaks_and_spaces_of_a_mail_or_an_editor_do_no_harm() -> None:
    code = written()
    broken = "\ufeff \r\n" + "\r\n  ".join(code[at : at + 30] for at in range(0, len(code), 30)) + "\n\n"
    assert agent.read(broken) == agent.read(code)


def test_each_character_that_is_lost_or_mistyped_is_noticed() -> None:
    code = written()
    for at in range(len("BB1-"), len(code)):
        assert fault_of(code[:at]) == "code_damaged"
        assert fault_of(code[:at] + code[at + 1 :]) == "code_damaged"
        # The last character of base64 may have bits that say nothing.
        if at < len(code) - 1:
            assert fault_of(code[:at] + ("A" if code[at] != "A" else "B") + code[at + 1 :]) == "code_damaged"
    assert fault_of(code.lower()) == "code_damaged"
    assert fault_of(code + "A" * 9) == "code_damaged"


@pytest.mark.parametrize("text", ["", "BBKEY", "https://books.example.org", "BB1", "{}", "x" * 100_000, "BB1-" * 5000])
def test_something_else_entirely_is_no_code(text: str) -> None:
    assert fault_of(text) == "code_none"


def test_a_newer_kind_asks_for_a_newer_agent() -> None:
    assert fault_of("BB2-" + written()[4:]) == "code_newer"


@pytest.mark.parametrize("content", ["[]", "1", '"a"', "{}", "null", "[" * 4000, "nothing"])
def test_a_whole_code_without_the_details_is_refused(content: str) -> None:
    check = agent.hashlib.sha256(content.encode()).digest()[:6]
    assert fault_of("BB1-" + base64.urlsafe_b64encode(check + content.encode()).decode().rstrip("=")) == "code_damaged"


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert fault_of(f"BB1-{text}") in ("code_none", "code_damaged")


def test_a_code_that_is_piped_in_needs_a_folder_and_nothing_else(pc: Pc, server: Served) -> None:
    added = pc.agent("add", "--code", "--source", str(pc.source), typed=code_of(server), BOOKBRIDGE_AGENT_SECRET="")
    assert (added.returncode, added.stdout) == (0, "Reserveringen is added.\n"), added.stderr
    assert pc.agent("check").stdout == "Reserveringen: all right\n"
    [kept] = json.loads((pc.home / "configuration.json").read_text())["synchronisations"]
    assert "secret" not in kept
    assert f"{kept['company']}/{kept['integration']}" == server.agent.home


def test_a_code_may_lie_in_a_file_and_get_a_name(pc: Pc, server: Served, tmp_path: Path) -> None:
    file = tmp_path / "code.txt"
    file.write_text(code_of(server) + "\r\n")
    added = pc.agent("add", "--code-file", str(file), "--name", "ERP", "--source", str(pc.source))
    assert (added.returncode, added.stdout) == (0, "ERP is added.\n"), added.stderr
    missing = pc.agent("add", "--code-file", str(tmp_path / "none.txt"), "--source", str(pc.source))
    assert (missing.returncode, "none.txt can't be read" in missing.stderr) == (1, True)


def test_what_the_code_says_is_held_against_the_storage(pc: Pc, server: Served) -> None:
    words = ("add", "--code", "--source", str(pc.source))
    assert "secret doesn't belong" in pc.agent(*words, typed=code_of(server, secret="wrong")).stderr
    assert "not whole" in pc.agent(*words, typed=code_of(server)[:-5]).stderr
    assert not (pc.home / "configuration.json").exists()


def test_a_detail_is_given_once(pc: Pc, server: Served) -> None:
    words = ("add", "--code", "--source", str(pc.source), "--company", str(uuid4()))
    refused = pc.agent(*words, typed=code_of(server))
    assert (refused.returncode, "says already what --company is" in refused.stderr) == (2, True)
    bare = pc.agent("add", "--name", "ERP", "--source", str(pc.source))
    assert (bare.returncode, "Give --code, or --access-key" in bare.stderr) == (2, True)
