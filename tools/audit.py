"""Known vulnerabilities of the locked packages; `make audit` asks for them.

Ends with 1 when there is one. What could not be asked, since the advisory service can't be reached or doesn't know the
package, is told loudly and fails only with --strict: a check without a network must still be possible.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.locked import ROOT, requirements

_LONGEST_S = 15


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.audit", description=__doc__)
    parser.add_argument("--strict", action="store_true", help="fail too when a package could not be asked about")
    asked = parser.parse_args(arguments)
    report, failure = _asked()
    code, told = verdict(report, failure, strict=asked.strict)
    sys.stderr.write("".join(f"{line}\n" for line in told))
    return code


def verdict(report: dict[str, Any] | None, failure: str, *, strict: bool) -> tuple[int, list[str]]:
    """The exit code and what to tell, from pip-audit's report; None when there was none, for the reason `failure`."""
    if report is None:
        return int(strict), [
            "NOT AUDITED: the advisory service could not be asked.",
            f"    {failure.strip().splitlines()[-1] if failure.strip() else 'it gave no reason'}",
            "    Run `make audit` again where the network reaches pypi.org.",
        ]
    packages = report["dependencies"]
    told = [
        f"{found['name']} {found['version']}: {flaw['id']}{_mended(flaw)}"
        for found in packages
        for flaw in found.get("vulns", ())
    ]
    unasked = [found["name"] for found in packages if "skip_reason" in found]
    if told:
        told.append("Lock a mended version: `uv lock --upgrade-package NAME`, then `make setup`.")
    if unasked and len(unasked) == len(packages):
        told.append("NOT AUDITED: the advisory service knows none of the packages; is it a mirror without advisories?")
    elif unasked:
        told.append(
            f"NOT AUDITED: {len(unasked)} of {len(packages)} packages, which the advisory service doesn't know:"
        )
        told.append(f"    {', '.join(unasked)}")
    audited = len(packages) - len(unasked)
    told.append(f"{audited} packages audited")
    vulnerable = any(found.get("vulns") for found in packages)
    return int(vulnerable or (strict and bool(unasked))), told


def _mended(flaw: dict[str, Any]) -> str:
    versions = flaw.get("fix_versions") or []
    return f", mended in {', '.join(versions)}" if versions else ", not mended in any version"


def _asked() -> tuple[dict[str, Any] | None, str]:
    with tempfile.TemporaryDirectory(prefix="bookbridge-audit-") as folder:
        locked, answer = Path(folder) / "locked.txt", Path(folder) / "answer.json"
        locked.write_text(requirements(runtime_only=False), encoding="utf-8")
        command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--requirement", str(locked)]
        options = [
            "--format",
            "json",
            "--output",
            str(answer),
            "--progress-spinner",
            "off",
            "--timeout",
            str(_LONGEST_S),
        ]
        done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)
        # It ends with 1 both for a vulnerability and when it can't ask; only the first has an answer.
        if not answer.exists() or not answer.stat().st_size:
            return None, done.stderr
        report: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return report, done.stderr


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
