"""From files in an inbox to lines and postings. Taking a file, and taking it in, can be broken off and done again."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from bookbridge.documents import (
    DOCUMENT_KINDS,
    Document,
    Problem,
    document_to_json,
    fingerprint,
    posting_key,
    short_reference,
)
from bookbridge.exchange import crash_points, sql, tasks, telling
from bookbridge.exchange.intake_texts import NO_SUCH_FORMAT, READING_FAILED, WRONG_LAYOUT
from bookbridge.exchange.lines import counted, facts_of
from bookbridge.exchange.models import Delivery, Line, Posting, Run
from bookbridge.exchange.offered_again import agents_folder, is_offered_again
from bookbridge.formats import (
    Profile,
    ProfileError,
    Reject,
    SourceDocument,
    format_of_file_name,
    load_profile,
    read_documents,
)
from bookbridge.integrations.models import Configuration, Integration
from bookbridge.integrations.sql import let_the_transaction_wait
from bookbridge.integrations.storable import storable, storable_values
from bookbridge.kit.errors import ClaimLostError
from bookbridge.sources.file_drop import DEFAULT_PROFILES, LONGEST_WAIT_FOR_OTHERS, ready_files
from bookbridge.storage import (
    Storage,
    StorageError,
    StoredObject,
    archive_key,
    archive_prefix,
    inbox_prefix,
    open_storage,
)
from bookbridge.storage.dropbox import tidying
from bookbridge.storage.dropbox.names import Home

_CHUNK = 200
LONGEST_RAW = 20_000
_log = structlog.get_logger("bookbridge.intake")


def arrived(organisation_id: UUID, integration_id: UUID, *keys: str) -> None:
    """Have a worker take objects at once that are complete by construction, such as uploads to the drop box.

    Call it after each stands whole under its key in the inbox (`storage.inbox_prefix`): it waits for nothing
    and does no work of its own, so a web request may call it. Inside a transaction it takes effect with the commit.
    They aren't made to settle as a dropped file is; a neighbour that is still being written is waited for.
    Whatever happens to the call, nothing is lost: the sweep finds the object by itself. Calling it twice, or for an
    object that is gone, does no harm. Of files that need each other all keys are told at once, or the relations first.
    """
    tasks.wake_a_worker_for_arrival(organisation_id, integration_id, keys)


def take_files(
    integration: Integration, storage: Storage | None = None, *, complete: Collection[str] = ()
) -> Run | None:
    """Move every settled file of the inbox to the archive and give them one run. None when there is nothing to do.

    `complete`: keys of objects that need not settle. Without exactly one active configuration the files stay where they
    are until there is one.
    """
    storage = storage or open_storage()
    configuration = the_configuration(integration)
    if configuration is None:
        return None
    prefix = inbox_prefix(*_place(integration))
    quiet = timedelta(seconds=settings.ENVIRONMENT.inbox_settle_s)
    now = timezone.now()
    settled = ready_files(
        storage.list(prefix),
        now,
        quiet,
        complete,
        others_are_coming=lambda: tidying.is_receiving(storage, Home(*_place(integration)), now),
    )
    if not settled:
        return None
    with transaction.atomic():
        if not sql.try_lock(f"inbox {integration.pk}"):
            return None
        let_the_transaction_wait()
        copies = _archived(integration, settled, storage)
        taken = {found.key: _delivery(integration, found, kept_at, storage) for found, kept_at in copies}
        deliveries = [delivery for delivery in taken.values() if delivery is not None]
        run = _run_for(configuration, deliveries) if deliveries else None
    crash_points.reach("delivery_written")
    for found in settled:
        # What replaced it meanwhile is another file, for the next look into the inbox; what was not taken stays.
        if found.key in taken or _is_known(integration, found):
            _clear(integration, found, storage)
    return run


def _clear(integration: Integration, found: StoredObject, storage: Storage) -> None:
    storage.delete(found.key, version=found.version)
    folder = agents_folder(integration, found.key)
    if folder is not None:
        storage.remove_empty_folder(folder)


def take_from_archive(integration: Integration, storage: Storage | None = None) -> int:
    """Have the files that the archive holds and no delivery knows read again; how many there are.

    They came in a time that a restored database doesn't know. Done again, nothing is offered twice.
    """
    storage = storage or open_storage()
    configuration = the_configuration(integration)
    known = set(
        Delivery.objects.filter(organisation_id=integration.organisation_id, integration=integration)
        .values_list("archive_key", flat=True)
        .iterator()
    )
    lost = sorted(
        (found for found in storage.list(archive_prefix(*_place(integration))) if found.key not in known),
        key=lambda found: (found.modified_at, found.key),
    )
    if configuration is None or not lost:
        return 0
    with transaction.atomic():
        let_the_transaction_wait()
        found_again = [_delivery(integration, found, found.key, storage) for found in lost]
        _run_for(configuration, [delivery for delivery in found_again if delivery is not None])
    return len(lost)


def the_configuration(integration: Integration) -> Configuration | None:
    """The one active configuration that the files of an integration belong to."""
    active = list(
        Configuration.objects.filter(
            organisation_id=integration.organisation_id, integration=integration, is_active=True
        )[:2]
    )
    return active[0] if len(active) == 1 else None


def _version(found: StoredObject) -> str:
    # A bucket's own version may be made of the content alone: a file dropped again unchanged is another delivery.
    return f"{found.version} {found.modified_at.isoformat()}"[:200]


def _is_known(integration: Integration, found: StoredObject) -> bool:
    """Whether there is a delivery of it; an earlier try may have got as far as that."""
    return Delivery.objects.filter(
        organisation_id=integration.organisation_id,
        integration=integration,
        inbox_key=found.key,
        inbox_version=_version(found),
    ).exists()


def _archived(
    integration: Integration, settled: Sequence[StoredObject], storage: Storage
) -> list[tuple[StoredObject, str]]:
    """The new files with their copies in the archive, whole and of the version that was seen."""
    copies: list[tuple[StoredObject, str]] = []
    try:
        for found in settled:
            if not _is_known(integration, found):
                copies += _copied(integration, found, storage)
    except (StorageError, FileNotFoundError):
        _discard([kept_at for _, kept_at in copies], storage)
        raise
    if not copies:
        return []
    # One that was written anew while it was copied may be half of each.
    now_there = {found.key: _version(found) for found in storage.list(inbox_prefix(*_place(integration)))}
    whole = [copy for copy in copies if now_there.get(copy[0].key) == _version(copy[0])]
    _discard([kept_at for found, kept_at in copies if (found, kept_at) not in whole], storage)
    return whole


def _copied(integration: Integration, found: StoredObject, storage: Storage) -> list[tuple[StoredObject, str]]:
    """The file with its copy; nothing when it can't be copied and its neighbours have waited for it long enough."""
    kept_at = archive_key(*_place(integration), timezone.now(), found.name)
    try:
        storage.copy(found.key, kept_at)
    except (StorageError, FileNotFoundError) as error:
        if timezone.now() - found.modified_at < LONGEST_WAIT_FOR_OTHERS:
            raise
        _log.error("file_not_taken", integration=str(integration.pk), reason=str(error))
        return []
    return [(found, kept_at)]


