"""The packages we can talk to: the folders under `connectors` with a fact sheet. Their code is loaded on first use."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bookbridge.kit.contract import Connector
from bookbridge.kit.fact_sheet import FactSheet, read_fact_sheet

if TYPE_CHECKING:
    from bookbridge.kit.conformance.stage import Stage
    from bookbridge.kit.simulation import Simulator, SimulatorSettings

FOLDER = Path(__file__).resolve().parent.parent / "connectors"
PARTS = ("fact_sheet.toml", "connector", "client", "mapping", "problems", "simulator", "conformance")
"""What every connector's folder holds; a part without an ending is a module or a package."""


class UnknownPackageError(LookupError):
    """There is no connector of this name."""


@cache
def packages() -> tuple[str, ...]:
    """The names of all connectors, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in FOLDER.glob("*/fact_sheet.toml")))


@cache
def fact_sheet(package: str) -> FactSheet:
    """Raises UnknownPackageError, and pydantic.ValidationError for a wrong sheet."""
    return read_fact_sheet(_folder(package) / "fact_sheet.toml")


def connector_class(package: str) -> type[Connector]:
    """The class to make a connector of. Raises UnknownPackageError."""
    found: type[Connector] = _load(package, "connector", "PackageConnector")
    return found


def simulator_factory(package: str) -> "Callable[[SimulatorSettings, Callable[[], float] | None], Simulator]":
    """Makes the package's simulator from settings and a clock (None: the machine's). Raises UnknownPackageError."""
    create = _load(package, "simulator", "create_simulator")
    found: Callable[[SimulatorSettings, Callable[[], float] | None], Simulator] = create
    return found


def stage(package: str) -> "Stage":
    """What the conformance suite needs to know of the package's simulated books. Raises UnknownPackageError."""
    found: Stage = _load(package, "conformance", "STAGE")
    return found


def missing_parts(package: str) -> tuple[str, ...]:
    """The parts that the package's folder lacks."""
    folder = _folder(package)
    return tuple(part for part in PARTS if not any((folder / name).exists() for name in (part, f"{part}.py")))


def _load(package: str, module: str, attribute: str) -> Any:
    _folder(package)
    return getattr(import_module(f"bookbridge.connectors.{package}.{module}"), attribute)


def _folder(package: str) -> Path:
    if package not in packages():
        raise UnknownPackageError(f"There is no connector {package!r}; known are: {', '.join(packages())}.")
    return FOLDER / package
