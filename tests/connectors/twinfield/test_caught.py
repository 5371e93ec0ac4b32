"""What the fact sheet says is caught before sending: the document becomes a problem, and no call changes the books."""

from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest
from pydantic import ValidationError

from bookbridge.documents import Document
from bookbridge.exchange.preflight import SettingsIndex, check
from bookbridge.kit.conformance.rig import Rig, changing
from bookbridge.kit.outcomes import Posted, Refused
from bookbridge.kit.package_settings import PackageSettings
from bookbridge.kit.simulation import FaultKind, FaultRule


def _ledger(rig: Rig) -> Document:
    return rig.samples.sales(lines=(rig.samples.line(ledger_account="99999"),))


def _vat(rig: Rig) -> Document:
    return rig.samples.sales(lines=(rig.samples.line(vat_code="21"),))


def _no_period(rig: Rig) -> Document:
    day = rig.stage.codes.open_day.replace(year=2030)
    return rig.samples.sales(entry_date=day, fiscal_year=2030, period=1)


CAUGHT: dict[str, tuple[Callable[[Rig], Document], str]] = {
    "De boeking is niet in balans": (lambda rig: rig.samples.sales(total=Decimal("121.01")), "total"),
    "balanceert niet in de basisvaluta": (
        lambda rig: rig.samples.memorial(lines=rig.samples.memorial().lines[:1]),
        "lines",
    ),
    "balanceert niet in de rapportagevaluta": (lambda rig: rig.samples.sales(total=Decimal("120.00")), "total"),
    "valt buiten de opgegeven periode": (lambda rig: rig.samples.sales(period=3), "period"),
    "omdat periode 2020/01 niet bestaat": (_no_period, "period"),
    "Dimensie 99999 komt niet voor": (_ledger, "lines.0.ledger_account"),
    "Dimensie 00590 bestaat niet": (
        lambda rig: rig.samples.sales(lines=(rig.samples.line(cost_centre="00590"),)),
        "lines.0.cost_centre",
    ),
    "Dimension 00590 does not exist": (
        lambda rig: rig.samples.sales(lines=(rig.samples.line(cost_unit="00590"),)),
        "lines.0.cost_unit",
    ),
    "Grootboekrekening 11300 bestaat niet": (_ledger, "lines.0.ledger_account"),
    "De klantdimensie bestaat niet": (lambda rig: rig.samples.sales(customer="12015"), "customer"),
    "Btw 21 bestaat niet": (_vat, "lines.0.vat_code"),
    "Ongeldige btw-code": (_vat, "lines.0.vat_code"),
    "Elektronisch factureren": (lambda rig: rig.samples.customer(email=None, city="Ede"), "email"),
}
OF_OTHER_TESTS = {"Naam moet worden ingevuld", "De code voldoet niet aan het formaat", "met financieel niveau 1"}
"""A document without a name can't even be read, and what an office wants of new relations is changed: tested below."""


def test_what_the_fact_sheet_says_is_caught_has_its_test() -> None:
    with Rig("twinfield") as rig:
        claimed = [error.text for error in rig.fact_sheet.known_errors if error.caught_before_sending]
    tested = [*CAUGHT, *OF_OTHER_TESTS]
    assert len(claimed) == len(tested)
    assert all(any(part in text for part in tested) for text in claimed)


@pytest.mark.parametrize("text", CAUGHT)
def test_it_is_caught_before_a_call_that_changes_the_books(text: str) -> None:
    make, field = CAUGHT[text]
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer(email=None))
        held = rig.simulator.store.get("dimension", "NL001", f"DEB/{rig.samples.customer().number}")
        rig.simulator.store.put(
            "dimension", "NL001", f"DEB/{held['code']}", {**held, "ebilling": "true"}, code="DEB/47110"
        )
        document = make(rig)
        with rig.calls() as calls:
            problems = check(document, SettingsIndex(rig.package_settings()))
            if not problems:
                outcome = rig.post(document)
                assert isinstance(outcome, Refused)
                problems = list(outcome.problems)
        assert field in {problem.field for problem in problems}
        assert not changing(calls)


