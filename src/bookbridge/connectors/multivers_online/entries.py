"""Invoices and memorials: a number drawn before each, posted once with it, and found again."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from bookbridge.connectors.multivers_online import mapping, memorials, reading, texts
from bookbridge.connectors.multivers_online.client import LINES, LINES_IN_ORDER, MultiversClient, words_in
from bookbridge.connectors.multivers_online.mapping import Codes, Wanting
from bookbridge.connectors.multivers_online.problems import problem_of
from bookbridge.connectors.multivers_online.relations import Relations
from bookbridge.documents import JournalEntry, Problem, PurchaseInvoice, SalesInvoice, rounded
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

TRANSACTION: Final = "journal_transaction"
"""The fact on record before the call: the number of the journal that was drawn."""
DRAW_REFUSED: Final = "draw_refused"
"""The fact on record instead: why Multivers gave no number."""
TAKEN: Final = "numbers_taken"
"""The fact beside it: how many numbers that were drawn before turned out to be another entry's."""
MOST_TAKEN: Final = 5
DRAW_AGAIN_AFTER_S: Final = 2
"""Soon, since only a person's booking came between; twice as long each time, should Multivers keep on giving a number
in use."""
INVOICES: Final = {"sales_invoice": "CustomerInvoice", "purchase_invoice": "SupplierInvoice"}
FIN_TRANS: Final = "FinTrans"


