"""Amounts go to a package and come back to the last digit."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookbridge.kit import exact_json

AMOUNTS = st.decimals(min_value=-(10**15), max_value=10**15, places=6, allow_nan=False)


@given(AMOUNTS)
def test_an_amount_survives_the_way_there_and_back(amount: Decimal) -> None:
    assert Decimal(exact_json.loads(exact_json.dumps({"AmountFC": amount}))["AmountFC"]) == amount


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_everything_else_is_plain_json(value: object) -> None:
    assert exact_json.loads(exact_json.dumps(value)) == value


def test_an_amount_is_a_number_without_an_exponent() -> None:
    assert exact_json.dumps({"a": Decimal("1E+3"), "b": Decimal("0.10")}) == '{"a":1000,"b":0.10}'


def test_a_date_is_written_as_iso() -> None:
    assert exact_json.dumps([date(2026, 2, 3)]) == '["2026-02-03"]'


@pytest.mark.parametrize("value", [1.5, {"a": object()}, {1, 2}])
def test_what_is_no_exact_json_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        exact_json.dumps(value)


@pytest.mark.parametrize(
    "text",
    ["NaN", "[Infinity]", "{", "", "1.5e99999999999999999999", "[" * 100_000, '{"a":' * 100_000],
    ids=["NaN", "infinity", "half", "nothing", "a number without end", "lists without end", "objects without end"],
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        exact_json.loads(text)
