"""What is sent to Tryton for a document of each kind, to the letter, and what is refused before anything is sent."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.connectors.tryton import mapping
from bookbridge.connectors.tryton.client import typed
from bookbridge.connectors.tryton.mapping import CompanyCurrency
from bookbridge.documents import Invoice, JournalLine
from bookbridge.kit import exact_json
from bookbridge.kit.errors import CannotMapError
from tests.connectors.tryton import documents as given

EURO = CompanyCurrency(1, "EUR")


def invoiced(document: Any) -> Any:
    return mapping.invoice_values(
        document, given.request(document), given.PARTY, company=1, currency=1, codes=given.codes()
    )


def moved(document: Any, currency: int = 1) -> Any:
    return mapping.move_values(
        document, given.request(document), company=1, period=14, home=EURO, currency=currency, codes=given.codes()
    )


def refused(document: Any) -> tuple[str, str | None]:
    with pytest.raises(CannotMapError) as caught:
        invoiced(document) if isinstance(document, Invoice) else moved(document)
    problem = caught.value.problems[0]
    return problem.code, problem.field


def test_a_sale_to_the_byte() -> None:
    assert exact_json.dumps(typed(invoiced(given.sale()))) == (
        '{"type":"out","company":1,"currency":1,"party":3,"invoice_address":5,"account":39,"journal":1,'
        '"number":"26000123","description":"Booking 8841",'
        f'"comment":"{given.MARK} 26000123",'
        '"invoice_date":{"__class__":"date","year":2026,"month":2,"day":9},'
        '"payment_term_date":{"__class__":"date","year":2026,"month":2,"day":23},'
        '"lines":[["create",[{"type":"line","account":100,"quantity":1,'
        '"unit_price":{"__class__":"Decimal","decimal":"100.00"},"description":"Pitch 12","company":1,"currency":1}]]],'
        '"taxes":[["create",[{"manual":true,"tax":1,"account":137,'
        '"base":{"__class__":"Decimal","decimal":"100.00"},"amount":{"__class__":"Decimal","decimal":"21.00"},'
        '"description":"21% sales"}]]]}'
    )


def test_a_purchase_has_its_suppliers_reference_and_tryton_numbers_it() -> None:
    values = invoiced(given.purchase())
    assert (values["type"], values["journal"], values["reference"]) == ("in", 2, "F2026-88")
    assert "number" not in values
    assert values["comment"] == f"{given.MARK} 26600123"


def test_a_memorial_to_the_byte() -> None:
    assert exact_json.dumps(typed(moved(given.memorial()))) == (
        '{"company":1,"journal":5,"period":14,"date":{"__class__":"date","year":2026,"month":2,"day":9},'
        '"description":"Pay-out week 6 [26900417 BB1A2B3C4D]",'
        '"lines":[["create",[{"account":35,"debit":{"__class__":"Decimal","decimal":"250.00"},'
        '"credit":{"__class__":"Decimal","decimal":"0"},"description":"Pay-out"},'
        '{"account":36,"debit":{"__class__":"Decimal","decimal":"0"},'
        '"credit":{"__class__":"Decimal","decimal":"250.00"}}]]]}'
    )


def test_a_credit_note_has_a_negative_quantity_and_the_credit_account_of_its_tax() -> None:
    line = given.line(amount=Decimal("-100.00"), vat_amount=Decimal("-21.00"))
    values = invoiced(given.sale(total=Decimal("-121.00"), lines=(line,)))
    assert values["lines"][0][1][0]["quantity"] == -1
    assert values["lines"][0][1][0]["unit_price"] == Decimal("100.00")
    assert values["taxes"][0][1][0]["account"] == 138


def test_vat_amounts_of_one_code_are_added_up_and_stay_the_files() -> None:
    lines = (given.line(vat_amount=Decimal("21.01")), given.line(amount=Decimal("0.07"), vat_amount=Decimal("0.02")))
    [tax] = invoiced(given.sale(lines=lines))["taxes"][0][1]
    assert (tax["base"], tax["amount"]) == (Decimal("100.07"), Decimal("21.03"))


def test_a_code_with_a_vat_amount_missing_is_left_to_tryton() -> None:
    values = invoiced(given.sale(lines=(given.line(), given.line(vat_amount=None))))
    assert "taxes" not in values
    assert [line["taxes"] for line in values["lines"][0][1]] == [[["add", [1]]]] * 2


def test_reverse_charge_is_left_to_tryton_whatever_the_file_gives() -> None:
    line = given.line(ledger_account="5.1.3", vat_code="reverse", vat_amount=Decimal(0))
    values = invoiced(given.purchase(lines=(line,)))
    assert "taxes" not in values
    assert values["lines"][0][1][0]["taxes"] == [["add", [7]]]


def test_an_amount_with_vat_is_converted_by_the_files_own_vat_amount() -> None:
    values = invoiced(given.sale(vat="inclusive", lines=(given.line(amount=Decimal("121.00")),)))
    assert values["lines"][0][1][0]["unit_price"] == Decimal("100.00")
    bare = given.sale(vat="inclusive", lines=(given.line(amount=Decimal("121.00"), vat_amount=None),))
    assert refused(bare) == ("tryton.vat_kind_unfit", "lines.0.amount")


def test_a_due_date_counts_before_a_term() -> None:
    assert "payment_term" not in invoiced(given.sale())
    values = invoiced(given.sale(due_date=None))
    assert values["payment_term"] == 8
    assert "payment_term_date" not in values


def test_a_period_that_is_not_the_dates_moves_the_accounting_date_alone() -> None:
    values = invoiced(given.sale(period=3))
    assert (values["invoice_date"], values["accounting_date"]) == (given.DAY, date(2026, 3, 1))


def test_the_mark_is_the_same_at_every_attempt_and_another_for_another_posting() -> None:
    document = given.sale()
    again = given.request(document)
    assert mapping.mark_of(again) == mapping.mark_of(given.request(given.sale(total=Decimal(5))))
    other = type(again)(document, again.reference, "another-key")
    assert mapping.mark_of(other) != mapping.mark_of(again)


def test_a_difference_of_a_purchase_is_not_similar_to_what_it_corrects() -> None:
    assert mapping.reference_of(given.purchase(number=None), "BB1A2B3C4D") == "F2026-88 BB1A2B3C4D"


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        ({"ledger_account": "NO"}, "tryton.code_unknown", "lines.0.ledger_account"),
        ({"ledger_account": "1.1.1"}, "tryton.account_not_revenue", "lines.0.ledger_account"),
        ({"ledger_account": "1.2.1"}, "tryton.account_unfit", "lines.0.ledger_account"),
        ({"ledger_account": "2.3.9"}, "tryton.account_unfit", "lines.0.ledger_account"),
        ({"ledger_account": "4.9.9"}, "tryton.account_unfit", "lines.0.ledger_account"),
        ({"vat_code": "NO"}, "tryton.code_unknown", "lines.0.vat_code"),
    ],
)
def test_what_a_line_of_a_sale_may_not_name(line: dict[str, Any], code: str, field: str) -> None:
    assert refused(given.sale(lines=(given.line(**line),))) == (code, field)


def test_a_purchase_takes_no_revenue_account() -> None:
    line = given.line(vat_code="21% purchases")
    assert refused(given.purchase(lines=(line,))) == ("tryton.account_not_expense", "lines.0.ledger_account")


def test_all_lines_problems_come_at_once() -> None:
    bad = given.line(ledger_account="NO")
    with pytest.raises(CannotMapError) as caught:
        invoiced(given.sale(lines=(bad, given.line(), bad)))
    assert [problem.field for problem in caught.value.problems] == ["lines.0.ledger_account", "lines.2.ledger_account"]


@pytest.mark.parametrize("journal", ["EXP", "MISC", "NO"])
def test_a_journal_of_another_kind(journal: str) -> None:
    assert refused(given.sale(journal=journal))[1] == "journal"


def test_a_memorial_in_another_currency_is_booked_at_the_files_rate() -> None:
    values = moved(given.memorial(currency="USD", exchange_rate=Decimal("0.9")), currency=2)
    first, second = values["lines"][0][1]
    assert (first["debit"], first["second_currency"], first["amount_second_currency"]) == (
        Decimal("225.00"),
        2,
        Decimal("250.00"),
    )
    assert (second["credit"], second["amount_second_currency"]) == (Decimal("225.00"), Decimal("-250.00"))


def test_what_a_memorial_in_another_currency_may_not_leave_open() -> None:
    assert refused(given.memorial(currency="USD")) == ("tryton.rate_missing", "currency")
    thirds = [JournalLine(ledger_account="1.1.1", amount=Decimal("0.33")) for _ in range(3)]
    whole = JournalLine(ledger_account="1.1.2", amount=Decimal("-0.99"))
    odd = given.memorial(currency="USD", exchange_rate=Decimal("0.86"), lines=(*thirds, whole))
    assert refused(odd) == ("tryton.rate_leaves_cents", "exchange_rate")


def test_a_memorial_that_does_not_balance_or_has_vat_codes() -> None:
    entry = given.memorial()
    assert refused(entry.model_copy(update={"lines": entry.lines[:1]})) == ("tryton.not_balanced", "lines")
    lines = tuple(line.model_copy(update={"vat_code": "21% sales"}) for line in entry.lines)
    assert refused(entry.model_copy(update={"lines": lines})) == ("tryton.memorial_vat", "lines.0.vat_code")
