"""Difference entries: what the source changed since a document was posted gets into the books beside the first entry.

Each is a document of its own, with a posting of its own whose key is made of what it leads from and to: asked for
twice, by two people, or after a restore, it is one entry. The corrected posting's `document` stays what its own entry
in the books holds; what all of them say together is `held`. Once the difference is posted, by whichever way, the
database makes the corrected posting's `fingerprint` that of what the source says now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile
from typing import get_args

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from bookbridge.documents import (
    DIFFERENCE,
    Document,
    Invoice,
    JournalEntry,
    apart,
    difference,
    difference_key,
    document_from_json,
    fingerprint,
    money_of,
    places,
    together,
)
from bookbridge.exchange import repair, sql, telling
from bookbridge.exchange.drafting import left_as_posted
from bookbridge.exchange.intake import Read, line_of, postings_of
from bookbridge.exchange.mapping import Mappings, mapped
from bookbridge.exchange.models import Attempt, Difference, Line, Posting, Run, Settlement
from bookbridge.exchange.repair import ChangedMeanwhileError
from bookbridge.formats import SourceDocument
from bookbridge.integrations.storable import storable
from bookbridge.kit import catalogue
from bookbridge.kit.contract import RelationKind
from bookbridge.organisations.models import User

State = Difference.State


@dataclass(frozen=True, slots=True)
class Offer:
    """The entry that would be booked, or the word for why there is none.

    `fields`: those in which one entry can't lead to what the source says now. `before`: what the books say.
    """

    document: Document | None = None
    before: Document | None = None
    obstacle: str = ""
    fields: tuple[str, ...] = ()

    @property
    def seen(self) -> str:
        """Names the entry, so that only what was seen is booked."""
        return fingerprint(self.document) if self.document else ""


@dataclass(frozen=True, slots=True)
class Changed:
    """A line of what the source changed since it was posted, about which nobody has decided yet.

    `made`: the difference entries of its document. `is_latest`: the source hasn't sent it once more since.
    """

    line: Line
    posting: Posting
    made: Sequence[Difference]
    is_latest: bool


def lock_of(line: Line) -> str:
    """The name of the lock under which it is decided what becomes of a changed document."""
    return f"changed {line.posting_id}"


def about(posting: Posting | None) -> list[Difference]:
    """The difference entries of a document, in the order in which they were booked; those that aren't come last."""
    if posting is None:
        return []
    own = Difference.objects.filter(organisation_id=posting.organisation_id, corrects=posting)
    return list(own.select_related("posting", "decided_by").order_by("booked_at", "pk"))


def undecided(line: Line, made: Sequence[Difference] | None = None) -> Changed | None:
    """None where there is nothing to decide any more, or never was. `made`: as `about` tells."""
    is_about_a_change = line.reason == Line.Reason.CHANGED and line.run.state == Run.State.ENDED
    if not is_about_a_change or line.posting is None or left_as_posted([line]):
        return None
    made = about(line.posting) if made is None else made
    if any(each.line_id == line.pk and each.state != State.WITHDRAWN for each in made):
        return None
    return Changed(line, line.posting, made, is_latest=not repair.lines_since(line).exists())


def held(posting: Posting, made: Sequence[Difference]) -> Document:
    """What the books say of a document with the difference entries that were booked beside its own."""
    content = document_from_json(posting.document)
    for each in _booked(made):
        content = together(content, document_from_json(each.posting.document), document_from_json(each.document))
    return content


def held_before(line: Line, made: Sequence[Difference]) -> Document:
    """What the books said when nobody had answered a changed line yet; what they say now, if nobody has."""
    assert line.posting is not None
    return held(line.posting, list(takewhile(lambda each: each.line_id != line.pk, made)))


def offer(changed: Changed, text: str) -> Offer:
    """The entry that would bring a changed line into the books. `text`: what the entry says it corrects."""
    obstacle = _obstacle(changed)
    if obstacle:
        return Offer(obstacle=obstacle)
    line, posting, made = changed.line, changed.posting, changed.made
    assert line.document is not None
    before, after = held(posting, made), document_from_json(line.document)
    fields = apart(before, after)
    if fields:
        return Offer(obstacle="apart", fields=fields)
    entry = difference(before, after, text)
    if entry is None:
        return Offer(obstacle="nothing")
    if not _is_in_the_codes_of_now(posting, made, line.run.configuration.mappings):
        return Offer(obstacle="codes")
    return Offer(entry, before)


