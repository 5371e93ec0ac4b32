"""The documents of a run that haven't been sent."""

from django.db.models import F
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan

from bookbridge.exchange.models import Line, Run
from bookbridge.portal.queries import paging

DOCUMENTS_A_PAGE = 25


def waiting_lines(run: Run, cursor: str) -> paging.Page:
    """In the order of sending."""
    wanted = Line.objects.filter(organisation=run.organisation_id, run=run, outcome=Line.Outcome.WAITING)
    after = paging.numbers(cursor)
    wanted = wanted.filter(TupleGreaterThan(Tuple(F("phase"), F("pk")), after)) if after else wanted
    found = list(wanted.select_related("posting").defer("raw").order_by("phase", "pk")[: DOCUMENTS_A_PAGE + 1])
    return paging.cut(found, DOCUMENTS_A_PAGE, lambda line: f"{line.phase}.{line.pk}", is_first=after is None)
