"""The service under systemd: one unit, for the system or for a user."""

import getpass
import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bookbridge_agent.messages import AgentError, reason_of
from bookbridge_agent.writing import write_whole

NAME = "bookbridge-agent.service"
_LINGERING = Path("/var/lib/systemd/linger")
_LONGEST_S = 60
_UNIT = """\
[Unit]
Description=Bookbridge agent: carries files to Bookbridge
{wanted}StartLimitIntervalSec=0

[Service]
ExecStart=:{command}
Restart=always
RestartSec=10
TimeoutStopSec=30
# Folders of any place are read and written, as a person chose them: so neither homes nor /tmp are taken away.
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
SystemCallArchitectures=native
SystemCallFilter=@system-service
{more}
[Install]
WantedBy={target}
"""
_OF_SYSTEM = """\
User={user}
CapabilityBoundingSet=
ProtectSystem=full
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
RestrictNamespaces=yes
"""
"""What a user's own manager can't do, or only by giving up the user's other groups."""


@dataclass(frozen=True)
class Unit:
    folder: Path
    is_system: bool

    @property
    def path(self) -> Path:
        return self.folder / NAME

    def is_installed(self) -> bool:
        return self.path.is_file()

    def is_running(self) -> bool:
        return self._shown().get("ActiveState") == "active"

    def install(self, command: Sequence[str], user: str | None, *, is_started: bool = True) -> None:
        self._ask("daemon-reload")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self.path, [self.text(command, user).encode()])
        except OSError as error:
            raise AgentError("service_failed", reason=reason_of(error)) from None
        try:
            self._ask("daemon-reload")
            self._ask("enable", NAME)
            if is_started:
                self._ask("restart", NAME)
        except AgentError:
            self.uninstall()
            raise

    def uninstall(self) -> None:
        if not self.is_installed():
            return
        # Who asks may be the service itself, by its screens: it works on until it is stopped or the computer is.
        is_itself = os.environ.get("INVOCATION_ID") == self._shown().get("InvocationID")
        self._ask("disable", *([] if is_itself else ["--now"]), NAME)
        self.path.unlink(missing_ok=True)
        self._ask("daemon-reload")

    def text(self, command: Sequence[str], user: str | None) -> str:
        return _UNIT.format(
            command=" ".join(map(_quoted, command)),
            wanted="Wants=network-online.target\nAfter=network-online.target\n" if self.is_system else "",
            more=_OF_SYSTEM.format(user=user) if self.is_system else "",
            target="multi-user.target" if self.is_system else "default.target",
        )

    def _shown(self) -> dict[str, str]:
        try:
            said = self._ask("show", "--property=ActiveState,InvocationID", NAME)
        except AgentError:
            return {}
        return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)

    def _ask(self, *words: str) -> str:
        return _ask("systemctl", *([] if self.is_system else ["--user"]), "--no-ask-password", *words)


SYSTEM = Unit(Path("/etc/systemd/system"), is_system=True)


def of_this_user() -> Unit:
    settings = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Unit(Path(settings) / "systemd" / "user", is_system=False)


def is_there() -> bool:
    return shutil.which("systemctl") is not None


def linger() -> None:
    """Have this user's services start with the computer, where the computer lets a user choose so."""
    with suppress(AgentError):
        _ask("loginctl", "--no-ask-password", "enable-linger")


def lingers() -> bool:
    """Whether this user's services start with the computer, before anybody logs in."""
    return (_LINGERING / getpass.getuser()).exists()


def _ask(*command: str) -> str:
    """Raises AgentError with systemd's own words."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LONGEST_S)
    except FileNotFoundError:
        raise AgentError("service_failed", reason=f"there is no {command[0]}") from None
    except subprocess.TimeoutExpired:
        raise AgentError("service_failed", reason="systemd does not answer") from None
    if done.returncode:
        raise AgentError("service_failed", reason=done.stderr.strip().splitlines()[-1] if done.stderr else command[-1])
    return done.stdout


def _quoted(word: str) -> str:
    """As one word of a unit's command, whatever is in it; `:` before the command leaves `$` alone."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("\n", "\\n")
    return f'"{escaped}"'
