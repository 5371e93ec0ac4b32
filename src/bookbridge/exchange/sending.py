"""Works through the lines of an outgoing run: decide, check, send several at a time, look up, write down.

One thread does all of it but the calls. Each of its turns takes every answer that has come in, writes them down as one
and begins the next documents: one for each place, and a few more that wait for the next free one.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, InterfaceError, connection

from bookbridge.exchange import crash_points, pausing, posting, sending_texts, waiting_texts
from bookbridge.exchange.calls import Call, LookUpOf, Preparation, RelationQuestion, Send, go_together, start_of
from bookbridge.exchange.decisions import Decision, decide
from bookbridge.exchange.doubts import UNSENT, Doubts
from bookbridge.exchange.drafting import (
    Draft,
    Drafter,
    Identity,
    left_as_posted,
    overtaken_by_later_lines,
    posted_by_this_run,
)
from bookbridge.exchange.flight import Flight, Landed
from bookbridge.exchange.lines import LineChange, already_posted, answered, skipped, told
from bookbridge.exchange.looking_up import LookUps
from bookbridge.exchange.models import Line, Run
from bookbridge.exchange.numbering import Numbering, series_of
from bookbridge.exchange.open_lines import OpenLines
from bookbridge.exchange.passing import DatabaseClock, HandOverError, Pass, PauseRunError
from bookbridge.exchange.posting import Answer, Start
from bookbridge.exchange.preflight import SettingsIndex
from bookbridge.exchange.progress import Progress
from bookbridge.exchange.queries import Written
from bookbridge.exchange.relations import MustWaitError, RelationCheck
from bookbridge.exchange.workers import Claim
from bookbridge.integrations.connecting import Link
from bookbridge.integrations.tokens import needs_signing_in_again
from bookbridge.kit.errors import ClaimLostError, LaterError, NotAllowedError, SignInAgainError, UnreachableError
from bookbridge.kit.outcomes import AlreadyThere, Later, Outcome, Posted, Refused, SignInAgain

MAY_CHANGE = ("customer", "supplier")
"""Kinds of which a changed content is an update and no other document: master data."""

_SETTLED = (Decision.ALREADY_POSTED, Decision.LEFT_OUT)
_ACTIONS = {Decision.SEND: "post", Decision.UPDATE: "update"}
_AGAIN_SOON = timedelta(seconds=1)
_MANY_CHANGES = 200
_NOT_SENT = "not sent: the run stopped before it"
_log = structlog.get_logger("bookbridge.sending")


class Sender:
    """One pass over the open lines of a run. Made anew for each pass, so that it knows the latest settings."""

    def __init__(
        self,
        run: Run,
        claim: Claim,
        *,
        link: Link,
        index: SettingsIndex,
        flight: Flight,
        clock: DatabaseClock,
        progress: Progress,
    ) -> None:
        self._run = run
        self._claim = claim
        self._link = link
        self._sheet = link.fact_sheet
        self._flight = flight
        self._clock = clock
        self._progress = progress
        self._drafter = Drafter(run.configuration.mappings, self._sheet, index)
        self._relations = RelationCheck(run, link.directory)
        self._doubts = Doubts(run)
        self._open = OpenLines(run)
        self._chunk: deque[tuple[Line, Decision, Draft | None]] = deque()
        self._ready: deque[Draft] = deque()
        self._parked: list[Draft] = []
        """Drafts whose relations the package is being asked for."""
        self._calls: deque[Call] = deque()
        """What is asked before anything else is sent."""
        self._on_their_way: set[Identity] = set()
        self._changes: list[LineChange] = []
        self._answers: list[tuple[Draft, Answer]] = []
        """What the package said and isn't written down yet."""
        self._stop: BaseException | None = None
        self.left = Pass()
        self._look_ups = LookUps(run, claim, link.fact_sheet, self.left, clock)
        self._numbering = Numbering(run, self.left, clock)
        self.refused_by_the_package = False

    def work(self) -> Pass:
        """Bring every line as far as it can be brought now. Raises PauseRunError and ClaimLostError."""
        try:
            while True:
                idle = self._is_idle()
                gathered = self._gather()
                self._write_down()
                self._take_turns()
                self._make_calls()
                self._progress.show_now_and_then()
                if self._claim.worker.is_handing_over and self._stop is None:
                    self._stop_for(HandOverError())
                if self._flight.under_way:
                    self._land(self._flight.wait())
                elif idle and not gathered:
                    break
            self._link.directory.keep()
        except Exception as error:
            self._keep_what_was_answered(error)
            raise
        finally:
            self._numbering.close()
        if self._stop is not None:
            raise self._stop
        return self.left

    def _is_idle(self) -> bool:
        if self._stop is not None:
            # What was to come is left to the next pass; only what is known already is still written down.
            return not (self._changes or self._answers)
        waiting = self._chunk or self._ready or self._parked or self._calls or self._numbering
        return not (waiting or self._on_their_way or self._changes or self._answers)

    # --- from lines to drafts

    def _gather(self) -> bool:
        """Check documents until there are enough for every place and for the one that comes free after it.

        Whether there was any line to look at.
        """
        found = False
        wanted = 2 * self._link.places * self._sheet.capabilities.batch_size
        while (
            self._stop is None
            and len(self._ready) + len(self._numbering) < wanted
            and len(self._changes) < _MANY_CHANGES
        ):
            if self._chunk:
                self._consider(*self._chunk.popleft())
            elif not self._open_next():
                break
            found = True
        return found

    def _open_next(self) -> bool:
        opened = self._open.next(all_done=self._is_idle())
        self._doubts.learn(opened)
        chunk = [(line, self._decided(line)) for line in opened]
        drafts = {line.pk: self._drafted(line, _ACTIONS[decided]) for line, decided in chunk if decided in _ACTIONS}
        self._relations.learn(draft.document for draft in drafts.values() if draft)
        overtaken = overtaken_by_later_lines([line for line, decided in chunk if decided is Decision.UPDATE])
        self._changes += [skipped(line, Line.Reason.OVERTAKEN) for line in opened if line.pk in overtaken]
        chunk = [(line, decided) for line, decided in chunk if line.pk not in overtaken]
        already = [line for line, decided in chunk if decided is Decision.ALREADY_POSTED]
        left = left_as_posted([line for line, decided in chunk if decided is Decision.CHANGED])
        chunk = [(line, Decision.LEFT_OUT if line.pk in left else decided) for line, decided in chunk]
        left_out = [line for line, decided in chunk if decided is Decision.LEFT_OUT]
        self._changes += [skipped(line, Line.Reason.LEFT_OUT) for line in left_out]
        unsaid = posted_by_this_run(self._run, already)
        self._changes += [already_posted(line, by_this_run=line.pk in unsaid) for line in already]
        for line, decided in chunk:
            if decided in _ACTIONS and drafts[line.pk] is None:
                self._refuse_for_our_bug(line)
            elif decided not in _SETTLED:
                self._chunk.append((line, decided, drafts.get(line.pk)))
        return bool(opened)

    def _decided(self, line: Line) -> Decision:
        assert line.posting is not None
        is_settling = bool(line.posting.look_up_at) and not line.look_up_is_due  # type: ignore[attr-defined]
        return decide(
            state=line.posting.state,
            same_content=line.fingerprint in (line.posting.fingerprint, line.posting.corrected_from),
            may_update=line.kind in MAY_CHANGE and line.kind in self._sheet.capabilities.updates,
            in_doubt=self._doubts.about(line),
            is_settling=is_settling,
        )

    def _drafted(self, line: Line, action: str) -> Draft | None:
        try:
            return self._drafter.draft(line, action)
        except Exception:
            _log.exception("document_bug", run=self._run.pk, line=line.pk)
            return None

    def _refuse_for_our_bug(self, line: Line) -> None:
        """Our bug stops this document, not its neighbours, and nothing has been sent."""
        self._changes.append(told(line, Line.Outcome.REFUSED, problems=[sending_texts.BUG()]))

    def _consider(self, line: Line, decision: Decision, draft: Draft | None) -> None:
        identities = draft.identities if draft else (("posting", line.posting_id),)
        if decision is Decision.CHANGED:
            problems = [sending_texts.CHANGED()]
            self._changes.append(told(line, Line.Outcome.SKIPPED, reason=Line.Reason.CHANGED, problems=problems))
        elif decision is Decision.WAIT:
            assert line.posting is not None
            settles_at = line.posting.look_up_at
            why = waiting_texts.AGAIN() if settles_at else waiting_texts.OTHER_WORKER()
            self.left.wait(settles_at or self._clock.now() + _AGAIN_SOON, why)
        elif not self._on_their_way.isdisjoint(identities):
            self._open.hold(line)
        elif decision is Decision.LOOK_UP:
            self._consider_look_up(line)
        elif draft is not None and line.kind not in self.left.blocked:
            self._on_their_way.update(identities)
            self._check(draft)

    def _consider_look_up(self, line: Line) -> None:
        asked, change = self._look_ups.consider(line)
        self._changes += [change] if change else []
        if asked:
            self._on_their_way.add(("posting", line.posting_id))
            self._calls.append(asked)

    def _check(self, draft: Draft) -> None:
        try:
            draft.problems = list(self._drafter.problems(draft, self._relations))
            draft.unknown = self._relations.unknown(draft.document)
        except MustWaitError as error:
            self._wait_for_relation(draft, error)
        except DatabaseError:
            raise
        except Exception:
            _log.exception("document_bug", run=self._run.pk, line=draft.line.pk)
            self._refuse_for_our_bug(draft.line)
            self._release([draft])
        else:
            self._ask_for_relations(draft)

    def _wait_for_relation(self, draft: Draft, error: MustWaitError) -> None:
        self.left.wait(self._clock.now() + _AGAIN_SOON, waiting_texts.RELATION(value=error.number))
        self._release([draft])

    def _ask_for_relations(self, draft: Draft) -> None:
        if not draft.unknown:
            self._finish(draft)
            return
        asked = {name for parked in self._parked for name in parked.unknown}
        self._calls.extend(RelationQuestion(name) for name in sorted(draft.unknown - asked, key=str))
        self._parked.append(draft)

    def _finish(self, draft: Draft) -> None:
        """Everything that can be known before sending is known now."""
        try:
            draft.problems += self._relations.problems(draft.document)
        except MustWaitError as error:
            self._wait_for_relation(draft, error)
            return
        if draft.problems:
            unsent = draft.posting if draft.posting.state in UNSENT else None
            self._changes.append(told(draft.line, Line.Outcome.REFUSED, problems=draft.problems, refused=unsent))
            self._release([draft])
        elif self._link.prepares:
            self._prepare(draft)
        else:
            self._ready.append(draft)

    def _prepare(self, draft: Draft) -> None:
        if self._sheet.capabilities.numbers_drawn:
            draft.series = series_of(self._run, draft.document)
        if draft.action == "post":
            draft.prepared = posting.drawn_before(draft.posting, draft.line.fingerprint, draft.series)
        if draft.series:
            self._numbering.add(draft)
        else:
            self._calls.append(Preparation(draft))

    def _take_turns(self) -> None:
        going, put_off = self._numbering.take_turns()
        self._calls.extend(map(Preparation, going))
        self._release(put_off)

    def _release(self, drafts: Iterable[Draft]) -> None:
        for draft in drafts:
            self._on_their_way.difference_update(draft.identities)
            self._numbering.done(draft)

    # --- writing down and sending

    def _write_down(self) -> None:
        """All answers and what needed no call, and the attempts of the next documents: one transaction."""
        answers, changes, batches = self._answers, self._changes, self._next_batches()
        if not (answers or changes or batches):
            return
        if answers:
            crash_points.reach("answer_received")
        starts = [start for call in batches for _, start in call.batch]
        written = self._written(answers, changes, starts)
        self._answers, self._changes = [], []
        if answers:
            crash_points.reach("answer_written")
        if answers or changes:
            crash_points.reach("line_written")
        self._after(answers, written)
        self._send(batches, written)

    def _written(
        self, answers: Sequence[tuple[Draft, Answer]], changes: Sequence[LineChange] = (), starts: Sequence[Start] = ()
    ) -> Written:
        return posting.write_down(
            self._run,
            self._claim,
            starts=starts,
            answers=[answer for _, answer in answers],
            changes=changes,
            settle_s=self._sheet.limits.settle_s,
        )

    def _next_batches(self) -> list[Send]:
        """The next documents for the free places; updates go alone: among new documents they would be made anew."""
        batches: list[Send] = []
        # What has to be asked is asked first: it makes documents ready, or settles what is uncertain.
        free = self._flight.free - len(self._calls)
        while self._stop is None and self._ready and len(batches) < free:
            first = self._ready.popleft()
            if first.line.kind in self.left.blocked:
                self._release([first])
                continue
            batch = [first]
            while self._ready and go_together(first, self._ready[0], len(batch), self._sheet.capabilities.batch_size):
                batch.append(self._ready.popleft())
            batches.append(Send(tuple((draft, start_of(draft)) for draft in batch)))
        return batches

    def _send(self, batches: Sequence[Send], written: Written) -> None:
        """Only what was written down before, by us."""
        if not written.own:
            self._stop_for(ClaimLostError(f"run {self._run.pk} belongs to another worker now"))
        elif written.paused:
            self._stop_for(pausing.paused(self._run.configuration, self._clock.now()))
        begun = written.begun
        if begun:
            crash_points.reach("attempt_written")
        for asked in batches:
            lost = [draft for draft, start in asked.batch if start.token not in begun]
            if lost:
                self._release(lost)
                self.left.wait(self._clock.now() + _AGAIN_SOON, waiting_texts.OTHER_WORKER())
            own = Send(tuple(pair for pair in asked.batch if pair[1].token in begun))
            if own.batch:
                self._flight.begin(own, own.make)

    def _make_calls(self) -> None:
        while self._calls and self._flight.free:
            call = self._calls.popleft()
            self._flight.begin(call, call.make)

    # --- what has come in

    def _land(self, landed: Sequence[Landed]) -> None:
        for each in landed:
            # First, since the others may fail over what the database says.
            if isinstance(each.name, Send):
                self._answered(each.name, each)
        for each in landed:
            if isinstance(each.name, Send):
                continue
            if isinstance(each.name, LookUpOf):
                self._looked_up(each.name, each)
            elif isinstance(each.name, RelationQuestion):
                self._told_of_a_relation(each.name, each)
            else:
                self._prepared(each.name.draft, each)

    def _answered(self, sent: Send, landed: Landed) -> None:
        outcomes = landed.given
        if landed.error is not None:
            # Some of it may have been sent by then.
            outcomes = sent.unclear("the worker lost its claim during the call")
            self._stop_for(landed.error)
        self._take_outcomes(sent, outcomes)

    def _take_outcomes(self, sent: Send, outcomes: Sequence[Outcome]) -> None:
        for (draft, start), outcome in zip(sent.batch, outcomes, strict=True):
            self._answers.append((draft, Answer(start, outcome, answered(draft.line, draft.action, outcome))))

    def _after(self, answers: Sequence[tuple[Draft, Answer]], written: Written) -> None:
        """What the answers mean for the rest of the pass."""
        for draft, answer in answers:
            self._release([draft])
            if answer.start.token not in written.mine:
                self.left.wait(self._clock.now() + _AGAIN_SOON, waiting_texts.OTHER_WORKER())
                continue
            outcome = answer.outcome
            if isinstance(outcome, Refused):
                self.refused_by_the_package |= any(problem.evidence for problem in outcome.problems)
            elif isinstance(outcome, Later):
                self._block(draft.line.kind, outcome.not_before, outcome.reason)
            elif isinstance(outcome, SignInAgain):
                self._stop_for(SignInAgainError(outcome.reason))
            elif not isinstance(outcome, Posted | AlreadyThere):
                due = written.mine[answer.start.token] or self._clock.now() + timedelta(seconds=10)
                self.left.wait(due, waiting_texts.AGAIN() if draft.action == "update" else waiting_texts.LOOKING_UP())

    def _looked_up(self, asked: LookUpOf, landed: Landed) -> None:
        self._on_their_way.discard(("posting", asked.line.posting_id))
        if landed.error is not None:
            self._stop_for(landed.error)
            return
        change = self._look_ups.conclude(asked, landed.given)
        self._changes += [change] if change else []
        if isinstance(landed.given, SignInAgain):
            self._stop_for(SignInAgainError(landed.given.reason))

    def _told_of_a_relation(self, asked: RelationQuestion, landed: Landed) -> None:
        affected = [draft for draft in self._parked if asked.name in draft.unknown]
        if landed.error is None or isinstance(landed.error, NotAllowedError):
            # A package that won't say will tell when the document is sent.
            self._relations.answered(asked.name, found=landed.given is not False)
            for draft in affected:
                draft.unknown.discard(asked.name)
                if not draft.unknown:
                    self._parked.remove(draft)
                    self._finish(draft)
            return
        self._parked = [draft for draft in self._parked if draft not in affected]
        self._failed(affected, landed.error)

    def _prepared(self, draft: Draft, landed: Landed) -> None:
        if landed.error is None:
            draft.prepared = landed.given
            self._ready.append(draft)
        else:
            self._failed([draft], landed.error)

    # --- what stops a document, a kind, or the run

    def _failed(self, drafts: Sequence[Draft], error: BaseException) -> None:
        """A call before the sending came to nothing: these documents haven't been sent."""
        self._release(drafts)
        for draft in drafts:
            if isinstance(error, LaterError):
                self._block(draft.line.kind, error.not_before, error.reason)
            elif isinstance(error, UnreachableError):
                until, why = self._clock.now() + timedelta(seconds=10), waiting_texts.UNREACHABLE(evidence=error.reason)
                self.left.block(draft.line.kind, until, why)
            elif isinstance(error, SignInAgainError | NotAllowedError | ClaimLostError | DatabaseError):
                self._stop_for(error)
            else:
                _log.error("document_bug", run=self._run.pk, line=draft.line.pk, exc_info=error)
                self._refuse_for_our_bug(draft.line)

    def _block(self, kind: str, until: datetime, reason: str) -> None:
        self.left.block(kind, until, waiting_texts.CALLS(evidence=reason))

    def _stop_for(self, error: BaseException) -> None:
        """Begin nothing more. What is under way comes to its end, and every answer is written down."""
        self._release(self._numbering.withdraw())
        for waiting in (self._ready, self._parked):
            self._release(waiting)
            waiting.clear()
        self._calls.clear()
        self._chunk.clear()
        self._withdraw()
        if self._stop is None:
            self._stop = self._pause_for(error)

    def _withdraw(self) -> None:
        """What has been written down as begun and no place has taken up is known not to have been sent."""
        for call in self._flight.withdraw():
            if isinstance(call, Send):
                self._take_outcomes(call, [Later(self._clock.now(), _NOT_SENT)] * len(call.batch))

    def _pause_for(self, error: BaseException) -> BaseException:
        if isinstance(error, SignInAgainError):
            authorisation = self._run.configuration.authorisation
            needs_signing_in_again(authorisation, str(error))
            why = waiting_texts.ACCOUNT(value=authorisation.label, evidence=str(error))
            return PauseRunError(self._clock.now() + timedelta(seconds=15), why)
        if isinstance(error, NotAllowedError):
            why = waiting_texts.NOT_ALLOWED(evidence=str(error))
            return PauseRunError(self._clock.now() + timedelta(minutes=15), why)
        return error

    def _keep_what_was_answered(self, error: Exception) -> None:
        """The line to the database may be what broke: what the package has said is written down over a new one."""
        if isinstance(error, DatabaseError | InterfaceError):
            connection.close()
        self._withdraw()
        while self._flight.under_way:
            for landed in self._flight.wait():
                if isinstance(landed.name, Send):
                    self._answered(landed.name, landed)
        answers, self._answers = self._answers, []
        try:
            self._written(answers)
        except (DatabaseError, InterfaceError):
            # Whoever takes the run over looks them up.
            _log.exception("answers_lost", run=self._run.pk, answers=len(answers))
            connection.close()
