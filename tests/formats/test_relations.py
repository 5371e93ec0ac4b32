"""Customers and suppliers: fields, and every defect of the fact sheet's table."""

from decimal import Decimal

import pytest

from bookbridge.documents import Customer, Supplier
from bookbridge.formats import Reject, SourceDocument
from tests.formats.rows import codes, creditor, debtor, only_document, only_reject, read, sale, sample

DEBITR, CREDIT = "debitr_globe53", "credit_globe51"


def customer(**values: object) -> Customer:
    document = only_document(read(debtor(**values), DEBITR)).document
    assert isinstance(document, Customer)
    return document


def test_sample_debtor() -> None:
    result = only_document(read(sample("debitr.csv"), DEBITR))
    document = result.document
    assert isinstance(document, Customer)
    assert (document.number, document.name, document.city) == (
        "100234",
        "Bouwbedrijf Jansen & Zn. B.V.",
        "Ergenshuizen",
    )
    assert (document.credit_limit, document.payment_condition, document.blocked) == (Decimal("25000.00"), "30", False)
    assert document.ledger_account == "1300"
    assert codes(result) == ["relation.vat_number_doubtful"]


def test_sample_creditor() -> None:
    document = only_document(read(sample("credit.csv"), CREDIT)).document
    assert isinstance(document, Supplier)
    assert (document.number, document.our_customer_number, document.language) == ("200017", "K4471", "NL")


def test_blank_means_not_given() -> None:
    document = customer()
    assert document.model_dump(exclude_none=True) == {
        "kind": "customer",
        "number": "100234",
        "name": "Jansen",
        "country": "NL",
        "search_code": "100234",
    }


def test_diacritics_in_the_wrong_code_page_are_shown() -> None:
    result = only_document(read(debtor(name="Caféhouder"), DEBITR, encoding="cp850"))
    assert codes(result) == ["file.encoding_doubtful"]
    right = only_document(read(debtor(name="Caféhouder & Zn"), DEBITR, 'encoding = "cp850"', encoding="cp850"))
    assert right.document.name == "Caféhouder & Zn"  # type: ignore[union-attr]


@pytest.mark.parametrize(("text", "country"), [("", "NL"), ("be", "BE"), ("D", "DE"), ("NLD", "NL")])
def test_country_blank_or_in_own_codes(text: str, country: str) -> None:
    assert customer(country=text).country == country


def test_country_settings() -> None:
    adjusted = 'default_country = "BE"\ncountry_map = { HOL = "NL" }'
    first, second = read(debtor(country="") + debtor(debtor_no="2", country="HOL"), DEBITR, adjusted)
    assert isinstance(first, SourceDocument)
    assert isinstance(second, SourceDocument)
    assert [result.document.country for result in (first, second)] == ["BE", "NL"]  # type: ignore[union-attr]


def test_country_that_nobody_knows_is_told() -> None:
    result = only_document(read(debtor(country="XYZ"), DEBITR))
    assert codes(result) == ["relation.country_unknown"]


def test_empty_search_code_falls_back_to_the_number() -> None:
    assert customer(search_code="").search_code == "100234"
    assert customer(search_code="JANSEN").search_code == "JANSEN"


def test_relations_known_by_their_search_code() -> None:
    result = only_document(read(debtor(search_code="JANSEN"), DEBITR, 'relation_key = "search_code"'))
    assert result.document.number == "JANSEN"


@pytest.mark.parametrize("number", ["NL123456789B0", "NL123456789B01", "NL000000000B00", "NLABC"])
def test_invalid_vat_number_keeps_the_relation(number: str) -> None:
    result = only_document(read(debtor(vat_number=number), DEBITR))
    assert codes(result) == ["relation.vat_number_doubtful"]
    assert result.notices[0].field == "vat_number"
    assert result.document.vat_number == number  # type: ignore[union-attr]


def test_vat_number_zero_is_empty() -> None:
    result = only_document(read(debtor(vat_number="0"), DEBITR))
    assert result.document.vat_number is None  # type: ignore[union-attr]
    assert result.notices == ()


def test_foreign_vat_numbers_are_left_alone() -> None:
    assert only_document(read(debtor(vat_number="BE0123456789"), DEBITR)).notices == ()


def test_iban_is_accepted_against_the_column_length() -> None:
    assert customer(bank_account="NL91ABNA0417164300").bank_account == "NL91ABNA0417164300"
    result = only_document(read(debtor(bank_account="NL92ABNA0417164300"), DEBITR))
    assert codes(result) == ["relation.bank_account_doubtful"]
    assert customer(bank_account="123456789").bank_account == "123456789"


