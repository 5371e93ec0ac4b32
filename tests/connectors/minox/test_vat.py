"""VAT: the setting of a ledger account does the work; a line speaks up only where that would book something else."""

from typing import Any

import pytest

from bookbridge.connectors.minox import vat
from bookbridge.documents import InvoiceLine
from bookbridge.kit.errors import CannotMapError
from tests.connectors.minox.golden import CODES, SALE, amount, chosen, line
from tests.connectors.minox.test_mapping import changed, lines_of, problems_of


def named(*lines: InvoiceLine, vat_kind: str = "exclusive", **options: str) -> list[dict[str, Any] | None]:
    """What the lines of a sale say of their VAT."""
    found = vat.valued(changed(SALE, lines=lines, vat=vat_kind), CODES, chosen(**options))
    return [one.as_named() for one in found]


def test_an_account_that_is_set_up_gets_no_code() -> None:
    assert named(line(), line(vat_code=None), line(vat_amount=None)) == [None, None, None]


def test_another_code_than_the_accounts_is_sent_with_the_documents_amount() -> None:
    assert named(line(vat_code="1", vat_amount=amount("9.00"))) == [{"id": 1, "amount": amount("9.00")}]
    assert named(line(vat_code="3", vat_amount=None)) == [{"id": 3}]
    assert named(line(vat_code="6", vat_amount=None)) == [{"id": 6}]


def test_a_cent_off_is_sent_as_the_document_says_it() -> None:
    assert named(line(amount=amount("33.33"), vat_amount=amount("7.01"))) == [{"id": 2, "amount": amount("7.01")}]


def test_cents_that_differ_only_when_they_are_rounded_together_are_sent() -> None:
    # By itself 0.07 has 0.01 of VAT; two of them together have 0.03.
    small = line(amount=amount("0.07"), vat_amount=amount("0.01"))
    assert named(small) == [None]
    assert named(small, small) == [{"id": 2, "amount": amount("0.01")}] * 2


def test_a_credit_line_says_its_amount_without_a_sign() -> None:
    assert named(line(vat_code="1", amount=amount("-100.00"), vat_amount=amount("-9.00"))) == [
        {"id": 1, "amount": amount("9.00")}
    ]


def test_always_says_every_code() -> None:
    assert named(line(), line(vat_code=None), vat_codes="always") == [{"id": 2, "amount": amount("21.00")}, None]


def test_never_refuses_what_the_account_would_book_otherwise() -> None:
    assert named(line(), vat_codes="never") == [None]
    other = changed(SALE, lines=(line(vat_code="3", vat_amount=None),), total=amount("100.00"))
    assert problems_of(other, vat_codes="never") == [("vat_not_the_accounts", "lines.0.vat_code")]
    cent = changed(SALE, lines=(line(amount=amount("33.33"), vat_amount=amount("7.01")),), total=amount("40.34"))
    assert problems_of(cent, vat_codes="never") == [("vat_amount_not_the_accounts", "lines.0.vat_amount")]


@pytest.mark.parametrize(
    ("booking", "kind", "given", "sent"),
    [
        ("on_top", "exclusive", "100.00", "100.00"),
        ("on_top", "inclusive", "121.00", "100.00"),
        ("on_top", "by_code", "100.00", "100.00"),
        ("within", "exclusive", "100.00", "121.00"),
        ("within", "inclusive", "121.00", "121.00"),
        ("within", "by_code", "121.00", "121.00"),
        ("own_lines", "inclusive", "121.00", "100.00"),
    ],
)
def test_an_amount_as_minox_counts_it(booking: str, kind: str, given: str, sent: str) -> None:
    sale = changed(SALE, vat=kind, lines=(line(amount=amount(given)),))
    made = lines_of(sale, vat_booking=booking)
    assert made[1]["credit"] == amount(sent)
    assert made[0]["debit"] == amount("121.00")


@pytest.mark.parametrize(("booking", "kind"), [("on_top", "inclusive"), ("within", "exclusive")])
def test_an_amount_that_counts_the_other_way_is_never_computed(booking: str, kind: str) -> None:
    sale = changed(SALE, vat=kind, lines=(line(vat_amount=None),))
    assert problems_of(sale, vat_booking=booking) == [("vat_kind_unfit", "lines.0.amount")]


def test_own_vat_lines() -> None:
    made = lines_of(changed(SALE, lines=(line(), line()), total=amount("242.00")), vat_booking="own_lines")
    assert [(one["account"]["id"], one["debit"] - one["credit"]) for one in made] == [
        ("4711", amount("242.00")),
        ("8000", amount("-100.00")),
        ("8000", amount("-100.00")),
        ("1510", amount("-42.00")),
    ]
    assert all("vat" not in one for one in made)


@pytest.mark.parametrize("changes", [{"vat_amount": None}, {"vat_code": "6", "vat_amount": None}, {"vat_code": "1"}])
def test_own_vat_lines_need_an_amount_and_an_account(changes: dict[str, Any]) -> None:
    sale = changed(SALE, lines=(line(**changes),), total=amount("100.00") if "6" in changes.values() else SALE.total)
    assert problems_of(sale, vat_booking="own_lines") == [("vat_line_unfit", "lines.0.vat_amount")]


def test_a_total_may_be_a_cent_off_for_each_line_that_minox_computes() -> None:
    lines = (line(amount=amount("33.33"), vat_amount=None), line())
    vat.check_total(changed(SALE, total=amount("161.34")), vat.valued(changed(SALE, lines=lines), CODES, chosen()))
    with pytest.raises(CannotMapError):
        vat.check_total(changed(SALE, total=amount("161.35")), vat.valued(changed(SALE, lines=lines), CODES, chosen()))
