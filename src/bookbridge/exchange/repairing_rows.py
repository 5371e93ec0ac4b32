"""Repairing rows that could not be read: a person corrects their cells, and they are read and checked as at intake.

The line stays as it was. Rows that say the same are the same document: of all that came with one text only one is
corrected, and the others say so. Offered again they get the posting of their document's key (`corrected_rows.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any, Literal

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from bookbridge.documents import Document, Problem, document_to_json, fingerprint, identifier_of, posting_key
from bookbridge.exchange import repair_texts, sql, telling
from bookbridge.exchange.corrected_rows import digest_of
from bookbridge.exchange.intake import LONGEST_RAW, profiles_of
from bookbridge.exchange.mapping import mapped
from bookbridge.exchange.models import Line, Posting, RowCorrection, Run
from bookbridge.exchange.originals import beginning_of
from bookbridge.exchange.preflight import SettingsIndex, check
from bookbridge.exchange.repair import ChangedMeanwhileError, known_settings
from bookbridge.exchange.settling import LONGEST_REASON
from bookbridge.formats import Cells, Rereader, SourceDocument, format_of_file_name, locate, rereader
from bookbridge.integrations.storable import storable, storable_values
from bookbridge.organisations.models import User
from bookbridge.storage import StorageError

Hindrance = Literal["too_long", "no_file", "other_layout"]
"""Why rows can't be corrected here: more than is kept of them, their file is gone, or the layout no longer fits it."""


@dataclass(frozen=True)
class Sheet:
    """The rows of a line, cell by cell. `source`: as the file has them; `cells`: as they were corrected last."""

    reader: Rereader
    rows: Sequence[int]
    source: Cells
    cells: Cells

    @property
    def columns(self) -> list[str]:
        """A name for each cell of a row, by which a problem names it."""
        return self.reader.columns(len(self.source[0]))

    def changes(self, cells: Cells) -> dict[str, tuple[str, str]]:
        """What is said other than the source does, by row and column: `57.entry_date`."""
        return {
            path_of(row, column): (was, now)
            for row, before, after in zip(self.rows, self.source, cells, strict=True)
            for column, was, now in zip(self.columns, before, after, strict=True)
            if was != now
        }


@dataclass(frozen=True)
class Checked:
    """What corrected cells came to. `problems`: what keeps them from being a document.

    `doubts`: what the package would refuse, as far as it is known here; it may have been put right there since.
    """

    read: SourceDocument | None = None
    problems: Sequence[Problem] = ()
    doubts: Sequence[Problem] = ()

    @property
    def doubted(self) -> str:
        """Stands for these very doubts, so that who accepts them has seen them."""
        said = sorted(f"{doubt.code} {doubt.field} {doubt.value}" for doubt in self.doubts)
        return sha256("\n".join(said).encode()).hexdigest()[:16] if said else ""


def path_of(row: int | None, column: str | None) -> str:
    """Names a cell, or a row."""
    return ".".join(str(part) for part in (row, column) if part is not None)


def is_unread(line: Line) -> bool:
    """Whether its rows could not be read, in a run that has ended."""
    return (
        line.reason == Line.Reason.NOT_READ
        and line.outcome == Line.Outcome.REFUSED
        and line.posting_id is None
        and line.delivery is not None
        and line.run.state == Run.State.ENDED
    )


def correction_of(line: Line) -> RowCorrection | None:
    own = RowCorrection.objects.filter(organisation_id=line.organisation_id, line=line)
    return own.select_related("changed_by", "posting").first()


def same_before(line: Line) -> RowCorrection | None:
    """What was decided about rows that say the same and came another time: that they are a document, or to stay out."""
    decided = _same(line).filter(Q(is_ready=True) | ~Q(reason="")).select_related("changed_by", "posting", "line")
    return decided.order_by("-is_ready", "-changed_at").first()


def can_be_left_out(line: Line, kept: RowCorrection | None) -> bool:
    """`kept`: its correction."""
    return is_unread(line) and (kept is None or kept.retried_in_id is None)


def can_be_corrected(line: Line, kept: RowCorrection | None, before: RowCorrection | None) -> bool:
    """`before`: the decision about the same rows."""
    return can_be_left_out(line, kept) and not (before and before.is_ready)


def sheet_of(line: Line, kept: RowCorrection | None) -> Sheet | Hindrance:
    """The cells of a line's rows, found in its text as in its file."""
    if len(line.raw) >= LONGEST_RAW or line.delivery is None:
        return "too_long"
    profile = format_of_file_name(line.delivery.file_name, profiles_of(line.run.configuration)[0])
    try:
        beginning, _ = beginning_of(line.delivery)
    except (StorageError, FileNotFoundError):
        return "no_file"
    reader = rereader(BytesIO(beginning), profile, line.delivery.file_name) if profile else None
    if reader is None:
        return "other_layout"
    source = reader.cells(line.raw, len(line.rows))
    if source is None:
        return "too_long"
    return Sheet(reader, line.rows, source, kept.cells if kept and _fits(kept.cells, source) else source)


