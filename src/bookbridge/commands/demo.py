"""bookbridge demo"""

import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bookbridge.commands.processes import ChildFailedError, Children, free_port, listens

if TYPE_CHECKING:
    from bookbridge.exchange.models import Run
    from bookbridge.integrations.models import Configuration

PACKAGE = "exact_online"
ORGANISATION = "Demo Company"
INTEGRATION = "ERP files to Exact Online"
USER = "demo@bookbridge.example"
_LONGEST_RUN = timedelta(minutes=5)


@click.command()
@click.option("--once", is_flag=True, help="End when the run and the outstanding items are done.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
@click.option("--port", default=8000, show_default=True, help="The portal's port; another one when it is taken.")
def demo(once: bool, as_json: bool, port: int) -> None:
    """Show the whole way on this machine: sample files into a simulated Exact Online, outstanding items back."""
    started = time.monotonic()
    os.environ.setdefault("BOOKBRIDGE_DATA", str(Path("var/demo").absolute()))
    data = Path(os.environ["BOOKBRIDGE_DATA"]).absolute()
    port = free_port(port)
    os.environ["BOOKBRIDGE_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    os.environ.setdefault("BOOKBRIDGE_REQUIRE_MFA", "none")  # its user is an operator; the log-in shall stay one step
    say = _Speaker(quiet=as_json)
    try:
        with Children(data / "logs") as children:
            report = _play(children, data, port, say)
            report["seconds"] = round(time.monotonic() - started, 1)
            if as_json:
                click.echo(json.dumps(report, indent=2))
            say.outstanding(report)
            if not once:
                say.serving(report)
                _serve_until_stopped(children)
    except ChildFailedError as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        say("Stopped.")


def _play(children: Children, data: Path, port: int, say: "_Speaker") -> dict[str, Any]:
    """Set the stage, drop the files, follow the run; what is to be reported."""
    say("Starting PostgreSQL, the Exact Online simulator, the portal and a worker …")
    from bookbridge.server.start import load_django

    load_django()
    simulator_port = free_port(8100)
    simulator = children.start(
        "simulator", ["simulate", PACKAGE, "--port", str(simulator_port), "--state", str(data / "simulator.sqlite")]
    )
    simulator.wait_until(lambda: listens(simulator_port))
    from bookbridge.commands.staging import set_stage
    from bookbridge.organisations.walls import acting_for

    stage = set_stage(PACKAGE, f"http://127.0.0.1:{simulator_port}", ORGANISATION, INTEGRATION)
    with acting_for(stage.configuration.organisation_id):
        report = _show(children, data, port, say, stage.configuration)
    return {**report, "simulator_url": f"http://127.0.0.1:{simulator_port}/"}


def _show(children: Children, data: Path, port: int, say: "_Speaker", configuration: "Configuration") -> dict[str, Any]:
    password = _log_in(configuration, data)
    portal = children.start("portal", ["serve", "--port", str(port)])
    ready = data / "worker.ready"
    ready.unlink(missing_ok=True)
    worker = children.start("worker", ["worker", "--ready-file", str(ready)])
    portal.wait_until(lambda: listens(port))
    worker.wait_until(ready.exists)

    run = _drop_and_follow(configuration, worker, say)
    say.result(run)
    reading = _read_outstanding(configuration, worker)
    return {
        **_report(run, reading),
        "portal_url": f"http://127.0.0.1:{port}/",
        "user": USER,
        "password": password,
    }


def _log_in(configuration: "Configuration", data: Path) -> str:
    """A user who owns the demo organisation; its password is made once and kept in the data folder."""
    import secrets

    from bookbridge.organisations.models import Membership, User

    kept = data / "secrets" / "demo_password"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(9))
    password = kept.read_text().strip()
    user = User.objects.filter(email=USER).first() or User.objects.create_user(USER, name="Demo User", is_operator=True)
    if not user.check_password(password):
        user.set_password(password)
        user.save()
    Membership.objects.get_or_create(
        organisation_id=configuration.organisation_id, user=user, defaults={"role": Membership.Role.OWNER}
    )
    return password


def _drop_and_follow(configuration: "Configuration", worker: Any, say: "_Speaker") -> "Run":
    from bookbridge.exchange.models import Run
    from bookbridge.storage import inbox_prefix, open_storage

    last = Run.objects.filter(organisation_id=configuration.organisation_id).order_by("-pk").first()
    storage = open_storage()
    inbox = inbox_prefix(configuration.organisation_id, configuration.integration_id)
    for file in sorted(files("bookbridge.commands").joinpath("demo_files").iterdir(), key=lambda file: file.name):
        storage.put(f"{inbox}/{file.name}", file.read_bytes())
        say(f"Dropped {file.name} in {storage.local_path(inbox) or inbox}")
    wanted = Run.objects.filter(
        organisation_id=configuration.organisation_id,
        configuration=configuration,
        direction=Run.Direction.OUT,
        pk__gt=last.pk if last else 0,
    )
    return _follow(wanted, worker, say)


def _follow(wanted: Any, worker: Any, say: "_Speaker") -> "Run":
    """The first run of a query, when it has ended."""
    from bookbridge.exchange.models import Run

    for _ in _until(_LONGEST_RUN, worker):
        run: Run | None = wanted.order_by("pk").first()
        if run is not None:
            say.progress(run)
            if run.state == Run.State.ENDED:
                return run
    raise ChildFailedError(f"the run has not ended in time; the end of the worker's log:\n{worker.log_end()}")


def _until(longest: timedelta, worker: Any) -> Iterator[None]:
    deadline = time.monotonic() + longest.total_seconds()
    while time.monotonic() < deadline:
        yield
        if worker.process.poll() is not None:
            return
        time.sleep(0.1)


def _read_outstanding(configuration: "Configuration", worker: Any) -> "Run":
    from bookbridge.exchange import outstanding
    from bookbridge.exchange.models import Run

    asked = outstanding.ask_for(configuration)
    return _follow(Run.objects.filter(pk=asked.pk), worker, _Speaker(quiet=True))


def _report(run: "Run", reading: "Run") -> dict[str, Any]:
    from bookbridge.exchange import reconciliation
    from bookbridge.exchange.models import OutstandingSnapshot
    from bookbridge.exchange.outstanding import FILE_NAMES
    from bookbridge.storage import open_storage, outbox_key

    snapshot = OutstandingSnapshot.objects.get(run=reading)
    integration = run.configuration.integration
    key = outbox_key(integration.organisation_id, integration.pk, FILE_NAMES["sales"])
    counted = ("posted", "already_posted", "refused", "uncertain", "skipped", "rejects")
    return {
        **{name: run.counts[name] for name in counted},
        "totals": reconciliation.totals(reconciliation.reconcile(run)),
        "outstanding_items": snapshot.item_count,
        "dbopen_path": str(open_storage().local_path(key) or key),
    }


def _serve_until_stopped(children: Children) -> None:
    while children.all_running():
        time.sleep(0.5)


class _Speaker:
    """Says on standard output what happens, or nothing when only the report is wanted."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._shown = ""

    def __call__(self, text: str = "") -> None:
        if not self._quiet:
            click.echo(text)

    def progress(self, run: "Run") -> None:
        counts = run.counts
        waits = f" – waiting: {run.shown_waiting.reason}" if run.shown_waiting else ""
        shown = f"  {counts.get('total', 0) - counts.get('waiting', 0)} of {counts.get('total', 0)} lines{waits}"
        if shown != self._shown and counts:
            self._shown = shown
            self(shown)

    def result(self, run: "Run") -> None:
        from bookbridge.exchange.models import Line

        lines = Line.objects.filter(organisation_id=run.organisation_id, run=run).order_by("phase", "pk")
        self("\nPosted")
        for line in lines.filter(outcome=Line.Outcome.POSTED):
            self(f"  {line.get_kind_display():17} {line.identifier:12} {_money(line):>16}  → {line.external_number}")
        already = lines.filter(reason=Line.Reason.ALREADY_POSTED).count()
        if already:
            self(f"  and {already} documents that were already posted: nothing was sent for them")
        self("\nRefused")
        for line in lines.filter(outcome__in=(Line.Outcome.REFUSED, Line.Outcome.UNCERTAIN)):
            self(f"  {line.get_kind_display():17} {line.identifier:12} {_money(line):>16}")
            for problem in line.shown_problems:
                place = problem.source
                where = f"{place.file} row {place.row}, {place.column or 'whole entry'}: " if place else ""
                self(f"      {where}{problem.reason}\n      What to do: {problem.remedy}")
        self._reconciliation(run)

    def _reconciliation(self, run: "Run") -> None:
        from bookbridge.exchange.reconciliation import OUTCOMES, reconcile

        columns = ("file", *OUTCOMES)
        self("\nReconciliation (file = posted + refused + uncertain + skipped)")
        self("  journal currency" + "".join(f"{column:>12}" for column in columns))
        for row in reconcile(run):
            amounts = "".join(f"{getattr(row, column):>12}" for column in columns)
            self(f"  {row.journal:7} {row.currency:8}{amounts}  {'even' if row.is_even else 'NOT EVEN'}")

    def outstanding(self, report: dict[str, Any]) -> None:
        self(f"\n{report['outstanding_items']} outstanding items were read back: {report['dbopen_path']}")

    def serving(self, report: dict[str, Any]) -> None:
        self(f"\nThe portal:    {report['portal_url']}")
        self(f"  log in with  {report['user']}  and  {report['password']}")
        self(f"The simulator: {report['simulator_url']}")
        self("Everything runs until you press Ctrl-C.")
        sys.stdout.flush()


def _money(line: Any) -> str:
    from bookbridge.documents import rounded

    return f"{rounded(line.amount, line.currency)} {line.currency}" if line.amount is not None else ""
