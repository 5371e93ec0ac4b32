"""Workers that die, hang or lose the database with several documents under way: replaced without a hand, and harmless
when they wake up. Real processes, real signals."""

import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from bookbridge.commands.processes import Child, Children
from bookbridge.connectors.exact_online.connector import PackageConnector
from bookbridge.exchange.flight import most_at_stake
from bookbridge.exchange.models import Attempt, Line, Posting, Run, WorkerSession
from bookbridge.server.embedded_postgres import EmbeddedPostgres
from tests.crash.test_named_points import all_runs_ended, start_worker, wait_until
from tests.exchange import files
from tests.exchange.stage import Stage
from tests.roles import addresses_of_this_test

pytestmark = pytest.mark.crash
SALES = "salesentry/SalesEntries"
PLACES = PackageConnector.fact_sheet.limits.simultaneous_calls
REPLACED_WITHIN_S = 30


def sales(count: int) -> bytes:
    return files.joined(*[files.sale(f"2600{number:04}") for number in range(1, count + 1)])


def booked(stage: Stage) -> Counter[str]:
    return Counter(str(entry["EntryNumber"]) for entry in stage.books()["sales_entries"])


def once_each(count: int) -> Counter[str]:
    return Counter(f"2600{number:04}" for number in range(1, count + 1))


def state_of(process: int) -> str:
    """Its letter in /proc: T stopped, Z ended, R and S alive."""
    return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]


def kill_when_under_way(children: Children, stage: Stage, tmp_path: Path, number: signal.Signals) -> Child:
    """A worker that gets a signal while every place has a call under way at a package that takes its time."""
    worker = start_worker(children, "first", tmp_path)
    wait_until(lambda: stage.fault_hits() == PLACES, f"there are not {PLACES} under way: {worker.log_end()}")
    os.kill(worker.process.pid, number)
    return worker


@pytest.mark.parametrize("count", [2 * PLACES])
def test_those_under_way_when_a_worker_is_killed_are_looked_up_and_none_goes_twice(
    count: int, stage: Stage, tmp_path: Path
):
    """The package goes on with what it was sent: two seconds after the worker is gone the entries are in the books."""
    stage.run_files(debitr__csv=files.joined(files.customer("100")))
    stage.fault(kind="slow", resource=SALES, method="POST", times=PLACES, delay_s=2)
    stage.drop(fmuta6__csv=sales(count))
    with Children(tmp_path / "logs") as children:
        kill_when_under_way(children, stage, tmp_path, signal.SIGKILL)
        start_worker(children, "heir", tmp_path)
        wait_until(all_runs_ended, "not recovered")

    assert booked(stage) == once_each(count)
    abandoned = Attempt.objects.filter(outcome="abandoned").values_list("posting_id", flat=True)
    assert len(abandoned) <= most_at_stake(PLACES)
    histories = Counter(history_of(posting_id) for posting_id in abandoned)
    assert histories.pop((("post", "abandoned"), ("look_up", "found"))) == PLACES
    never_sent = (("post", "abandoned"), ("look_up", "absent"), ("look_up", "absent"), ("post", "posted"))
    assert set(histories) <= {never_sent}


def history_of(posting_id: int) -> tuple[tuple[str, str], ...]:
    attempts = Attempt.objects.filter(posting_id=posting_id).order_by("started_at", "pk")
    return tuple(attempts.values_list("action", "outcome"))


def test_those_written_down_but_not_sent_when_a_worker_is_killed_are_sent_once(stage: Stage, tmp_path: Path):
    stage.run_files(debitr__csv=files.joined(files.customer("100")))
    stage.drop(fmuta6__csv=sales(2 * PLACES))
    flag = tmp_path / "crash"
    flag.touch()
    with Children(tmp_path / "logs") as children:
        doomed = start_worker(children, "doomed", tmp_path, BOOKBRIDGE_CRASH_AT=f"attempt_written={flag}")
        wait_until(lambda: doomed.process.poll() is not None, f"it lives: {doomed.log_end()}")
        assert Posting.objects.filter(state=Posting.State.SENDING).count() == most_at_stake(PLACES)
        start_worker(children, "heir", tmp_path)
        wait_until(all_runs_ended, "not recovered")

    assert booked(stage) == once_each(2 * PLACES)
    absences = Counter(Attempt.objects.filter(action="look_up", outcome="absent").values_list("posting_id", flat=True))
    assert list(absences.values()) == [2] * most_at_stake(PLACES)


