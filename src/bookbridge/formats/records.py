"""From lines to records: the csv module where it is exact, a careful second look where a row's quotes are wrong."""

import csv
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from itertools import count
from typing import NamedTuple

from bookbridge.formats.text import Block, Lines, lost_bytes

MOST_LINES_IN_A_RECORD = 64
"""A quoted text with more line breaks is an unclosed quote."""

BLANK = " \t\r\n\x1a\0\ufeff"


class Record(NamedTuple):
    row: int
    """The physical line where the record starts, from 1."""
    fields: list[str]
    raw: str
    flaw: str | None
    """None; `lenient` (read, by the lenient rule for quotes); else why it can't be used: `quote`, `undecodable`,
    `control`, `too_long`."""


class Records:
    """The records of a file, blank ones left out: a row with nothing but separators, quotes and blanks is no row."""

    def __init__(self, lines: Lines, blocks: Iterator[Block], *, separator: str, quote: str, lenient: bool) -> None:
        self._lines = lines
        self._blocks = blocks
        self._ahead: deque[str] = deque()
        self._separator = separator
        self._quote = None if quote == "none" else quote
        self._lenient = lenient
        self._buffer: list[str] = []
        self.usual_width = 0
        """The number of fields that most rows have; a lenient reading of a row must have as many."""

    def __iter__(self) -> Iterator[Record]:
        row = 1
        made = tuple.__new__  # What Record(…) does, without the detour: this runs for every row.
        for block in self._blocks:
            rows = None if block.suspect else self._plain_rows(block.lines)
            if rows is None:
                row = yield from self._careful_rows(block.lines, row)
                continue
            for number, fields, raw in zip(count(row), rows, block.lines, strict=False):
                if any(fields) and (len(fields) > 1 or raw.strip(BLANK)):
                    yield made(Record, (number, fields, raw, None))
            row += len(rows)

    def _plain_rows(self, lines: list[str]) -> list[list[str]] | None:
        """The fields of each line at once; None where a record spans lines or its quotes are wrong."""
        try:
            rows = list(self._reader(lines))
        except csv.Error:
            return None
        return rows if len(rows) == len(lines) else None

    def _careful_rows(self, lines: list[str], row: int) -> Generator[Record, None, int]:
        """The records that begin in these lines, one by one; returns the number of the next row."""
        buffer = self._buffer
        self._ahead.extend(lines)
        while self._ahead:
            try:
                for fields in self._reader(self._feed()):
                    raw = buffer[0] if len(buffer) == 1 else "".join(buffer)
                    if any(fields) and (len(fields) > 1 or raw.strip(BLANK)):
                        flaw = self._other_flaw(row, raw) or ("control" if "\0" in raw else None)
                        yield Record(row, fields, raw, flaw)
                    row += len(buffer)
                    buffer.clear()
            except csv.Error:
                yield self._second_look(row)
                row += 1
                buffer.clear()
        return row

    def _reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        if self._quote is None:
            return csv.reader(lines, delimiter=self._separator, quoting=csv.QUOTE_NONE)
        return csv.reader(lines, delimiter=self._separator, quotechar=self._quote, strict=True)

    def _feed(self) -> Iterator[str]:
        """The lines ahead, and those of the next blocks as long as a record goes on in them."""
        buffer, ahead = self._buffer, self._ahead
        while ahead or (buffer and self._look_further()):
            buffer.append(ahead.popleft())
            if len(buffer) > MOST_LINES_IN_A_RECORD:
                raise csv.Error("unclosed quote")
            yield buffer[-1]

    def _look_further(self) -> bool:
        block = next(self._blocks, None)
        self._ahead.extend(block.lines if block else [])
        return block is not None

    def _other_flaw(self, row: int, raw: str) -> str | None:
        if row in self._lines.too_long:
            return "too_long"
        return "undecodable" if lost_bytes(raw) else None

    def _second_look(self, row: int) -> Record:
        """The first line of what the csv module refused; the lines after it go back to be read on their own."""
        line, rest = self._buffer[0], self._buffer[1:]
        self._ahead.extendleft(reversed(rest))
        flaw = self._other_flaw(row, line) or ("control" if "\0" in line else None)
        readings = [] if self._quote is None else _lenient_readings(line, self._separator, self._quote)
        # A reading with another number of columns than the rows around it is none to trust.
        fitting = [fields for fields in readings if len(fields) == self.usual_width]
        if fitting and self._lenient:
            return Record(row, fitting[0], line, flaw or "lenient")
        fields = [field.strip(self._quote or "") for field in line.rstrip("\r\n").split(self._separator)]
        return Record(row, fields, line, flaw or "quote")


def _lenient_readings(line: str, separator: str, quote: str) -> list[list[str]]:
    readings = (lenient_split(line, separator, quote, pair_may_close=pair) for pair in (False, True))
    return [fields for fields in readings if fields is not None]


def lenient_split(line: str, separator: str, quote: str, *, pair_may_close: bool) -> list[str] | None:
    """The fields of one line where a quote that isn't next to a separator is literal; None when a quote stays open.

    Two quotes before a separator are one literal quote in the text (`"5"", round"`) or a literal quote and the end of
    the field (`"pipe 5"",`): `pair_may_close` says which.
    """
    line = line.rstrip("\r\n")
    fields: list[str] = []
    place = 0
    while True:
        if line.startswith(quote, place):
            end = _closing(line, place + 1, separator, quote, pair_may_close)
            if end < 0:
                return None
            fields.append(line[place + 1 : end].replace(quote * 2, quote))
            place = end + 1
        else:
            end = line.find(separator, place)
            end = len(line) if end < 0 else end
            fields.append(line[place:end])
            place = end
        if place >= len(line):
            return fields
        place += 1


def _closing(line: str, place: int, separator: str, quote: str, pair_may_close: bool) -> int:
    """Where the quote that ends the field stands: the last of a run of quotes before a separator or the line's end."""
    while True:
        start = line.find(quote, place)
        if start < 0:
            return -1
        after = start
        while line.startswith(quote, after):
            after += 1
        odd = (after - start) % 2 == 1
        if (after == len(line) or line.startswith(separator, after)) and (odd or pair_may_close):
            return after - 1
        place = after