def _discard(kept_at: Iterable[str], storage: Storage) -> None:
    for key in kept_at:
        with suppress(StorageError):
            storage.delete(key)


def _place(integration: Integration) -> tuple[UUID, UUID]:
    return integration.organisation_id, integration.pk


def _delivery(integration: Integration, found: StoredObject, kept_at: str, storage: Storage) -> Delivery | None:
    """None for what an agent offers once more: the delivery is there, and its second copy isn't kept."""
    crash_points.reach("file_archived")
    digest, size = _digest(storage, kept_at)
    if is_offered_again(integration, found.key, digest):
        _discard([kept_at], storage)
        _log.info("file_offered_again", integration=str(integration.pk))
        return None
    repeats = (
        Delivery.objects.filter(organisation_id=integration.organisation_id, integration=integration, sha256=digest)
        .order_by("id")
        .first()
    )
    return Delivery.objects.create(
        organisation_id=integration.organisation_id,
        integration=integration,
        file_name=found.name[:255],
        inbox_key=found.key,
        inbox_version=_version(found),
        archive_key=kept_at,
        size=size,
        sha256=digest,
        repeats=repeats,
    )


def _digest(storage: Storage, key: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in storage.stream(key):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def _run_for(configuration: Configuration, deliveries: list[Delivery]) -> Run:
    run = Run.objects.create(
        organisation_id=configuration.organisation_id,
        configuration=configuration,
        direction=Run.Direction.OUT,
        trigger=Run.Trigger.FILE,
        # By the clock that decides what is due: this machine's may be wrong.
        resume_at=sql.database_clock(),
    )
    Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries]).update(run=run)
    telling.files_received(deliveries, run)
    return run


