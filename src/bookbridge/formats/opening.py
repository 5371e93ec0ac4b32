"""Opening a file: its lines, the first look, and the one reject of a file that is none of the profile's format."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from bookbridge.documents import Problem, SourceRef
from bookbridge.formats import texts
from bookbridge.formats.profile import Profile
from bookbridge.formats.records import BLANK, Record, Records
from bookbridge.formats.results import MOST_ROWS_KEPT, Reject
from bookbridge.formats.sniff import SAMPLE_LINES, SAMPLE_SIZE, Look, examine
from bookbridge.formats.text import CHUNK, Block, Lines, bounded_raw, doubtful_encoding, lost_bytes, shown


@dataclass(frozen=True, slots=True)
class Opened:
    records: Iterator[Record]
    look: Look
    layout: tuple[str, ...]
    """The columns by our names, in the file's order."""
    encoding: str


def open_file(stream: BinaryIO, profile: Profile, file_name: str) -> Opened | Reject:
    lines = Lines(stream, profile.encoding)
    following = lines.blocks()
    ahead: list[Block] = []
    for block in following:
        ahead.append(block)
        if sum(len(each.lines) for each in ahead) >= SAMPLE_LINES or len(ahead) * CHUNK > SAMPLE_SIZE:
            break
    sample = _sample(ahead)
    look = examine(sample, profile, file_name, lines.start)
    blocks = chain(ahead, following)
    if isinstance(look, Problem):
        return _whole_file(look, sample, blocks)
    records = Records(lines, blocks, separator=look.separator, quote=profile.quote, lenient=profile.lenient_quotes)
    records.usual_width = look.width
    reading = iter(records)
    if look.names is not None:
        next(reading, None)
    layout = look.names if look.names is not None else profile.layout[: profile.max_columns]
    return Opened(reading, look, layout, lines.encoding)


def _sample(blocks: list[Block]) -> list[str]:
    """The first lines, as many as tell what kind of file it is."""
    sample: list[str] = []
    size = 0
    for line in chain.from_iterable(block.lines for block in blocks):
        sample.append(line)
        size += len(line)
        if len(sample) == SAMPLE_LINES or size > SAMPLE_SIZE:
            break
    return sample


def _whole_file(problem: Problem, sample: list[str], blocks: Iterator[Block]) -> Reject:
    """Counts the rows that hold something; the file may be huge, so they are not kept."""
    count = sum(1 for block in blocks for line in block.lines if line.strip(BLANK))
    raw = bounded_raw(["".join(sample)[:4096]], cut=sum(map(len, sample)) > 4096)
    rows = (1,) if count else ()
    return Reject(position=1, rows=rows, raw=raw, problems=(problem,), whole_file=True, row_count=count)


class RowChecks:
    """What can be said of a row before its fields are read; brings it to the layout's width."""

    def __init__(self, opened: Opened, profile: Profile, file_name: str) -> None:
        self._profile = profile
        self._file = file_name
        self._encoding = opened.encoding
        self._usual = opened.look.width
        self._least = 2 if opened.look.names is not None else profile.min_columns
        self.width = len(opened.layout)

    def source(self, row: int, column: str | None = None) -> SourceRef:
        return SourceRef(file=self._file, row=row, column=column)

    def is_hopeless(self, record: Record) -> bool:
        """Whether `check` would find an error for certain, without asking which."""
        too_short = len(record.fields) < self._least and '""' not in record.raw
        return too_short or record.flaw not in (None, "lenient")

    def check(self, record: Record) -> list[Problem]:
        """Pads or cuts `record.fields` to the layout's width; the problems found, errors and notices."""
        problems = self._flaw(record)
        fields = record.fields
        if len(fields) < max(self.width, self._usual):
            problems += self._missing_comma(record)
        width = len(fields)
        source = self.source(record.row)
        value = shown(record.raw.strip())
        if width < self._least:
            problems.append(
                texts.ROW_TOO_SHORT(
                    source=source, value=value, width=width, least=self._least, profile=self._profile.name
                )
            )
        elif width < self._usual and not record.raw.endswith(("\n", "\r")):
            problems.append(texts.ROW_CUT_OFF(source=source, value=value, width=width, usual=self._usual))
        elif any(field.strip() for field in fields[self.width :]):
            problems.append(
                texts.ROW_TOO_WIDE(source=source, value=value, width=width, most=self.width, profile=self._profile.name)
            )
        del fields[self.width :]
        fields.extend([""] * (self.width - len(fields)))
        return problems

    def _flaw(self, record: Record) -> list[Problem]:
        if record.flaw is None:
            return []
        source = self.source(record.row)
        value = shown(record.raw.strip())
        if record.flaw == "undecodable":
            byte = lost_bytes(record.raw)
            return [texts.UNDECODABLE(source=source, value=value, byte=byte, encoding=self._encoding)]
        if record.flaw == "quote" and not record.raw.endswith(("\n", "\r")):
            width = len(record.fields)
            return [texts.ROW_CUT_OFF(source=source, value=value, width=width, usual=self._usual)]
        return [_FLAWS[record.flaw](source=source, value=value)]

    def _missing_comma(self, record: Record) -> list[Problem]:
        """A bare number with an empty text glued to it (`0""`) was meant as two fields."""
        if record.flaw is not None:
            return []
        source = self.source(record.row)
        problems: list[Problem] = []
        fields: list[str] = []
        for field in record.fields:
            number = field.removesuffix('""')
            if number == field or not number.lstrip("+-").replace(".", "").isdecimal():
                fields.append(field)
            elif not self._profile.repair_missing_comma_0_quote:
                return [texts.COMMA_MISSING(source=source, value=shown(field))]
            else:
                fields += [number, ""]
                if len(problems) < MOST_ROWS_KEPT:
                    problems.append(texts.COMMA_REPAIRED(source=source, value=shown(field), number=shown(number)))
        record.fields[:] = fields
        return problems

    def doubt(self, record: Record) -> Problem | None:
        """A notice when letters look as if the encoding is another one."""
        found = doubtful_encoding(record.raw, self._encoding)
        if found is None:
            return None
        value, other = found
        source = self.source(record.row)
        return texts.ENCODING_DOUBTFUL(source=source, value=shown(value), other=other, encoding=self._encoding)


_FLAWS = {
    "lenient": texts.QUOTE_LENIENT,
    "quote": texts.QUOTE_BROKEN,
    "control": texts.CONTROL_CHARACTER,
    "too_long": texts.ROW_TOO_LONG,
}
