"""Multivers's messages, and which of them a person never meets since the document is refused before."""

from typing import Any

import pytest

from bookbridge.connectors.multivers_online import relations, texts
from bookbridge.connectors.multivers_online.problems import problem_of
from bookbridge.documents import LANGUAGES, ProblemKind
from bookbridge.kit import catalogue
from bookbridge.kit.conformance.expect import expect
from bookbridge.kit.conformance.rig import Rig, changing
from bookbridge.kit.outcomes import Posted, Refused
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
    "Ongeldig btw-nummer": "NL12345B01",
    "voldoet niet aan de 97-proef": "NL123456789B01",
}
"""A part of Multivers's message, and a VAT number that brings it."""


def test_what_is_said_to_be_caught_before_sending_has_its_proof():
    claimed = [known.text for known in KNOWN if known.caught_before_sending]
    assert len(claimed) == len(CAUGHT)
    assert all(any(part in text for part in CAUGHT) for text in claimed)


@pytest.mark.parametrize("words", CAUGHT)
def test_what_is_said_to_be_caught_before_sending_is(rig: Rig, words: str):
    document = rig.samples.customer(number="47112", vat_number=CAUGHT[words])
    connector = rig.connector()
    with rig.calls() as calls:
        refused = expect(Refused, rig.post(document, connector))
    assert [(problem.code, problem.field) for problem in refused.problems] == [
        ("multivers_online.vat_number_unfit", "vat_number")
    ]
    assert not changing(calls)


@pytest.mark.parametrize("words", CAUGHT)
def test_multivers_refuses_it_when_it_is_sent_all_the_same(rig: Rig, words: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(relations, "_may_be_taken", lambda _number: True)
    refused = expect(Refused, rig.post(rig.samples.customer(number="47112", vat_number=CAUGHT[words])))
    [problem] = refused.problems
    assert (problem.code, problem.field) == ("multivers_online.vat_number_unfit", "vat_number")
    assert words in (problem.evidence or "")


ELEVEN, MODULO_97, NOUGHTS = "NL004495445B01", "NL000099998B57", "NL000000000B00"


@pytest.mark.parametrize("vat_number", [ELEVEN, MODULO_97, NOUGHTS])
def test_a_number_that_passes_either_test_is_left_to_multivers(rig: Rig, vat_number: str):
    expect(Posted, rig.post(rig.samples.customer(number="47113", vat_number=vat_number)))


def test_should_multivers_know_the_97_test_alone_its_refusal_is_told_at_the_number():
    with Rig(NAME, vat_number_test="modulo_97") as strict:
        expect(Posted, strict.post(strict.samples.customer(vat_number=MODULO_97)))
        refused = expect(Refused, strict.post(strict.samples.customer(number="47113", vat_number=ELEVEN)))
        [problem] = refused.problems
        assert (problem.code, problem.field) == ("multivers_online.vat_number_unfit", "vat_number")
