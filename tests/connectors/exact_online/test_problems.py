"""Exact Online's messages become problems that a person can act on."""

import pytest

from bookbridge.connectors.exact_online import problems, texts
from bookbridge.connectors.exact_online.connector import PackageConnector
from bookbridge.documents import LANGUAGES, ProblemKind
from tests.connectors.exact_online import golden

SHEET = PackageConnector.fact_sheet


@pytest.mark.parametrize(
    ("words", "code", "field"),
    [
        ("In gebruik: Boekstuknummer", "number_in_use", "number"),
        ("In use: Document number", "number_in_use", "number"),
        ("Already exists - Entry number: 26000123, Journal: 70", "number_in_use", "number"),
        ("Gegeven bestaat reeds.", "already_exists", "number"),
        ("Onbekend: Boekjaar (Periode-datumtabel)", "year_unknown", "fiscal_year"),
        ("Unknown: Financial year (Period-date table)", "year_unknown", "fiscal_year"),
        ("Periode is afgesloten: 2026 - 1", "period_closed", "period"),
        ("Ongeldig: Dagboek", "journal_unfit", "journal"),
        ("Ongeldige referentie: Journals", "journal_unfit", "journal"),
        ("Ongeldig: Klant (Type)", "relation_unfit", "customer"),
        ("Ongeldig: Grootboekrekeningtype", "account_unfit", "lines.0.ledger_account"),
        ("Ongeldig: Btw-percentage", "vat_percentage", "lines.0.vat_code"),
        ("Not allowed: VAT code", "vat_not_allowed", "lines.0.vat_code"),
        ("Niet toegestaan: Btw-code", "vat_not_allowed", "lines.0.vat_code"),
        ("Invalid: Cost center link", "cost_centre_unfit", "lines.0.cost_centre"),
        ("Ongeldig: Koppeling kostendrager", "cost_unit_unfit", "lines.0.cost_unit"),
        ("Geblokkeerd: Grootboekrekening", "blocked", "lines.0.ledger_account"),
        ("Blocked: Account", "blocked", "customer"),
        ("Ongeldige referentie: Accounts", "reference_unknown", "customer"),
        ("Ongeldige referentie: GLAccounts", "reference_unknown", "lines.0.ledger_account"),
        ("Verplicht: Dagboek", "missing", "journal"),
        ("Mandatory: G/L account", "missing", "lines.0.ledger_account"),
        ("Ongeldig: Valuta", "not_accepted", "currency"),
        ("Forbidden", "forbidden", None),
        (
            "Error processing request stream. The property name 'X' specified for type 'Y' is not valid.",
            "not_understood",
            None,
        ),
        ("This $filter parameter is not supported for this resource", "not_understood", None),
        ("This endpoint has mandatory filtering applied. Filter on …", "not_understood", None),
        ("This entry is not balanced on: 2026 / 2 (Type: Other) - Difference: EUR 1", "not_balanced", "lines"),
        ("Iets heel anders", "refused", None),
        ("", "refused", None),
    ],
)
def test_a_message_on_a_sale(words: str, code: str, field: str | None) -> None:
    problem = problems.problem_of(words, golden.SALE)
    assert (problem.code, problem.field) == (f"exact_online.{code}", field)
    assert problem.evidence == words


def test_the_line_is_named_only_when_there_is_no_doubt() -> None:
    two = golden.SALE.model_copy(update={"lines": golden.SALE.lines * 2})
    assert problems.problem_of("Ongeldig: Grootboekrekeningtype", two).field == "lines"


@pytest.mark.parametrize(
    ("words", "field"),
    [("Verplicht: Naam", "name"), ("Verplicht: Grootboekrekening", "ledger_account"), ("Verplicht: Dagboek", None)],
)
def test_a_message_on_a_relation(words: str, field: str | None) -> None:
    assert problems.problem_of(words, golden.DE_EIK).field == field


def test_braces_in_a_message_are_only_words() -> None:
    assert "{0} {x!r}" in problems.problem_of("Verplicht: {0} {x!r}", golden.SALE).reason


def test_a_very_long_message_is_shortened() -> None:
    problem = problems.problem_of("x" * 5000, golden.SALE)
    assert len(problem.evidence or "") == 1000
    assert len(problem.reason) < 500


@pytest.mark.parametrize("known", SHEET.known_errors, ids=lambda known: known.text[:40])
def test_every_known_error_becomes_its_code(known) -> None:
    assert problems.problem_of(known.text, golden.SALE).code == known.code


def test_every_message_kind_is_among_the_known_errors_or_a_general_one() -> None:
    general = {"blocked", "cost_unit_unfit", "not_accepted"}  # Wordings that differ from seen ones by the field only.
    kinds = {known.kind.code for known in problems._MESSAGES}
    assert kinds == {error.code for error in SHEET.known_errors} | {f"exact_online.{name}" for name in general}


@pytest.mark.parametrize(
    "kind", [kind for kind in vars(texts).values() if isinstance(kind, ProblemKind)], ids=lambda k: k.code
)
def test_every_text_is_there_in_every_language(kind: ProblemKind) -> None:
    parameters = dict.fromkeys(("words", "given", "names", "booked"), "…")
    problem = kind(value="…", **parameters)
    assert set(problem.explanations) == set(LANGUAGES)
    reasons = {problem.explain(language).reason for language in LANGUAGES}
    remedies = {problem.explain(language).remedy for language in LANGUAGES}
    assert len(reasons) == len(remedies) == len(LANGUAGES)
    assert all(text[0].isupper() for text in reasons | remedies)
