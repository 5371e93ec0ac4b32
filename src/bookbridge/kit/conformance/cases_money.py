"""Amounts: VAT of every kind, credit notes, currencies, cents."""

from decimal import Decimal

from bookbridge.kit.conformance.cases import case
from bookbridge.kit.conformance.expect import expect, none, only, posted_or_there, refused_at, total
from bookbridge.kit.conformance.rig import Rig
from bookbridge.kit.outcomes import Found, Posted, Refused

HUNDRED = Decimal("100.00")


@case("sales_invoice")
def vat_on_top(rig: Rig) -> None:
    """100.00 with 21 % on top is 121.00."""
    rig.posted(rig.samples.customer(), rig.samples.sales())
    total(only(rig, "sales_invoice"), "121.00")


@case("sales_invoice")
def sales_credit_note(rig: Rig) -> None:
    """A credit note lowers what the customer owes."""
    rig.posted(rig.samples.customer())
    line = rig.samples.line(amount=-HUNDRED, vat_amount=Decimal("-21.00"))
    expect(Posted, rig.post(rig.samples.sales(total=Decimal("-121.00"), lines=(line,))))
    total(only(rig, "sales_invoice"), "-121.00")


@case("purchase_invoice")
def purchase_credit_note(rig: Rig) -> None:
    """A supplier's credit note lowers what we owe."""
    rig.posted(rig.samples.supplier())
    codes = rig.stage.codes
    line = rig.samples.line(
        ledger_account=codes.cost_account, vat_code=codes.purchase_vat, amount=-HUNDRED, vat_amount=Decimal("-21.00")
    )
    expect(Posted, rig.post(rig.samples.purchase(total=Decimal("-121.00"), lines=(line,))))
    total(only(rig, "purchase_invoice"), "-121.00")


@case("sales_invoice")
def zero_vat(rig: Rig) -> None:
    """A code of 0 % adds nothing."""
    rig.posted(rig.samples.customer())
    line = rig.samples.line(vat_code=rig.stage.codes.zero_vat, vat_amount=Decimal("0.00"))
    expect(Posted, rig.post(rig.samples.sales(total=HUNDRED, lines=(line,))))
    total(only(rig, "sales_invoice"), "100.00")


@case("purchase_invoice", code="reverse_charge_vat")
def reverse_charge(rig: Rig) -> None:
    """Under reverse charge the supplier gets the amount without VAT."""
    rig.posted(rig.samples.supplier())
    codes = rig.stage.codes
    line = rig.samples.line(ledger_account=codes.cost_account, vat_code=codes.reverse_charge_vat, vat_amount=None)
    expect(Posted, rig.post(rig.samples.purchase(total=HUNDRED, lines=(line,))))
    total(only(rig, "purchase_invoice"), "100.00")


@case("purchase_invoice", code="reverse_charge_vat")
def reverse_charge_with_vat_given(rig: Rig) -> None:
    """A VAT amount of nil that the file gives under reverse charge does not overrule the package's own lines."""
    rig.posted(rig.samples.supplier())
    codes = rig.stage.codes
    line = rig.samples.line(
        ledger_account=codes.cost_account, vat_code=codes.reverse_charge_vat, vat_amount=Decimal("0.00")
    )
    document = rig.samples.purchase(total=HUNDRED, lines=(line,))
    expect(Posted, rig.post(document))
    total(only(rig, "purchase_invoice"), "100.00")


@case("purchase_invoice", code="reverse_charge_vat")
def reverse_charge_within_the_amount(rig: Rig) -> None:
    """A VAT amount that the file tells under reverse charge is not taken off the amount, which counts with VAT."""
    rig.posted(rig.samples.supplier())
    codes = rig.stage.codes
    line = rig.samples.line(ledger_account=codes.cost_account, vat_code=codes.reverse_charge_vat)
    document = rig.samples.purchase(vat="inclusive", total=HUNDRED, lines=(line,))
    expect(Posted, rig.post(document))
    total(only(rig, "purchase_invoice"), "100.00")
    found = expect(Found, rig.connector().find(rig.request(document)))
    assert not found.differences, f"differences: {found.differences}"


@case("sales_invoice")
def foreign_currency(rig: Rig) -> None:
    """An invoice in another currency keeps its amounts in that currency."""
    rig.posted(rig.samples.customer())
    currency = rig.stage.codes.foreign_currency
    document = rig.samples.sales(currency=currency, exchange_rate=Decimal("0.9123"))
    expect(Posted, rig.post(document))
    total(only(rig, "sales_invoice"), "121.00", currency)
    found = expect(Found, rig.connector().find(rig.request(document)))
    assert not found.differences, f"differences: {found.differences}"


