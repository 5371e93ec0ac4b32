"""The command line."""

import getpass
import os
import signal
import sys
import threading
import webbrowser
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import FrameType
from uuid import uuid4

import click

from bookbridge_agent import configuration, connection_code, machine, service
from bookbridge_agent.box import Box
from bookbridge_agent.configuration import ACCOUNTANCY, BUCKET, REGION, TYPES, After, Configuration, Synchronisation
from bookbridge_agent.connection_code import ConnectionDetails
from bookbridge_agent.faults import PASSING
from bookbridge_agent.home import Home
from bookbridge_agent.journal import Journal
from bookbridge_agent.leftovers import Leftovers
from bookbridge_agent.masks import DEFAULTS, KINDS, Masks
from bookbridge_agent.messages import AgentError, Message, reason_of
from bookbridge_agent.running import Agent, open_box
from bookbridge_agent.screens.doors import address_of, link
from bookbridge_agent.service import Service
from bookbridge_agent.taking import checked_source
from bookbridge_agent.vault import open_vault
from bookbridge_agent.words import LANGUAGES, Words, best_language

SECRET = "BOOKBRIDGE_AGENT_SECRET"  # noqa: S105 (a variable's name)
PASSWORD = "BOOKBRIDGE_AGENT_PASSWORD"  # noqa: S105


class Commands(click.Group):
    """Shows what a person can act on as a sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except AgentError as fault:
            raise click.ClickException(_words(ctx.obj).say(fault.message)) from None


def _words(home: Home | None) -> Words:
    """In the language that is set, or in the system's."""
    chosen = None
    if home is not None:
        # What keeps it from being read is told by whoever needs it.
        with suppress(AgentError):
            chosen = configuration.load(home).settings.language
    return Words(chosen if chosen in LANGUAGES else best_language(machine.system_languages()))


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
    # Its libraries are for this alone: the other commands begin without them.
    from bookbridge_agent.screens.serving import Screens

    with home.alone():
        vault = open_vault(home)
        agent = Agent(home, vault)
        with Screens(home, vault, agent.journal) as screens:
            click.echo(_words(home)("cli_screens", address=screens.address))
            agent.run(stop, click.echo)


@main.command()
@click.option("--print", "is_printed", is_flag=True, help="Print the address instead of opening a browser.")
@click.pass_obj
def screens(home: Home, is_printed: bool) -> None:
    """Open the agent's screens in the browser."""
    opened = link(home)
    if is_printed or not webbrowser.open(opened):
        click.echo(opened)


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
    words = _words(home)
    click.echo(words("cli_installed" if made.is_running else "cli_installed_not_running"))
    if made.starts == "login":
        name = getpass.getuser()
        click.echo(words("cli_linger", name=name))


def _password(user: str) -> str:
    """Of a user of Windows."""
    given = os.environ.get(PASSWORD)
    return given or str(click.prompt(f"Password of {user} on this computer", hide_input=True))


@main.command()
@click.pass_obj
def uninstall_service(home: Home) -> None:
    """Have it start by itself no more. Synchronisations and files stay as they are."""
    service.uninstall()
    click.echo(_words(home)("cli_uninstalled"))


@main.command()
@click.pass_obj
def once(home: Home) -> None:
    """Take, send and fetch what there is, and end. Fails when anything is wrong."""
    with home.alone():
        works = Agent(home, open_vault(home)).once()
    wrong, words = False, _words(home)
    for work in works:
        click.echo(f"{work.of.name}: {_in_words(words, dict(work.state.told()))}")
        for trouble in work.state.troubles():
            wrong = True
            click.echo(f"{work.of.name}: {words.say(trouble)}", err=True)
    sys.exit(1 if wrong else 0)


@main.command()
@click.pass_obj
def status(home: Home) -> None:
    """Show how each synchronisation is doing."""
    home.create()
    words = _words(home)
    click.echo(_service_in_words(words, service.state()))
    journal = Journal(home.journal)
    if there := address_of(home):
        click.echo(words("cli_screens", address=there))
    for each in configuration.load(home).synchronisations:
        told = journal.state(each.id)
        active = "" if each.is_active else f" ({words('cli_not_active')})"
        click.echo(f"{each.name}{active}: {_in_words(words, told)}")
        for trouble in (*told.get("troubles", ()), *told.get("notices", ())):
            click.echo(f"  {words.say(Message(trouble['code'], trouble['values']))}")
    journal.close()


def _service_in_words(words: Words, found: Service) -> str:
    if not found.is_installed:
        return words("cli_no_service")
    runs = words("cli_runs" if found.is_running else "cli_runs_not")
    return words("cli_service", runs=runs, starts=words(f"cli_starts_{found.starts}"))


def _in_words(words: Words, told: dict[str, object]) -> str:
    if not told:
        return words("cli_nothing_yet")
    parts = [words("cli_waiting", count=told.get("waiting", 0))]
    if told.get("last_sent"):
        parts.append(words("cli_last_sent", name=told.get("last_sent_name"), moment=_here(told["last_sent"])))
    if told.get("last_fetched"):
        parts.append(words("cli_fetched", moment=_here(told["last_fetched"])))
    return ", ".join(parts)


def _here(moment: object) -> str:
    """A moment in this computer's zone."""
    return f"{datetime.fromisoformat(str(moment)).astimezone():%Y-%m-%d %H:%M:%S}"