class NumberTakenError(Exception):
    """Definitely not taken: the entry isn't in the books, and somebody else's has the number that was drawn for it.
    Another one may be drawn after `wait_s` seconds."""

    def __init__(self, reason: str, wait_s: int) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class Entries:
    """The entries of one administration."""

    def __init__(
        self, client: MultiversClient, relations: Relations, codes: Callable[[], Codes], base_currency: str
    ) -> None:
        self._client = client
        self._relations = relations
        self._codes = codes
        self._base_currency = base_currency

    # --- the number of the journal

    def prepare(self, request: PostingRequest, entry: Entry) -> Mapping[str, str]:
        """Draw the journal's next number. Nothing is drawn for what can't be posted: posting it says why."""
        if self._mapped(request, entry, transaction=0, condition="")[1].problems:
            return {}
        earlier, taken = request.prepared.get(TRANSACTION), _taken_before(request)
        try:
            if earlier and not self._is_taken(entry, int(earlier)):
                # What was sent with it may still come: then it meets its own number.
                return _drawn(earlier, taken)
            return _drawn(str(self._draw(entry)), taken + 1 if earlier else 0)
        except NotAllowedError as error:
            return {DRAW_REFUSED: str(error)[:300]}

    def _draw(self, entry: Entry) -> int:
        query = {"fiscalYear": entry.fiscal_year, "journalId": entry.journal}
        said = self._client.ask("GetNextJournalTransactionCommand", **query)
        number = said.get("nextJournalTransaction")
        if not isinstance(number, int) or isinstance(number, bool):
            raise RefusedError("; ".join(words_in(said)) or "Multivers gave no next transaction number", 200)
        return number

    def _is_taken(self, entry: Entry, number: int) -> bool:
        """Whether an entry of the journal has the number.

        Open: whether this list holds the entries of sales and purchase journals as well.
        """
        rows = self._client.all("JournalTransactionInfoList", entry.journal, entry.fiscal_year, order="transactionId")
        return any(row.get("transactionId") == number for row in rows)

    # --- posting

    def post(self, request: PostingRequest, entry: Entry) -> Outcome:
        """Post one entry. Raises the errors of kit.errors, CannotMapError and NumberTakenError."""
        number = self._number(request, entry)
        # Open: whether Multivers refuses an invoice number that it has. Of a memorial it has nothing to refuse by.
        held = self.look_up(request, entry)
        if isinstance(held, Found):
            return _held(held, "")
        condition = None
        if not isinstance(entry, JournalEntry):
            self._relations.check(entry.relation_kind, entry.relation_number)
            condition = self._condition(entry)
        body, wanting = self._mapped(request, entry, transaction=number, condition=condition)
        refused: str | None = None
        try:
            answered = self._client.create(_resource(entry), body)
        except RefusedError as error:
            answered, refused = {}, error.words
        with _asking_the_books():
            if refused is not None:
                return self._refused(request, entry, number, refused)
            return self._taken(request, entry, number, answered, wanting)

    def _number(self, request: PostingRequest, entry: Entry) -> int:
        self._mapped(request, entry, transaction=0, condition="")[1].check()
        drawn = request.prepared.get(TRANSACTION)
        if drawn is None:
            raise RefusedError(request.prepared.get(DRAW_REFUSED, "no transaction number was drawn"), 400)
        if int(drawn) > mapping.LAST_TRANSACTION:
            raise CannotMapError((texts.JOURNAL_FULL(field="journal", value=entry.journal),))
        return int(drawn)

    def _mapped(
        self, request: PostingRequest, entry: Entry, *, transaction: int, condition: str | None
    ) -> tuple[Record, Wanting]:
        wanting, codes, reference = Wanting(), self._codes(), request.reference
        if isinstance(entry, JournalEntry):
            currency = self._base_currency
            body = memorials.memorial_body(
                entry,
                transaction=transaction,
                codes=codes,
                reference=reference,
                base_currency=currency,
                wanting=wanting,
            )
        else:
            body = mapping.invoice_body(
                entry, transaction=transaction, condition=condition, codes=codes, reference=reference, wanting=wanting
            )
        return body, wanting

    def _condition(self, invoice: SalesInvoice | PurchaseInvoice) -> str:
        found = (
            invoice.payment_condition
            or self._relations.condition(invoice.relation_kind, invoice.relation_number)
            or self._codes().options.get("payment_condition")
        )
        if not found:
            raise CannotMapError((texts.CONDITION_MISSING(field="payment_condition"),))
        return found

    def _taken(self, request: PostingRequest, entry: Entry, number: int, answered: Record, wanting: Wanting) -> Outcome:
        words = words_in(answered)
        if words:
            # A 2xx that holds broken rules: only the books tell whether the entry was taken.
            held = self.look_up(request, entry)
            if isinstance(held, Absent):
                return self._not_taken(request, entry, number, "; ".join(words))
            if "number" in held.differences:
                raise UnreachableError("it holds one that says the same and doesn't bear its document")
            if held.differences and not self._bears(request, entry, number):
                return _held(held, "; ".join(words))
            told = texts.WARNED(words="; ".join(words)[:300], evidence="; ".join(words)[:1000])
            return Posted(held.external_id, held.external_number, (*wanting.notices(), told))
        booked_as = answered.get("journalTransaction") or number
        external_id, shown = _identity(request, entry, booked_as)
        told_of = (*_total_notice(entry, answered), *self._document_notice(request, entry, booked_as, answered))
        return Posted(external_id, shown, (*wanting.notices(), *told_of))

    def _bears(self, request: PostingRequest, entry: Entry, number: int) -> bool:
        """Whether what stands in the books under our key was booked with the number that we drew."""
        if isinstance(entry, JournalEntry):
            return True
        record = self._client.get(INVOICES[entry.kind], mapping.invoice_id(entry, request.reference)) or {}
        return bool(record.get("journalTransaction") == number)

    def _refused(self, request: PostingRequest, entry: Entry, number: int, words: str) -> Outcome:
        """What Multivers says to a number that is in use isn't public, so its words can't tell: the books do."""
        held = self.look_up(request, entry)
        return _held(held, words) if isinstance(held, Found) else self._not_taken(request, entry, number, words)

    def _not_taken(self, request: PostingRequest, entry: Entry, number: int, words: str) -> Outcome:
        """The entry isn't in the books for certain. Where another has its number, that is no fault of the document."""
        if self._is_taken(entry, number):
            before = _taken_before(request)
            if before + 1 >= MOST_TAKEN:
                return Refused((texts.NUMBERS_TAKEN(field="journal", value=entry.journal, evidence=words),))
            reason = f"transaction number {number} of journal {entry.journal} is another entry's"
            raise NumberTakenError(reason, DRAW_AGAIN_AFTER_S * 2**before)
        if not isinstance(entry, JournalEntry) and not self._relations.find(entry.relation_kind, entry.relation_number):
            # One that we remember may have been removed since.
            kind, relation = entry.relation_kind, entry.relation_number
            return Refused((texts.RELATION_UNKNOWN(field=kind, value=relation, evidence=words),))
        return Refused((problem_of(words, entry),))

    # --- finding

    def look_up(self, request: PostingRequest, entry: Entry) -> Found | Absent:
        """Search the administration for the entry and compare what is found."""
        if isinstance(entry, JournalEntry):
            return self._look_up_memorial(request, entry)
        key = mapping.invoice_id(entry, request.reference)
        record = self._client.get(INVOICES[entry.kind], key)
        if record is None:
            return Absent(f"{INVOICES[entry.kind]} {key}")
        differences = reading.invoice_differences(entry, record, self._codes())
        return Found(f"{INVOICES[entry.kind]}/{key}", key, differences)

    def _look_up_memorial(self, request: PostingRequest, entry: JournalEntry) -> Found | Absent:
        """Under the number that was on record, and by what we put in `document`. Bearing that, it is ours. One that
        says the same, under our number or with only a part of our document, may be ours, so that a person decides."""
        wanted = memorials.document_of(entry, request.reference)
        drawn = request.prepared.get(TRANSACTION)
        alike: list[Found] = []
        for number in dict.fromkeys([*([drawn] if drawn else []), *self._numbers_of(entry, wanted)]):
            record = self._client.get(FIN_TRANS, entry.fiscal_year, entry.journal, number)
            if record is None:
                continue
            external_id, shown = _identity(request, entry, number)
            differences = reading.memorial_differences(entry, record)
            if _document(record) == wanted:
                return Found(external_id, shown, differences)
            if not differences:
                alike.append(Found(external_id, shown, ("number",)))
        if alike:
            return alike[0]
        return Absent(f"{FIN_TRANS}, journal {entry.journal}, year {entry.fiscal_year}, document {wanted}")

    def _numbers_of(self, entry: JournalEntry, document: str) -> Iterator[str]:
        """The transactions of the journal, on the entry's days, whose lines bear the document or its beginning."""
        first, last = memorials.day_range(entry)
        for line in self._client.all(LINES, "ByDate", entry.fiscal_year, first, last, order=LINES_IN_ORDER):
            kept = _document(line)
            if str(line.get("journalId") or "").strip() == entry.journal and kept and document.startswith(kept):
                yield str(line["journalTransaction"])

    def _document_notice(
        self, request: PostingRequest, entry: Entry, number: int, answered: Record
    ) -> tuple[Problem, ...]:
        """A memorial whose `document` isn't kept whole can't be told from one like it: its reader should know."""
        if not isinstance(entry, JournalEntry):
            return ()
        told: Record | None = answered
        if "document" not in answered:
            try:
                told = self._client.get(FIN_TRANS, entry.fiscal_year, entry.journal, number)
            except (LaterError, SignInAgainError, NotAllowedError, UnreachableError):
                # It is in the books all the same.
                return ()
        kept = _document(told or {})
        if kept == memorials.document_of(entry, request.reference):
            return ()
        return (texts.DOCUMENT_NOT_KEPT(field="number", value=entry.number, kept=kept or "–"),)


