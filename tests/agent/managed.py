"""A real `systemd --user` of its own, for tests of the service: it sees nothing of the machine's own services."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from tests.agent.pc import wait_until

_SYSTEMD = Path("/lib/systemd/systemd")
_CGROUPS = Path("/sys/fs/cgroup")
# In control groups of its own: in the root's it would move every process of the machine. With a /run of its own, in
# which systemd counts as started.
_BEGIN = """
for group in "$@"; do echo $$ > "$group/cgroup.procs" || exit 9; done
exec unshare --mount sh -c '
mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system || exit 9
exec unshare --user --map-user=1000 --map-group=1000 /lib/systemd/systemd --user --unit=basic.target
'
"""
AS_A_USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
"""Put before a command: to it we are a user with no rights over the machine, whose files are ours."""
_OF_A_SESSION = ("sockets.target", "timers.target", "systemd-tmpfiles-setup.service", "systemd-tmpfiles-clean.service")
"""Nothing of the machine's own is to be started, and no folder of it tidied."""


@contextmanager
def user_manager(folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which `systemctl --user` asks it; skips where none can be started."""
    if os.environ.get("AGENT_SYSTEMD") != "yes":
        # It arranges control groups, which are the machine's: only where nothing else is measured, and by hand.
        pytest.skip("AGENT_SYSTEMD=yes starts a systemd of a user")
    if not (_SYSTEMD.exists() and shutil.which("unshare") and os.geteuid() == 0):
        pytest.skip("needs systemd, and the rights to start one apart")
    home, runtime = folder / "home", folder / "runtime"
    units = home / ".config" / "systemd" / "user"
    units.mkdir(parents=True)
    runtime.mkdir(mode=0o700)
    for name in _OF_A_SESSION:
        (units / name).symlink_to("/dev/null")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DBUS_", "XDG_", "BOOKBRIDGE_"))}
    environment = {**kept, "HOME": str(home), "XDG_RUNTIME_DIR": str(runtime)}
    groups = _own_cgroups()
    with (folder / "systemd.log").open("wb") as log:
        command = ["sh", "-c", _BEGIN, "begin", *map(str, groups)]
        manager = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        socket = runtime / "systemd" / "private"
        wait_until(lambda: socket.exists() or manager.poll() is not None, "systemd does not start")
        if manager.poll() is not None:
            pytest.skip(f"no systemd could be started apart: {(folder / 'systemd.log').read_text()[-300:]}")
        yield environment
    finally:
        # It stops what it started, and ends.
        manager.terminate()
        manager.wait(60)
        for group in groups:
            for each in sorted(group.rglob("*/"), reverse=True):
                each.rmdir()
            group.rmdir()


def _own_cgroups() -> list[Path]:
    """One below ours in each hierarchy that systemd uses; skips where they can't be made."""
    name, made = f"bookbridge-test-{uuid4().hex[:8]}", []
    try:
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            mounted = _mounted(controllers)
            # A group of processors must be told which ones before anything may be in it, and systemd wants none.
            if mounted is not None and controllers != "cpuset":
                group = mounted / path.lstrip("/") / name
                group.mkdir()
                made.append(group)
    except OSError as error:
        for group in made:
            group.rmdir()
        pytest.skip(f"no control group of its own can be made: {error}")
    return made


def _mounted(controllers: str) -> Path | None:
    names = [controllers.removeprefix("name=")] if controllers else [".", "unified"]
    places = [_CGROUPS / name for name in names]
    return next((place for place in places if (place / "cgroup.procs").exists()), None)
