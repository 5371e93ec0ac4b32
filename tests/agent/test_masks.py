"""File masks: what they take, and what is refused since it could take for ever."""

import time

import pytest

from bookbridge_agent import masks
from bookbridge_agent.masks import DEFAULTS, KINDS, Masks, check
from bookbridge_agent.messages import AgentError
from bookbridge_agent.names import LONGEST_NAME


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("fmuta6.csv", "fmuta6"),
        ("FMUTA6_2026-03.CSV", "fmuta6"),
        ("debitr.csv", "debtor"),
        ("Credit.csv", "creditor"),
        ("dbopen.csv", None),
        ("fmuta6.csv.bak", None),
        ("my fmuta6.csv", None),
    ],
)
def test_the_usual_masks(name: str, kind: str | None) -> None:
    assert Masks(DEFAULTS).kind_of(name) == kind


def test_a_mask_is_searched_anywhere_in_the_name_whatever_its_capitals() -> None:
    masks = Masks(DEFAULTS | {"fmuta6": "boek"})
    assert masks.kind_of("Export BOEKINGEN 3.txt") == "fmuta6"


def test_relations_go_before_entries() -> None:
    masks = Masks(DEFAULTS)
    assert sorted(["fmuta6.csv", "debitr.csv"], key=masks.rank_of) == ["debitr.csv", "fmuta6.csv"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_needed(kind: str) -> None:
    with pytest.raises(AgentError, match="FMUTA6, CREDITOR, DEBTOR"):
        Masks(DEFAULTS | {kind: ""})


@pytest.mark.parametrize(
    "mask",
    [
        r"^fmuta6\.csv$",
        r"^(fmuta6|mutaties)(_\d+)?\.(csv|txt)$",
        r"^\d{4}-\d{2}-\d{2} .*\.csv$",
        r"(?:ab){3}",
        r"[a-z]+_[0-9]+\.csv",
    ],
)
def test_what_people_need_is_allowed(mask: str) -> None:
    check(mask)


@pytest.mark.parametrize(
    ("mask", "code"),
    [
        ("(", "mask_wrong"),
        ("*.csv", "mask_wrong"),
        ("a" * 201, "mask_too_long"),
        ("(a+)+$", "mask_too_free"),
        ("(a|a)*$", "mask_too_free"),
        ("(a+){10}", "mask_too_free"),
        ("(a?){50}", "mask_too_free"),
        ("a?" * 60, "mask_too_free"),
        ("(a|ab)" * 30, "mask_too_free"),
        (".*.*.*.*x", "mask_too_free"),
        ("(?=.*a)b", "mask_too_free"),
        (r"(a)\1", "mask_too_free"),
        ("(?>(a+)+)$", "mask_too_free"),
    ],
)
def test_what_could_take_for_ever_is_refused(mask: str, code: str) -> None:
    with pytest.raises(AgentError) as refused:
        check(mask)
    assert refused.value.message.code == code


def test_the_slowest_that_is_allowed_ends_on_the_longest_name() -> None:
    masks = Masks(DEFAULTS | {"fmuta6": "a*a*a*b"})
    began = time.process_time()
    assert masks.kind_of("a" * (LONGEST_NAME * 5)) is None
    assert time.process_time() - began < 30


def test_a_part_that_a_later_python_may_bring_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "_ONE_WAY", ())
    with pytest.raises(AgentError, match="repeats"):
        check("a")
