"""The books as Tryton itself tells them, and what a bookkeeper does there beside us: paying and cancelling."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bookbridge.connectors.tryton.simulator import filling
from bookbridge.connectors.tryton.simulator.rpc import AdminRpc

Record = dict[str, Any]
_BOOKED = ("posted", "paid")
_INVOICE = ("number", "reference", "description", "comment", "type", "state", "total_amount", "currency.code", "move")
_MOVE = ("number", "description", "date", "state", "origin", "journal.code", "journal.type")
_LINE = ("debit", "credit", "account.code", "move", "party", "description", "maturity_date")


def books(rpc: AdminRpc) -> Record:
    """Everything that is booked, and how many drafts lie about."""
    invoices = rpc.find("account.invoice", [], _INVOICE)
    moves = rpc.find("account.move", [], _MOVE)
    lines = rpc.find("account.move.line", [["move.state", "=", "posted"]], _LINE)
    parties = [_party(rpc, found) for found in rpc.find("party.party", [], ("code", "name", "categories"))]
    posted = [move for move in moves if move["state"] == "posted"]
    summary = {
        "invoices": sum(invoice["state"] in _BOOKED for invoice in invoices),
        "moves": len(posted),
        "parties": len(parties),
        "draft_invoices": sum(invoice["state"] in ("draft", "validated") for invoice in invoices),
        "draft_moves": len(moves) - len(posted),
        "unbalanced": _unbalanced(lines),
    }
    told: Record = _told(
        {
            "summary": summary,
            "invoices": [_flat(invoice) for invoice in invoices],
            "moves": [_flat(move) for move in moves],
            "lines": [_flat(line) for line in lines],
            "parties": parties,
        }
    )
    return told


def _unbalanced(lines: Sequence[Record]) -> list[int]:
    sums: dict[int, Decimal] = {}
    for line in lines:
        sums[line["move"]] = sums.get(line["move"], Decimal(0)) + line["debit"] - line["credit"]
    return [move for move, total in sums.items() if total]


def _party(rpc: AdminRpc, party: Record) -> Record:
    """A party with what belongs to it."""
    of = [["party", "=", party["id"]]]
    addresses = rpc.find("party.address", of, ("street", "postal_code", "city", "country.code"))
    mechanisms = rpc.find("party.contact_mechanism", of, ("type", "value"))
    identifiers = rpc.find("party.identifier", of, ("type", "code"))
    numbers = rpc.find("bank.account.number", [["account.owners", "in", [party["id"]]]], ("number", "number_compact"))
    categories = rpc.find("party.category", [["id", "in", party["categories"]]], ("name",))
    return {
        "id": party["id"],
        "code": party["code"],
        "name": party["name"],
        "addresses": [_flat(address) for address in addresses],
        "contacts": mechanisms,
        "identifiers": identifiers,
        "bank_accounts": [number["number_compact"] or number["number"] for number in numbers],
        "categories": [category["name"] for category in categories],
    }


def _flat(record: Record) -> Record:
    """`{"journal.": {"code": …}}` as `{"journal_code": …}`."""
    flat = {name: value for name, value in record.items() if not name.endswith(".")}
    for name, inner in record.items():
        if name.endswith("."):
            flat |= {f"{name[:-1]}_{key}": value for key, value in (inner or {}).items()}
    return flat


def _told(value: Any) -> Any:
    """As plain JSON: amounts and dates as text."""
    if isinstance(value, dict):
        return {name: _told(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_told(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)


# --- what a bookkeeper does


def pay(rpc: AdminRpc, asked: Mapping[str, Any]) -> Record:
    """A payment: on an invoice, by Tryton's own wizard; or one that is linked to no invoice, as an entry in cash."""
    amount = Decimal(asked["amount"])
    if "invoice" not in asked:
        return {"move": _unmatched(rpc, asked["party"], amount)}
    invoice = int(asked["invoice"])
    method = rpc.find("account.invoice.payment.method", [], ())[0]["id"]
    [held] = rpc.find("account.invoice", [["id", "=", invoice]], ("currency", "amount_to_pay", "company", "party"))
    context = {"active_model": "account.invoice", "active_id": invoice, "active_ids": [invoice]}
    session, *_ = rpc.call("wizard.account.invoice.pay.create", **context)
    start = {
        "amount": amount,
        "currency": held["currency"],
        "company": held["company"],
        "payee": held["party"],
        "payment_method": method,
        "date": _today(),
    }
    told = rpc.call("wizard.account.invoice.pay.execute", session, {"start": start}, "choice", **context)
    if amount != held["amount_to_pay"]:
        # Names of what is referred to come along, under names with a point.
        given = {name: value for name, value in told["view"]["defaults"].items() if not name.endswith(".")}
        values = {**given, "type": "partial"}
        rpc.call("wizard.account.invoice.pay.execute", session, {"start": start, "ask": values}, "pay", **context)
    rpc.call("wizard.account.invoice.pay.delete", session)
    # Tryton's workers do this where they run: an invoice that is paid up changes its state.
    rpc.call("model.account.invoice.process", [invoice])
    return {"invoice": invoice}


def _unmatched(rpc: AdminRpc, party: str, amount: Decimal) -> int:
    day = _today()
    taken, given_back = max(amount, Decimal(0)), max(-amount, Decimal(0))
    person = rpc.only("party.party", ["code", "=", party])
    lines = [
        {"account": filling.account(rpc, filling.CASH), "debit": taken, "credit": given_back},
        {"account": filling.account(rpc, filling.RECEIVABLE), "debit": given_back, "credit": taken, "party": person},
    ]
    period = [["start_date", "<=", day], ["end_date", ">=", day], ["type", "=", "standard"]]
    given = {
        "company": rpc.context["company"],
        "journal": rpc.only("account.journal", ["code", "=", "CASH"]),
        "period": rpc.only("account.period", *period),
        "date": day,
        "description": "Receipt",
        "lines": [["create", lines]],
    }
    move = rpc.make("account.move", given)
    rpc.call("model.account.move.post", [move])
    return move


def cancel(rpc: AdminRpc, asked: Mapping[str, Any]) -> Record:
    """Take an invoice out of the books the way Tryton allows it: by an entry that undoes it."""
    invoice = int(asked["invoice"])
    rpc.call("model.account.invoice.cancel", [invoice])
    return {"invoice": invoice}


def _today() -> Any:
    return datetime.now(UTC).date()
