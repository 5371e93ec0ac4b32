"""Connectors are found by their fact sheet, and a folder that lacks a part fails here."""

import pytest
from pydantic import ValidationError

from bookbridge.kit import catalogue
from bookbridge.kit.budgets import Limit, call_limits, error_guard
from bookbridge.kit.contract import Connector
from bookbridge.kit.fact_sheet import KnownError, Limits
from bookbridge.kit.simulation import Simulator, SimulatorSettings
from tests.real_software import provide

FOLDERS = sorted(
    path.name for path in catalogue.FOLDER.iterdir() if path.is_dir() and not path.name.startswith(("_", "."))
)


def test_every_folder_is_in_the_catalogue() -> None:
    assert list(catalogue.packages()) == FOLDERS


@pytest.mark.parametrize("package", FOLDERS)
def test_every_folder_has_all_parts(package: str) -> None:
    assert not catalogue.missing_parts(package)


@pytest.mark.parametrize("package", FOLDERS)
def test_every_part_can_be_loaded(package: str, request: pytest.FixtureRequest) -> None:
    provide(package, request)
    sheet = catalogue.fact_sheet(package)
    assert sheet.package == package
    assert issubclass(catalogue.connector_class(package), Connector)
    simulator = catalogue.simulator_factory(package)(SimulatorSettings(), None)
    assert isinstance(simulator, Simulator)
    simulator.close()
    assert catalogue.stage(package).administration


@pytest.mark.parametrize("package", FOLDERS)
def test_every_claim_has_its_source(package: str) -> None:
    sheet = catalogue.fact_sheet(package)
    assert sheet.sources
    assert sheet.evidence
    assert set(sheet.capabilities.searchable) <= set(sheet.capabilities.documents)
    assert set(sheet.capabilities.updates) <= set(sheet.capabilities.documents)
    assert all(question.where_in_code for question in sheet.to_confirm)
    assert all(reason.strip() for reason in sheet.conformance_exempt.values())
    assert len({(error.code, error.text) for error in sheet.known_errors}) == len(sheet.known_errors)


def test_an_unknown_package_is_named() -> None:
    with pytest.raises(catalogue.UnknownPackageError, match="nonesuch"):
        catalogue.fact_sheet("nonesuch")
    with pytest.raises(catalogue.UnknownPackageError, match="exact_online"):
        catalogue.connector_class("../secrets")


def test_limits_of_a_fact_sheet() -> None:
    limits = Limits(calls_per_minute=60, errors_per_hour=8)
    assert call_limits(limits) == (Limit("minute", 60, 60),)
    assert call_limits(Limits(calls_per_window=20, window_s=120)) == (Limit("window", 20, 120),)
    assert error_guard(limits) == Limit("errors", 8, 3600)
    assert error_guard(Limits()) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"caught_before_sending": True, "beyond_us": "Nobody knows."},
        {"caught_before_sending": True, "answered": "It goes again."},
        {"beyond_us": "Nobody knows.", "answered": "It goes again."},
    ],
)
def test_an_error_is_caught_or_answered_or_beyond_us(claims: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="either caught before sending, or answered, or beyond us"):
        KnownError.model_validate({"code": "a.b", "text": "No", **claims})


def test_only_errors_that_could_be_caught_count_as_gaps() -> None:
    errors = (
        KnownError(code="a.b", text="Caught", caught_before_sending=True),
        KnownError(code="a.b", text="A gap"),
        KnownError(code="a.b", text="Beyond us", beyond_us="Nobody knows."),
        KnownError(code="a.b", text="Answered", answered="It goes again."),
    )
    sheet = catalogue.fact_sheet("exact_online").model_copy(update={"known_errors": errors})
    assert (sheet.caught_before_sending, sheet.knowable_before_sending) == (1, 2)
