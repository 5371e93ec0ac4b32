"""The comparison itself: to the cent, by journal and currency, and what can't be compared."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookbridge.documents import Document, InvoiceLine, JournalLine, document_to_json
from bookbridge.exchange import compared
from bookbridge.exchange.compared import Held, Ours, Result
from bookbridge.kit.booked import BookedEntry
from tests import factories

MARCH = (date(2026, 3, 1), date(2026, 3, 31))


def ours(document: Document, external_id: str = "a", journal: str = "70") -> Ours:
    return Ours(1, external_id, "26000123", journal, document)


def against(books: dict[str, Held], *documents: Ours, known: set[str] | None = None) -> Result:
    return compared.compare(books, documents, *MARCH, lambda ids: ids & (known or set()))


def held(amount: str | None, currency: str = "EUR", journal: str = "70") -> Held:
    return Held(journal, currency, None if amount is None else Decimal(amount))


def without_vat_amounts() -> Document:
    lines = tuple(InvoiceLine(ledger_account="8000", amount="10.00", vat_code="2") for _ in range(3))
    return factories.sales_invoice(total="36.30", lines=lines)


@pytest.mark.parametrize(("booked", "different"), [("36.30", 0), ("36.33", 0), ("36.27", 0), ("36.34", 1)])
def test_vat_that_the_package_computes_may_round_a_cent_a_line(booked: str, different: int) -> None:
    result = against({"a": held(booked)}, ours(without_vat_amounts()))
    row = result.rows["70", "EUR"]
    assert row.different == different
    assert row.difference == Decimal(booked) - Decimal("36.30")


def test_another_currency_is_another_amount() -> None:
    result = against({"a": held("225.85", "USD")}, ours(factories.sales_invoice()))
    assert [(each.booked, each.booked_currency) for each in result.different] == [(Decimal("225.85"), "USD")]
    assert result.rows["70", "EUR"].difference == Decimal("-225.85")


@pytest.mark.parametrize(
    "document",
    [
        factories.journal_entry(
            lines=(
                JournalLine(ledger_account="1100", amount="250.00", vat_code="5"),
                JournalLine(ledger_account="1000", amount="-250.00"),
            )
        ),
        factories.journal_entry(
            lines=(
                JournalLine(ledger_account="1100", amount="250.00", line_date="2026-04-01"),
                JournalLine(ledger_account="1000", amount="-250.00"),
            )
        ),
    ],
    ids=["with VAT", "partly of another month"],
)
def test_a_memorial_whose_amount_cannot_be_compared_is_only_looked_for(document: Document) -> None:
    result = against({"a": held("1.00")}, ours(document))
    assert (result.unchecked, result.different) == (1, [])
    assert against({}, ours(document)).rows["70", "EUR"].missing == 1


def test_an_amount_that_the_package_does_not_tell_counts_as_there() -> None:
    result = against({"a": held(None)}, ours(factories.sales_invoice()))
    assert (result.unchecked, result.rows["70", "EUR"].there, result.rows["70", "EUR"].difference) == (1, 1, 0)


def test_only_strangers_in_our_journals_count_as_such() -> None:
    books = {"a": held("225.85"), "b": held("10.00"), "c": held("5.00", "USD"), "d": held("7.00", journal="80")}
    result = against({**books, "e": held("3.00")}, ours(factories.sales_invoice()), known={"e"})
    counted = {key: (row.others, row.others_amount) for key, row in result.rows.items()}
    assert counted == {("70", "EUR"): (1, Decimal("10.00")), ("70", "USD"): (1, Decimal("5.00"))}
    assert result.moved == 1


def test_the_parts_of_an_entry_add_up() -> None:
    books: compared.Books = {}
    given: dict[str, Any] = {"kind": "journal_entry", "number": "1", "journal": "90", "entry_date": MARCH[0]}
    parts = [BookedEntry(external_id="a", currency="EUR", amount=Decimal(n), **given) for n in (50, 0, 25)]
    compared.take(books, parts[:2])
    compared.take(books, parts[2:])
    assert books["a"].amount == 75


def test_what_is_listed_is_bounded_and_what_is_counted_is_not() -> None:
    many = [ours(factories.sales_invoice(str(number)), str(number)) for number in range(compared.LISTED + 5)]
    result = against({}, *many)
    assert (len(result.missing), result.rows["70", "EUR"].missing) == (compared.LISTED, compared.LISTED + 5)


@pytest.mark.parametrize(
    ("document", "belongs"),
    [
        (factories.sales_invoice(entry_date="2026-03-01"), True),
        (factories.sales_invoice(entry_date="2026-03-31"), True),
        (factories.sales_invoice(entry_date="2026-02-28"), False),
        (factories.sales_invoice(entry_date="2026-04-01"), False),
        (factories.journal_entry(entry_date="2026-04-01"), False),
        (
            factories.journal_entry(
                entry_date="2026-04-01",
                lines=(JournalLine(ledger_account="1", amount="0.00", line_date="2026-03-31"),),
            ),
            True,
        ),
    ],
)
def test_which_documents_are_of_the_period(document: Document, belongs: bool) -> None:
    assert compared.belongs(document_to_json(document), *MARCH) is belongs


_AMOUNTS = st.decimals(min_value=-10_000, max_value=10_000, places=2)


@given(st.lists(st.tuples(_AMOUNTS, st.none() | _AMOUNTS), max_size=20))
def test_posted_is_what_is_there_and_what_is_missing_less_the_difference(pairs: list[tuple[Decimal, Any]]) -> None:
    documents = [ours(factories.sales_invoice(str(n), total=total), str(n)) for n, (total, _) in enumerate(pairs)]
    books = {str(n): Held("70", "EUR", booked) for n, (_, booked) in enumerate(pairs) if booked is not None}
    for row in against(books, *documents).rows.values():
        assert row.documents == row.there + row.missing
        assert row.amount == row.there_amount + row.missing_amount - row.difference
        assert row.difference == sum((booked - total for total, booked in pairs if booked is not None), Decimal(0))
