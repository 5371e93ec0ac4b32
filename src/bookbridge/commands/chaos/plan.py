"""What happens in a chaos run, drawn from the seed before anything starts. Pure: the same seed gives the same plan."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

PACKAGE_FAULTS = (
    "refuse",
    "too_many_requests",
    "server_error",
    "timeout_before",
    "timeout_after",
    "cut_before",
    "cut_after",
    "slow",
)
"""Every kind of fault that a simulator knows; a test holds this list against the simulator's own."""
DOCUMENTS_FOR_ONE_MORE = 700
"""Beside the kills, each event happens once, and once more for every so many documents."""
_PLAN_FIELDS = ("seed", "documents", "workers", "events")


class PlanError(ValueError):
    """The plan, or what was asked of it, can't be used; the message says what is wrong."""


@dataclass(frozen=True)
class Planned:
    """One event: begun when so many documents (`mark`) have been sent, with what it needs to know."""

    mark: int
    event: str
    with_: dict[str, Any]

    def __str__(self) -> str:
        said = " ".join(f"{name}={value}" for name, value in self.with_.items())
        return f"{self.event} {said}".strip()


@dataclass(frozen=True)
class Plan:
    seed: int
    documents: int
    workers: int
    events: tuple[Planned, ...]

    @property
    def kills(self) -> int:
        return sum(planned.event == "kill" for planned in self.events)

    def only(self, wanted: Sequence[str], without: Sequence[str] = ()) -> "Plan":
        """The same plan with fewer events: what is left happens at the same marks as before."""
        _check_names((*wanted, *without))
        kept = [
            planned
            for planned in self.events
            if (not wanted or _is_among(planned.event, wanted)) and not _is_among(planned.event, without)
        ]
        return Plan(self.seed, self.documents, self.workers, tuple(kept))

    def as_json(self) -> dict[str, Any]:
        events = [{"mark": one.mark, "event": one.event, "with": one.with_} for one in self.events]
        return {**asdict(self), "events": events}


def draw_plan(seed: int, documents: int, kills: int, workers: int) -> Plan:
    """Kills at marks of chance, and every other event at least once; nothing in it depends on how the run goes."""
    chance = Random(seed)  # noqa: S311 - repeatable on purpose, nothing secret.
    marks = sorted(chance.sample(range(documents), min(kills, documents)))
    events = [Planned(mark, "kill", {"worker": chance.randrange(workers)}) for mark in marks]
    for event, draw in EVENTS.items():
        for _ in range(0 if event == "kill" else 1 + documents // DOCUMENTS_FOR_ONE_MORE):
            events.append(Planned(chance.randrange(documents), event, draw(chance, workers)))
    # Two at one mark happen in the order of their names, whatever the order of drawing.
    return Plan(seed, documents, workers, tuple(sorted(events, key=lambda one: (one.mark, one.event, str(one)))))


def read_plan(path: Path) -> Plan:
    """A plan that `--print-plan` wrote. Raises PlanError."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        events = [Planned(int(one["mark"]), str(one["event"]), dict(one["with"])) for one in said["events"]]
        plan = Plan(int(said["seed"]), int(said["documents"]), int(said["workers"]), tuple(events))
    except OSError as error:
        raise PlanError(f"{path} can't be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise PlanError(
            f"{path} is no plan ({type(error).__name__}: {error}); it needs {', '.join(_PLAN_FIELDS)}, "
            "as `bookbridge chaos --print-plan` writes them"
        ) from None
    _check_names([planned.event for planned in plan.events])
    return plan


def _check_names(names: Sequence[str]) -> None:
    unknown = [name for name in names if not any(_is_among(event, [name]) for event in EVENTS)]
    if unknown:
        raise PlanError(f"no such event: {', '.join(unknown)}; there are {', '.join(EVENTS)}")


def _is_among(event: str, names: Sequence[str]) -> bool:
    """A name stands for itself and for all that begin with it: `fault` for every fault."""
    return any(event == name or event.startswith(f"{name}-") for name in names)


# --- what each event needs to know


def _nothing(_chance: Random, _workers: int) -> dict[str, Any]:
    return {}


def _worker(chance: Random, workers: int) -> dict[str, Any]:
    return {"worker": chance.randrange(workers)}


def _stop(chance: Random, workers: int) -> dict[str, Any]:
    # Longer than the silence after which the others take over, so that it wakes up to a world that went on.
    return {"worker": chance.randrange(workers), "seconds": chance.randint(17, 24)}


def _pause(chance: Random, workers: int) -> dict[str, Any]:
    return {"worker": chance.randrange(workers), "seconds": round(chance.uniform(0.5, 6), 1)}


def _seconds(shortest: float, longest: float) -> Callable[[Random, int], dict[str, Any]]:
    return lambda chance, _workers: {"seconds": round(chance.uniform(shortest, longest), 1)}


def _clock(chance: Random, workers: int) -> dict[str, Any]:
    ahead_s = chance.choice((-1, 1)) * round(math.exp(chance.uniform(math.log(30), math.log(86_400))))
    return {"worker": chance.randrange(workers), "ahead_s": ahead_s, "seconds": round(chance.uniform(2, 6), 1)}


def _fault(kind: str) -> Callable[[Random, int], dict[str, Any]]:
    def draw(chance: Random, _workers: int) -> dict[str, Any]:
        rule: dict[str, Any] = {"kind": kind, "times": chance.randint(1, 4)}
        if chance.random() < 0.7:
            rule["changes"] = True
        if kind in ("slow", "too_many_requests", "timeout_before", "timeout_after"):
            rule["delay_s"] = round(chance.uniform(0.3, 2.5), 1)
        return {"rule": rule}

    return draw


def _parts(chance: Random, _workers: int) -> dict[str, Any]:
    return {"seed": chance.randrange(10**6), "parts": chance.randint(2, 5)}


def _order(chance: Random, _workers: int) -> dict[str, Any]:
    return {"seed": chance.randrange(10**6)}


def _portal(chance: Random, _workers: int) -> dict[str, Any]:
    return {"seed": chance.randrange(10**6), "seconds": round(chance.uniform(0, 3), 1)}


EVENTS: dict[str, Callable[[Random, int], dict[str, Any]]] = {
    "kill": _worker,
    "stop": _stop,
    "pause": _pause,
    "database-restart": _nothing,
    "database-power-cut": _seconds(0, 4),
    "database-cut-lines": _nothing,
    "database-disk-full": _seconds(1, 4),
    "storage-gone": _seconds(1, 5),
    "storage-read-only": _seconds(1, 5),
    "storage-full": _seconds(1, 5),
    "package-kill": _seconds(0, 4),
    **{f"fault-{kind.replace('_', '-')}": _fault(kind) for kind in PACKAGE_FAULTS},
    "tokens-age": _nothing,
    "tokens-expire": _nothing,
    "tokens-revoked": _seconds(1, 3),
    "clock": _clock,
    "drop-again": _order,
    "drop-parts": _parts,
    "drop-renamed": _order,
    "drop-reordered": _parts,
    "drop-overwritten": _order,
    "upload": _order,
    "upload-cut": _order,
    "portal-kill": _portal,
}
"""Event → how its details are drawn."""
