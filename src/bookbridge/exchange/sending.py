"""Works through the lines of an outgoing run with one connector: decide, check, send, look up, write down."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

import structlog
from django.db import DatabaseError
from django.utils import timezone

from bookbridge.documents import Document, Problem, SourceRef, document_from_json, document_to_json
from bookbridge.exchange import crash_points, doubts, posting, sending_texts, waiting_texts
from bookbridge.exchange.decisions import Decision, decide
from bookbridge.exchange.doubts import Doubts
from bookbridge.exchange.mapping import mapped
from bookbridge.exchange.models import Attempt, Line, Posting, Run
from bookbridge.exchange.posting import Offer
from bookbridge.exchange.preflight import SettingsIndex, check
from bookbridge.exchange.preflight_texts import KIND_NOT_TAKEN
from bookbridge.exchange.relations import MustWaitError, RelationCheck
from bookbridge.exchange.workers import Claim
from bookbridge.formats import locate
from bookbridge.integrations.storable import storable, storable_values
from bookbridge.integrations.tokens import needs_signing_in_again
from bookbridge.kit.contract import Connector, PostingRequest
from bookbridge.kit.errors import ClaimLostError, LaterError, NotAllowedError, SignInAgainError, UnreachableError
from bookbridge.kit.outcomes import AlreadyThere, Found, Later, LookUp, Outcome, Posted, Refused, SignInAgain, Unclear

MAY_CHANGE = ("customer", "supplier")
"""Kinds of which a changed content is an update and no other document: master data."""

_AGAIN_SOON = timedelta(seconds=1)
_log = structlog.get_logger("bookbridge.sending")


class PauseRunError(Exception):
    """Nothing more can be done for this run before a moment."""

    def __init__(self, until: datetime, why: Problem) -> None:
        super().__init__(why.code)
        self.until = until
        self.why = why


@dataclass
class Pass:
    """What one pass over the lines leaves to do: when, and why."""

    until: datetime | None = None
    why: Problem | None = None
    blocked: dict[str, datetime] = field(default_factory=dict)

    def wait(self, until: datetime, why: Problem) -> None:
        if self.until is None or until < self.until:
            self.until, self.why = until, why

    def block(self, kind: str, until: datetime, why: Problem) -> None:
        """Send nothing more of a kind in this pass: the package, or our budget, asks to wait."""
        self.blocked[kind] = until
        self.wait(until, why)


@dataclass(frozen=True)
class _Ready:
    """A checked document with its attempt written down, ready to be sent."""

    line: Line
    posting: Posting
    attempt: Attempt
    request: PostingRequest


class Sender:
    """One pass over lines of a run. Made anew for each pass, so that it knows the latest settings."""

    def __init__(self, run: Run, claim: Claim, connector: Connector, index: SettingsIndex) -> None:
        self._run = run
        self._claim = claim
        self._connector = connector
        self._index = index
        self._sheet = connector.fact_sheet
        self._mappings = run.configuration.mappings
        self._relations = RelationCheck(run.configuration, connector)
        self._doubts = Doubts(run)
        self._batch: list[_Ready] = []
        self.left = Pass()

    def work(self, lines: Iterable[Line]) -> Pass:
        """Bring every line as far as it can be brought now. Raises PauseRunError and ClaimLostError."""
        lines = list(lines)
        self._doubts.learn(lines)
        try:
            for line in lines:
                self._work_on(line)
            self._flush()
        finally:
            self._give_back("the run had to pause before this was sent")
        return self.left

    def _work_on(self, line: Line) -> None:
        assert line.posting is not None
        if self._batch and (self._batch[0].line.kind != line.kind or self._in_batch(line.posting)):
            self._flush()
            line.posting.refresh_from_db()
        decision = decide(
            state=line.posting.state,
            same_content=line.posting.fingerprint == line.fingerprint,
            may_update=line.kind in MAY_CHANGE and line.kind in self._sheet.capabilities.updates,
            in_doubt=self._doubts.about(line),
        )
        if decision is Decision.ALREADY_POSTED:
            self._already_posted(line)
        elif decision is Decision.CHANGED:
            conclude(line, Line.Outcome.SKIPPED, reason=Line.Reason.CHANGED, problems=[sending_texts.CHANGED()])
        elif decision is Decision.WAIT:
            self.left.wait(timezone.now() + _AGAIN_SOON, waiting_texts.OTHER_WORKER())
        elif decision is Decision.LOOK_UP:
            self._look_up(line)
        elif line.kind in self.left.blocked:
            return
        else:
            self._send(line, "update" if decision is Decision.UPDATE else "post")

    def _in_batch(self, wanted: Posting) -> bool:
        return any(ready.posting.pk == wanted.pk for ready in self._batch)

    def _already_posted(self, line: Line) -> None:
        """Posted before, or by this very run, which broke off before it could say so on the line."""
        assert line.posting is not None
        by_this_run = (
            Attempt.objects.filter(
                organisation_id=line.organisation_id,
                posting=line.posting,
                run=self._run,
                outcome__in=("posted", "already_there", "found"),
            ).exists()
            and not Line.objects.filter(
                organisation_id=line.organisation_id,
                run=self._run,
                posting=line.posting,
                outcome=Line.Outcome.POSTED,
            ).exists()
        )
        if by_this_run:
            conclude(line, Line.Outcome.POSTED, number=line.posting.external_number)
        else:
            conclude(
                line,
                Line.Outcome.SKIPPED,
                reason=Line.Reason.ALREADY_POSTED,
                number=line.posting.external_number,
            )

    def _send(self, line: Line, action: str) -> None:
        try:
            ready = self._prepare(line, action)
        except LaterError as error:
            self.left.block(line.kind, error.not_before, waiting_texts.CALLS(evidence=error.reason))
            return
        except UnreachableError as error:
            why = waiting_texts.UNREACHABLE(evidence=error.reason)
            self.left.block(line.kind, timezone.now() + timedelta(seconds=10), why)
            return
        except SignInAgainError as error:
            raise self._sign_in(str(error)) from None
        except NotAllowedError as error:
            why = waiting_texts.NOT_ALLOWED(evidence=str(error))
            raise PauseRunError(timezone.now() + timedelta(minutes=15), why) from None
        except (ClaimLostError, DatabaseError):
            raise
        except Exception:
            # Our bug: it stops this document, not its neighbours, and nothing has been sent.
            _log.exception("document_bug", run=self._run.pk, line=line.pk)
            conclude(line, Line.Outcome.REFUSED, problems=[sending_texts.BUG()])
            return
        if ready is None:
            return
        if action == "update":
            # Alone: among new documents it would be made anew.
            self._flush()
        self._batch.append(ready)
        if action == "update" or len(self._batch) >= self._sheet.capabilities.batch_size:
            self._flush()

    def _prepare(self, line: Line, action: str) -> _Ready | None:
        """Check the document and write the attempt down; None when the line is concluded or has to wait."""
        assert line.posting is not None
        assert line.document is not None
        source = document_from_json(line.document)
        document = mapped(source, self._mappings)
        try:
            problems = self._problems(line, document)
        except MustWaitError as error:
            self.left.wait(timezone.now() + _AGAIN_SOON, waiting_texts.RELATION(value=error.number))
            return None
        if problems:
            self._refuse_before_sending(line, problems)
            return None
        request = _request(line.posting, document, line.fingerprint, {})
        prepared = dict(self._connector.prepare(request))
        attempt = posting.begin(
            line.posting,
            Offer(line.fingerprint, line.document, None if document == source else document_to_json(document)),
            action=action,
            worker=self._claim.worker.id,
            run_id=self._run.pk,
            prepared=prepared,
        )
        if attempt is None:
            self.left.wait(timezone.now() + _AGAIN_SOON, waiting_texts.OTHER_WORKER())
            return None
        return _Ready(line, line.posting, attempt, _request(line.posting, document, line.fingerprint, prepared))

    def _problems(self, line: Line, document: Document) -> list[Problem]:
        if line.kind not in self._sheet.capabilities.documents:
            return [KIND_NOT_TAKEN()]
        return [
            *check(document, self._index),
            *self._relations.problems(document),
            *self._relations.number_problems(line, document),
        ]

    def _refuse_before_sending(self, line: Line, problems: Sequence[Problem]) -> None:
        assert line.posting is not None
        if line.posting.state == Posting.State.PENDING:
            Posting.objects.filter(
                pk=line.posting.pk, state=Posting.State.PENDING, attempt=line.posting.attempt
            ).update(state=Posting.State.REFUSED)
        conclude(line, Line.Outcome.REFUSED, problems=problems)

    def _flush(self) -> None:
        """Send what is ready and write down what came of it: every answer, before anything stops the run."""
        if not self._batch:
            return
        self._claim.check()
        batch, self._batch = self._batch, []
        stop: Exception | None = None
        try:
            outcomes = self._call(batch)
        except ClaimLostError as error:
            # Some of it may have been sent by then.
            outcomes, stop = [Unclear("the worker lost its claim during the call")] * len(batch), error
        for ready, outcome in zip(batch, outcomes, strict=True):
            if posting.conclude(ready.posting, ready.attempt, outcome, settle_s=self._sheet.limits.settle_s):
                try:
                    self._conclude_line(ready, outcome)
                except PauseRunError as error:
                    stop = stop or error
            else:
                self.left.wait(timezone.now() + _AGAIN_SOON, waiting_texts.OTHER_WORKER())
        if stop is not None:
            raise stop

    def _give_back(self, why: str) -> None:
        """What is ready was not sent. Where another worker has taken an attempt over meanwhile, nothing changes."""
        batch, self._batch = self._batch, []
        for ready in batch:
            not_sent = Later(timezone.now(), why)
            posting.conclude(ready.posting, ready.attempt, not_sent, settle_s=self._sheet.limits.settle_s)

    def _call(self, batch: list[_Ready]) -> Sequence[Outcome]:
        """The connector's outcomes. Whatever else it does is our bug: unclear, and it stops no neighbour."""
        try:
            if batch[0].attempt.action == "update":
                return [self._connector.update(batch[0].request, batch[0].posting.external_id)]
            outcomes = self._connector.post([ready.request for ready in batch])
            if len(outcomes) != len(batch):
                raise AssertionError(f"{len(outcomes)} outcomes for {len(batch)} documents")
        except ClaimLostError:
            raise
        except Exception:
            _log.exception("connector_bug", run=self._run.pk, package=self._sheet.package)
            return [Unclear("an unexpected error in Bookbridge; see the log")] * len(batch)
        return outcomes

    def _conclude_line(self, ready: _Ready, outcome: Outcome) -> None:
        line = ready.line
        if isinstance(outcome, Posted):
            conclude(line, Line.Outcome.POSTED, number=outcome.external_number, problems=outcome.notices, keep=True)
        elif isinstance(outcome, AlreadyThere):
            conclude(line, Line.Outcome.POSTED, reason=Line.Reason.ALREADY_THERE, number=outcome.external_number)
        elif isinstance(outcome, Refused):
            conclude(line, Line.Outcome.REFUSED, problems=outcome.problems)
        elif isinstance(outcome, Later):
            self.left.block(line.kind, outcome.not_before, waiting_texts.CALLS(evidence=outcome.reason))
        elif isinstance(outcome, SignInAgain):
            raise self._sign_in(outcome.reason)
        elif ready.attempt.action == "update":
            self.left.wait(timezone.now() + timedelta(seconds=10), waiting_texts.AGAIN())
        else:
            conclude(line, Line.Outcome.UNCERTAIN, problems=[sending_texts.BEING_LOOKED_UP(evidence=outcome.reason)])
            assert ready.posting.look_up_at is not None
            self.left.wait(ready.posting.look_up_at, waiting_texts.LOOKING_UP())

    def _look_up(self, line: Line) -> None:
        """Ask the package for a document whose sending had no clear answer. Nothing is sent before it is known."""
        uncertain = line.posting
        assert uncertain is not None
        if uncertain.state in doubts.UNSENT and not doubts.begin(line):
            self.left.wait(timezone.now() + _AGAIN_SOON, waiting_texts.OTHER_WORKER())
            return
        if line.kind not in self._sheet.capabilities.searchable:
            conclude(line, Line.Outcome.UNCERTAIN, problems=[sending_texts.CANNOT_BE_SEARCHED()])
            Posting.objects.filter(pk=uncertain.pk, state=Posting.State.UNCERTAIN).update(look_up_at=None)
            return
        if uncertain.look_up_at and not posting.due_again(uncertain, timezone.now()):
            if line.outcome != Line.Outcome.UNCERTAIN:
                conclude(line, Line.Outcome.UNCERTAIN, problems=[sending_texts.BEING_LOOKED_UP()])
            self.left.wait(uncertain.look_up_at, waiting_texts.LOOKING_UP())
            return
        found = self._find(self._as_it_was_sent(uncertain))
        differences = found.differences if isinstance(found, Found) else ()
        problems = [sending_texts.FOUND_OTHER(value=", ".join(differences))] if differences else []
        posting.conclude_look_up(
            uncertain,
            found,
            worker=self._claim.worker.id,
            run_id=self._run.pk,
            settle_s=self._sheet.limits.settle_s,
            problems=problems,
        )
        uncertain.refresh_from_db()
        self._after_look_up(line, uncertain, found, problems)

    def _as_it_was_sent(self, uncertain: Posting) -> PostingRequest:
        """In the codes it was sent with: under those of a mapping that changed since, it would seem to be absent."""
        attempt = posting.last_sent(uncertain)
        if attempt is None or attempt.fingerprint != uncertain.fingerprint:
            # Sent by an installation whose records are lost: in the codes that it would be sent with now.
            document = mapped(document_from_json(uncertain.document), self._mappings)
            return _request(uncertain, document, uncertain.fingerprint, {})
        document = document_from_json(attempt.sent or uncertain.document)
        return _request(uncertain, document, uncertain.fingerprint, dict(attempt.prepared))

    def _after_look_up(self, line: Line, looked_up: Posting, found: LookUp, problems: list[Problem]) -> None:
        if looked_up.state == Posting.State.UNCERTAIN:
            if looked_up.look_up_at is None:
                conclude(line, Line.Outcome.UNCERTAIN, problems=problems)
            else:
                self.left.wait(looked_up.look_up_at, waiting_texts.LOOKING_UP())
        elif looked_up.state == Posting.State.PENDING:
            Line.objects.filter(pk=line.pk, outcome=Line.Outcome.UNCERTAIN).update(outcome=Line.Outcome.WAITING)
            self.left.wait(timezone.now(), waiting_texts.AGAIN())
        elif looked_up.state == Posting.State.POSTED and looked_up.fingerprint == line.fingerprint:
            reason = Line.Reason.NONE if posting.last_sent(looked_up) else Line.Reason.ALREADY_THERE
            conclude(line, Line.Outcome.POSTED, reason=reason, number=looked_up.external_number)
        else:
            self.left.wait(timezone.now(), waiting_texts.AGAIN())
        if isinstance(found, SignInAgain):
            raise self._sign_in(found.reason)

    def _sign_in(self, reason: str) -> PauseRunError:
        needs_signing_in_again(self._run.configuration.authorisation, reason)
        why = waiting_texts.ACCOUNT(value=self._run.configuration.authorisation.label, evidence=reason)
        return PauseRunError(timezone.now() + timedelta(seconds=15), why)

    def _find(self, request: PostingRequest) -> LookUp:
        try:
            return self._connector.find(request)
        except Exception:
            _log.exception("connector_bug", run=self._run.pk, package=self._sheet.package)
            return Unclear("an unexpected error in Bookbridge; see the log")


