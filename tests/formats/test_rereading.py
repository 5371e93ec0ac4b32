"""A record that could not be read, cell by cell: nothing that is filled in makes another cell, row or document."""

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookbridge.formats import Reject, Rereader, SourceDocument, load_profile, read_documents, rereader
from bookbridge.formats.layouts import DEBITR_COLUMNS, FMUTA6_COLUMNS
from tests.formats.rows import debtor, detail, header, memorial, sale

SOUND = sale("26700001")
HOSTILE = st.text(
    alphabet=st.one_of(st.sampled_from(list(",;\"'\r\n\t=+-@|\0\u2028\ufeff…é€")), st.characters(codec="utf-8")),
    max_size=40,
)


def opened(content: str, profile: str = "fmuta6_globe40", adjustments: str = "", name: str = "f.csv") -> Rereader:
    made = rereader(BytesIO(content.encode("cp1252", "replace")), load_profile(profile, adjustments), name)
    assert made is not None
    return made


def the_reject(content: str, profile: str = "fmuta6_globe40", adjustments: str = "") -> Reject:
    results = read_documents(BytesIO(content.encode("cp1252")), load_profile(profile, adjustments), "f.csv")
    [reject] = [result for result in results if isinstance(result, Reject)]
    return reject


def at(cells: list[list[str]], row: int, column: str, text: str, columns: Any = FMUTA6_COLUMNS) -> list[list[str]]:
    """The cells with one of them said otherwise."""
    made = [[*each] for each in cells]
    made[row][columns.index(column)] = text
    return made


def codes_at(problems: Any) -> list[tuple[str, int | None, str | None]]:
    return [(problem.code, problem.source.row, problem.source.column) for problem in problems]


def test_a_record_is_read_again_as_in_its_file() -> None:
    content = SOUND + sale("26700002", entry_date="31022026")
    reject, reader = the_reject(content), opened(content)
    cells = reader.cells(reject.raw, len(reject.rows))
    assert cells is not None
    assert reader.columns(40) == list(FMUTA6_COLUMNS)
    again = reader.read(cells, reject.rows, cells, reject.problems)
    assert codes_at(again) == [("value.date_unreadable", 3, "entry_date")]
    for row in (0, 1):
        cells = at(cells, row, "entry_date", "28022026")
    read = reader.read(cells, reject.rows, cells, reject.problems)
    assert isinstance(read, SourceDocument)
    assert (read.rows, read.document.number) == ((3, 4), "26700002")
    [sound] = read_documents(
        BytesIO(sale("26700002", entry_date="28022026").encode()), load_profile("fmuta6_globe40"), "f.csv"
    )
    assert isinstance(sound, SourceDocument)
    assert read.document == sound.document


@pytest.mark.parametrize("profile", ["fmuta6_globe40", "debitr_globe53"])
@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, 38), text=HOSTILE)
def test_whatever_is_filled_in_a_cell_stays_in_it(profile: str, place: int, text: str) -> None:
    content = SOUND if profile == "fmuta6_globe40" else debtor()
    columns = FMUTA6_COLUMNS if profile == "fmuta6_globe40" else DEBITR_COLUMNS
    reader = opened(content, profile)
    rows = tuple(range(1, len(content.splitlines()) + 1))
    source = reader.cells(content, len(rows))
    assert source is not None
    cells = at(source, len(rows) - 1, columns[place], text, columns)
    read = reader.read(cells, rows, source, ())
    if isinstance(read, SourceDocument):
        assert set(read.rows) <= set(rows)
        assert len(getattr(read.document, "lines", (1,))) == 1
    else:
        assert read
        assert {problem.source.row for problem in read if problem.source} <= {*rows, None}


@settings(max_examples=100, deadline=None)
@given(description=HOSTILE)
def test_a_text_of_any_signs_reaches_the_document_or_its_cell_says_why(description: str) -> None:
    reader = opened(SOUND)
    source = reader.cells(SOUND, 2)
    assert source is not None
    read = reader.read(at(source, 1, "description", description), (1, 2), source, ())
    if isinstance(read, SourceDocument):
        [line] = read.document.lines  # type: ignore[union-attr]
        assert (line.description or "").split() == description.split()
    else:
        assert all(problem.source.row == 2 for problem in read if problem.source)


@pytest.mark.parametrize(
    "text", ["a,b", "a;b", 'say "no"', "line\r\nend", "=1+1", "@SUM(A1)", "' OR 1", '","0","V","70"', "\ufeff0"]
)
def test_what_looks_like_more_of_a_file_is_one_text(text: str) -> None:
    reader = opened(SOUND)
    source = reader.cells(SOUND, 2)
    assert source is not None
    read = reader.read(at(source, 1, "description", text), (1, 2), source, ())
    assert isinstance(read, SourceDocument), read
    assert len(read.document.lines) == 1  # type: ignore[union-attr]


