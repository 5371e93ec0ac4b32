"""Whether the customers, suppliers and numbers that a document needs are there: the checks that need our own tables."""

from collections.abc import Iterator
from typing import Literal

from bookbridge.documents import (
    Document,
    Invoice,
    JournalEntry,
    Problem,
    PurchaseInvoice,
    SalesInvoice,
    document_from_json,
    posting_key,
    relation_key,
)
from bookbridge.exchange.models import Line, Posting, Run
from bookbridge.exchange.preflight_texts import CUSTOMER_UNKNOWN, NUMBER_USED, RELATION_REFUSED, SUPPLIER_UNKNOWN
from bookbridge.integrations.models import Configuration
from bookbridge.kit.contract import Connector, RelationKind
from bookbridge.kit.errors import NotAllowedError

Answer = Literal["known", "unknown", "refused"]


class MustWaitError(Exception):
    """A relation that the document needs is still on its way."""

    def __init__(self, number: str) -> None:
        super().__init__(f"relation {number} is still being posted")
        self.number = number


class RelationCheck:
    """Asks each relation once for a pass."""

    def __init__(self, configuration: Configuration, connector: Connector) -> None:
        self._configuration = configuration
        self._connector = connector
        self._answers: dict[tuple[RelationKind, str], Answer] = {}

    def problems(self, document: Document) -> Iterator[Problem]:
        """A problem for each relation that neither the package nor the delivery has.

        Raises MustWaitError while one is on its way, and the errors of kit.errors.
        """
        for kind, number, field in _needed(document):
            answer = self._answers.get((kind, number))
            if answer is None:
                answer = self._answers[kind, number] = self._ask(kind, number, document.administration)
            if answer == "refused":
                yield RELATION_REFUSED(field=field, value=number)
            elif answer == "unknown":
                yield (CUSTOMER_UNKNOWN if kind == "customer" else SUPPLIER_UNKNOWN)(field=field, value=number)

    def _ask(self, kind: RelationKind, number: str, administration: str | None) -> Answer:
        ours = Posting.objects.filter(
            organisation_id=self._configuration.organisation_id,
            configuration=self._configuration,
            kind=kind,
            key=relation_key(administration, number),
        ).first()
        if ours is not None and ours.state == Posting.State.POSTED:
            return "known"
        if ours is not None and _on_its_way(ours):
            raise MustWaitError(number)
        try:
            found = self._connector.find_relation(kind, number)
        except NotAllowedError:
            return "known"  # The package won't say; it will tell when the document is sent.
        if found is None:
            return "refused" if ours is not None else "unknown"
        return "known"

    def number_problems(self, line: Line, document: Document) -> Iterator[Problem]:
        """Whether the number was used under another source journal that is mapped to the same one of the package."""
        if not isinstance(document, Invoice | JournalEntry) or document.number is None or line.document is None:
            return
        source = document_from_json(line.document)
        assert isinstance(source, Invoice | JournalEntry)
        journals = self._configuration.mappings.get("journals", {})
        others = [
            journal
            for journal in {*journals, document.journal}
            if journal != source.journal and journals.get(journal, journal) == document.journal
        ]
        keys = [posting_key(source.model_copy(update={"journal": journal})) for journal in others]
        if keys and self._taken(document.kind, keys):
            yield NUMBER_USED(field="number", value=document.number, journal=document.journal)

    def _taken(self, kind: str, keys: list[str]) -> bool:
        return (
            Posting.objects.filter(
                organisation_id=self._configuration.organisation_id,
                configuration=self._configuration,
                kind=kind,
                key__in=keys,
            )
            .exclude(state__in=(Posting.State.PENDING, Posting.State.REFUSED))
            .exists()
        )


def _on_its_way(ours: Posting) -> bool:
    if ours.state in (Posting.State.SENDING, Posting.State.UNCERTAIN):
        return ours.state == Posting.State.SENDING or ours.look_up_at is not None
    return (
        ours.state == Posting.State.PENDING
        and Line.objects.filter(organisation_id=ours.organisation_id, posting=ours, outcome=Line.Outcome.WAITING)
        .exclude(run__state=Run.State.ENDED)
        .exists()
    )


def _needed(document: Document) -> Iterator[tuple[RelationKind, str, str]]:
    if isinstance(document, SalesInvoice):
        yield "customer", document.customer, "customer"
    elif isinstance(document, PurchaseInvoice):
        yield "supplier", document.supplier, "supplier"
    elif isinstance(document, JournalEntry):
        for position, line in enumerate(document.lines):
            if line.customer:
                yield "customer", line.customer, f"lines.{position}.customer"
            if line.supplier:
                yield "supplier", line.supplier, f"lines.{position}.supplier"
