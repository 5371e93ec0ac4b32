"""From a line to a checked document that can be sent: parsed, in the package's codes, with what it still waits for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.db.models import Exists, OuterRef, Q

from bookbridge.documents import (
    DIFFERENCE,
    Document,
    Invoice,
    JournalEntry,
    Problem,
    Relation,
    document_from_json,
    document_to_json,
)
from bookbridge.exchange.mapping import mapped
from bookbridge.exchange.models import Attempt, Difference, Line, Posting, Run, Settlement
from bookbridge.exchange.preflight import SettingsIndex, check
from bookbridge.exchange.preflight_texts import KIND_NOT_TAKEN
from bookbridge.exchange.relations import RelationCheck, RelationName, of_another_document
from bookbridge.kit.contract import PostingRequest
from bookbridge.kit.fact_sheet import FactSheet

Identity = tuple[Any, ...]
"""What no two documents that are under way at the same time may share."""


@dataclass
class Draft:
    """A document on its way to be sent. `unknown`: relations that the package has to be asked for first."""

    line: Line
    posting: Posting
    action: str
    source: Document
    document: Document
    identities: tuple[Identity, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    unknown: set[RelationName] = field(default_factory=set)
    prepared: dict[str, str] = field(default_factory=dict)
    series: str = ""
    """The series of numbers of which the package gives it one; empty where it needs none."""

    @property
    def sent(self) -> dict[str, Any] | None:
        """The content in the package's codes, None where they are ours."""
        return None if self.document == self.source else document_to_json(self.document)

    def request(self) -> PostingRequest:
        return request_for(self.posting, self.document, self.prepared)


class Drafter:
    """Makes drafts by the rules of one pass: the latest mappings and the package's settings."""

    def __init__(self, mappings: Mapping[str, Mapping[str, str]], sheet: FactSheet, index: SettingsIndex) -> None:
        self._mappings = mappings
        self._sheet = sheet
        self._index = index

    def draft(self, line: Line, action: str) -> Draft:
        assert line.posting is not None
        assert line.document is not None
        source = document_from_json(line.document)
        # Most sites map some codes only, and many none at all.
        document = mapped(source, self._mappings) if any(self._mappings.values()) else source
        return Draft(line, line.posting, action, source, document, identities(line.posting, document))

    def problems(self, draft: Draft, relations: RelationCheck) -> Iterator[Problem]:
        """What is wrong with it, apart from relations that nobody has asked for yet."""
        if draft.line.kind not in self._sheet.capabilities.documents:
            yield KIND_NOT_TAKEN()
            return
        yield from check(draft.document, self._index)
        yield from relations.number_problems(draft.source, draft.document)
        if draft.line.corrected_from:
            # Since it was corrected another document may have come by that number.
            yield from of_another_document(draft.posting, draft.source)


def identities(posting: Posting, document: Document) -> tuple[Identity, ...]:
    """A posting is one document; a relation's number, or an entry's number in its journal, is one at the package."""
    own: Identity = ("posting", posting.pk)
    if isinstance(document, Relation):
        return own, (document.kind, document.number.strip())
    if isinstance(document, Invoice | JournalEntry) and document.number is not None:
        return own, (document.kind, document.journal, document.fiscal_year, document.number)
    return (own,)


def request_for(wanted: Posting, document: Document, prepared: dict[str, str]) -> PostingRequest:
    # Not of its content: what was sent before a correction may be in the books, unseen, and is found by this.
    identity = f"{wanted.configuration_id}/{wanted.kind}/{wanted.key}"
    return PostingRequest(
        document=document,
        reference=wanted.reference,
        idempotency_key=sha256(identity.encode()).hexdigest()[:32],
        prepared=prepared,
        corrects=wanted.key.startswith(DIFFERENCE),
    )


def posted_by_this_run(run: Run, lines: Sequence[Line]) -> set[int]:
    """The lines whose posting this very run made, which broke off before it could say so; one line a posting."""
    ids = {line.posting_id for line in lines}
    if not ids:
        return set()
    made = set(
        Attempt.objects.filter(
            organisation_id=run.organisation_id,
            run=run,
            posting_id__in=ids,
            outcome__in=("posted", "already_there", "found"),
        ).values_list("posting_id", flat=True)
    )
    if not made:
        return set()
    said = Line.objects.filter(
        organisation_id=run.organisation_id, run=run, posting_id__in=made, outcome=Line.Outcome.POSTED
    ).values_list("posting_id", flat=True)
    unsaid = made - set(said)
    return {line.pk for line in _first_of_each(lines) if line.posting_id in unsaid}


def overtaken_by_later_lines(lines: Sequence[Line]) -> set[int]:
    """Lines whose document was posted since with what a later line says: an update by them would bring old content.

    Later is what came in later, whichever was read first.
    """
    if not lines:
        return set()
    posted = Q(outcome=Line.Outcome.POSTED) | Q(reason=Line.Reason.ALREADY_POSTED)
    others = Line.objects.filter(
        posted, organisation_id=lines[0].organisation_id, posting_id__in={line.posting_id for line in lines}
    ).values_list("posting_id", "run_id", "pk")
    latest: dict[int | None, tuple[int, int]] = {}
    for posting_id, run_id, pk in others:
        latest[posting_id] = max(latest.get(posting_id, (0, 0)), (run_id, pk))
    return {line.pk for line in lines if latest.get(line.posting_id, (0, 0)) > (line.run_id, line.pk)}


def left_as_posted(lines: Sequence[Line]) -> set[int]:
    """Lines whose document was posted with another content, and a person decided that the books stay as they are.

    What the books say otherwise since, by a difference entry, nobody has decided about.
    """
    if not lines:
        return set()
    changed_since = Difference.objects.filter(
        organisation_id=lines[0].organisation_id,
        corrects=OuterRef("posting"),
        booked_at__gt=OuterRef("decided_at"),
    )
    settled = set(
        Settlement.objects.filter(
            ~Exists(changed_since),
            organisation_id=lines[0].organisation_id,
            posting_id__in={line.posting_id for line in lines},
            kind=Settlement.Kind.LEFT_AS_POSTED,
        ).values_list("posting_id", "fingerprint")
    )
    return {line.pk for line in lines if (line.posting_id, line.fingerprint) in settled}


def _first_of_each(lines: Iterable[Line]) -> Iterator[Line]:
    seen: set[int | None] = set()
    for line in lines:
        if line.posting_id not in seen:
            seen.add(line.posting_id)
            yield line
