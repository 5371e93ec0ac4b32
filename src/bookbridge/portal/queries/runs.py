"""History, run details, lines and files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Q
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan

from bookbridge.exchange.models import Attempt, Comparison, Delivery, Line, OutstandingSnapshot, Posting, Run
from bookbridge.integrations.models import Configuration, Integration
from bookbridge.organisations.models import Organisation
from bookbridge.portal.periods import midnight
from bookbridge.portal.queries import paging
from bookbridge.portal.queries.counting import run_row

RUNS_A_PAGE = 30
LINES_A_PAGE = 30
FILES_A_PAGE = 50
MOST_FOUND = 2000
"""Lines that a search looks at; who finds more writes more of the identifier."""
FAILED = (Line.Outcome.REFUSED, Line.Outcome.UNCERTAIN)
_ENDED_AS = {value for value, _ in Run.Result.choices}


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """What the user asked of the history; dates are whole days in the user's zone, both inclusive."""

    since: date | None = None
    until: date | None = None
    direction: str = ""
    result: str = ""
    text: str = ""
    """Part of a file's name, or the beginning of a document's identifier."""

    @property
    def is_empty(self) -> bool:
        return self == HistoryFilter()

    def condition(self) -> Q:
        wanted = Q()
        if self.since:
            wanted &= Q(created_at__gte=midnight(self.since))
        if self.until and self.until < date.max:
            wanted &= Q(created_at__lt=midnight(self.until + timedelta(days=1)))
        if self.direction:
            wanted &= Q(direction=self.direction)
        if self.result in _ENDED_AS:
            wanted &= Q(result=self.result)
        elif self.result == "working":
            wanted &= Q(state__in=[Run.State.WAITING, Run.State.WORKING])
        return wanted


def _holds(integration: Integration, text: str) -> Q:
    """Runs with a file or a document that the text names."""
    if not text:
        return Q()
    own = {"organisation": integration.organisation_id}
    named = Delivery.objects.filter(**own, integration=integration, file_name__icontains=text)
    # Found by an index: among all lines of a company anything but a beginning would take for ever.
    lines = Line.objects.filter(**own, identifier__begins=text).order_by().values("run")[:MOST_FOUND]
    return Q(pk__in=named.exclude(run=None).values("run")) | Q(pk__in=lines)


def history(integration: Integration, wanted: HistoryFilter, cursor: str) -> paging.Page:
    """Runs of an integration, newest first, with their files."""
    configurations = list(
        Configuration.objects.filter(organisation=integration.organisation_id, integration=integration)
    )
    found = list(
        Run.objects.filter(organisation=integration.organisation_id, configuration__in=configurations)
        .filter(wanted.condition(), _holds(integration, wanted.text), paging.before(cursor, "created_at"))
        .select_related("configuration", "requested_by")
        .prefetch_related("deliveries")
        .order_by("-created_at", "-pk")[: RUNS_A_PAGE + 1]
    )
    page = paging.cut(found, RUNS_A_PAGE, lambda run: paging.moment_cursor(run.created_at, run.pk), is_first=not cursor)
    return paging.Page(rows=[run_row(run) for run in page.rows], older=page.older, is_first=page.is_first)


def run_of(organisation: Organisation, run_id: int) -> Run | None:
    return (
        Run.objects.select_related(
            "configuration__integration", "configuration__authorisation", "requested_by", "previous"
        )
        .filter(organisation=organisation, pk=run_id)
        .first()
    )


def snapshot_of(run: Run) -> OutstandingSnapshot | None:
    return OutstandingSnapshot.objects.filter(organisation=run.organisation_id, run=run).first()


def comparison_of(run: Run) -> Comparison | None:
    made = Comparison.objects.filter(organisation=run.organisation_id, run=run)
    return made.select_related("about").defer("result").first()


def deliveries_of(run: Run) -> list[Delivery]:
    return list(
        Delivery.objects.filter(organisation=run.organisation_id, run=run).select_related("repeats").order_by("pk")
    )


