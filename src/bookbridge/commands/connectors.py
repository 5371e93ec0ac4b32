"""Commands about packages: run a simulator, list what we can talk to, check a connector."""

import json
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import click
import structlog
from pydantic import ValidationError

from bookbridge.commands import simulating
from bookbridge.kit import catalogue as known_packages
from bookbridge.kit.fact_sheet import FactSheet
from bookbridge.kit.simulation import CantSimulateError, Simulator, SimulatorServer, SimulatorSettings

Package = click.argument("package", type=click.Choice(known_packages.packages()))


@click.command()
@Package
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve on; a simulator guards nothing.")
@click.option("--port", type=click.IntRange(0, 65535), default=8600, show_default=True, help="0 takes a free port.")
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File that keeps the simulated books; without it they are gone at the end.",
)
@click.option("--settings", default="{}", help="Settings as a JSON object, or @FILE with one.")
def simulate(package: str, host: str, port: int, state: Path | None, settings: str) -> None:
    """Run a stand-in for a package's API, with its log-in pages, limits and faults.

    Prints its address, then serves until Ctrl-C. Books, calls and faults are at /_simulator/.
    """
    with simulating.postgres_for(package):
        try:
            simulator = known_packages.simulator_factory(package)(_simulator_settings(settings, state), None)
        except ValidationError as error:
            raise click.BadParameter(_named(error), param_hint="--settings") from error
        except CantSimulateError as error:
            raise click.ClickException(str(error)) from error
        _serve(simulator, host, port)


def _serve(simulator: Simulator, host: str, port: int) -> None:
    try:
        server = SimulatorServer(simulator, host, port)
    except OSError as error:
        simulator.close()
        raise click.ClickException(f"Can't serve on {host}:{port}: {error.strerror}. Choose another --port.") from error
    click.echo(server.url)
    sys.stdout.flush()
    server.serve_forever()


def _simulator_settings(text: str, state: Path | None) -> SimulatorSettings:
    try:
        given = json.loads(Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text)
        if not isinstance(given, dict):
            raise click.BadParameter("a JSON object is needed", param_hint="--settings")
        return SimulatorSettings.model_validate({**given, **({"state": state} if state else {})})
    except OSError as error:
        raise click.BadParameter(f"can't read {text[1:]}: {error.strerror}", param_hint="--settings") from error
    except json.JSONDecodeError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--settings") from error
    except ValidationError as error:
        raise click.BadParameter(_named(error), param_hint="--settings") from error


def _named(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array on standard output.")
def catalogue(as_json: bool) -> None:
    """List the packages, what each connector can do, its limits, and how that is known."""
    sheets = [known_packages.fact_sheet(package) for package in known_packages.packages()]
    if as_json:
        click.echo(json.dumps([_described(sheet) for sheet in sheets], indent=2, ensure_ascii=False))
        return
    for sheet in sheets:
        _print(sheet)


def _described(sheet: FactSheet) -> dict[str, Any]:
    whole = sheet.model_dump(mode="json")
    capabilities = whole.pop("capabilities")
    errors = whole.pop("known_errors")
    return {
        **whole,
        **capabilities,
        "known_errors": len(errors),
        "caught_before_sending": sum(1 for error in errors if error["caught_before_sending"]),
        "errors": errors,
    }


def _print(sheet: FactSheet) -> None:
    can = sheet.capabilities
    caught = sum(1 for error in sheet.known_errors if error.caught_before_sending)
    rows = {
        "fidelity": sheet.fidelity,
        "documents": ", ".join(can.documents),
        "updates": ", ".join(can.updates) or "none",
        "outstanding": ", ".join(can.outstanding) or "none",
        "limits": _limits(sheet),
        "known errors": f"{len(sheet.known_errors)}, of which {caught} are caught before sending",
        "evidence": "; ".join(f"{evidence.what} ({evidence.on})" for evidence in sheet.evidence),
        "to confirm": f"{len(sheet.to_confirm)} questions (--json shows them)",
    }
    click.echo(f"{sheet.name} ({sheet.package}), {sheet.vendor}, {sheet.country}")
    for name, value in rows.items():
        click.echo(f"  {name:<14}{value}")
    click.echo()


def _limits(sheet: FactSheet) -> str:
    limits = sheet.limits
    parts = [
        f"{limits.calls_per_minute} calls a minute" if limits.calls_per_minute else "",
        f"{limits.calls_per_day} calls a day" if limits.calls_per_day else "",
        f"stops at {limits.errors_per_hour} errors an hour" if limits.errors_per_hour else "",
    ]
    return ", ".join(part for part in parts if part) or "none known"


def _drop(_logger: object, _method: str, _event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    raise structlog.DropEvent


@click.command("check-connector")
@Package
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def check_connector(package: str, as_json: bool) -> None:
    """Try every promise of the conformance suite on a connector, against its simulator over real HTTP.

    Ends with 1 when a promise isn't kept.
    """
    # The connector's own log lines would stand between the results. The suite still reads them where it must.
    structlog.configure(processors=[_drop])
    from bookbridge.kit.conformance import suite

    results = []
    with simulating.postgres_for(package):
        for result in suite.check(package):
            results.append(result)
            if not as_json:
                click.echo(f"{result.state:<7} {result.case}" + (f": {result.reason}" if result.reason else ""))
    states = {
        state: [result for result in results if result.state == state] for state in ("passed", "failed", "exempt")
    }
    if as_json:
        told = {
            name: [{"case": r.case, "promise": r.promise, "reason": r.reason} for r in states[name]] for name in states
        }
        counts = {name: len(found) for name, found in states.items()}
        click.echo(json.dumps({"package": package, **counts, "details": told}, indent=2, ensure_ascii=False))
    else:
        click.echo(", ".join(f"{len(found)} {state}" for state, found in states.items()))
    if states["failed"] or not states["passed"]:
        sys.exit(1)