def take_in(run: Run, check_claim: Callable[[], None] = lambda: None, storage: Storage | None = None) -> None:
    """Turn the run's waiting files into lines, relations first. Doing it again adds nothing twice.

    `check_claim` raises ClaimLostError when another worker may own the run by now.
    """
    storage = storage or open_storage()
    profiles, wrong = profiles_of(run.configuration)
    waiting = []
    for delivery in run.deliveries.filter(state=Delivery.State.WAITING):
        profile = format_of_file_name(delivery.file_name, profiles)
        if profile is not None:
            waiting.append((delivery, profile))
        elif wrong:
            _set_aside(delivery, WRONG_LAYOUT(value="; ".join(wrong)))
        else:
            names = ", ".join(pattern for profile in profiles for pattern in profile.name_patterns)
            _set_aside(delivery, NO_SUCH_FORMAT(value=delivery.file_name, patterns=names))
    order = list(DEFAULT_PROFILES)
    for delivery, profile in sorted(waiting, key=lambda pair: (order.index(pair[1].format), pair[0].pk)):
        try:
            _take_in_file(run, delivery, profile, storage, check_claim)
        except (StorageError, FileNotFoundError, DatabaseError, ClaimLostError):
            raise
        except Exception:
            # Our bug: it stops this file, not its neighbours.
            _log.exception("reader_bug", delivery=delivery.pk)
            _set_aside(delivery, READING_FAILED())


def profiles_of(configuration: Configuration) -> tuple[list[Profile], list[str]]:
    """The layout profile of each format, and what is wrong with those that a site has adjusted wrongly."""
    profiles, wrong = [], []
    for format_name, default in DEFAULT_PROFILES.items():
        chosen = configuration.layouts.get(format_name, {})
        try:
            profiles.append(load_profile(chosen.get("profile", default), chosen.get("adjustments", "")))
        except ProfileError as error:
            wrong.append(f"{format_name}: {error}")
    return profiles, wrong


def _take_in_file(
    run: Run, delivery: Delivery, profile: Profile, storage: Storage, check_claim: Callable[[], None]
) -> None:
    rows, whole_file, was_begun = 0, None, True
    with storage.open(delivery.archive_key) as stream:
        for chunk in _chunks(read_documents(stream, profile, delivery.file_name)):
            whole_file = next((part for part in chunk if isinstance(part, Reject) and part.whole_file), whole_file)
            rows += sum(part.row_count for part in chunk)
            # Reading is fast and writing isn't: what an earlier try has written is passed over.
            there = _positions_there(run, delivery, chunk) if was_begun else set()
            was_begun = bool(there)
            missing = [part for part in chunk if part.position not in there]
            if missing:
                check_claim()
                _write_lines(run, delivery, missing)
                crash_points.reach("lines_written")
    delivery.profile, delivery.format, delivery.rows = profile.name, profile.format, rows
    if whole_file is not None:
        _set_aside(delivery, whole_file.problems[0])
    else:
        delivery.state = Delivery.State.TAKEN_IN
        _keep(delivery)


def _set_aside(delivery: Delivery, problem: Problem) -> None:
    delivery.state = Delivery.State.SET_ASIDE
    delivery.problem = _json(problem)
    _keep(delivery)
    _log.info("file_set_aside", delivery=delivery.pk, code=delivery.problem["code"])


