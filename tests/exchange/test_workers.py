"""When a worker may send: by its own clock, by the database's word, and by the kernel's alarm."""

import signal
import subprocess
import sys
import threading
from typing import Any

import pytest

from bookbridge.exchange import workers
from bookbridge.exchange.models import WorkerSession
from bookbridge.exchange.workers import Claim, ClaimedWriting, WorkerLife
from bookbridge.kit.errors import ClaimLostError

LONGEST_S = 20


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(workers, "boot_clock", lambda: self.now)


def claim_of(life: WorkerLife) -> Claim:
    from uuid import uuid4

    return Claim(1, uuid4(), life)


def test_a_worker_without_a_heartbeat_writes_nothing_after_its_own_time(monkeypatch: pytest.MonkeyPatch):
    clock = Clock(monkeypatch)
    claim = claim_of(WorkerLife())
    writing = ClaimedWriting(claim)
    clock.now += workers.OWN_SILENCE_S - 0.1
    writing.about_to()
    clock.now += 0.2
    with pytest.raises(ClaimLostError):
        writing.about_to()


def test_the_others_wait_longer_than_a_worker_sends():
    assert workers.OWN_SILENCE_S + 2 * workers.HEARTBEAT_S < workers.LONGEST_SILENCE_S


def test_a_claim_that_is_known_to_be_lost_stops_the_writing_at_once(monkeypatch: pytest.MonkeyPatch):
    Clock(monkeypatch)
    claim = claim_of(WorkerLife())
    claim.is_lost()
    with pytest.raises(ClaimLostError):
        ClaimedWriting(claim).about_to()


def test_who_was_silent_for_too_long_never_comes_back(transactional_db: None, monkeypatch: pytest.MonkeyPatch):
    from datetime import timedelta

    from django.utils import timezone

    monkeypatch.setattr(workers, "HEARTBEAT_S", 0.05)
    lost = threading.Event()
    life = WorkerLife(on_loss=lost.set).start()
    try:
        WorkerSession.objects.filter(pk=life.id).update(heartbeat_at=timezone.now() - timedelta(seconds=16))
        assert lost.wait(LONGEST_S)
        assert not life.is_sure()
    finally:
        life.stop()


def test_a_database_that_goes_silent_is_noticed_without_an_answer(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(workers, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(workers, "LONGEST_SILENCE_S", 0.5)
    lost, go_on = threading.Event(), threading.Event()
    life = WorkerLife(on_loss=lost.set).start()
    try:
        line = life._line
        assert line is not None
        monkeypatch.setattr(life, "_line", _Silent(line, go_on))
        assert lost.wait(LONGEST_S)
    finally:
        go_on.set()
        life.stop()
        line.close()


class _Silent:
    closed = True

    def __init__(self, line: Any, go_on: threading.Event) -> None:
        self._line = line
        self._go_on = go_on

    def execute(self, *_: Any) -> Any:
        self._go_on.wait(LONGEST_S)
        return self._line.execute("SELECT 1")


FUSE = """
import os, signal, sys, threading, time
from bookbridge.exchange.fuse import Fuse
left = [float(sys.argv[1])]
fuse = Fuse(lambda: left[0])
fuse.light()
if sys.argv[2] == "put out":
    fuse.put_out()
elif sys.argv[2] == "stop":
    os.kill(os.getpid(), signal.SIGSTOP)
elif sys.argv[2] == "set anew":
    left[0] = 60
    fuse.set_anew()
elif sys.argv[2] == "leave":
    fuse.leave()
    signal.setitimer(signal.ITIMER_REAL, 0)
    fuse.light()
    fuse.put_out()
elif sys.argv[2] == "another still writes":
    fuse.light()
    fuse.put_out()
time.sleep(0.6)
print("wrote", flush=True)
"""


def run_fuse(seconds: float, what: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", FUSE, str(seconds), what], stdout=subprocess.PIPE, text=True, start_new_session=True
    )


@pytest.mark.parametrize(
    ("seconds", "what", "writes"),
    [
        (0.3, "put out", True),
        (0.3, "set anew", True),
        (0.3, "leave", True),
        (0.3, "wait", False),
        (0.3, "another still writes", False),
    ],
)
def test_the_fuse_ends_who_writes_past_its_time(seconds: float, what: str, writes: bool):
    process = run_fuse(seconds, what)
    written, _ = process.communicate(timeout=LONGEST_S)
    assert written == ("wrote\n" if writes else "")
    assert process.returncode == (0 if writes else -signal.SIGALRM)


def test_the_fuse_ends_a_stopped_process_before_its_next_instruction():
    import os
    from pathlib import Path

    process = run_fuse(0.3, "stop")
    stat = Path(f"/proc/{process.pid}/stat")
    while stat.read_text().rsplit(")", 1)[1].split()[0] != "T":
        assert process.poll() is None
    # The alarm goes off while it is stopped, and is there when it wakes up.
    pending = Path(f"/proc/{process.pid}/status")
    while not int(pending.read_text().split("ShdPnd:")[1].split()[0], 16) >> (signal.SIGALRM - 1) & 1:
        assert process.poll() is None
    os.kill(process.pid, signal.SIGCONT)
    written, _ = process.communicate(timeout=LONGEST_S)
    assert (written, process.returncode) == ("", -signal.SIGALRM)