def test_a_relation_without_a_name_can_not_be_made() -> None:
    with Rig("twinfield") as rig, pytest.raises(ValidationError, match="name"):
        rig.samples.customer(name=" ")


FORMAT = {"customer_mask": "1[0-9]{3}", "customer_format": "1[0-9][0-9][0-9]"}


def test_a_code_that_does_not_fit_the_offices_format_is_refused_here_and_there() -> None:
    with Rig("twinfield", **FORMAT) as rig:
        told = _caught(rig, rig.samples.customer())
        sent = rig.post(rig.samples.customer(), rig.connector(settings=_without_rules(rig)))
        for outcome in (told, sent):
            assert isinstance(outcome, Refused)
            assert [(problem.code, problem.field) for problem in outcome.problems] == [
                ("twinfield.code_format", "number")
            ]
            assert "1[0-9][0-9][0-9]" in outcome.problems[0].reason
        assert isinstance(rig.post(rig.samples.customer(number="1711")), Posted)
        assert isinstance(rig.post(rig.samples.supplier()), Posted), "the format of debtors is none of creditors"


def test_a_format_given_by_the_option_goes_before_the_offices() -> None:
    with Rig("twinfield", tells_formats=False, **FORMAT) as rig:
        assert [rules.number_format for rules in rig.package_settings().relation_rules] == [None, None]
        _caught(rig, rig.samples.customer(), options={"customer_codes": "1[0-9][0-9][0-9]"})
    with Rig("twinfield", **FORMAT) as rig:
        outcome = rig.post(rig.samples.customer(), rig.connector(options={"customer_codes": "*"}))
        assert isinstance(outcome, Refused)
        assert "De code voldoet niet" in (outcome.problems[0].evidence or ""), "Twinfield was not asked"


def test_a_format_does_not_count_for_a_relation_that_is_there() -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer())
        rig.simulator.settings.customer_format = "1[0-9][0-9][0-9]"
        rig.forget_settings()
        assert isinstance(rig.post(rig.samples.customer(city="Ede")), Posted)


def test_a_question_that_twinfield_falls_over_leaves_the_other_settings() -> None:
    with Rig("twinfield") as rig:
        rule = FaultRule(kind=FaultKind.SERVER_ERROR, resource="processxml.asmx/dimensiontype", changes=False)
        rig.simulator.faults.add([rule])
        settings = rig.package_settings()
        assert len(settings.ledger_accounts) == rig.stage.counts["ledger_accounts"]
        assert not settings.unknown
        assert [rules.number_format for rules in settings.relation_rules] == [None, None]
        assert [rules.control_account for rules in settings.relation_rules] == ["1300", "1600"]


def test_a_master_with_an_account_that_the_office_lacks_is_told_before_a_new_relation_is_sent() -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer())
        for type in ("DEB", "CRD"):
            master = rig.simulator.store.get("dimension", "NL001", f"{type}/{type}")
            rig.simulator.store.put(
                "dimension", "NL001", f"{type}/{type}", {**master, "substitutewith": "11300"}, code=f"{type}/{type}"
            )
        rig.forget_settings()
        for document in (rig.samples.customer(number="47112"), rig.samples.supplier()):
            [problem] = _caught(rig, document).problems
            assert problem.code == "twinfield.control_account_missing"
            assert "11300" in problem.reason

            sent = rig.post(document, rig.connector(settings=_without_rules(rig)))
            assert isinstance(sent, Refused)
            assert [problem.code for problem in sent.problems] == ["twinfield.dimension_unknown"]
            assert "De dimensie 11300 met financieel niveau 1 niet gevonden." in (sent.problems[0].evidence or "")
        assert isinstance(rig.post(rig.samples.customer(city="Ede")), Posted), "one that is there has its own account"


def _caught(rig: Rig, document: Document, options: Mapping[str, str] | None = None) -> Refused:
    connector = rig.connector(options=options or {})
    with rig.calls() as calls:
        outcome = rig.post(document, connector)
    assert isinstance(outcome, Refused)
    assert not changing(calls)
    return outcome


def _without_rules(rig: Rig) -> PackageSettings:
    """Settings in which the office told nothing of new relations, so that the document is sent all the same."""
    return rig.package_settings().model_copy(update={"relation_rules": ()})
