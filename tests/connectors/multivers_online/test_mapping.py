"""Our documents in Multivers's words: whole bodies to the letter, and the decisions behind them."""

from decimal import Decimal
from typing import Any

import pytest

from bookbridge.connectors.multivers_online import mapping, memorials
from bookbridge.connectors.multivers_online.mapping import Codes, Wanting
from bookbridge.connectors.multivers_online.relations import relation_body
from bookbridge.documents import JournalEntry, PurchaseInvoice, Relation, SalesInvoice
from bookbridge.kit import exact_json
from tests.connectors.multivers_online import golden
from tests.connectors.multivers_online.golden import CODES, REFERENCE, amount

Invoice = SalesInvoice | PurchaseInvoice


def invoice(document: Invoice, transaction: int = 1, codes: Codes = CODES) -> tuple[dict[str, Any], Wanting]:
    wanting = Wanting()
    body = mapping.invoice_body(
        document,
        transaction=transaction,
        condition=document.payment_condition,
        codes=codes,
        reference=REFERENCE,
        wanting=wanting,
    )
    return body, wanting


def memorial(document: JournalEntry, transaction: int = 7) -> tuple[dict[str, Any], Wanting]:
    wanting = Wanting()
    body = memorials.memorial_body(
        document, transaction=transaction, codes=CODES, reference=REFERENCE, base_currency="EUR", wanting=wanting
    )
    return body, wanting


def changed_line(document: Any, **changes: Any) -> Any:
    return document.model_copy(update={"lines": (document.lines[0].model_copy(update=changes), *document.lines[1:])})


def refused(wanting: Wanting) -> list[tuple[str, str | None]]:
    return [(problem.code.removeprefix("multivers_online."), problem.field) for problem in wanting.problems]


def test_a_sale() -> None:
    body, wanting = invoice(golden.SALE, 124)
    assert exact_json.dumps(body) == golden.SALE_JSON
    assert (wanting.problems, wanting.notices()) == ([], ())


def test_a_supplier_s_credit_note_in_another_currency() -> None:
    body, wanting = invoice(golden.CREDIT, 45)
    assert exact_json.dumps(body) == golden.CREDIT_JSON
    # The supplier's number stays clean for those who look it up, so the description has no place.
    assert [(notice.code, notice.field) for notice in wanting.notices()] == [
        ("multivers_online.fields_not_kept", "description")
    ]


def test_a_memorial() -> None:
    body, wanting = memorial(golden.MEMORIAL)
    assert exact_json.dumps(body) == golden.MEMORIAL_JSON
    assert wanting.problems == []


def test_the_kind_of_a_memorial_line_is_its_first_key() -> None:
    body, _ = memorial(golden.MEMORIAL)
    assert [next(iter(line)) for line in body["finTransEntries"]] == ["$type"] * 3


@pytest.mark.parametrize(
    ("relation", "expected"), [(golden.DE_EIK, golden.DE_EIK_BODY), (golden.NOORD, golden.NOORD_BODY)]
)
def test_a_relation(relation: Relation, expected: dict[str, Any]) -> None:
    assert relation_body(relation, Wanting()) == expected


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"number": "260001234"}, "number_too_long", "number"),
        ({"number": "26/123"}, "number_unfit", "number"),
        ({"your_reference": "x" * 31}, "number_too_long", "your_reference"),
        ({"journal": "INK"}, "journal_unfit", "journal"),
        ({"journal": "NO"}, "journal_unfit", "journal"),
        ({"period": 1}, "period_unfit", "period"),
        ({"period": None, "fiscal_year": 2027}, "period_unfit", "entry_date"),
    ],
)
def test_what_a_header_is_refused_for(changes: dict[str, Any], code: str, field: str) -> None:
    _, wanting = invoice(golden.SALE.model_copy(update=changes))
    assert (code, field) in refused(wanting)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"ledger_account": "9999"}, "code_unknown", "ledger_account"),
        ({"ledger_account": "8999"}, "account_unfit", "ledger_account"),
        ({"ledger_account": "1300"}, "account_unfit", "ledger_account"),
        ({"ledger_account": "8050"}, "account_not_in_year", "ledger_account"),
        ({"vat_code": "9"}, "code_unknown", "vat_code"),
        ({"vat_code": "H"}, "code_unknown", "vat_code"),
        ({"cost_centre": "NO"}, "code_unknown", "cost_centre"),
        ({"cost_unit": "NO"}, "code_unknown", "cost_unit"),
    ],
)
def test_what_a_line_is_refused_for(changes: dict[str, Any], code: str, field: str) -> None:
    _, wanting = invoice(changed_line(golden.SALE, **changes))
    assert refused(wanting) == [(code, f"lines.0.{field}")]


