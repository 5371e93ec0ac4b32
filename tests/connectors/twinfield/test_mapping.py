"""Our documents in Twinfield's words: whole transactions and dimensions, and the decisions behind them."""

from datetime import date
from typing import Any

import pytest
from lxml import etree

from bookbridge.connectors.twinfield import mapping, relations, soap
from bookbridge.connectors.twinfield.mapping import Choices, Codes
from bookbridge.documents import InvoiceLine, JournalLine
from bookbridge.kit.errors import CannotMapError
from bookbridge.kit.package_settings import PackageSettings
from tests.connectors.twinfield import golden
from tests.connectors.twinfield.golden import CHOSEN, CODES, OFFICE, REFERENCE, amount


def said(entry: mapping.Entry, chosen: Choices = CHOSEN, codes: Codes = CODES, *, corrects: bool = False) -> Any:
    return mapping.transaction(entry, REFERENCE, office=OFFICE, codes=codes, chosen=chosen, corrects=corrects)


def refused(entry: mapping.Entry, codes: Codes = CODES) -> list[tuple[str, str | None]]:
    with pytest.raises(CannotMapError) as caught:
        said(entry, codes=codes)
    return [(problem.code.removeprefix("twinfield."), problem.field) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("entry", "xml"),
    [
        (golden.SALE, golden.SALE_XML),
        (golden.CREDIT, golden.CREDIT_XML),
        (golden.MEMORIAL, golden.MEMORIAL_XML),
    ],
    ids=["sale", "credit", "memorial"],
)
def test_a_transaction_to_the_letter(entry: mapping.Entry, xml: str) -> None:
    assert etree.tostring(said(entry), encoding="unicode") == xml


@pytest.mark.parametrize(
    ("party", "xml"), [(golden.DE_EIK, golden.DE_EIK_XML), (golden.NOORD, golden.NOORD_XML)], ids=["DEB", "CRD"]
)
def test_a_new_relation_to_the_letter(party: relations.Party, xml: str) -> None:
    assert etree.tostring(relations.dimension(party, None, OFFICE), encoding="unicode") == xml


def test_a_change_sends_both_lists_whole_with_the_ids_that_they_have() -> None:
    held = soap.parse(
        "<dimension><name>Oud</name><addresses>"
        '<address id="1" type="invoice" default="true"><name>Oud</name><city>Ede</city><field5>KvK 1</field5></address>'
        '<address id="2" type="postal" default="false"><city>Epe</city></address></addresses>'
        '<banks><bank id="1" default="true"><iban>NL02ABNA0123456789</iban></bank></banks></dimension>'
    )
    sent = relations.dimension(golden.NOORD.model_copy(update={"city": "Assen"}), held, OFFICE)
    addresses = sent.findall("addresses/address")
    assert [dict(one.attrib) for one in addresses] == [
        {"id": "1", "type": "invoice", "default": "true"},
        {"id": "2", "type": "postal", "default": "false"},
    ]
    assert [soap.text_of(one, "city") for one in addresses] == ["Assen", "Epe"]
    assert soap.text_of(addresses[0], "field5") == "KvK 1"
    assert [soap.text_of(one, "iban") for one in sent.iterfind("banks/bank")] == [
        "NL02ABNA0123456789",
        "NL91ABNA0417164300",
    ]


def test_leading_zeros_are_kept_everywhere() -> None:
    line = InvoiceLine(ledger_account="0110", amount=amount("100.00"), vat_code="VH", vat_amount=amount("21.00"))
    sent = said(golden.SALE.model_copy(update={"lines": (line,), "number": "0042"}))
    assert soap.text_of(sent, "lines/line[2]/dim1") == "0110"
    assert soap.text_of(sent, "lines/line[1]/dim2") == "04711"
    assert soap.text_of(sent, "header/freetext1") == f"{REFERENCE} 0042"


def test_warnings_stop_a_booking() -> None:
    assert all(said(entry).get("raisewarning") == "true" for entry in (golden.SALE, golden.CREDIT, golden.MEMORIAL))


