"""Keys and fingerprints: what exactly-once rests on."""

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given

from bookbridge.documents import (
    Customer,
    Document,
    InvoiceLine,
    JournalEntry,
    PurchaseInvoice,
    SalesInvoice,
    Supplier,
    document_from_json,
    document_to_json,
    fingerprint,
    posting_key,
    short_reference,
)
from bookbridge.documents.identity import normalised
from tests.documents.strategies import documents


def sale(**values: object) -> SalesInvoice:
    common = {"number": "26700123", "journal": "70", "fiscal_year": 2026, "entry_date": date(2026, 2, 3)}
    more = {"customer": "100234", "total": "121.00", "lines": [{"ledger_account": "8000", "amount": "100.00"}]}
    return SalesInvoice.model_validate({**common, **more, **values})


STORED = "c1ecc07d998de2a39ed3418dd028093d570fe70d243479d9e75f8fe94fe6373d"
SHORT = "E3FE46A8"


def test_key_and_fingerprint_are_what_was_stored_before() -> None:
    """They are stored for ever: whoever changes them must migrate every posting."""
    assert posting_key(sale()) == "/70/2026/26700123"
    assert fingerprint(sale()) == fingerprint(document_from_json(json.loads(json.dumps(document_to_json(sale())))))
    assert fingerprint(sale()) == STORED
    assert short_reference("sales_invoice", "/70/2026/26700123") == "BB" + SHORT


@given(documents)
def test_key_and_fingerprint_survive_storage_as_json(document: Document) -> None:
    again = document_from_json(json.loads(json.dumps(document_to_json(document))))
    assert again == document
    assert posting_key(again) == posting_key(document)
    assert fingerprint(again) == fingerprint(document)


@given(documents, documents)
def test_other_content_has_another_fingerprint(one: Document, other: Document) -> None:
    same = normalised(one.model_dump(exclude_defaults=True)) == normalised(other.model_dump(exclude_defaults=True))
    assert (fingerprint(one) == fingerprint(other)) == (same and one.kind == other.kind)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"total": "121.00"}, {"total": "121"}),
        ({"total": "121.00"}, {"total": "1.21E2"}),
        ({"description": "Caf\u00e9"}, {"description": "Cafe\u0301"}),
        ({"description": "two  words "}, {"description": "two words"}),
        ({"description": ""}, {}),
        ({"description": None, "due_date": None}, {}),
        ({"reversal": False}, {}),
        ({"currency": "EUR"}, {}),
    ],
)
def test_spelling_is_no_content(one: dict[str, object], other: dict[str, object]) -> None:
    assert fingerprint(sale(**one)) == fingerprint(sale(**other))


@pytest.mark.parametrize(
    "change",
    [{"total": "121.01"}, {"customer": "100235"}, {"description": "x"}, {"reversal": True}, {"currency": "USD"},
     {"lines": [{"ledger_account": "8000", "amount": "-100"}]}, {"number": "026700123"},
     {"entry_date": date(2026, 2, 4)}],
)  # fmt: skip
def test_every_content_counts(change: dict[str, object]) -> None:
    assert fingerprint(sale(**change)) != fingerprint(sale())


def test_zero_is_content_and_its_sign_is_not() -> None:
    assert normalised(Decimal("-0.00")) == normalised(Decimal("0")) == "0"
    assert normalised({"amount": Decimal(0)}) == {"amount": "0"}
    assert normalised({"blocked": False}) == {"blocked": False}


def test_order_of_lines_is_content() -> None:
    lines = [InvoiceLine(ledger_account=account, amount=Decimal(1)) for account in ("1", "2")]
    assert fingerprint(sale(lines=lines)) != fingerprint(sale(lines=lines[::-1]))


def test_key_stays_when_the_content_changes() -> None:
    assert posting_key(sale(total="1", description="x", customer="9")) == posting_key(sale())


def test_codes_in_keys_keep_zeros_and_cannot_be_confused() -> None:
    assert posting_key(sale(number="007")) != posting_key(sale(number="7"))
    assert posting_key(sale(administration="1", journal="2/3")) != posting_key(sale(administration="1/2", journal="3"))
    assert posting_key(sale(journal="70/2026", number="1")).count("/") == 3


def test_documents_without_a_number() -> None:
    assert posting_key(sale(number=None, invoice_number="F1")) == "/70/2026/F1"
    nameless = sale(number=None)
    assert posting_key(nameless).endswith("/%23" + fingerprint(nameless))
    assert posting_key(nameless) != posting_key(sale(number=None, total="1"))
    values = {**nameless.model_dump(exclude={"kind", "customer"}), "supplier": "1", "invoice_number": "F1"}
    purchase = PurchaseInvoice.model_validate(values)
    assert "%23" in posting_key(purchase), "a supplier's number alone is not unique"


def test_number_cannot_imitate_a_content_hash() -> None:
    nameless = sale(number=None)
    imitation = sale(number="#" + fingerprint(nameless)[:59])
    assert posting_key(imitation) != posting_key(nameless)


def test_relations_are_their_number_in_their_administration() -> None:
    assert posting_key(Customer(number="1", name="A")) == posting_key(Customer(number="1", name="B")) == "/1"
    assert posting_key(Supplier(number="1", name="A", administration="X")) == "X/1"


def test_kinds_with_the_same_fields_differ() -> None:
    assert fingerprint(Customer(number="1", name="A")) != fingerprint(Supplier(number="1", name="A"))


def test_short_reference_tells_kinds_and_keys_apart() -> None:
    references = {short_reference(kind, key) for kind in ("sales_invoice", "journal_entry") for key in ("/1", "/2")}
    assert len(references) == 4
    assert all(len(reference) == 10 and reference.startswith("BB") for reference in references)


def test_journal_entry_counts_what_is_debited() -> None:
    lines = [{"ledger_account": "1", "amount": amount} for amount in ("10.00", "5.00", "-15.00")]
    entry = JournalEntry.model_validate(
        {"journal": "9", "fiscal_year": 2026, "entry_date": date(2026, 1, 1), "lines": lines}
    )
    assert str(entry.money) == "15.00 EUR"
