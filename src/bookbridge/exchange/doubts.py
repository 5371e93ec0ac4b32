"""Documents that the books may hold though our tables don't say so: after a restore, for as long as it was asked for.

Such a document is looked up before it is sent for the first time since. The lost installation may have sent it to the
last moment, and its answer, if there was one, is lost too: it is an unclear answer like any other.
"""

from collections.abc import Iterable

from django.db.models.functions import Now
from django.utils import timezone

from bookbridge.exchange import posting
from bookbridge.exchange.models import Attempt, Line, Posting, Run

UNSENT = (Posting.State.PENDING, Posting.State.REFUSED, Posting.State.LEFT_OUT)


class Doubts:
    """Those about the lines of one run. Without a restore they cost nothing."""

    def __init__(self, run: Run) -> None:
        configuration = run.configuration
        until = configuration.look_up_first_until
        self._since = configuration.look_up_first_since if until and until > timezone.now() else None
        self._settled: set[int | None] = set()

    def learn(self, lines: Iterable[Line]) -> None:
        """Ask once for many lines which of them have been looked up since."""
        if self._since is None:
            return
        asked = {line.posting_id: line.organisation_id for line in lines if self._may_be_in_doubt(line)}
        if asked:
            self._settled |= set(
                Attempt.objects.filter(
                    organisation_id__in=set(asked.values()),
                    posting_id__in=set(asked),
                    action="look_up",
                    started_at__gte=self._since,
                ).values_list("posting_id", flat=True)
            )

    def about(self, line: Line) -> bool:
        """Whether the document must be looked up before it is sent."""
        return self._since is not None and self._may_be_in_doubt(line) and line.posting_id not in self._settled

    def _may_be_in_doubt(self, line: Line) -> bool:
        return line.posting is not None and line.posting.state in UNSENT and line.posting_id not in self._settled


def begin(line: Line) -> bool:
    """Have the line's content looked up as one whose answer was unclear. False when somebody else was faster.

    The package has long settled, so one absence is enough.
    """
    held = line.posting
    assert held is not None
    mine = Posting.objects.filter(
        pk=held.pk, state=held.state, attempt=held.attempt, fingerprint=held.fingerprint
    ).update(
        state=Posting.State.UNCERTAIN,
        attempt=None,
        worker=None,
        fingerprint=line.fingerprint,
        document=line.document,
        look_up_at=Now(),
        look_ups=0,
        absences=posting.NEEDED_ABSENCES - 1,
    )
    held.refresh_from_db()
    return bool(mine)
