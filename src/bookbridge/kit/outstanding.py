"""Open items, as a connector reads them."""

from collections.abc import Iterable
from dataclasses import dataclass

from bookbridge.documents import OutstandingItem


@dataclass(frozen=True, slots=True)
class OutstandingPage:
    """Open items, or the parts of them that a page holds. Parts have the same kind and external id: their open amounts
    add up, and the earliest due date counts. An item that says `is_whole` replaces what was read of it before.

    `following`: by which the connector finds the next page, also in another process and hours later; None after the
    last one."""

    items: tuple[OutstandingItem, ...]
    following: str | None


def joined(parts: Iterable[OutstandingItem]) -> list[OutstandingItem]:
    """The items that the parts of all pages make together, in the order they were read, without those of which nothing
    is open."""
    found: dict[tuple[str, str], OutstandingItem] = {}
    for part in parts:
        key = (part.kind, part.external_id)
        found[key] = part if part.is_whole or key not in found else _added(found[key], part)
    return [item for item in found.values() if item.open_amount]


def _added(item: OutstandingItem, part: OutstandingItem) -> OutstandingItem:
    due_dates = [due for due in (item.due_date, part.due_date) if due is not None]
    return item.model_copy(
        update={"open_amount": item.open_amount + part.open_amount, "due_date": min(due_dates, default=None)}
    )
