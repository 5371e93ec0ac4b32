"""The command line."""

import getpass
import os
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path
from types import FrameType
from uuid import uuid4

import click

from bookbridge_agent import configuration, machine, service
from bookbridge_agent.box import Box
from bookbridge_agent.configuration import ACCOUNTANCY, BUCKET, REGION, TYPES, After, Configuration, Synchronisation
from bookbridge_agent.home import Home
from bookbridge_agent.journal import Journal
from bookbridge_agent.masks import DEFAULTS, KINDS, Masks
from bookbridge_agent.messages import AgentError, message
from bookbridge_agent.running import Agent, open_box
from bookbridge_agent.service import Service
from bookbridge_agent.taking import checked_source
from bookbridge_agent.vault import open_vault

SECRET = "BOOKBRIDGE_AGENT_SECRET"  # noqa: S105 (a variable's name)
PASSWORD = "BOOKBRIDGE_AGENT_PASSWORD"  # noqa: S105


class Commands(click.Group):
    """Shows what a person can act on as a sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except AgentError as fault:
            raise click.ClickException(str(fault)) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="BOOKBRIDGE_AGENT_HOME",
    help="Where the configuration and the journal lie.",
)
@click.version_option(package_name="bookbridge-agent")
@click.pass_context
def main(context: click.Context, folder: Path | None) -> None:
    """Carry files from this computer to Bookbridge, and bring outstanding items back."""
    # The storage library would take settings of other programs from there.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    context.obj = Home((folder or machine.usual_folder()).absolute())


@main.command()
@click.pass_obj
def run(home: Home) -> None:
    """Watch the folders, send and fetch, until stopped."""
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    _run(home, stop)


def _run(home: Home, stop: threading.Event) -> None:
    with home.alone():
        Agent(home, open_vault(home)).run(stop, click.echo)


if sys.platform == "win32":

    @main.command("service", hidden=True)
    @click.pass_obj
    def host_service(home: Home) -> None:
        """What Windows starts as the service."""
        from bookbridge_agent import service_windows

        home.create()
        # A service has no console: without this the first word would be a mistake.
        with (home.folder / "service.log").open("w", encoding="utf-8", buffering=1) as log:
            sys.stdout = sys.stderr = log
            service_windows.host(lambda stop: _run(home, stop))


@main.command()
@click.option("--user", metavar="NAME", help="Whom it runs as. Needed for the whole computer, and on Windows.")
@click.pass_obj
def install_service(home: Home, user: str | None) -> None:
    """Have it run from now on by itself: for the whole computer as administrator, for yourself otherwise."""
    made = service.install(home, user, lambda: _password(str(user)))
    click.echo("The service is installed." if made.is_running else "The service is installed, and does not run yet.")
    if made.starts == "login":
        name = getpass.getuser()
        click.echo(f"It starts when you log in. To have it start with the computer: loginctl enable-linger {name}")


def _password(user: str) -> str:
    """Of a user of Windows."""
    given = os.environ.get(PASSWORD)
    return given or str(click.prompt(f"Password of {user} on this computer", hide_input=True))


@main.command()
def uninstall_service() -> None:
    """Have it start by itself no more. Synchronisations and files stay as they are."""
    service.uninstall()
    click.echo("There is no service of bookbridge-agent any more.")


@main.command()
@click.pass_obj
def once(home: Home) -> None:
    """Take, send and fetch what there is, and end. Fails when anything is wrong."""
    with home.alone():
        works = Agent(home, open_vault(home)).once()
    wrong = False
    for work in works:
        click.echo(f"{work.of.name}: {_in_words(dict(work.state.told()))}")
        for trouble in work.state.troubles():
            wrong = True
            click.echo(f"{work.of.name}: {trouble}", err=True)
    sys.exit(1 if wrong else 0)


@main.command()
@click.pass_obj
def status(home: Home) -> None:
    """Show how each synchronisation is doing."""
    home.create()
    click.echo(_service_in_words(service.state()))
    journal = Journal(home.journal)
    for each in configuration.load(home).synchronisations:
        told = journal.state(each.id)
        click.echo(f"{each.name}{'' if each.is_active else ' (not active)'}: {_in_words(told)}")
        for trouble in (*told.get("troubles", ()), *told.get("notices", ())):
            click.echo(f"  {message(trouble['code'], **trouble['values'])}")
    journal.close()


def _service_in_words(found: Service) -> str:
    if not found.is_installed:
        return "service: not installed"
    starts = "with the computer" if found.starts == "computer" else "when you log in"
    return f"service: installed, {'runs' if found.is_running else 'does not run'}, starts {starts}"


def _in_words(told: dict[str, object]) -> str:
    if not told:
        return "nothing yet"
    parts = [f"{told.get('waiting', 0)} waiting"]
    if told.get("last_sent"):
        parts.append(f"last sent {told.get('last_sent_name')} at {_here(told['last_sent'])}")
    if told.get("last_fetched"):
        parts.append(f"outstanding items fetched at {_here(told['last_fetched'])}")
    return ", ".join(parts)


def _here(moment: object) -> str:
    """A moment in this computer's zone."""
    return f"{datetime.fromisoformat(str(moment)).astimezone():%Y-%m-%d %H:%M:%S}"