def book(line: Line, text: str, reason: str, user: User, *, seen: str) -> Run:
    """Have the difference entry that was `seen` booked in a new run. Raises ChangedMeanwhileError."""
    try:
        with transaction.atomic():
            sql.wait_for_lock(lock_of(line))
            made = about(line.posting)
            assert line.posting is not None
            # After the differences: one that is booked at this moment is seen as open, or with what it made of this.
            line.posting.refresh_from_db()
            changed = undecided(line, made)
            offered = offer(changed, text) if changed else Offer()
            if offered.document is None or offered.seen != seen:
                raise ChangedMeanwhileError
            return _book(line, offered, len(_booked(made)), reason, user)
    except IntegrityError as error:
        # The source may have changed it once more, and somebody else answered that line.
        raise ChangedMeanwhileError from error


def _obstacle(changed: Changed) -> str:
    """The word for why what the line says can't be booked, as far as its content doesn't matter."""
    line, posting, made = changed.line, changed.posting, changed.made
    takes = catalogue.fact_sheet(line.run.configuration.integration.package).capabilities.documents
    if posting.key.startswith(DIFFERENCE) or line.kind not in takes or line.kind in get_args(RelationKind):
        return "kind"
    if posting.state != Posting.State.POSTED:
        return "not_posted"
    if not changed.is_latest:
        return "later"
    if any(each.state == State.OPEN for each in made):
        return "open"
    key = _key(posting, line, len(_booked(made)))
    if any(each.posting.key == key for each in made):
        return "withdrawn"
    return "by_hand" if _was_booked_otherwise(posting, made) else ""


def _was_booked_otherwise(posting: Posting, made: Sequence[Difference]) -> bool:
    """Whether a person booked it in the package with another content, so that we don't know what the books hold."""
    settled = Settlement.objects.filter(
        organisation_id=posting.organisation_id,
        posting__in=[posting.pk, *(each.posting_id for each in _booked(made))],
        kind=Settlement.Kind.ALREADY_THERE,
    )
    return settled.exclude(differences="").exists()


def _is_in_the_codes_of_now(posting: Posting, made: Sequence[Difference], mappings: Mappings) -> bool:
    """Whether what was booked went to the journal, accounts and codes that it would be taken out of now.

    What it was sent as is forgotten together with the lines of its run.
    """
    booked = _booked(made)
    contents = {posting.pk: (booked[0].from_fingerprint if booked else posting.fingerprint, posting.document)}
    contents |= {each.posting_id: (each.posting.fingerprint, each.posting.document) for each in booked}
    sent = (
        Attempt.objects.filter(organisation_id=posting.organisation_id, posting__in=contents, action="post")
        .select_related("run")
        .order_by("posting", "-started_at")
        .distinct("posting")
    )
    known = {attempt.posting_id: attempt for attempt in sent}
    for posting_id, (print_of_it, content) in contents.items():
        attempt = known.get(posting_id)
        if attempt is None or attempt.fingerprint != print_of_it or (attempt.run and attempt.run.lines_forgotten_at):
            return False
        if _codes(document_from_json(attempt.sent or content)) != _codes(mapped(document_from_json(content), mappings)):
            return False
    return True


def _codes(document: Document) -> object:
    assert isinstance(document, Invoice | JournalEntry)
    return document.journal, document.lines


def _booked(made: Sequence[Difference]) -> list[Difference]:
    return [each for each in made if each.state == State.BOOKED]


def _key(posting: Posting, line: Line, booked: int) -> str:
    return difference_key(posting.key, booked, posting.fingerprint, line.fingerprint)


def _book(line: Line, offered: Offer, booked: int, reason: str, user: User) -> Run:
    posting, configuration = line.posting, line.run.configuration
    before, entry = offered.before, offered.document
    assert posting is not None
    assert line.document is not None
    assert before is not None
    assert entry is not None
    after = document_from_json(line.document)
    source = SourceDocument(entry, line.position, (), line.raw)
    read = Read(source, _key(posting, line, booked), fingerprint(entry))
    run = repair.new_run(configuration, user, previous=line.run)
    own = postings_of(configuration, [read])[entry.kind, read.key]
    its_line = line_of(run, line.delivery, read, own)
    its_line.identifier = line.identifier
    its_line.rows = [*line.rows[:1], *(_row(line, place) for place in places(before, after))]
    its_line.save()
    asked = Difference.objects.create(
        organisation_id=line.organisation_id,
        corrects=posting,
        posting_id=own,
        line=line,
        from_fingerprint=posting.fingerprint,
        document=line.document,
        fingerprint=line.fingerprint,
        amount=_amount(after) - _amount(before),
        reason=storable(reason, 500),
        decided_by=user,
        decided_at=Now(),
    )
    telling.difference_asked(asked, run)
    telling.run_asked_for(run)
    return run


def _row(line: Line, place: int | None) -> int | None:
    """The row of the file that a line of the entry came from; none has what is taken out."""
    return line.rows[place + 1] if place is not None and place + 1 < len(line.rows) else None


def _amount(document: Document) -> Decimal:
    money = money_of(document)
    assert money is not None
    return money.amount
