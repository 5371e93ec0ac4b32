"""Reading what the books hold of a period: all of it, nothing else, and nothing by halves."""

from datetime import date, timedelta
from decimal import Decimal

from bookbridge.documents import Document, money_of
from bookbridge.kit.booked import BookedEntry
from bookbridge.kit.conformance.cases import case
from bookbridge.kit.conformance.expect import posted_or_there
from bookbridge.kit.conformance.rig import MOST_PAGES, Rig, changing
from bookbridge.kit.contract import Connector
from bookbridge.kit.errors import PackageError
from bookbridge.kit.simulation import FaultKind


def _booked(rig: Rig, since: date | None = None, until: date | None = None) -> dict[str, list[BookedEntry]]:
    """The entries of a period, which is the open day unless told otherwise, by external id; each page by a new
    connector, as after a pause."""
    day = rig.stage.codes.open_day
    found: dict[str, list[BookedEntry]] = {}
    after: str | None = None
    for _page in range(MOST_PAGES):
        page = rig.connector().booked(since or day, until or since or day, after)
        for entry in page.entries:
            found.setdefault(entry.external_id, []).append(entry)
        after = page.following
        if after is None:
            return found
    raise AssertionError(f"no end after {MOST_PAGES} pages")


def _posted(rig: Rig, *documents: Document) -> list[str]:
    connector = rig.connector()
    return [posted_or_there(rig.post(document, connector)) for document in documents]


def _entries(rig: Rig) -> list[Document]:
    samples, kinds = rig.samples, rig.fact_sheet.capabilities.documents
    made: dict[str, Document] = {
        "sales_invoice": samples.sales(),
        "purchase_invoice": samples.purchase(),
        "journal_entry": samples.memorial(),
    }
    return [document for kind, document in made.items() if kind in kinds]


def _with_relations(rig: Rig) -> None:
    kinds = rig.fact_sheet.capabilities.documents
    rig.posted(*(made for made in (rig.samples.customer(), rig.samples.supplier()) if made.kind in kinds))


@case(compare=True)
def booked_holds_what_was_posted(rig: Rig) -> None:
    """What was posted is among what the books hold, under the id that posting it gave, with kind, journal, date and
    the amount that reconciliation counts."""
    _with_relations(rig)
    documents = _entries(rig)
    ids = _posted(rig, *documents)
    with rig.calls() as calls:
        found = _booked(rig)
    assert not changing(calls), "reading changed something"
    for document, external_id in zip(documents, ids, strict=True):
        parts, money = found.get(external_id), money_of(document)
        assert parts, f"the {document.kind} is not among what the books hold"
        assert money is not None
        assert {part.kind for part in parts} == {document.kind}
        assert {part.currency for part in parts} == {money.currency}
        assert {part.journal for part in parts} == {getattr(document, "journal", "")}
        assert {part.entry_date for part in parts} == {rig.stage.codes.open_day}
        amounts = [part.amount for part in parts if part.amount is not None]
        assert not amounts or sum(amounts, Decimal(0)) == money.amount, f"{document.kind}: {amounts} for {money}"


@case("sales_invoice", compare=True)
def booked_counts_a_credit_note_negative(rig: Rig) -> None:
    """A credit note has the sign that the document has."""
    line = rig.samples.line(amount=Decimal("-100.00"), vat_amount=Decimal("-21.00"))
    rig.posted(rig.samples.customer())
    [external_id] = _posted(rig, rig.samples.sales(total=Decimal("-121.00"), lines=(line,)))
    assert [part.amount for part in _booked(rig)[external_id]] == [Decimal("-121.00")]


@case("sales_invoice", compare=True)
def booked_lacks_what_was_deleted(rig: Rig) -> None:
    """What somebody deleted in the package is no longer among what the books hold; its neighbour stays."""
    assert rig.stage.remove is not None, "the stage can't delete an entry"
    rig.posted(rig.samples.customer())
    gone, stays = _posted(rig, rig.samples.sales(), rig.samples.sales(number="26000124"))
    rig.control(rig.stage.remove(next(held for held in rig.held("sales_invoice") if held.identity == gone)))
    assert set(_booked(rig)) == {stays}


@case("sales_invoice", compare=True)
def booked_tells_what_was_altered(rig: Rig) -> None:
    """An amount that somebody changed in the package is told as it is now."""
    assert rig.stage.alter is not None, "the stage can't alter an entry"
    rig.posted(rig.samples.customer())
    [external_id] = _posted(rig, rig.samples.sales())
    rig.control(rig.stage.alter(rig.held("sales_invoice")[0], Decimal("99.50"), None))
    assert [part.amount for part in _booked(rig)[external_id]] == [Decimal("99.50")]


@case("sales_invoice", compare=True)
def booked_keeps_to_the_days(rig: Rig) -> None:
    """Both days belong to the period; the day before and the day after don't."""
    assert rig.stage.alter is not None, "the stage can't alter an entry"
    first = rig.stage.codes.open_day
    last = first + timedelta(days=2)
    rig.posted(rig.samples.customer())
    days = [first - timedelta(days=1), first, last, last + timedelta(days=1)]
    ids = _posted(rig, *(rig.samples.sales(number=str(26000200 + number)) for number in range(len(days))))
    held = {record.identity: record for record in rig.held("sales_invoice")}
    for external_id, day in zip(ids, days, strict=True):
        rig.control(rig.stage.alter(held[external_id], None, day))
    assert set(_booked(rig, first, last)) == set(ids[1:3])


@case("sales_invoice", compare=True)
def booked_reads_every_page(rig: Rig) -> None:
    """More than a page of entries comes whole, each once, and goes on where another connector stopped."""
    count = rig.stage.page_size + 5
    rig.posted(rig.samples.customer())
    ids = _posted(rig, *(rig.samples.sales(number=str(26000200 + number)) for number in range(count)))
    found = _booked(rig)
    assert set(found) == set(ids)
    assert all(len(parts) == 1 for parts in found.values()), "an invoice came twice"


@case("sales_invoice", compare=True)
def booked_breaks_off_loudly(rig: Rig) -> None:
    """A page that can't be read is an exception, never an empty or a last page."""
    rig.posted(rig.samples.customer(), rig.samples.sales())
    for kind in (FaultKind.SERVER_ERROR, FaultKind.CUT_BEFORE, FaultKind.REFUSE, FaultKind.TOO_MANY_REQUESTS):
        connector = rig.connector()
        rig.heal()
        rig.fault(kind, "booked")
        _fails(connector, rig.stage.codes.open_day, kind)


def _fails(connector: Connector, day: date, kind: FaultKind) -> None:
    after: str | None = None
    try:
        for _page in range(MOST_PAGES):
            after = connector.booked(day, day, after).following
            if after is None:
                break
    except PackageError:
        return
    raise AssertionError(f"{kind}: a broken page went unnoticed")


@case(compare=True)
def nothing_booked(rig: Rig) -> None:
    """A period without entries is an answer."""
    assert _booked(rig, rig.stage.codes.open_day.replace(year=rig.stage.codes.open_day.year - 5)) == {}
