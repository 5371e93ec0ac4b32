"""Customer and supplier invoices: booked finished, each with its debtor or creditor line, its VAT and its open item."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from bookbridge.connectors.multivers_online.simulator import seed
from bookbridge.connectors.multivers_online.simulator.books import Books, Record, cents, day_of, limited, required
from bookbridge.connectors.multivers_online.simulator.texts import RefusedError
from bookbridge.kit.simulation import CodeInUseError

OPEN, SETTLED, OVERDUE = 0, 1, 2
ANY, ONLY_OPEN, ONLY_PAID = 0, 1, 2


@dataclass(frozen=True)
class Side:
    kind: str
    lines: str
    party: str
    party_kind: str
    journal_type: int
    credit_type: int
    scenarios: Mapping[int, str]
    control_account: str
    sign: int
    """+1 where the relation's line is in debit."""


SIDES = {
    "CustomerInvoice": Side(
        "customer_invoice",
        "customerInvoiceLines",
        "customerId",
        "customer",
        seed.SALES,
        2,
        seed.SALES_SCENARIOS,
        seed.DEBTORS_ACCOUNT,
        1,
    ),
    "SupplierInvoice": Side(
        "supplier_invoice",
        "supplierInvoiceLines",
        "supplierId",
        "supplier",
        seed.PURCHASE,
        3,
        seed.PURCHASE_SCENARIOS,
        seed.CREDITORS_ACCOUNT,
        -1,
    ),
}
HEADER_ROOMS = {"invoiceId": 8, "journalId": 3, "currencyId": 3, "paymentConditionId": 3, "paymentReference": 16}


def accept(books: Books, side: Side, fields: Record) -> Record:
    """Book an invoice; gives its record. Raises RefusedError. Call within a transaction."""
    limited(fields, HEADER_ROOMS)
    day = _check_header(books, side, fields)
    number, year = _invoice_id(books, side, fields), fields["fiscalYear"]
    base, vat, reverse = _amounts(books, side, fields)
    total = base + vat
    due = day_of(fields, "invoiceExpirationDate") if fields.get("invoiceExpirationDate") else _due(books, fields, day)
    record = {
        **fields,
        "invoiceId": number,
        "invoiceDate": day.isoformat(),
        "invoiceExpirationDate": due.isoformat(),
        "currencyId": fields.get("currencyId") or seed.BASE_CURRENCY,
        "exchangeRate": str(fields.get("exchangeRate") or 1),
        "amountTotalCur": str(total),
        "totalAmountVatExclCur": str(base),
        "vatAmountCur": str(vat),
        "_balance": str(total),
        "_paid": "0",
        "_payments": [],
    }
    key = number
    while books.settings.repeats_invoice_numbers and books.get(side.kind, key):
        key += "*"
    try:
        books.store.add(side.kind, books.database, key, record)
    except CodeInUseError as error:
        raise RefusedError("id_taken", number=number) from error
    books.take_number(year, fields["journalId"], fields["journalTransaction"], day, str(fields.get("reference") or ""))
    _write_ledger(books, side, record, vat, reverse)
    return record


def _check_header(books: Books, side: Side, fields: Record) -> date:
    party = required(fields, side.party)
    books.known(side.party_kind, party, "relation_unknown", field=side.party, number=party)
    year, period = required(fields, "fiscalYear"), required(fields, "periodNumber")
    day = day_of(fields, "invoiceDate")
    books.journal(required(fields, "journalId"), side.journal_type)
    books.check_period(year, period)
    condition = required(fields, "paymentConditionId")
    books.known("condition", condition, "condition_unknown", code=condition)
    if fields.get("currencyId"):
        books.known("currency", fields["currencyId"], "currency_unknown", code=fields["currencyId"])
    scenario = fields.get("vatScenarioId")
    if scenario is not None and scenario not in side.scenarios:
        raise RefusedError("scenario_unknown", code=scenario)
    for line in required(fields, side.lines):
        day_of(line, "transactionDate")
        books.check_line(line, year)
    return day


def _invoice_id(books: Books, side: Side, fields: Record) -> str:
    number = str(fields.get("invoiceId") or books.store.next_number(f"{books.database}:{side.kind}", 1))
    if books.settings.digits_only and not number.isdigit():
        raise RefusedError("digits_only")
    return number


def _due(books: Books, fields: Record, day: date) -> date:
    condition = books.known("condition", fields["paymentConditionId"], "condition_unknown", code="")
    return day + timedelta(days=condition["paymentDays"])


def net_of(side: Side, line: Mapping[str, Any]) -> Decimal:
    """What a line adds to the invoice: turnover is in credit, costs are in debit."""
    debit, credit = (Decimal(str(line.get(name) or 0)) for name in ("debitAmountCur", "creditAmountCur"))
    return (credit - debit) * side.sign


