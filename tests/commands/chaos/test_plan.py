"""The plan of a chaos run: drawn from the seed alone, saved and replayed, cut down."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bookbridge.commands.chaos.command import chaos
from bookbridge.commands.chaos.events import DEEDS, LONGEST_FAULT_S
from bookbridge.commands.chaos.plan import EVENTS, PACKAGE_FAULTS, PlanError, draw_plan, read_plan
from bookbridge.exchange.workers import LONGEST_SILENCE_S
from bookbridge.kit.simulation import FaultKind, FaultRule


def test_the_same_seed_draws_the_same_plan_and_another_seed_another():
    assert draw_plan(5, 200, 20, 3) == draw_plan(5, 200, 20, 3)
    assert draw_plan(5, 200, 20, 3).events != draw_plan(6, 200, 20, 3).events


@pytest.mark.parametrize("documents", [10, 60, 2000])
def test_every_event_happens_and_at_marks_that_are_reached(documents: int):
    plan = draw_plan(1, documents, 7, 2)

    assert {planned.event for planned in plan.events} == set(EVENTS)
    assert plan.kills == 7
    assert all(0 <= planned.mark < documents for planned in plan.events)
    assert list(plan.events) == sorted(plan.events, key=lambda planned: planned.mark)


def test_kills_have_marks_of_their_own_and_no_more_than_there_are_documents():
    marks = [planned.mark for planned in draw_plan(1, 20, 100, 2).events if planned.event == "kill"]
    assert marks == list(range(20))


def test_every_planned_event_can_be_done():
    assert set(DEEDS) == set(EVENTS)


def test_every_kind_of_fault_that_a_simulator_knows_is_played():
    assert set(PACKAGE_FAULTS) == set(FaultKind)
    rules = [one.with_["rule"] for one in draw_plan(1, 2000, 0, 2).only(["fault"]).events]
    assert {FaultRule.model_validate(rule).kind for rule in rules} == set(FaultKind)
    assert all(rule.get("delay_s", 0) < LONGEST_FAULT_S for rule in rules)


def test_a_stop_is_longer_than_the_silence_after_which_others_take_over():
    for seed in range(20):
        stops = draw_plan(seed, 2000, 0, 2).only(["stop"]).events
        assert all(planned.with_["seconds"] > LONGEST_SILENCE_S for planned in stops)


def test_a_plan_that_was_saved_is_the_plan_that_is_replayed(tmp_path: Path):
    asked = ["--documents", "80", "--kills", "9", "--workers", "3", "--seed", "12", "--print-plan"]
    printed = CliRunner().invoke(chaos, asked)
    assert printed.exit_code == 0, printed.output
    (tmp_path / "plan.json").write_text(printed.output)

    assert read_plan(tmp_path / "plan.json") == draw_plan(12, 80, 9, 3)
    replayed = CliRunner().invoke(chaos, ["--plan", str(tmp_path / "plan.json"), "--print-plan"])
    assert json.loads(replayed.output) == json.loads(printed.output)


def test_a_plan_can_be_cut_down_and_what_is_left_stays_where_it_was():
    whole = draw_plan(3, 200, 20, 2)

    cut = whole.only(["kill", "fault"], ["fault-slow"])

    assert {planned.event.split("-")[0] for planned in cut.events} == {"kill", "fault"}
    assert "fault-slow" not in {planned.event for planned in cut.events}
    assert all(planned in whole.events for planned in cut.events)
    assert whole.only([]) == whole


@pytest.mark.parametrize("asked", [["--only", "kil"], ["--without", "flood"], ["--only", "kill,tsunami"]])
def test_an_unknown_event_is_named_with_those_that_there_are(asked: list[str]):
    answer = CliRunner().invoke(chaos, [*asked, "--print-plan"])
    assert answer.exit_code == 2
    assert "no such event" in answer.output
    assert "database-power-cut" in answer.output


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"seed": 1}', '{"seed": 1, "documents": 9, "workers": 1, "events": [{"mark": 1}]}']
)
def test_what_is_no_plan_says_what_a_plan_needs(text: str, tmp_path: Path):
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(PlanError, match="seed, documents, workers, events"):
        read_plan(tmp_path / "plan.json")


def test_a_plan_that_is_not_there_says_so(tmp_path: Path):
    with pytest.raises(PlanError, match="can't be read"):
        read_plan(tmp_path / "absent.json")
