"""Reads Minox' records: the package's settings, open items, and bookings. Pure.

Both forms that a list or a reference may have are understood, whichever of them is Minox' own.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from bookbridge.connectors.minox.choices import Choices
from bookbridge.documents import OutstandingItem, rounded
from bookbridge.kit.contract import OutstandingKind
from bookbridge.kit.package_settings import (
    AccountKind,
    CostCentre,
    Journal,
    JournalKind,
    LedgerAccount,
    PaymentCondition,
    Period,
    VatCode,
)

Record = dict[str, Any]

# Only `general` was seen (onetoweb/minox, docs/journal.rst); the others are the words that a type must begin with.
_JOURNAL_KINDS: Final[tuple[tuple[JournalKind, tuple[str, ...]], ...]] = (
    ("general", ("general", "memori")),
    ("sales", ("sale", "verko")),
    ("purchase", ("purchase", "inko")),
    ("cash", ("cash", "kas")),
    ("bank", ("bank", "giro")),
)
_CONTROLLED: Final[Mapping[JournalKind, AccountKind]] = {
    "sales": "customer_control",
    "purchase": "supplier_control",
    "bank": "bank",
    "cash": "cash",
}
REVERSE_CHARGE: Final = "verlegd"
PARTIES: Final = ("customer", "supplier")


def tenants(said: Any) -> tuple[str, ...]:
    """The tenants that a token reaches. `linked_tenants` is all that is known of the answer: numbers or records, and
    maybe the token's own tenant beside them."""
    found: list[str] = []
    if isinstance(said, dict):
        listed = said.get("linked_tenants") or []
        for one in [said.get("tenant"), said.get("tenant_id"), *(listed if isinstance(listed, list) else [listed])]:
            value = one.get("id", one.get("tenant_id")) if isinstance(one, dict) else one
            if value not in {None, ""}:
                found.append(code(value))
    if not found:
        raise ValueError("no tenant")
    return tuple(dict.fromkeys(found))


