"""Twinfield: the contract, joined from client (talks), mapping and reading (translate), relations and entries."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import ClassVar, Final

from bookbridge.connectors.twinfield import booked, mapping, reading, texts
from bookbridge.connectors.twinfield.client import Row, TwinfieldClient
from bookbridge.connectors.twinfield.entries import BROWSES, IN_THE_BOOKS, NAME, Entries
from bookbridge.connectors.twinfield.mapping import Choices, Codes
from bookbridge.connectors.twinfield.office import OfficeSettings
from bookbridge.connectors.twinfield.problems import problem_of
from bookbridge.connectors.twinfield.relations import Relations
from bookbridge.connectors.twinfield.soap import Element
from bookbridge.documents import Customer, Document, Invoice, JournalEntry, OutstandingItem, Supplier
from bookbridge.kit import answering
from bookbridge.kit.booked import BookedPage
from bookbridge.kit.contract import Connection, Connector, OutstandingKind, PostingRequest, RelationKind
from bookbridge.kit.errors import LaterError, NotAllowedError, RefusedError, SignInAgainError, UnreachableError
from bookbridge.kit.fact_sheet import FactSheet, read_fact_sheet
from bookbridge.kit.outcomes import Absent, AlreadyThere, LookUp, Outcome, Posted, Refused
from bookbridge.kit.outstanding import OutstandingPage
from bookbridge.kit.package_settings import Administration, PackageSettings
from bookbridge.kit.places import place

QUESTIONS_AT_ONCE: Final = 8
"""After so many questions what is ready is sent, so that the credits of a minute never go into questions alone: after
the wait all of them would be asked again."""
_SOUGHT: Final = "twinfield sought"
"""Under this the directory keeps the references of entries that were looked for and not found."""
_FIRST_YEAR: Final = 1990
_BROWSES: Final[dict[OutstandingKind, str]] = {
    "sales": BROWSES["sales_invoice"],
    "purchase": BROWSES["purchase_invoice"],
}
Send = Callable[[Sequence[PostingRequest], Sequence[Element]], list[Outcome]]


class PackageConnector(Connector):
    """One office of Twinfield."""

    fact_sheet: ClassVar[FactSheet] = read_fact_sheet(Path(__file__).with_name("fact_sheet.toml"))

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._client = TwinfieldClient(connection, self.fact_sheet)
        self._relations = Relations(self._client, connection.directory, lambda: self._codes, self._chosen)
        self._entries = Entries(self._client, self._relations, lambda: self._codes, self._chosen)

    # --- reading

    def administrations(self) -> Sequence[Administration]:
        return [Administration(code=code, name=name or code) for code, name in self._client.offices() if code]

    def package_settings(self) -> PackageSettings:
        return self._office().read()

    def find_relation(self, kind: RelationKind, number: str) -> str | None:
        return self._relations.find(kind, number)

    def outstanding(self, kinds: Sequence[OutstandingKind], after: str | None = None) -> OutstandingPage:
        number, began = place(after)
        # The years are those of the first page, also when the last one is read after New Year's Eve.
        year = int(began) if began else self.connection.now().year
        pages = [(kind, *span) for kind in kinds for span in _spans(year)]
        kind, status, since, until = pages[number]
        filters = {
            f"{reading.HEAD}yearperiod": reading.between_years(since, until),
            f"{reading.LINE}matchstatus": ("equal", status, ""),
        }
        rows = self._client.browse(_BROWSES[kind], reading.OPEN_FIELDS, filters)
        items = self._items(kind, rows)
        return OutstandingPage(items, f"{number + 1} {year}" if number + 1 < len(pages) else None)

    def _items(self, kind: OutstandingKind, rows: Iterable[Row]) -> tuple[OutstandingItem, ...]:
        rows = [row for row in rows if row.get(f"{reading.HEAD}status", "") in IN_THE_BOOKS]
        if not rows:
            return ()
        field = self._chosen().reference_field
        make = partial(reading.outstanding_item, kind, daybooks=self._daybooks(), reference_field=field)
        return tuple(answering.understood(NAME, make, row) for row in rows)

    def _daybooks(self) -> frozenset[str]:
        """The daybooks that invoices and memorials are in; what is open in another one is a payment."""
        settings = self.connection.settings
        journals = settings.journals if settings else self._office().journals()
        return frozenset(journal.code for journal in journals)

    def booked(self, since: date, until: date, after: str | None = None) -> BookedPage:
        settings = self.connection.settings
        known = settings.periods if settings else ()
        if not booked.cover(known, since, until):
            known = self._office().periods(range(since.year - 1, until.year + 2))
        number, _ = place(after)
        pages = booked.pages(known, since, until)
        if not pages:
            return BookedPage((), None)
        entries = booked.entries(self._client, pages[number], self._codes.journals, since, until)
        return BookedPage(entries, f"{number + 1} " if number + 1 < len(pages) else None)

    def _office(self) -> OfficeSettings:
        return OfficeSettings(self._client, self.connection.directory, self.connection.now)

    # --- posting

    def post(self, batch: Sequence[PostingRequest]) -> Sequence[Outcome]:
        outcomes: dict[int, Outcome] = {}
        ready: list[tuple[int, Element]] = []
        asked = self._client.questions
        for number, request in enumerate(batch):
            made = self._outcome(request.document, partial(self._prepare, request))
            if isinstance(made, Element):
                ready.append((number, made))
            else:
                outcomes[number] = made
            if self._client.questions - asked >= QUESTIONS_AT_ONCE:
                outcomes |= self._sent_in_chunks(batch, ready)
                ready, asked = [], self._client.questions
        outcomes |= self._sent_in_chunks(batch, ready)
        for number, outcome in outcomes.items():
            if isinstance(outcome, Posted | AlreadyThere):
                self.connection.directory.forget(_SOUGHT, batch[number].reference)
        return [outcomes[number] for number in range(len(batch))]

    def _sent_in_chunks(
        self, batch: Sequence[PostingRequest], ready: Iterable[tuple[int, Element]]
    ) -> dict[int, Outcome]:
        """What became of the documents of a batch that are ready to be sent, by their places in it."""
        outcomes: dict[int, Outcome] = {}
        for chunk in _chunks(ready):
            numbers, made = zip(*chunk, strict=True)
            outcomes |= zip(numbers, self._sent([batch[number] for number in numbers], made), strict=True)
        return outcomes

    def _prepare(self, request: PostingRequest, *, again: bool = False) -> Element | Outcome:
        document = request.document
        if isinstance(document, Customer | Supplier):
            return self._relations.prepare(document)
        # An earlier attempt had no clear answer: what was absent then may have come late.
        in_doubt = self.connection.directory.get(_SOUGHT, request.reference) is not None
        return self._entries.prepare(request, document, again=again, in_doubt=in_doubt)

    def _sent(self, requests: Sequence[PostingRequest], made: Sequence[Element]) -> list[Outcome]:
        is_entry = isinstance(requests[0].document, Invoice | JournalEntry)
        send: Send = self._entries.send if is_entry else self._relations.send
        try:
            return send(requests, made)
        except (LaterError, SignInAgainError, UnreachableError) as error:
            return [answering.waiting(error, self.connection.now())] * len(requests)
        except NotAllowedError as error:
            if isinstance(error, RefusedError) and len(requests) > 1:
                # None of it was taken, and one of them is to blame.
                return [self._alone(request) for request in requests]
            return [Refused((problem_of(str(error), request.document),)) for request in requests]

    def _alone(self, request: PostingRequest) -> Outcome:
        """Post one document by itself, prepared anew: an entry is looked for once more."""
        made = self._outcome(request.document, partial(self._prepare, request, again=True))
        return self._sent([request], [made])[0] if isinstance(made, Element) else made

    def update(self, request: PostingRequest, external_id: str) -> Outcome:
        document = request.document
        if not isinstance(document, Customer | Supplier):
            raise TypeError(f"{document.kind} is not among the updates of the fact sheet")
        if external_id != mapping.relation_id(document.kind, document.number):
            # A code can't be changed through the web services.
            return Refused((texts.CODE_CHANGED(field="number", value=document.number, held=external_id),))
        return self.post([request])[0]

    def find(self, request: PostingRequest) -> LookUp:
        return answering.look_up(partial(self._look_up, request), package=self.fact_sheet.name, now=self.connection.now)

    def _look_up(self, request: PostingRequest) -> LookUp:
        document = request.document
        if isinstance(document, Customer | Supplier):
            return self._relations.look_up(document)
        found = self._entries.look_up(request, document)
        if isinstance(found, Absent):
            self.connection.directory.put(_SOUGHT, request.reference, "absent")
        return found

    def _outcome(self, document: Document, act: Callable[[], Element | Outcome]) -> Element | Outcome:
        return answering.outcome(
            act,
            refused=partial(problem_of, document=document),
            forbidden=partial(problem_of, document=document),
            now=self.connection.now,
        )

    @cached_property
    def _codes(self) -> Codes:
        return Codes(self.settings_at_hand)

    def _chosen(self) -> Choices:
        return mapping.choices(self.connection.options)


def _spans(year: int) -> list[tuple[str, int, int]]:
    """Match status, first and last year of each page: a browse has no pages of its own, and what is proposed to be paid
    is little. Both statuses are open (API Best Practices, Downloading open invoices). What is proposed is read before
    and after the rest: an item that moves from one status to the other meanwhile, either way, is read at least once."""
    return [
        ("proposed", _FIRST_YEAR, year + 1),
        ("available", _FIRST_YEAR, year - 2),
        ("available", year - 1, year - 1),
        ("available", year, year + 1),
        ("proposed", _FIRST_YEAR, year + 1),
    ]


def _chunks(made: Iterable[tuple[int, Element]]) -> Iterator[list[tuple[int, Element]]]:
    """So many at once that a request has no more lines than Twinfield takes in a transaction: whether it counts them
    for each or for all of them is not public."""
    chunk: list[tuple[int, Element]] = []
    lines = 0
    for number, one in made:
        count = len(one.findall("lines/line"))
        if chunk and lines + count > mapping.MOST_LINES:
            yield chunk
            chunk, lines = [], 0
        chunk.append((number, one))
        lines += count
    if chunk:
        yield chunk
