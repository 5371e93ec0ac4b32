"""Multivers's messages, and which of them a person never meets since the document is refused before."""

from typing import Any

import pytest

from bookbridge.connectors.multivers_online import texts
from bookbridge.connectors.multivers_online.problems import problem_of
from bookbridge.documents import LANGUAGES, ProblemKind
from bookbridge.kit import catalogue
from bookbridge.kit.conformance.expect import expect
from bookbridge.kit.conformance.rig import Rig, changing
from bookbridge.kit.outcomes import Refused
from tests.connectors.multivers_online import NAME, golden

KNOWN = catalogue.fact_sheet(NAME).known_errors


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.text[:30])
def test_a_message_that_was_seen_becomes_its_problem(known: Any):
    for document in (golden.DE_EIK, golden.SALE, golden.MEMORIAL):
        problem = problem_of(known.text, document)
        assert problem.code == known.code
        assert problem.evidence == known.text
        assert problem.field is None or problem.field in type(document).model_fields


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("Grootboekrekening 8010 is onbekend", "lines.0.ledger_account"),
        ("Kostenplaats X bestaat niet", "lines.0.cost_centre"),
        ("Periode is gesloten", "period"),
        ("Het boekjaar bestaat niet", "fiscal_year"),
        ("Debiteur is passief", "customer"),
        ("Crediteur is passief", None),
        ("Zomaar iets nieuws 42", None),
    ],
)
def test_a_new_message_is_shown_as_it_is_at_the_field_that_it_names(words: str, field: str | None):
    problem = problem_of(words, golden.SALE)
    assert (problem.code, problem.field, problem.evidence) == ("multivers_online.refused", field, words)
    assert words in problem.reason


def test_a_message_about_a_line_of_many_is_about_the_lines():
    twice = golden.SALE.model_copy(update={"lines": golden.SALE.lines * 2})
    assert problem_of("Grootboekrekening 8010 is onbekend", twice).field == "lines"


def test_every_problem_has_its_words_in_each_language():
    kinds = [kind for kind in vars(texts).values() if isinstance(kind, ProblemKind)]
    assert len(kinds) > 20
    for kind in kinds:
        assert set(kind.texts) == set(LANGUAGES)
        assert len({text.reason for text in kind.texts.values()}) == len(LANGUAGES), kind.code


CAUGHT = {
    "multivers_online.vat_number_unfit": lambda rig: rig.samples.customer(number="47112", vat_number="NL12345B01"),
}


@pytest.mark.parametrize("code", sorted({known.code for known in KNOWN if known.caught_before_sending}))
def test_what_is_said_to_be_caught_before_sending_is(rig: Rig, code: str):
    document = CAUGHT[code](rig)
    connector = rig.connector()
    with rig.calls() as calls:
        refused = expect(Refused, rig.post(document, connector))
    assert code in {problem.code for problem in refused.problems}
    assert not changing(calls)
