"""A first look at a file: is it of the profile's format, and with which separator? Looks at its first lines only."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bookbridge.documents import Problem, SourceRef
from bookbridge.formats import texts, texts_relations
from bookbridge.formats.layouts import REQUIRED_COLUMNS
from bookbridge.formats.profile import EntryProfile, OutstandingProfile, Profile, load_profile, profile_names
from bookbridge.formats.signatures import no_text
from bookbridge.formats.text import shown
from bookbridge.formats.values import read_line_number

SAMPLE_LINES = 200
SAMPLE_SIZE = 1 << 20
_TYPES = frozenset("VIKBGM")
_CANDIDATES = (",", ";")


@dataclass(frozen=True, slots=True)
class Look:
    """What the first lines tell."""

    separator: str
    width: int
    """The number of fields that most rows have."""
    names: tuple[str, ...] | None
    """The columns that a row of names gives, by our names."""


def examine(sample: Sequence[str], profile: Profile, file_name: str, first_bytes: bytes) -> Look | Problem:
    """How to read the file, or the one reason why it is none of the profile's format."""
    source = SourceRef(file=file_name)
    known = {"format": profile.format.upper(), "source": source}
    start = "".join(sample)[:20000]
    if foreign := no_text(first_bytes):
        kind, what = foreign
        return kind(what=what, **known)  # type: ignore[arg-type]
    if not start.strip(" \t\r\n\x1a\0\ufeff"):
        return texts.EMPTY(source=source)
    if _is_binary(start):
        return texts.BINARY(**known)  # type: ignore[arg-type]
    if markup := _markup(start):
        return texts.MARKUP(what=markup, **known)  # type: ignore[arg-type]
    separators = _CANDIDATES if profile.separator == "auto" else (profile.separator,)
    looks = [_look(sample, profile, separator) for separator in separators]
    best = max(looks, key=lambda judged: judged.rank)
    if best.fits and not _is_fentry(best.letters):
        return best.look
    return _reason(sample, profile, best, source) or best.look


@dataclass(frozen=True, slots=True)
class _Judged:
    look: Look
    fits: int
    """Rows that fit the profile."""
    nearly: int
    """Rows that are of this format but have something wrong, which their own rejects will tell."""
    letters: Counter[str]
    missing: tuple[str, ...] = ()

    @property
    def rank(self) -> tuple[int, int, int]:
        return (self.fits, self.nearly, self.look.width)


def _rows(sample: Sequence[str], separator: str, quote: str) -> list[list[str]]:
    try:
        if quote == "none":
            rows = list(csv.reader(sample, delimiter=separator, quoting=csv.QUOTE_NONE))
        else:
            rows = list(csv.reader(sample, delimiter=separator, quotechar=quote))
    except csv.Error:
        rows = [line.rstrip("\r\n").split(separator) for line in sample]
    if len(rows) < len(sample) // 2:
        # An unclosed quote swallowed many lines; a plain cut is enough for a first look.
        rows = [[f.strip(quote) for f in line.rstrip("\r\n").split(separator)] for line in sample]
    return [row for row in rows if any(field.strip() for field in row)]


def _look(sample: Sequence[str], profile: Profile, separator: str) -> _Judged:
    rows = _rows(sample, separator, profile.quote)
    names: tuple[str, ...] | None = None
    missing: tuple[str, ...] = ()
    layout = profile.layout
    if profile.name_row and rows:
        names = named_columns(rows[0], profile)
        layout, rows = names, rows[1:]
        missing = tuple(name for name in REQUIRED_COLUMNS[profile.format] if name not in names)
    widths = Counter(len(row) for row in rows)
    # Of equally frequent widths the greatest: a decimal comma or a lost separator is the exception.
    width = max(widths, key=lambda number: (widths[number], number)) if widths else 0
    fits = nearly = 0
    letters: Counter[str] = Counter()
    for row in () if missing else rows:
        fit, near, letter = _judge(row, profile, layout)
        fits, nearly = fits + fit, nearly + near
        letters[letter] += 1
    if names is not None and not missing and not rows:
        nearly = 1
    return _Judged(Look(separator, len(names) if names else width, names), fits, nearly, letters, missing)


def _judge(row: list[str], profile: Profile, layout: tuple[str, ...]) -> tuple[bool, bool, str]:
    """Whether the row fits, whether it nearly does, and its journal's letter."""
    most = len(layout) if profile.name_row else profile.max_columns
    wide_enough = len(row) >= (2 if profile.name_row else profile.min_columns)
    not_too_wide = len(row) <= most or not any(field.strip() for field in row[most:])
    if not isinstance(profile, EntryProfile):
        filled = _is_filled(row, profile, layout)
        return filled and wide_enough and not_too_wide, filled and len(row) >= profile.min_columns, ""
    line, type = layout.index("line_no"), layout.index("journal_type")
    if len(row) <= max(line, type):
        return False, False, ""
    letter = row[type].strip().upper()
    numbered = read_line_number(row[line]) is not None
    fits = numbered and wide_enough and not_too_wide and letter in _TYPES
    # One of the two may be damaged: then the row's own reject tells.
    nearly = wide_enough and not_too_wide and (letter in _TYPES or (numbered and len(letter) == 1))
    return fits, nearly, letter if numbered else ""


