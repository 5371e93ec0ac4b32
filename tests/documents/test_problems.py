"""Problems: complete in themselves, in three languages, and hostile text in them stays text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookbridge.documents import LANGUAGES, Problem, ProblemKind, SourceRef, Text

KIND = ProblemKind(
    "test.wrong",
    severity="warning",
    en=Text("'{value}' in {place} is wrong.", "Change {place}."),
    nl=Text("'{value}' in {place} is fout.", "Wijzig {place}."),
    fr=Text("« {value} » dans {place} est faux.", "Changez {place}."),
)


def test_problem_explains_itself_in_every_language() -> None:
    problem = KIND(value="x", place="here", field="lines.0.vat_code", source=SourceRef(file="f", row=2, column="c"))
    assert (problem.code, problem.severity, problem.value) == ("test.wrong", "warning", "x")
    assert problem.explain("nl").reason == "'x' in here is fout."
    assert problem.explain("de") == problem.explain("en")
    assert (problem.reason, problem.remedy) == ("'x' in here is wrong.", "Change here.")
    assert set(problem.explanations) == set(LANGUAGES)


def test_missing_value_is_shown_as_nothing() -> None:
    assert KIND(place="here").reason == "'' in here is wrong."


def test_forgotten_placeholder_is_our_bug() -> None:
    with pytest.raises(KeyError):
        KIND(value="x")


@given(st.text(), st.text())
def test_hostile_text_stays_text(value: str, place: str) -> None:
    problem = KIND(value=value, place=place)
    assert problem.reason == "'" + value + "' in " + place + " is wrong."


@pytest.mark.parametrize("value", ["{place}", "{value.__class__}", "{0}", "{", "}}", "%s", "{place!r:>99999999}"])
def test_braces_in_values_are_not_filled_in(value: str) -> None:
    assert KIND(value=value, place=value).remedy == f"Change {value}."


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_problem_survives_storage_as_json(value: str) -> None:
    problem = KIND(value=value, place="here", source=SourceRef(file="f", row=2, column="c"), evidence="said so")
    assert Problem.model_validate_json(problem.model_dump_json()) == problem
