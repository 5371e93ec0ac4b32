"""Sales, purchase and memorial bookings in Minox: posting them once, and finding them again.

A booking's address is an id of ours, so it is found by that alone. A PUT overwrites what is there, which somebody may
have edited or matched meanwhile: it is looked at before each PUT, and what is there is never overwritten.
"""

from collections.abc import Callable, Sequence
from typing import Any

from bookbridge.connectors.minox import comparing, mapping, texts
from bookbridge.connectors.minox.choices import Choices
from bookbridge.connectors.minox.client import BATCH, MinoxClient
from bookbridge.connectors.minox.codes import Codes
from bookbridge.connectors.minox.relations import Relations
from bookbridge.documents import JournalEntry, Problem, PurchaseInvoice, SalesInvoice
from bookbridge.kit import answering
from bookbridge.kit.contract import PostingRequest, RelationKind
from bookbridge.kit.errors import LaterError, NotAllowedError, RefusedError, SignInAgainError, UnreachableError
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Outcome, Posted, Refused

Record = dict[str, Any]
Entry = SalesInvoice | PurchaseInvoice | JournalEntry


class Entries:
    """The bookings of one administration."""

    def __init__(
        self,
        client: MinoxClient,
        relations: Relations,
        codes: Callable[[], Codes],
        choices: Callable[[], Choices],
    ) -> None:
        self._client = client
        self._relations = relations
        self._codes = codes
        self._choices = choices

    def post(self, request: PostingRequest, entry: Entry) -> Outcome:
        """Post one booking. Raises the errors of kit.errors and CannotMapError."""
        lines = self._lines(entry)
        held = self.look_up(request, entry)
        if isinstance(held, Found):
            return _held(held, entry)
        known = self._relations_of(entry)
        uuid = mapping.batch_id(request)
        try:
            told = self._write(uuid, lines)
        except RefusedError:
            # A relation that we remember may be gone from Minox, and how it says so isn't known: look again, once.
            if not known:
                raise
            for kind, number in known:
                self._relations.forget(kind, number)
            if self._relations_of(entry) == known:
                raise
            told = self._write(uuid, lines)
        return self._posted(uuid, entry, told)

    def look_up(self, request: PostingRequest, entry: Entry) -> Found | Absent:
        """Read the booking and compare it."""
        uuid = mapping.batch_id(request)
        lines = self._client.read_batch(uuid)
        if lines is None:
            return Absent(f"{BATCH} {uuid}")
        differences = answering.understood("Minox", lambda held: self._differences(entry, held), lines)
        return Found(uuid, number_of(entry, lines), differences)

    def _differences(self, entry: Entry, lines: list[Record]) -> tuple[str, ...]:
        return comparing.differences(entry, lines, self._codes(), self._choices())

    def _lines(self, entry: Entry) -> list[Record]:
        if isinstance(entry, JournalEntry):
            return mapping.journal_lines(entry, self._codes(), self._choices())
        return mapping.invoice_lines(entry, self._codes(), self._choices())

    def _relations_of(self, entry: Entry) -> dict[tuple[RelationKind, str], str]:
        if not isinstance(entry, JournalEntry):
            kind, number = entry.relation_kind, entry.relation_number
            return {(kind, number): self._relations.needed(kind, number, kind)}
        found: dict[tuple[RelationKind, str], str] = {}
        for position, line in enumerate(entry.lines):
            on = mapping.relation_of(line)
            if on and self._codes().is_control(line.ledger_account, on[0]):
                found[on] = self._relations.needed(on[0], on[1], f"lines.{position}.{on[0]}")
        return found

    def _write(self, uuid: str, lines: list[Record]) -> list[Record]:
        """The booking as it is in the books now; nothing where it can't be read just now. Raises RefusedError only when
        it isn't there."""
        refusal: RefusedError | None = None
        try:
            told, words = self._client.write_batch(uuid, lines)
            if told:
                return told
            refusal = RefusedError(words, 200) if words else None
        except RefusedError as error:
            if error.status < 500:
                raise
            refusal = error
        return self._read_back(uuid, refusal)

    def _read_back(self, uuid: str, refusal: RefusedError | None) -> list[Record]:
        """A server that failed may have taken it before, and one that answers in words may not: the books tell."""
        try:
            held = self._client.read_batch(uuid)
        except (LaterError, SignInAgainError, NotAllowedError, UnreachableError):
            if refusal is None:
                return []
            raise UnreachableError("Minox answered in words, and can't be asked whether it took the booking") from None
        if held is None:
            raise refusal or UnreachableError("Minox took the booking, but it isn't there")
        return held

    def _posted(self, uuid: str, entry: Entry, lines: list[Record]) -> Posted:
        unkept = mapping.fields_not_kept(entry, self._codes())
        notices: tuple[Problem, ...] = ()
        if unkept:
            notices = (texts.FIELDS_NOT_KEPT(field=_place_of(entry, unkept[0]), names=", ".join(unkept)),)
        if not lines:
            return Posted(uuid, entry.number or "", (*notices, texts.NOT_COMPARED()))
        try:
            made = comparing.notices(entry, lines, self._codes(), self._choices())
        except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError):
            # It is in the books, whatever the record looks like.
            return Posted(uuid, entry.number or "", (*notices, texts.NOT_COMPARED()))
        return Posted(uuid, number_of(entry, lines), (*notices, *made))


def number_of(entry: Entry, lines: Sequence[Record]) -> str:
    """The number by which Minox knows the booking: an invoice's invoice number, a memorial's entry number."""
    line = lines[0]
    if not isinstance(entry, JournalEntry):
        line = comparing.relation_line(lines) or line
    number = line.get("entry_number" if isinstance(entry, JournalEntry) else "invoice_number")
    return str(number) if number else entry.number or ""


def _held(held: Found, entry: Entry) -> Outcome:
    if not held.differences:
        return AlreadyThere(held.external_id, held.external_number)
    names = ", ".join(held.differences)
    field = "number" if entry.number is not None else None
    return Refused((texts.HELD_DIFFERENTLY(field=field, value=held.external_number, names=names, evidence=names),))


def _place_of(entry: Entry, name: str) -> str | None:
    return name if name in type(entry).model_fields else "lines"
