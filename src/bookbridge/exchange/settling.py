"""Settling: a person decides about a document that failed instead of offering it again.

"Do not send" keeps what the source said from being sent, also when it sends the same once more; what it changed since
is offered like any other. "Already in the package" is believed only after the package was asked for it. Both change the
posting only while nobody else has: no run has it under way, and nothing was offered since.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from bookbridge.documents import Document, document_from_json
from bookbridge.exchange import differences, repair, repair_texts, sql, telling
from bookbridge.exchange.drafting import request_for
from bookbridge.exchange.mapping import mapped
from bookbridge.exchange.models import Correction, Line, Posting, Settlement
from bookbridge.exchange.posting import write_look_up
from bookbridge.exchange.repair import REPAIRABLE, ChangedMeanwhileError
from bookbridge.integrations.connecting import connect, package_settings
from bookbridge.integrations.storable import storable
from bookbridge.kit import catalogue
from bookbridge.kit.errors import PackageError
from bookbridge.kit.outcomes import Found, LookUp, Unclear
from bookbridge.organisations import trail
from bookbridge.organisations.models import User

LONGEST_REASON = 500


@dataclass(frozen=True)
class Claimed:
    """A document that a person says the package has: what the package says of it, and whether it was believed.

    `other`: the document of ours whose entry it is already.
    """

    look_up: LookUp
    is_settled: bool = False
    other: Posting | None = None


def can_be_taken_up(line: Line) -> bool:
    """Whether it is the latest line of a document that was left out."""
    posting = line.posting
    return posting is not None and posting.state == Posting.State.LEFT_OUT and not repair.lines_since(line).exists()


def can_be_searched(line: Line) -> bool:
    """Whether the package can be asked for a document of this kind."""
    return line.kind in catalogue.fact_sheet(line.run.configuration.integration.package).capabilities.searchable


def latest(posting: Posting | None) -> Settlement | None:
    """What was decided last, None when nothing was."""
    if posting is None:
        return None
    decided = Settlement.objects.filter(organisation_id=posting.organisation_id, posting=posting)
    return decided.select_related("decided_by").order_by("-pk").first()


def leave_out(line: Line, reason: str, user: User) -> None:
    """Keep the document from being sent as long as it says the same. Raises ChangedMeanwhileError."""
    with transaction.atomic():
        posting = _ours(line)
        _change(posting, {"state": Posting.State.LEFT_OUT, "problems": [], **_content(line)})
        _keep(line, posting, Settlement.Kind.LEFT_OUT, reason, user)


def can_be_left_as_posted(line: Line) -> bool:
    """Whether it is the latest line of a document that the source changed since, and nobody has decided about that."""
    changed = differences.undecided(line)
    return changed is not None and changed.is_latest


def leave_as_posted(line: Line, reason: str, user: User) -> None:
    """Leave the books as they are, also when the source sends this content once more. Raises ChangedMeanwhileError."""
    with transaction.atomic():
        sql.wait_for_lock(differences.lock_of(line))
        if not can_be_left_as_posted(line):
            raise ChangedMeanwhileError
        assert line.posting is not None
        _keep(line, line.posting, Settlement.Kind.LEFT_AS_POSTED, reason, user)


def send_after_all(line: Line, reason: str, user: User) -> None:
    """Make the document one that can be corrected and offered again. Raises ChangedMeanwhileError."""
    posting = line.posting
    if posting is None or not can_be_taken_up(line):
        raise ChangedMeanwhileError
    with _unless_another_difference(), transaction.atomic():
        problem = repair_texts.SEND_AFTER_ALL().model_dump(mode="json")
        _change(posting, {"state": Posting.State.REFUSED, "problems": [problem]})
        _keep(line, posting, Settlement.Kind.SEND_AFTER_ALL, reason, user)


@contextmanager
def _unless_another_difference() -> Iterator[None]:
    """PostgreSQL takes no difference entry up again when another leads from the same content. Raises
    ChangedMeanwhileError."""
    try:
        yield
    except IntegrityError as error:
        raise ChangedMeanwhileError from error


def already_there(line: Line, number: str, reason: str, user: User, *, accepted: str | None = None) -> Claimed:
    """Look the document up under the number that the package has it under, and believe the person when it is there.

    `accepted`: the differences that the person has seen and takes, joined by commas; others are told first.
    Raises ChangedMeanwhileError when it was offered again meanwhile.
    """
    if not repair.can_be_repaired(line):
        raise ChangedMeanwhileError
    found = _look_up(line, number)
    if not isinstance(found, Found):
        return Claimed(found)
    other = _entry_of_another(line, found.external_id)
    if other is not None:
        return Claimed(found, other=other)
    differences = differences_of(found)
    if differences and differences != accepted:
        return Claimed(found)
    with transaction.atomic():
        posting = _ours(line)
        booked = {
            "state": Posting.State.POSTED,
            "external_id": storable(found.external_id),
            "external_number": storable(found.external_number or number, 60),
            "posted_at": Now(),
            "problems": [],
            **_content(line),
        }
        _change(posting, booked)
        write_look_up(posting, found)
        _keep(line, posting, Settlement.Kind.ALREADY_THERE, reason, user, number=number, differences=differences)
    return Claimed(found, is_settled=True)


def differences_of(found: LookUp) -> str:
    return ", ".join(found.differences) if isinstance(found, Found) else ""


def _look_up(line: Line, number: str) -> LookUp:
    """What the package says of the document under that number, in its own codes."""
    configuration, posting = line.run.configuration, line.posting
    assert posting is not None
    document = mapped(_numbered(document_from_json(repair.content_of(line)), number), configuration.mappings)
    request = request_for(posting, document, {})
    try:
        connector = connect(configuration, settings=package_settings(configuration))
        return connector.find(request)
    except PackageError as error:
        return Unclear(str(error))


def _numbered(document: Document, number: str) -> Document:
    """The document under another number: what is looked for is that one, whatever the source called it."""
    return document.model_copy(update={"number": number})


def _entry_of_another(line: Line, external_id: str) -> Posting | None:
    """One entry is the effect of one document."""
    return (
        Posting.objects.filter(
            organisation_id=line.organisation_id,
            configuration=line.run.configuration_id,
            kind=line.kind,
            external_id=external_id,
            state=Posting.State.POSTED,
        )
        .exclude(pk=line.posting_id)
        .first()
    )


def _ours(line: Line) -> Posting:
    """The posting, with the line's correction locked: a retry that takes it at this moment comes before or after."""
    corrections = Correction.objects.filter(organisation_id=line.organisation_id, line=line)
    corrections.filter(retried_in=None).update(is_ready=False)
    if not repair.can_be_repaired(line):
        raise ChangedMeanwhileError
    assert line.posting is not None
    return line.posting