@main.command()
@click.option("--name", required=True)
@click.option("--type", "type_", default=ACCOUNTANCY, show_default=True, help=", ".join(TYPES))
@click.option("--source", required=True, type=click.Path(path_type=Path), help="The folder whose files are taken.")
@click.option("--sales-output", type=click.Path(path_type=Path), help="Full path for the open sales items.")
@click.option("--purchase-output", type=click.Path(path_type=Path), help="Full path for the open purchase items.")
@click.option("--access-key", required=True, help=f"Its secret is asked for, or taken from {SECRET} or standard input.")
@click.option("--company", required=True, help="The company identifier on the integration's page.")
@click.option("--integration", required=True, help="The integration id on that page.")
@click.option("--endpoint", required=True, help="The storage address: the portal's, https://…")
@click.option("--region", default=REGION, show_default=True)
@click.option("--bucket", default=BUCKET, show_default=True)
@click.option("--mask", "masks", multiple=True, metavar="KIND=EXPRESSION", help=f"KIND is {', '.join(KINDS)}.")
@click.option("--after", type=click.Choice(["archive", "delete"]), default="archive", show_default=True)
@click.option("--inactive", is_flag=True, help="Not yet.")
@click.pass_obj
def add(
    home: Home,
    *,
    name: str,
    type_: str,
    source: Path,
    sales_output: Path | None,
    purchase_output: Path | None,
    access_key: str,
    company: str,
    integration: str,
    endpoint: str,
    region: str,
    bucket: str,
    masks: tuple[str, ...],
    after: After,
    inactive: bool,
) -> None:
    """Add a synchronisation, once its details are found to be right."""
    added = Synchronisation(
        id=uuid4().hex,
        name=name,
        type=type_,
        source=checked_source(source),
        sales_output=_whole_path(sales_output),
        purchase_output=_whole_path(purchase_output),
        access_key=access_key,
        company=company,
        integration=integration,
        endpoint=endpoint,
        region=region,
        bucket=bucket,
        masks=Masks(DEFAULTS | _masks(masks)),
        after=after,
        is_active=not inactive,
    )
    before = configuration.load(home)
    before.with_one_more(added)
    secret = _secret()
    _say_what_is_wrong(added, secret, before)
    open_vault(_created(home)).put(added.id, secret)
    configuration.change(home, lambda now: now.with_one_more(added))
    click.echo(f"{name} is added.")


def _secret() -> str:
    """From the environment, from what is piped in, or asked for; never from the command line, which others can see."""
    given = os.environ.get(SECRET)
    if not given and not sys.stdin.isatty():
        given = sys.stdin.readline().strip()
    secret: str = given or (click.prompt("Secret", hide_input=True) if sys.stdin.isatty() else "")
    if not secret:
        raise AgentError("needed", field="The secret")
    return secret


def _say_what_is_wrong(added: Synchronisation, secret: str, before: Configuration) -> None:
    """Raises AgentError for details that are wrong. A network that is away is no reason not to add it."""
    try:
        Box(added, secret, before.settings.proxy).check()
    except AgentError as fault:
        if fault.message.code not in ("unreachable", "unreachable_by_proxy", "proxy_refused", "storage_failed"):
            raise
        click.echo(f"Not checked: {fault}", err=True)


def _created(home: Home) -> Home:
    home.create()
    return home


def _whole_path(path: Path | None) -> Path | None:
    return path.absolute() if path is not None else None


def _masks(given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for each in given:
        kind, sign, mask = each.partition("=")
        if not sign or kind.lower() not in KINDS:
            raise click.BadParameter(f"{each} has not the form KIND=EXPRESSION with a KIND of {', '.join(KINDS)}")
        found[kind.lower()] = mask
    return found


@main.command()
@click.pass_obj
def check(home: Home) -> None:
    """Hold the details of each synchronisation against the storage. Fails when any is wrong."""
    now = configuration.load(home)
    vault, wrong = open_vault(home), False
    for each in now.synchronisations:
        try:
            checked_source(each.source)
            open_box(each, vault, now).check()
        except AgentError as fault:
            wrong = True
            click.echo(f"{each.name}: {fault}", err=True)
        else:
            click.echo(f"{each.name}: all right")
    sys.exit(1 if wrong else 0)
