"""A connector joined from two parts: one keeps customers and suppliers, the other posts entries."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from bookbridge.documents import (
    Customer,
    Document,
    JournalEntry,
    Problem,
    PurchaseInvoice,
    SalesInvoice,
    Supplier,
)
from bookbridge.kit import answering
from bookbridge.kit.contract import Connector, PostingRequest, RelationKind
from bookbridge.kit.outcomes import LookUp, Outcome

Relation = Customer | Supplier
Entry = SalesInvoice | PurchaseInvoice | JournalEntry


class RelationsPart(Protocol):
    """Everything in here may raise the errors of kit.errors, CannotMapError too."""

    def post(self, relation: Relation, /) -> Outcome: ...

    def update(self, relation: Relation, external_id: str, /) -> Outcome: ...

    def look_up(self, relation: Relation, /) -> LookUp: ...

    def find(self, kind: RelationKind, number: str, /) -> str | None: ...


class EntriesPart(Protocol):
    """Everything in here may raise the errors of kit.errors, CannotMapError too."""

    def post(self, request: PostingRequest, entry: Entry, /) -> Outcome: ...

    def look_up(self, request: PostingRequest, entry: Entry, /) -> LookUp: ...


class JoinedConnector(Connector):
    """For packages that take one document in a call. A subclass makes the two parts in its `__init__`."""

    relations: RelationsPart
    entries: EntriesPart

    @abstractmethod
    def refusal(self, words: str, document: Document) -> Problem:
        """The problem that a refusal in the package's own words stands for."""

    @abstractmethod
    def forbidden(self, words: str) -> Problem:
        """The problem of an account that may not do this."""

    def post(self, batch: Sequence[PostingRequest]) -> Sequence[Outcome]:
        return [self._outcome(request.document, partial(self._post, request)) for request in batch]

    def update(self, request: PostingRequest, external_id: str) -> Outcome:
        document = request.document
        if not isinstance(document, Relation):
            raise TypeError(f"{document.kind} is not among the updates of the fact sheet")
        return self._outcome(document, lambda: self.relations.update(document, external_id))

    def find(self, request: PostingRequest) -> LookUp:
        return answering.look_up(partial(self._look_up, request), package=self.fact_sheet.name, now=self.connection.now)

    def find_relation(self, kind: RelationKind, number: str) -> str | None:
        return self.relations.find(kind, number)

    def _post(self, request: PostingRequest) -> Outcome:
        document = request.document
        if isinstance(document, Relation):
            return self.relations.post(document)
        return self.entries.post(request, document)

    def _look_up(self, request: PostingRequest) -> LookUp:
        document = request.document
        if isinstance(document, Relation):
            return self.relations.look_up(document)
        return self.entries.look_up(request, document)

    def _outcome(self, document: Document, act: Callable[[], Outcome]) -> Outcome:
        return answering.outcome(
            act, refused=partial(self.refusal, document=document), forbidden=self.forbidden, now=self.connection.now
        )