def _content(line: Line) -> dict[str, Any]:
    """What was decided about: the source's content of this line."""
    return {"fingerprint": line.fingerprint, "document": line.document, "corrected_from": line.corrected_from}


def _change(posting: Posting, changes: dict[str, Any]) -> None:
    """Change the posting where it still is what it was read as; tell the trail. Raises ChangedMeanwhileError."""
    was = posting.state
    mine = Posting.objects.filter(
        organisation_id=posting.organisation_id,
        pk=posting.pk,
        state=was,
        state__in=(*REPAIRABLE, Posting.State.LEFT_OUT),
        attempt=posting.attempt,
    ).update(**changes)
    if not mine:
        raise ChangedMeanwhileError
    posting.refresh_from_db()
    trail.record_many(posting.organisation_id, [telling.outcome(posting, was, run_id=None, how="by_a_person")])


def _keep(line: Line, posting: Posting, kind: str, reason: str, user: User, **more: str) -> None:
    settlement = Settlement.objects.create(
        organisation_id=line.organisation_id,
        posting=posting,
        line=line,
        fingerprint=line.fingerprint,
        kind=kind,
        reason=storable(reason, LONGEST_REASON),
        decided_by=user,
        decided_at=Now(),
        **more,
    )
    telling.settled(settlement)