def code(value: Any) -> str:
    """An id as people know it. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).strip():
        raise ValueError("an id that is none")
    return str(value).strip()


def amount(value: Any) -> Decimal:
    """Absent is nil. Raises ValueError."""
    if value is None:
        return Decimal(0)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    raise ValueError("an amount that is no number")


def day(value: Any) -> date | None:
    """The day of a date or of a stamp (`2019-12-31T00:00:00.000Z`). Raises ValueError."""
    return date.fromisoformat(str(value)[:10]) if value else None


def _inside(record: Record, name: str) -> Any:
    """The id in an object of a record."""
    inside = record.get(name)
    return inside.get("id") if isinstance(inside, dict) else inside


def is_active(value: Any) -> bool:
    """`blocked` is an object with `active`, and may be a bare truth."""
    return bool(value.get("active")) if isinstance(value, dict) else bool(value)


# --- settings


def vat_code(record: Record, choices: Choices) -> VatCode:
    kind = str(record.get("type") or "").lower()
    account = record.get("ledger_account_id")
    return VatCode(
        code=code(record["id"]),
        name=record.get("description") or "",
        percentage=Decimal(str(record["percentage"])) if record.get("percentage") is not None else None,
        inclusive=choices.vat_booking == "within",
        sales="inko" not in kind,
        purchase="verko" not in kind,
        reverse_charge=REVERSE_CHARGE in kind,
        ledger_account=code(account) if account else None,
    )


def journal(record: Record) -> Journal:
    free = record.get("free_entry_number_input")
    return Journal(
        code=code(record["id"]),
        name=record.get("description") or "",
        kind=_journal_kind(str(record.get("type") or "")),
        own_numbers=free if isinstance(free, bool) else None,
    )


def _journal_kind(given: str) -> JournalKind:
    words = given.strip().lower()
    return next((kind for kind, begins in _JOURNAL_KINDS if words.startswith(begins)), "other")


def counterpart(record: Record) -> tuple[JournalKind, str]:
    """A journal's kind and its counterpart, the account on its other side; empty where it doesn't tell."""
    return _journal_kind(str(record.get("type") or "")), str(record.get("ledger_account_id") or "")


def account_kinds(
    counterparts: Iterable[tuple[JournalKind, str]], vat_codes: Iterable[VatCode]
) -> dict[str, AccountKind]:
    """What accounts are for. A ledger account doesn't tell; our reading: a journal's `ledger_account_id` is its
    counterpart, and that of a sales or purchase journal is the collective account."""
    found: dict[str, AccountKind] = {one.ledger_account: "vat" for one in vat_codes if one.ledger_account}
    found |= {account: _CONTROLLED[kind] for kind, account in counterparts if account and kind in _CONTROLLED}
    return found


def ledger_account(record: Record, kinds: Mapping[str, AccountKind]) -> LedgerAccount:
    own = _inside(record, "vat")
    return LedgerAccount(
        code=code(record["id"]),
        name=record.get("description") or "",
        blocked=is_active(record.get("blocked")),
        kind=kinds.get(code(record["id"]), "ordinary"),
        vat_code=code(own) if own else None,
    )


def payment_condition(record: Record) -> PaymentCondition:
    return PaymentCondition(code=code(record["id"]), name=record.get("description") or "", days=record.get("days"))


def cost_centre(record: Record) -> CostCentre:
    return CostCentre(code=code(record["id"]), name=record.get("description") or "")


def administration_name(record: Record) -> str:
    return str(record.get("name") or record.get("description") or record["id"])


def periods(record: Record) -> tuple[Period, ...]:
    """The periods of an administration. That they come with it, with dates, is documented; their names are not, so
    several are understood. Raises ValueError when nothing is."""
    years = record.get("fiscal_years") or record.get("years") or []
    found = tuple(_period(year, period) for year in years for period in year.get("periods") or [])
    if not found:
        raise ValueError("no periods")
    return found


def _period(year: Record, period: Record) -> Period:
    number = year.get("fiscal_year", year.get("year", year.get("id")))
    start, end = (
        day(period.get(f"{name}_date", period.get(name, period.get(f"date_{name}")))) for name in ("start", "end")
    )
    if start is None or end is None or number is None:
        raise ValueError("a period without a year or dates")
    closed = period.get("closed", period.get("blocked"))
    return Period(
        year=int(number),
        number=int(period.get("id", period.get("period"))),  # type: ignore[arg-type]
        start=start,
        end=end,
        is_open=None if closed is None else not is_active(closed),
    )


# --- lines of bookings


def signed(line: Record) -> Decimal:
    """Debit positive."""
    return amount(line.get("debit")) - amount(line.get("credit"))


def party(line: Record) -> tuple[str, str] | None:
    """The relation that a line is on, in either form that it may have."""
    account = line.get("account")
    if isinstance(account, dict) and account.get("type") in PARTIES:
        return account["type"], code(account["id"])
    found = ((kind, _inside(line, kind)) for kind in PARTIES)
    return next(((kind, code(id)) for kind, id in found if id is not None), None)


def account_of(line: Record) -> str:
    return code(line["account"]["id"])


def told_vat(line: Record) -> Decimal | None:
    """The VAT that a line tells, counted as its amount: debit positive."""
    vat = line.get("vat")
    told = vat.get("amount") if isinstance(vat, dict) else None
    if told is None:
        return None
    return amount(told) * (1 if signed(line) >= 0 else -1)


def currency(line: Record) -> str:
    """A line without one is in euros."""
    return str(_inside(line, "currency") or "EUR")


def journal_of(line: Record) -> str:
    return code(_inside(line, "journal"))


def batch_of(line: Record) -> str | None:
    """The id of the booking that a line of the ledger belongs to. Open: does the list tell it, and by which name?"""
    found = _inside(line, "transaction_line_batch") or _inside(line, "batch") or line.get("batch_id")
    return str(found) if found else None


# --- open items


def outstanding_items(kind: OutstandingKind, records: Iterable[Record], choices: Choices) -> Iterator[OutstandingItem]:
    """Raises ValueError or KeyError for a record that can't be understood."""
    sign = -1 if kind == "purchase" and choices.payable_balance == "negative" else 1
    for record in records:
        yield _item(kind, record, sign)


def _item(kind: OutstandingKind, record: Record, sign: int) -> OutstandingItem:
    """An item is known by relation and invoice number, which is what Minox itself matches by."""
    relation = code(record["account_id"])
    number = record.get("invoice_number")
    unmatched = is_unmatched(record)
    held = record.get("currency")
    in_currency = currency(record)
    # Several payments without an invoice may be open at once: their dates and amounts tell them apart, and what is
    # alike in both adds up.
    told = f"{record.get('invoice_date')}/{record.get('payment_id') or record.get('paid')}" if unmatched else number
    account = record.get("account")

    def money(name: str) -> Decimal:
        return rounded(amount(record.get(name)) * sign, in_currency)

    return OutstandingItem(
        kind=kind,
        external_id=f"{relation}/{told}",
        relation_number=relation,
        relation_name=account.get("description") if isinstance(account, dict) else None,
        invoice_number=None if unmatched else code(number),
        invoice_date=day(record.get("invoice_date")),
        due_date=day(record.get("due_date")),
        currency=in_currency,
        exchange_rate=Decimal(held["exchange_rate"]) if isinstance(held, dict) and held.get("exchange_rate") else None,
        invoice_amount=None if unmatched else money("total"),
        paid_amount=money("paid"),
        open_amount=money("balance"),
        unmatched_payment=unmatched,
    )


def is_unmatched(record: Record) -> bool:
    """A payment that is linked to no invoice. How Minox shows one isn't public; our reading: without a number."""
    return not record.get("invoice_number")
