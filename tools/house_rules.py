#!/usr/bin/env python3
"""The rules of this house that no ready linter knows; `make lint` runs them. Every message holds the remedy.

An exception is a comment on the line: `# house: allow RULE (the reason)`.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
SOURCE = "src/bookbridge/"
MONEY_ROOMS = ("documents", "formats", "exchange", "connectors")
PURE_ROOMS = ("documents", "formats")
SQL_ROOMS = ("organisations", "integrations", "exchange", "portal", "sources", "storage", "commands")
"""Where data of organisations is asked for. The simulators' own SQLite is no part of it."""
SQL_PLACES = {"sql", "queries"}
"""Modules, or folders of modules."""
LONGEST_FUNCTION = 70
LONGEST_FILE = 500
ALLOWED = re.compile(r"# house: allow ([a-z-]+) \(.{5,}\)")
SQL_CALLS = {"execute", "executemany", "raw", "RawSQL", "RunSQL", "cursor", "copy"}
CLOCKS = {("datetime", "now"), ("datetime", "today"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}
CALLERS = {
    "aiohttp",
    "boto3",
    "ftplib",
    "http.client",
    "httpcore",
    "httpx",
    "requests",
    "smtplib",
    "socket",
    "urllib.request",
    "urllib3",
}
"""What can call another machine."""
WAY_OUT = ("kit/outgoing.py", "kit/http.py")
SQL_TEXT = re.compile(
    r"\s*(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\s", re.I | re.S
)
# Each is put together so that this file does not find itself.
MARKERS = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "HA" + "CK")) + r")\b")
MACHINE_PATHS = re.compile(r"(?<![\w.}])/(" + "|".join(("ro" + "ot", "wo" + "rk")) + r")/")
MACHINE_FREE_FILES = ("uv.lock",)


@dataclass(frozen=True, order=True)
class Finding:
    """One place that breaks a rule."""

    path: str
    line: int
    rule: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.remedy}"


def check_text(path: str, text: str) -> list[Finding]:
    """All findings in one file; `path` counts from the project's root and decides which rules hold."""
    found = list(_check_lines(path, text))
    if path.endswith(".py"):
        found += _check_python(path, text)
    lines = text.splitlines()
    return sorted(finding for finding in found if not _is_allowed(finding, lines))


def _is_allowed(finding: Finding, lines: list[str]) -> bool:
    line = lines[finding.line - 1] if 0 < finding.line <= len(lines) else ""
    allowed = ALLOWED.search(line)
    return allowed is not None and allowed[1] == finding.rule


def _check_lines(path: str, text: str) -> Iterator[Finding]:
    if PurePosixPath(path).name in MACHINE_FREE_FILES:
        return
    for number, line in enumerate(text.splitlines(), 1):
        if MARKERS.search(line):
            yield Finding(path, number, "marker", "Do it now, or describe it as an issue; a marker is forgotten.")
        if MACHINE_PATHS.search(line):
            yield Finding(path, number, "machine-path", "This path exists on one machine. Take it from a setting.")


def _check_python(path: str, text: str) -> Iterator[Finding]:
    room = path.removeprefix(SOURCE).split("/")[0] if path.startswith(SOURCE) else ""
    length = len(text.splitlines())
    if "/migrations/" not in path and length > LONGEST_FILE:
        yield Finding(path, 1, "long-file", f"{length} lines; split it by what its parts know, under {LONGEST_FILE}.")
    for node in ast.walk(ast.parse(text, path)):
        yield from _check_function_length(path, node)
        yield from _check_handler(path, node)
        if room in MONEY_ROOMS:
            yield from _check_float_call(path, node)
        if room in PURE_ROOMS or PurePosixPath(path).name == "mapping.py":
            yield from _check_float_literal(path, node)
        if room in PURE_ROOMS:
            yield from _check_clock(path, node)
        if room and path.removeprefix(SOURCE) not in WAY_OUT:
            yield from _check_way_out(path, node)
        if room in SQL_ROOMS and not (SQL_PLACES | {"migrations"}) & set(PurePosixPath(path).with_suffix("").parts):
            yield from _check_sql(path, node)


