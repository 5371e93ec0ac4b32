"""SECURITY.md names tests that exist, and every attacker's row names one."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", TEXT))
    assert len(named) > 30
    assert [path for path in sorted(named) if not (ROOT / path).is_file()] == []


def test_no_attack_is_without_its_test() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith("| attack")]
    assert [row for row in rows if "`tests/" not in row.rpartition(" | ")[2]] == []


def test_every_document_that_is_named_exists() -> None:
    assert [name for name in re.findall(r"\b(docs/[\w/-]+\.md)", TEXT) if not (ROOT / name).is_file()] == []
