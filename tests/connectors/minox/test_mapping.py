"""What is sent to Minox, byte for byte, and what is refused instead."""

from decimal import Decimal
from typing import Any

import pytest

from bookbridge.connectors.minox import mapping, relation_bodies
from bookbridge.connectors.minox.codes import Codes
from bookbridge.documents import Document, JournalEntry, JournalLine, Problem
from bookbridge.kit import exact_json
from bookbridge.kit.contract import PostingRequest
from bookbridge.kit.errors import CannotMapError
from tests.connectors.minox import golden
from tests.connectors.minox.golden import CODES, MEMORIAL, PURCHASE, SALE, amount, chosen, line


def problems_of(document: Any, codes: Codes = CODES, **options: str) -> list[tuple[str, str | None]]:
    """Codes and fields of what a document is refused for."""
    with pytest.raises(CannotMapError) as refused:
        lines_of(document, codes, **options)
    found: tuple[Problem, ...] = refused.value.problems
    return [(problem.code.removeprefix("minox."), problem.field) for problem in found]


def lines_of(document: Any, codes: Codes = CODES, **options: str) -> list[dict[str, Any]]:
    make = mapping.journal_lines if isinstance(document, JournalEntry) else mapping.invoice_lines
    return make(document, codes, chosen(**options))


def changed(document: Any, **changes: Any) -> Any:
    return document.model_copy(update=changes)


@pytest.mark.parametrize(
    ("document", "body"),
    [(SALE, golden.SALE_BODY), (PURCHASE, golden.PURCHASE_BODY), (MEMORIAL, golden.MEMORIAL_BODY)],
)
def test_a_booking_to_the_letter(document: Document, body: str) -> None:
    assert exact_json.dumps(lines_of(document)) == body


def test_a_relation_to_the_letter() -> None:
    assert exact_json.dumps(relation_bodies.new_body(golden.CUSTOMER, CODES)) == golden.CUSTOMER_BODY
    assert exact_json.dumps(relation_bodies.new_body(golden.SUPPLIER, CODES)) == golden.SUPPLIER_BODY


def test_a_credit_note_goes_to_the_other_side_and_is_never_below_nil() -> None:
    note = changed(SALE, total=amount("-121.00"), lines=(line(amount=amount("-100.00"), vat_amount=amount("-21.00")),))
    assert [(made["debit"], made["credit"]) for made in lines_of(note)] == [(0, 121), (100, 0)]


def test_the_relation_beside_the_collective_account() -> None:
    made = lines_of(SALE, relation_line="beside")[0]
    assert made["account"] == {"id": "1300", "scheme": "MINOX", "type": "ledger_account"}
    assert made["customer"] == {"id": 4711}
    assert lines_of(PURCHASE, relation_line="beside")[0]["supplier"] == {"id": 90012}


def test_another_currency_goes_with_its_rate() -> None:
    made = lines_of(changed(SALE, currency="USD", exchange_rate=amount("0.9123")))
    assert {exact_json.dumps(one["currency"]) for one in made} == {'{"id":"USD","exchange_rate":0.9123}'}


# --- numbers


def test_a_suppliers_number_stands_in_the_text_and_the_sources_own_is_minoxs() -> None:
    head = lines_of(PURCHASE)[0]
    assert (head["invoice_number"], head["description"]) == (26600088, "F2026-88 / Linen")


@pytest.mark.parametrize(("theirs", "number"), [("202688", 202688), ("F2026-88", 26600088), ("123456789", 26600088)])
def test_a_suppliers_whole_number_where_it_is_chosen(theirs: str, number: int) -> None:
    purchase = changed(PURCHASE, your_reference=theirs)
    made = lines_of(purchase, purchase_invoice_number="supplier")[0]
    assert made["invoice_number"] == number
    # Whichever number is not Minox' own is in the text, so that nothing is lost.
    assert {theirs, "26600088"} - {str(number)} <= set(made["description"].split(" / "))


@pytest.mark.parametrize("number", ["A-17", "123456789", "007", "٣"])
def test_a_number_that_minox_can_not_keep_is_told_all_the_same_and_minox_gives_one(number: str) -> None:
    made = lines_of(changed(SALE, number=number, invoice_number=None))[0]
    assert "invoice_number" not in made
    assert number in {*made["description"].split(" / "), str(made.get("entry_number"))}


def test_an_entry_number_goes_only_where_the_journal_is_free() -> None:
    assert lines_of(SALE)[0]["entry_number"] == 417
    assert "entry_number" not in lines_of(PURCHASE)[0]


def test_the_customers_own_reference_is_in_the_text() -> None:
    assert lines_of(changed(SALE, your_reference="PO 9"))[0]["description"] == "Booking 8841 / PO 9"


@pytest.mark.parametrize("number", ["K-17", "0047", "4 711", "٤"])
def test_a_relation_number_that_would_not_come_back_is_refused(number: str) -> None:
    assert problems_of(changed(SALE, customer=number)) == [("relation_number_unfit", "customer")]
    with pytest.raises(CannotMapError):
        relation_bodies.new_body(changed(golden.CUSTOMER, number=number), CODES)


# --- the id of a booking


def request(key: str, **prepared: str) -> PostingRequest:
    return PostingRequest(SALE, "BB0123ABCD", key, prepared)


