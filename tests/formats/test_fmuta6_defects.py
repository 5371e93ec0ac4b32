"""Every defect of the fact sheet's table, in its order, with the handling stated there."""

from decimal import Decimal

import pytest

from bookbridge.formats import Reject, SourceDocument
from bookbridge.formats.layouts import FMUTA6_COLUMNS
from tests.formats.rows import (
    codes,
    detail,
    entry_row,
    header,
    memorial,
    only_document,
    only_reject,
    read,
    sale,
)

ENTRY = header() + detail()


def kinds(results: list[SourceDocument | Reject]) -> list[str]:
    """What came out, in short: `+` for a document, the first error's code for a reject."""
    return ["+" if isinstance(result, SourceDocument) else codes(result)[0] for result in results]


def test_byte_order_mark_in_front_of_the_first_row() -> None:
    result = only_document(read("\ufeff" + header(description="Café") + detail(), encoding="utf-8"))
    assert result.document.description == "Café"
    assert result.notices == ()


def test_cp850_instead_of_cp1252_is_reported_and_not_guessed() -> None:
    text = header(description="Cafébedrijf") + detail()
    result = only_document(read(text, encoding="cp850"))
    assert result.document.description != "Cafébedrijf"
    assert codes(result) == ["file.encoding_doubtful"]
    assert "cp850" in result.notices[0].reason
    right = only_document(read(text, adjustments='encoding = "cp850"', encoding="cp850"))
    assert (right.document.description, right.notices) == ("Cafébedrijf", ())


def test_bytes_without_a_letter_in_the_encoding_refuse_their_entry_only() -> None:
    bad = header(description="M\u00fcller", voucher_no="1").encode("cp850") + detail(voucher_no="1").encode()
    rejected, good = read(bad + sale("2").encode())
    assert isinstance(rejected, Reject)
    assert codes(rejected) == ["file.undecodable"]
    assert "0x81" in rejected.problems[0].reason
    assert "\\x81" in rejected.raw
    assert rejected.rows == (1, 2)
    assert isinstance(good, SourceDocument)


def test_utf8_without_mark_is_reported_and_not_guessed() -> None:
    result = only_document(read(header(description="Café") + detail(), encoding="utf-8"))
    assert codes(result) == ["file.encoding_doubtful"]
    assert "utf-8" in result.notices[0].reason


def test_cp1252_read_as_cp850_is_reported() -> None:
    text = header(description="Cafébedrijf") + detail()
    assert "file.encoding_doubtful" in codes(only_document(read(text, adjustments='encoding = "cp850"')))


def test_ordinary_western_letters_and_marks_are_not_doubtful() -> None:
    text = header(description="’s-Gravenhage – Müller & Zoë © € 5… “ja”") + detail()
    assert only_document(read(text)).notices == ()


@pytest.mark.parametrize("quoted", [True, False])
def test_semicolon_instead_of_comma(quoted: bool) -> None:
    cells = {"separator": ";", "quoted": quoted}
    text = "".join(
        entry_row(**cells, **values)
        for values in (
            _values(line_no=0, amount="121,00"),
            _values(line_no=1, gl_account="8000", amount="100,00", vat_code="2", vat_amount="21,00"),
        )
    )
    assert only_document(read(text)).document.total == Decimal("121.00")
    fixed = only_reject(read(text, adjustments='separator = ","'))
    assert codes(fixed) == ["file.other_layout"]
    assert "separator = ';'" in fixed.problems[0].reason


def _values(**values: object) -> dict[str, object]:
    common = {"journal_type": "V", "journal_no": "70", "voucher_no": "1", "entry_date": "03022026", "debtor_no": "1"}
    return {**common, **values}


def test_decimal_comma_unquoted_with_comma_separator_refuses_the_entry() -> None:
    broken = header(voucher_no="1") + detail(voucher_no="1").replace("100.00", "100,00")
    rejected, good = read(broken + sale("2"))
    assert isinstance(rejected, Reject)
    assert codes(rejected) == ["file.decimal_comma_split"]
    assert rejected.problems[0].value == "100,00"
    assert rejected.problems[0].source
    assert (rejected.problems[0].source.row, rejected.problems[0].source.column) == (2, "amount")
    assert rejected.rows == (1, 2)
    assert isinstance(good, SourceDocument)


