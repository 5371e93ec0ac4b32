"""The running embedded PostgreSQL as a process: finding it, stopping it, and ending it with its last user.

Standard library only and no import of Bookbridge: the watcher runs this file by its path in an isolated interpreter,
so that it starts in some 20 ms, holds about 8 MB, and still works when the program that started it is gone.

The locks in a data folder (flock, so that the kernel frees them however a process dies):

- `start.lock`: whoever starts or stops the server;
- `users.lock`: shared by every process that uses the server; the watcher waits for it exclusively;
- `watcher.lock`: held by the one watcher.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

START_LOCK = "start.lock"
USERS_LOCK = "users.lock"
WATCHER_LOCK = "watcher.lock"
KEEP_MARKER = "keep-running"
"""Present when a starter asked for a server that outlives it."""

FAST_STOP_SECONDS = 30.0
IMMEDIATE_STOP_SECONDS = 10.0
POLL_SECONDS = 0.01


def open_lock(path: Path) -> int:
    """A descriptor for flock; not inherited by programs this process runs."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(descriptor: int, kind: int) -> bool:
    """Take `fcntl.LOCK_SH` or `fcntl.LOCK_EX` at once, or say that somebody else has it."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file exclusively, waiting for it."""
    descriptor = open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def pid_file_lines(cluster: Path) -> list[str]:
    """PostgreSQL's own note on its server; empty when there is none.

    Lines: pid, data folder, start time, port, socket folder, listen address, shared memory key, status.
    """
    try:
        return (cluster / "postmaster.pid").read_text(errors="replace").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []


def recorded_pid(cluster: Path) -> int | None:
    """The process id in the pid file, whether or not that process still is our server."""
    lines = pid_file_lines(cluster)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def running_pid(cluster: Path) -> int | None:
    """The server's process id, or None. A pid file left by a killed server, or its reused number, counts as none."""
    pid = recorded_pid(cluster)
    if pid is None or str(cluster) not in _command_line(pid):
        return None
    return pid


def _command_line(pid: int) -> list[str]:
    """A process's arguments; empty when it is gone or a zombie."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="surrogateescape").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            return []
    ask = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    listing = subprocess.run(ask, capture_output=True, text=True, check=False)
    return listing.stdout.split()


def stop_server(cluster: Path, *, immediate: bool = False) -> None:
    """Stop the server on this cluster and wait for its end; nothing to do when it does not run.

    Fast (the default) ends the sessions and writes everything out. Immediate ends without a checkpoint, as a power
    cut would: the next start recovers from the log. A fast stop that takes too long becomes an immediate one.

    Raises:
        TimeoutError: the server did not end.
        PermissionError: it belongs to another user.
    """
    pid = running_pid(cluster)
    if pid is None:
        return
    steps = [(signal.SIGINT, FAST_STOP_SECONDS), (signal.SIGQUIT, IMMEDIATE_STOP_SECONDS)]
    for how, seconds in steps[1:] if immediate else steps:
        with suppress(ProcessLookupError):
            os.kill(pid, how)
        if _gone_within(cluster, pid, seconds):
            return
    raise TimeoutError(f"The embedded PostgreSQL (process {pid}) did not end when asked; see its log beside {cluster}.")


def _gone_within(cluster: Path, pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while running_pid(cluster) == pid:
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return True


def spawn_watcher(data_dir: Path, cluster: Path, remove: list[Path]) -> subprocess.Popen[bytes]:
    """Start the process that stops the server when its last user has ended, then removes the folders named."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, str(data_dir), str(cluster), *map(str, remove)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )


def watch(data_dir: Path, cluster: Path, remove: list[Path]) -> None:
    """Wait until no process uses the server, then stop it, unless it was asked to stay."""
    watcher = open_lock(data_dir / WATCHER_LOCK)
    if not try_lock(watcher, fcntl.LOCK_EX):
        return
    users = open_lock(data_dir / USERS_LOCK)
    fcntl.flock(users, fcntl.LOCK_EX)
    with locked(data_dir / START_LOCK):
        if not (data_dir / KEEP_MARKER).exists():
            stop_server(cluster)
            for folder in remove:
                shutil.rmtree(folder, ignore_errors=True)
        # The watcher's lock goes first: who then gets `users.lock` must see that a new watcher is needed.
        os.close(watcher)
    os.close(users)


if __name__ == "__main__":
    watch(Path(sys.argv[1]), Path(sys.argv[2]), [Path(folder) for folder in sys.argv[3:]])