def test_a_worker_stopped_between_the_last_check_and_the_writing_never_writes(stage: Stage, tmp_path: Path):
    """The kernel ends it before its next instruction: its request would come after another worker sent the same."""
    stage.run_files(debitr__csv=files.joined(files.customer("100")))
    sent_before = stage.calls("POST", SALES)
    stage.drop(fmuta6__csv=sales(1))
    flag = tmp_path / "stop"
    flag.touch()
    with Children(tmp_path / "logs") as children:
        stopped = start_worker(children, "stopped", tmp_path, BOOKBRIDGE_CRASH_AT=f"stop claim_checked={flag}")
        wait_until(lambda: not flag.exists() and state_of(stopped.process.pid) == "T", "it never came to writing")
        start_worker(children, "heir", tmp_path)
        wait_until(all_runs_ended, "nobody took over")
        assert booked(stage) == once_each(1)

        os.kill(stopped.process.pid, signal.SIGCONT)
        assert stopped.process.wait(REPLACED_WITHIN_S) == -signal.SIGALRM

    # The stopped request ended with its line: half of it came, and nothing could be made of it.
    sent = stage.calls("POST", SALES)[len(sent_before) :]
    assert sent.count(201) == 1
    assert booked(stage) == once_each(1)
    assert Run.objects.latest("pk").counts["posted"] == 1


def test_a_worker_that_hung_is_replaced_and_starts_anew_when_it_wakes_up(stage: Stage, tmp_path: Path):
    stage.run_files(debitr__csv=files.joined(files.customer("100")))
    stage.fault(kind="slow", resource=SALES, method="POST", times=PLACES, delay_s=1)
    stage.drop(fmuta6__csv=sales(2 * PLACES))
    with Children(tmp_path / "logs") as children:
        hung = kill_when_under_way(children, stage, tmp_path, signal.SIGSTOP)
        since = time.monotonic()
        own = WorkerSession.objects.get(pid=hung.process.pid)
        start_worker(children, "heir", tmp_path)
        run = Run.objects.latest("pk")
        wait_until(
            lambda: Run.objects.filter(pk=run.pk).exclude(worker=own.pk).exists(), "nobody took over from the hung one"
        )
        assert time.monotonic() - since < REPLACED_WITHIN_S
        wait_until(all_runs_ended, "not recovered")
        assert booked(stage) == once_each(2 * PLACES)

        os.kill(hung.process.pid, signal.SIGCONT)
        wait_until(
            lambda: WorkerSession.objects.filter(pid=hung.process.pid).exclude(pk=own.pk).exists(),
            f"it did not start anew: {hung.log_end()}",
        )
        assert hung.process.poll() is None

    assert booked(stage) == once_each(2 * PLACES)
    run.refresh_from_db()
    assert (run.state, run.counts["posted"]) == (Run.State.ENDED, 2 * PLACES)
    assert set(run.lines.values_list("outcome", flat=True)) == {Line.Outcome.POSTED}


def test_a_worker_whose_lines_to_the_database_are_cut_goes_on_by_itself(stage: Stage, tmp_path: Path):
    stage.run_files(debitr__csv=files.joined(files.customer("100")))
    stage.fault(kind="slow", resource=SALES, method="POST", times=PLACES, delay_s=1)
    stage.drop(fmuta6__csv=sales(2 * PLACES))
    with Children(tmp_path / "logs") as children:
        worker = start_worker(children, "only", tmp_path)
        wait_until(
            lambda: Posting.objects.filter(state=Posting.State.SENDING).count() == most_at_stake(PLACES),
            "nothing is under way",
        )
        own = WorkerSession.objects.get(pid=worker.process.pid)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            mine = cursor.fetchone()[0]
        with psycopg.connect(addresses_of_this_test()["DATABASE_OWNER_URL"], autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
                [mine],
            )
        wait_until(all_runs_ended, f"the only worker did not come back: {worker.log_end()}")

        assert worker.process.poll() is None, "it is the same process, and nobody started it"
        assert WorkerSession.objects.filter(pid=worker.process.pid).exclude(pk=own.pk).exists()
    assert booked(stage) == once_each(2 * PLACES)