def test_lists_that_could_not_be_read_refuse_nothing() -> None:
    names = ("ledger_accounts", "vat_codes", "journals", "cost_centres", "cost_units", "periods")
    codes = Codes(golden.SETTINGS.model_copy(update={"unknown": names}), {})
    strange = changed_line(golden.SALE, ledger_account="9999", vat_code="9", cost_centre="NO")
    body, wanting = invoice(strange.model_copy(update={"journal": "XYZ"}), codes=codes)
    assert wanting.problems == []
    assert body["customerInvoiceLines"][0]["vatCodeId"] == 9


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"description": "x" * 40}, "x" * 30),
        ({"description": None, "your_reference": "PO 7"}, "PO 7"),
        ({"your_reference": "PO 7"}, "PO 7 / Booking 8841"),
        ({"your_reference": "Booking 8841"}, "Booking 8841"),
        ({"description": None}, None),
    ],
)
def test_what_stands_as_a_sale_s_reference(changes: dict[str, Any], expected: str | None) -> None:
    body, wanting = invoice(golden.SALE.model_copy(update=changes))
    assert body.get("reference") == expected
    cut = [notice.field for notice in wanting.notices()]
    assert cut == (["description"] if expected == "x" * 30 else [])


def test_a_text_is_cut_and_told_line_by_line() -> None:
    body, wanting = invoice(changed_line(golden.SALE, description="Pitch 12 with a view of the lake and the hills"))
    assert body["customerInvoiceLines"][0]["description"] == "Pitch 12 with a view of the la"
    assert [notice.field for notice in wanting.notices()] == ["lines.0.description"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "26000123"),
        ({"number": None, "invoice_number": "F-12"}, "F-12"),
        ({"number": None}, "0123ABCD"),
    ],
)
def test_the_number_of_a_sale(changes: dict[str, Any], expected: str) -> None:
    body, wanting = invoice(golden.SALE.model_copy(update=changes))
    assert (body["invoiceId"], wanting.problems) == (expected, [])


def test_a_supplier_s_number_is_none_of_ours() -> None:
    body, _ = invoice(golden.CREDIT.model_copy(update={"number": None, "invoice_number": "12345"}))
    assert body["invoiceId"] == "0123ABCD"


def test_amounts_with_vat_are_converted_by_the_file_s_own_vat() -> None:
    sale = changed_line(golden.SALE.model_copy(update={"vat": "inclusive"}), amount=amount("121.00"))
    body, wanting = invoice(sale)
    assert body["customerInvoiceLines"][0]["creditAmountCur"] == amount("100.00")
    assert wanting.problems == []
    _, wanting = invoice(changed_line(sale, vat_amount=None))
    assert ("vat_kind_unfit", "lines.0.amount") in refused(wanting)


def test_vat_is_given_for_all_lines_or_computed_for_all() -> None:
    [line] = golden.SALE.lines
    without = line.model_copy(update={"vat_amount": None})
    free = line.model_copy(update={"vat_code": "3", "vat_amount": None})
    body, _ = invoice(golden.SALE.model_copy(update={"lines": (without, free)}))
    assert body["autoCalculateVat"] is True
    assert "vatTransactionLines" not in body
    body, _ = invoice(golden.SALE.model_copy(update={"lines": (line, free)}))
    assert [(vat["vatCodeId"], vat["vatAmountCur"]) for vat in body["vatTransactionLines"]] == [(2, 21), (3, 0)]
    _, wanting = invoice(golden.SALE.model_copy(update={"lines": (line, without)}))
    assert refused(wanting) == [("vat_mixed", "lines.1.vat_amount")]


