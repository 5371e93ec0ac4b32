"""The commands about packages, as a person or a script runs them."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import structlog
from click.testing import CliRunner

from bookbridge.cli import main
from bookbridge.kit.conformance import suite
from bookbridge.kit.conformance.cases import Case
from bookbridge.kit.conformance.rig import Rig


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    configured = structlog.get_config()
    yield
    structlog.configure(**configured)


@pytest.fixture
def served() -> Iterator[str]:
    """The address of `bookbridge simulate` in a process of its own."""
    program = [sys.executable, "-m", "bookbridge", "simulate", "exact_online", "--port", "0"]
    with subprocess.Popen(
        [*program, "--settings", '{"minute_limit": 7}'], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def test_simulate_prints_its_address_and_serves(served: str) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", served)
    assert httpx.get(f"{served}/_simulator/books").json()["summary"]["sales_entries"] == 0
    assert httpx.get(f"{served}/_simulator/settings").json()["minute_limit"] == 7


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ('{"nonsense": 1}', "nonsense"),
        ('{"minute_limit": 0}', "minute_limit"),
        ("[]", "object"),
        ("{", "JSON"),
        ("@/no/such/file", "read"),
    ],
)
def test_simulate_names_a_wrong_setting(settings: str, named: str) -> None:
    result = CliRunner().invoke(main, ["simulate", "exact_online", "--port", "0", "--settings", settings])
    assert result.exit_code == 2
    assert named in result.stderr


def test_simulate_names_a_port_that_is_taken(served: str) -> None:
    port = served.rpartition(":")[2]
    result = CliRunner().invoke(main, ["simulate", "exact_online", "--port", port])
    assert result.exit_code == 1
    assert port in result.stderr
    assert "--port" in result.stderr


def test_simulate_keeps_its_books_in_a_file(tmp_path) -> None:
    state = tmp_path / "books.sqlite"
    program = [sys.executable, "-m", "bookbridge", "simulate", "exact_online", "--port", "0", "--state", str(state)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://")
        process.terminate()
    assert state.stat().st_size > 0


def test_catalogue_tells_what_a_connector_can_do() -> None:
    result = CliRunner().invoke(main, ["catalogue", "--json"])
    assert result.exit_code == 0
    exact = next(sheet for sheet in json.loads(result.stdout) if sheet["package"] == "exact_online")
    assert exact["fidelity"] in {"simulated", "contract"}
    assert exact["documents"] == ["customer", "supplier", "sales_invoice", "purchase_invoice", "journal_entry"]
    assert exact["outstanding"] == ["sales", "purchase"]
    assert exact["known_errors"] > exact["knowable_before_sending"] >= exact["caught_before_sending"] > 0
    assert exact["limits"]["calls_per_minute"] == 60
    assert exact["to_confirm"]
    assert exact["evidence"]


def test_catalogue_for_people() -> None:
    result = CliRunner().invoke(main, ["catalogue"])
    assert result.exit_code == 0
    assert "60 calls a minute, 5000 calls a day" in result.stdout
    assert "20 calls in 120 seconds" in result.stdout


def test_the_page_of_the_catalogue_is_up_to_date() -> None:
    result = CliRunner().invoke(main, ["catalogue", "--markdown"])
    kept = (Path(__file__).parents[2] / "docs" / "catalogue.md").read_text(encoding="utf-8")
    assert kept == result.stdout, "run: bookbridge catalogue --markdown > docs/catalogue.md"


def test_check_connector_ends_with_one_when_a_promise_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def kept(_rig: Rig) -> None:
        pass

    def broken(_rig: Rig) -> None:
        raise AssertionError("seen something else")

    cases = {
        "kept": Case("kept", "this is kept", kept, lambda _sheet, _codes: ""),
        "broken": Case("broken", "this is not", broken, lambda _sheet, _codes: ""),
        "not_for_it": Case("not_for_it", "this is for others", broken, lambda _sheet, _codes: "it has no such thing"),
    }
    monkeypatch.setattr(suite, "CASES", cases)
    result = CliRunner().invoke(main, ["check-connector", "exact_online", "--json"])
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (told["package"], told["passed"], told["failed"], told["exempt"]) == ("exact_online", 1, 1, 1)
    assert told["details"]["failed"] == [{"case": "broken", "promise": "this is not", "reason": "seen something else"}]
    assert told["details"]["exempt"][0]["reason"] == "it has no such thing"


def test_check_connector_prints_nothing_but_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "CASES", {"posts_once_customer": suite.CASES["posts_once_customer"]})
    result = CliRunner().invoke(main, ["check-connector", "exact_online"])
    assert result.exit_code == 0
    assert result.stdout.splitlines() == ["passed  posts_once_customer", "1 passed, 0 failed, 0 exempt"]