@main.command()
@click.option(
    "--code", "by_code", is_flag=True, help="Ask for the portal's connection code, or read it from what is piped in."
)
@click.option(
    "--code-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The connection code is in this file; delete it afterwards.",
)
@click.option("--name", help="What this computer calls it; with a code the integration's name.")
@click.option("--type", "type_", default=ACCOUNTANCY, show_default=True, help=", ".join(TYPES))
@click.option("--source", required=True, type=click.Path(path_type=Path), help="The folder whose files are taken.")
@click.option("--sales-output", type=click.Path(path_type=Path), help="Full path for the open sales items.")
@click.option("--purchase-output", type=click.Path(path_type=Path), help="Full path for the open purchase items.")
@click.option("--access-key", help=f"Its secret is asked for, or taken from {SECRET} or standard input.")
@click.option("--company", help="The company identifier on the integration's page.")
@click.option("--integration", help="The integration id on that page.")
@click.option("--endpoint", help="The storage address: the portal's, https://…")
@click.option("--region", help=f"{REGION} when it is not given.")
@click.option("--bucket", help=f"{BUCKET} when it is not given.")
@click.option("--mask", "masks", multiple=True, metavar="KIND=EXPRESSION", help=f"KIND is {', '.join(KINDS)}.")
@click.option("--after", type=click.Choice(["archive", "delete"]), default="archive", show_default=True)
@click.option("--inactive", is_flag=True, help="Not yet.")
@click.pass_obj
def add(
    home: Home,
    /,
    *,
    by_code: bool,
    code_file: Path | None,
    type_: str,
    source: Path,
    sales_output: Path | None,
    purchase_output: Path | None,
    masks: tuple[str, ...],
    after: After,
    inactive: bool,
    **details: str | None,
) -> None:
    """Add a synchronisation, once its details are found to be right.

    With the portal's connection code nothing but a folder is needed.
    """
    given = {name: value for name, value in details.items() if value is not None}
    code = _code(code_file, given) if by_code or code_file else None
    added = Synchronisation(
        id=uuid4().hex,
        type=type_,
        source=checked_source(source),
        sales_output=_whole_path(sales_output),
        purchase_output=_whole_path(purchase_output),
        masks=Masks(DEFAULTS | _masks(masks)),
        after=after,
        is_active=not inactive,
        **(_of_code(code) | given if code else _needed(given)),
    )
    before = configuration.load(home)
    before.with_one_more(added)
    secret = code.secret if code else _secret()
    _say_what_is_wrong(added, secret, before)
    open_vault(_created(home)).put(added.id, secret)
    configuration.change(home, lambda now: now.with_one_more(added))
    click.echo(_words(home)("cli_added", name=added.name))


def _needed(given: dict[str, str]) -> dict[str, str]:
    for name in ("name", "access_key", "company", "integration", "endpoint"):
        if name not in given:
            raise click.UsageError(f"Give --code, or --{name.replace('_', '-')}.")
    return given


def _of_code(code: ConnectionDetails) -> dict[str, str]:
    return {name: value for name, value in vars(code).items() if name != "secret"}


def _code(file: Path | None, given: dict[str, str]) -> ConnectionDetails:
    """Asked for or read, and never an option's value: it holds a secret, and command lines can be seen by others."""
    if also := sorted(given.keys() - {"name"}):
        raise click.UsageError(f"The code says already what --{also[0].replace('_', '-')} is.")
    if file is not None:
        return connection_code.read(_beginning_of(file))
    if sys.stdin.isatty():
        return connection_code.read(click.prompt("Connection code", hide_input=True))
    return connection_code.read(sys.stdin.read(connection_code.LONGEST + 1))


def _beginning_of(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(connection_code.LONGEST + 1)
    except OSError as error:
        raise AgentError("code_unreadable", path=path, reason=reason_of(error)) from None


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
        if fault.message.code not in PASSING:
            raise
        words = Words(best_language(machine.system_languages()))
        click.echo(words("cli_not_checked", why=words.say(fault.message)), err=True)


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
    vault, wrong, words = open_vault(home), False, _words(home)
    for each in now.synchronisations:
        try:
            checked_source(each.source)
            open_box(each, vault, now).check()
        except AgentError as fault:
            wrong = True
            click.echo(f"{each.name}: {words.say(fault.message)}", err=True)
        else:
            click.echo(f"{each.name}: {words('cli_all_right')}")
    sys.exit(1 if wrong else 0)


@main.command()
@click.argument("name")
@click.option("--send", "is_sent", is_flag=True, help="Send them to the integration that it has now.")
@click.option(
    "--put-back", "is_put_back", is_flag=True, help="Put them back in the source folder. It must not be active."
)
@click.pass_obj
def waiting(home: Home, name: str, is_sent: bool, is_put_back: bool) -> None:
    """Show the files of NAME that wait for another integration, and say what becomes of them."""
    if is_sent and is_put_back:
        raise click.UsageError("Give --send or --put-back.")
    of, words = configuration.load(home).named(name), _words(home)
    journal = Journal(home.journal)
    left = Leftovers(of, home, journal)
    try:
        if is_sent:
            click.echo(words("cli_sent_on", count=left.send_on()))
        elif is_put_back:
            click.echo(words("cli_put_back", count=left.put_back()))
        else:
            for aside in left.for_others():
                for each in aside.waiting:
                    to = aside.destination
                    click.echo(words("cli_waits_for", name=each.name, company=to.company, integration=to.integration))
    finally:
        journal.close()
