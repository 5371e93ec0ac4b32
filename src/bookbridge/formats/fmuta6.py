"""FMUTA6: rows are gathered to entries; each entry becomes a document or a reject, and never stops its neighbours."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from pydantic import ValidationError

from bookbridge.documents import Document, DocumentKind, Money, Problem, key_parts
from bookbridge.formats import texts
from bookbridge.formats import texts_entries as entry_texts
from bookbridge.formats.entry_builder import KINDS, EntryBuilder
from bookbridge.formats.opening import Opened, RowChecks, open_file
from bookbridge.formats.profile import EntryProfile
from bookbridge.formats.records import Record
from bookbridge.formats.results import MOST_ROWS_KEPT, Reject, SourceDocument
from bookbridge.formats.text import LONGEST_RAW, bounded_raw, shown
from bookbridge.formats.texts import words
from bookbridge.formats.values import read_line_number

_TYPES = frozenset("VIKBGM")
_NOT_CARRIED = frozenset("KBG")
_WHOLE = re.compile("[+-]?[0-9]+").fullmatch
_CENTS = re.compile("[0-9]{1,2}").fullmatch
_RATE_DIGITS = re.compile("[0-9]{1,6}").fullmatch

Result = SourceDocument | Reject


def read_entries(stream: BinaryIO, profile: EntryProfile, file_name: str) -> Iterator[Result]:
    """The documents and rejects of an FMUTA6 file, in its order."""
    opened = open_file(stream, profile, file_name)
    if isinstance(opened, Reject):
        yield opened
        return
    yield from entries_of(opened, profile, file_name)


def entries_of(opened: Opened, profile: EntryProfile, file_name: str) -> Iterator[Result]:
    """The documents and rejects of an opened file's records."""
    reader = _EntryReader(opened, profile, file_name)
    for record in opened.records:
        if finished := reader.take(record):
            yield from finished
    yield from reader.close()


@dataclass(slots=True)
class _Entry:
    """The rows gathered for one entry, and what is wrong with them so far."""

    header: Record | None
    details: list[Record] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    row_count: int = 0
    raws: list[str] = field(default_factory=list)
    raw_size: int = 0
    problems: list[Problem] = field(default_factory=list)
    broken: bool = False
    numbered: int = 0
    """The number of the last detail row."""
    doubted: bool = False
    strays: "_Entry | None" = None
    """Unreadable rows after it, of which it can't be told yet whether they are part of it."""

    def hold(self, record: Record, problems: list[Problem]) -> None:
        if len(self.rows) < MOST_ROWS_KEPT or not self.broken:
            self.rows.append(record.row)
        self.row_count += 1
        if self.raw_size < LONGEST_RAW:
            self.raws.append(record.raw)
        self.raw_size += len(record.raw)
        for problem in problems:
            self.note(problem)

    def note(self, problem: Problem) -> None:
        if len(self.problems) < MOST_ROWS_KEPT:
            self.problems.append(problem)
        self.broken |= problem.severity == "error"

    def join(self, other: "_Entry") -> None:
        self.rows += other.rows
        self.row_count += other.row_count
        self.raws += other.raws
        self.raw_size += other.raw_size
        for problem in other.problems:
            self.note(problem)

    @property
    def raw(self) -> str:
        return bounded_raw(self.raws, cut=self.raw_size > LONGEST_RAW)


