"""Outstanding items: read completely, compared with the last written ones, and written whole or held."""

from collections import defaultdict
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import structlog
from django.db import transaction
from django.utils import timezone

from bookbridge.documents import Invoice, OutstandingItem, Problem, document_from_json, rounded
from bookbridge.exchange import crash_points, paged_reading, sql, telling
from bookbridge.exchange.models import OutstandingSnapshot, Posting, Run
from bookbridge.exchange.outstanding_texts import HELD_EMPTY, HELD_SHARED, HELD_SMALLER, WRONG_LAYOUT
from bookbridge.exchange.passing import DatabaseClock
from bookbridge.exchange.workers import Claim
from bookbridge.formats import OutstandingProfile, ProfileError, load_profile, write_outstanding
from bookbridge.integrations import changing
from bookbridge.integrations.connecting import connect, package_settings
from bookbridge.integrations.models import Configuration
from bookbridge.integrations.sql import let_the_transaction_wait
from bookbridge.integrations.storable import storable_values
from bookbridge.kit import watching
from bookbridge.kit.outstanding import OutstandingPage, joined
from bookbridge.organisations import notices, trail
from bookbridge.organisations.models import Notice, User
from bookbridge.storage import Storage, open_storage, outbox_key

Kind = Literal["sales", "purchase"]
FILE_NAMES: dict[Kind, str] = {"sales": "dbopen.csv", "purchase": "dbopen_purchase.csv"}
"""One file for each kind: the ERP's name is known for sales only; the second is our choice."""

SCHEDULE = ("outstanding_interval_min", "outstanding_hold_share")
"""What a person sets of them, together."""
_SINCE = datetime(2000, 1, 1, tzinfo=UTC)
_SPREAD, _WHOLE = 2_654_435_769, 2**32
"""The golden ratio of the whole: its multiples spread numbers evenly, consecutive ones too."""
SETTINGS_GOOD_FOR = timedelta(hours=2)
"""Reading needs no more of the package's settings than its journals, and a new one is rare."""
READING_GOOD_FOR = timedelta(hours=4)
"""What was read longer ago may have been paid since. In this time sixty calls a minute read 800,000 items."""

State = OutstandingSnapshot.State
_DOCUMENT_KIND = {"sales": "sales_invoice", "purchase": "purchase_invoice"}
_log = structlog.get_logger("bookbridge.outstanding")


def ask_for(configuration: Configuration, *, trigger: str = Run.Trigger.PERSON) -> Run:
    """A run that reads the outstanding items as soon as a worker is free."""
    with transaction.atomic():
        run = Run.objects.create(
            organisation_id=configuration.organisation_id,
            configuration=configuration,
            direction=Run.Direction.IN,
            trigger=trigger,
            resume_at=sql.database_clock(),
        )
        if trigger != Run.Trigger.SCHEDULE:
            telling.run_asked_for(run)
    return run


