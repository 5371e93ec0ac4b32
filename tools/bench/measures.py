"""Which measures there are, what can be asked of them, and whether their goals were met."""

import importlib
import operator
import pkgutil
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol, cast

_NO_MEASURES = {"__main__", "measures", "installation", "files", "customers_pc", "hurried"}
_COMPARISONS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt}


class Asked(SimpleNamespace):
    """The sizes to measure with, by name."""


class Measure(Protocol):
    GOALS: dict[str, str]
    SIZES: dict[str, int]

    def measure(self, asked: Asked) -> dict[str, Any]: ...


def measure_names() -> list[str]:
    """Every module of this folder that is no part of the harness."""
    found = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return sorted(name for name in found if name not in _NO_MEASURES)


def module_of(name: str) -> Measure:
    return cast(Measure, importlib.import_module(f"tools.bench.{name}"))


def sizes_of(names: Iterable[str]) -> dict[str, str]:
    """Every size that can be asked for, with what each measure takes when it isn't."""
    told: dict[str, list[str]] = {}
    for name in names:
        for size, default in module_of(name).SIZES.items():
            told.setdefault(size, []).append(f"{default} ({name})")
    return {size: ", ".join(defaults) for size, defaults in told.items()}


def judged(numbers: dict[str, Any], goals: dict[str, str]) -> dict[str, Any]:
    """The numbers with each goal and whether it was met, and `met` for all of them.

    With one goal it stands as `goal` beside the numbers, with several each under `goals` by the number's name.
    """
    told = {name: {"goal": goal, "met": _holds(numbers[name], goal)} for name, goal in goals.items()}
    met = all(each["met"] for each in told.values())
    shown = {"goal": next(iter(goals.values()))} if len(goals) == 1 else {"goals": told}
    return {**numbers, **shown, "met": met}


def _holds(number: float, goal: str) -> bool:
    """Raises KeyError or ValueError for a goal that isn't written as `<= 8`."""
    sign, wanted = goal.split()
    return bool(_COMPARISONS[sign](number, float(wanted)))
