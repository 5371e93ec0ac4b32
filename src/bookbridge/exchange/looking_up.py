"""What becomes of documents whose sending had no clear answer: nothing is sent before the package was searched."""

from datetime import timedelta

from bookbridge.documents import document_from_json
from bookbridge.exchange import doubts, posting, sending_texts, waiting_texts
from bookbridge.exchange.calls import LookUpOf
from bookbridge.exchange.drafting import request_for
from bookbridge.exchange.lines import LineChange, told
from bookbridge.exchange.mapping import mapped
from bookbridge.exchange.models import Line, Posting, Run
from bookbridge.exchange.passing import DatabaseClock, Pass
from bookbridge.exchange.workers import Claim
from bookbridge.kit.contract import PostingRequest
from bookbridge.kit.fact_sheet import FactSheet
from bookbridge.kit.outcomes import Found, LookUp

_AGAIN_SOON = timedelta(seconds=1)


class LookUps:
    """Those of one pass."""

    def __init__(self, run: Run, claim: Claim, sheet: FactSheet, left: Pass, clock: DatabaseClock) -> None:
        self._run = run
        self._claim = claim
        self._sheet = sheet
        self._left = left
        self._clock = clock

    def consider(self, line: Line) -> tuple[LookUpOf | None, LineChange | None]:
        """The search to make now, and what to write on the line."""
        uncertain = line.posting
        assert uncertain is not None
        is_due = not uncertain.look_up_at or line.look_up_is_due  # type: ignore[attr-defined]
        if uncertain.state in doubts.UNSENT:
            if not doubts.begin(line):
                self._left.wait(self._clock.now() + _AGAIN_SOON, waiting_texts.OTHER_WORKER())
                return None, None
            is_due = True
        if line.kind not in self._sheet.capabilities.searchable:
            Posting.objects.filter(pk=uncertain.pk, state=Posting.State.UNCERTAIN).update(look_up_at=None)
            return None, told(line, Line.Outcome.UNCERTAIN, problems=[sending_texts.CANNOT_BE_SEARCHED()])
        if not is_due:
            assert uncertain.look_up_at is not None
            self._left.wait(uncertain.look_up_at, waiting_texts.LOOKING_UP())
            if line.outcome == Line.Outcome.UNCERTAIN:
                return None, None
            return None, told(line, Line.Outcome.UNCERTAIN, problems=[sending_texts.BEING_LOOKED_UP()])
        return LookUpOf(line, self._as_it_was_sent(uncertain)), None

    def conclude(self, asked: LookUpOf, found: LookUp) -> LineChange | None:
        """Write down what was found; what to write on the line."""
        line, looked_up = asked.line, asked.line.posting
        assert looked_up is not None
        differences = found.differences if isinstance(found, Found) else ()
        problems = [sending_texts.FOUND_OTHER(value=", ".join(differences))] if differences else []
        posting.conclude_look_up(
            looked_up,
            found,
            worker=self._claim.worker.id,
            run_id=self._run.pk,
            settle_s=self._sheet.limits.settle_s,
            problems=problems,
        )
        looked_up.refresh_from_db()
        if looked_up.state == Posting.State.UNCERTAIN:
            if looked_up.look_up_at is None:
                return told(line, Line.Outcome.UNCERTAIN, problems=problems)
            self._left.wait(looked_up.look_up_at, waiting_texts.LOOKING_UP())
            return None
        if looked_up.state == Posting.State.POSTED and looked_up.fingerprint == line.fingerprint:
            reason = Line.Reason.NONE if posting.last_sent(looked_up) else Line.Reason.ALREADY_THERE
            return told(line, Line.Outcome.POSTED, reason=reason, number=looked_up.external_number)
        if looked_up.state == Posting.State.PENDING:
            Line.objects.filter(pk=line.pk, outcome=Line.Outcome.UNCERTAIN).update(outcome=Line.Outcome.WAITING)
        self._left.wait(self._clock.now(), waiting_texts.AGAIN())
        return None

    def _as_it_was_sent(self, uncertain: Posting) -> PostingRequest:
        """In the codes it was sent with: under those of a mapping that changed since, it would seem to be absent."""
        attempt = posting.last_sent(uncertain) if uncertain.attempt else None
        if attempt is None or attempt.fingerprint != uncertain.fingerprint:
            # Sent, if at all, by an installation whose records are lost: in the codes that it would be sent with now.
            document = mapped(document_from_json(uncertain.document), self._run.configuration.mappings)
            return request_for(uncertain, document, {})
        document = document_from_json(attempt.sent or uncertain.document)
        return request_for(uncertain, document, dict(attempt.prepared))
