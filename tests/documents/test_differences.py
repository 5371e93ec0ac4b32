"""Difference entries: added to what the books hold, they make them say what the source says now. Exactly."""

import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bookbridge.documents import (
    DIFFERENCE,
    Customer,
    Document,
    JournalEntry,
    PurchaseInvoice,
    SalesInvoice,
    apart,
    difference,
    difference_key,
    document_from_json,
    document_to_json,
    fingerprint,
    places,
    posting_key,
    together,
)
from tests.documents.strategies import amounts, days, documents, texts

HEAD: dict[str, Any] = {"number": "26000001", "journal": "70", "fiscal_year": 2026, "entry_date": date(2026, 2, 3)}
accounts = st.sampled_from(["8000", "8010", "8020"])
invoice_lines = st.fixed_dictionaries(
    {
        "ledger_account": accounts,
        "amount": st.sampled_from(["0.00", "100.00", "-12.34", "0.01"]) | amounts.map(str),
        "vat_code": st.sampled_from([None, "2", "4"]),
        "vat_amount": st.none() | amounts.map(str),
        "description": texts,
        "cost_centre": st.sampled_from([None, "K1"]),
        "quantity": st.sampled_from([None, "3"]),
    }
)


@st.composite
def sales(draw: st.DrawFn) -> SalesInvoice:
    given = {"customer": "100", "invoice_number": "26000001", "description": draw(texts)}
    more = {"total": draw(amounts), "lines": draw(st.lists(invoice_lines, min_size=1, max_size=4))}
    return SalesInvoice.model_validate({**HEAD, **given, **more, "entry_date": draw(days)})


@st.composite
def memorials(draw: st.DrawFn) -> JournalEntry:
    """Balanced ones, in few accounts and amounts so that lines of two of them are often the same."""
    lines: list[dict[str, Any]] = []
    for amount in draw(st.lists(st.sampled_from(["50.00", "0.10", "7"]) | amounts.map(str), min_size=1, max_size=3)):
        said = {
            "description": draw(texts),
            "line_date": draw(st.none() | days),
            "cost_centre": draw(st.none() | accounts),
        }
        lines.append({"ledger_account": draw(accounts), "amount": amount, **said})
        lines.append({"ledger_account": draw(accounts), "amount": str(-Decimal(amount)), "customer": "100"})
    return JournalEntry.model_validate({**HEAD, "lines": lines, "description": draw(texts)})


pairs = st.tuples(sales(), sales()) | st.tuples(memorials(), memorials())


