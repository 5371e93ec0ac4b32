"""Reconciliation compared with what the package itself says of a period, or of one run's entries, when a person asks
for it. Changes no books.

Only when all of the package's side has been read is it compared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet

from bookbridge.documents import Problem, document_from_json
from bookbridge.exchange import paged_reading, sql, telling
from bookbridge.exchange.compared import Books, Held, Listed, Ours, Result, belongs, compare, take
from bookbridge.exchange.comparing_texts import LINES_GONE, NOT_TOLD, TOO_MANY, TOO_MANY_AROUND_A_RUN
from bookbridge.exchange.models import Comparison, Line, Posting, Run
from bookbridge.exchange.passing import DatabaseClock
from bookbridge.exchange.tasks import wake_a_worker_for
from bookbridge.exchange.workers import Claim
from bookbridge.integrations.connecting import connect, package_settings
from bookbridge.integrations.models import Configuration, Integration
from bookbridge.integrations.storable import storable_values
from bookbridge.kit import catalogue, watching
from bookbridge.kit.booked import BookedPage
from bookbridge.kit.errors import RefusedError
from bookbridge.organisations.models import User

MOST_ENTRIES = 200_000
"""More aren't held in memory at once."""
_ENTRIES = ("sales_invoice", "purchase_invoice", "journal_entry")
_AT_ONCE = 10_000
_log = structlog.get_logger("bookbridge.comparison")


class LinesGoneError(Exception):
    """Retention has taken lines of a run: which entries are its own is no longer known."""


class _TooManyError(Exception):
    pass


def can_compare(integration: Integration) -> bool:
    """Whether it has books, and its package can say what it holds of a period."""
    return catalogue.fact_sheet(integration.package).capabilities.compare and _configurations(integration).exists()


def ask_for(integration: Integration, since: date, until: date, user: User) -> int:
    """Compare each administration of the integration as soon as a worker is free; how many weren't being compared."""
    return sum(_ask(configuration, since, until, user) for configuration in _configurations(integration))


def _configurations(integration: Integration) -> QuerySet[Configuration]:
    return Configuration.objects.filter(
        organisation_id=integration.organisation_id, integration=integration, is_active=True
    )


def can_compare_run(run: Run) -> bool:
    """Whether it has ended and has posted entries, not relations alone, that its package can tell of."""
    return (
        run.direction == Run.Direction.OUT
        and run.state == Run.State.ENDED
        and run.lines_forgotten_at is None
        and run.configuration.is_active
        and catalogue.fact_sheet(run.configuration.integration.package).capabilities.compare
        and _has_posted_entries(run)
    )


def ask_for_run(run: Run, user: User) -> bool:
    """Compare what an ended run has posted as soon as a worker is free; False while that is under way already.

    Raises LinesGoneError.
    """
    days = sql.days_of_posted(run.organisation_id, run.pk, _ENTRIES)
    if days is None or not _are_all_kept(run):
        raise LinesGoneError
    return _ask(run.configuration, *days, user, about=run)


def _entries_of(run: Run) -> QuerySet[Line]:
    """The entries that it posted itself, or found in the package."""
    lines = Line.objects.filter(organisation_id=run.organisation_id, run=run, outcome=Line.Outcome.POSTED)
    return lines.filter(kind__in=_ENTRIES)


def _has_posted_entries(run: Run) -> bool:
    """By its amounts; only where they come to nothing, as an invoice and its credit note do, are its lines asked."""
    amounts = [Decimal(row["posted"]) for row in run.reconciliation or ()]
    return any(amounts) or (bool(amounts) and _entries_of(run).exists())


def _are_all_kept(run: Run) -> bool:
    """Retention takes a long run's lines in lots: a part of them would pass for the whole."""
    posted = Line.objects.filter(organisation_id=run.organisation_id, run=run, outcome=Line.Outcome.POSTED)
    return posted.count() >= run.counts.get("posted", 0)


def _ask(configuration: Configuration, since: date, until: date, user: User, *, about: Run | None = None) -> bool:
    own: dict[str, Any] = {"organisation_id": configuration.organisation_id, "configuration": configuration}
    asked: dict[str, Any] = {"since": since, "until": until, "about": about}
    with transaction.atomic():
        sql.wait_for_lock(f"comparison {configuration.pk}")
        same = Comparison.objects.filter(**own, **asked)
        if same.exclude(run__state=Run.State.ENDED).exists():
            return False
        run = Run.objects.create(
            **own,
            direction=Run.Direction.COMPARE,
            trigger=Run.Trigger.PERSON,
            requested_by=user,
            resume_at=sql.database_clock(),
        )
        telling.comparison_asked(Comparison.objects.create(**own, **asked, run=run))
        wake_a_worker_for(run.pk)
    return True


def latest(integration: Integration, since: date, until: date) -> list[Comparison]:
    """Of this very period, by administration: the one under way, if any, before the last one that has ended."""
    made = Comparison.objects.filter(
        organisation_id=integration.organisation_id, configuration__integration=integration, since=since, until=until
    )
    return _latest(made.filter(about=None))


def latest_of_run(run: Run) -> list[Comparison]:
    """The one under way, if any, before the last one that has ended."""
    return _latest(Comparison.objects.filter(organisation_id=run.organisation_id, about=run))


def _latest(made: QuerySet[Comparison]) -> list[Comparison]:
    ended = made.filter(run__state=Run.State.ENDED)
    last = ended.order_by("configuration", "-pk").distinct("configuration").values("pk")
    shown = made.filter(~Q(run__state=Run.State.ENDED) | Q(pk__in=last))
    return list(
        shown.select_related("run__requested_by", "configuration").order_by(
            "configuration__administration_name", "configuration", "-pk"
        )
    )