def _fits(cells: Cells, source: Cells) -> bool:
    """Whether they are the same rows and columns; they aren't when another separator was set since."""
    return [len(row) for row in cells] == [len(row) for row in source]


def checked(line: Line, sheet: Sheet, cells: Cells) -> Checked:
    """Read by the reader of the file, and checked by what is known of the package."""
    read = sheet.reader.read(cells, sheet.rows, sheet.source, line.shown_problems)
    if not isinstance(read, SourceDocument):
        return Checked(problems=read)
    doubts = [*_in_the_books(line, read.document), *_refused(line, read.document)]
    return Checked(read, doubts=[_placed(doubt, sheet, read) for doubt in doubts])


def _refused(line: Line, document: Document) -> Iterator[Problem]:
    settings = known_settings(line)
    if settings is not None:
        found = check(mapped(document, line.run.configuration.mappings), SettingsIndex(settings))
        yield from (problem for problem in found if problem.severity == "error")


def _in_the_books(line: Line, document: Document) -> Iterator[Problem]:
    """Whether the document was posted otherwise: offered again it would be held, or change a customer back."""
    posted = Posting.objects.filter(
        organisation_id=line.organisation_id,
        configuration=line.run.configuration_id,
        kind=document.kind,
        key=posting_key(document),
        state=Posting.State.POSTED,
    )
    said = fingerprint(document)
    if posted.exclude(fingerprint=said).exclude(corrected_from=said).exists():
        yield repair_texts.IN_THE_BOOKS(field="number", value=identifier_of(document))


def _placed(problem: Problem, sheet: Sheet, read: SourceDocument) -> Problem:
    reader = sheet.reader
    source = locate(reader.profile.format, problem.field or "", read.rows, reader.file_name)
    return problem.model_copy(update={"source": source})


def save(
    line: Line, sheet: Sheet, cells: Cells, read: SourceDocument, *, is_ready: bool, version: int, user: User
) -> RowCorrection:
    """Keep corrected cells with the document that they are. `version`: of what the page showed, 0 for nothing.

    Raises ChangedMeanwhileError, also when the same rows were corrected elsewhere meanwhile.
    """
    values = {
        "cells": storable_values(cells),
        "changes": storable_values(sheet.changes(cells)),
        "document": storable_values(document_to_json(read.document)),
        "rows": list(read.rows),
        "notices": [storable_values(notice.model_dump(mode="json")) for notice in read.notices],
        "reason": "",
        "is_ready": is_ready,
    }
    with transaction.atomic():
        kept = _locked(line, version)
        if not can_be_corrected(line, kept, same_before(line)):
            raise ChangedMeanwhileError
        kept = _kept(kept, line, values, user)
        telling.rows_corrected(kept, line)
    return kept


def leave_out(line: Line, reason: str, version: int, user: User) -> RowCorrection:
    """Keep the rows from being sent; correcting them takes the decision back. Raises ChangedMeanwhileError."""
    with transaction.atomic():
        kept = _locked(line, version)
        if not can_be_left_out(line, kept):
            raise ChangedMeanwhileError
        kept = _kept(kept, line, {"reason": storable(reason, LONGEST_REASON), "is_ready": False}, user)
        telling.rows_left_out(line)
    return kept


def _locked(line: Line, version: int) -> RowCorrection | None:
    """Its correction, until the end of the transaction. Raises ChangedMeanwhileError when it isn't what was shown."""
    # One at a time of all who decide about rows of this text, whichever time they came.
    sql.wait_for_lock(f"rows {line.run.configuration_id} {digest_of(line)}")
    own = RowCorrection.objects.filter(organisation_id=line.organisation_id, line=line)
    # A retry that takes it at this moment comes before or after.
    kept = own.select_for_update().first()
    if (kept.version if kept else 0) != version:
        raise ChangedMeanwhileError
    return kept


def _kept(kept: RowCorrection | None, line: Line, values: dict[str, Any], user: User) -> RowCorrection:
    kept = kept or RowCorrection(
        organisation_id=line.organisation_id,
        configuration_id=line.run.configuration_id,
        run_id=line.run_id,
        line=line,
        digest=digest_of(line),
        version=0,
    )
    for name, value in {**values, "version": kept.version + 1, "changed_by": user, "changed_at": Now()}.items():
        setattr(kept, name, value)
    kept.save()
    return kept


def _same(line: Line) -> QuerySet[RowCorrection]:
    same = RowCorrection.objects.filter(
        organisation_id=line.organisation_id, configuration=line.run.configuration_id, digest=digest_of(line)
    )
    # Not by the line alone: retention removes lines, and nothing is unequal to none.
    return same.filter(Q(line=None) | ~Q(line=line.pk))