def test_the_id_is_the_same_at_every_attempt_and_another_for_another_posting() -> None:
    first = mapping.batch_id(request("key-1"))
    assert mapping.batch_id(request("key-1")) == first
    assert mapping.batch_id(request("key-2")) != first
    assert (first[14], first[19] in "89ab", len(first)) == ("4", True, 36)


def test_the_id_on_record_goes_before_the_derived_one() -> None:
    assert mapping.batch_id(request("key-1", batch="0f0e0d0c-0000-4000-8000-000000000001")).startswith("0f0e0d0c")


# --- memorials


def test_a_memorial_line_on_the_collective_account_is_the_relations() -> None:
    lines = (
        JournalLine(ledger_account="1300", amount=amount("-50.00"), customer="4711", invoice_number="26000123"),
        JournalLine(ledger_account="1100", amount=amount("50.00")),
    )
    made = lines_of(changed(MEMORIAL, lines=lines))[0]
    assert made["account"] == {"id": "4711", "scheme": "MINOX", "type": "customer"}
    assert (made["invoice_number"], made["credit"]) == (26000123, 50)


def test_a_relation_on_an_ordinary_account_has_no_place_and_is_told() -> None:
    lines = (changed(MEMORIAL.lines[0], customer="4711"), MEMORIAL.lines[1])
    memorial = changed(MEMORIAL, lines=lines)
    assert lines_of(memorial)[0]["account"]["type"] == "ledger_account"
    assert mapping.fields_not_kept(memorial, CODES) == ("customer",)


def test_each_memorial_line_keeps_its_own_day() -> None:
    lines = (changed(MEMORIAL.lines[0], line_date=golden.DAY.replace(day=9)), MEMORIAL.lines[1])
    assert [str(made["document_date"]) for made in lines_of(changed(MEMORIAL, lines=lines))] == [
        "2026-02-09",
        "2026-02-03",
    ]


# --- refused before a call


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"journal": "INK"}, ("journal_unfit", "journal")),
        ({"journal": "NO"}, ("journal_unfit", "journal")),
        ({"period": 1}, ("period_unfit", "period")),
        ({"period": 9}, ("period_unfit", "period")),
        ({"period": None, "entry_date": golden.DAY.replace(month=1)}, ("period_unfit", "entry_date")),
        ({"payment_condition": "99"}, ("code_unknown", "payment_condition")),
        ({"total": amount("122.00")}, ("total_apart", "total")),
    ],
)
def test_what_a_sale_is_refused_for(changes: dict[str, Any], problem: tuple[str, str]) -> None:
    assert problems_of(changed(SALE, **changes)) == [problem]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"ledger_account": "7777"}, ("code_unknown", "lines.0.ledger_account")),
        ({"ledger_account": "8999"}, ("account_unfit", "lines.0.ledger_account")),
        ({"ledger_account": "1300"}, ("account_unfit", "lines.0.ledger_account")),
        ({"ledger_account": "1510"}, ("account_unfit", "lines.0.ledger_account")),
        ({"vat_code": "99"}, ("code_unknown", "lines.0.vat_code")),
        ({"cost_centre": "99"}, ("code_unknown", "lines.0.cost_centre")),
        ({"cost_centre": "CAMP"}, ("code_unknown", "lines.0.cost_centre")),
        ({"cost_unit": "P1"}, ("cost_unit_without_place", "lines.0.cost_unit")),
        ({"ledger_account": "8020", "vat_code": None}, ("vat_without_code", "lines.0.vat_code")),
        ({"vat_amount": amount("-21.00")}, ("vat_against_amount", "lines.0.vat_amount")),
    ],
)
def test_what_a_line_is_refused_for(changes: dict[str, Any], problem: tuple[str, str]) -> None:
    assert problems_of(changed(SALE, lines=(line(**changes),))) == [problem]


def test_every_line_that_is_wrong_is_told_at_once() -> None:
    lines = (line(ledger_account="7777"), line(), line(vat_code="99"))
    assert [field for _, field in problems_of(changed(SALE, lines=lines))] == [
        "lines.0.ledger_account",
        "lines.2.vat_code",
    ]


def test_what_a_memorial_is_refused_for() -> None:
    first, second = MEMORIAL.lines
    assert problems_of(changed(MEMORIAL, lines=(first,))) == [("not_balanced", "lines")]
    with_vat = changed(MEMORIAL, lines=(first, changed(second, vat_code="2")))
    assert problems_of(with_vat) == [("vat_in_memorial", "lines.1.vat_code")]
    assert problems_of(changed(MEMORIAL, lines=(changed(first, ledger_account="1300"), second))) == [
        ("account_unfit", "lines.0.ledger_account")
    ]


def test_lists_that_the_package_would_not_give_refuse_nothing() -> None:
    names = ("ledger_accounts", "vat_codes", "journals", "payment_conditions", "cost_centres", "periods")
    blind = Codes(golden.SETTINGS.model_copy(update={**dict.fromkeys(names, ()), "unknown": names}))
    made = lines_of(SALE, blind)
    assert [one["account"]["id"] for one in made] == ["4711", "8000"]
    # Nothing is known of the account, so the line says itself how its VAT is.
    assert made[1]["vat"] == {"id": 2, "amount": Decimal("21.00")}


def test_a_setting_that_is_none_is_named() -> None:
    with pytest.raises(CannotMapError) as refused:
        chosen(vat_codes="sometimes")
    assert "where_needed" in refused.value.problems[0].reason
