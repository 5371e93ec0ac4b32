"""The lines of a run that Bookbridge can still bring further by itself, in the order of sending."""

from collections.abc import Sequence

from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan
from django.db.models.functions import Now

from bookbridge.exchange.models import Line, Posting, Run

_CHUNK = 50


def open_lines(run: Run) -> QuerySet[Line]:
    waits_for_a_person = Q(posting__state=Posting.State.UNCERTAIN, posting__look_up_at__isnull=True)
    # Their index holds these two outcomes only, so that a long run's concluded lines are not read again and again.
    undecided = Line.objects.filter(
        organisation_id=run.organisation_id, run=run, outcome__in=[Line.Outcome.WAITING, Line.Outcome.UNCERTAIN]
    )
    return undecided.filter(Q(outcome=Line.Outcome.WAITING) | ~waits_for_a_person)


class OpenLines:
    """All of them once, phase by phase; lines that were held back come again at the end of their phase."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._phase, self._last = -1, 0
        self._ahead: list[Line] | None = None
        self._held: list[int] = []

    def hold(self, line: Line) -> None:
        """Give it again later, as it is then."""
        self._held.append(line.pk)

    def next(self, *, all_done: bool) -> Sequence[Line]:
        """The next lines of the phase; once everything before is done, what was held back, then the next phase."""
        if self._ahead is None:
            self._ahead = self._read()
        if self._ahead and self._ahead[0].phase == self._phase:
            return self._given()
        if not all_done:
            return ()
        if self._held:
            held, self._held = self._held, []
            return list(self._lines().filter(pk__in=held))
        return self._given()

    def _given(self) -> list[Line]:
        given, self._ahead = self._ahead or [], None
        if given:
            self._phase, self._last = given[-1].phase, given[-1].pk
        return given

    def _read(self) -> list[Line]:
        later = TupleGreaterThan(Tuple(F("phase"), F("id")), (self._phase, self._last))
        found = list(self._lines().filter(later)[:_CHUNK])
        return [line for line in found if line.phase == found[0].phase]

    def _lines(self) -> QuerySet[Line]:
        # By PostgreSQL's clock, like the moment it is compared with.
        due = ExpressionWrapper(Q(posting__look_up_at__lte=Now()), output_field=BooleanField())
        return (
            open_lines(self._run)
            .select_related("posting", "delivery")
            .defer("raw", "posting__document", "posting__problems")
            .annotate(look_up_is_due=due)
            .order_by("phase", "id")
        )
