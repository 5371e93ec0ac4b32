"""Invoices and memorials: made as a draft in one call, posted in the next, and found again in between and after.

Tryton refuses no second entry by itself. So every entry bears a mark of its posting, and is looked for before anything
is made: a draft of ours that a cut line or a dead worker left is posted when it says the same, and made anew when not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bookbridge.connectors.tryton import mapping, notice_texts, reading, texts
from bookbridge.connectors.tryton.client import TrytonClient
from bookbridge.connectors.tryton.lookups import Lookups
from bookbridge.connectors.tryton.mapping import Codes
from bookbridge.connectors.tryton.problems import is_gone_party, is_past_due_date
from bookbridge.connectors.tryton.relations import Relations
from bookbridge.documents import Invoice, JournalEntry, Problem, PurchaseInvoice, SalesInvoice, rounded
from bookbridge.kit.contract import PostingRequest
from bookbridge.kit.errors import (
    CannotMapError,
    LaterError,
    NotAllowedError,
    RefusedError,
    SignInAgainError,
    UnreachableError,
)
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Outcome, Posted, Refused

Record = dict[str, Any]
Entry = SalesInvoice | PurchaseInvoice | JournalEntry

INVOICES: Final = "account.invoice"
MOVES: Final = "account.move"
POSTED: Final = ("posted", "paid")
DRAFT: Final = ("draft", "validated")
CANCELLED: Final = "cancelled"
SIMILAR_WITHIN: Final = timedelta(days=60)
AHEAD: Final = timedelta(hours=14)
"""By so much the day of the easternmost place is ahead of UTC."""
_POSTED_FIELDS = {INVOICES: ("number", "total_amount"), MOVES: ("number",)}
_INVOICE_FIELDS = (
    "number",
    "reference",
    "comment",
    "state",
    "type",
    "invoice_date",
    "party.code",
    "currency.code",
    "total_amount",
    "lines.account.code",
    "lines.amount",
)
_MOVE_FIELDS = (
    "number",
    "state",
    "date",
    "description",
    "lines.account.code",
    "lines.debit",
    "lines.credit",
    "lines.amount_second_currency",
    "lines.second_currency.code",
)
_MOST = 20
"""Of one number or reference there are few; of one mark there is one."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What Tryton has of an entry."""

    booked: Record | None = None
    draft: Record | None = None
    similar: Record | None = None
    """Another posting's purchase with the same reference of the same supplier, as Tryton would warn of."""