def test_decimal_comma_unquoted_in_every_row() -> None:
    text = "".join((header(voucher_no=n) + detail(voucher_no=n)).replace(".00", ",00") for n in ("1", "2"))
    assert kinds(read(text)) == ["file.decimal_comma_split"] * 2


def test_decimal_comma_in_quotes_is_read() -> None:
    text = header(amount="121,00") + detail(amount="100,00", vat_amount="21,00")
    assert '"121,00"' in text
    assert only_document(read(text)).document.total == Decimal("121.00")


@pytest.mark.parametrize("amount", ["1.234,56", "1,234.56", "1.234", "1'234.56", "1 234,56"])
def test_thousands_separators_are_refused_unless_the_profile_allows(amount: str) -> None:
    assert codes(only_reject(read(header() + detail(amount=amount)))) == ["value.thousands"]


@pytest.mark.parametrize(
    ("amount", "decimal", "thousands"),
    [("1.234,56", "comma", "dot"), ("1,234.56", "dot", "comma"), ("1 234,56", "comma", "space"),
     ("1'234.56", "dot", "apostrophe"), ("1234.56", "dot", "comma")],
)  # fmt: skip
def test_thousands_separators_by_the_profile(amount: str, decimal: str, thousands: str) -> None:
    text = header(amount="") + detail(amount=amount, vat_amount="", vat_code="")
    result = only_document(read(text, adjustments=f'decimal = "{decimal}"\nthousands = "{thousands}"'))
    assert result.document.total == Decimal("1234.56")


