"""What becomes of sound entries: fields, VAT in or out, signs, years, places in the file."""

from datetime import date
from decimal import Decimal

import pytest

from bookbridge.documents import InvoiceLine, JournalEntry, JournalLine, PurchaseInvoice, SalesInvoice, SourceRef
from bookbridge.formats import Reject, SourceDocument, Summary, locate
from tests.formats.rows import codes, detail, header, memorial, only_document, only_reject, read, sale, sample


def test_sample_holds_a_sale_a_purchase_and_a_memorial_entry() -> None:
    sales, purchase, entry = read(sample("fmuta6.csv"))
    assert isinstance(sales, SourceDocument)
    assert isinstance(purchase, SourceDocument)
    assert isinstance(entry, SourceDocument)
    invoice = sales.document
    assert isinstance(invoice, SalesInvoice)
    assert (invoice.number, invoice.customer, invoice.total, invoice.vat) == (
        "26700123",
        "100234",
        Decimal("242.00"),
        "exclusive",
    )
    assert invoice.due_date == date(2026, 3, 5)
    assert invoice.lines[0].description == 'Kozijn "Type A", wit'
    assert invoice.lines[1].vat_amount == Decimal("10.50")
    assert isinstance(purchase.document, PurchaseInvoice)
    assert purchase.document.your_reference == "F-2026-881"
    assert purchase.document.lines[0].cost_unit == "P26014"
    assert isinstance(entry.document, JournalEntry)
    assert [line.amount for line in entry.document.lines] == [Decimal("400.00"), Decimal("-400.00")]
    assert [result.rows for result in (sales, purchase, entry)] == [(1, 2, 3), (4, 5), (6, 7, 8)]
    assert [result.position for result in (sales, purchase, entry)] == [1, 2, 3]


def test_lines_equal_their_validated_selves() -> None:
    """Lines are made without pydantic's checks; nothing may tell them from checked ones."""
    for result in read(sample("fmuta6.csv")):
        assert isinstance(result, SourceDocument)
        for line in result.document.lines:  # type: ignore[union-attr]
            model = type(line)
            assert model in (InvoiceLine, JournalLine)
            assert model.model_validate(line.model_dump()) == line
            assert type(result.document).model_validate(result.document.model_dump()) == result.document


@pytest.mark.parametrize("year", ["26", "2026", "", "00", "0000"])
def test_fiscal_year_has_two_or_four_digits_or_comes_from_the_date(year: str) -> None:
    assert only_document(read(sale(fiscal_year=year))).document.fiscal_year == 2026


def test_two_digit_years_turn_at_the_pivot() -> None:
    assert only_document(read(sale(fiscal_year="90"))).document.fiscal_year == 1990
    assert (
        only_document(read(sale(fiscal_year="90"), adjustments="two_digit_year_pivot = 95")).document.fiscal_year
        == 2090
    )


@pytest.mark.parametrize(("text", "period"), [("02", 2), ("2", 2), ("002", 2), ("", None), ("00", None), ("13", 13)])
def test_period_may_be_padded(text: str, period: int | None) -> None:
    assert only_document(read(sale(period=text))).document.period == period


def test_codes_keep_leading_zeros() -> None:
    result = only_document(
        read(
            header(debtor_no="007", journal_no="07", voucher_no="0012")
            + detail(debtor_no="007", journal_no="07", voucher_no="0012", gl_account="0800")
        )
    )
    invoice = result.document
    assert (invoice.customer, invoice.journal, invoice.number, invoice.lines[0].ledger_account) == (
        "007",
        "07",
        "0012",
        "0800",
    )


def test_lower_case_journal_types_are_read() -> None:
    assert only_document(read(sale(journal_type="v"))).document.kind == "sales_invoice"


@pytest.mark.parametrize("profile", ["by_vat_code", "never"])
def test_amounts_without_vat(profile: str) -> None:
    invoice = only_document(read(header() + detail(), adjustments=f'amount_includes_vat = "{profile}"')).document
    assert (invoice.vat, invoice.total) == ("exclusive", Decimal("121.00"))


@pytest.mark.parametrize("profile", ["by_vat_code", "always"])
def test_amounts_with_vat(profile: str) -> None:
    invoice = only_document(
        read(header() + detail(amount="121.00"), adjustments=f'amount_includes_vat = "{profile}"')
    ).document
    assert (invoice.vat, invoice.total) == ("inclusive", Decimal("121.00"))


def test_vat_code_without_amount_leaves_the_vat_to_the_package() -> None:
    invoice = only_document(read(header() + detail(vat_amount=""))).document
    assert (invoice.vat, invoice.total) == ("exclusive", Decimal("121.00"))


