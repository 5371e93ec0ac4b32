"""How the last file of a format would be read, or written, by a layout: bounded work, and nothing is kept."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from typing import Any

import structlog

from bookbridge.documents import OutstandingItem, Problem
from bookbridge.exchange.lines import facts_of
from bookbridge.exchange.models import Delivery, OutstandingSnapshot
from bookbridge.exchange.originals import beginning_of
from bookbridge.formats import (
    OutstandingProfile,
    Profile,
    Reject,
    SourceDocument,
    Summary,
    format_of_file_name,
    read_documents,
    write_outstanding,
)
from bookbridge.integrations.models import Configuration
from bookbridge.storage import StorageError

ENTRIES_SHOWN = 25
ITEMS_WRITTEN = 12
_FILES_LOOKED_AT = 50
_log = structlog.get_logger("bookbridge.preview")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a part of the file would be: a document with its facts, or a reject with its reasons."""

    rows: Sequence[int]
    identifier: str
    kind: str = ""
    journal: str = ""
    day: Any = None
    amount: Any = None
    currency: str = ""
    problems: Sequence[Problem] = ()
    is_reject: bool = False
    is_notice: bool = False


@dataclass(slots=True)
class Preview:
    """`trouble`: why there is nothing to see. `is_part`: the file is larger than what was looked at."""

    delivery: Delivery | None = None
    trouble: str = ""
    entries: list[Entry] = field(default_factory=list)
    summary: Summary = field(default_factory=Summary)
    is_part: bool = False
    text: str = ""
    problems: Sequence[Problem] = ()

    @property
    def whole_file(self) -> Entry | None:
        """The reject of a file that can't be read at all."""
        return self.entries[0] if self.summary.whole_file and self.entries else None

    @property
    def not_shown(self) -> int:
        return self.summary.documents + self.summary.rejects - len(self.entries)


def of(configuration: Configuration, profile: Profile) -> Preview:
    if isinstance(profile, OutstandingProfile):
        return _written(configuration, profile)
    delivery = last_file(configuration, profile)
    if delivery is None:
        return Preview(trouble="no_file")
    try:
        content, is_part = beginning_of(delivery)
    except (StorageError, FileNotFoundError):
        return Preview(delivery, trouble="gone")
    found = Preview(delivery, summary=Summary(delivery.file_name), is_part=is_part)
    try:
        _read(found, read_documents(BytesIO(content), profile, delivery.file_name))
    except Exception:
        # Our bug, as it would be when the file is taken in: it is said there too.
        _log.exception("preview_failed", delivery=delivery.pk)
        found.trouble = "failed"
    return found


def last_file(configuration: Configuration, profile: Profile) -> Delivery | None:
    """The last file that was of this format, or that the profile would take by its name."""
    latest = Delivery.objects.filter(
        organisation_id=configuration.organisation_id, integration_id=configuration.integration_id
    ).exclude(archive_key="")
    for delivery in latest.order_by("-received_at", "-pk")[:_FILES_LOOKED_AT]:
        if delivery.format == profile.format or format_of_file_name(delivery.file_name, [profile]) is not None:
            return delivery
    return None


def _read(into: Preview, results: Iterator[SourceDocument | Reject]) -> None:
    held: SourceDocument | Reject | None = None
    for result in results:
        if held is not None:
            _add(into, held)
        held = result
    # The last one of a part may go on in what wasn't looked at.
    if held is not None and not (into.is_part and into.entries):
        _add(into, held)


def _add(into: Preview, result: SourceDocument | Reject) -> None:
    into.summary.add(result)
    if len(into.entries) < ENTRIES_SHOWN:
        into.entries.append(_reject(result) if isinstance(result, Reject) else _document(result))


def _document(result: SourceDocument) -> Entry:
    facts = facts_of(result.document)
    return Entry(
        rows=result.rows,
        identifier=facts["identifier"],
        kind=facts["kind"],
        journal=facts["journal"],
        day=getattr(result.document, "entry_date", None),
        amount=facts.get("amount"),
        currency=facts.get("currency", ""),
        problems=result.notices,
    )


def _reject(result: Reject) -> Entry:
    money = result.money
    return Entry(
        rows=result.rows,
        identifier=result.identifier,
        kind=result.kind or "",
        journal=result.journal or "",
        amount=money.amount if money else None,
        currency=money.currency if money else "",
        problems=result.problems,
        is_reject=True,
        is_notice=result.is_notice,
    )


def _written(configuration: Configuration, profile: OutstandingProfile) -> Preview:
    """The first rows of the file that the last outstanding items would make."""
    last = (
        OutstandingSnapshot.objects.filter(
            organisation_id=configuration.organisation_id, configuration=configuration, item_count__gt=0
        )
        .order_by("-taken_at")
        .first()
    )
    if last is None:
        return Preview(trouble="no_items")
    file = write_outstanding(islice(_items(last.items, profile), ITEMS_WRITTEN), profile)
    text = file.content.decode(profile.encoding, "replace")
    return Preview(text=text, problems=file.problems[:ITEMS_WRITTEN])


def _items(stored: Iterable[dict[str, Any]], profile: OutstandingProfile) -> Iterator[OutstandingItem]:
    return (OutstandingItem.model_validate(item) for item in stored if item["kind"] in profile.kinds)
