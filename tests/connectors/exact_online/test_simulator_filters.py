"""The `$filter` language of the Exact Online simulator."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookbridge.connectors.exact_online.simulator.filters import FilterError, equalities, holds, parse_filter
from tests.connectors.exact_online.simulator_calls import Caller, message, running_simulator

FAMILIES = {"Code": "text", "Name": "text", "Number": "number", "Day": "moment", "ID": "guid", "Blocked": "truth"}
GUID = "11111111-2222-3333-4444-555555555555"
RECORD: dict[str, Any] = {
    "Code": "  4711",
    "Name": "O'Neill",
    "Number": Decimal("5"),
    "Day": datetime(2026, 2, 3),  # noqa: DTZ001 - the simulator's dates carry no zone.
    "ID": GUID,
    "Blocked": False,
}


@pytest.mark.parametrize(
    "text",
    [
        "trim(Code) eq '4711'",
        "Code eq '  4711'",
        "Code eq '  4711  '",
        "'  4711' eq Code",
        "Name eq 'O''Neill'",
        f"ID eq guid'{GUID.upper()}'",
        "Number eq 5L and Number eq 5.0",
        "Number gt 4 and Number ge 5 and Number lt 6 and Number le 5 and Number ne 4",
        "Day eq datetime'2026-02-03'",
        "Day ge datetime'2026-02-03T00:00:00' and Day lt datetime'2026-02-04'",
        "Blocked eq false",
        "not Blocked eq true",
        "Code eq 'x' or Number eq 5 and Blocked eq false",
        "(Code eq 'x' or Number eq 5) and not (Blocked eq true)",
        "startswith(Name,'O') and substringof('eil', Name) eq true and endswith(tolower(Name), 'neill')",
        "Name ne null",
        "toupper(Name) eq 'O''NEILL'",
    ],
)
def test_true_of_the_record(text: str) -> None:
    assert holds(parse_filter(text, FAMILIES), RECORD)


@pytest.mark.parametrize(
    "text",
    ["Code eq '4711'", "Name eq null", "Number gt 5", "Code eq 'x' and Number eq 5", "Day gt datetime'2026-02-03'"],
)
def test_not_true_of_the_record(text: str) -> None:
    assert not holds(parse_filter(text, FAMILIES), RECORD)


@pytest.mark.parametrize("text", ["Number gt 1", "startswith(Name, 'O')", "Name eq 'x'"])
def test_an_empty_field_is_in_no_comparison(text: str) -> None:
    assert not holds(parse_filter(text, FAMILIES), {})


@pytest.mark.parametrize(
    "text",
    [
        "Nothing eq 1",
        "Code eq",
        "Code eq 4711",
        "Number eq '5'",
        "ID eq '" + GUID + "'",
        "Code == 'x'",
        "Code eq 'x' and",
        "(Code eq 'x'",
        "Code eq 'x')",
        "length(Code) eq 3",
        "trim(Number) eq '5'",
        "Code",
        "Day eq datetime'yesterday'",
        "ID eq guid'no'",
        "Code eq 'open",
        "Code add 'x' eq 'y'",
    ],
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(FilterError):
        parse_filter(text, FAMILIES)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        node = parse_filter(text, FAMILIES)
    except FilterError:
        return
    assert holds(node, RECORD) in {True, False}


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=20))
def test_any_quoted_text_finds_itself(name: str) -> None:
    quoted = name.replace("'", "''")
    assert holds(parse_filter(f"Name eq '{quoted}'", FAMILIES), {"Name": name})


def test_equalities_are_only_those_that_must_hold() -> None:
    node = parse_filter("trim(Code) eq '4711' and (Name eq 'a' or Name eq 'b') and not Number eq 5", FAMILIES)
    assert equalities(node) == {"Code": "4711"}


@pytest.fixture(scope="module")
def exact() -> Iterator[Caller]:
    with running_simulator() as caller:
        yield caller


def test_mandatory_filtering(exact: Caller) -> None:
    for options in ({}, {"filter": "City eq 'Apeldoorn'"}):
        answer = exact.get("crm/Accounts", **options)
        assert answer.status_code == 400
        assert message(answer).startswith("This endpoint has mandatory filtering applied. ")
    assert exact.rows("crm/Accounts", filter="City eq 'Apeldoorn' and Status eq 'C'") == []


def test_an_unsupported_filter_is_a_400_with_exacts_text(exact: Caller) -> None:
    for text in ("Nothing eq 1", "Code eq", "SalesEntryLines eq 'x'"):
        answer = exact.get("salesentry/SalesEntries", filter=text)
        assert answer.status_code == 400
        assert message(answer).startswith("This $filter parameter is not supported for this resource")


def test_other_options_that_are_wrong(exact: Caller) -> None:
    for options in ({"select": "Nothing"}, {"orderby": "Nothing"}, {"top": "many"}, {"skip": "3"}, {"expand": "Lines"}):
        assert exact.get("financial/GLAccounts", **options).status_code == 400


def test_select_order_and_ranges_of_the_chart(exact: Caller) -> None:
    rows = exact.rows("financial/GLAccounts", filter="Type eq 110", select="Code", orderby="Code desc")
    codes = [row["Code"] for row in rows]
    assert codes == sorted(codes, reverse=True)
    assert {"8000", "8010", "8020", "8999"} <= set(codes)
    assert set(rows[0]) == {"__metadata", "Code"}
