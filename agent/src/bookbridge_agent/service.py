"""The agent as a service of this computer: `state`, `install`, `uninstall`, for the command line and the screens.

A service works while nobody is logged in, and no keyring is open then: where that is so its secrets are moved into the
encrypted file.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bookbridge_agent import configuration, machine
from bookbridge_agent.home import Home
from bookbridge_agent.messages import AgentError
from bookbridge_agent.vault import FileVault, open_vault

Starts = Literal["computer", "login"]


@dataclass(frozen=True)
class Service:
    """`starts` tells with what it starts by itself; None when it isn't installed.

    `is_switched` tells whether whoever asks may have it start by itself or not, without a password or other rights: the
    screens have a button for it then.
    """

    is_installed: bool = False
    is_running: bool = False
    starts: Starts | None = None
    is_switched: bool = False


if sys.platform == "win32":
    from bookbridge_agent import service_windows

    def state() -> Service:
        """Never raises: where there are no services, none is installed."""
        is_installed, is_running = service_windows.state()
        return Service(is_installed, is_running, "computer" if is_installed else None)

    def install(home: Home, user: str | None = None, password: Callable[[], str] | None = None) -> Service:
        """As below."""
        if user is None or password is None:
            raise AgentError("service_needs_user")
        service_windows.install(_command(home), user, password())
        return state()

    def start_next_time(_home: Home) -> None:
        """As below."""
        raise AgentError("service_needs_user")

    def uninstall() -> None:
        """As below."""
        service_windows.uninstall()

else:
    from bookbridge_agent import service_systemd

    def state() -> Service:
        """Never raises: where there are no services, none is installed."""
        for unit in (service_systemd.SYSTEM, service_systemd.of_this_user()):
            if unit.is_installed():
                with_computer = unit.is_system or service_systemd.lingers()
                is_ours = not unit.is_system and not machine.is_administrator()
                return Service(True, unit.is_running(), "computer" if with_computer else "login", is_ours)
        return Service(is_switched=service_systemd.is_there() and not machine.is_administrator())

    def install(home: Home, user: str | None = None, _password: Callable[[], str] | None = None) -> Service:
        """Have the agent run from now on, as `user`: needed where it is installed for the whole computer.

        Windows asks for that user's password. Installed already, it is started anew, as it must be after a change of
        program. Raises AgentError with what a person can do.
        """
        unit = service_systemd.SYSTEM if machine.is_administrator() else service_systemd.of_this_user()
        if unit.is_system != (user is not None):
            raise AgentError("service_needs_user" if unit.is_system else "service_needs_root")
        if unit.is_system:
            unit.install(_command(home), user)
        else:
            _install_for_this_user(home)
        return state()

    def start_next_time(home: Home) -> None:
        """Have it start by itself for this user from the next time on; one that works now works on.

        Raises AgentError with what a person can do.
        """
        if machine.is_administrator():
            raise AgentError("service_needs_user")
        _install_for_this_user(home, is_started=False)

    def _install_for_this_user(home: Home, *, is_started: bool = True) -> None:
        if service_systemd.SYSTEM.is_installed():
            raise AgentError("service_of_system")
        _move_secrets(home)
        service_systemd.of_this_user().install(_command(home), None, is_started=is_started)
        service_systemd.linger()

    def uninstall() -> None:
        """Whether or not there is one. Configuration and journal stay. Raises AgentError when it may not be done."""
        if machine.is_administrator():
            service_systemd.SYSTEM.uninstall()
        elif service_systemd.SYSTEM.is_installed():
            raise AgentError("service_needs_root")
        service_systemd.of_this_user().uninstall()


def _command(home: Home) -> list[str]:
    """Without a home where it is the usual one: that of the user whom the service runs as may be another than ours."""
    place = [] if home.folder == machine.usual_folder().absolute() else ["--home", str(home.folder)]
    return [*_program(), *place, "service" if sys.platform == "win32" else "run"]


def _program() -> list[str]:
    # A build of one file is its own Python, which takes no words for Python.
    if getattr(sys, "frozen", False):
        return [str(Path(sys.executable).absolute())]
    return [sys.executable, "-P", "-m", "bookbridge_agent"]


def _move_secrets(home: Home) -> None:
    now = configuration.load(home)
    vault, file = open_vault(home), FileVault(home.folder)
    home.create()
    for each in now.synchronisations:
        secret = vault.get(each.id)
        if secret is not None:
            file.put(each.id, secret)
    configuration.change(home, lambda now: replace(now, settings=replace(now.settings, secrets_in_file=True)))