class Entries:
    """The entries of one company."""

    def __init__(
        self,
        client: TrytonClient,
        relations: Relations,
        lookups: Lookups,
        codes: Callable[[], Codes],
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._now = now
        self._relations = relations
        self._lookups = lookups
        self._codes = codes

    def post(self, request: PostingRequest, entry: Entry) -> Outcome:
        """Post one entry. Raises the errors of kit.errors and CannotMapError."""
        values = self._values(request, entry)
        held = self._held(request, entry)
        if held.booked is not None:
            return _answered(self._found(entry, held.booked))
        if held.similar is not None:
            assert isinstance(entry, PurchaseInvoice)
            other = str(held.similar.get("number") or held.similar["id"])
            raise CannotMapError((texts.SIMILAR(field="your_reference", value=entry.your_reference, evidence=other),))
        model = _model(entry)
        draft = held.draft
        if draft is not None and self._differences(entry, draft):
            self._discard(model, draft)
            draft = None
        if draft is None:
            draft = self._create(request, entry, values)
        return self._posted(request, entry, draft)

    def look_up(self, request: PostingRequest, entry: Entry) -> Found | Absent:
        """Search Tryton for the posted entry and compare what is found. A draft is in nobody's books: it counts as
        absent, and posting again goes on with it."""
        held = self._held(request, entry)
        if held.booked is not None:
            return self._found(entry, held.booked)
        if held.draft is not None:
            return Absent(f"{_model(entry)}: a draft of ours, not posted")
        return Absent(f"{_model(entry)} by {mapping.mark_of(request)}, or its number")

    # --- looking

    def _held(self, request: PostingRequest, entry: Entry) -> _Held:
        records, others = self._marked(request, entry)
        booked = [record for record in records if record["state"] in POSTED]
        drafts = [record for record in records if record["state"] in DRAFT]
        if isinstance(entry, Invoice):
            ours = mapping.mark_of(request)
            booked.sort(key=lambda record: not _is_marked(record, ours))
            # A draft that somebody else is at work on is none of ours.
            drafts = [record for record in drafts if _is_marked(record, ours)]
            similar = [record for record in others if _is_similar(entry, record)]
            return _Held(next(iter(booked), None), next(iter(drafts), None), next(iter(similar), None))
        return _Held(next(iter(booked), None), next(iter(drafts), None))

    def _marked(self, request: PostingRequest, entry: Entry) -> tuple[list[Record], list[Record]]:
        """The entries with our mark, of invoices also what somebody has typed in under the number, without any mark;
        and those of other postings with the same reference."""
        company = ["company", "=", self._lookups.company]
        if isinstance(entry, JournalEntry):
            ending = ["description", "like", f"%{request.reference}]"]
            found = self._client.read_some(MOVES, [company, ending], _MOVE_FIELDS, _MOST)
            signed = mapping.signed(entry, request.reference)
            return [record for record in found if (record.get("description") or "").endswith(signed)], []
        mark = mapping.mark_of(request)
        either: list[Any] = ["OR", ["comment", "like", f"{mark}%"]]
        if isinstance(entry, SalesInvoice) and mapping.numbered_by_us(entry):
            either.append(["number", "=", mapping.numbered_by_us(entry)])
        elif isinstance(entry, PurchaseInvoice) and entry.number:
            theirs = mapping.reference_of(entry, request.reference)
            either.append([["reference", "=", theirs], ["party.code", "=", entry.supplier]])
        kind = ["type", "=", "out" if isinstance(entry, SalesInvoice) else "in"]
        found = self._client.read_some(INVOICES, [company, kind, either], _INVOICE_FIELDS, _MOST)
        ours = [record for record in found if _is_marked(record, mark) or not _is_marked(record, mapping.MARK)]
        return ours, [record for record in found if record not in ours]

    def _found(self, entry: Entry, record: Record) -> Found:
        return Found(str(record["id"]), str(record.get("number") or ""), self._differences(entry, record))

    def _differences(self, entry: Entry, record: Record) -> tuple[str, ...]:
        try:
            if isinstance(entry, JournalEntry):
                return reading.move_differences(entry, record, self._lookups.home().code)
            return reading.invoice_differences(entry, record, self._codes())
        except CannotMapError:
            # What can't be said in Tryton's terms can't be in its entry.
            return ("lines",)

    # --- making

    def _values(self, request: PostingRequest, entry: Entry) -> Record:
        company, codes = self._lookups.company, self._codes()
        if isinstance(entry, JournalEntry):
            home = self._lookups.home()
            currency = home.id if entry.currency == home.code else self._lookups.currency(entry.currency)
            period = self._lookups.period(mapping.accounting_date(entry, codes))
            return mapping.move_values(
                entry, request, company=company, period=period, home=home, currency=currency, codes=codes
            )
        if isinstance(entry, SalesInvoice) and entry.entry_date > (self._now() + AHEAD).date():
            raise CannotMapError((texts.IN_THE_FUTURE(field="entry_date", value=entry.entry_date.isoformat()),))
        party = self._relations.needed(entry.relation_kind, entry.relation_number, entry.relation_kind)
        currency = self._lookups.currency(entry.currency)
        return mapping.invoice_values(entry, request, party, company=company, currency=currency, codes=codes)

    def _create(self, request: PostingRequest, entry: Entry, values: Record) -> Record:
        model = _model(entry)
        try:
            return self._client.create(model, values, ("number",))
        except RefusedError as error:
            if isinstance(entry, JournalEntry) or not is_gone_party(error.words):
                raise
            # An id that we remember may have been removed in Tryton: look again, once.
            self._relations.forget(entry.relation_kind, entry.relation_number)
            renewed = self._values(request, entry)
            if renewed == values:
                raise
        return self._client.create(model, renewed, ("number",))

    def _posted(self, request: PostingRequest, entry: Entry, draft: Record) -> Outcome:
        try:
            record = self._press_post(_model(entry), int(draft["id"]))
        except (RefusedError, NotAllowedError):
            held = self._after_a_refusal(request, entry)
            if held is not None:
                return held
            raise
        notices = _notices(entry, record) if isinstance(entry, Invoice) else ()
        return Posted(str(record["id"]), str(record.get("number") or ""), notices)

    def _after_a_refusal(self, request: PostingRequest, entry: Entry) -> Outcome | None:
        """What is in the books although `post` was refused: an earlier press of it may have come through late, and
        then Tryton refuses the next. What is still a draft is removed, for a person would take it for work to be done.

        Raises UnreachableError where that can't be seen or done just now: a draft that is left could still be posted.
        """
        try:
            held = self._held(request, entry)
            if held.draft is not None and not self._is_discarded(entry, held.draft):
                # It may have been posted between the two.
                held = self._held(request, entry)
        except (LaterError, SignInAgainError, NotAllowedError, UnreachableError) as error:
            reason = f"Tryton refused to post the entry, and can't be asked what it holds of it: {error}"
            raise UnreachableError(reason[:300]) from None
        return None if held.booked is None else _answered(self._found(entry, held.booked))

    def _is_discarded(self, entry: Entry, draft: Record) -> bool:
        try:
            self._discard(_model(entry), draft)
        except NotAllowedError:
            return False
        return True

    def _press_post(self, model: str, id: int) -> Record:
        fields = _POSTED_FIELDS[model]
        try:
            return self._client.act(model, id, "post", fields)
        except RefusedError as error:
            if not is_past_due_date(error.words):
                raise
        # Tryton checks for what is similar or in the future before this one, so no other warning is passed over.
        return self._client.act(model, id, "post", fields, past_warnings=True)

    def _discard(self, model: str, draft: Record) -> None:
        if model == INVOICES and draft.get("number"):
            # "You cannot delete invoice … because it has a number."
            self._client.write(model, int(draft["id"]), {"number": None})
        self._client.delete(model, int(draft["id"]))


def _model(entry: Entry) -> str:
    return MOVES if isinstance(entry, JournalEntry) else INVOICES


def _is_marked(record: Record, mark: str) -> bool:
    return str(record.get("comment") or "").startswith(f"{mark} ") or record.get("comment") == mark


def _is_similar(entry: Invoice, record: Record) -> bool:
    """As Tryton judges it: 60 days to either side."""
    if not isinstance(entry, PurchaseInvoice) or record["state"] == CANCELLED:
        return False
    dated = record.get("invoice_date")
    return dated is None or abs(dated - entry.entry_date) <= SIMILAR_WITHIN


def _answered(held: Found) -> Outcome:
    if not held.differences:
        return AlreadyThere(held.external_id, held.external_number)
    evidence = f"different: {', '.join(held.differences)}"
    return Refused((texts.NUMBER_IN_USE(field="number", value=held.external_number, evidence=evidence),))


def _notices(entry: Invoice, record: Record) -> tuple[Problem, ...]:
    notices: list[Problem] = []
    booked, said = rounded(record["total_amount"], entry.currency), rounded(entry.total, entry.currency)
    if booked != said:
        notices.append(notice_texts.TOTAL_DIFFERS(field="total", value=str(said), booked=str(booked)))
    if entry.exchange_rate not in (None, 1):
        rate = str(entry.exchange_rate)
        notices.append(notice_texts.RATE_NOT_TAKEN(field="exchange_rate", value=rate))
    return tuple(notices)