@pytest.mark.parametrize(
    ("changes", "corrects", "number"),
    [
        ({}, False, "F2026-88"),
        ({"your_reference": None, "invoice_number": "7"}, False, "7"),
        ({"your_reference": None}, False, "26600123"),
        ({"your_reference": None, "number": None}, False, REFERENCE),
        ({"number": None}, True, f"F2026-88 {REFERENCE}"),
    ],
)
def test_the_invoice_number_of_a_purchase(changes: dict[str, Any], corrects: bool, number: str) -> None:
    sent = said(golden.CREDIT.model_copy(update=changes), corrects=corrects)
    assert soap.text_of(sent, "header/invoicenumber") == number


def test_amounts_with_vat_are_converted_by_the_file_s_own_vat() -> None:
    line = golden.SALE.lines[0].model_copy(update={"amount": amount("121.00")})
    sale = golden.SALE.model_copy(update={"vat": "inclusive", "lines": (line,)})
    assert soap.text_of(said(sale), "lines/line[2]/value") == "100.00"
    without = sale.model_copy(update={"lines": (line.model_copy(update={"vat_amount": None}),)})
    assert refused(without) == [("vat_amount_needed", "lines.0.amount")]


def test_reverse_charge_leaves_the_vat_to_twinfield() -> None:
    line = InvoiceLine(ledger_account="4010", amount=amount("100.00"), vat_code="IVL", vat_amount=amount("0.00"))
    sent = said(golden.CREDIT.model_copy(update={"total": amount("100.00"), "lines": (line,)}))
    assert sent.find("lines/line[2]/vatvalue") is None


@pytest.mark.parametrize(
    ("total", "vat_amount", "problems"),
    [
        ("121.01", "21.00", [("total_unfit", "total")]),
        ("121.01", "21.01", []),
        ("121.02", None, []),
        ("121.03", None, [("total_unfit", "total")]),
    ],
)
def test_a_total_that_does_not_balance_is_refused_here(
    total: str, vat_amount: str | None, problems: list[tuple[str, str]]
) -> None:
    line = golden.SALE.lines[0].model_copy(update={"vat_amount": vat_amount and amount(vat_amount)})
    sale = golden.SALE.model_copy(update={"total": amount(total), "lines": (line,)})
    if problems:
        assert refused(sale) == problems
    else:
        assert soap.text_of(said(sale), "lines/line[1]/value") == total


def test_a_line_whose_vat_has_another_sign_can_not_be_said() -> None:
    line = golden.SALE.lines[0].model_copy(update={"vat_amount": amount("-21.00")})
    sale = golden.SALE.model_copy(update={"total": amount("79.00"), "lines": (line,)})
    assert refused(sale) == [("vat_against_amount", "lines.0.vat_amount")]


def test_every_problem_of_a_document_is_told_at_once() -> None:
    lines = (
        InvoiceLine(ledger_account="NO", amount=amount("1"), vat_code="VH"),
        InvoiceLine(ledger_account="8020", amount=amount("1"), vat_code="NO", cost_centre="NO"),
    )
    sale = golden.SALE.model_copy(update={"journal": "INK", "period": 1, "lines": lines})
    assert refused(sale) == [
        ("journal_unfit", "journal"),
        ("date_outside_period", "period"),
        ("code_unknown", "lines.0.ledger_account"),
        ("code_unknown", "lines.1.vat_code"),
    ]


def test_a_thousand_lines_and_no_more() -> None:
    line = InvoiceLine(ledger_account="8020", amount=amount("1.00"))
    sale = golden.SALE.model_copy(update={"total": amount("999.00"), "lines": (line,) * 999})
    assert len(said(sale).findall("lines/line")) == 1000
    longer = sale.model_copy(update={"total": amount("1000.00"), "lines": (line,) * 1000})
    assert refused(longer) == [("too_many_lines", "lines")]


def test_a_memorial_out_of_balance_or_of_one_line_is_refused() -> None:
    for lines in (golden.MEMORIAL.lines[:1], (JournalLine(ledger_account="1200", amount=amount("0")),)):
        assert refused(golden.MEMORIAL.model_copy(update={"lines": lines})) == [("not_balanced", "lines")]