def booked(*of: Document | None) -> dict[Any, list[Decimal]]:
    """What documents book together: amount, VAT amount and quantity by all that a line says beside texts and dates."""
    sums: dict[Any, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for document in of:
        for line in getattr(document, "lines", ()):
            counted = [line.amount, line.vat_amount or Decimal(0), line.quantity or Decimal(0)]
            if not (line.amount or line.vat_amount):
                continue
            said = (line.ledger_account, line.vat_code, line.cost_centre, line.cost_unit, getattr(line, "customer", ""))
            key = (document.currency, *said)  # type: ignore[union-attr]
            sums[key] = [held + more for held, more in zip(sums[key], counted, strict=True)]
    return {key: amounts for key, amounts in sums.items() if any(amounts)}


@given(pairs)
def test_what_is_held_and_the_difference_are_what_is_said_now(pair: tuple[Any, Any]) -> None:
    before, after = pair
    assert apart(before, after) == ()
    entry = difference(before, after, "Difference to 26000001")
    assert booked(before, entry) == booked(after)
    if entry is not None and isinstance(after, SalesInvoice):
        assert before.total + entry.total == after.total  # type: ignore[union-attr]


@given(memorials(), memorials())
def test_the_difference_of_balanced_memorials_is_balanced(before: JournalEntry, after: JournalEntry) -> None:
    entry = difference(before, after, "Difference")
    assert entry is None or sum(line.amount for line in entry.lines) == 0  # type: ignore[union-attr]


@given(pairs)
def test_it_is_a_document_that_can_be_stored_and_that_is_no_other(pair: tuple[Any, Any]) -> None:
    before, after = pair
    entry = difference(before, after, "Difference")
    assume(entry is not None)
    assert entry is not None
    assert document_from_json(json.loads(json.dumps(document_to_json(entry)))) == entry
    assert entry.number is None  # type: ignore[union-attr]
    assert posting_key(entry) not in (posting_key(before), posting_key(after))
    assert not any(line.amount == 0 and not line.vat_amount for line in entry.lines)  # type: ignore[union-attr]


@given(pairs)
def test_there_and_back_again_is_nothing(pair: tuple[Any, Any]) -> None:
    before, after = pair
    assert booked(difference(before, after, "There"), difference(after, before, "Back")) == {}
    assert difference(after, after, "Nothing") is None


@given(pairs)
def test_once_it_is_booked_the_books_say_what_the_source_does(pair: tuple[Any, Any]) -> None:
    before, after = pair
    entry = difference(before, after, "Difference")
    assume(entry is not None)
    assert entry is not None
    assert together(before, entry, after) == after


@given(pairs, sales(), memorials())
def test_what_a_person_made_of_it_is_what_the_next_one_starts_from(
    pair: tuple[Any, Any], other: SalesInvoice, memorial: JournalEntry
) -> None:
    before, after = pair
    corrected = other if isinstance(after, SalesInvoice) else memorial
    held = together(before, corrected, after)
    assert booked(held) == booked(before, corrected)
    assert booked(before, corrected, difference(held, before, "Back")) == booked(before)


@given(documents, documents)
def test_what_one_entry_cannot_do_is_told_and_never_done(before: Document, after: Document) -> None:
    fields = apart(before, after)
    if not fields:
        assert booked(before, difference(before, after, "x")) == booked(after)


def sale(**changed: Any) -> SalesInvoice:
    line = {"ledger_account": "8000", "amount": "100.00", "vat_code": "2", "vat_amount": "21.00"}
    given = {"customer": "100", "invoice_number": "26000001", "total": "121.00", "lines": [line]}
    return SalesInvoice.model_validate({**HEAD, **given, **changed})


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"customer": "101"}, "customer"),
        ({"currency": "USD"}, "currency"),
        ({"journal": "71"}, "journal"),
        ({"fiscal_year": 2027}, "fiscal_year"),
        ({"administration": "2"}, "administration"),
        ({"exchange_rate": "1.1"}, "exchange_rate"),
        ({"vat": "inclusive"}, "vat"),
        ({"reversal": True}, "reversal"),
    ],
)
def test_a_field_that_one_entry_cannot_change(changed: dict[str, Any], field: str) -> None:
    assert apart(sale(), sale(**changed)) == (field,)


def test_another_kind_and_relations_have_no_difference() -> None:
    assert apart(sale(), Customer(number="1", name="A")) == ("kind",)
    assert apart(Customer(number="1", name="A"), Customer(number="1", name="B")) == ("kind",)


def test_amounts_that_no_document_can_bear_are_told() -> None:
    assert apart(sale(total="-9000000000000"), sale(total="9000000000000")) == ("total",)


@pytest.mark.parametrize(
    "changed",
    [
        {"description": "Other words"},
        {"entry_date": date(2026, 3, 1), "due_date": date(2026, 4, 1)},
        {"your_reference": "PO 12"},
        {"lines": [{**sale().lines[0].model_dump(), "description": "Other"}]},
        {"lines": [*(line.model_dump() for line in sale().lines), {"ledger_account": "8000", "amount": "0"}]},
    ],
)
def test_texts_and_dates_book_nothing(changed: dict[str, Any]) -> None:
    assert difference(sale(), sale(**changed), "x") is None