def work_on(run: Run, claim: Claim) -> None:
    """Read what is still to be read, compare, and end the run. Raises kit.errors, with what was read on record."""
    made = Comparison.objects.select_related("configuration", "about")
    comparison = made.get(organisation_id=run.organisation_id, run=run)
    try:
        books = _read(comparison, run, claim)
    except RefusedError as error:
        _end(comparison, claim, problem=NOT_TOLD(evidence=error.words))
    except _TooManyError:
        too_many = TOO_MANY if comparison.about is None else TOO_MANY_AROUND_A_RUN
        _end(comparison, claim, problem=too_many(value=str(MOST_ENTRIES)))
    else:
        _compare(comparison, run, claim, books)


def _compare(comparison: Comparison, run: Run, claim: Claim, books: Books) -> None:
    about = comparison.about
    # What else is in the books of a run's days says nothing of the run.
    ours_among = partial(_ours_among, comparison) if about is None else None
    result = compare(books, _ours(comparison, run), comparison.since, comparison.until, ours_among)
    # Asked after its entries were read, between which and now they may have begun to go.
    if about is not None and not _are_all_kept(about):
        _end(comparison, claim, problem=LINES_GONE())
    else:
        _end(comparison, claim, result=_as_json(comparison, result))


class _Booked(paged_reading.Gathered[BookedPage]):
    """What the pages say that the books hold."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.books: Books = {}

    def take(self, page: BookedPage) -> None:
        """Raises _TooManyError."""
        take(self.books, page.entries)
        if len(self.books) > MOST_ENTRIES:
            raise _TooManyError

    def stored(self) -> dict[str, Any]:
        return {
            id: (held.journal, held.currency, None if held.amount is None else str(held.amount))
            for id, held in self.books.items()
        }

    def restore(self, stored: dict[str, Any]) -> bool:
        self.books = {
            id: Held(journal, currency, None if amount is None else Decimal(amount))
            for id, (journal, currency, amount) in stored.items()
        }
        return True


def _read(comparison: Comparison, run: Run, claim: Claim) -> Books:
    clock, found = DatabaseClock(), _Booked()
    settings = package_settings(run.configuration, now=clock.now)
    connector = connect(run.configuration, settings=settings, check_claim=claim.check, now=clock.now)
    days = comparison.since, comparison.until
    paged_reading.read_all(run, claim, found, lambda after: connector.booked(*days, after))
    return found.books


def _ours(comparison: Comparison, run: Run) -> Iterator[Ours]:
    """What was posted, of the period or by the run, before the books were read."""
    journals = comparison.configuration.mappings.get("journals", {})
    rows = (
        _compared(comparison)
        .filter(Q(posted_at=None) | Q(posted_at__lt=run.started_at))
        .values_list("pk", "external_id", "external_number", "document")
        .iterator(chunk_size=500)
    )
    for pk, external_id, number, content in rows:
        if belongs(content, comparison.since, comparison.until):
            journal = journals.get(content["journal"], content["journal"])
            yield Ours(pk, external_id, number, journal, document_from_json(content))


def _compared(comparison: Comparison) -> QuerySet[Posting]:
    posted = _posted(comparison)
    return posted.filter(pk__in=_entries_of(comparison.about).values("posting")) if comparison.about else posted


def _posted(comparison: Comparison) -> QuerySet[Posting]:
    return Posting.objects.filter(
        organisation_id=comparison.organisation_id,
        configuration=comparison.configuration,
        kind__in=_ENTRIES,
        state=Posting.State.POSTED,
    )


def _ours_among(comparison: Comparison, ids: set[str]) -> set[str]:
    found: set[str] = set()
    every = sorted(ids)
    for start in range(0, len(every), _AT_ONCE):
        lot = every[start : start + _AT_ONCE]
        found.update(_posted(comparison).filter(external_id__in=lot).values_list("external_id", flat=True))
    return found


def _lines(comparison: Comparison, result: Result) -> dict[int, tuple[int, int]]:
    """Posting → run and line by which its document is shown: the latest."""
    listed = [each.posting_id for each in (*result.missing, *result.different)]
    lines = Line.objects.filter(organisation_id=comparison.organisation_id, posting__in=listed)
    found = lines.order_by("posting", "-pk").distinct("posting").values_list("posting", "run", "pk")
    return {posting: (run, line) for posting, run, line in found if posting is not None}


def _as_json(comparison: Comparison, result: Result) -> dict[str, Any]:
    lines = _lines(comparison, result)

    def listed(found: Sequence[Listed]) -> list[dict[str, Any]]:
        return [{**_texts(asdict(each)), "line": lines.get(each.posting_id)} for each in found]

    return {
        "about": comparison.about_id,
        "rows": [_texts(asdict(row)) for _, row in sorted(result.rows.items())],
        "missing": listed(result.missing),
        "different": listed(result.different),
        "unchecked": result.unchecked,
        "moved": result.moved,
    }


def _texts(values: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in values.items()}


def _end(
    comparison: Comparison, claim: Claim, *, result: dict[str, Any] | None = None, problem: Problem | None = None
) -> None:
    outcome = Run.Result.FAILED if problem else Run.Result.GOOD
    with transaction.atomic():
        if claim.end(outcome, problem=storable_values(problem.model_dump(mode="json")) if problem else None):
            own = Comparison.objects.filter(organisation_id=comparison.organisation_id, pk=comparison.pk)
            own.update(result=storable_values(result))
            paged_reading.forget(comparison.run)
            telling.run_ended(comparison.run, outcome, {})
    with watching.part("run_end", direction=Run.Direction.COMPARE.value, result=outcome.value, counts={}):
        _log.info("compared", result=outcome.value)
