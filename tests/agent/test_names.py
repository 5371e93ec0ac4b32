"""The agent knows which names the drop box refuses, before it takes a file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookbridge.storage.dropbox.errors import S3Error
from bookbridge.storage.dropbox.names import check_new_name, place_of
from bookbridge_agent.names import is_unfinished, sent_name, why_refused
from tests.storage.dropbox.house import HOME

DELIVERY = "0123456789abcdef" * 2


def is_taken_by_the_drop_box(name: str) -> bool:
    try:
        check_new_name(place_of(f"{HOME.prefix}inbox/{DELIVERY}/{sent_name(name)}", HOME))
    except S3Error:
        return False
    return True


@given(st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=210))
def test_both_have_the_same_rules(name: str) -> None:
    assert (why_refused(name) is None and not is_unfinished(name)) == is_taken_by_the_drop_box(name)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("fmuta6.csv", None),
        ("é Ωλ 票据 😀.csv", None),
        ("a" * 201, "name_too_long"),
        ("é" * 101, "name_too_long"),
        ("a\u202e.csv", "name_invisible"),
        ("bytes \udcff.csv", "name_invisible"),
        (" a.csv", "name_edges"),
        ("a.", "name_edges"),
        ("a.csv#1", "name_reserved"),
        ("a\\b.csv", "name_backslash"),
    ],
)
def test_the_reason_is_told(name: str, why: str | None) -> None:
    assert why_refused(name) == why


@pytest.mark.parametrize("name", [".hidden", "~lock", "a.tmp", "a.PART", "a.filepart", "a.crdownload"])
def test_unfinished_names_are_never_looked_at(name: str) -> None:
    assert is_unfinished(name)
