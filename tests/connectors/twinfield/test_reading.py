"""What Twinfield holds, read: periods of any kind of year, VAT codes, rows of a browse."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.connectors.twinfield import reading, soap
from tests.connectors.twinfield import golden
from tests.connectors.twinfield.golden import amount


def period_rows(*ends: str, is_open: str = "true") -> list[dict[str, str]]:
    return [{"Number": str(n), "EndDate": f"{end}T00:00:00", "Open": is_open} for n, end in enumerate(ends, 1)]


def test_periods_begin_the_day_after_the_one_before() -> None:
    months = reading.year_of_periods(2026, period_rows("2026-01-31", "2026-02-28", "2026-03-31"))
    assert [(p.number, p.start, p.end) for p in months][1:] == [
        (2, date(2026, 2, 1), date(2026, 2, 28)),
        (3, date(2026, 3, 1), date(2026, 3, 31)),
    ]


@pytest.mark.parametrize(
    ("ends", "start"),
    [
        ([f"2026-{m:02}-28" for m in range(1, 13)], date(2026, 1, 1)),
        (["2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31"], date(2026, 1, 1)),
        (["2026-12-31"], date(2026, 1, 1)),
        (["2025-07-31", *[f"2025-{m:02}-28" for m in range(8, 13)], *[f"2026-{m:02}-28" for m in range(1, 7)]], None),
        ([f"2026-01-{d:02}" for d in range(7, 32)], date(2026, 1, 1)),
    ],
    ids=["months", "quarters", "one", "broken year", "weeks"],
)
def test_where_the_first_period_begins(ends: list[str], start: date | None) -> None:
    assert reading.year_of_periods(2026, period_rows(*ends))[0].start == (start or date(2025, 7, 1))


def test_years_follow_each_other_without_a_gap() -> None:
    first = reading.year_of_periods(2025, period_rows("2025-11-30", "2026-01-03"))
    second = reading.year_of_periods(2026, period_rows("2026-01-31", "2026-02-28", is_open="false"))
    periods = reading.joined_years([first, second])
    assert periods[2].start == date(2026, 1, 4)
    assert [p.is_open for p in periods] == [True, True, False, False]


VAT = """<vat result="1"><code>IVL</code><type>purchase</type><percentages>
<percentage><date>20000101</date><percentage>19.000000000</percentage></percentage>
<percentage><date>20121001</date><percentage>21.000000000</percentage><accounts>
<account><dim1>1520</dim1><percentage>100.0</percentage></account>
<account><dim1>01502</dim1><percentage>-100.0</percentage></account></accounts></percentage>
<percentage><date>20990101</date><percentage>25.000000000</percentage></percentage></percentages></vat>"""


def test_the_rate_of_a_vat_code_is_the_one_of_today() -> None:
    facts = reading.vat_facts(soap.parse(VAT), golden.DAY)
    assert facts == "purchase|21.000000000|reverse|01502,1520"
    code = reading.vat_code(["IVL", "Verlegd"], facts)
    assert (code.percentage, code.inclusive, code.sales, code.purchase, code.reverse_charge) == (
        Decimal(21),
        False,
        False,
        True,
        True,
    )
    assert reading.vat_accounts([facts]) == {"1520", "01502"}
    assert reading.vat_code(["IVL"], reading.vat_facts(soap.parse(VAT), date(2010, 1, 1))).percentage == 19
    assert reading.vat_code(["X"], "||||"[:3]).percentage is None


ROW = {
    "code": "VRK",
    "number": "202600001",
    "line": "1",
    "fin.trs.head.date": "20260203",
    "fin.trs.head.curcode": "EUR",
    "fin.trs.line.dim2": "04711",
    "fin.trs.line.dim2name": "De Eik",
    "fin.trs.line.invnumber": "26000123",
    "fin.trs.line.datedue": "20260217",
    "fin.trs.line.valuesigned": "121.00",
    "fin.trs.line.openvaluesigned": "71.00",
    "fin.trs.line.freetext1": "BB0123ABCD 17",
}


def item(kind: Any = "sales", **changes: str) -> reading.OutstandingItem:
    row = {**ROW, **{name.replace("__", "."): value for name, value in changes.items()}}
    return reading.outstanding_item(kind, row, frozenset({"VRK", "INK"}), "freetext1")


def test_an_open_item_keeps_the_source_s_number_and_leading_zeros() -> None:
    found = item()
    assert (found.external_id, found.relation_number, found.voucher_number) == ("VRK/202600001/1", "04711", "17")
    assert (found.open_amount, found.invoice_amount, found.due_date) == (
        amount("71.00"),
        amount("121.00"),
        date(2026, 2, 17),
    )
    by_hand = item(fin__trs__line__freetext1="", fin__trs__line__datedue="", fin__trs__line__invnumber="")
    assert (by_hand.voucher_number, by_hand.due_date, by_hand.invoice_number) == ("202600001", None, None)


def test_what_we_owe_is_positive_and_a_payment_is_flagged() -> None:
    owed = item("purchase", code="INK", fin__trs__line__openvaluesigned="-60.50")
    assert (owed.open_amount, owed.unmatched_payment) == (amount("60.50"), False)
    paid = item(code="BNK", fin__trs__line__openvaluesigned="-40.00")
    assert (paid.open_amount, paid.unmatched_payment) == (amount("-40.00"), True)


@pytest.mark.parametrize("wrong", ["", "NaN", "1e99", "x", "1,5"])
def test_an_amount_that_can_not_be_one_is_an_error_and_never_nil(wrong: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        reading.amount_of(wrong)


def test_a_row_without_a_key_is_an_error() -> None:
    with pytest.raises(ValueError, match="key"):
        soap.browsed(soap.parse('<browse><tr><td field="x">1</td></tr></browse>'))


HELD = """<transaction result="1"><header><code>VRK</code><number>202600001</number><date>20260203</date>
<currency>EUR</currency></header><lines>
<line type="total"><dim1>1300</dim1><dim2>04711</dim2><value>121.00</value><debitcredit>debit</debitcredit></line>
<line type="detail"><dim1>8020</dim1><value>100.00</value><debitcredit>credit</debitcredit></line>
<line type="vat"><dim1>1500</dim1><value>21.00</value><debitcredit>credit</debitcredit></line></lines></transaction>"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("x", "x", ()),
        ("20260203", "20260204", ("entry_date",)),
        ("EUR", "USD", ("currency",)),
        ("04711", "4711", ("customer",)),
        ("121.00", "121.01", ("total",)),
        ("100.00", "100.01", ("lines",)),
        ("<dim1>8020", "<dim1>08020", ("lines",)),
        ("<debitcredit>debit", "<debitcredit>credit", ("total",)),
    ],
)
def test_what_differs_is_named(old: str, new: str, expected: tuple[str, ...]) -> None:
    assert reading.differences(golden.SALE, soap.parse(HELD.replace(old, new)), golden.CODES) == expected
