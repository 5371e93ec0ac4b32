"""bookbridge chaos"""

import json
import shutil
import time
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import click

from bookbridge.commands import simulating
from bookbridge.commands.chaos.clocks import JumpingClock, faketime_library
from bookbridge.commands.chaos.installation import Grounds, Package, Workers, own_grounds
from bookbridge.commands.chaos.plan import Plan, PlanError, draw_plan, read_plan
from bookbridge.commands.processes import ChildFailedError, Children

_MUST_BE_NOTHING = (
    "lost",
    "duplicates",
    "runs_open",
    "lines_open",
    "not_posted",
    "runs_uneven",
    "trail_fault",
    "secrets_in_logs",
)


@click.command()
@click.option("--package", default="exact_online", show_default=True, help="The package whose simulator is played.")
@click.option("--documents", default=200, show_default=True, type=click.IntRange(10, 100_000))
@click.option("--kills", default=10, show_default=True, type=click.IntRange(0, 10_000), help="SIGKILLs to workers.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 50), help="Worker processes.")
@click.option("--seed", default=1, show_default=True, help="The same seed draws the same documents and the same plan.")
@click.option("--plan", "plan_file", type=click.Path(path_type=Path), help="Replay a plan that --print-plan wrote.")
@click.option("--print-plan", is_flag=True, help="Print the plan as JSON and do nothing.")
@click.option("--only", default="", help="Only these events of the plan, separated by commas: kill,stop,fault")
@click.option("--without", default="", help="The plan without these events.")
@click.option("--recover-within", default=30.0, show_default=True, help="Seconds until the work must go on.")
@click.option("--longest-s", default=900, show_default=True, help="Give up after so many seconds.")
@click.option("--logs", type=click.Path(path_type=Path, file_okay=False), help="Keep the processes' logs here.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def chaos(
    package: str,
    documents: int,
    kills: int,
    workers: int,
    seed: int,
    plan_file: Path | None,
    print_plan: bool,
    only: str,
    without: str,
    recover_within: float,
    longest_s: int,
    logs: Path | None,
    as_json: bool,
) -> None:
    """Break everything that can break, then count: nothing may be lost or posted twice.

    Kills and stops workers; stops, cuts and fills the database; takes the storage away; breaks the package in every way
    its simulator knows; lets tokens expire and clocks jump; drops the same files again in other cuts and orders. All by
    a plan drawn from the seed before anything starts. Works in a database and a folder of its own that are gone
    afterwards. Exits with 1 when a document is lost or twice in the books, when anything is left open, when a proof
    doesn't hold, or when the work took too long to go on.
    """
    started = time.monotonic()
    try:
        plan = read_plan(plan_file) if plan_file else draw_plan(seed, documents, kills, workers)
        plan = plan.only(_names(only), _names(without))
    except PlanError as error:
        raise click.UsageError(str(error)) from None
    if print_plan:
        click.echo(json.dumps(plan.as_json(), indent=1))
        return
    try:
        # Outside the grounds: what the package's simulator stands on is not among what is broken.
        with simulating.postgres_for(package), own_grounds(plan.documents) as grounds:
            report = _play(grounds, package, plan, started + longest_s, logs)
    except (ChildFailedError, OSError) as error:
        raise click.ClickException(f"seed {plan.seed}: {error}") from None
    report["seconds"] = round(time.monotonic() - started, 1)
    report["failed"] = _failed(report, recover_within)
    _print(report, as_json=as_json)
    raise SystemExit(1 if report["failed"] else 0)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _play(grounds: Grounds, package: str, plan: Plan, deadline: float, logs: Path | None) -> dict[str, Any]:
    from bookbridge.server.start import load_django

    load_django()
    from bookbridge.commands.chaos.events import impossible

    skipped = {event: why for event, why in impossible(grounds, plan.workers).items() if _has(plan, event)}
    for event, why in skipped.items():
        click.echo(f"SKIPPED {event}: {why}", err=True)
    kept = plan.only([], list(skipped)) if skipped else plan
    with Children(grounds.folder / "logs") as children:
        try:
            report = _play_on(children, grounds, package, kept, deadline)
        finally:
            if logs:
                shutil.copytree(grounds.folder / "logs", logs, dirs_exist_ok=True)
    return {**report, "skipped": skipped}


def _has(plan: Plan, event: str) -> bool:
    return any(planned.event == event for planned in plan.events)


def _play_on(children: Children, grounds: Grounds, package: str, plan: Plan, deadline: float) -> dict[str, Any]:
    from bookbridge.commands.chaos.documents import make_delivery
    from bookbridge.commands.chaos.events import Site
    from bookbridge.commands.chaos.inbox import Inbox
    from bookbridge.commands.chaos.show import Show
    from bookbridge.commands.chaos.watching import Tables
    from bookbridge.commands.staging import set_stage
    from bookbridge.kit import catalogue
    from bookbridge.organisations.walls import acting_for
    from bookbridge.storage import inbox_prefix

    books = catalogue.stage(package)
    simulator = Package(children, package, grounds.folder / "books.sqlite", plan.seed)
    simulator.wait_until_up()
    stage = set_stage(package, simulator.url, "Chaos Company", "Chaos")
    workers = Workers(children, grounds.folder, plan.workers, _clocks(grounds, plan))
    delivery = make_delivery(plan.documents, books.codes, Random(plan.seed))  # noqa: S311 - repeatable, not secret.
    place = inbox_prefix(stage.configuration.organisation_id, stage.configuration.integration_id)
    with acting_for(stage.configuration.organisation_id):
        portal, agent = _drop_box(children, plan, stage, place)
        site = Site(grounds.database, grounds.storage, simulator, workers, stage, delivery, Inbox(place), portal, agent)
        show = Show(site, plan, Tables(stage), deadline)
        workers.start()
        show.play()
        said = simulator.books(books.administration)
        held = {kind: [record.number for record in books.held(said, kind)] for kind in delivery.expected}
        return {"package": package, "seed": plan.seed, "workers": plan.workers, **_verdict(show, held, grounds.folder)}


def _drop_box(children: Children, plan: Plan, stage: Any, inbox: str) -> tuple[Any, Any]:
    from bookbridge.commands.chaos.uploading import Agent, Portal

    if not any(_has(plan, event) for event in ("upload", "upload-cut", "portal-kill")):
        return None, None
    portal = Portal(children)
    portal.start()
    return portal, Agent(portal.url, stage.configuration.integration, inbox)


def _clocks(grounds: Grounds, plan: Plan) -> list[JumpingClock]:
    library = faketime_library()
    if library is None or not _has(plan, "clock"):
        return []
    return [JumpingClock(library, grounds.folder / "clocks" / str(place)) for place in range(plan.workers)]


def _verdict(show: Any, held: dict[Any, list[str]], folder: Path) -> dict[str, Any]:
    from bookbridge.commands.chaos import verdict

    done = [told.event for told in show.told]
    return {
        "documents": show.site.delivery.document_count,
        **verdict.count(show.site.delivery.expected, held),
        "kills": done.count("kill"),
        "faults": sum(event.startswith("fault-") for event in done),
        **verdict.recovery(show.told),
        **show.tables.left_open(),
        "runs_uneven": verdict.uneven(show.tables.reconciliations()),
        "secrets_in_logs": verdict.secrets_in(folder, _secrets(show.site)),
        "trail_fault": show.tables.trail_fault(),
        "hours_passed": show.hours_passed,
        "signed_in_again": show.signed_in_again,
        "workers_ended_by_themselves": show.site.workers.ended_by_themselves,
        "workers_started_anew": verdict.told_in(folder, "worker_session_lost"),
        "events": [told.as_json() for told in show.told],
    }


def _secrets(site: Any) -> set[str]:
    from django.conf import settings

    from bookbridge.commands.staging import CLIENT_SECRET

    site.remember_tokens()
    environment = settings.ENVIRONMENT
    addresses = (environment.database_url, environment.database_owner_url)
    passwords = {urlsplit(address).password or "" for address in addresses if address}
    passwords |= {site.agent.secret} if site.agent else set()
    return {*site.tokens, *passwords, CLIENT_SECRET, environment.secret_key, *environment.encryption_keys}


def _failed(report: dict[str, Any], recover_within: float) -> list[str]:
    """What must not be, in words; empty when all is well."""
    failed = [f"{name}: {report[name]}" for name in _MUST_BE_NOTHING if report[name]]
    if report["recovered_after_s"] > recover_within:
        late = f"{report['slowest']} took {report['recovered_after_s']} s to recover from"
        failed.append(f"{late}, under a load of {report['load_at_slowest']} on {report['processors']} processors")
    return failed


def _print(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report))
        return
    for told in report["events"]:
        details = " ".join(f"{name}={value}" for name, value in told["with"].items())
        after = told["recovered_after_s"]
        recovered = "" if after is None else f"recovered after {after} s"
        click.echo(f"{told['begun_s']:7.1f} s  at {told['mark']:5}  {told['event']:22} {recovered:24} {details}")
    for name, value in report.items():
        if name != "events":
            click.echo(f"{name:28} {value}")
