"""Minox' messages become problems that a person can act on, and what is claimed to be caught before sending is."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from bookbridge.connectors.minox import problems, texts, vat_texts
from bookbridge.connectors.minox.connector import PackageConnector
from bookbridge.documents import LANGUAGES, Document, ProblemKind
from bookbridge.exchange.preflight import SettingsIndex, check
from bookbridge.kit.conformance.rig import Rig, changing
from bookbridge.kit.outcomes import Posted, Refused
from tests.connectors.minox import golden

SHEET = PackageConnector.fact_sheet
KINDS = [kind for module in (texts, vat_texts) for kind in vars(module).values() if isinstance(kind, ProblemKind)]


@pytest.mark.parametrize(
    ("words", "code", "field"),
    [
        ("Boeking is niet in evenwicht, verschil 1.00", "not_balanced", "lines"),
        ("The transaction is not balanced", "not_balanced", "lines"),
        ("Boekstuknummer 417 mag in dit dagboek niet worden opgegeven", "number_not_free", "number"),
        ("Boekstuknummer 417 komt al voor in dit dagboek", "number_in_use", "number"),
        ("Entry number 417 already exists", "number_in_use", "number"),
        ("Factuurnummer 26000123 komt al voor bij deze relatie", "number_in_use", "invoice_number"),
        ("Factuurnummer is verplicht", "invoice_number_unfit", "invoice_number"),
        ("invoice_number must be an integer", "invoice_number_unfit", "invoice_number"),
        ("Periode 12 van boekjaar 2025 is afgesloten", "period_unfit", "period"),
        ("Fiscal year 2031 not found", "period_unfit", "period"),
        ("Op btw-rekening 1510 kan niet rechtstreeks worden geboekt", "account_unfit", "lines.0.ledger_account"),
        ("Grootboekrekening 8888 bestaat niet", "account_unfit", "lines.0.ledger_account"),
        ("Ledger account 8888 is blocked", "account_unfit", "lines.0.ledger_account"),
        ("Btw-code 99 bestaat niet", "vat_unfit", "lines.0.vat_code"),
        ("Kostenplaats 99 bestaat niet", "cost_centre_unfit", "lines.0.cost_centre"),
        ("Betalingsconditie 99 bestaat niet", "payment_condition_unknown", "payment_condition"),
        ("Debiteur 4711 bestaat niet", "relation_unfit", "customer"),
        ("Dagboek XXX bestaat niet", "journal_unfit", "journal"),
        ("Onbekend veld: header", "not_understood", None),
        ("Forbidden", "forbidden", None),
        ("Naam is verplicht", "name_missing", None),
        ("Iets heel anders", "refused", None),
        ("", "refused", None),
    ],
)
def test_a_message_on_a_sale(words: str, code: str, field: str | None) -> None:
    problem = problems.problem_of(words, golden.SALE)
    assert (problem.code, problem.field) == (f"minox.{code}", field)
    assert problem.evidence == words


def test_a_message_on_other_documents() -> None:
    assert problems.problem_of("Crediteur 9 bestaat niet", golden.PURCHASE).field == "supplier"
    assert problems.problem_of("Debiteur 9 bestaat niet", golden.MEMORIAL).field == "lines"
    assert problems.problem_of("Periode bestaat niet", golden.MEMORIAL).field == "entry_date"
    assert problems.problem_of("Naam is verplicht", golden.CUSTOMER).field == "name"
    two = golden.SALE.model_copy(update={"lines": golden.SALE.lines * 2})
    assert problems.problem_of("Btw-code 9 bestaat niet", two).field == "lines"


def test_long_words_are_cut_in_the_text_only() -> None:
    problem = problems.problem_of("x" * 5000, golden.SALE)
    assert len(problem.evidence or "") == 1000
    assert len(problem.reason) < 500


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_every_problem_says_why_and_what_to_do_in_every_language(kind: ProblemKind) -> None:
    names = (
        "words",
        "names",
        "other",
        "account",
        "own",
        "computed",
        "sum",
        "name",
        "known",
        "given",
        "booked",
        "lines",
    )
    problem = kind(value="VALUE", **{name: name.upper() for name in names})
    for language in LANGUAGES:
        words = problem.explain(language)
        assert words.reason
        assert words.remedy
        assert "{" not in words.reason + words.remedy
    assert len({words.reason for words in problem.explanations.values()}) == len(LANGUAGES)


# --- what the fact sheet says is caught before sending


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with Rig("minox") as opened:
        opened.posted(opened.samples.customer(), opened.samples.supplier())
        yield opened


def _sale(**changes: Any) -> Callable[[Rig], Document]:
    return lambda rig: rig.samples.sales(**changes)


def _line(**changes: Any) -> Callable[[Rig], Document]:
    return lambda rig: rig.samples.sales(lines=(rig.samples.line(**changes),))


CAUGHT: dict[str, Callable[[Rig], Document]] = {
    "Periode 12 van boekjaar 2025 is afgesloten": _sale(fiscal_year=2025, period=12),
    "Periode 13 van boekjaar 2026 bestaat niet": _sale(period=13),
    "Grootboekrekening 8888 bestaat niet": _line(ledger_account="8888"),
    "Grootboekrekening 8999 is geblokkeerd": _line(ledger_account="8999"),
    "Op verzamelrekening 1300 kan niet rechtstreeks worden geboekt": _line(ledger_account="1300"),
    "Op btw-rekening 1510 kan niet rechtstreeks worden geboekt": _line(ledger_account="1510"),
    "Debiteur 99999 bestaat niet": _sale(customer="99999"),
    "Debiteur 47110 is niet toegestaan in dit dagboek": _sale(journal="INK"),
    "Dagboek XXX bestaat niet": _sale(journal="XXX"),
    "Btw-code 99 bestaat niet": _line(vat_code="99"),
    "Kostenplaats 99 bestaat niet": _line(cost_centre="99"),
    "Betalingsconditie 99 bestaat niet": _sale(payment_condition="99"),
    "Boeking is niet in evenwicht, verschil 1.00": _sale(total=Decimal("122.00")),
}
AVOIDED: dict[str, Callable[[Rig], Document]] = {
    "Boekstuknummer 417 mag in dit dagboek niet worden opgegeven": lambda rig: rig.samples.purchase(number="417"),
    "Factuurnummer 123456789 heeft meer dan 8 posities": _sale(number="123456789"),
    "Debiteur 47110 bestaat al": lambda rig: rig.samples.customer(city="Ede"),
    "Batch id 1 is geen uuid4": _sale(number="1"),
}
"""What never comes, since nothing is sent that would bring it."""


def test_each_claim_has_its_proof() -> None:
    claimed = {known.text for known in SHEET.known_errors if known.caught_before_sending}
    assert claimed == {*CAUGHT, *AVOIDED, "Naam is verplicht"}


def test_a_relation_without_a_name_is_no_document(rig: Rig) -> None:
    with pytest.raises(ValidationError):
        rig.samples.customer(name=" ")


@pytest.mark.parametrize("text", CAUGHT)
def test_what_is_caught_costs_no_call_that_changes_something(rig: Rig, text: str) -> None:
    document, connector = CAUGHT[text](rig), rig.connector()
    with rig.calls() as calls:
        outcome = rig.post(document, connector)
    assert isinstance(outcome, Refused), f"came {outcome}"
    assert not changing(calls)
    assert all(problem.field for problem in outcome.problems)


@pytest.mark.parametrize("text", AVOIDED)
def test_what_is_avoided_is_posted(rig: Rig, text: str) -> None:
    assert isinstance(rig.post(AVOIDED[text](rig)), Posted)


def test_preflight_knows_most_of_it_by_the_settings_alone(rig: Rig) -> None:
    index = SettingsIndex(rig.package_settings())
    unseen = {text for text, make in CAUGHT.items() if not check(make(rig), index)}
    assert unseen == {"Debiteur 99999 bestaat niet", "Boeking is niet in evenwicht, verschil 1.00"}
