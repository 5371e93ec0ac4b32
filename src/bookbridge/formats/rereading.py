"""A record that could not be read: cell by cell, and read again by its file's own reader once somebody corrected it.

Corrected cells go to the reader as cells and never become text in between: whatever is filled in, a separator, a quote
or a line's end in it makes no other cell and no other row.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import BinaryIO

from bookbridge.documents import Problem, SourceRef, posting_key
from bookbridge.formats import texts, texts_entries, texts_relations
from bookbridge.formats.fmuta6 import entries_of
from bookbridge.formats.layouts import IGNORED
from bookbridge.formats.opening import Opened, open_file
from bookbridge.formats.profile import EntryProfile, Profile, RelationProfile
from bookbridge.formats.records import Record, Records
from bookbridge.formats.relations import relations_of
from bookbridge.formats.results import Reject, SourceDocument
from bookbridge.formats.text import Lines, is_cut

Cells = list[list[str]]
"""The cells of a record's rows, each row as wide as the others."""

_OF_ITS_NEIGHBOURS = {
    kind.code for kind in (texts_entries.DUPLICATE, texts_entries.DUPLICATE_CONTENT, texts_relations.NUMBER_TWICE)
}
"""What is wrong with a record because of another one of its file: seen from the record alone it would be sound."""
_DAMAGE = {
    texts.UNDECODABLE.code: re.compile(r"\\x[0-9a-f]{2}"),
    texts.CONTROL_CHARACTER.code: re.compile("\u2400"),
}
"""Characters that the kept text of a record only shows, and that stand in no book."""


@dataclass(frozen=True, slots=True)
class Rereader:
    """Reads single records of a file as they are read in it."""

    opened: Opened
    profile: EntryProfile | RelationProfile
    file_name: str

    def cells(self, raw: str, count: int) -> Cells | None:
        """The cells of a record's kept text, which is known to be of so many rows; None when it isn't whole."""
        if is_cut(raw):
            return None
        lines = Lines(BytesIO(raw.encode("utf-8", "replace")), "utf-8")
        records = Records(
            lines,
            lines.blocks(),
            separator=self.opened.look.separator,
            quote=self.profile.quote,
            lenient=self.profile.lenient_quotes,
        )
        records.usual_width = self.opened.look.width
        rows = [record.fields for record in records]
        if len(rows) != count:
            return None
        width = max([len(self.opened.layout), *map(len, rows)])
        return [[*row, *[""] * (width - len(row))] for row in rows]

    def columns(self, width: int) -> list[str]:
        """A name for each cell of a row: its column's, or the number of one that the layout doesn't use."""
        named = [*self.opened.layout, *[IGNORED] * width][:width]
        return [name if name != IGNORED else f"column_{place}" for place, name in enumerate(named, start=1)]

    def read(
        self, cells: Cells, rows: Sequence[int], source: Cells, told: Sequence[Problem]
    ) -> SourceDocument | tuple[Problem, ...]:
        """The one document that the cells are, or what is wrong with them, each problem at its row and column.

        `rows`: their numbers in the file. `source`: the cells as the file has them, `told`: what was said of those.
        A row that is left blank is no row, as in a file.
        """
        damaged = tuple(self.damaged(cells, rows, told))
        read = self._read(cells, rows)
        if not isinstance(read, SourceDocument):
            return (*damaged, *read)
        return (damaged or tuple(self._still_taken(read, rows, source, told))) or read

    def damaged(self, cells: Cells, rows: Sequence[int], told: Sequence[Problem]) -> Iterator[Problem]:
        """What was said of a damaged row, at the cells that still show the damage."""
        names = self.columns(len(cells[0]) if cells else 0)
        for problem in told:
            shows = _DAMAGE.get(problem.code)
            row = problem.source.row if problem.source else None
            if shows is None or row not in rows:
                continue
            for name, cell in zip(names, cells[rows.index(row)], strict=True):
                if shows.search(cell):
                    place = SourceRef(file=self.file_name, row=row, column=name)
                    yield problem.model_copy(update={"source": place, "value": cell})

    def _read(self, cells: Cells, rows: Sequence[int]) -> SourceDocument | tuple[Problem, ...]:
        results = list(self._results(cells, rows))
        documents = [result for result in results if isinstance(result, SourceDocument)]
        problems = [problem for result in results if isinstance(result, Reject) for problem in result.problems]
        if problems:
            return tuple(problems)
        if not documents:
            return (texts.ROWS_BLANK(source=SourceRef(file=self.file_name)),)
        if len(documents) > 1:
            column = "line_no" if isinstance(self.profile, EntryProfile) else None
            second = SourceRef(file=self.file_name, row=documents[1].rows[0], column=column)
            return (texts.ROWS_OF_SEVERAL(source=second, number=len(documents)),)
        return documents[0]

    def _results(self, cells: Cells, rows: Sequence[int]) -> Iterator[SourceDocument | Reject]:
        records = (self._record(row, fields) for row, fields in zip(rows, cells, strict=True))
        opened = replace(self.opened, records=(record for record in records if any(map(str.strip, record.fields))))
        if isinstance(self.profile, EntryProfile):
            return entries_of(opened, self.profile, self.file_name)
        return relations_of(opened, self.profile, self.file_name)

    def _record(self, row: int, cells: Sequence[str]) -> Record:
        fields = list(cells)
        while len(fields) > len(self.opened.layout) and not fields[-1].strip():
            # Only another row of the record was as wide as that.
            fields.pop()
        raw = self.opened.look.separator.join(cells) + "\n"
        return Record(row, fields, raw, "control" if "\0" in raw else None)

    def _still_taken(
        self, read: SourceDocument, rows: Sequence[int], source: Cells, told: Sequence[Problem]
    ) -> list[Problem]:
        """What another document of the file kept it from, as long as it is called the same."""
        found = [problem for problem in told if problem.code in _OF_ITS_NEIGHBOURS]
        before = self._read(source, rows) if found else ()
        is_same = isinstance(before, SourceDocument) and posting_key(before.document) == posting_key(read.document)
        return found if is_same else []


def rereader(beginning: BinaryIO, profile: Profile, file_name: str) -> Rereader | None:
    """How records of a file are read again. `beginning`: its first rows, which tell separator and columns.

    None when the file is none of the profile's.
    """
    if not isinstance(profile, EntryProfile | RelationProfile):
        return None
    opened = open_file(beginning, profile, file_name)
    return None if isinstance(opened, Reject) else Rereader(opened, profile, file_name)
