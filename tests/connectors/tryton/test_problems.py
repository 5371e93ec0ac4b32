"""Tryton's words as our problems."""

import pytest

from bookbridge.connectors.tryton.connector import PackageConnector
from bookbridge.connectors.tryton.problems import is_doubted_vat_number, is_past_due_date, problem_of
from bookbridge.documents import Document
from tests.connectors.tryton import documents as given


@pytest.mark.parametrize("known", PackageConnector.fact_sheet.known_errors, ids=lambda known: known.text[:40])
def test_each_known_error_is_told_in_three_languages(known: object) -> None:
    problem = problem_of(known.text, given.sale())  # type: ignore[attr-defined]
    assert problem.code == known.code  # type: ignore[attr-defined]
    assert len({problem.explain(language).reason for language in ("en", "nl", "fr")}) == 3


@pytest.mark.parametrize(
    ("words", "document", "field"),
    [
        ('To continue, you must reopen the period "2026-01" of company "X".', given.sale(), "period"),
        ('To continue, you must reopen the period "2026-01" of company "X".', given.purchase(), "entry_date"),
        ('The value "Expense" for field "Journal" in record "[1]" of "Account Invoice" is not valid according to its domain.', given.sale(), "journal"),  # noqa: E501
        ('The value "9" for field "Party" in "Account Invoice" does not exist.', given.purchase(), "supplier"),
        ('The value "9" for field "Account" in "Account Invoice Line" does not exist.', given.sale(), "lines.0.ledger_account"),  # noqa: E501
        ("The code on party must be unique.", given.customer(), "number"),
        ('The European VAT Number "NL12" for party "B" is not valid.', given.customer(), "vat_number"),
        ('The phone number "1" for party "B" is not valid.', given.customer(), "phone"),
        ('IBAN "NL00" is not valid.', given.customer(), "bank_account"),
        ("you must balance all its lines debits and credits.", given.memorial(), "lines"),
        ('The invoice "[1]" is similar to invoice "2".', given.purchase(), "your_reference"),
        ("you must set an invoice date after", given.memorial(), "entry_date"),
        ("have an invoice date in the future.", given.customer(), None),
    ],
)  # fmt: skip
def test_a_problem_stands_at_a_field_that_the_document_has(words: str, document: Document, field: str | None) -> None:
    assert problem_of(words, document).field == field


def test_unknown_words_are_shown_as_they_are() -> None:
    problem = problem_of("Something new 42", given.sale())
    assert (problem.code, problem.evidence) == ("tryton.refused", "Something new 42")
    assert "Something new 42" in problem.reason


def test_what_is_a_warning_or_a_doubt() -> None:
    assert is_past_due_date('The invoice "1" generates a payment date "1/1/2026" in the past.')
    assert not is_past_due_date('The invoice "1" is similar to invoice "2".')
    assert is_doubted_vat_number('The European VAT Number "NL12" for party "B" is not valid.')
    assert not is_doubted_vat_number('The email address "x" for party "B" is not valid.')
