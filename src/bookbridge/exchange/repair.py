"""Repair: a person corrects a document that failed, and offers it again in a new run.

The line and its run stay as they were. A correction belongs to the posting of the document that the source sent: under
whatever number or journal it is offered, it is the same document, and has one effect. When the source sends what was
corrected once more, it is known as already posted.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.db.models.functions import Now

from bookbridge.documents import (
    DIFFERENCE,
    Document,
    Problem,
    document_from_json,
    document_to_json,
    fingerprint,
)
from bookbridge.exchange import corrected_rows, sql, telling
from bookbridge.exchange.lines import facts_of
from bookbridge.exchange.mapping import mapped
from bookbridge.exchange.models import Correction, Line, Posting, Run
from bookbridge.exchange.preflight import SettingsIndex, check
from bookbridge.exchange.relations import of_another_document
from bookbridge.exchange.tasks import wake_a_worker_for
from bookbridge.integrations.connecting import forget_package_settings, known_package_settings
from bookbridge.integrations.models import Configuration
from bookbridge.integrations.storable import storable_values
from bookbridge.kit.package_settings import PackageSettings
from bookbridge.organisations.models import User

_OF_A_CORRECTION = ("document", "fingerprint", "is_ready", "version", "changed_by", "changed_at")
REPAIRABLE = (Posting.State.PENDING, Posting.State.REFUSED)


class ChangedMeanwhileError(Exception):
    """Somebody else has saved this correction, or retried it, since the page was shown."""


def can_be_repaired(line: Line) -> bool:
    """Whether a person may correct it and offer it again: the latest line of what is surely not booked."""
    return is_not_booked(line) and not lines_since(line).exists()


def is_not_booked(line: Line) -> bool:
    """Whether its run has ended without booking its document, and nobody decided that it stays so."""
    return (
        line.document is not None
        and (line.outcome == Line.Outcome.REFUSED or line.reason == Line.Reason.LEFT_OUT)
        and line.posting is not None
        and line.posting.state in REPAIRABLE
        and line.run.state == Run.State.ENDED
    )


def lines_since(line: Line) -> QuerySet[Line]:
    """What happened to the same document in later runs."""
    return Line.objects.filter(organisation_id=line.organisation_id, posting=line.posting_id, run__gt=line.run_id)


def content_of(line: Line) -> dict[str, Any]:
    """The document as it would be offered: as it was corrected last, or as it came."""
    return contents_of([line])[line.pk]


def contents_of(lines: Collection[Line]) -> dict[int, dict[str, Any]]:
    """The same of many lines of one organisation, in one query."""
    own = Correction.objects.filter(organisation_id__in={line.organisation_id for line in lines})
    kept = dict(own.filter(line__in=lines, retried_in=None).values_list("line_id", "document"))
    return {line.pk: kept.get(line.pk) or line.document or {} for line in lines}


def correction_of(line: Line) -> Correction | None:
    return Correction.objects.filter(organisation_id=line.organisation_id, line=line).first()


def problems_of(line: Line, document: Document, settings: PackageSettings | None) -> list[Problem]:
    """What is wrong with a corrected document, as far as it is known without asking the package."""
    configuration = line.run.configuration
    found = list(of_another_document(line.posting, document)) if line.posting else []
    if settings is not None:
        found += check(mapped(document, configuration.mappings), SettingsIndex(settings))
    return [problem for problem in found if problem.severity == "error"]


def known_settings(line: Line) -> PackageSettings | None:
    """The package's chart, codes and journals as they were read last; None when they never were."""
    return known_package_settings(line.run.configuration)


def save(line: Line, document: Document, *, is_ready: bool, version: int, user: User) -> Correction:
    """Keep a correction. `version`: of the one that the page showed, 0 for none. Raises ChangedMeanwhileError."""
    content = storable_values(document_to_json(document))
    values: dict[str, Any] = {
        "document": content,
        "fingerprint": fingerprint(document),
        "is_ready": is_ready,
        "version": version + 1,
        "changed_by": user,
        "changed_at": Now(),
    }
    with transaction.atomic():
        sql.wait_for_lock(f"correction {line.pk}")
        kept = correction_of(line)
        if (kept.version if kept else 0) != version or (kept is not None and kept.retried_in_id):
            raise ChangedMeanwhileError
        if kept is None:
            kept = Correction.objects.create(
                organisation_id=line.organisation_id, run_id=line.run_id, line=line, **values
            )
            before = line.document or {}
        else:
            before = kept.document
            # A retry may have taken it since it was looked at: what was offered stays as it was.
            if not Correction.objects.filter(pk=kept.pk, version=version, retried_in=None).update(**values):
                raise ChangedMeanwhileError
        telling.lines_corrected([(line, changed_fields(before, content))], is_ready=is_ready)
    return kept


