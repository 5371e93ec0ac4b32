"""Sales, purchase and general journal entries: posting them once, and finding them again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bookbridge.connectors.exact_online import mapping, reading, texts
from bookbridge.connectors.exact_online.client import ExactClient, guid_literal, text_literal
from bookbridge.connectors.exact_online.mapping import Codes
from bookbridge.connectors.exact_online.problems import is_about_a_reference, is_number_in_use, problem_of
from bookbridge.connectors.exact_online.relations import Relations
from bookbridge.documents import JournalEntry, Problem, PurchaseInvoice, SalesInvoice, rounded
from bookbridge.kit.contract import PostingRequest, RelationKind
from bookbridge.kit.errors import (
    CannotMapError,
    LaterError,
    NotAllowedError,
    RefusedError,
    SignInAgainError,
    UnreachableError,
)
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Outcome, Posted, Refused, Unclear

Record = dict[str, Any]
Entry = SalesInvoice | PurchaseInvoice | JournalEntry

TRANSACTION_LINES: Final = "financialtransaction/TransactionLines"


@dataclass(frozen=True, slots=True)
class _Kind:
    resource: str
    lines: str
    journal: str
    year: str
    fields: tuple[str, ...]


_INVOICE_FIELDS = (
    "EntryID",
    "EntryNumber",
    "Journal",
    "EntryDate",
    "AmountFC",
    "Currency",
    "Description",
    "YourRef",
    "ReportingYear",
)
_KINDS: Final = {
    "sales_invoice": _Kind(
        "salesentry/SalesEntries",
        "salesentry/SalesEntryLines",
        "Journal",
        "ReportingYear",
        (*_INVOICE_FIELDS, "Customer"),
    ),
    "purchase_invoice": _Kind(
        "purchaseentry/PurchaseEntries",
        "purchaseentry/PurchaseEntryLines",
        "Journal",
        "ReportingYear",
        (*_INVOICE_FIELDS, "Supplier"),
    ),
    "journal_entry": _Kind(
        "generaljournalentry/GeneralJournalEntries",
        "generaljournalentry/GeneralJournalEntryLines",
        "JournalCode",
        "FinancialYear",
        ("EntryID", "EntryNumber", "JournalCode", "Currency", "FinancialYear"),
    ),
}
_LINE_FIELDS = ("ID", "GLAccount", "AmountFC", "LineNumber")


class Entries:
    """The entries of one division."""

    def __init__(self, client: ExactClient, relations: Relations, codes: Callable[[], Codes]) -> None:
        self._client = client
        self._relations = relations
        self._codes = codes

    def post(self, request: PostingRequest, entry: Entry) -> Outcome:
        """Post one entry. Raises the errors of kit.errors and CannotMapError."""
        if mapping.entry_number(entry) is None:
            # Nothing in Exact would refuse a second one, so look first.
            held = self.look_up(request, entry)
            if isinstance(held, Found):
                return _held(held, "")
        try:
            return self._posted(request, entry, self._create(request, entry))
        except RefusedError as error:
            if not is_number_in_use(error.words):
                raise
            in_use = error.words
        held = self.look_up(request, entry)
        if isinstance(held, Found):
            return _held(held, in_use)
        return Refused((problem_of(in_use, entry),))

    def look_up(self, request: PostingRequest, entry: Entry) -> Found | Absent:
        """Search Exact for the entry, by its number or else by our reference, and compare what is found."""
        header = self._header(request, entry)
        kind = _KINDS[entry.kind]
        if header is None:
            return Absent(f"{kind.resource}, journal {entry.journal}, year {entry.fiscal_year}")
        guid = str(header["EntryID"])
        fields = (*_LINE_FIELDS, "Date") if isinstance(entry, JournalEntry) else _LINE_FIELDS
        lines = list(self._client.read_all(kind.lines, fields, filter=f"EntryID eq {guid_literal(guid)}"))
        return Found(guid, str(header.get("EntryNumber") or ""), self._differences(entry, header, lines))

    def _differences(self, entry: Entry, header: Record, lines: list[Record]) -> tuple[str, ...]:
        try:
            if isinstance(entry, JournalEntry):
                return reading.journal_differences(entry, header, lines, self._codes())
            relation = self._relations.known(entry.relation_kind, entry.relation_number)
            return reading.invoice_differences(entry, relation, header, lines, self._codes())
        except CannotMapError:
            # A code that Exact doesn't have can't be in its entry.
            return ("lines",)

    def _header(self, request: PostingRequest, entry: Entry) -> Record | None:
        number = mapping.entry_number(entry)
        kind = _KINDS[entry.kind]
        journal = f"{kind.journal} eq {text_literal(entry.journal)}"
        if number is not None:
            held = self._client.read_all(kind.resource, kind.fields, filter=f"EntryNumber eq {number} and {journal}")
            return next((header for header in held if header.get(kind.year) == entry.fiscal_year), None)
        if isinstance(entry, JournalEntry):
            return self._memorial_by_reference(request.reference, entry)
        filter = f"YourRef eq {text_literal(mapping.your_ref(entry, request.reference))} and {journal}"
        held = self._client.read_all(kind.resource, kind.fields, filter=filter)
        return next((h for h in held if str(h.get("Description") or "").startswith(request.reference)), None)

    def _memorial_by_reference(self, reference: str, entry: JournalEntry) -> Record | None:
        # A memorial has no header text or reference; ours stands in front of each line's description.
        journal = f"JournalCode eq {text_literal(entry.journal)} and FinancialYear eq {entry.fiscal_year}"
        filter = f"{journal} and startswith(Description,{text_literal(reference)}) eq true"
        line = next(iter(self._client.read_all(TRANSACTION_LINES, ("EntryID", "Description"), filter=filter)), None)
        kind = _KINDS["journal_entry"]
        return self._client.read_one(kind.resource, kind.fields, guid=str(line["EntryID"])) if line else None

    def _create(self, request: PostingRequest, entry: Entry) -> Record:
        relations = self._relations_of(entry)
        resource = _KINDS[entry.kind].resource
        try:
            return self._client.create(resource, self._body(request, entry, relations))
        except RefusedError as error:
            if not is_about_a_reference(error.words):
                raise
            # An id that we remember may have been removed in Exact: look again, once.
            for relation_kind, number in relations:
                self._relations.forget(relation_kind, number)
            renewed = self._relations_of(entry)
            if renewed == relations:
                raise
        return self._client.create(resource, self._body(request, entry, renewed))

    def _relations_of(self, entry: Entry) -> dict[tuple[RelationKind, str], str]:
        if not isinstance(entry, JournalEntry):
            kind, number = entry.relation_kind, entry.relation_number
            return {(kind, number): self._relations.needed(kind, number, kind)}
        found: dict[tuple[RelationKind, str], str] = {}
        for position, line in enumerate(entry.lines):
            if line.customer:
                field = f"lines.{position}.customer"
                found["customer", line.customer] = self._relations.needed("customer", line.customer, field)
            elif line.supplier:
                field = f"lines.{position}.supplier"
                found["supplier", line.supplier] = self._relations.needed("supplier", line.supplier, field)
        return found

    def _body(self, request: PostingRequest, entry: Entry, relations: dict[tuple[RelationKind, str], str]) -> Record:
        if isinstance(entry, JournalEntry):
            guids = {(str(kind), number): guid for (kind, number), guid in relations.items()}
            return mapping.journal_body(entry, guids, self._codes(), request.reference)
        guid = relations[entry.relation_kind, entry.relation_number]
        return mapping.invoice_body(entry, guid, self._codes(), request.reference)

    def _posted(self, request: PostingRequest, entry: Entry, record: Record) -> Outcome:
        guid = record.get("EntryID")
        if guid:
            return Posted(str(guid), str(record.get("EntryNumber") or ""), _notices(entry, record))
        # Exact took it but told nothing of it (an answer full of nulls): only a look-up knows its id.
        try:
            held = self.look_up(request, entry)
        except (LaterError, SignInAgainError, NotAllowedError, RefusedError, UnreachableError):
            held = Absent()
        if isinstance(held, Found):
            return Posted(held.external_id, held.external_number)
        return Unclear("Exact Online took the entry but did not say under which id")


def _held(held: Found, words: str) -> Outcome:
    if not held.differences:
        return AlreadyThere(held.external_id, held.external_number)
    evidence = "; ".join(filter(None, (words, f"different: {', '.join(held.differences)}")))
    return Refused((texts.NUMBER_IN_USE(field="number", value=held.external_number, evidence=evidence),))


def _notices(entry: Entry, record: Record) -> tuple[Problem, ...]:
    if isinstance(entry, JournalEntry) or record.get("AmountFC") is None:
        return ()
    booked = rounded(reading.amount_of(record["AmountFC"]), entry.currency)
    said = rounded(entry.total, entry.currency)
    if booked == said:
        return ()
    return (texts.TOTAL_DIFFERS(field="total", value=str(said), booked=str(booked)),)
