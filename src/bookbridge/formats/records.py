"""From lines to records: the csv module where it is exact, a careful second look where a row's quotes are wrong."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bookbridge.formats.text import Lines, lost_bytes

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

    def __init__(
        self, lines: Lines, ahead: Iterable[str], following: Iterator[str], *, separator: str, quote: str, lenient: bool
    ) -> None:
        self._lines = lines
        self._ahead = deque(ahead)
        self._following = following
        self._separator = separator
        self._quote = None if quote == "none" else quote
        self._lenient = lenient
        self._buffer: list[str] = []
        self.usual_width = 0
        """The number of fields that most rows have; a lenient reading of a row must have as many."""

    def __iter__(self) -> Iterator[Record]:
        buffer, row, lines = self._buffer, 1, self._lines
        finished = False
        made = tuple.__new__  # What Record(…) does, without the detour: this runs for every row.
        while not finished:
            reader = self._reader()
            try:
                for fields in reader:
                    raw = buffer[0] if len(buffer) == 1 else "".join(buffer)
                    if any(fields) and (len(fields) > 1 or raw.strip(BLANK)):
                        flaw = "control" if "\0" in raw else None
                        if lines.undecodable or lines.too_long:
                            flaw = self._other_flaw(row, raw) or flaw
                        yield made(Record, (row, fields, raw, flaw))
                    row += len(buffer)
                    buffer.clear()
                finished = True
            except csv.Error:
                yield self._second_look(row)
                row += 1
                buffer.clear()

    def _reader(self) -> Iterator[list[str]]:
        if self._quote is None:
            return csv.reader(self._feed(), delimiter=self._separator, quoting=csv.QUOTE_NONE)
        return csv.reader(self._feed(), delimiter=self._separator, quotechar=self._quote, strict=True)

    def _feed(self) -> Iterator[str]:
        buffer, ahead = self._buffer, self._ahead
        while ahead:
            buffer.append(ahead.popleft())
            yield buffer[-1]
            if len(buffer) > MOST_LINES_IN_A_RECORD:
                raise csv.Error("unclosed quote")
        for line in self._following:
            buffer.append(line)
            if len(buffer) > MOST_LINES_IN_A_RECORD:
                raise csv.Error("unclosed quote")
            yield line

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