@pytest.mark.parametrize(("text", "amount"), [("+100", "100"), ("-100.5", "-100.5"), ("100", "100"), (".50", "0.5")])
def test_leading_plus_and_missing_decimals_are_read(text: str, amount: str) -> None:
    result = only_document(read(header(amount="") + detail(amount=text, vat_amount="", vat_code="")))
    assert result.document.total == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["abc", "1e5", "NaN", "Infinity", "1_000", "١٢", "--1", "1.2.3", "5.", "(100)", "100-"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    results = read(header() + detail(amount=text), encoding="utf-8", adjustments='encoding = "utf-8"')
    reject = only_reject(results)
    assert codes(reject)[0] in ("value.amount_unreadable", "value.spreadsheet")
    assert reject.problems[0].value == text


def test_missing_comma_between_zero_and_empty_text() -> None:
    broken = ENTRY.replace('100.00,"",', '100.00"",', 1)
    assert broken != ENTRY
    reject = only_reject(read(broken))
    assert codes(reject)[0] == "file.comma_missing"
    repaired = only_document(read(broken, adjustments="repair_missing_comma_0_quote = true"))
    assert codes(repaired) == ["file.comma_repaired"]
    assert repaired.document.lines[0].amount == Decimal("100.00")
    assert repaired.notices[0].source
    assert repaired.notices[0].source.row == 2


def test_unescaped_quote_inside_a_description() -> None:
    text = header() + detail(description="@").replace("@", 'Kozijn "Type A" wit')
    result = only_document(read(text))
    assert result.document.lines[0].description == 'Kozijn "Type A" wit'
    assert codes(result) == ["file.quote_lenient"]
    strict = read(text + sale("2"), adjustments="lenient_quotes = false")
    assert kinds(strict) == ["file.quote_broken", "+"]


def test_unescaped_quote_at_the_end_of_a_description() -> None:
    result = only_document(read(header() + detail(description="@").replace("@", 'pipe 5"')))
    assert result.document.lines[0].description == 'pipe 5"'


def test_unclosed_quote_breaks_its_entry_and_no_other() -> None:
    broken = header(voucher_no="1", description="@").replace('"@"', '"open') + detail(voucher_no="1")
    assert kinds(read(broken + sale("2"))) == ["file.quote_broken", "+"]


def test_unclosed_quote_in_a_file_without_quotes() -> None:
    rows = [
        entry_row(quoted=False, **_values(line_no=line, voucher_no=number, **more))
        for number in ("1", "2", "3")
        for line, more in ((0, {"amount": "100"}), (1, {"amount": "100", "gl_account": "8000"}))
    ]
    rows[1] = rows[1].replace("8000", '"8000')
    assert kinds(read("".join(rows))) == ["file.quote_broken", "+", "+"]


def test_line_break_inside_a_quoted_description() -> None:
    first, second = read(header(description="two\r\nlines") + detail() + sale("2"))
    assert isinstance(first, SourceDocument)
    assert first.document.description == "two\r\nlines"
    assert first.rows == (1, 3)
    assert isinstance(second, SourceDocument)
    assert second.rows == (4, 5)


def test_spreadsheet_took_the_leading_zero_of_a_date() -> None:
    assert str(only_document(read(sale(entry_date="3022026"))).document.entry_date) == "2026-02-03"


def test_spreadsheet_shortened_a_number() -> None:
    assert codes(only_reject(read(header() + detail(amount="2.67E+07"))))[0] == "value.spreadsheet"


def test_seven_digit_date_of_dos_origin_only_when_the_profile_names_it() -> None:
    text = sale(entry_date="0101105", fiscal_year="05")
    assert codes(only_reject(read(text)))[0] == "value.date_unreadable"
    result = only_document(read(text, adjustments='date_formats = ["ddmmyyyy", "ddmmyyy_1900"]'))
    assert str(result.document.entry_date) == "2005-01-01"


def test_seven_digits_are_never_read_both_ways() -> None:
    # 1 June 2016 without its zero; day 10, month 62 in the DOS way.
    text = sale(entry_date="1062016")
    assert str(only_document(read(text)).document.entry_date) == "2016-06-01"
    dos = read(text, adjustments='date_formats = ["ddmmyyyy", "ddmmyyy_1900"]')
    assert codes(only_reject(dos))[0] == "value.date_unreadable"


@pytest.mark.parametrize(
    ("text", "day"),
    [("030226", "2026-02-03"), ("03-02-26", "2026-02-03"), ("03/02/2026", "2026-02-03"), ("3-2-2026", "2026-02-03"),
     ("030295", "1995-02-03")],
)  # fmt: skip
def test_short_years_and_other_ways_to_write_a_date(text: str, day: str) -> None:
    assert str(only_document(read(sale(entry_date=text))).document.entry_date) == day


@pytest.mark.parametrize("text", ["31022026", "00130000", "2026-02-03", "today", "0302202"])
def test_unreadable_date_is_told_with_row_and_column(text: str) -> None:
    reject = only_reject(read(sale(entry_date=text)))
    problem = reject.problems[0]
    assert problem.code == "value.date_unreadable"
    assert problem.source
    assert (problem.source.file, problem.source.row, problem.source.column) == ("fmuta6.csv", 1, "entry_date")
    assert problem.value == text


@pytest.mark.parametrize("width", [29, 30, 32, 36])
def test_blank_trailing_columns_dropped(width: int) -> None:
    cut = "".join(
        entry_row(columns=FMUTA6_COLUMNS[:width], **values)
        for values in (
            _values(line_no=0, amount="100.00"),
            _values(line_no=1, gl_account="8000", amount="100.00", quantity="2"),
        )
    )
    assert only_document(read(cut)).document.lines[0].quantity == 2


def test_blank_columns_added() -> None:
    text = ENTRY.replace("\r\n", ',"",\r\n')
    assert only_document(read(text)).document.total == Decimal("121.00")


def test_surplus_with_content_is_refused() -> None:
    rejected, good = read(header(voucher_no="1").replace("\r\n", ',"x"\r\n') + detail(voucher_no="1") + sale("2"))
    assert codes(rejected) == ["file.row_too_wide"]
    assert isinstance(good, SourceDocument)


def test_row_with_too_few_columns_refuses_its_entry() -> None:
    short = ",".join(detail(voucher_no="1").split(",")[:20]) + "\r\n"
    assert kinds(read(header(voucher_no="1") + short + sale("2"))) == ["file.row_too_short", "+"]


def test_header_without_details_is_a_notice() -> None:
    lonely, good = read(header(voucher_no="1") + sale("2"))
    assert isinstance(lonely, Reject)
    assert codes(lonely) == ["fmuta6.no_details"]
    assert lonely.is_notice
    assert isinstance(good, SourceDocument)


def test_all_header_file_is_nothing_to_book() -> None:
    results = read(header(voucher_no="1") + header(voucher_no="2"))
    assert all(isinstance(result, Reject) and result.is_notice for result in results)


@pytest.mark.parametrize("numbers", [(1, 3), (2, 3), (1, 1), (2, 1)])
def test_detail_numbers_not_consecutive_refuse_the_entry(numbers: tuple[int, int]) -> None:
    text = header(voucher_no="1", amount="242") + "".join(detail(number, voucher_no="1") for number in numbers)
    rejected, good = read(text + sale("2"))
    assert "fmuta6.numbering" in codes(rejected)
    assert rejected.row_count == 3
    assert isinstance(good, SourceDocument)


def test_details_before_any_header_are_a_reject_of_their_own() -> None:
    rejected, good = read(detail(1) + detail(2) + sale("2"))
    assert codes(rejected) == ["fmuta6.details_without_header"]
    assert rejected.rows == (1, 2)
    assert isinstance(good, SourceDocument)


def test_details_whose_header_was_lost_leave_the_entry_before_alone() -> None:
    results = read(sale("1") + detail(1, voucher_no="2") + detail(2, voucher_no="2") + sale("3"))
    assert kinds(results) == ["+", "fmuta6.details_without_header", "+"]
    assert results[1].identifier == "2"  # type: ignore[union-attr]


@pytest.mark.parametrize(("column", "other"), [("journal_no", "71"), ("journal_type", "I")])
def test_header_and_details_disagree_on_the_journal(column: str, other: str) -> None:
    assert "fmuta6.journal_differs" in codes(only_reject(read(header() + detail(**{column: other}))))


@pytest.mark.parametrize(("column", "other"), [("fiscal_year", "2025"), ("period", "3"), ("entry_date", "04022026")])
def test_header_and_details_disagree_on_year_period_or_date(column: str, other: str) -> None:
    result = only_document(read(header() + detail(**{column: other})))
    assert codes(result) == ["fmuta6.differs"]
    assert str(result.document.entry_date) == "2026-02-03"


def test_header_and_details_agree_in_another_spelling() -> None:
    assert only_document(read(header() + detail(period="02", fiscal_year="26", entry_date="03/02/2026"))).notices == ()


@pytest.mark.parametrize(("column", "other"), [("currency", "USD"), ("voucher_no", "9"), ("debtor_no", "9")])
def test_header_and_details_disagree_on_what_makes_the_entry(column: str, other: str) -> None:
    assert codes(only_reject(read(header() + detail(**{column: other})))) == ["fmuta6.disagrees"]


@pytest.mark.parametrize("amounts", [("100.00", "-99.99"), ("100.00", "100.00"), ("0.01",)])
def test_unbalanced_general_journal_is_refused(amounts: tuple[str, ...]) -> None:
    reject, good = read(memorial(*amounts, number="1") + memorial("5.00", "-5.00", number="2"))
    assert codes(reject) == ["fmuta6.unbalanced"]
    assert isinstance(reject, Reject)
    assert reject.kind == "journal_entry"
    assert isinstance(good, SourceDocument)


@pytest.mark.parametrize("choice", ["warn", "refuse"])
def test_header_total_differs_from_details(choice: str) -> None:
    results = read(header(amount="150.00") + detail(), adjustments=f'header_difference = "{choice}"')
    if choice == "warn":
        result = only_document(results)
        assert (codes(result), result.document.total) == (["fmuta6.header_differs"], Decimal("121.00"))
        assert result.notices[0].severity == "warning"
    else:
        reject = only_reject(results)
        assert codes(reject) == ["fmuta6.header_differs"]
        assert str(reject.money) == "150.00 EUR"


@pytest.mark.parametrize(("setting", "amount"), [("never", "121.00"), ("always", "100.00")])
def test_vat_setting_that_seems_wrong_is_told_instead_of_an_imbalance(setting: str, amount: str) -> None:
    reject = only_reject(read(header() + detail(amount=amount), adjustments=f'amount_includes_vat = "{setting}"'))
    assert codes(reject) == ["fmuta6.vat_setting_wrong"]
    assert {"never": "always", "always": "never"}[setting] in reject.problems[0].remedy


def test_duplicate_voucher_number_in_one_file() -> None:
    first, second, other_year = read(sale("1") + sale("1", description="other") + sale("1", fiscal_year="2025"))
    assert isinstance(first, SourceDocument)
    assert codes(second) == ["fmuta6.duplicate"]
    assert str(second.money) == "121.00 EUR"  # type: ignore[union-attr]
    assert isinstance(other_year, SourceDocument)


def test_same_number_in_another_journal_is_no_duplicate() -> None:
    assert kinds(read(sale("1") + sale("1", journal_no="71"))) == ["+", "+"]


def test_empty_voucher_number_uses_the_content() -> None:
    results = read(sale("", invoice_no="") + sale("", invoice_no="", description="other") + sale("", invoice_no=""))
    assert kinds(results) == ["+", "+", "fmuta6.duplicate_content"]


@pytest.mark.parametrize(("type", "column"), [("V", "debtor_no"), ("I", "creditor_no")])
def test_debtor_or_creditor_missing(type: str, column: str) -> None:
    about = {"journal_type": type, "debtor_no": "", "creditor_no": ""}
    reject = only_reject(read(header(**about) + detail(**about)))
    assert codes(reject) == ["fmuta6.relation_missing"]
    assert reject.problems[0].source
    assert reject.problems[0].source.column == column


def test_search_code_instead_of_a_number() -> None:
    assert codes(only_document(read(sale(debtor_no="JANSEN")))) == ["fmuta6.looks_like_search_code"]
    result = only_document(read(sale(debtor_no="JANSEN"), adjustments='relation_key = "search_code"'))
    assert (result.document.customer, result.notices) == ("JANSEN", ())


@pytest.mark.parametrize("where", ["header", "detail"])
def test_both_debtor_and_creditor_filled(where: str) -> None:
    head, line = ({"creditor_no": "9"}, {}) if where == "header" else ({}, {"creditor_no": "9"})
    assert codes(only_reject(read(header(**head) + detail(**line))))[0] == "fmuta6.both_relations"


def test_a_later_detail_in_another_currency_is_refused_even_where_the_header_names_none() -> None:
    text = header(currency="", amount="242") + detail(1) + detail(2, currency="USD")
    assert codes(only_reject(read(text))) == ["fmuta6.disagrees"]


def test_codes_longer_than_exacts_lengths_are_kept() -> None:
    result = only_document(read(sale("26700123456")))
    assert result.document.number == "26700123456"


@pytest.mark.parametrize("column", ["invoice_no", "payment_reference", "cost_centre", "debtor_no"])
def test_no_code_is_longer_than_a_document_can_hold(column: str) -> None:
    reject = only_reject(read(sale("1", **{column: "9" * 61})))
    assert codes(reject)[0] == "value.too_long"
    assert reject.problems[0].source.column == column


def test_overlong_code_is_refused_and_named() -> None:
    reject = only_reject(read(header() + detail(cost_centre="x" * 61)))
    assert codes(reject) == ["value.too_long"]
    assert reject.problems[0].source
    assert (reject.problems[0].source.row, reject.problems[0].source.column) == (2, "cost_centre")


def test_vat_code_that_holds_a_percentage_is_kept_for_the_mapping() -> None:
    assert only_document(read(header() + detail(vat_code="21"))).document.lines[0].vat_code == "21"


def test_negative_amounts_for_credit_notes() -> None:
    text = header(amount="-205.41", voucher_no="1") + detail(
        1, amount="13.19", vat_amount="", vat_code="", voucher_no="1"
    )
    text += detail(2, amount="-218.60", vat_amount="", vat_code="", voucher_no="1")
    invoice = only_document(read(text)).document
    assert [line.amount for line in invoice.lines] == [Decimal("13.19"), Decimal("-218.60")]
    assert invoice.is_credit_note