def test_no_vat_at_all_is_left_to_the_code() -> None:
    invoice = only_document(read(header(amount="100.00") + detail(vat_amount="", vat_code=""))).document
    assert (invoice.vat, invoice.total) == ("by_code", Decimal("100.00"))


def test_header_without_amount_says_that_the_total_is_assumed() -> None:
    result = only_document(read(header(amount="") + detail()))
    assert result.document.total == Decimal("121.00")
    assert codes(result) == ["fmuta6.total_assumed"]


def test_cents_within_the_tolerance_follow_the_details() -> None:
    result = only_document(read(header(amount="121.01") + detail()))
    assert result.document.total == Decimal("121.00")
    assert result.notices == ()


@pytest.mark.parametrize(
    ("type", "sign", "expected"),
    [
        ("V", "document", 121),
        ("V", "credit_positive", 121),
        ("V", "debit_positive", -121),
        ("I", "document", 121),
        ("I", "debit_positive", 121),
        ("I", "credit_positive", -121),
    ],
)
def test_sign_of_invoices_is_a_setting(type: str, sign: str, expected: int) -> None:
    relation = {"debtor_no": "", "creditor_no": "200017"} if type == "I" else {}
    about = {"journal_type": type, **relation}
    text = header(**about) + detail(**about)
    invoice = only_document(read(text, adjustments=f'sign = {{ {type} = "{sign}" }}')).document
    assert invoice.total == expected
    assert invoice.lines[0].amount * 121 == expected * 100
    assert invoice.lines[0].vat_amount * 121 == expected * 21


@pytest.mark.parametrize(("sign", "first"), [("debit_positive", 5), ("document", 5), ("credit_positive", -5)])
def test_sign_of_memorial_entries_is_a_setting(sign: str, first: int) -> None:
    entry = only_document(read(memorial("5.00", "-5.00"), adjustments=f'sign.M = "{sign}"')).document
    assert entry.lines[0].amount == first


def test_memorial_lines_have_their_own_relation_date_and_invoice() -> None:
    text = header(journal_type="M", debtor_no="", amount="") + detail(1, journal_type="M", vat_code="", vat_amount="",
        invoice_no="F1", entry_date="04022026", creditor_no="200017") + detail(2, journal_type="M", vat_code="",
        vat_amount="", amount="-100.00", debtor_no="")  # fmt: skip
    entry = only_document(read(text)).document
    assert isinstance(entry, JournalEntry)
    line = entry.lines[0]
    assert (line.customer, line.supplier, line.invoice_number, line.line_date) == (
        "100234",
        "200017",
        "F1",
        date(2026, 2, 4),
    )
    assert entry.lines[1].line_date is None


def test_foreign_currency_and_rate() -> None:
    invoice = only_document(read(sale(currency="usd", exchange_rate="0.912345"))).document
    assert (invoice.currency, invoice.exchange_rate) == ("USD", Decimal("0.912345"))


def test_header_takes_currency_and_number_from_the_details_where_it_has_none() -> None:
    text = header(currency="", voucher_no="") + detail(currency="USD", voucher_no="17", exchange_rate="1.1")
    invoice = only_document(read(text)).document
    assert (invoice.currency, invoice.number, invoice.exchange_rate) == ("USD", "17", Decimal("1.1"))


def test_company_number_becomes_the_administration() -> None:
    text = "".join(f"007,{line}\r\n" for line in (header() + detail()).splitlines())
    assert only_document(read(text, "fmuta6_financials41")).document.administration == "007"


def test_blocked_account_and_reversal() -> None:
    about = {
        "journal_type": "I",
        "debtor_no": "",
        "creditor_no": "200017",
        "blocked_account_amount": "36.30",
        "reversal": "J",
    }
    invoice = only_document(read(header(**about) + detail(**about))).document
    assert (invoice.blocked_account_amount, invoice.reversal) == (Decimal("36.30"), True)


@pytest.mark.parametrize("mark", ["", "N", "P"])
def test_other_marks_in_the_reversal_column_are_no_reversal(mark: str) -> None:
    assert only_document(read(sale(reversal=mark))).document.reversal is False


def test_invoice_number_comes_from_the_details_else_the_voucher() -> None:
    assert only_document(read(header() + detail(invoice_no="V-9"))).document.invoice_number == "V-9"
    assert only_document(read(sale())).document.invoice_number == "26700123"


def test_a_second_invoice_number_is_told() -> None:
    result = only_document(read(header(amount="242") + detail(1, invoice_no="A") + detail(2, invoice_no="B")))
    assert result.document.invoice_number == "A"
    assert codes(result) == ["fmuta6.invoice_number_differs"]


def test_payment_discount_is_told_as_it_has_no_place() -> None:
    assert codes(only_document(read(header(credit_term_amount="2.42") + detail()))) == ["fmuta6.credit_term_amount"]
    assert codes(only_document(read(header(credit_term_amount="0.00") + detail()))) == []


