"""A worker process: it takes jobs from the queue and sweeps the tables, any number of them beside each other."""

import asyncio
import itertools
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from bookbridge.exchange import agent_signs, retention, silence
from bookbridge.exchange.inboxes import Inboxes
from bookbridge.exchange.sweep import sweep
from bookbridge.exchange.tasks import QUEUE
from bookbridge.exchange.workers import WorkerLife
from bookbridge.kit import watching
from bookbridge.organisations import trail
from bookbridge.portal.notices import looking
from bookbridge.portal.tasks import MAILS
from bookbridge.server.failover import look_up_first_in_another_life
from bookbridge.server.starting_anew import (
    StartAnew,
    starting_anew_when_it_fails,
    starting_anew_when_the_queue_is_lost,
)

SWEEP_EVERY_S = 0.5
SWEEPS_FOR_A_LOOK_INTO_A_FOLDER = 2
SWEEPS_FOR_A_LOOK_INTO_A_BUCKET = 30
"""Listing a bucket costs a call, and money at some services."""
SWEEPS_FOR_A_LOT_OF_RETENTION = 120
SWEEPS_FOR_A_LOOK_AT_NOTICES = 10
SWEEPS_FOR_A_LOOK_AT_SILENCE = 120
SWEEPS_FOR_A_LOOK_AT_SIGNS_IN_A_BUCKET = 600
"""In a folder all of them come by the drop box."""
_log = structlog.get_logger("bookbridge.worker")


def run_worker(concurrency: int, ready: Path | None, start_anew: StartAnew, *, again: bool = False) -> None:
    """Work until SIGTERM or SIGINT; what is under way comes to its end first. `ready` is touched when work can begin.

    Without its session another worker may take over, so nothing of this process may go on: it starts anew.
    """
    trail.this_process_is("worker")
    life = WorkerLife(on_loss=start_anew, fuse=True)
    with starting_anew_when_it_fails(start_anew, again):
        look_up_first_in_another_life()
        life.start()
    stop = threading.Event()
    sweeper = threading.Thread(target=_sweep_on, args=(stop,), name="sweep", daemon=True)
    sweeper.start()
    if ready:
        ready.touch()
    _log.info("worker_started", worker=str(life.id), concurrency=concurrency)
    try:
        with starting_anew_when_the_queue_is_lost(start_anew):
            asyncio.run(_take_jobs(life, concurrency, start_anew))
    finally:
        stop.set()
        sweeper.join(timeout=10)
        life.stop()


async def _take_jobs(life: WorkerLife, concurrency: int, start_anew: StartAnew) -> None:
    from procrastinate.contrib.django import app

    connector = app.connector.get_worker_connector()
    async with app.with_connector(connector).open_async() as own:
        jobs = asyncio.ensure_future(
            own.run_worker_async(
                queues=[QUEUE, MAILS],
                name=str(life.id),
                concurrency=concurrency,
                delete_jobs="always",
                fetch_job_polling_interval=2.0,
                shutdown_graceful_timeout=60,
                additional_context={"worker": life},
                install_signal_handlers=False,
            )
        )

        def stop() -> None:
            start_anew.is_stopping = True
            life.hand_over()
            jobs.cancel()

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        with suppress(asyncio.CancelledError):
            await jobs


def _sweep_on(stop: threading.Event) -> None:
    in_a_bucket = settings.ENVIRONMENT.storage.startswith("s3://")
    inboxes_every = SWEEPS_FOR_A_LOOK_INTO_A_BUCKET if in_a_bucket else SWEEPS_FOR_A_LOOK_INTO_A_FOLDER
    inboxes = Inboxes()
    for turn in itertools.count():
        if _looks_closer(stop, inboxes):
            return
        try:
            close_old_connections()
            with watching.part("sweep"):
                sweep(inboxes, looks=turn % inboxes_every == 0)
            if turn % SWEEPS_FOR_A_LOT_OF_RETENTION == SWEEPS_FOR_A_LOT_OF_RETENTION - 1:
                retention.apply()
            if turn % SWEEPS_FOR_A_LOOK_AT_SILENCE == SWEEPS_FOR_A_LOOK_AT_SILENCE // 2:
                silence.announce()
            if in_a_bucket and turn % SWEEPS_FOR_A_LOOK_AT_SIGNS_IN_A_BUCKET == 0:
                agent_signs.look_into_the_bucket()
            if turn % SWEEPS_FOR_A_LOOK_AT_NOTICES == 0:
                looking.look()
        except DatabaseError as error:
            _log.error("sweep_failed", reason=type(error).__name__)
        except Exception:
            _log.exception("sweep_failed")


def _looks_closer(stop: threading.Event, inboxes: Inboxes) -> bool:
    """Wait for the next sweep, and look into inboxes whose files will have settled until then. True: stop."""
    until = time.monotonic() + SWEEP_EVERY_S
    while (left := until - time.monotonic()) > 0:
        if stop.wait(min(left, inboxes.seconds_until_settled())):
            return True
        try:
            inboxes.look_again()
        except DatabaseError as error:
            _log.error("look_failed", reason=type(error).__name__)
            return stop.wait(max(left, 0))
    return False
