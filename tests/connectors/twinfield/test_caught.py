"""What the fact sheet says is caught before sending: the document becomes a problem, and no call changes the books."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from pydantic import ValidationError

from bookbridge.documents import Document
from bookbridge.exchange.preflight import SettingsIndex, check
from bookbridge.kit.conformance.rig import Rig, changing
from bookbridge.kit.outcomes import Refused


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
UNMAKEABLE = {"Naam moet worden ingevuld"}
"""A document without a name can't even be read: tested below."""


def test_what_the_fact_sheet_says_is_caught_has_its_test() -> None:
    with Rig("twinfield") as rig:
        claimed = [error.text for error in rig.fact_sheet.known_errors if error.caught_before_sending]
    tested = [*CAUGHT, *UNMAKEABLE]
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


def test_a_code_that_does_not_fit_the_format_of_the_option_is_refused_here() -> None:
    with Rig("twinfield", customer_mask="1[0-9]{3}", customer_format="1[0-9][0-9][0-9]") as rig:
        document = rig.samples.customer()
        by_twinfield = rig.post(document)
        with rig.calls() as calls:
            by_us = rig.post(document, rig.connector(options={"customer_codes": "1[0-9][0-9][0-9]"}))
        for outcome in (by_twinfield, by_us):
            assert isinstance(outcome, Refused)
            assert (outcome.problems[0].code, outcome.problems[0].field) == ("twinfield.code_format", "number")
        assert not changing(calls)