def next_due(configuration: Configuration, now: datetime | None = None) -> datetime:
    """When the schedule reads them again: the configuration's own moment in its interval, after now by PostgreSQL.

    It hangs on nothing but the number of the configuration. So it doesn't drift, a worker that was away for an hour
    makes no crowd of the hour after, and however many there are, they are spread evenly.
    """
    interval = timedelta(minutes=configuration.outstanding_interval_min)
    first = _SINCE + interval * (configuration.pk * _SPREAD % _WHOLE) / _WHOLE
    return first + interval * (((now or sql.database_clock()) - first) // interval + 1)


def set_schedule(configuration: Configuration, *, interval_min: int, hold_share: Decimal, user: User, was: str) -> bool:
    """How often they are read, and when they are held. A new interval plans the next reading at once.

    `was`: what `changing.seen` gave for SCHEDULE. False when it changes nothing. Raises ChangedMeanwhileError.
    """
    planned = copy(configuration)
    planned.outstanding_interval_min = interval_min
    is_moved = interval_min != configuration.outstanding_interval_min
    return changing.change(
        configuration,
        {"outstanding_interval_min": interval_min, "outstanding_hold_share": hold_share},
        user,
        was=was,
        untold={"next_outstanding_at": next_due(planned)} if is_moved else {},
    )


def read(run: Run, claim: Claim, storage: Storage | None = None) -> None:
    """Read all pages, compare, and write the files or hold them. Raises kit.errors, with what was read on record."""
    configuration = run.configuration
    kinds: list[Kind] = [kind for kind in FILE_NAMES if kind in configuration.outstanding_kinds]
    found = _read(run, claim, kinds)
    items = completed(configuration, found.items())
    claim.check()
    with transaction.atomic():
        _have_the_outbox(configuration)
        last = last_written(configuration)
        held = _why_held(configuration, kinds, items, last)
        snapshot, _ = OutstandingSnapshot.objects.update_or_create(
            run=run,
            defaults={
                "organisation_id": run.organisation_id,
                "configuration": configuration,
                "taken_at": found.begun_at,
                "items": [storable_values(item.model_dump(mode="json", exclude_none=True)) for item in items],
                "item_count": len(items),
                "totals": _totals(items),
                "state": State.HELD,
                "vanished": len(_keys(last, kinds) - {_key(item) for item in items}),
                "problem": held.model_dump(mode="json") if held else None,
            },
        )
        crash_points.reach("snapshot_written")
        if _is_overtaken(snapshot):
            snapshot.state, snapshot.problem, held = State.DISCARDED, None, None
            snapshot.save(update_fields=["state", "problem"])
        elif held is None:
            held = _write(snapshot, kinds, storage or open_storage())
        _discard_older(snapshot)
        telling.snapshot_state(snapshot, None)
    _end(run, claim, held)


class _OpenItems(paged_reading.Gathered[OutstandingPage]):
    """The items of the pages that were read."""

    def __init__(self, kinds: list[Kind], clock: DatabaseClock) -> None:
        self._kinds = kinds
        self._clock = clock
        self.clear()

    def clear(self) -> None:
        self._parts: list[OutstandingItem] = []
        self.begun_at = self._clock.now()

    def take(self, page: OutstandingPage) -> None:
        self._parts += page.items

    def stored(self) -> dict[str, Any]:
        parts = [part.model_dump(mode="json", exclude_none=True) for part in self._parts]
        return {"kinds": self._kinds, "begun_at": self.begun_at.isoformat(), "parts": parts}

    def restore(self, stored: dict[str, Any]) -> bool:
        begun_at = datetime.fromisoformat(stored["begun_at"])
        if stored["kinds"] != self._kinds or self._clock.now() - begun_at > READING_GOOD_FOR:
            return False
        self._parts = [OutstandingItem.model_validate(part) for part in stored["parts"]]
        self.begun_at = begun_at
        return True

    def items(self) -> list[OutstandingItem]:
        return joined(self._parts)


def _read(run: Run, claim: Claim, kinds: list[Kind]) -> _OpenItems:
    configuration, clock = run.configuration, DatabaseClock()
    found = _OpenItems(kinds, clock)
    settings = package_settings(configuration, at_most=SETTINGS_GOOD_FOR, now=clock.now)
    connector = connect(configuration, settings=settings, check_claim=claim.check, now=clock.now)
    if kinds:
        paged_reading.read_all(run, claim, found, lambda after: connector.outstanding(kinds, after))
    return found


def _have_the_outbox(configuration: Configuration) -> None:
    """Wait until this transaction alone decides on the integration's files, and may take its time to write them."""
    let_the_transaction_wait()
    sql.wait_for_lock(f"outbox {configuration.integration_id}")


def _is_overtaken(snapshot: OutstandingSnapshot) -> bool:
    """Whether a reading that began later has been written while this one took its time."""
    written = OutstandingSnapshot.objects.filter(
        organisation_id=snapshot.organisation_id, configuration=snapshot.configuration, state=State.WRITTEN
    )
    return written.filter(taken_at__gt=snapshot.taken_at).exists()


def _discard_older(snapshot: OutstandingSnapshot) -> None:
    """What was held before is out of date: there is one reading at a time to decide on, the latest."""
    older = OutstandingSnapshot.objects.filter(
        organisation_id=snapshot.organisation_id,
        configuration=snapshot.configuration,
        state=State.HELD,
        taken_at__lt=snapshot.taken_at,
    )
    for row in older.defer("items"):
        row.state = State.DISCARDED
        row.save(update_fields=["state"])
        telling.snapshot_state(row, State.HELD)


def completed(configuration: Configuration, items: list[OutstandingItem]) -> list[OutstandingItem]:
    """The items with what only our postings know: the source's own numbers and the invoice's full amount."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for item in items:
        if item.voucher_number:
            wanted[_DOCUMENT_KIND[item.kind]].add(item.voucher_number)
    ours: dict[tuple[str, str, str], list[Invoice]] = defaultdict(list)
    journals = configuration.mappings.get("journals", {})
    for kind, numbers in wanted.items():
        rows = Posting.objects.filter(
            organisation_id=configuration.organisation_id,
            configuration=configuration,
            kind=kind,
            state=Posting.State.POSTED,
            external_number__in=numbers,
        ).values_list("external_number", "document")
        for number, content in rows:
            document = document_from_json(content)
            assert isinstance(document, Invoice)
            ours[kind, journals.get(document.journal, document.journal), number].append(document)
    return [
        _with_ours(
            item,
            _the_one(item, ours[_DOCUMENT_KIND[item.kind], item.journal or "", item.voucher_number or ""]),
        )
        for item in items
    ]


def _the_one(item: OutstandingItem, candidates: list[Invoice]) -> Invoice | None:
    """Which of our invoices of this journal and number the item is; None when that can't be said for certain.

    A journal numbers anew each year, and people type entries of their own into the package.
    """
    fitting = [
        document
        for document in candidates
        if document.currency == item.currency
        and item.relation_number in (None, document.relation_number)
        and item.fiscal_year in (None, document.fiscal_year)
    ]
    if len(fitting) > 1:
        fitting = [document for document in fitting if document.entry_date == item.invoice_date]
    return fitting[0] if len(fitting) == 1 else None


def _with_ours(item: OutstandingItem, document: Any) -> OutstandingItem:
    if document is None:
        return item
    vat = [line.vat_amount for line in document.lines]
    known_vat = sum(vat, Decimal(0)) if all(amount is not None for amount in vat) else item.vat_amount
    return item.model_copy(
        update={
            "relation_number": document.relation_number,
            "invoice_number": document.invoice_number or document.number or item.invoice_number,
            "invoice_amount": rounded(document.total, document.currency),
            "vat_amount": known_vat,
            "paid_amount": rounded(document.total - item.open_amount, document.currency),
            "due_date": item.due_date or document.due_date,
            "fiscal_year": item.fiscal_year or document.fiscal_year,
        }
    )


def _why_held(
    configuration: Configuration, kinds: list[Kind], items: list[OutstandingItem], last: OutstandingSnapshot | None
) -> Problem | None:
    """Judged by kind, since each has a file of its own: many open purchases don't outweigh sales that vanish."""
    for kind in kinds:
        now, before = [_key(item) for item in items if item.kind == kind], _keys(last, [kind])
        if not now and not before and (items or last is not None):
            continue  # Nothing of this kind vanishes. A first reading without any item at all is held.
        problem = guard(now, before, configuration.outstanding_hold_share, FILE_NAMES[kind])
        if problem is not None:
            return problem
    return None


def guard(now: list[str], before: set[str], hold_share: Decimal, file: str = FILE_NAMES["sales"]) -> Problem | None:
    """Why a file must be held, or None. An item that is absent reads as paid, so an empty file closes every one."""
    if not now:
        return HELD_EMPTY(value=str(len(before)), file=file)
    vanished = len(before - set(now))
    if before and Decimal(vanished) * 100 > hold_share * len(before):
        return HELD_SMALLER(value=str(vanished), before=len(before), share=hold_share.normalize(), file=file)
    return None


def last_written(configuration: Configuration) -> OutstandingSnapshot | None:
    return (
        OutstandingSnapshot.objects.filter(
            organisation_id=configuration.organisation_id, configuration=configuration, state=State.WRITTEN
        )
        .order_by("-taken_at")
        .first()
    )


@dataclass(frozen=True)
class DecisionTooLateError(Exception):
    """Somebody decided already, or a newer snapshot has taken this one's place."""

    state: str


def agree(snapshot: OutstandingSnapshot, user: User, storage: Storage | None = None) -> Problem | None:
    """A person says that a held snapshot is right: write its files, or say why they can't be written.

    Raises DecisionTooLateError.
    """
    with transaction.atomic():
        _have_the_outbox(snapshot.configuration)
        row = _held(snapshot)
        _note_decision(row, user)
        kinds: list[Kind] = [kind for kind in FILE_NAMES if kind in row.configuration.outstanding_kinds]
        problem = _write(row, kinds, storage or open_storage())
        if problem is None:
            telling.snapshot_state(row, State.HELD, actor=trail.user_actor(user.pk))
        return problem


def refuse(snapshot: OutstandingSnapshot, user: User) -> None:
    """A person says that a held snapshot is wrong: the old files stay. Raises DecisionTooLateError."""
    with transaction.atomic():
        row = _held(snapshot)
        _note_decision(row, user)
        row.state = State.DISCARDED
        row.save(update_fields=["state"])
        telling.snapshot_state(row, State.HELD, actor=trail.user_actor(user.pk))


def _note_decision(row: OutstandingSnapshot, user: User) -> None:
    row.decided_by, row.decided_at = user, timezone.now()
    row.save(update_fields=["decided_by", "decided_at"])


def _held(snapshot: OutstandingSnapshot) -> OutstandingSnapshot:
    row = (
        OutstandingSnapshot.objects.select_for_update(of=("self",)).select_related("configuration").get(pk=snapshot.pk)
    )
    if row.state != State.HELD:
        raise DecisionTooLateError(row.state)
    return row


def _write(snapshot: OutstandingSnapshot, kinds: list[Kind], storage: Storage) -> Problem | None:
    """Write a file for each kind, each replacing its forerunner in one step; or why it can't be written.

    Either all files are written or none: an item that is left out of a file reads as paid.
    """
    configuration = snapshot.configuration
    try:
        profile = _profile(configuration)
    except ProfileError as error:
        return _not_written(snapshot, WRONG_LAYOUT(value=str(error)))
    if _others_write_here(configuration):
        return _not_written(snapshot, HELD_SHARED(value=", ".join(FILE_NAMES[kind] for kind in kinds)))
    items = [OutstandingItem.model_validate(item) for item in snapshot.items]
    files = {
        outbox_key(configuration.organisation_id, configuration.integration_id, name): write_outstanding(items, layout)
        for name, layout in _layouts(kinds, profile)
    }
    told = [problem for file in files.values() for problem in file.problems]
    told.sort(key=lambda problem: problem.severity != "error")
    snapshot.problem = told[0].model_dump(mode="json") if told else None
    if not all(file.writable for file in files.values()):
        snapshot.save(update_fields=["problem"])
        return told[0]
    for key, file in files.items():
        storage.put(key, file.content)
        crash_points.reach("outstanding_file_written")
    snapshot.state, snapshot.file_keys = State.WRITTEN, list(files)
    snapshot.save(update_fields=["state", "file_keys", "problem"])
    return None


def _not_written(snapshot: OutstandingSnapshot, problem: Problem) -> Problem:
    snapshot.problem = storable_values(problem.model_dump(mode="json"))
    snapshot.save(update_fields=["problem"])
    return problem


def _profile(configuration: Configuration) -> OutstandingProfile:
    chosen = configuration.layouts.get("dbopen", {})
    profile = load_profile(chosen.get("profile", "dbopen_default"), chosen.get("adjustments", ""))
    if not isinstance(profile, OutstandingProfile):
        raise ProfileError(f"profile {profile.name} is for {profile.format}, not for outstanding items")
    return profile


def _others_write_here(configuration: Configuration) -> bool:
    """Whether another administration's items would go to the same files, so that each would close the other's."""
    return (
        Configuration.objects.filter(
            organisation_id=configuration.organisation_id, integration_id=configuration.integration_id, is_active=True
        )
        .exclude(pk=configuration.pk)
        .exclude(outstanding_kinds=[])
        .exists()
    )


def _layouts(kinds: list[Kind], profile: OutstandingProfile) -> list[tuple[str, OutstandingProfile]]:
    """The files to write: one with all kinds where the site's layout says so, else one for each kind."""
    if len(profile.kinds) > 1:
        return [(FILE_NAMES["sales"], profile)]
    return [(FILE_NAMES[kind], profile.model_copy(update={"kinds": (kind,)})) for kind in kinds]


def _end(run: Run, claim: Claim, held: Problem | None) -> None:
    result = str(Run.Result.HELD if held else Run.Result.GOOD)
    counts = {"items": OutstandingSnapshot.objects.get(run=run).item_count}
    with transaction.atomic():
        ended = claim.end(result, counts=counts, problem=held.model_dump(mode="json") if held else None)
        if ended:
            paged_reading.forget(run)
        if ended and held:
            notices.announce(run.organisation_id, Notice.Kind.RUN, run.pk)
    with watching.part("run_end", direction=run.direction, result=result, counts={}):
        _log.info("outstanding_read", held=bool(held))


def _key(item: OutstandingItem) -> str:
    return f"{item.kind}/{item.external_id}"


def _keys(snapshot: OutstandingSnapshot | None, kinds: list[Kind]) -> set[str]:
    items = snapshot.items if snapshot else []
    return {f"{item['kind']}/{item['external_id']}" for item in items if item["kind"] in kinds}


def _totals(items: list[OutstandingItem]) -> dict[str, dict[str, str]]:
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for item in items:
        sums[item.kind][item.currency] += item.open_amount
    return {
        kind: {currency: str(rounded(amount, currency)) for currency, amount in sorted(amounts.items())}
        for kind, amounts in sums.items()
    }