def lines(run: Run, *, only_failed: bool, with_changed: bool, text: str, cursor: str) -> paging.Page:
    """Lines of a run: failed ones in the order they came, all of them in the order of sending.

    `with_changed`: the run has lines that changed since they were posted, which belong to the failed ones.
    """
    wanted = Line.objects.filter(organisation=run.organisation_id, run=run)
    after = paging.numbers(cursor)
    if only_failed:
        # Ordered as its partial index is, so that the first page costs one page however long the run.
        failed = Q(outcome__in=FAILED)
        wanted = wanted.filter(failed | Q(reason=Line.Reason.CHANGED) if with_changed else failed).order_by("pk")
        wanted = wanted.filter(pk__gt=after[1]) if after else wanted
    else:
        wanted = wanted.order_by("phase", "pk")
        # Compared as a pair, as PostgreSQL's index is sorted: page 400 then reads no more than page 1.
        wanted = wanted.filter(TupleGreaterThan(Tuple(F("phase"), F("pk")), after)) if after else wanted
    if text:
        # Numbers have no case, and to fold that of 50,000 identifiers takes longer than to look through them.
        how = "contains" if text.upper() == text.lower() else "icontains"
        wanted = wanted.filter(**{f"identifier__{how}": text})
    # Not joined with the files: a join would be free to sort all lines of the run before it cuts off the first page.
    found = list(
        wanted.prefetch_related("delivery", "correction", "row_correction").defer("document", "raw", "rows")[
            : LINES_A_PAGE + 1
        ]
    )
    return paging.cut(found, LINES_A_PAGE, lambda line: f"{line.phase}.{line.pk}", is_first=after is None)


def line_of(run: Run, line_id: int) -> Line | None:
    return (
        Line.objects.select_related(
            "delivery", "posting", "run__configuration__integration", "run__configuration__authorisation"
        )
        .filter(organisation=run.organisation_id, run=run, pk=line_id)
        .first()
    )


def latest_line(posting: Posting | None) -> Line | None:
    """What happened to a document last."""
    if posting is None:
        return None
    own = Line.objects.filter(organisation=posting.organisation_id, posting=posting, document__isnull=False)
    return own.order_by("-run", "-pk").first()


def attempts_of(posting: Posting | None) -> list[Attempt]:
    if posting is None:
        return []
    return list(
        Attempt.objects.filter(organisation=posting.organisation_id, posting=posting).order_by("-started_at", "-pk")[
            :50
        ]
    )


def other_lines(line: Line) -> list[Line]:
    """What happened to the same document in other runs, newest first."""
    if line.posting_id is None:
        return []
    return list(
        Line.objects.filter(organisation=line.organisation_id, posting=line.posting_id)
        .exclude(pk=line.pk)
        .select_related("run")
        .defer("document", "raw")
        .order_by("-pk")[:20]
    )


def files(integration: Integration, cursor: str) -> paging.Page:
    """What came in for an integration, newest first."""
    found = list(
        Delivery.objects.filter(organisation=integration.organisation_id, integration=integration)
        .filter(paging.before(cursor, "received_at"))
        .select_related("repeats")
        .order_by("-received_at", "-pk")[: FILES_A_PAGE + 1]
    )
    return paging.cut(found, FILES_A_PAGE, lambda d: paging.moment_cursor(d.received_at, d.pk), is_first=not cursor)


def delivery_of(organisation: Organisation, delivery_id: int) -> Delivery | None:
    return Delivery.objects.filter(organisation=organisation, pk=delivery_id).first()


def last_written(snapshot: OutstandingSnapshot) -> OutstandingSnapshot | None:
    """The snapshot that the package's users have now: the last one written before this one."""
    return (
        OutstandingSnapshot.objects.filter(
            organisation=snapshot.organisation_id,
            configuration=snapshot.configuration_id,
            state=OutstandingSnapshot.State.WRITTEN,
            taken_at__lt=snapshot.taken_at,
        )
        .order_by("-taken_at")
        .first()
    )


def vanishing(snapshot: OutstandingSnapshot, limit: int = 100) -> Sequence[dict[str, Any]]:
    """Items of the last written snapshot that are not in this one."""
    last = last_written(snapshot)
    if last is None:
        return []
    staying = {item.get("external_id") for item in snapshot.items}
    return [item for item in last.items if item.get("external_id") not in staying][:limit]
