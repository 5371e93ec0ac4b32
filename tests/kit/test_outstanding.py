"""Parts of open items that came on several pages."""

from datetime import date
from decimal import Decimal
from typing import Any

from bookbridge.documents import OutstandingItem
from bookbridge.kit.outstanding import joined


def part(amount: str, id: str = "70/1", kind: Any = "sales", due: date | None = None) -> OutstandingItem:
    return OutstandingItem(kind=kind, external_id=id, open_amount=Decimal(amount), due_date=due)


def test_parts_add_up_and_the_earliest_due_date_counts() -> None:
    [item] = joined([part("50.00", due=date(2026, 5, 2)), part("21.00", due=date(2026, 4, 1)), part("0.50")])
    assert (item.open_amount, item.due_date) == (Decimal("71.50"), date(2026, 4, 1))


def test_what_is_settled_by_its_other_part_is_not_open() -> None:
    assert joined([part("50.00"), part("7.00", id="70/2"), part("-50.00")]) == [part("7.00", id="70/2")]


def test_of_a_whole_item_what_was_read_last_counts() -> None:
    before, after = (part(amount).model_copy(update={"is_whole": True}) for amount in ("121.00", "71.00"))
    assert joined([before, part("7.00", id="70/2"), after]) == [after, part("7.00", id="70/2")]
    assert joined([part("50.00"), before]) == [before]


def test_a_sale_and_a_purchase_of_one_id_are_two_items() -> None:
    assert len(joined([part("50.00"), part("50.00", kind="purchase")])) == 2