def test_an_invoice_has_one_vat_scenario() -> None:
    lines = (golden.CREDIT.lines[0], golden.CREDIT.lines[0].model_copy(update={"vat_code": "2"}))
    _, wanting = invoice(golden.CREDIT.model_copy(update={"lines": lines}))
    assert refused(wanting) == [("scenarios_mixed", "lines.1.vat_code")]


def test_under_reverse_charge_multivers_computes() -> None:
    body, _ = invoice(changed_line(golden.CREDIT, vat_code="2/12", vat_amount=Decimal(0)))
    assert (body["vatScenarioId"], body["autoCalculateVat"]) == (12, True)


def test_goods_or_services_by_option() -> None:
    codes = Codes(golden.SETTINGS, {"vat_type_sales": "0", "vat_type_purchase": "2"})
    assert invoice(golden.SALE, codes=codes)[0]["customerInvoiceLines"][0]["vatType"] == 0
    assert invoice(golden.CREDIT, codes=codes)[0]["supplierInvoiceLines"][0]["vatType"] == 2


@pytest.mark.parametrize(
    ("changes", "line", "code", "field"),
    [
        ({"currency": "USD"}, {}, "base_currency_only", "currency"),
        ({}, {"amount": amount("251.00")}, "not_balanced", "lines"),
        ({}, {"supplier": "90012"}, "memorial_supplier", "lines.0.supplier"),
        ({}, {"customer": "4711"}, "memorial_invoice_missing", "lines.0.invoice_number"),
        ({"journal": "VRK"}, {}, "journal_unfit", "journal"),
    ],
)
def test_what_a_memorial_is_refused_for(changes: Any, line: Any, code: str, field: str) -> None:
    _, wanting = memorial(changed_line(golden.MEMORIAL.model_copy(update=changes), **line))
    assert refused(wanting) == [(code, field)]


def test_a_long_number_of_a_memorial_is_told_in_its_text_and_found_by_our_reference() -> None:
    body, wanting = memorial(golden.MEMORIAL.model_copy(update={"number": "M-2026-000417"}))
    assert (body["document"], body["description"]) == (REFERENCE, "M-2026-000417 Pay-out")
    assert wanting.problems == []


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"number": "471100001"}, "number_too_long", "number"),
        ({"number": "47/11"}, "number_unfit", "number"),
        ({"email": "x" * 61}, "number_too_long", "email"),
        ({"vat_number": "NL999999990B5"}, "vat_number_unfit", "vat_number"),
        ({"vat_number": "NL123456789B01"}, "vat_number_unfit", "vat_number"),
    ],
)
def test_what_a_relation_is_refused_for(changes: dict[str, Any], code: str, field: str) -> None:
    wanting = Wanting()
    relation_body(golden.DE_EIK.model_copy(update=changes), wanting)
    assert refused(wanting) == [(code, field)]


def test_a_vat_number_of_another_country_is_multivers_s_to_judge() -> None:
    wanting = Wanting()
    relation_body(golden.DE_EIK.model_copy(update={"country": "BE", "vat_number": "BE0123456789"}), wanting)
    assert wanting.problems == []


def test_a_relation_s_texts_are_cut_and_told() -> None:
    wanting = Wanting()
    long = golden.DE_EIK.model_copy(update={"name": "N" * 41, "search_code": "TOO LONG A CODE", "city": "C" * 31})
    body = relation_body(long, wanting)
    assert (body["name"], body["shortName"], body["city"]) == ("N" * 40, "TOO LONG", "C" * 30)
    [notice] = wanting.notices()
    assert "name, city, search_code" in notice.reason
