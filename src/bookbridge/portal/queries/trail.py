"""Entries of the audit trail with the names of what they tell of; those stand in no entry."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q

from bookbridge.exchange.models import Correction, Delivery, Line, RowCorrection
from bookbridge.integrations.models import AccessKey, Authorisation, Configuration, Integration
from bookbridge.organisations.models import AuditEntry, Organisation, User
from bookbridge.organisations.trail_reading import Wanted, latest, page
from bookbridge.portal.queries.paging import Page

ENTRIES_A_PAGE = 50
VERIFIED = "trail.verified"


@dataclass(frozen=True, slots=True)
class Known:
    """Names by id, as entries give ids: texts."""

    users: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    integrations: Mapping[str, str] = field(default_factory=dict)
    postings: Mapping[str, Line] = field(default_factory=dict)
    """The latest line of each document."""
    lines: Mapping[str, Line] = field(default_factory=dict)


def entries(organisation: Organisation, wanted: Wanted, cursor: str) -> Page:
    """One page, newest first; the cursor is the number of the last entry seen."""
    before = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 19 else None
    found = page(organisation.pk, wanted, ENTRIES_A_PAGE + 1, before)
    shown = found[:ENTRIES_A_PAGE]
    older = str(shown[-1].sequence) if len(found) > ENTRIES_A_PAGE else ""
    return Page(rows=shown, older=older, is_first=before is None)


def last_verified(organisation: Organisation) -> AuditEntry | None:
    return latest(organisation.pk, VERIFIED, ("trail", str(organisation.pk)))


def known(organisation: Organisation, shown: Sequence[AuditEntry], people: Mapping[str, str] | None = None) -> Known:
    """What the entries of a page tell of, each kind in one query. `people`: users whose names are known already."""
    people = people or {}
    ids: dict[str, set[str]] = {}
    for entry in shown:
        ids.setdefault(entry.subject_kind, set()).add(entry.subject_id)
        if entry.actor_kind == "user":
            ids.setdefault("user", set()).add(entry.actor_id)
    postings, lines = _lines(organisation, _numbers(ids.get("posting")), _numbers(ids.get("line")))
    return Known(
        users={**people, **_named(User.objects.all(), _numbers(ids.get("user", set()) - set(people)))},
        files=_named(Delivery.objects.filter(organisation=organisation), _numbers(ids.get("delivery"))),
        integrations=_named(Integration.objects.filter(organisation=organisation), _uuids(ids.get("integration"))),
        postings=postings,
        lines=lines,
    )


def _named(rows: Any, ids: Iterable[Any]) -> dict[str, str]:
    wanted = list(ids)
    return {str(row.pk): str(row) for row in rows.filter(pk__in=wanted)} if wanted else {}


def _numbers(ids: Iterable[str] | None) -> list[int]:
    return [int(each) for each in ids or () if each.isascii() and each.isdigit() and len(each) < 19]


def _uuids(ids: Iterable[str] | None) -> list[UUID]:
    found = []
    for each in ids or ():
        with suppress(ValueError):
            found.append(UUID(each))
    return found


def _lines(
    organisation: Organisation, postings: list[int], lines: list[int]
) -> tuple[dict[str, Line], dict[str, Line]]:
    if not (postings or lines):
        return {}, {}
    found = list(
        Line.objects.filter(Q(posting__in=postings) | Q(pk__in=lines), organisation=organisation)
        .only("pk", "run_id", "posting_id", "kind", "identifier")
        .order_by("pk")
    )
    return {str(line.posting_id): line for line in found}, {str(line.pk): line for line in found}


def of_integration(integration: Integration) -> dict[str, list[str]]:
    """What an integration has been set up with: kind of subject → ids. What it exchanged stands in its history."""
    own = {"organisation": integration.organisation_id, "integration": integration}

    def ids(rows: Any) -> list[str]:
        return [str(pk) for pk in rows.filter(**own).values_list("pk", flat=True)]

    return {
        "integration": [str(integration.pk)],
        "configuration": ids(Configuration.objects),
        "authorisation": ids(Authorisation.objects),
        "accesskey": ids(AccessKey.objects),
    }


@dataclass(frozen=True, slots=True)
class LineTrail:
    """A document's own entries: subjects to ask for, and what each of its corrected lines said and says.

    `rows`: the cells of its corrected rows that could not be read, by line and path.
    """

    subjects: dict[str, list[str]]
    corrected: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)
    rows: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)


def of_line(line: Line) -> LineTrail:
    """All that happened to the document of a line, in whichever run, also when it was rows that could not be read."""
    own = {"organisation": line.organisation_id}
    unread = RowCorrection.objects.filter(**own, line=line).first()
    posting = line.posting_id or (unread.posting_id if unread else None)
    if posting is None:
        return LineTrail({"line": [str(line.pk)]}, rows=_rows([unread] if unread else []))
    ids = list(Line.objects.filter(**own, posting=posting).order_by("-pk").values_list("pk", flat=True)[:1000])
    corrections = list(Correction.objects.filter(**own, line__in=ids).select_related("line"))
    rows = list(RowCorrection.objects.filter(**own, posting=posting).exclude(line=None))
    runs = {str(each.retried_in_id) for each in (*corrections, *rows) if each.retried_in_id}
    lines = {str(line.pk), *map(str, ids), *(str(each.line_id) for each in rows)}
    return LineTrail(
        {"line": sorted(lines), "posting": [str(posting)], "run": sorted(runs)},
        {str(each.line_id): (each.line.document or {}, each.document) for each in corrections},
        _rows(rows),
    )


def _rows(corrected: Iterable[RowCorrection]) -> dict[str, dict[str, tuple[str, str]]]:
    return {str(each.line_id): each.changes for each in corrected}
