"""The portal's catalogues: `python tools/translations.py` gathers new texts from the pages and compiles what is there.

Whoever adds a text runs it, fills in the empty ones in `portal/locale/*/LC_MESSAGES/django.po`, and runs it again. Both
files are kept in the repository, so that nothing has to be compiled where Bookbridge runs.
"""

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

PORTAL = Path(__file__).resolve().parents[1] / "src" / "bookbridge" / "portal"
LANGUAGES = ("nl", "fr")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def gathered() -> Catalog:
    """Every text of the portal's code and pages."""
    catalogue = Catalog(project="Bookbridge", fuzzy=False)
    files = [path for path in PORTAL.rglob("*") if path.suffix in (".py", ".html", ".txt")]
    for path in sorted(files):
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            text = templatize(text, origin=str(path))
        for _, message, _, context in extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS):
            catalogue.add(message, context=context, flags=["python-format"] if "%(" in str(message) else [])
    return catalogue


def catalogue_path(language: str, ending: str) -> Path:
    return PORTAL / "locale" / language / "LC_MESSAGES" / f"django.{ending}"


def kept(language: str) -> Catalog:
    path = catalogue_path(language, "po")
    if not path.exists():
        return Catalog(locale=language, project="Bookbridge", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, template: Catalog) -> Catalog:
    """The kept translations of the texts that there are now."""
    catalogue = kept(language)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.fuzzy = False
    catalogue.header_comment = "# The texts of Bookbridge's portal. Apache-2.0, like the rest of Bookbridge."
    catalogue.version, catalogue.msgid_bugs_address = "", ""
    catalogue.last_translator = catalogue.language_team = "Bookbridge"
    # Fixed, so that a run without changes leaves the files as they are.
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    return catalogue


def untranslated(catalogue: Catalog) -> list[str]:
    return [str(message.id) for message in catalogue if message.id and not _is_whole(message.string)]


def _is_whole(text: str | tuple[str, ...]) -> bool:
    return all(text) if isinstance(text, tuple) else bool(text)


def main() -> int:
    template = gathered()
    missing = 0
    for language in LANGUAGES:
        catalogue = updated(language, template)
        catalogue_path(language, "po").parent.mkdir(parents=True, exist_ok=True)
        with catalogue_path(language, "po").open("wb") as file:
            write_po(file, catalogue, width=120, sort_output=True, omit_header=False, include_lineno=False)
        with catalogue_path(language, "mo").open("wb") as file:
            write_mo(file, catalogue)
        for text in untranslated(catalogue):
            missing += 1
            sys.stdout.write(f"{language}: not translated yet: {text}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