def test_it_bears_the_date_and_texts_of_what_is_said_now_and_names_the_original() -> None:
    lines = [
        {"ledger_account": "8000", "amount": "150.00", "vat_code": "2", "vat_amount": "31.50", "description": "New"},
        {"ledger_account": "8010", "amount": "10.00"},
    ]
    later = {"entry_date": date(2026, 3, 1), "due_date": date(2026, 3, 31), "description": "March"}
    entry = difference(sale(), sale(lines=lines, total="191.50", **later), "Difference to 26000001")
    assert isinstance(entry, SalesInvoice)
    assert entry.description == "Difference to 26000001: March"
    assert (entry.entry_date, entry.due_date) == (date(2026, 3, 1), date(2026, 3, 31))
    assert entry.total == Decimal("70.50")
    assert [(line.ledger_account, str(line.amount), str(line.vat_amount)) for line in entry.lines] == [
        ("8000", "-100.00", "-21.00"),
        ("8000", "150.00", "31.50"),
        ("8010", "10.00", "None"),
    ]
    assert places(sale(), sale(lines=lines, total="191.50")) == (None, 0, 1)


def test_lines_that_are_the_same_are_in_neither_as_often_as_both_have_them() -> None:
    two = [{"ledger_account": "8000", "amount": "5.00", "description": text} for text in ("a", "b")]
    rest = {"ledger_account": "8010", "amount": "1.0"}
    entry = difference(sale(lines=[*two, rest]), sale(lines=[two[0], {**rest, "amount": "1.00"}]), "x")
    assert entry is not None
    assert [(line.ledger_account, line.amount) for line in entry.lines] == [("8000", Decimal("-5.00"))]  # type: ignore[union-attr]


def test_a_sale_takes_no_number_of_the_original_and_a_purchase_keeps_the_suppliers() -> None:
    entry = difference(sale(), sale(lines=[{"ledger_account": "8000", "amount": "90"}], total="90"), "x")
    assert isinstance(entry, SalesInvoice)
    assert (entry.number, entry.invoice_number) == (None, None)
    line = {"ledger_account": "7000", "amount": "100"}
    given = {**HEAD, "supplier": "200", "your_reference": "F-1", "invoice_number": "26000001"}
    bought = [PurchaseInvoice.model_validate({**given, "total": n, "lines": [{**line, "amount": n}]}) for n in (1, 2)]
    other = difference(bought[0], bought[1], "x")
    assert isinstance(other, PurchaseInvoice)
    assert (other.number, other.your_reference, other.invoice_number) == (None, "F-1", "26000001")


def test_the_part_for_a_blocked_account_is_the_difference_of_both() -> None:
    more = {"lines": [{"ledger_account": "8000", "amount": "90"}], "total": "90"}
    before, after = sale(blocked_account_amount="20.00"), sale(**more, blocked_account_amount="30.00")
    for one, other, part in ((before, after, "10.00"), (before, sale(**more), "-20.00"), (sale(), sale(**more), None)):
        entry = difference(one, other, "x")
        assert isinstance(entry, SalesInvoice)
        assert entry.blocked_account_amount == (None if part is None else Decimal(part))


@given(documents)
def test_no_document_has_the_key_of_a_difference(document: Document) -> None:
    assert not posting_key(document).startswith(DIFFERENCE)


def test_every_step_of_a_document_has_a_key_of_its_own() -> None:
    """They are stored for ever, and made anew after a restore: what was sent before is found by them."""
    there, back = fingerprint(sale()), fingerprint(sale(total="1"))
    own = posting_key(sale())
    keys = [
        difference_key(own, 0, there, back),
        difference_key(own, 1, back, there),
        difference_key(own, 2, there, back),
    ]
    assert len({*keys, difference_key("other", 0, there, back)}) == 4
    assert keys[0] == (f"difference:05e9a32537bca79d95cf2dce37489403d4abf423695bb60bea934fdf9c3c157a/0/{there}/{back}")
