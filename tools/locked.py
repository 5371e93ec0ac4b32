"""The packages of uv.lock, as other tools want them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def requirements(*, runtime_only: bool) -> str:
    """Every locked package with its hashes, as a requirements file; with `runtime_only` what an installation of either
    distribution takes."""
    groups = ["--no-default-groups"] if runtime_only else ["--all-groups"]
    command = [str(Path(sys.executable).with_name("uv")), "export", "--frozen", "--all-extras", "--no-emit-workspace"]
    options = ["--all-packages", "--quiet", "--format", "requirements-txt", *groups]
    return subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def names(requirements_text: str) -> list[str]:
    lines = (line for line in requirements_text.splitlines() if "==" in line and not line.lstrip().startswith("#"))
    return sorted(line.partition("==")[0].strip() for line in lines)
