"""Server time and queries of the portal's pages with years of history in the tables, as `bookbridge seed` makes it.

Each page is asked for many times, each time of something else, in this process and without a network: what is measured
is the server's own work, PostgreSQL's included. The report names every page; the goals hold for the slowest.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from tools.bench.installation import installed
from tools.bench.measures import Asked

if TYPE_CHECKING:
    from django.test import Client

GOALS = {"p95_ms": "<= 100", "queries": "<= 15"}
SIZES = {"integrations": 200, "runs": 100_000, "lines": 5_000_000, "requests": 40}
_UNTIL = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
"""Today: some pages look back from now."""
_DAYS = 365
_LARGEST_SHARE = 100
"""One line in so many stands in the largest run."""
_WARM = 3
_SOME_SHOPS = 20
"""Integrations whose issues are visited."""
_OUTCOMES = ("posted", "refused", "skipped")
_OF_A_SHOP = (
    "integration",
    "history",
    "files",
    "issues",
    "settings",
    "drop_box",
    "reconciliation",
    "integration_trail",
)
_PASSWORD = secrets.token_urlsafe(12)

Visit = Callable[[Random], str]
"""The address of one visit."""


def measure(asked: Asked) -> dict[str, Any]:
    with installed(BOOKBRIDGE_REQUIRE_MFA="none"):
        seconds = _fill(asked)
        client, pages = _client(), dict(_pages())
        _load_pages()
        measured = {name: _of_page(client, visit, asked.requests) for name, visit in pages.items()}
    slowest = max(measured, key=lambda name: measured[name]["p95_ms"])
    return {
        **{name: getattr(asked, name) for name in ("integrations", "runs", "lines", "requests")},
        "filled_in_s": seconds,
        "p95_ms": measured[slowest]["p95_ms"],
        "slowest": slowest,
        "queries": max(page["queries"] for page in measured.values()),
        "pages": measured,
    }


def _fill(asked: Asked) -> float:
    from bookbridge.commands.seed.command import USER, fill
    from bookbridge.commands.seed.history import Size
    from bookbridge.organisations.models import User

    started = time.monotonic()
    user = User.objects.create_user(USER, _PASSWORD, name="Bench", is_operator=True)
    size = Size(asked.integrations, asked.runs, asked.lines, max(asked.lines // _LARGEST_SHARE, 1), _DAYS)
    fill(size, _UNTIL, 1, user)
    return round(time.monotonic() - started, 1)


def _load_pages() -> None:
    from bookbridge.server.loading import load_pages

    load_pages()


def _client() -> "Client":
    from django.conf import settings
    from django.test import Client

    from bookbridge.commands.seed.command import USER

    client = Client(headers={"host": urlsplit(settings.ENVIRONMENT.public_url).netloc})
    client.post("/accounts/login/", {"login": USER, "password": _PASSWORD})
    return client


def _of_page(client: "Client", visit: Visit, requests: int) -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    chance = Random(1)  # noqa: S311 - repeatable, nothing secret.
    queries = []
    for _ in range(_WARM):
        with CaptureQueriesContext(connection) as captured:
            _ask(client, visit(chance))
        queries.append(len(captured))
    took = sorted(_ask(client, visit(chance)) for _ in range(requests))
    return {
        "p95_ms": round(took[min(int(requests * 0.95), requests - 1)] * 1000, 1),
        "median_ms": round(median(took) * 1000, 1),
        "queries": max(queries),
    }


def _ask(client: "Client", address: str) -> float:
    started = time.perf_counter()
    answer = client.get(address)
    took = time.perf_counter() - started
    if answer.status_code != 200:
        raise SystemExit(f"{address} answered {answer.status_code} {answer.headers.get('Location', '')}")
    return took


def _pages() -> Iterator[tuple[str, Visit]]:
    from bookbridge.commands.seed.companies import OFFICE
    from bookbridge.organisations.models import Organisation
    from bookbridge.organisations.sql import every_organisation
    from bookbridge.organisations.walls import acting_for

    for organisation_id in every_organisation():
        with acting_for(organisation_id):
            office = Organisation.objects.filter(pk=organisation_id, name=OFFICE).first()
            if office is not None:
                yield from _pages_of(_company(office))


@dataclass(frozen=True)
class _Company:
    """What there is to visit in the largest company, read once."""

    pk: UUID
    shops: list[Any]
    runs: list[int]
    largest_run: int
    lines: dict[str, list[tuple[int, int]]]
    """Run and line of some, by outcome."""
    issues: list[tuple[UUID, str]]

    def at(self, name: str, *place: object, **query: object) -> str:
        from django.urls import reverse

        return reverse(name, args=[self.pk, *place]) + (f"?{urlencode(query)}" if query else "")

    def of_some_shop(self, name: str, **query: object) -> Visit:
        return lambda chance: self.at(name, chance.choice(self.shops).integration_id, **query)


def _company(office: Any) -> _Company:
    from bookbridge.exchange.issues import open_issues
    from bookbridge.exchange.models import Line, Run
    from bookbridge.integrations.models import Configuration

    shops = list(Configuration.objects.filter(organisation=office).order_by("pk"))
    runs = Run.objects.filter(organisation=office, direction="out")
    lines = Line.objects.filter(organisation=office).order_by("-pk")
    found = [(shop, open_issues(office.pk, [shop.pk]).issues) for shop in shops[:_SOME_SHOPS]]
    return _Company(
        office.pk,
        shops,
        list(runs.values_list("pk", flat=True)),
        runs.filter(configuration=shops[0]).latest("pk").pk,
        {outcome: list(lines.filter(outcome=outcome).values_list("run_id", "pk")[:2000]) for outcome in _OUTCOMES},
        [(shop.integration_id, issues[0].cause.key) for shop, issues in found if issues],
    )


def _pages_of(company: _Company) -> Iterator[tuple[str, Visit]]:
    last = _UNTIL.date().replace(day=1) - timedelta(days=1)
    month = {"since": last.replace(day=1), "until": last}
    year = {"since": last - timedelta(days=330), "until": last}
    at = company.at
    yield "companies", lambda _: "/companies/"
    yield "installation", lambda _: "/installation/"
    for name in ("company", "members", "integrations", "trail"):
        yield name, lambda _, name=name: at(name)
    yield "trail of a month", lambda _: at("trail", **month)
    yield "trail of repairs", lambda _: at("trail", what="repair")
    for name in _OF_A_SHOP:
        yield name, company.of_some_shop(name)
    yield "history with errors", company.of_some_shop("history", result="with_errors")
    yield "history of a month", company.of_some_shop("history", **month)
    yield "history by text", company.of_some_shop("history", text=f"{_UNTIL:%y}000012")
    yield "reconciliation of a month", company.of_some_shop("reconciliation", **month)
    yield "reconciliation of a year", company.of_some_shop("reconciliation", **year)
    yield "issue", lambda chance: at("issue", *chance.choice(company.issues))
    yield "mappings", lambda chance: at("mappings", *_place(chance.choice(company.shops)), "vat_codes")
    yield "layout", lambda chance: at("layout", *_place(chance.choice(company.shops)), "fmuta6")
    yield from _pages_of_runs(company)


def _pages_of_runs(company: _Company) -> Iterator[tuple[str, Visit]]:
    at, largest = company.at, company.largest_run
    for name in ("run", "run_progress"):
        yield name, lambda chance, name=name: at(name, chance.choice(company.runs))
    yield "largest run, only failed", lambda _: at("run", largest)
    yield "largest run, all lines", lambda _: at("run", largest, shown="1")
    yield (
        "largest run by text",
        lambda chance: at("run", largest, shown="1", text=f"{_UNTIL:%y}00{chance.randrange(99):02}"),
    )
    yield "largest run, progress", lambda _: at("run_progress", largest)
    for outcome, found in company.lines.items():
        yield f"{outcome} line", lambda chance, found=found: at("line", *chance.choice(found))
    yield "trail of a line", lambda chance: at("line_trail", *chance.choice(company.lines["posted"]))


def _place(shop: Any) -> tuple[Any, int]:
    return shop.integration_id, shop.pk