def test_values_in_reserved_columns_are_shown() -> None:
    result = only_document(read(header(reserved_33="ERP") + detail()))
    assert [(problem.code, problem.source.column, problem.value) for problem in result.notices if problem.source] == [
        ("fmuta6.reserved_value", "reserved_33", "ERP")
    ]
    assert "ERP" in result.raw


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://x")', "<script>alert(1)</script>", "'; DROP TABLE x; --", "{value}", "+31"]
)
def test_hostile_text_is_data(text: str) -> None:
    result = only_document(read(header(description=text) + detail(description=text)))
    assert result.document.description == text
    assert result.document.lines[0].description == text


@pytest.mark.parametrize(
    ("field", "row", "column"),
    [("lines.1.vat_code", 3, "vat_code"), ("lines.0.ledger_account", 2, "gl_account"),
     ("due_date", 1, "invoice_due_date"), ("lines.9.amount", None, "amount"),
     ("customer", 1, "debtor_no"), ("number", 1, "voucher_no"), ("journal", 1, "journal_no"), ("total", 1, "amount"),
     ("your_reference", 1, "payment_reference"), ("invoice_number", 2, "invoice_no")],
)  # fmt: skip
def test_locate_finds_the_place_of_a_field(field: str, row: int | None, column: str) -> None:
    result = read(sample("fmuta6.csv"))[0]
    assert locate("fmuta6", field, result.rows, "f.csv") == SourceRef(file="f.csv", row=row, column=column)


@pytest.mark.parametrize("format", ["debitr", "credit", "dbopen"])
def test_locate_knows_every_format(format: str) -> None:
    expected = {"debitr": "debtor_no", "credit": "creditor_no", "dbopen": "number"}[format]
    assert locate(format, "number", (7,), "f") == SourceRef(file="f", row=7, column=expected)


def test_locate_without_rows_or_path_raises_nothing() -> None:
    assert locate("fmuta6", "", (), "f").row is None
    assert locate("fmuta6", "lines", (1, 2), "f").row == 2


def test_summary_counts_rows_and_money() -> None:
    summary = Summary()
    for result in read(sample("fmuta6.csv") + sale("1", currency="USD").encode() + header(voucher_no="2").encode()):
        summary.add(result)
    assert (summary.rows, summary.documents, summary.rejects) == (11, 4, 1)
    assert summary.totals == {"EUR": "763.00", "USD": "121.00"}
    assert summary.reject_totals == {"EUR": "121.00"}


def test_most_sales_negative_hints_at_the_sign_setting() -> None:
    summary = Summary()
    for number in ("1", "2", "3"):
        sign = "" if number == "3" else "-"
        about = {"voucher_no": number}
        for result in read(
            header(amount=f"{sign}121", **about) + detail(amount=f"{sign}100", vat_amount=f"{sign}21", **about)
        ):
            summary.add(result)
    assert [problem.code for problem in summary.notices] == ["fmuta6.sign_hint"]


def test_zero_lines_can_be_dropped_but_count_for_numbering() -> None:
    text = header() + detail(1, amount="0.00", vat_amount="", vat_code="") + detail(2)
    kept, dropped = (
        only_document(read(text, adjustments=f'zero_amount_lines = "{choice}"')) for choice in ("keep", "drop")
    )
    assert len(kept.document.lines) == 2
    assert (len(dropped.document.lines), dropped.rows, dropped.dropped_rows) == (1, (1, 3), (2,))
    assert dropped.row_count == 3
    assert codes(dropped) == ["fmuta6.zero_line_dropped"]


@pytest.mark.parametrize("type", ["K", "B", "G"])
def test_cash_bank_and_giro_are_rejected_with_their_money(type: str) -> None:
    about = {"journal_type": type, "journal_no": "10", "debtor_no": ""}
    reject = only_reject(read(header(**about) + detail(**about)))
    assert codes(reject) == ["fmuta6.journal_type_not_carried"]
    assert str(reject.money) == "121.00 EUR"
    assert (reject.identifier, reject.journal, reject.kind, reject.rows) == ("26700123", "10", None, (1, 2))


def test_default_journal_fills_an_empty_one() -> None:
    text = sale(journal_no="")
    assert codes(only_reject(read(text))) == ["value.missing"]
    assert only_document(read(text, adjustments='default_journals = { V = "71" }')).document.journal == "71"


def test_reject_is_explained_in_three_languages() -> None:
    reject = only_reject(read(sale(entry_date="31022026")))
    problem = reject.problems[0]
    assert isinstance(reject, Reject)
    assert len({problem.explain(language).reason for language in ("en", "nl", "fr")}) == 3
    assert "31022026" in problem.explain("nl").reason