def _keep(delivery: Delivery) -> None:
    with transaction.atomic():
        delivery.save()
        telling.file_read(delivery)


@dataclass(frozen=True)
class Read:
    """A document as it was read, with what makes it unique."""

    source: SourceDocument
    key: str
    fingerprint: str

    @property
    def document(self) -> Document:
        return self.source.document


def _positions_there(run: Run, delivery: Delivery, chunk: Sequence[SourceDocument | Reject]) -> set[int]:
    lines = Line.objects.filter(
        organisation_id=run.organisation_id,
        run=run,
        delivery=delivery,
        position__in=[part.position for part in chunk],
    )
    return set(lines.values_list("position", flat=True))


def _write_lines(run: Run, delivery: Delivery, chunk: list[SourceDocument | Reject]) -> None:
    read = [
        Read(part, posting_key(part.document), fingerprint(part.document))
        for part in chunk
        if isinstance(part, SourceDocument)
    ]
    rejects = [part for part in chunk if isinstance(part, Reject) and not part.whole_file]
    with transaction.atomic():
        postings = postings_of(run.configuration, read)
        Line.objects.bulk_create(
            [
                *(line_of(run, delivery, part, postings[part.document.kind, part.key]) for part in read),
                *(_reject_line(run, delivery, reject) for reject in rejects),
            ],
            ignore_conflicts=True,
        )


def postings_of(configuration: Configuration, read: Sequence[Read]) -> dict[tuple[str, str], int]:
    """The posting of each document, made where there was none."""
    Posting.objects.bulk_create(
        [
            Posting(
                organisation_id=configuration.organisation_id,
                configuration=configuration,
                kind=part.document.kind,
                key=part.key,
                reference=short_reference(part.document.kind, part.key),
                fingerprint=part.fingerprint,
                document=_json(part.document),
            )
            for part in read
        ],
        ignore_conflicts=True,
    )
    rows = Posting.objects.filter(
        organisation_id=configuration.organisation_id,
        configuration=configuration,
        kind__in={part.document.kind for part in read},
        key__in={part.key for part in read},
    ).values_list("kind", "key", "id")
    return {(kind, key): posting_id for kind, key, posting_id in rows}


def line_of(run: Run, delivery: Delivery | None, part: Read, posting_id: int) -> Line:
    return Line(
        organisation_id=run.organisation_id,
        run=run,
        delivery=delivery,
        posting_id=posting_id,
        position=part.source.position,
        document=_json(part.document),
        fingerprint=part.fingerprint,
        rows=list(part.source.rows),
        raw=storable(part.source.raw, LONGEST_RAW),
        problems=[_json(notice) for notice in part.source.notices],
        **facts_of(part.document),
    )


def _reject_line(run: Run, delivery: Delivery, reject: Reject) -> Line:
    harmless = all(problem.severity == "notice" for problem in reject.problems)
    return Line(
        organisation_id=run.organisation_id,
        run=run,
        delivery=delivery,
        position=reject.position,
        phase=len(DOCUMENT_KINDS),
        kind=reject.kind or "",
        identifier=storable(reject.identifier, 80) or f"row {reject.rows[0] if reject.rows else 1}",
        journal=storable(reject.journal or "", 60),
        rows=list(reject.rows[:1000]),
        raw=storable(reject.raw, LONGEST_RAW),
        problems=[_json(problem) for problem in reject.problems],
        outcome=Line.Outcome.SKIPPED if harmless else Line.Outcome.REFUSED,
        reason=Line.Reason.NOTHING_TO_BOOK if harmless else Line.Reason.NOT_READ,
        concluded_at=timezone.now(),
        **counted(reject.money),
    )


def _json(record: Document | Problem) -> Any:
    return storable_values(
        document_to_json(record) if not isinstance(record, Problem) else record.model_dump(mode="json")
    )


def _chunks(parts: Iterable[SourceDocument | Reject]) -> Iterator[list[SourceDocument | Reject]]:
    iterator = iter(parts)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