def conclude(
    line: Line,
    outcome: str,
    *,
    reason: str = Line.Reason.NONE,
    problems: Sequence[Problem] = (),
    number: str = "",
    keep: bool = False,
) -> None:
    """Write on a line what happened. The reader's notices stay with it; `keep` is for notices of the package."""
    notices = [problem for problem in line.problems if problem.get("severity") != "error"]
    told = [storable_values(_placed(line, problem).model_dump(mode="json")) for problem in problems]
    changes = {
        "outcome": outcome,
        "reason": reason,
        "problems": [*told, *notices] if not keep else [*notices, *told],
        "external_number": storable(number, 60),
        "concluded_at": timezone.now(),
    }
    Line.objects.filter(
        pk=line.pk, outcome__in=(Line.Outcome.WAITING, Line.Outcome.UNCERTAIN), run__state__in=("working",)
    ).update(**changes)
    for name, value in changes.items():
        setattr(line, name, value)
    crash_points.reach("line_written")


def _placed(line: Line, problem: Problem) -> Problem:
    """The problem with the place in the file that its field came from."""
    if problem.source is not None or line.delivery is None:
        return problem
    if problem.field is None:
        source = SourceRef(file=line.delivery.file_name, row=line.rows[0] if line.rows else None)
    else:
        source = locate(line.delivery.format, problem.field, tuple(line.rows), line.delivery.file_name)
    return problem.model_copy(update={"source": source})


def _request(wanted: Posting, document: Document, fingerprint: str, prepared: dict[str, str]) -> PostingRequest:
    identity = f"{wanted.configuration_id}/{wanted.kind}/{wanted.key}/{fingerprint}"
    return PostingRequest(
        document=document,
        reference=wanted.reference,
        idempotency_key=sha256(identity.encode()).hexdigest()[:32],
        prepared=prepared,
    )