class SwallowingProxy:
    """A line to PostgreSQL that can go silent: it takes what is sent and passes nothing on, and nobody is told."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.passes = threading.Event()
        self.passes.set()
        self._ended = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._target)
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                # What came while it was silent is gone for good.
                if self.passes.is_set():
                    target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()


@contextmanager
def swallowing_proxy() -> Iterator[SwallowingProxy]:
    own = connection.get_connection_params()
    proxy = SwallowingProxy(f"{own['host']}/.s.PGSQL.{own['port'] or 5432}")
    try:
        yield proxy
    finally:
        proxy.passes.set()
        proxy.close()


def test_a_worker_whose_network_swallows_everything_is_replaced_and_comes_back(stage: Stage, tmp_path: Path):
    if not str(connection.get_connection_params().get("host", "")).startswith("/"):
        pytest.skip("the server of DATABASE_URL has no socket in a folder")
    stage.run_files(debitr__csv=files.joined(files.customer("100")))
    stage.fault(kind="slow", resource=SALES, method="POST", times=PLACES, delay_s=2)
    stage.drop(fmuta6__csv=sales(2 * PLACES))
    own = conninfo_to_dict(addresses_of_this_test()["DATABASE_URL"])
    with swallowing_proxy() as proxy, Children(tmp_path / "logs") as children:
        user, password = own["user"], own.get("password", "")
        address = f"postgresql://{user}:{password}@127.0.0.1:{proxy.port}/{own['dbname']}"
        cut_off = start_worker(children, "cut off", tmp_path, DATABASE_URL=address)
        wait_until(
            lambda: Posting.objects.filter(state=Posting.State.SENDING).count() >= PLACES, "nothing is under way"
        )
        its_session = WorkerSession.objects.get(pid=cut_off.process.pid)
        proxy.passes.clear()
        since = time.monotonic()
        start_worker(children, "heir", tmp_path)
        run = Run.objects.latest("pk")
        wait_until(lambda: Run.objects.filter(pk=run.pk).exclude(worker=its_session.pk).exists(), "nobody took over")
        assert time.monotonic() - since < REPLACED_WITHIN_S
        wait_until(all_runs_ended, "not recovered")

        proxy.passes.set()
        wait_until(
            lambda: WorkerSession.objects.filter(pid=cut_off.process.pid).exclude(pk=its_session.pk).exists(),
            f"it did not come back: {cut_off.log_end()}",
        )
    assert booked(stage) == once_each(2 * PLACES)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["restart", "immediate stop"])
def test_a_worker_outlives_a_restart_of_postgresql(how: signal.Signals, tmp_path: Path):
    with EmbeddedPostgres(tmp_path / "pg", durable=False, temporary=True) as server:
        ready = tmp_path / "ready"
        with Children(tmp_path / "logs") as children:
            worker = children.start(
                "worker",
                ["worker", "--ready-file", str(ready)],
                DATABASE_URL=server.app_url,
                DATABASE_OWNER_URL=server.url,
                BOOKBRIDGE_DATA=str(tmp_path / "data"),
            )
            wait_until(ready.exists, f"it did not start: {worker.log_end()}")
            ready.unlink()
            running = server.process_id
            assert running is not None
            os.kill(running, how)
            wait_until(lambda: not server.is_running, "PostgreSQL did not stop")
            server.start()
            wait_until(ready.exists, f"it did not come back: {worker.log_end()}")
            assert worker.process.poll() is None
            with psycopg.connect(server.url) as asked:
                found = asked.execute("SELECT count(*) FROM exchange_workersession").fetchone()
            assert found is not None
            assert found[0] in (1, 2), "one that is stopped at once may have lost the first"