def _is_filled(row: list[str], profile: Profile, layout: tuple[str, ...]) -> bool:
    """Whether the row has what a relation or an item can't be without, and is not of another kind of file."""
    first, second = (layout.index(name) for name in REQUIRED_COLUMNS[profile.format])
    if len(row) <= max(first, second) or not row[first].strip() or len(row) == other_kind_width(profile):
        return False
    # A name has letters; the rows of entries and of outstanding items have a letter or a number in its place.
    return isinstance(profile, OutstandingProfile) or sum(letter.isalpha() for letter in row[second]) >= 2


def named_columns(row: Sequence[str], profile: Profile) -> tuple[str, ...]:
    """Our names of the columns that a row of names gives; unknown ones become `ignored`."""
    aliases = {_plain(theirs): ours for theirs, ours in profile.column_names.items()}
    if isinstance(profile, OutstandingProfile):
        aliases |= {_plain(theirs): ours for ours, theirs in profile.names.items()}
    own = {_plain(name): name for name in (*profile.layout, "header_description", "incl_excl")}
    named: list[str] = []
    for cell in row:
        name = aliases.get(_plain(cell)) or own.get(_plain(cell)) or "ignored"
        named.append(name if name not in named else "ignored")
    return tuple(named)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _reason(sample: Sequence[str], profile: Profile, best: _Judged, source: SourceRef) -> Problem | None:
    """Why the file is none of this profile's; None when its rows are near enough to be told one by one."""
    if _is_fentry(best.letters):
        return texts.FENTRY(source=source)
    if other := _other_relations(best, profile, source):
        return other
    if fitting := _fitting(sample, profile):
        return texts.OTHER_LAYOUT(source=source, profile=profile.name, width=best.look.width, fitting=fitting)
    if best.missing:
        first = SourceRef(file=source.file, row=1)
        value = shown(sample[0].strip())
        return texts.NAME_ROW_INCOMPLETE(source=first, value=value, missing=", ".join(best.missing))
    if best.nearly:
        return None
    return texts.NOT_THIS_FORMAT(
        source=source,
        format=profile.format.upper(),
        width=best.look.width,
        value=shown(sample[0].strip()),
    )


def _is_fentry(letters: Counter[str]) -> bool:
    """S, P and C are letters of fentry.csv alone, V, K and M of FMUTA alone; I, B and G mean something in both."""
    theirs, ours = sum(letters[letter] for letter in "SPC"), sum(letters[letter] for letter in "VKM")
    return theirs > 0 and ours == 0 and theirs >= letters["I"]


def _fitting(sample: Sequence[str], profile: Profile) -> str | None:
    """Another separator or another shipped profile of the format that the rows do fit."""
    for separator in (",", ";", "\t", "|"):
        if separator != profile.separator and _look(sample, profile, separator).fits:
            return f"separator = {separator!r}"
    for name in profile_names(profile.format):
        other = load_profile(name)
        separators = _CANDIDATES if other.separator == "auto" else (other.separator,)
        if name != profile.name and any(_look(sample, other, separator).fits for separator in separators):
            return name
    return None


def _other_relations(best: _Judged, profile: Profile, source: SourceRef) -> Problem | None:
    expected = other_kind_width(profile)
    if expected is None or best.look.width != expected or best.fits:
        return None
    found = "credit.csv" if profile.format == "debitr" else "debitr.csv"
    return texts_relations.OTHER_KIND(source=source, width=expected, found=found, expected=f"{profile.format}.csv")


def other_kind_width(profile: Profile) -> int | None:
    """The number of fields that says 'creditor' in a debtor file and the other way round."""
    return {"debitr": 51, "credit": 53}[profile.format] + profile.column_shift if _is_relation(profile) else None


def _is_relation(profile: Profile) -> bool:
    return profile.format in ("debitr", "credit") and not profile.name_row


def _is_binary(start: str) -> bool:
    odd = sum(letter < " " and letter not in "\t\r\n\f\x1a" for letter in start)
    return odd * 20 > len(start)


def _markup(start: str) -> str | None:
    begin = start.lstrip(" \t\r\n\ufeff")[:200].lower()
    if begin.startswith(("<!doctype html", "<html", "<head", "<body")):
        return "HTML"
    if begin.startswith("<?xml") or (begin.startswith("<") and ">" in begin):
        return "XML"
    if begin.startswith(("{", "[")) and ":" in begin:
        return "JSON"
    return None
