"""Rows that could not be read and that somebody corrected: which are ready, and what they are when they are offered.

Then they become what they would have been if they had been readable when they came in: a line with the posting of their
document's key, made if there is none. What was posted under that key already is so in the new run too.
"""

from collections.abc import Collection, Sequence
from hashlib import sha256
from typing import Any

from django.db.models import QuerySet

from bookbridge.documents import Problem, document_from_json, fingerprint, posting_key
from bookbridge.exchange.intake import Read, line_of, postings_of
from bookbridge.exchange.models import Line, RowCorrection, Run
from bookbridge.formats import SourceDocument
from bookbridge.integrations.models import Configuration


def digest_of(line: Line) -> str:
    """What rows are known by when the source sends them once more. Of another file format they would mean another."""
    file_format = line.delivery.format if line.delivery else ""
    # The last row of a file may lack the line end that it has elsewhere.
    return sha256("\n".join([file_format, *line.raw.splitlines()]).encode()).hexdigest()


def ready_of(configurations: Collection[Configuration], **of: Any) -> QuerySet[RowCorrection]:
    """What the next retry offers of one organisation's configurations; `of`: of some of it."""
    return RowCorrection.objects.filter(
        organisation_id__in={each.organisation_id for each in configurations},
        configuration__in=configurations,
        is_ready=True,
        retried_in=None,
        **of,
    )


def taken(ready: QuerySet[RowCorrection]) -> list[RowCorrection]:
    """Those that are ready still, locked until the end of this transaction: whoever retries them too comes after."""
    locked = ready.select_for_update(of=("self",)).exclude(line=None)
    return list(locked.select_related("line__delivery").order_by("line_id"))


def lines_in(run: Run, corrected: Sequence[RowCorrection]) -> list[Line]:
    """The lines of a new run for them; from now on each is known as its document."""
    documents = [(each, _read(each)) for each in corrected]
    postings = postings_of(run.configuration, [read for _, read in documents])
    lines = []
    for each, read in documents:
        assert each.line is not None
        assert each.line.delivery is not None
        each.retried_in, each.posting_id = run, postings[read.document.kind, read.key]
        lines.append(line_of(run, each.line.delivery, read, each.posting_id))
    RowCorrection.objects.bulk_update(corrected, ["retried_in", "posting"])
    return lines


def _read(corrected: RowCorrection) -> Read:
    line, document = corrected.line, document_from_json(corrected.document)
    assert line is not None
    notices = tuple(Problem.model_validate(notice) for notice in corrected.notices)
    source = SourceDocument(document, line.position, tuple(corrected.rows), line.raw, notices)
    return Read(source, posting_key(document), fingerprint(document))
