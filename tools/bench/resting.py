"""Memory of a server and a worker at rest, without PostgreSQL: their share of every page, added up."""

import time
from typing import Any

import httpx
import psutil

from tools.bench.installation import installed
from tools.bench.measures import Asked

GOALS = {"together_mb": "< 300"}
SIZES = {"rest_s": 10}
_PAGES = ("/accounts/login/", "/readyz", "/metrics", "/static/portal/bookbridge.css")


def measure(asked: Asked) -> dict[str, Any]:
    """After each has done some work, so that what is loaded on first use is there."""
    with installed() as here:
        stage = here.stage(here.simulator())
        server, url = here.serve()
        worker = here.worker()
        for page in _PAGES:
            httpx.get(url + page, timeout=30).raise_for_status()
        here.drop(stage, {"debitr.csv": _customers()})
        _wait_for_the_run()
        time.sleep(asked.rest_s)
        families = {"server": _family(server.process.pid), "worker": _family(worker.process.pid)}
        parts = {f"{name}_mb": _share(family) for name, family in families.items()}
        # What they would take if nothing else on the machine used the same libraries: an upper bound.
        resident = sum(member.memory_info().rss for family in families.values() for member in family)
    return {**parts, "together_mb": round(sum(parts.values()), 1), "resident_mb": round(resident / 1e6, 1)}


def _customers() -> bytes:
    from importlib.resources import files

    return files("bookbridge.commands").joinpath("demo_files/debitr.csv").read_bytes()


def _wait_for_the_run() -> None:
    from bookbridge.exchange.models import Run

    deadline = time.monotonic() + 120
    while not Run.objects.filter(state=Run.State.ENDED).exists():
        if time.monotonic() > deadline:
            raise TimeoutError("the worker did not end its run")
        time.sleep(0.1)


def _family(pid: int) -> list[psutil.Process]:
    """A process and those it started that are no part of PostgreSQL."""
    members = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return [member for member in members if "postgres" not in member.name()]


def _share(family: list[psutil.Process]) -> float:
    """Proportional set size in megabytes: a page that several processes use counts once."""
    return round(sum(member.memory_full_info().pss for member in family) / 1e6, 1)
