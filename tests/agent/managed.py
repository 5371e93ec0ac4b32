"""A real `systemd --user` of its own, for tests of the service: it sees nothing of the machine's own services."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.agent.pc import wait_until

_SYSTEMD = Path("/lib/systemd/systemd")
# With a /run of its own, in which systemd counts as started.
_APART = ["unshare", "--mount", "--cgroup"]
_BEGIN = """
mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system || exit 9
exec unshare --user --map-user=1000 --map-group=1000 /lib/systemd/systemd --user --unit=basic.target
"""
AS_A_USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
"""Put before a command: to it we are a user with no rights over the machine, whose files are ours."""
_OF_A_SESSION = ("sockets.target", "timers.target", "systemd-tmpfiles-setup.service", "systemd-tmpfiles-clean.service")
"""Nothing of the machine's own is to be started, and no folder of it tidied."""


@contextmanager
def user_manager(folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which `systemctl --user` asks it; skips where none can be started."""
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
    with (folder / "systemd.log").open("wb") as log:
        manager = subprocess.Popen(
            [*_APART, "sh", "-c", _BEGIN], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
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
