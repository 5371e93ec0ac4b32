"""A storage of the test's own."""

from dataclasses import replace
from pathlib import Path
from typing import Any


def stored_at(settings: Any, tmp_path: Path) -> Path:
    """Let this test's storage be an empty folder, and return it."""
    folder = tmp_path / "storage"
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, storage=str(folder))
    return folder
