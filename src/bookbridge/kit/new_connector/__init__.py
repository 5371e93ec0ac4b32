"""The beginning of a connector: a folder that runs, whose conformance cases fail and say what is to be written."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bookbridge.kit import catalogue

_TEMPLATE = Path(__file__).with_name("template")
_TESTS = "tests"
_ENDING = ".txt"
"""Templates are texts: what holds placeholders is no Python yet."""
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class CantBeginError(ValueError):
    """Why no connector can be begun under this name, for the person who asked."""


def begin(package: str, title: str) -> list[Path]:
    """Write the folder of a new connector and the one of its tests; gives the files. Raises CantBeginError.

    `package`: the folder's name, such as `exact_online`. `title`: the package's own name, such as Exact Online.
    """
    if not _NAME.fullmatch(package):
        raise CantBeginError(f"{package!r} can't be a folder of Python: use small letters, digits and _.")
    if not title.strip() or '"' in title or "\\" in title or not title.isprintable():
        raise CantBeginError(f"{title!r} can't be the package's name.")
    code, tests = catalogue.FOLDER / package, _tests_folder() / package
    for folder in (code, tests):
        if folder.exists():
            raise CantBeginError(f"{folder} is there already; nothing was written.")
    words = {
        "@PACKAGE@": package,
        "@TITLE@": title.strip(),
        "@CLASS@": "".join(part.capitalize() for part in package.split("_")),
        "@TODAY@": datetime.now(UTC).date().isoformat(),
    }
    return [_write(target, template, words) for template, target in _files(code, tests)]


def _tests_folder() -> Path:
    found = catalogue.FOLDER.parents[2] / "tests" / "connectors"
    if not found.is_dir():
        raise CantBeginError(
            "A connector is written in a clone of Bookbridge; this is an installation without its tests."
        )
    return found


def _files(code: Path, tests: Path) -> Iterator[tuple[Path, Path]]:
    for template in sorted(_TEMPLATE.rglob(f"*{_ENDING}")):
        place = template.relative_to(_TEMPLATE).with_suffix("")
        yield template, tests / place.relative_to(_TESTS) if place.parts[0] == _TESTS else code / place


def _write(target: Path, template: Path, words: dict[str, str]) -> Path:
    text = template.read_text(encoding="utf-8")
    for placeholder, word in words.items():
        text = text.replace(placeholder, word)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("x", encoding="utf-8") as file:
        file.write(text)
    return target
