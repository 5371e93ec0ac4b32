"""Control endpoints of the Minox simulator: its books as text, payments, and entries that somebody alters."""

import datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from bookbridge.connectors.minox.simulator.batches import Batches, ledger_sum
from bookbridge.connectors.minox.simulator.lines import party, signed
from bookbridge.connectors.minox.simulator.open_items import SIDES, UNMATCHED, OpenItems
from bookbridge.connectors.minox.simulator.seed import DEMO_ADMINISTRATION
from bookbridge.kit.simulation import ControlError, SimulatorStore


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    administration: str = DEMO_ADMINISTRATION


class PaymentBody(_Body):
    """A payment on the invoice of a batch; without `batch` one of a relation that is linked to no invoice."""

    side: Literal["receivable", "payable"] = "receivable"
    batch: str | None = None
    account: str | None = None
    amount: Decimal


class EntryBody(_Body):
    """A batch to be deleted, or to have another amount (on its relation's line, or on each of a memorial) or date."""

    batch: str
    delete: bool = False
    amount: Decimal | None = None
    date: datetime.date | None = None


def whole_books(store: SimulatorStore, administration: str, batches: Batches, items: OpenItems) -> dict[str, Any]:
    """Everything in an administration, as text, with the sum of the ledger (which must be nil)."""
    held = batches.all()
    relations = {f"{kind}s": store.all(kind, administration) for kind in SIDES.values()}
    return {
        "administration": administration,
        "summary": {**{name: len(found) for name, found in relations.items()}, "batches": len(held)},
        "ledger_sum": str(sum((ledger_sum(batch) for batch in held), Decimal(0))),
        **relations,
        "batches": [{**batch, "journal_type": batches.journal_type(batch)} for batch in held],
        **{f"{side}s": items.all(side) for side in SIDES},
    }


def book_payment(batches: Batches, items: OpenItems, body: PaymentBody) -> dict[str, Any]:
    """Raises ControlError."""
    if body.batch is None:
        items.pay(body.side, body.account or "", UNMATCHED, body.amount)
        return {"paid": str(body.amount)}
    for batch in batches.all():
        if batch["id"] == body.batch:
            line = next(line for line in batch["lines"] if party(line))
            items.pay(body.side, party(line)[1], line["invoice_number"], body.amount)  # type: ignore[index]
            return {"paid": str(body.amount)}
    raise ControlError(f"There is no batch {body.batch}.")


def alter_entry(batches: Batches, body: EntryBody) -> dict[str, Any]:
    """What somebody does on Minox's own pages. Raises ControlError."""
    batch = next((batch for batch in batches.all() if batch["id"] == body.batch), None)
    if batch is None:
        raise ControlError(f"There is no batch {body.batch}.")
    if body.delete:
        batches.remove(body.batch)
        return {"deleted": body.batch}
    is_memorial = not any(party(line) for line in batch["lines"])
    for line in batch["lines"]:
        if body.date is not None:
            line["document_date"] = body.date.isoformat()
        if body.amount is not None and (is_memorial or party(line)):
            side = "debit" if signed(line) > 0 else "credit"
            line[side] = str(body.amount)
    batches.keep(batch)
    return {"altered": body.batch}
