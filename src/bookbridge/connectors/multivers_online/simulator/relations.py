"""Customers, suppliers and their bank accounts."""

from dataclasses import dataclass
from typing import Any

from bookbridge.connectors.multivers_online.simulator.books import Books, Record, limited, required
from bookbridge.connectors.multivers_online.simulator.texts import RefusedError
from bookbridge.kit.simulation import CodeInUseError

# Seacommerce/multivers-sdk-php, docs/Model/Customer.md; lengths of nielswitte/multivers-mock-server.
ROOMS = {
    "shortName": 8,
    "name": 40,
    "street1": 40,
    "street2": 40,
    "zipCode": 10,
    "city": 30,
    "countryId": 3,
    "email": 60,
    "telephone": 25,
    "vatNumber": 25,
    "currencyId": 3,
    "paymentConditionId": 3,
}
FIRST_NUMBER = 20001
DEFAULT_CONDITION = "30"


@dataclass(frozen=True)
class Role:
    kind: str
    key: str
    account: str
    state: str


ROLES = {
    "Customer": Role("customer", "customerId", "revenueAccountId", "customerStateId"),
    "Supplier": Role("supplier", "supplierId", "costAccountId", "supplierStateId"),
}


def add(books: Books, role: Role, fields: Record) -> Record:
    """Make a relation. Raises RefusedError."""
    number = str(fields.get(role.key) or books.store.next_number(f"{books.database}:{role.kind}", FIRST_NUMBER))
    organisation = books.store.next_number(f"organisation:{books.database}", 501)
    given = {"paymentConditionId": DEFAULT_CONDITION} if books.settings.gives_condition else {}
    record = {
        "creditSqueezeId": "0",
        **given,
        role.state: "A",
        **fields,
        role.key: number,
        "organizationId": organisation,
    }
    _check(books, role, record)
    try:
        books.store.add(role.kind, books.database, number, record)
    except CodeInUseError as error:
        raise RefusedError("relation_exists", field=role.key, number=number) from error
    return record


def change(books: Books, role: Role, number: str, fields: Record) -> Record:
    """Replace a relation by what is sent, which is all of it. Raises RefusedError."""
    before = books.known(role.kind, number, "relation_unknown", field=role.key, number=number)
    record = {**fields, role.key: number, "organizationId": before["organizationId"]}
    _check(books, role, record)
    books.store.put(role.kind, books.database, number, record)
    return record


def _check(books: Books, role: Role, record: Record) -> None:
    required(record, "shortName")
    required(record, "creditSqueezeId")
    limited(record, {**ROOMS, role.key: 8, role.account: 8})
    vat_number = record.get("vatNumber")
    if vat_number and record.get("countryId") == "NL":
        if not _is_vat_number(vat_number):
            raise RefusedError("vat_number")
        if not _passes(vat_number, books.settings.vat_number_test):
            raise RefusedError("vat_test", number=vat_number)
    for field, kind, refusal in (
        ("paymentConditionId", "condition", "condition_unknown"),
        ("currencyId", "currency", "currency_unknown"),
    ):
        if record.get(field):
            books.known(kind, record[field], refusal, code=record[field])


def _is_vat_number(text: str) -> bool:
    return len(text) == 14 and text[:2] == "NL" and text[2:11].isdigit() and text[11] == "B" and text[12:].isdigit()


def _passes(number: str, test: str) -> bool:
    """The tests of a VAT number: 97 over all of it with N = 23, L = 21 and B = 11, or 11 over its nine digits."""
    whole = int(f"2321{number[2:11]}11{number[12:]}")
    if whole % 97 == 1 or test == "modulo_97":
        return whole % 97 == 1
    weighed = sum((9 - place) * int(digit) for place, digit in enumerate(number[2:10]))
    return (weighed - int(number[10])) % 11 == 0


def add_bank_account(books: Books, fields: Record) -> Record:
    """Give an organisation a bank account. Raises RefusedError."""
    organisation = required(fields, "organizationId")
    required(fields, "iban")
    index = len(books.all("bank_account", str(organisation))) + 1
    record = {**fields, "indexNumber": index}
    books.store.add("bank_account", books.database, f"{organisation}/{index}", record, reference=str(organisation))
    return record


def bank_accounts(books: Books, role: Role, number: str) -> list[Any]:
    """Those of a relation."""
    relation = books.known(role.kind, number, "relation_unknown", field=role.key, number=number)
    return books.all("bank_account", str(relation["organizationId"]))