class _EntryReader:
    def __init__(self, opened: Opened, profile: EntryProfile, file_name: str) -> None:
        self._profile = profile
        self._checks = RowChecks(opened, profile, file_name)
        self._builder = EntryBuilder(profile, opened.layout, self._checks, file_name)
        self._width = self._checks.width
        self._usual = opened.look.width
        places = self._builder.places
        self._line, self._voucher, self._type = places["line_no"], places["voucher_no"], places["journal_type"]
        self._in_currency = places["journalise_in_fc"]
        self._split_places = [
            (places[column], fits)
            for column, fits in (
                *(("amount", _CENTS), ("vat_amount", _CENTS), ("credit_term_amount", _CENTS)),
                *(("blocked_account_amount", _CENTS), ("quantity", _CENTS), ("exchange_rate", _RATE_DIGITS)),
            )
            if column in opened.layout
        ]
        self._first_detail = 1 + profile.entry_start
        """The least number that can't be an entry's first row."""
        self._most_lines = profile.max_lines
        self._entry: _Entry | None = None
        self._seen: dict[tuple[str, ...], set[str]] = defaultdict(set)
        """The last parts of the posting keys so far, by the parts before."""
        self._position = 0

    # -- gathering ----------------------------------------------------------------------------------------------

    def take(self, record: Record) -> list[Result] | None:
        """Adds a row; the results that are complete now."""
        fields = record.fields
        problems: list[Problem] = []
        if len(fields) != self._width or record.flaw is not None:
            if self._is_one_of_too_many(record):
                return None
            wide = len(fields) > self._usual
            problems = self._checks.check(record)
            if wide and record.flaw is None:
                problems = self._split_amounts(record) or problems
        fields.append("")
        if fields[self._in_currency].isdecimal() and not problems:
            problems = self._split_amount(record)
        number = read_line_number(fields[self._line])
        entry = self._entry
        if (
            entry is not None
            and number == entry.numbered + 1
            and not problems
            and self._is_usual(entry, number, record)
        ):
            # As `hold`, without the calls: nearly every row comes by here.
            entry.numbered = number
            entry.details.append(record)
            entry.rows.append(record.row)
            entry.row_count += 1
            if entry.raw_size < LONGEST_RAW:
                entry.raws.append(record.raw)
            entry.raw_size += len(record.raw)
            return None
        if number is None:
            return self._take_stray(record, problems)
        if number == 0 or (number == 1 and self._starts_at_one()):
            finished = self.close()
            self._start(record, problems, detail=number == 1)
            return finished
        return self._take_detail(record, problems, number)

    def _is_one_of_too_many(self, record: Record) -> bool:
        """Holds an unreadable row whose problems would not be kept; telling them takes longer than all the rest."""
        entry = self._entry
        strays = entry if entry is None or entry.header is None else entry.strays
        if strays is None or len(strays.problems) < MOST_ROWS_KEPT or not self._checks.is_hopeless(record):
            return False
        if self._line < len(record.fields) and read_line_number(record.fields[self._line]) is not None:
            return False
        strays.hold(record, [])
        return True

    def _is_usual(self, entry: _Entry, number: int, record: Record) -> bool:
        """Whether the row is what nearly all are: a detail of an entry with which nothing is wrong."""
        return (
            not entry.broken
            and self._first_detail <= number <= self._most_lines
            and entry.header is not None
            and entry.strays is None
            and record.raw.isascii()
        )

    def _starts_at_one(self) -> bool:
        """Whether a line 1 starts an entry: where the profile says so, unless a header row stands just before it."""
        if self._profile.entry_start == 0:
            return False
        entry = self._entry
        return entry is None or entry.header is None or entry.numbered > 0

    def _start(self, record: Record, problems: list[Problem], *, detail: bool) -> None:
        entry = self._entry = _Entry(header=record)
        entry.hold(record, problems)
        if detail:
            entry.details.append(record)
            entry.numbered = 1
        self._doubt(entry, record)

    def _take_detail(self, record: Record, problems: list[Problem], number: int) -> list[Result] | None:
        entry, finished = self._entry, None
        if entry is not None and number == 1 and entry.numbered and self._other_voucher(entry, record):
            # A header was lost: these details are another entry's.
            finished, entry = self.close(), None
        if entry is None:
            entry = self._entry = _Entry(header=None, numbered=number - 1)
            entry.hold(record, problems)
            entry.note(
                entry_texts.DETAILS_WITHOUT_HEADER(
                    source=self._checks.source(record.row, "line_no"), value=shown(record.fields[self._line])
                )
            )
        else:
            if entry.strays is not None:
                entry.join(entry.strays)
                entry.strays = None
            entry.hold(record, problems)
        if number != entry.numbered + 1 and entry.header is not None:
            source, value = self._checks.source(record.row, "line_no"), str(number)
            entry.note(entry_texts.NUMBERING(source=source, value=value, expected=entry.numbered + 1))
        entry.numbered = number
        if len(entry.details) < self._profile.max_lines:
            entry.details.append(record)
        elif len(entry.details) == self._profile.max_lines and not entry.broken:
            source = self._checks.source(record.row, "line_no")
            entry.note(entry_texts.TOO_MANY_LINES(source=source, value=str(number), most=self._profile.max_lines))
        self._doubt(entry, record)
        return finished

    def _take_stray(self, record: Record, problems: list[Problem]) -> list[Result] | None:
        """A row without a readable line number: part of the entry before it, another entry's, or nobody's."""
        source, value = self._checks.source(record.row, "line_no"), shown(record.fields[self._line].strip())
        problem = entry_texts.LINE_NUMBER_UNREADABLE(source=source, value=value)
        finished, entry = None, self._entry
        readable = record.flaw is None and not problems
        if readable and entry is not None and self._other_voucher(entry, record):
            finished, entry = self.close(), None
        problems = [problem] if readable else [*problems, problem]
        if entry is None:
            self._entry = _Entry(header=None)
            self._entry.hold(record, problems)
            return finished
        if entry.header is None:
            entry.hold(record, problems)
            return finished
        if entry.strays is None:
            entry.strays = _Entry(header=None)
        entry.strays.hold(record, problems)
        return finished

    def _other_voucher(self, entry: _Entry, record: Record) -> bool:
        """Whether the row names another voucher than the entry it would join."""
        first = entry.header or (entry.details[0] if entry.details else None)
        if first is None or record.fields[self._type].strip().upper() not in _TYPES:
            return False
        theirs, ours = record.fields[self._voucher].strip(), first.fields[self._voucher].strip()
        return bool(theirs and ours and theirs != ours)

    def _split_amounts(self, record: Record) -> list[Problem]:
        """In a row that is wider than its neighbours: an amount whose decimal comma became a separator."""
        fields = record.fields
        for place, fits in self._split_places:
            if place + 1 < len(fields) and _WHOLE(fields[place].strip()) and fits(fields[place + 1].strip()):
                return [self._split(record, place)]
        return []

    def _split_amount(self, record: Record) -> list[Problem]:
        """Digits where J or N belongs, after an amount without decimals (0 and 1 may mean no and yes)."""
        fields, place = record.fields, self._in_currency
        before = fields[place - 1].strip()
        if fields[place] not in ("0", "1") and _CENTS(fields[place]) and place and _WHOLE(before):
            return [self._split(record, place - 1)]
        return []

    def _split(self, record: Record, place: int) -> Problem:
        value = shown(f"{record.fields[place].strip()},{record.fields[place + 1].strip()}")
        column = next(name for name, at in self._builder.places.items() if at == place)
        return texts.DECIMAL_COMMA_SPLIT(source=self._checks.source(record.row, column), value=value)

    def _doubt(self, entry: _Entry, record: Record) -> None:
        if not entry.doubted and not record.raw.isascii() and (doubt := self._checks.doubt(record)):
            entry.doubted = True
            entry.note(doubt)

    # -- finishing ----------------------------------------------------------------------------------------------

    def close(self) -> list[Result]:
        """The results of the entry gathered so far and of the unreadable rows after it."""
        entry, self._entry = self._entry, None
        if entry is None:
            return []
        results = [self._finish(entry)]
        if entry.strays is not None:
            results.append(self._reject(entry.strays, []))
        return results

    def _finish(self, entry: _Entry) -> Result:
        header = entry.header
        if header is None:
            return self._reject(entry, [])
        type = header.fields[self._type].strip().upper()
        if not type:
            source = self._checks.source(header.row, "journal_type")
            entry.note(texts.MISSING(source=source, value="", **words("journal_type")))
        elif type not in _TYPES:
            source = self._checks.source(header.row, "journal_type")
            entry.note(entry_texts.JOURNAL_TYPE_UNKNOWN(source=source, value=shown(type)))
        elif type in _NOT_CARRIED and not entry.broken:
            source = self._checks.source(header.row, "journal_type")
            entry.note(entry_texts.JOURNAL_TYPE_NOT_CARRIED(source=source, value=type, **words(type)))
        elif not entry.details and not entry.broken and entry.strays is None:
            source = self._checks.source(header.row, "line_no")
            return self._reject(entry, [entry_texts.NO_DETAILS(source=source, value=header.fields[self._line].strip())])
        if entry.broken:
            return self._reject(entry, [])
        return self._build(entry, header, type)

    def _build(self, entry: _Entry, header: Record, type: str) -> Result:
        doubtful = entry.strays.rows[0] if entry.strays is not None else None
        if not entry.details:
            source = self._checks.source(doubtful)  # type: ignore[arg-type]
            return self._reject(entry, [entry_texts.UNREADABLE_ROW_NEAR(source=source, row=doubtful)])
        built = self._builder.build(header, entry.details, type, must_prove=doubtful)
        document = built.document
        if document is None:
            return self._reject(entry, built.errors or built.notices)
        if repeated := self._seen_before(document, header):
            return self._reject(entry, [repeated])
        self._position += 1
        return SourceDocument(
            document,
            self._position,
            (header.row, *built.line_rows),
            entry.raw,
            (*entry.problems, *built.notices),
            entry.row_count,
            tuple(built.dropped_rows),
        )

    def _seen_before(self, document: Document, header: Record) -> Problem | None:
        *group, number = key_parts(document)
        seen = self._seen[document.kind, *group]
        if number not in seen:
            seen.add(number)
            return None
        source = self._checks.source(header.row, "voucher_no")
        said = getattr(document, "number", None) or getattr(document, "invoice_number", None)
        if said is None:
            return entry_texts.DUPLICATE_CONTENT(source=source, value="")
        return entry_texts.DUPLICATE(source=source, value=said)

    def _reject(self, entry: _Entry, problems: list[Problem]) -> Reject:
        self._position += 1
        first = entry.header or (entry.details[0] if entry.details else None)
        identifier, journal, money = "", None, None
        kind: DocumentKind | None = None
        if first is not None:
            fields = first.fields
            type = fields[self._type].strip().upper()
            identifier = shown(fields[self._voucher].strip(), limit=60)
            journal = shown(fields[self._builder.places["journal_no"]].strip(), limit=60) or None
            kind = KINDS.get(type)
            money = self._money(entry, first, type)
        return Reject(
            position=self._position,
            rows=tuple(entry.rows[:MOST_ROWS_KEPT]),
            raw=entry.raw,
            problems=(*entry.problems, *problems),
            identifier=identifier,
            journal=journal,
            kind=kind,
            money=money,
            row_count=entry.row_count,
        )

    def _money(self, entry: _Entry, first: Record, type: str) -> Money | None:
        if type not in _TYPES or entry.header is None:
            return None
        known = self._builder.money(first, entry.details, type)
        try:
            return None if known is None else Money(amount=known[0], currency=known[1])
        except ValidationError:
            # Amounts that no book could hold together; the entry is a reject by itself.
            return None