def _check_function_length(path: str, node: ast.AST) -> Iterator[Finding]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > LONGEST_FUNCTION:
            remedy = f"{node.name} has {length} lines; name its steps as functions, under {LONGEST_FUNCTION}."
            yield Finding(path, node.lineno, "long-function", remedy)


def _check_handler(path: str, node: ast.AST) -> Iterator[Finding]:
    if not isinstance(node, ast.ExceptHandler):
        return
    if node.type is None:
        yield Finding(path, node.lineno, "bare-except", "Name the exceptions that can happen here.")
    elif _names_everything(node.type) and all(_does_nothing(step) for step in node.body):
        yield Finding(
            path, node.lineno, "swallowed", "Name the exception that may be ignored and say why, or let it be seen."
        )


def _names_everything(kind: ast.expr) -> bool:
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(isinstance(each, ast.Name) and each.id in ("Exception", "BaseException") for each in kinds)


def _does_nothing(step: ast.stmt) -> bool:
    empty = isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant)
    return empty or isinstance(step, ast.Pass | ast.Continue)


def _check_float_call(path: str, node: ast.AST) -> Iterator[Finding]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
        remedy = "Money is Decimal: write Decimal(text); for seconds and ratios say so in an allowing comment."
        yield Finding(path, node.lineno, "float", remedy)


def _check_float_literal(path: str, node: ast.AST) -> Iterator[Finding]:
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        yield Finding(path, node.lineno, "float", f"Money is Decimal: write Decimal('{node.value}').")


def _check_clock(path: str, node: ast.AST) -> Iterator[Finding]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = node.func.value
        name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
        if (name, node.func.attr) in CLOCKS:
            remedy = "This room is pure: take the time as an argument, aware and in UTC."
            yield Finding(path, node.lineno, "clock", remedy)


def _check_way_out(path: str, node: ast.AST) -> Iterator[Finding]:
    if isinstance(node, ast.Import):
        names = {alias.name for alias in node.names}
    elif isinstance(node, ast.ImportFrom) and not node.level:
        names = {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    else:
        return
    named = {".".join(name.split(".")[:length]) for name in names for length in (1, 2)}
    if named & CALLERS:
        remedy = "Every call goes out through kit/outgoing.py (kit/http.py for packages), which checks the address."
        yield Finding(path, node.lineno, "outgoing", remedy)


def _check_sql(path: str, node: ast.AST) -> Iterator[Finding]:
    if not isinstance(node, ast.Call):
        return
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    written = [argument for argument in node.args if _is_sql(argument)]
    if name in SQL_CALLS and written:
        remedy = "SQL by hand lives in this room's sql.py or queries.py, as a function that says what it asks."
        yield Finding(path, node.lineno, "sql", remedy)


def _is_sql(argument: ast.expr) -> bool:
    parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
    text = "".join(part.value if _is_text(part) else "_" for part in parts)  # type: ignore[attr-defined]
    return SQL_TEXT.match(f"{text} ") is not None


def _is_text(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant) and isinstance(part.value, str)


def tracked_files(root: Path) -> Iterator[str]:
    """What git tracks or would add, so that a file is checked before its first commit."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout
    yield from sorted({name for name in listed.decode().split("\0") if name})


def check_tree(root: Path) -> list[Finding]:
    """All findings in the project; files that are not text are passed over."""
    found: list[Finding] = []
    for name in tracked_files(root):
        try:
            text = (root / name).read_text(encoding="utf-8")
        except (FileNotFoundError, IsADirectoryError, UnicodeDecodeError):
            continue
        found += check_text(name, text)
    return found


def main() -> int:
    """Print the findings; 1 when there are any."""
    found = check_tree(ROOT)
    for finding in found:
        sys.stdout.write(f"{finding}\n")
    sys.stdout.write(f"{len(found)} findings against the rules of this house\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
