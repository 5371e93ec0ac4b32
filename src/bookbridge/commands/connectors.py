"""Commands about packages: run a simulator, begin a connector, check one."""

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


@click.command("new-connector")
@click.argument("package")
@click.option("--title", default="", help="The package's own name; by default made of the folder's.")
def new_connector(package: str, title: str) -> None:
    """Begin a connector: its folder and tests, in a clone of Bookbridge. PACKAGE is the folder's name.

    Its conformance cases run, fail, and say what is to be written.
    """
    from bookbridge.kit.new_connector import CantBeginError, begin

    try:
        written = begin(package, title or package.replace("_", " ").title())
    except CantBeginError as error:
        raise click.ClickException(str(error)) from error
    for path in written:
        click.echo(path)
    click.echo(f"Next: bookbridge check-connector {package} says what is to be written (docs/writing-a-connector.md).")
