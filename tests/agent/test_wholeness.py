"""When a file is whole, by what looks have seen and a clock that nobody sets."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookbridge_agent.wholeness import Seen, Wholeness, has_line_end

A = Seen(10, 1)


def looks(*steps: tuple[float, Mapping[str, Seen]], ends: bool = True) -> list[list[str]]:
    wholeness = Wholeness(settle_s=2, unfinished_s=30)
    return [wholeness.look(files, now, lambda _: ends) for now, files in steps]


def test_two_looks_that_lie_far_enough_apart_find_it_whole() -> None:
    assert looks((0, {"a": A}), (1.9, {"a": A}), (2, {"a": A})) == [[], [], ["a"]]


@pytest.mark.parametrize("changed", [Seen(11, 1), Seen(10, 2)])
def test_a_file_that_changed_begins_anew(changed: Seen) -> None:
    assert looks((0, {"a": A}), (2, {"a": changed}), (3.9, {"a": changed}), (4, {"a": changed})) == [[], [], [], ["a"]]


def test_one_look_is_never_enough_whenever_it_comes() -> None:
    assert looks((10_000, {"a": A})) == [[]]


def test_without_an_end_of_line_it_takes_longer() -> None:
    assert looks((0, {"a": A}), (2, {"a": A}), (29, {"a": A}), (30, {"a": A}), ends=False) == [[], [], [], ["a"]]


def test_an_empty_file_takes_longer_too() -> None:
    empty = {"a": Seen(0, 1)}
    assert looks((0, empty), (2, empty), (30, empty)) == [[], [], ["a"]]


def test_a_file_that_was_away_begins_anew() -> None:
    assert looks((0, {"a": A}), (1, {}), (3, {"a": A}), (5, {"a": A})) == [[], [], [], ["a"]]


def test_the_one_that_changed_first_comes_first() -> None:
    files = {"late": Seen(1, 9), "early": Seen(1, 3), "b": Seen(1, 5), "a": Seen(1, 5)}
    assert looks((0, files), (2, files))[1] == ["early", "a", "b", "late"]


def test_the_next_look_is_when_something_may_be_whole() -> None:
    wholeness = Wholeness(settle_s=2, unfinished_s=30)
    assert wholeness.seconds_until_next(0) is None
    wholeness.look({"a": A}, 0, lambda _: False)
    assert wholeness.seconds_until_next(0.5) == 1.5
    wholeness.look({"a": A}, 2, lambda _: False)
    assert wholeness.seconds_until_next(2) == 28
    assert wholeness.seconds_until_next(40) == 0, "it is due, and no look has been"
    wholeness.look({"a": A}, 30, lambda _: False)
    assert wholeness.seconds_until_next(30) is None


@given(st.lists(st.tuples(st.floats(0, 60), st.integers(0, 2), st.booleans()), max_size=30))
def test_whatever_comes_nothing_is_whole_that_changed_a_moment_ago(steps: list[tuple[float, int, bool]]) -> None:
    wholeness, now, last, changed_at = Wholeness(settle_s=2, unfinished_s=30), 0.0, None, 0.0
    for wait, content, ends in steps:
        now += wait
        if content != last:
            last, changed_at = content, now
        whole = wholeness.look({"a": Seen(content, content)}, now, lambda _, ends=ends: ends)
        assert bool(whole) == (now - changed_at >= (2 if ends and content else 30))


@pytest.mark.parametrize(
    ("end", "whole"),
    [
        (b"a\r\n", True),
        (b"a\n", True),
        (b"a\r", True),
        ("a\n".encode("utf-16-le"), True),
        (b"a\r\n\x1a", True),
        (b"a", False),
        (b"", False),
        (b"a;\r\nb", False),
    ],
)
def test_the_end_of_a_last_row(end: bytes, whole: bool) -> None:
    assert has_line_end(end) is whole
