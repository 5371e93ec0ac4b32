"""Every package that an installation takes has a licence that fits, and the decision's table is the true one."""

from pathlib import Path

import pytest

from tools.licences import licences, misfits, table

ROOT = Path(__file__).resolve().parents[2]
DECISION = ROOT / "docs" / "decisions" / "0020-dependencies-audited.md"


def test_every_licence_fits_and_stands_in_the_decision() -> None:
    found = licences()
    assert misfits(found) == []
    told = [line for line in DECISION.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert told == table(found), "run `make licences` and put its table in the decision"


@pytest.mark.parametrize(
    ("licence", "fits"),
    [
        ("MIT", True),
        ("Apache-2.0 AND BSD-2-Clause", True),
        ("GPL-3.0-only OR MIT", True),
        ("GPL-3.0-only", False),
        ("MIT AND AGPL-3.0-only", False),
        ("says nothing", False),
    ],
)
def test_a_licence_fits_or_not(licence: str, fits: bool) -> None:
    assert (misfits({"package": licence}) == []) is fits
