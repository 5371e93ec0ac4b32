"""Runs the cases over a package, opt-out: what is not exempt in the fact sheet is tried."""

import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import bookbridge.kit.conformance.cases_booked
import bookbridge.kit.conformance.cases_lines
import bookbridge.kit.conformance.cases_money
import bookbridge.kit.conformance.cases_posting
import bookbridge.kit.conformance.cases_reading
import bookbridge.kit.conformance.cases_relations  # noqa: F401 (importing these six fills the register)
from bookbridge.kit import catalogue
from bookbridge.kit.conformance.cases import CASES, Case
from bookbridge.kit.conformance.rig import Rig

__all__ = ["CASES", "Result", "check", "exemption", "run"]


@dataclass(frozen=True, slots=True)
class Result:
    """How a case ended. `reason` says what was seen, or why the package is exempt."""

    case: str
    promise: str
    state: Literal["passed", "failed", "exempt"]
    reason: str = ""


def exemption(package: str, case: Case) -> str:
    """Why the case is not tried on the package; empty when it is."""
    sheet = catalogue.fact_sheet(package)
    return sheet.conformance_exempt.get(case.name) or case.not_for(sheet, catalogue.stage(package).codes)


def run(package: str, case: Case) -> None:
    """Try one case on a fresh simulator. Raises AssertionError when the promise isn't kept."""
    with Rig(package, **case.settings) as rig:
        case.run(rig)


def check(package: str) -> Iterator[Result]:
    """Try every case. Raises UnknownPackageError. An unknown name among the exemptions is a failure."""
    for name in sorted(set(catalogue.fact_sheet(package).conformance_exempt) - set(CASES)):
        yield Result(name, "every exempt case exists", "failed", "the fact sheet exempts a case that does not exist")
    for case in CASES.values():
        reason = exemption(package, case)
        yield Result(case.name, case.promise, "exempt", reason) if reason else _tried(package, case)


def _tried(package: str, case: Case) -> Result:
    try:
        run(package, case)
    except AssertionError as error:
        return Result(case.name, case.promise, "failed", str(error) or _place(error))
    except Exception as error:  # A connector that raises what it shouldn't has failed the case, not the suite.
        return Result(case.name, case.promise, "failed", f"{type(error).__name__}: {error} ({_place(error)})")
    return Result(case.name, case.promise, "passed")


def _place(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.name}, line {frame.lineno}"
