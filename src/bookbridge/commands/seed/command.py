"""bookbridge seed"""

import json
import os
import secrets
import time
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bookbridge.commands.seed.history import Size

USER = "seed@bookbridge.example"


@click.command()
@click.option("--integrations", default=200, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--runs", default=100_000, show_default=True, type=click.IntRange(2, 10_000_000))
@click.option("--lines", default=5_000_000, show_default=True, type=click.IntRange(1, 100_000_000))
@click.option("--largest-run", default=50_000, show_default=True, help="Lines of the largest run, part of all lines.")
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3650), help="How far it goes back.")
@click.option("--seed", default=1, show_default=True, help="The same seed and day make the same history.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The day after the last run; today by default.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def seed(as_json: bool, **asked: Any) -> None:
    """Fill an empty installation with years of made-up companies, runs, lines and trail.

    For measuring, and for looking at pages that are full. Nothing of it can be sent: its package is nowhere. An
    installation in which there is a company already is refused.
    """
    started = time.monotonic()
    from bookbridge.server.start import load_django

    load_django()
    from bookbridge.commands.seed.history import Size
    from bookbridge.organisations.models import User
    from bookbridge.organisations.sql import every_organisation

    if every_organisation():
        raise click.ClickException("there are companies in this installation; made-up ones would stand among them")
    names = ("integrations", "runs", "lines", "largest_run", "days")
    size = Size(**{name: asked[name] for name in names})
    if size.runs < 2 * size.integrations or size.largest_run > size.lines:
        raise click.UsageError("give at least two runs for each integration, and no larger run than there are lines")
    until = asked["until"] or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    password = secrets.token_urlsafe(9)
    user = User.objects.create_user(USER, password, name="Seed User")
    fill(size, until.replace(tzinfo=UTC), asked["seed"], user)
    seconds = round(time.monotonic() - started, 1)
    report = {"user": USER, "password": password, **{name: asked[name] for name in names}, "seconds": seconds}
    click.echo(json.dumps(report) if as_json else "\n".join(f"{name:14} {value}" for name, value in report.items()))


def fill(size: "Size", until: datetime, seed: int, user: Any) -> None:
    """Make the history up to a moment. Needs DATABASE_OWNER_URL; Django must be loaded."""
    from bookbridge.commands.seed.companies import make_companies
    from bookbridge.commands.seed.copying import copying
    from bookbridge.commands.seed.history import History

    chance = Random(seed)  # noqa: S311 - repeatable on purpose, nothing secret.
    companies = list(make_companies(size.integrations, user, until, chance))
    with copying(os.environ["DATABASE_OWNER_URL"]) as copier:
        History(size, until, copier, chance).tell(companies)
