"""Whether the customers, suppliers and numbers that a document needs are there: the checks that need our own tables."""

from collections.abc import Iterable, Iterator
from typing import Literal

from bookbridge.documents import (
    Document,
    Invoice,
    JournalEntry,
    Problem,
    PurchaseInvoice,
    SalesInvoice,
    identifier_of,
    posting_key,
    relation_key,
)
from bookbridge.exchange.doubts import UNSENT
from bookbridge.exchange.models import Delivery, Line, Posting, Run
from bookbridge.exchange.preflight_texts import CUSTOMER_UNKNOWN, NUMBER_USED, RELATION_REFUSED, SUPPLIER_UNKNOWN
from bookbridge.exchange.repair_texts import ANOTHER_DOCUMENT
from bookbridge.integrations.connecting import StoredDirectory
from bookbridge.kit.contract import RelationKind

Answer = Literal["known", "unknown", "refused", "on_its_way", "ask"]
RelationName = tuple[RelationKind, str, str | None]
"""Kind, number, administration."""


class MustWaitError(Exception):
    """A relation that the document needs is still on its way."""

    def __init__(self, number: str) -> None:
        super().__init__(f"relation {number} is still being posted")
        self.number = number


class RelationCheck:
    """What one pass knows of relations: from our tables for many documents at once, from the package one by one."""

    def __init__(self, run: Run, directory: StoredDirectory) -> None:
        self._run = run
        self._configuration = run.configuration
        self._directory = directory
        self._answers: dict[RelationName, Answer] = {}
        self._ours: set[RelationName] = set()
        """Those that a delivery has brought."""

    def learn(self, documents: Iterable[Document]) -> None:
        """Ask our own tables for everything that these documents need."""
        needed = {
            (kind, number, document.administration) for document in documents for kind, number, _ in _needed(document)
        }
        new = {name for name in needed if name not in self._answers}
        if not new:
            return
        for kind in {name[0] for name in new}:
            self._directory.read(kind, [name[1] for name in new if name[0] == kind])
        keys = {relation_key(administration, number) for _, number, administration in new}
        found = Posting.objects.filter(
            organisation_id=self._configuration.organisation_id,
            configuration=self._configuration,
            kind__in={name[0] for name in new},
            key__in=keys,
        ).defer("document", "problems")
        ours = {(row.kind, row.key): row for row in found}
        travelling = self._travelling(ours.values())
        for name in new:
            row = ours.get((name[0], relation_key(name[2], name[1])))
            self._answers[name] = _answer(row, travelling)
            if row is not None:
                self._ours.add(name)

    def unknown(self, document: Document) -> set[RelationName]:
        """The relations that the package must be asked for. Raises MustWaitError while one is on its way."""
        missing: set[RelationName] = set()
        for kind, number, _ in _needed(document):
            name = kind, number, document.administration
            if self._answers[name] == "on_its_way":
                raise MustWaitError(number)
            if self._answers[name] == "ask":
                missing.add(name)
        return missing

    def answered(self, name: RelationName, *, found: bool) -> None:
        """What the package said."""
        self._answers[name] = "known" if found else "refused" if name in self._ours else "unknown"

    def problems(self, document: Document) -> Iterator[Problem]:
        """A problem for each relation that neither the package nor a delivery has.

        Raises MustWaitError while a delivery that may hold it is still being taken in.
        """
        for kind, number, field in _needed(document):
            answer = self._answers[kind, number, document.administration]
            if answer == "on_its_way":
                raise MustWaitError(number)
            if answer == "refused":
                yield RELATION_REFUSED(field=field, value=number)
            elif answer == "unknown":
                if self._more_is_coming():
                    # For every document of this pass that needs it; the next pass asks anew.
                    self._answers[kind, number, document.administration] = "on_its_way"
                    raise MustWaitError(number)
                yield (CUSTOMER_UNKNOWN if kind == "customer" else SUPPLIER_UNKNOWN)(field=field, value=number)

    def number_problems(self, source: Document, document: Document) -> Iterator[Problem]:
        """Whether the number was used under another source journal that is mapped to the same one of the package."""
        if not isinstance(document, Invoice | JournalEntry) or document.number is None:
            return
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
            .exclude(state__in=UNSENT)
            .exists()
        )

    def _travelling(self, rows: Iterable[Posting]) -> set[int]:
        """Those of the pending ones that an open run is going to send."""
        pending = [row.pk for row in rows if row.state == Posting.State.PENDING]
        if not pending:
            return set()
        lines = Line.objects.filter(
            organisation_id=self._configuration.organisation_id,
            posting_id__in=pending,
            outcome=Line.Outcome.WAITING,
        ).exclude(run__state=Run.State.ENDED)
        return set(lines.values_list("posting_id", flat=True))

    def _more_is_coming(self) -> bool:
        """Whether an earlier delivery is still being taken in by a run of its own: relations come before entries."""
        return (
            Delivery.objects.filter(
                organisation_id=self._configuration.organisation_id,
                integration_id=self._configuration.integration_id,
                state=Delivery.State.WAITING,
                run__isnull=False,
                run__lt=self._run.pk,
            )
            .exclude(run__state=Run.State.ENDED)
            .exists()
        )


def of_another_document(posting: Posting, document: Document) -> Iterator[Problem]:
    """Whether a corrected document has become one that is known as another, by its number or journal."""
    key = posting_key(document)
    if key == posting.key:
        return
    known = Posting.objects.filter(
        organisation_id=posting.organisation_id, configuration=posting.configuration_id, kind=posting.kind, key=key
    )
    if known.exists():
        yield ANOTHER_DOCUMENT(field="number", value=identifier_of(document))


def _answer(ours: Posting | None, travelling: set[int]) -> Answer:
    if ours is None:
        return "ask"
    if ours.state == Posting.State.POSTED:
        return "known"
    under_way = ours.state == Posting.State.SENDING or ours.pk in travelling
    looked_up = ours.state == Posting.State.UNCERTAIN and ours.look_up_at is not None
    return "on_its_way" if under_way or looked_up else "ask"


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