@case("sales_invoice")
def a_cent_of_rounding(rig: Rig) -> None:
    """Where the file's VAT is a cent off what the package would compute, the file's counts."""
    rig.posted(rig.samples.customer())
    line = rig.samples.line(amount=Decimal("33.33"), vat_amount=Decimal("7.01"))
    expect(Posted, rig.post(rig.samples.sales(total=Decimal("40.34"), lines=(line,))))
    total(only(rig, "sales_invoice"), "40.34")


@case("sales_invoice")
def many_lines_add_up(rig: Rig) -> None:
    """Forty lines of odd cents add up to the document's total to the cent."""
    rig.posted(rig.samples.customer())
    line = rig.samples.line(amount=Decimal("0.07"), vat_amount=Decimal("0.01"))
    expect(Posted, rig.post(rig.samples.sales(total=Decimal("3.20"), lines=(line,) * 40)))
    total(only(rig, "sales_invoice"), "3.20")


@case("sales_invoice")
def large_amount(rig: Rig) -> None:
    """An amount that a floating-point number can't hold arrives to the cent."""
    rig.posted(rig.samples.customer())
    line = rig.samples.line(amount=Decimal("9007199254.33"), vat_amount=Decimal("1891511843.41"))
    expect(Posted, rig.post(rig.samples.sales(total=Decimal("10898711097.74"), lines=(line,))))
    total(only(rig, "sales_invoice"), "10898711097.74")


@case("sales_invoice", code="inclusive_vat")
def inclusive_amount_under_inclusive_code(rig: Rig) -> None:
    """An amount with VAT under a code that counts with VAT goes as it is."""
    rig.posted(rig.samples.customer())
    line = rig.samples.line(amount=Decimal("121.00"), vat_code=rig.stage.codes.inclusive_vat)
    expect(Posted, rig.post(rig.samples.sales(vat="inclusive", lines=(line,))))
    total(only(rig, "sales_invoice"), "121.00")


@case("sales_invoice", code="inclusive_vat")
def exclusive_amount_under_inclusive_code(rig: Rig) -> None:
    """An amount without VAT under a code that counts with VAT is converted by the file's own VAT amount."""
    rig.posted(rig.samples.customer())
    line = rig.samples.line(vat_code=rig.stage.codes.inclusive_vat)
    expect(Posted, rig.post(rig.samples.sales(vat="exclusive", lines=(line,))))
    total(only(rig, "sales_invoice"), "121.00")


@case("sales_invoice")
def inclusive_amount_under_exclusive_code(rig: Rig) -> None:
    """An amount with VAT under a code that counts without is converted by the file's own VAT amount."""
    rig.posted(rig.samples.customer())
    line = rig.samples.line(amount=Decimal("121.00"))
    document = rig.samples.sales(vat="inclusive", lines=(line,))
    posted_or_there(rig.post(document))
    total(only(rig, "sales_invoice"), "121.00")
    found = expect(Found, rig.connector().find(rig.request(document)))
    assert not found.differences, f"differences: {found.differences}"


@case("sales_invoice")
def vat_that_can_not_be_converted(rig: Rig) -> None:
    """Amounts that count the other way than the code, without a VAT amount, are refused at the line, never computed."""
    rig.posted(rig.samples.customer())
    document = rig.samples.sales(vat="inclusive", lines=(rig.samples.line(amount=Decimal("121.00"), vat_amount=None),))
    refused_at(rig.post(document), document, "lines.0.amount")
    none(rig, "sales_invoice")


@case("sales_invoice")
def vat_computed_by_the_package(rig: Rig) -> None:
    """Without a VAT amount the package computes it, and the entry is found again without differences."""
    rig.posted(rig.samples.customer())
    document = rig.samples.sales(vat="by_code", lines=(rig.samples.line(vat_amount=None),))
    expect(Posted, rig.post(document))
    total(only(rig, "sales_invoice"), "121.00")
    found = expect(Found, rig.connector().find(rig.request(document)))
    assert not found.differences, f"differences: {found.differences}"


@case("sales_invoice")
def another_total_is_told(rig: Rig) -> None:
    """When the package would book another total than the document says, the outcome tells; where the total is sent
    along, the document is refused at it."""
    rig.posted(rig.samples.customer())
    document = rig.samples.sales(total=Decimal("125.00"), lines=(rig.samples.line(vat_amount=None),))
    outcome = rig.post(document)
    if isinstance(outcome, Refused):
        refused_at(outcome, document, "total")
        none(rig, "sales_invoice")
        return
    posted = expect(Posted, outcome)
    assert [notice.field for notice in posted.notices] == ["total"], f"notices: {posted.notices}"
