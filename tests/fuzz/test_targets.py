"""Each fuzz target over its seeds and a fixed number of damaged ones: the short run of `make fuzz`."""

import pytest

from tests.fuzz.harness import run, target, target_names

DAMAGED_ONES = 300


@pytest.mark.parametrize("name", target_names())
def test_a_target_holds(name: str) -> None:
    run(name, DAMAGED_ONES)


@pytest.mark.parametrize("name", target_names())
def test_a_target_says_where_to_begin_and_what_leads(name: str) -> None:
    assert all(isinstance(seed, bytes) for seed in target(name).SEEDS)
    assert target(name).INSTRUMENTED