def save_many(documents: Sequence[tuple[Line, Document]], user: User) -> int:
    """Keep corrections of one organisation's lines, ready to be offered; how many. In a transaction of the caller's.

    A line that somebody else corrects for the first time, or offers again, at this moment is theirs.
    """
    lines = {line.pk: line for line, _ in documents}
    own = Correction.objects.filter(organisation_id__in={line.organisation_id for line in lines.values()})
    there = {kept.line_id: kept for kept in own.filter(line_id__in=lines).select_for_update()}
    moment = sql.database_clock()
    new, changed = [], []
    for line, document in documents:
        kept = there.get(line.pk) or Correction(
            organisation_id=line.organisation_id, run_id=line.run_id, line=line, version=0
        )
        if kept.retried_in_id is not None:
            continue
        (new if kept.pk is None else changed).append(kept)
        kept.document, kept.fingerprint = storable_values(document_to_json(document)), fingerprint(document)
        kept.is_ready, kept.version, kept.changed_by, kept.changed_at = True, kept.version + 1, user, moment
    Correction.objects.bulk_create(new, ignore_conflicts=True)
    Correction.objects.bulk_update(changed, _OF_A_CORRECTION)
    mine = own.filter(line_id__in=lines, changed_at=moment, changed_by=user)
    fields = {kept.line_id: changed_fields(lines[kept.line_id].document or {}, kept.document) for kept in mine}
    telling.lines_corrected([(lines[pk], names) for pk, names in sorted(fields.items())], is_ready=True)
    return len(fields)


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Paths of what differs, as problems name their fields: `lines.0.vat_code`."""
    found: list[str] = []
    for name in sorted({*before, *after}):
        was, now = before.get(name), after.get(name)
        path = f"{prefix}{name}"
        if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
            for number, (old, new) in enumerate(zip(was, now, strict=True)):
                found += changed_fields(old, new, f"{path}.{number}.")
        elif was != now:
            found.append(path)
    return found


def ready(run: Run) -> int:
    """How much the next retry of a run offers."""
    return _ready(run.configuration, run=run).count() + corrected_rows.ready_of([run.configuration], run=run).count()


def ready_counts(configurations: Collection[Configuration]) -> dict[int, int]:
    """How much is ready in the runs of one organisation's configurations; those with nothing are left out."""
    of_these = Correction.objects.filter(
        organisation_id__in={each.organisation_id for each in configurations},
        run__configuration__in=configurations,
        is_ready=True,
        retried_in=None,
    )
    counts: Counter[int] = Counter(dict(of_these.values_list("run__configuration").annotate(number=Count("*"))))
    rows = corrected_rows.ready_of(configurations)
    counts.update(dict(rows.values_list("configuration").annotate(number=Count("*"))))
    return dict(counts)


def retry(run: Run, user: User) -> Run | None:
    """A new run of everything that is ready; None when nothing is, as when somebody else was faster."""
    return _retry(run.configuration, user, previous=run, run=run)


def retry_all(configuration: Configuration, user: User) -> Run | None:
    """As `retry`, of everything that is ready in whatever run of the configuration."""
    return _retry(configuration, user)


def _ready(configuration: Configuration, **of: Any) -> QuerySet[Correction]:
    """What is ready in the runs of a configuration; `of`: in some of them."""
    return Correction.objects.filter(
        organisation_id=configuration.organisation_id,
        run__configuration=configuration,
        is_ready=True,
        retried_in=None,
        **of,
    )


def _retry(configuration: Configuration, user: User, previous: Run | None = None, **of: Any) -> Run | None:
    with transaction.atomic():
        offered = list(
            _ready(configuration, **of)
            .select_for_update(of=("self",))
            .select_related("line__posting", "line__delivery")
            .order_by("line_id")
        )
        still = [each for each in offered if each.line.posting and each.line.posting.state in REPAIRABLE]
        # What was posted meanwhile by another run is no longer anybody's to repair.
        Correction.objects.filter(pk__in=[each.pk for each in offered if each not in still]).update(is_ready=False)
        rows = corrected_rows.taken(corrected_rows.ready_of([configuration], **of))
        if not still and not rows:
            return None
        again = new_run(configuration, user, previous)
        Line.objects.bulk_create([*(_line(each, again) for each in still), *corrected_rows.lines_in(again, rows)])
        Correction.objects.filter(pk__in=[each.pk for each in still]).update(retried_in=again)
        telling.run_asked_for(again)
    return again


def new_run(configuration: Configuration, user: User, previous: Run | None) -> Run:
    """A run of what a person offers, in a transaction of the caller's, who writes its lines and tells the trail."""
    again = Run.objects.create(
        organisation_id=configuration.organisation_id,
        configuration=configuration,
        direction=Run.Direction.OUT,
        trigger=Run.Trigger.RETRY,
        requested_by=user,
        previous=previous,
        resume_at=sql.database_clock(),
    )
    # What was missing in the package may have been made there for this.
    forget_package_settings(configuration)
    wake_a_worker_for(again.pk)
    return again


def _line(correction: Correction, run: Run) -> Line:
    was = correction.line
    source = was.corrected_from or was.fingerprint
    facts = facts_of(document_from_json(correction.document))
    if was.posting is not None and was.posting.key.startswith(DIFFERENCE):
        # It has no number of its own, and is known by that of what it corrects.
        facts["identifier"] = was.identifier
    return Line(
        organisation_id=run.organisation_id,
        run=run,
        delivery=was.delivery,
        posting=was.posting,
        position=was.position,
        document=correction.document,
        fingerprint=correction.fingerprint,
        corrected_from=source if source != correction.fingerprint else "",
        rows=was.rows,
        raw=was.raw,
        problems=[problem for problem in was.problems if problem.get("severity") == "notice"],
        **facts,
    )
