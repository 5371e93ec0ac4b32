"""Where the vendors' published specifications are, for tests that compare with them. They stay out of the project."""

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent


def vendor_spec(*parts: str) -> Path:
    """A file of the vendors' specifications, e.g. `vendor_spec("exact_online", "meta-data.json")`.

    Its folder is `BOOKBRIDGE_VENDOR_SPECS`, by default `../shared/specs` beside the project. Absent: the test is
    skipped and says so; with `CI` set it fails, so that the comparison cannot quietly stop being made.
    """
    folder = Path(os.environ.get("BOOKBRIDGE_VENDOR_SPECS", "../shared/specs"))
    path = (folder if folder.is_absolute() else PROJECT / folder).joinpath(*parts)
    if not path.exists():
        reason = (
            f"Vendor specification {'/'.join(parts)} not found: set BOOKBRIDGE_VENDOR_SPECS to the folder that has it."
        )
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path
