"""Every connector in the catalogue keeps every promise of the conformance suite, or says in its fact sheet why not."""

import pytest

from bookbridge.kit import catalogue
from bookbridge.kit.conformance import suite
from tests.real_software import provide

EVERY = [(package, case) for package in catalogue.packages() for case in suite.CASES]


@pytest.mark.parametrize(("package", "case"), EVERY)
def test_conformance(package: str, case: str, request: pytest.FixtureRequest) -> None:
    reason = suite.exemption(package, suite.CASES[case])
    if reason:
        pytest.skip(f"exempt: {reason}")
    provide(package, request)
    suite.run(package, suite.CASES[case])


@pytest.mark.parametrize("package", catalogue.packages())
def test_exempts_only_cases_that_exist(package: str) -> None:
    assert set(catalogue.fact_sheet(package).conformance_exempt) <= set(suite.CASES)


def test_suite_has_its_cases() -> None:
    assert len(suite.CASES) >= 30
