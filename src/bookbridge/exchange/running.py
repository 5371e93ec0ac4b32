"""One run from claim to end: take in, check, send, and either pause or write the end down."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Least, Now

from bookbridge.documents import Problem
from bookbridge.exchange import (
    comparing,
    crash_points,
    intake,
    outstanding,
    pausing,
    posting,
    reconciliation,
    sql,
    telling,
    waiting_texts,
)
from bookbridge.exchange.flight import Desk, Flight
from bookbridge.exchange.models import Delivery, Run
from bookbridge.exchange.open_lines import open_lines
from bookbridge.exchange.passing import DatabaseClock, HandOverError, Pass, PauseRunError
from bookbridge.exchange.preflight import SettingsIndex
from bookbridge.exchange.progress import Progress
from bookbridge.exchange.sending import Sender
from bookbridge.exchange.workers import Claim, ClaimedWriting, WorkerLife
from bookbridge.integrations.connecting import Link, forget_package_settings, known_package_settings, package_settings
from bookbridge.integrations.models import Authorisation
from bookbridge.integrations.storable import storable_values
from bookbridge.integrations.tokens import needs_signing_in_again
from bookbridge.kit import catalogue, watching
from bookbridge.kit.errors import (
    AddressRefusedError,
    ClaimLostError,
    LaterError,
    NotAllowedError,
    SignInAgainError,
    UnreachableError,
)
from bookbridge.organisations import notices
from bookbridge.organisations.models import Notice
from bookbridge.organisations.walls import acting_for

_LONGEST_PAUSE = timedelta(minutes=5)
_SHORT_RUN = 50
"""With more open lines than this, a run leaves some of the package's calls to others."""
_FAILURES_COUNTED = 1000
_READS: dict[str, tuple[str, Callable[[Run, Claim], None]]] = {
    Run.Direction.IN: ("outstanding", outstanding.read),
    Run.Direction.COMPARE: ("comparison", comparing.work_on),
}
"""What is read from the package, by a run's direction."""
_log = structlog.get_logger("bookbridge.run")


@dataclass(frozen=True)
class _Pause:
    until: datetime
    why: Problem | None
    counts_as_failure: bool = False


def claim(run_id: int, worker: WorkerLife) -> Claim | None:
    """The right to work on a due run; None when it isn't due or another worker has it."""
    token = uuid4()
    worker.claims.add(token)
    mine = 0
    try:
        mine = Run.objects.filter(pk=run_id, state=Run.State.WAITING, resume_at__lte=Now()).update(
            state=Run.State.WORKING,
            claim=token,
            worker=worker.id,
            waiting_for=None,
            started_at=Coalesce(F("started_at"), Now()),
        )
    finally:
        if not mine:
            # Also when the answer was lost: if it was ours all the same, the heartbeat lets go of it.
            worker.claims.discard(token)
    return Claim(run_id, token, worker) if mine else None


def work_on(run_id: int, worker: WorkerLife) -> None:
    """Bring a run as far as it can be brought now. Never raises: what goes wrong is written on the run."""
    organisation_id = sql.home_of_run(run_id)
    if organisation_id is None:
        return
    ids = {"run": run_id, "organisation": str(organisation_id)}
    with acting_for(organisation_id), structlog.contextvars.bound_contextvars(**ids):
        own = claim(run_id, worker)
        if own is not None:
            with watching.part("run", **ids):
                _work_and_let_go(own)


def _work_and_let_go(own: Claim) -> None:
    try:
        _let_go(own, _work(own))
    except Exception:
        # The heartbeat lets go of it, since it is no longer among the worker's claims.
        _log.exception("run_not_let_go")
    finally:
        own.worker.claims.discard(own.token)


def _work(own: Claim) -> _Pause | None:
    """Until when the run pauses, None when it has ended."""
    try:
        run = Run.objects.select_related(
            "configuration__integration",
            "configuration__authorisation__app",
            "configuration__authorisation__integration",
        ).get(pk=own.run_id)
        return _out(run, own) if run.direction == Run.Direction.OUT else _in(run, own)
    except HandOverError:
        return _Pause(_from_now(timedelta()), None)
    except ClaimLostError as error:
        _log.warning("claim_lost", reason=str(error))
        return _Pause(_from_now(timedelta()), None)
    except Exception as error:
        _log.exception("run_broke_off")
        if isinstance(error, DatabaseError | InterfaceError):
            # The line may be what broke; the next statement gets a new one.
            connection.close()
        failures = Run.objects.values_list("failures", flat=True).get(pk=own.run_id)
        again = _from_now(_backoff(failures))
        return _Pause(again, waiting_texts.BROKE_OFF(value=type(error).__name__), counts_as_failure=True)


def _let_go(own: Claim, pause: _Pause | None) -> None:
    """Let go of a run until a moment. Changes nothing when another worker has it by now."""
    if pause is None:
        return
    failures = F("failures") + (1 if pause.counts_as_failure else 0)
    Run.objects.filter(pk=own.run_id, claim=own.token).update(
        state=Run.State.WAITING,
        claim=None,
        worker=None,
        resume_at=Least(pause.until, Now() + posting.LONGEST_WAIT),
        waiting_for=storable_values(pause.why.model_dump(mode="json")) if pause.why else None,
        failures=Least(failures, _FAILURES_COUNTED),
    )
    if pause.why is not None and pause.why.code == waiting_texts.PAUSED.code:
        pausing.go_on_if_resumed(own.run_id)


def _from_now(time: timedelta) -> datetime:
    """So long from now by PostgreSQL's clock, by which runs are due."""
    return DatabaseClock().now() + time


