"""Twinfield's messages become problems that a person can act on, at the field of the element that they stand on."""

import pytest

from bookbridge.connectors.twinfield import problems, soap, texts
from bookbridge.connectors.twinfield.connector import PackageConnector
from bookbridge.documents import LANGUAGES, Document, ProblemKind
from tests.connectors.twinfield import golden

SHEET = PackageConnector.fact_sheet
TWO_LINES = golden.SALE.model_copy(update={"lines": golden.SALE.lines * 2})


def told(xml: str, document: Document = golden.SALE) -> list[tuple[str, str | None]]:
    found = problems.problems_of(soap.parse(xml), document)
    return [(problem.code.removeprefix("twinfield."), problem.field) for problem in found]


def refused(inside: str, attributes: str = "") -> str:
    return f'<transaction result="0" {attributes}>{inside}</transaction>'


def line(number: int, inside: str, *, with_id: bool = True) -> str:
    id = f' id="{number}"' if with_id else ""
    return f"<line{id}>{inside}</line>"


def at(name: str, words: str) -> str:
    return f'<{name} msgtype="error" msg="{words}" result="0">x</{name}>'


@pytest.mark.parametrize(
    ("element", "words", "expected"),
    [
        ("code", "Dagboek X bestaat niet.", ("refused", "journal")),
        ("date", "Datum 25-07-2019 valt buiten de opgegeven periode (2019/09).", ("date_outside_period", "entry_date")),
        (
            "period",
            "De boeking kan niet gemaakt worden omdat periode 2020/01 niet bestaat",
            ("period_unknown", "period"),
        ),
        ("period", "Periode 2020/01 is afgesloten", ("period_closed", "period")),
        ("invoicenumber", "Factuurnummer 26000123 komt reeds voor.", ("number_in_use", "number")),
        ("duedate", "De vervaldatum is ongeldig.", ("due_date", "due_date")),
        ("currency", "Valuta XXX bestaat niet.", ("refused", "currency")),
    ],
)
def test_a_message_in_the_header(element: str, words: str, expected: tuple[str, str]) -> None:
    assert told(refused(f"<header>{at(element, words)}</header>")) == [expected]


@pytest.mark.parametrize("with_id", [True, False])
@pytest.mark.parametrize(
    ("number", "element", "field"),
    [
        (1, "dim2", "customer"),
        (1, "value", "total"),
        (2, "dim1", "lines.0.ledger_account"),
        (3, "dim1", "lines.1.ledger_account"),
        (3, "dim2", "lines.1.cost_centre"),
        (3, "dim3", "lines.1.cost_unit"),
        (3, "vatcode", "lines.1.vat_code"),
        (3, "value", "lines.1.amount"),
        (3, "description", "lines.1.description"),
        (4, "dim1", "lines"),
    ],
)
def test_a_message_on_a_line_whether_it_is_numbered_or_not(
    number: int, element: str, field: str, with_id: bool
) -> None:
    lines = [line(place, at(element, "Iets") if place == number else "", with_id=with_id) for place in range(1, 5)]
    assert told(refused(f"<header/><lines>{''.join(lines)}</lines>"), TWO_LINES) == [("refused", field)]


def test_a_memorial_has_no_line_of_a_relation() -> None:
    words = "Dimensie 1 komt niet voor in administratie NL001."
    xml = refused(f"<lines>{line(1, at('dim1', words))}{line(2, at('dim2', words))}</lines>")
    assert told(xml, golden.MEMORIAL) == [
        ("dimension_unknown", "lines.0.ledger_account"),
        ("dimension_unknown", "lines.1.customer"),
    ]


def test_several_texts_are_joined_and_the_same_in_another_currency_comes_once() -> None:
    words = (
        "De boeking is niet in balans. Er ontbreekt 0.01 debet.//De boeking balanceert niet in de basisvaluta. "
        "Er ontbreekt 0.01 debet.//De boeking balanceert niet in de rapportagevaluta. Er ontbreekt 0.01 debet."
    )
    vat = at("vatcode", "Btw 21 bestaat niet of is (nog) niet actief.")
    xml = refused(f"<lines>{line(1, '')}{line(2, vat)}</lines>", f'msgtype="error" msg="{words}"')
    assert told(xml) == [("not_balanced", "lines"), ("vat_unknown", "lines.0.vat_code")]


def test_unknown_messages_are_told_one_by_one() -> None:
    assert told(refused("", 'msg="Een//Twee"')) == [("refused", None), ("refused", None)]


def test_a_refusal_without_a_word_is_still_a_refusal() -> None:
    assert told('<transaction result="0"/>') == [("refused", None)]


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (at("code", "De code voldoet niet aan het formaat 1[0-9]."), ("code_format", "number")),
        (at("name", "Naam moet worden ingevuld"), ("name_missing", "name")),
        (f"<banks><bank>{at('ascription', 'Begunstigde is ongeldig')}</bank></banks>", ("ascription", "bank_account")),
        (f"<addresses><address>{at('field4', 'Ongeldig')}</address></addresses>", ("refused", "vat_number")),
        (f"<financials>{at('duedays', 'Ongeldig')}</financials>", ("refused", "payment_condition")),
        (f"<financials>{at('vatcode', 'Ongeldig')}</financials>", ("refused", None)),
    ],
)
def test_a_message_on_a_relation(inside: str, expected: tuple[str, str | None]) -> None:
    assert told(f'<dimension result="0">{inside}</dimension>', golden.DE_EIK) == [expected]


@pytest.mark.parametrize("known", SHEET.known_errors, ids=lambda known: known.text[:40])
def test_every_known_error_becomes_its_code(known) -> None:
    problem = problems.problem_of(known.text, golden.SALE)
    assert (problem.code, problem.evidence) == (known.code, known.text)
    for document in (golden.DE_EIK, golden.CREDIT, golden.MEMORIAL):
        assert problems.problem_of(known.text, document).code == known.code


def test_every_message_kind_is_among_the_known_errors_or_a_composed_one() -> None:
    composed = {"twinfield.period_closed"}  # No source shows how a closed period is told.
    assert {known.kind.code for known in problems._MESSAGES} == {e.code for e in SHEET.known_errors} | composed


def test_a_very_long_message_is_shortened() -> None:
    problem = problems.problem_of("x" * 5000, golden.SALE)
    assert len(problem.evidence or "") == 1000
    assert len(problem.reason) < 500


@pytest.mark.parametrize(
    "kind", [kind for kind in vars(texts).values() if isinstance(kind, ProblemKind)], ids=lambda k: k.code
)
def test_every_text_is_there_in_every_language(kind: ProblemKind) -> None:
    names = ("words", "names", "booked", "expected", "most", "option", "allowed", "name", "held", "date")
    problem = kind(value="…", **dict.fromkeys(names, "…"))
    assert set(problem.explanations) == set(LANGUAGES)
    reasons = {problem.explain(language).reason for language in LANGUAGES}
    remedies = {problem.explain(language).remedy for language in LANGUAGES}
    assert len(reasons) == len(remedies) == len(LANGUAGES)
    assert all(text[0].isupper() for text in reasons | remedies)