def test_rows_that_would_be_several_documents_are_none() -> None:
    content = memorial("10.00", "-10.00", number="26900001")
    reader = opened(content)
    source = reader.cells(content, 3)
    assert source is not None
    other = source
    for row in range(3):
        other = at(other, row, "voucher_no", "26900002")
    both = [*source, *other]
    assert codes_at(reader.read(both, (1, 2, 3, 4, 5, 6), both, ())) == [("rows.of_several", 4, "line_no")]
    assert codes_at(reader.read([["", " "], ["", ""]], (1, 2), both[:2], ())) == [("rows.blank", None, None)]


def test_a_row_that_is_left_blank_is_no_row() -> None:
    content = SOUND + memorial("10.00", "-10.00", "3.00", number="26900001")
    reader = opened(content)
    source = reader.cells(memorial("10.00", "-10.00", "3.00", number="26900001"), 4)
    assert source is not None
    read = reader.read([*source[:3], [""] * 40], (3, 4, 5, 6), source, ())
    assert isinstance(read, SourceDocument)
    assert read.rows == (3, 4, 5)


def test_a_decimal_comma_that_split_a_row_is_moved_back_by_hand() -> None:
    row = detail(voucher_no="26700002")
    content = SOUND + header(voucher_no="26700002") + row.replace('100.00,"","",,', '100,00,"","",,')
    reject, reader = the_reject(content), opened(content)
    cells = reader.cells(reject.raw, 2)
    assert cells is not None
    assert [len(each) for each in cells] == [41, 41]
    assert reader.columns(41)[-1] == "column_41"
    place = FMUTA6_COLUMNS.index("amount")
    cells[1] = [*cells[1][:place], "100,00", *cells[1][place + 2 :], ""]
    read = reader.read(cells, reject.rows, cells, reject.problems)
    assert isinstance(read, SourceDocument), read


def test_what_another_entry_of_the_file_took_stays_taken() -> None:
    content = SOUND + sale("26700001", description="Another")
    reject, reader = the_reject(content), opened(content)
    source = reader.cells(reject.raw, 2)
    assert source is not None
    read = reader.read(source, reject.rows, source, reject.problems)
    assert codes_at(read) == [("fmuta6.duplicate", 3, "voucher_no")]
    cells = at(at(source, 0, "voucher_no", "26700009"), 1, "voucher_no", "26700009")
    assert isinstance(reader.read(cells, reject.rows, source, reject.problems), SourceDocument)


def test_damage_stays_wrong_at_its_cell_until_somebody_corrects_it() -> None:
    damaged = sale("26700002").replace("Work", "W\0rk")
    content = SOUND + damaged
    results = list(read_documents(BytesIO(content.encode()), load_profile("fmuta6_globe40"), "f.csv"))
    reject = results[1]
    assert isinstance(reject, Reject)
    reader = opened(content)
    source = reader.cells(reject.raw, 2)
    assert source is not None
    read = reader.read(source, reject.rows, source, reject.problems)
    assert codes_at(read) == [("file.control_character", 4, "description")]
    assert isinstance(
        reader.read(at(source, 1, "description", "Work"), reject.rows, source, reject.problems), SourceDocument
    )


def test_a_file_with_a_row_of_names_keeps_its_own_columns() -> None:
    names = "line_no;journal_type;journal_no;voucher_no;entry_date;gl_account;amount;Remark\r\n"
    rows = "1;M;90;26900001;0302202X;4300;5,00;x\r\n2;M;90;26900001;03022026;1400;-5,00;y\r\n"
    reader = rereader(BytesIO((names + rows).encode()), load_profile("fmuta_named"), "f.csv")
    assert reader is not None
    source = reader.cells(rows, 2)
    assert source is not None
    assert reader.columns(8)[-2:] == ["amount", "column_8"]
    source[0][4] = "03022026"
    read = reader.read(source, (2, 3), source, ())
    assert isinstance(read, SourceDocument), read
    assert read.rows == (2, 2, 3)


def test_what_was_cut_off_is_not_whole() -> None:
    reader = opened(SOUND)
    assert reader.cells(SOUND + "…\n(the rest is left out here)", 2) is None
    assert reader.cells(SOUND, 3) is None


def test_a_file_of_another_format_has_no_cells() -> None:
    assert rereader(BytesIO(b"<html></html>"), load_profile("fmuta6_globe40"), "f.csv") is None
    assert rereader(BytesIO(b""), load_profile("dbopen_default"), "f.csv") is None