def _backoff(failures: int) -> timedelta:
    return min(timedelta(seconds=2 ** min(failures, 10)), _LONGEST_PAUSE)


def _out(run: Run, own: Claim) -> _Pause | None:
    if run.deliveries.filter(state=Delivery.State.WAITING).exists():
        with watching.part("phase", name="take_in"):
            intake.take_in(run, own.check)
        _show_progress(run)
    settle_s = catalogue.fact_sheet(run.configuration.integration.package).limits.settle_s
    posting.abandon_left_over(run, own.worker.id, settle_s=settle_s)
    clock = DatabaseClock()
    while True:
        own.check()
        if not open_lines(run).exists():
            _end(run, own)
            return None
        blocked = _blocked(run)
        if blocked:
            return blocked
        try:
            index = SettingsIndex(package_settings(run.configuration, now=clock.now))
            with watching.part("phase", name="send"):
                left = _one_pass(run, own, index, clock)
        except PauseRunError as error:
            return _Pause(error.until, error.why)
        except (LaterError, UnreachableError, SignInAgainError, NotAllowedError) as error:
            return _pause_for(run, error)
        finally:
            _show_progress(run)
        if open_lines(run).exists():
            until = left.until or clock.now() + timedelta(seconds=2)
            if until > clock.now():
                return _Pause(until, left.why)


def _one_pass(run: Run, own: Claim, index: SettingsIndex, clock: DatabaseClock) -> Pass:
    """Every open line once, in the order of sending. Returns when to go on, and why."""
    desk = Desk()
    link = Link(
        run.configuration,
        settings=index.settings,
        check_claim=own.check_by_the_clock,
        writing=ClaimedWriting(own),
        now=clock.now,
        ask=desk.ask,
        gathers=True,
        is_long=open_lines(run)[: _SHORT_RUN + 1].count() > _SHORT_RUN,
    )
    flight = Flight([link.connector() for _ in range(link.places)], desk)
    sender = Sender(run, own, link=link, index=index, flight=flight, clock=clock, progress=Progress(run))
    try:
        return sender.work()
    finally:
        flight.close()
        if sender.refused_by_the_package:
            forget_package_settings(run.configuration)


def _blocked(run: Run) -> _Pause | None:
    """Why nothing may be sent or read just now."""
    if pausing.is_paused(run.configuration_id):
        _know_the_package(run)
        error = pausing.paused(run.configuration, DatabaseClock().now())
        return _Pause(error.until, error.why)
    return _blocked_by_account(run)


def _know_the_package(run: Run) -> None:
    """Have the package's lists at hand while a run is paused, so that people see what it would book, checked."""
    if run.direction == Run.Direction.OUT and known_package_settings(run.configuration) is None:
        with suppress(LaterError, UnreachableError, SignInAgainError, NotAllowedError):
            package_settings(run.configuration)


def _blocked_by_account(run: Run) -> _Pause | None:
    authorisation = run.configuration.authorisation
    status = Authorisation.objects.values_list("status", flat=True).get(pk=authorisation.pk)
    if status == Authorisation.Status.ACTIVE:
        return None
    return _Pause(_from_now(timedelta(seconds=15)), waiting_texts.ACCOUNT(value=authorisation.label))


def _pause_for(run: Run, error: Exception) -> _Pause:
    if isinstance(error, AddressRefusedError):
        return _Pause(error.not_before, waiting_texts.ADDRESS_REFUSED(value=error.host, evidence=error.reason))
    if isinstance(error, LaterError):
        return _Pause(error.not_before, waiting_texts.CALLS(evidence=error.reason))
    if isinstance(error, SignInAgainError):
        needs_signing_in_again(run.configuration.authorisation, str(error))
        why = waiting_texts.ACCOUNT(value=run.configuration.authorisation.label, evidence=str(error))
        return _Pause(_from_now(timedelta(seconds=15)), why)
    if isinstance(error, NotAllowedError):
        return _Pause(_from_now(timedelta(minutes=15)), waiting_texts.NOT_ALLOWED(evidence=str(error)))
    return _Pause(_from_now(timedelta(seconds=10)), waiting_texts.UNREACHABLE(evidence=str(error)))


def _show_progress(run: Run) -> None:
    Progress(run).show()


def _end(run: Run, own: Claim) -> None:
    """Write the end down; from here on the run is never changed."""
    crash_points.reach("run_ending")
    found = reconciliation.counts(run)
    set_aside = run.deliveries.filter(state=Delivery.State.SET_ASIDE).count()
    failed = found["refused"] or found["uncertain"] or found["held"] or found["unread"] or set_aside
    result = Run.Result.WITH_ERRORS if failed else Run.Result.GOOD
    counts = {**found, "set_aside": set_aside}
    rows = reconciliation.as_json(reconciliation.reconcile(run))
    with transaction.atomic():
        if own.end(result, counts=counts, reconciliation=rows):
            if failed:
                notices.announce(run.organisation_id, Notice.Kind.RUN, run.pk)
            telling.run_ended(run, result, counts)
    with watching.part("run_end", direction=run.direction, result=str(result), counts=found):
        _log.info("run_ended", result=result, **found)


def _in(run: Run, own: Claim) -> _Pause | None:
    blocked = _blocked(run)
    if blocked:
        return blocked
    name, read = _READS[run.direction]
    try:
        with watching.part("phase", name=name):
            read(run, own)
    except (LaterError, UnreachableError, SignInAgainError, NotAllowedError) as error:
        return _pause_for(run, error)
    return None