def _amounts(books: Books, side: Side, fields: Record) -> tuple[Decimal, Decimal, Decimal]:
    """Base, VAT on the invoice, and VAT that the receiver owes itself."""
    base = sum((net_of(side, line) for line in fields[side.lines]), Decimal(0))
    given = fields.get("vatTransactionLines")
    if given:
        return base, sum((Decimal(str(line.get("vatAmountCur") or 0)) for line in given), Decimal(0)), Decimal(0)
    if not fields.get("autoCalculateVat"):
        return base, Decimal(0), Decimal(0)
    vat = sum(
        (
            cents(net_of(side, line) * books.percentage(line["vatCodeId"]) / 100)
            for line in fields[side.lines]
            if line.get("vatCodeId") is not None
        ),
        Decimal(0),
    )
    return (base, Decimal(0), vat) if fields.get("vatScenarioId") in seed.REVERSE_CHARGE else (base, vat, Decimal(0))


def _write_ledger(books: Books, side: Side, record: Record, vat: Decimal, reverse: Decimal) -> None:
    place = f"{record['fiscalYear']}/{record['journalId']}/{record['journalTransaction']}"
    rate = Decimal(record["exchangeRate"])
    common = {
        side.party: record[side.party],
        "transactionDate": record["invoiceDate"],
        "currencyId": record["currencyId"],
    }
    common |= {"periodNumber": record["periodNumber"], "document": record["invoiceId"]}

    def write(account: str, amount: Decimal, **more: Any) -> None:
        books.write(place, account, cents(side.sign * amount * rate), {**common, **more})

    booked = [-cents(net_of(side, line) * rate) for line in record[side.lines]]
    own_vat = -cents(vat * rate)
    # The relation's line takes the cent that the rate leaves over.
    books.write(place, side.control_account, side.sign * -(sum(booked, Decimal(0)) + own_vat), common)
    for line in record[side.lines]:
        write(line["accountId"], -net_of(side, line), description=line.get("description") or "")
    account = seed.VAT_TO_PAY if side.sign > 0 else seed.VAT_TO_CLAIM
    if vat:
        write(account, -vat)
    if reverse:
        write(seed.VAT_TO_CLAIM, -reverse)
        write(seed.VAT_TO_PAY, reverse)


def pay(books: Books, side: Side, record: Record, amount: Decimal, day: str) -> None:
    """Book a receipt or payment on an invoice."""
    record["_balance"] = str(Decimal(record["_balance"]) - amount)
    record["_paid"] = str(Decimal(record["_paid"]) + amount)
    year = int(day[:4])
    number = books.next_number(year, "BNK")
    books.take_number(year, "BNK", number, date.fromisoformat(day), f"Betaling {record['invoiceId']}")
    place = f"{year}/BNK/{number}"
    line = {"transactionDate": day, "document": record["invoiceId"], "periodNumber": int(day[5:7])}
    books.write(place, seed.BANK_LEDGER, side.sign * amount, line)
    books.write(place, side.control_account, -side.sign * amount, line)
    payment = {"journalId": "BNK", "journalTransaction": number, "paidAmountCur": str(amount), "paymentDate": day}
    record["_payments"] = [*record["_payments"], {**payment, "fiscalYear": year}]
    books.store.put(side.kind, books.database, record["invoiceId"], record)


def info(books: Books, side: Side, record: Record) -> Record:
    """The record as the information lists show it."""
    party = books.get(side.party_kind, record[side.party]) or {}
    rate = Decimal(record["exchangeRate"])
    shown = {name: record.get(name) for name in ("invoiceId", "invoiceDate", "invoiceExpirationDate", "currencyId")}
    shown |= {name: record.get(name) for name in (side.party, "fiscalYear", "journalId", "journalTransaction")}
    for name, value in (("invoiceAmount", record["amountTotalCur"]), ("invoiceBalance", record["_balance"])):
        shown |= {f"{name}Cur": value, name: str(cents(Decimal(value) * rate))}
    return {
        **shown,
        "invoiceReference": record.get("reference"),
        "settledAmountCur": record["_paid"],
        "name": party.get("name"),
        "state": state_of(books, record),
        "isAdvance": bool(record.get("_advance")),
        "payments": record["_payments"],
    }


def state_of(books: Books, record: Record) -> int:
    if not Decimal(record["_balance"]):
        return SETTLED
    return OVERDUE if record["invoiceExpirationDate"] < books.clock.now().date().isoformat() else OPEN


def listed(books: Books, side: Side, year: int, wanted: int) -> list[Record]:
    """The invoices of a fiscal year in a state, in the meaning that the settings give it."""
    found = []
    for record in books.all(side.kind):
        is_open = bool(Decimal(record["_balance"]))
        own_year = record["fiscalYear"] == year
        if own_year or (books.settings.carries_over and is_open and record["fiscalYear"] < year):
            found.append((record, state_of(books, record), is_open))
    if books.settings.invoice_state == "any_open_paid":
        fitting = {ANY: (True, False), ONLY_OPEN: (True,), ONLY_PAID: (False,)}.get(wanted, ())
        return [record for record, _, is_open in found if is_open in fitting]
    states = {wanted} | ({OVERDUE} if wanted == OPEN and books.settings.overdue_is_open else set())
    return [record for record, state, _ in found if state in states]
