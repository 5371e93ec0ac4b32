"""What can be read: the lists, and records one by one."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bookbridge.connectors.multivers_online.simulator import invoices, relations, seed
from bookbridge.connectors.multivers_online.simulator.books import Books, Record

_FIXED: Mapping[str, Mapping[int, str]] = {
    "JournalTypeNVL": seed.JOURNAL_TYPES,
    "AccountTypeNVL": seed.ACCOUNT_TYPES,
    "FiscalYearStateNVL": seed.YEAR_STATES,
    "SalesVatScenarioNVL": seed.SALES_SCENARIOS,
    "PurchaseVatScenarioNVL": seed.PURCHASE_SCENARIOS,
    "CustomerGroupNVL": seed.GROUPS,
    "SupplierGroupNVL": seed.GROUPS,
}
_GROUP_ACCOUNTS = {"CustomerGroupInfo": seed.DEBTORS_ACCOUNT, "SupplierGroupInfo": seed.CREDITORS_ACCOUNT}
_PLAIN = {
    "VatCodeInfoList": "vat_code",
    "PaymentConditionInfoList": "condition",
    "CostCentreNVL": "cost_centre",
    "CostUnitNVL": "cost_unit",
    "CurrencyNVL": "currency",
}


def rows(books: Books, parts: list[str], arguments: Mapping[str, str]) -> list[Record] | None:
    """The rows of a list; None where the address is none of a list."""
    resource, rest = parts[0], parts[1:]
    if resource in _FIXED:
        return [{"name": str(code), "value": name} for code, name in _FIXED[resource].items()]
    if resource in _PLAIN:
        return books.all(_PLAIN[resource])
    return _keyed(books, resource, rest) if len(rest) > 1 else _yearly(books, resource, rest, arguments)


def _keyed(books: Books, resource: str, rest: list[str]) -> list[Record] | None:
    if resource.endswith("InvoiceInfoList"):
        return _invoices(books, resource, rest)
    if resource == "JournalEntryLineInfoList" and len(rest) == 4 and rest[0] == "ByDate":
        return _lines(books, int(rest[1]), _day(rest[2]), _day(rest[3]))
    if resource == "JournalTransactionInfoList":
        return books.all("transaction", f"{rest[1]}/{rest[0]}")
    if resource == "BankAccountInfoList":
        return relations.bank_accounts(books, relations.ROLES[rest[0].removeprefix("By").removesuffix("Id")], rest[1])
    return None


def _yearly(books: Books, resource: str, rest: list[str], arguments: Mapping[str, str]) -> list[Record] | None:
    if resource == "FiscalYearInfoList":
        return [_year(books, record) for record in books.all("fiscal_year")]
    if resource == "AccountInfoList" and len(rest) == 1:
        return books.all("account", rest[0])
    if resource == "PeriodInfoList":
        return [_dated(record) for record in books.all("period", arguments.get("fiscalYear", ""))]
    if resource == "JournalInfoList":
        year = arguments.get("fiscalYear", str(max(seed.YEARS)))
        used = {j["journalId"]: books.all("transaction", f"{year}/{j['journalId']}") for j in books.all("journal")}
        last = {code: max((each["transactionId"] for each in found), default=0) for code, found in used.items()}
        return [{**j, "journalTransaction": last[j["journalId"]]} for j in books.all("journal")]
    return None


def _year(books: Books, record: Record) -> Record:
    return {**_dated(record), "state": int(record["fiscalYear"] in books.settings.closed_years)}


def _dated(record: Record) -> Record:
    return {**record, "startDate": record["_start"], "endDate": record["_end"]}


def _invoices(books: Books, resource: str, rest: list[str]) -> list[Record] | None:
    side = invoices.SIDES.get(resource.removesuffix("InfoList"))
    if side is None or rest[:1] != ["ByFiscalYear"] or len(rest) != 3:
        return None
    return [invoices.info(books, side, record) for record in invoices.listed(books, side, int(rest[1]), int(rest[2]))]


def _lines(books: Books, year: int, since: date, until: date) -> list[Record]:
    days = (since.isoformat(), until.isoformat())
    return [
        line
        for line in books.all("line")
        if line["fiscalYear"] == year and days[0] <= line["transactionDate"] <= days[1]
    ]


def _day(text: str) -> date:
    return datetime.strptime(text, "%d-%m-%Y").date()  # noqa: DTZ007 - dates carry no zone here.


def one(books: Books, parts: list[str]) -> Record | None:
    """A record by its key: empty where there is none; None where the address is none of a record."""
    resource, key = parts[0], "/".join(parts[1:])
    if resource in relations.ROLES:
        return books.get(relations.ROLES[resource].kind, key) or {}
    if resource in invoices.SIDES:
        found = books.get(invoices.SIDES[resource].kind, key)
        return complete(found, books) if found else {}
    if resource in _GROUP_ACCOUNTS:
        return {"ledgerAccountId": _GROUP_ACCOUNTS[resource]} if key == "1" else {}
    if resource == "FinTrans" and len(parts) == 4:
        return books.get("fin_trans", key) or {}
    return None


def complete(record: Record, books: Books) -> Record:
    """An invoice with its totals in the sign that the settings give a credit note; other records as they are."""
    if "amountTotalCur" not in record or books.settings.credit_totals_negative:
        return record
    totals: dict[str, Any] = {
        name: str(abs(Decimal(record[name]))) for name in ("amountTotalCur", "totalAmountVatExclCur", "vatAmountCur")
    }
    return {**record, **totals}