def test_same_number_in_both_files_are_two_roles() -> None:
    assert only_document(read(debtor(), DEBITR)).document.kind == "customer"
    assert only_document(read(creditor(creditor_no="100234"), CREDIT)).document.kind == "supplier"


def test_same_number_twice_with_other_content_does_not_win_silently() -> None:
    first, second, third = read(debtor() + debtor(name="Other") + debtor(debtor_no="3"), DEBITR)
    assert isinstance(first, SourceDocument)
    assert isinstance(second, Reject)
    assert (codes(second), second.identifier, second.kind) == (["relation.number_twice"], "100234", "customer")
    assert not second.is_notice
    assert isinstance(third, SourceDocument)


def test_same_number_twice_with_the_same_content_is_harmless() -> None:
    _, second = read(debtor() + debtor(), DEBITR)
    assert codes(second) == ["relation.repeated"]
    assert isinstance(second, Reject)
    assert second.is_notice


def test_rows_of_the_other_kind_are_refused() -> None:
    assert codes(only_reject(read(creditor(), DEBITR))) == ["relation.other_kind"]
    assert codes(only_reject(read(debtor(), CREDIT))) == ["relation.other_kind"]
    mixed = read(debtor() + creditor(), DEBITR)
    assert isinstance(mixed[0], SourceDocument)
    assert codes(mixed[1])[0] == "relation.other_kind"


@pytest.mark.parametrize(("profile", "make"), [("debitr_fin54", debtor), ("credit_fin52", creditor)])
def test_company_number_in_front(profile: str, make: object) -> None:
    result = only_document(read("12," + make(), profile))  # type: ignore[operator]
    assert result.document.administration == "12"
    assert result.document.name in ("Jansen", "De Vries")  # type: ignore[union-attr]


def test_company_number_in_front_names_the_fitting_profile() -> None:
    reject = only_reject(read("12," + debtor(vat_check_date="010126"), DEBITR))
    assert "debitr_fin54" in reject.problems[0].reason


def test_short_check_dates_are_left_alone() -> None:
    assert only_document(read(debtor(vat_check_date="010126"), DEBITR)).notices == ()


@pytest.mark.parametrize("column", ["debtor_no", "name"])
def test_number_and_name_are_needed(column: str) -> None:
    results = read(debtor(debtor_no="1") + debtor(**{column: ""}), DEBITR)
    assert codes(results[1]) == ["value.missing"]
    assert results[1].problems[0].source.column == column  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [("blocked", "maybe", "value.choice_unreadable"), ("credit_limit", "1.000,00", "value.thousands"),
     ("currency", "EURO", "value.currency_unreadable"), ("search_code", "x" * 61, "value.too_long")],
)  # fmt: skip
def test_unreadable_values(column: str, value: str, code: str) -> None:
    assert codes(read(debtor(debtor_no="1") + debtor(**{column: value}), DEBITR)[1]) == [code]


@pytest.mark.parametrize(
    ("text", "blocked"), [("J", True), ("Y", True), ("1", True), ("True", True), ("N", False), ("", None)]
)
def test_yes_and_no(text: str, blocked: bool | None) -> None:
    assert customer(blocked=text).blocked is blocked


def test_short_rows_are_padded() -> None:
    short = ",".join(debtor(currency="USD").split(",")[:9]) + "\r\n"
    document = only_document(read(short, DEBITR)).document
    assert document.currency == "USD"  # type: ignore[union-attr]


def test_relabelled_column() -> None:
    result = only_document(read(debtor(fax="info@example.org"), DEBITR, 'relabel = { fax = "email" }'))
    assert result.document.email == "info@example.org"  # type: ignore[union-attr]


def test_blocked_account_of_a_creditor() -> None:
    document = only_document(read(creditor(blocked_account="991234567"), CREDIT)).document
    assert document.blocked_bank_account == "991234567"  # type: ignore[union-attr]


def test_missing_comma_and_quotes_as_in_entries() -> None:
    broken = debtor(credit_limit="0").replace('0,"",', '0"",', 1)
    assert codes(only_reject(read(broken, DEBITR)))[0] == "file.comma_missing"
    assert codes(only_document(read(broken, DEBITR, "repair_missing_comma_0_quote = true"))) == ["file.comma_repaired"]
    quoted = debtor(name="@").replace("@", 'Bar "De Zon" BV')
    assert codes(only_document(read(quoted, DEBITR))) == ["file.quote_lenient"]


def test_other_files_are_set_aside_whole() -> None:
    assert codes(only_reject(read(sale(), DEBITR)))[0] in ("file.not_this_format", "file.other_layout")
    assert codes(only_reject(read(b"", CREDIT))) == ["file.empty"]