def _document(record: Record) -> str:
    return str(record.get("document") or "").strip()


def _drawn(number: str, taken: int) -> dict[str, str]:
    return {TRANSACTION: number, **({TAKEN: str(taken)} if taken else {})}


def _taken_before(request: PostingRequest) -> int:
    return int(request.prepared.get(TAKEN, "0"))


@contextmanager
def _asking_the_books() -> Iterator[None]:
    """What is read after a sending tells what became of it. Where it can't be read, the entry may be in the books:
    UnreachableError says so, whatever stood in the way. A new number that must be drawn goes through."""
    try:
        yield
    except (LaterError, SignInAgainError, NotAllowedError, UnreachableError) as error:
        reason = f"Multivers answered, and can't be asked what became of the entry: {error}"
        raise UnreachableError(reason[:300]) from None


def _resource(entry: Entry) -> str:
    return FIN_TRANS if isinstance(entry, JournalEntry) else INVOICES[entry.kind]


def _identity(request: PostingRequest, entry: Entry, number: int | str) -> tuple[str, str]:
    """The external id, and the number that people know the entry by in Multivers."""
    if isinstance(entry, JournalEntry):
        return f"{FIN_TRANS}/{entry.fiscal_year}/{entry.journal}/{number}", str(number)
    key = mapping.invoice_id(entry, request.reference)
    return f"{INVOICES[entry.kind]}/{key}", key


def _held(held: Found, words: str) -> Outcome:
    if not held.differences:
        return AlreadyThere(held.external_id, held.external_number)
    evidence = "; ".join(filter(None, (words, f"different: {', '.join(held.differences)}")))
    return Refused((texts.NUMBER_IN_USE(field="number", value=held.external_number, evidence=evidence),))


def _total_notice(entry: Entry, answered: Record) -> tuple[Problem, ...]:
    if isinstance(entry, JournalEntry) or answered.get("amountTotalCur") is None:
        return ()
    booked = rounded(reading.booked_total(answered), entry.currency)
    said = rounded(entry.total, entry.currency)
    return () if booked == said else (texts.TOTAL_DIFFERS(field="total", value=str(said), booked=str(booked)),)