def test_vat_in_a_memorial_is_refused_and_not_dropped() -> None:
    line = golden.MEMORIAL.lines[0].model_copy(update={"vat_code": "VH"})
    entry = golden.MEMORIAL.model_copy(update={"lines": (line, golden.MEMORIAL.lines[1])})
    assert refused(entry) == [("no_vat_in_memorials", "lines.0.vat_code")]


def test_what_has_no_place_is_named() -> None:
    assert mapping.fields_not_kept(golden.SALE, CODES) == ()
    line = golden.SALE.lines[0].model_copy(update={"quantity": amount("2")})
    sale = golden.SALE.model_copy(update={"exchange_rate": amount("0.9"), "reversal": True, "lines": (line,)})
    assert mapping.fields_not_kept(sale, CODES) == ("exchange_rate", "reversal", "lines.quantity")
    elsewhere = golden.MEMORIAL.lines[0].model_copy(update={"customer": "04711", "line_date": date(2026, 2, 1)})
    entry = golden.MEMORIAL.model_copy(update={"lines": (elsewhere, golden.MEMORIAL.lines[1])})
    assert mapping.fields_not_kept(entry, CODES) == ("lines.customer", "lines.line_date")


def test_the_options_of_a_configuration() -> None:
    chosen = mapping.choices(
        {"destiny": "temporary", "reference_field": "freetext2", "cost_centre_in": "dim3", "simultaneous_calls": "2"}
    )
    sent = said(golden.SALE, chosen)
    assert sent.get("destiny") == "temporary"
    assert soap.text_of(sent, "header/freetext2").startswith(REFERENCE)
    assert (soap.text_of(sent, "lines/line[2]/dim2"), soap.text_of(sent, "lines/line[2]/dim3")) == ("P1", "CAMP")
    with pytest.raises(CannotMapError) as caught:
        mapping.choices({"destiny": "someday"})
    assert caught.value.problems[0].code == "twinfield.option_unknown"


@pytest.mark.parametrize(
    ("code", "mask", "fits"),
    [
        ("1234", "1[0-9][0-9][0-9]", True),
        ("2234", "1[0-9][0-9][0-9]", False),
        ("12345", "1[0-9][0-9][0-9]", False),
        ("D-9", "*[0-9]*", True),
        ("D", "*[0-9]*", False),
        ("AB", "A?", True),
        ("A.B", "A.B", True),
        ("AxB", "A.B", False),
        ("x", "[z-a]", True),
        ("", "*", True),
        ("d9", "D9", True),
        ("4711", "1###", True),
        ("4711", "[!0-9]*", True),
        ("4711", "1[0-9", True),
    ],
)
def test_the_format_of_a_code(code: str, mask: str, fits: bool) -> None:
    assert mapping.fits_mask(code, mask) is fits


def test_lists_that_could_not_be_read_let_codes_pass() -> None:
    unread = Codes(PackageSettings(unknown=("ledger_accounts", "vat_codes", "cost_centres", "cost_units", "journals")))
    line = golden.SALE.lines[0].model_copy(update={"ledger_account": "1", "vat_code": "X", "cost_centre": "Y"})
    assert (
        soap.text_of(said(golden.SALE.model_copy(update={"lines": (line,)}), codes=unread), "lines/line[2]/dim1") == "1"
    )


@pytest.mark.parametrize("days", ["30 dagen", "-1", "1000", "٣"])
def test_a_payment_condition_is_a_number_of_days(days: str) -> None:
    with pytest.raises(CannotMapError):
        mapping.days_of(days)


def test_signs_that_xml_can_not_hold_do_not_stop_a_document() -> None:
    sent = said(golden.SALE.model_copy(update={"description": "a\x00b\x1fc\ufffe <&> ]]> 🙂"}))
    again = soap.parse(etree.tostring(sent))
    assert soap.text_of(again, "lines/line[1]/description") == "a b c  <&> ]]> 🙂"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("BB0123ABCD 26000123", "26000123"),
        ("BB0123ABCD", None),
        ("BB0123abcd 1", None),
        ("Camping 12", None),
        ("", None),
        ("BB0123ABCD A 1", "A 1"),
    ],
)
def test_the_source_s_number_behind_our_reference(text: str, number: str | None) -> None:
    assert mapping.number_behind(text) == number
