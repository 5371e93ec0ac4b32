"""Files that are cut short, damaged or odd: what is told, and that one bad entry never stops its neighbours."""

import pytest

from bookbridge.formats import Reject, SourceDocument
from tests.formats.rows import (
    codes,
    detail,
    header,
    only_document,
    only_reject,
    read,
    sale,
    sample,
)

ENTRY = header() + detail()


def kinds(results: list[SourceDocument | Reject]) -> list[str]:
    """What came out, in short: `+` for a document, the first error's code for a reject."""
    return ["+" if isinstance(result, SourceDocument) else codes(result)[0] for result in results]


def test_file_caught_while_being_written() -> None:
    whole = (sale("1") + sale("2")).encode()
    cut = whole[: whole.rindex(b',"",') - 4]
    assert kinds(read(cut)) == ["+", "file.row_cut_off"]


def test_file_without_a_last_line_end_is_complete() -> None:
    assert kinds(read((sale("1") + sale("2")).rstrip("\r\n"))) == ["+", "+"]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_every_line_end_is_read(end: str) -> None:
    assert kinds(read((sale("1") + sale("2")).replace("\r\n", end))) == ["+", "+"]


def test_end_mark_of_dos_files() -> None:
    assert kinds(read(sale("1").encode() + b"\x1a")) == ["+"]
    assert kinds(read(sale("1").rstrip().encode() + b"\x1a\x1a")) == ["+"]


def test_blank_rows_are_no_rows() -> None:
    results = read("\r\n" + header() + "," * 39 + "\r\n\r\n" + detail() + "   \r\n")
    assert only_document(results).rows == (2, 5)
    assert results[0].row_count == 2


def test_line_number_that_is_none_leaves_entries_alone_that_add_up() -> None:
    results = read(sale("1") + "Total: 1 entry\r\n" + sale("2"))
    assert [type(result) for result in results] == [SourceDocument, Reject, SourceDocument]
    assert "fmuta6.line_number_unreadable" in codes(results[1])


def test_unreadable_row_after_an_entry_that_does_not_add_up_refuses_it_too() -> None:
    text = header(voucher_no="1", amount="242") + detail(voucher_no="1") + "broken\r\n" + sale("2")
    results = read(text)
    assert "fmuta6.unreadable_row_near" in codes(results[0])
    assert [type(result) for result in results] == [Reject, Reject, SourceDocument]


def test_broken_row_inside_an_entry_refuses_all_its_rows() -> None:
    text = header(voucher_no="1", amount="242") + detail(1, voucher_no="1") + "broken\r\n" + detail(2, voucher_no="1")
    rejected, good = read(text + sale("2"))
    assert rejected.row_count == 4
    assert rejected.rows == (1, 2, 3, 4)
    assert isinstance(good, SourceDocument)


def test_header_with_an_unreadable_line_number_leaves_the_entry_before_alone() -> None:
    text = sale("1") + header(voucher_no="2", line_no="x") + detail(voucher_no="2") + sale("3")
    results = read(text)
    assert [type(result) for result in results] == [SourceDocument, Reject, SourceDocument]
    assert results[1].row_count == 2


def test_unknown_journal_type_is_told() -> None:
    reject, good = read(sale("1", journal_type="Q") + sale("2"))
    assert codes(reject) == ["fmuta6.journal_type_unknown"]
    assert isinstance(good, SourceDocument)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [("period", "2x", "value.number_unreadable"), ("fiscal_year", "202", "value.number_unreadable"),
     ("currency", "€", "value.currency_unreadable"), ("exchange_rate", "x", "value.amount_unreadable")],
)  # fmt: skip
def test_unreadable_values_of_the_header(column: str, value: str, code: str) -> None:
    assert codes(only_reject(read(sale(**{column: value}))))[0] == code


def test_every_wrong_value_of_a_row_is_told_at_once() -> None:
    reject = only_reject(read(header() + detail(amount="x", vat_amount="y", gl_account="")))
    columns = {problem.source.column for problem in reject.problems if problem.source}
    assert columns == {"gl_account", "amount", "vat_amount"}


def test_more_decimals_than_the_currency_has() -> None:
    text = header(currency="JPY", amount="") + detail(amount="100.50", vat_amount="", vat_code="")
    assert codes(only_reject(read(text))) == ["value.too_many_decimals"]


def test_nul_characters_refuse_their_entry_only() -> None:
    rejected, good = read(sale("1", description="a\0b") + sale("2"))
    assert codes(rejected)[0] == "file.control_character"
    assert "\0" not in rejected.raw
    assert isinstance(good, SourceDocument)


def test_more_details_than_the_profile_takes() -> None:
    text = header(amount="") + "".join(detail(number) for number in range(1, 6))
    rejected, good = read(text + sale("2"), adjustments="max_lines = 3")
    assert codes(rejected) == ["fmuta6.too_many_lines"]
    assert rejected.row_count == 6
    assert isinstance(good, SourceDocument)


def test_one_bad_entry_never_stops_its_neighbours() -> None:
    text = sale("1") + sale("2", entry_date="x") + sale("3") + sale("4", debtor_no="") + sale("5")
    assert kinds(read(text)) == ["+", "value.date_unreadable", "+", "fmuta6.relation_missing", "+"]
    assert kinds(read(sample("fmuta6.csv"))) == ["+", "+", "+"]
