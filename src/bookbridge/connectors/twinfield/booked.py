"""What the books hold of some days, a period and a kind at a time: a browse has no pages of its own."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from typing import Final, NamedTuple

from bookbridge.connectors.twinfield import reading
from bookbridge.connectors.twinfield.client import TwinfieldClient
from bookbridge.connectors.twinfield.entries import BROWSES, IN_THE_BOOKS
from bookbridge.connectors.twinfield.mapping import period_text
from bookbridge.documents import DocumentKind
from bookbridge.kit.answering import understood
from bookbridge.kit.booked import BookedEntry
from bookbridge.kit.package_settings import Journal, Period

KINDS: Final[dict[DocumentKind, str]] = {
    "sales_invoice": "sales",
    "purchase_invoice": "purchase",
    "journal_entry": "general",
}


class Page(NamedTuple):
    kind: DocumentKind
    period: str


def cover(periods: Iterable[Period], since: date, until: date) -> bool:
    """Whether both days lie in periods that are known."""
    known = list(periods)
    return all(any(period.start <= day <= period.end for period in known) for day in (since, until))


def pages(periods: Iterable[Period], since: date, until: date) -> list[Page]:
    """The periods that have a day of those asked for."""
    touched = [period_text(p.year, p.number) for p in periods if p.start <= until and p.end >= since]
    return [Page(kind, period) for kind in KINDS for period in touched]


def entries(
    client: TwinfieldClient, page: Page, journals: Sequence[Journal], since: date, until: date
) -> tuple[BookedEntry, ...]:
    """The entries of a page. Raises the errors of kit.errors."""
    codes = {journal.code for journal in journals if journal.kind == KINDS[page.kind]}
    filters = {f"{reading.HEAD}yearperiod": ("between", page.period, page.period)}
    rows = client.browse(BROWSES[page.kind], reading.BOOKED_FIELDS, filters)
    here = [row for row in rows if row["code"] in codes and row.get(f"{reading.HEAD}status", "") in IN_THE_BOOKS]
    found = (understood("Twinfield", partial(reading.booked_entry, page.kind), row) for row in here)
    return tuple(entry for entry in found if since <= entry.entry_date <= until)
