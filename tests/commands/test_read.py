"""bookbridge read as people and scripts use it: a real process, its output and its exit status."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bookbridge.documents import document_from_json, fingerprint, posting_key
from tests.formats.rows import SAMPLES, debtor, header, sale

PROGRAM = [sys.executable, "-m", "bookbridge"]


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    # No database is reachable, and none may be needed.
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "DATABASE_OWNER_URL", "DJANGO_SETTINGS_MODULE")
    }
    return subprocess.run(
        [*PROGRAM, "read", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        encoding="utf-8",
        env={**clean, "PYTHONIOENCODING": "utf-8", **environment},
    )


def lines(*arguments: object) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(*arguments, "--json").stdout.splitlines()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fmuta6.csv"


def test_json_gives_documents_and_a_summary() -> None:
    *documents, summary = lines("fmuta6", SAMPLES / "fmuta6.csv")
    assert [line["type"] for line in documents] == ["document"] * 3
    first = documents[0]
    assert (first["position"], first["rows"], first["kind"], first["notices"]) == (1, [1, 2, 3], "sales_invoice", [])
    document = document_from_json(first["document"])
    assert (first["key"], first["fingerprint"]) == (posting_key(document), fingerprint(document))
    assert summary["type"] == "summary"
    assert (summary["rows"], summary["documents"], summary["rejects"]) == (8, 3, 0)
    assert summary["totals"] == {"EUR": "763.00"}


def test_json_tells_where_and_why_a_row_was_rejected(file: Path) -> None:
    file.write_text(sale("1") + sale("2", entry_date="31022026"), newline="")
    result = run("fmuta6", file, "--json")
    assert result.returncode == 1
    reject = json.loads(result.stdout.splitlines()[1])
    assert (reject["type"], reject["position"], reject["rows"]) == ("reject", 2, [3, 4])
    problem = reject["problems"][0]
    assert {name: problem[name] for name in ("code", "severity", "file", "row", "column", "value")} == {
        "code": "value.date_unreadable",
        "severity": "error",
        "file": "fmuta6.csv",
        "row": 3,
        "column": "entry_date",
        "value": "31022026",
    }
    assert problem["reason"]
    assert problem["remedy"]


def test_table_for_people(file: Path) -> None:
    file.write_text(sale("26700123") + sale("2", entry_date="x"), newline="")
    result = run("fmuta6", file)
    assert result.returncode == 1
    for words in ("sales invoice", "26700123", "121.00 EUR", "REJECTED", "row 3", "column entry_date", "[x]", "→",
                  "4 rows: 1 documents, 1 rejects"):  # fmt: skip
        assert words in result.stdout


@pytest.mark.parametrize("format", ["fmuta6", "debitr", "credit", "dbopen"])
@pytest.mark.parametrize("json_option", [[], ["--json"]])
def test_every_sample_is_well(format: str, json_option: list[str]) -> None:
    result = run(format, SAMPLES / f"{format}.csv", *json_option)
    assert (result.returncode, result.stderr) == (0, "")


def test_file_of_headers_only_is_nothing_to_book(file: Path) -> None:
    file.write_text(header(voucher_no="1") + header(voucher_no="2"), newline="")
    result = run("fmuta6", file)
    assert result.returncode == 0
    assert "nothing to book" in result.stdout


def test_file_of_another_kind_is_one_reject(file: Path) -> None:
    file.write_bytes(b"<html><body>Sign in</body></html>")
    result = run("fmuta6", file, "--json")
    assert result.returncode == 1
    reject, summary = (json.loads(line) for line in result.stdout.splitlines())
    assert reject["whole_file"]
    assert (summary["rows"], summary["documents"], summary["rejects"]) == (1, 0, 1)


def test_profile_and_adjustments(file: Path, tmp_path: Path) -> None:
    file.write_text("".join(f"7,{line}\r\n" for line in sale("1").splitlines()), newline="")
    adjust = tmp_path / "site.toml"
    adjust.write_text('amount_includes_vat = "never"\n')
    assert run("fmuta6", file).returncode == 1
    *_, summary = lines("fmuta6", file, "--profile", "fmuta6_financials41", "--adjust", adjust)
    assert summary["documents"] == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fmuta6", "/nowhere/fmuta6.csv"], "No such file"),
        (["fmuta6", "/"], "directory"),
        (["fmuta7", "x.csv"], "fmuta7"),
        (["fmuta6", SAMPLES / "fmuta6.csv", "--profile", "nope"], "nope"),
        (["fmuta6", SAMPLES / "fmuta6.csv", "--profile", "debitr_globe53"], "debitr_globe53"),
        (["fmuta6", SAMPLES / "fmuta6.csv", "--adjust", "/nowhere.toml"], "/nowhere.toml"),
        (["fmuta6", SAMPLES / "fmuta6.csv", "--bogus"], "bogus"),
        (["fmuta6"], "FILE"),
    ],
)
@pytest.mark.parametrize("json_option", [[], ["--json"]])
def test_what_cannot_be_read_ends_with_2(arguments: list[object], words: str, json_option: list[str]) -> None:
    result = run(*arguments, *json_option)
    assert result.returncode == 2
    assert words.lower() in result.stderr.lower()
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_wrong_setting_is_named(tmp_path: Path) -> None:
    adjust = tmp_path / "site.toml"
    adjust.write_text('decimal = "point"\n')
    result = run("fmuta6", SAMPLES / "fmuta6.csv", "--adjust", adjust)
    assert result.returncode == 2
    assert "decimal" in result.stderr
    adjust.write_bytes(b'decimal = "\xff"')
    assert run("fmuta6", SAMPLES / "fmuta6.csv", "--adjust", adjust).returncode == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_file_without_permission(file: Path) -> None:
    file.write_text(sale())
    file.chmod(0)
    result = run("fmuta6", file)
    assert (result.returncode, "Permission denied" in result.stderr) == (2, True)


@pytest.mark.parametrize("json_option", [[], ["--json"]])
def test_closed_pipe_ends_quietly(file: Path, json_option: list[str]) -> None:
    file.write_text("".join(sale(str(number)) for number in range(3000)), newline="")
    with subprocess.Popen(
        [*PROGRAM, "read", "fmuta6", str(file), *json_option], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


def test_terminal_is_not_steered_by_the_file(file: Path) -> None:
    file.write_text(debtor(name="\x1b[2Jgone"), newline="")
    result = run("debitr", file)
    assert "\x1b" not in result.stdout
    assert "gone" in result.stdout


def test_output_in_a_terminal_without_the_letters(tmp_path: Path) -> None:
    path = tmp_path / "debitr.csv"
    path.write_text(debtor(name="Café Łódź"), newline="", encoding="utf-8-sig")
    result = run("debitr", path, PYTHONIOENCODING="ascii")
    assert result.returncode == 0
    assert "Traceback" not in result.stderr


def test_django_is_not_loaded() -> None:
    code = (
        "import sys; from bookbridge.cli import main\n"
        "try: main(['read', 'fmuta6', sys.argv[1]])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('django', 'psycopg')]"
    )
    subprocess.run([sys.executable, "-c", code, str(SAMPLES / "fmuta6.csv")], check=True, capture_output=True)
