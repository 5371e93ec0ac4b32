"""Customers and suppliers: parties of Tryton, each with its address, contacts, identifiers and bank accounts.

A party has no role in Tryton. Ours get a category for each role, so that a supplier with a customer's number changes
nothing of the customer; a party without either category, made by hand, is fit for both.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from bookbridge.connectors.tryton import notice_texts, texts
from bookbridge.connectors.tryton.client import TrytonClient, id_of
from bookbridge.connectors.tryton.lookups import BANK_FIELD, CATEGORIES, Lookups
from bookbridge.connectors.tryton.mapping import Codes, Party
from bookbridge.connectors.tryton.problems import is_doubted_vat_number
from bookbridge.documents import Customer, Problem, Relation, Supplier
from bookbridge.kit.contract import Directory, RelationKind
from bookbridge.kit.errors import CannotMapError, RefusedError
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Outcome, Posted

Record = dict[str, Any]

PARTIES: Final = "party.party"
_FIELDS = (
    "code",
    "name",
    "addresses.street",
    "addresses.postal_code",
    "addresses.city",
    "addresses.country",
    "contact_mechanisms.type",
    "contact_mechanisms.value",
    "identifiers.code",
    "categories.name",
    "customer_payment_term",
    "supplier_payment_term",
)
_INVOICING = ("addresses", "account_receivable", "account_payable", "categories.name")
_TERM = {"customer": "customer_payment_term", "supplier": "supplier_payment_term"}
_ACCOUNT = {"customer": "account_receivable", "supplier": "account_payable"}
_NOT_KEPT = (
    "search_code",
    "currency",
    "contact_name",
    "language",
    "blocked_bank_account",
    "payment_method",
    "ledger_account",
    "credit_limit",
    "our_customer_number",
)
_VAT_NUMBER = re.compile(r"[A-Z]{2}[0-9A-Z+*.]{2,13}")
EU_VAT = "eu_vat"


@dataclass(slots=True)
class _Changes:
    """What a party needs. `kept`: our names of shared details that differ and stay."""

    values: Record = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    role_added: bool = False


class Relations:
    """The parties of one database, as one company sees them."""

    def __init__(
        self, client: TrytonClient, directory: Directory, lookups: Lookups, codes: Callable[[], Codes]
    ) -> None:
        self._client = client
        self._directory = directory
        self._lookups = lookups
        self._codes = codes

    # --- for entries

    def find(self, kind: RelationKind, number: str) -> str | None:
        """The id of a party that is fit for the role; remembered for the next run."""
        party = self._invoiced(kind, number)
        return None if party is None else str(party["id"])

    def needed(self, kind: RelationKind, number: str, field: str) -> Party:
        """What an invoice needs of its party. Raises CannotMapError when there is no such party, or no address."""
        kept = self._directory.get(f"{kind}_invoicing", number)
        if kept is None:
            party = self._invoiced(kind, number)
            if party is None:
                raise CannotMapError((texts.RELATION_UNKNOWN(field=field, value=number),))
            if not party["addresses"]:
                raise CannotMapError((texts.NO_ADDRESS(field=field, value=number),))
            account = id_of(party.get(_ACCOUNT[kind])) or self._lookups.control_account(_ACCOUNT[kind])
            if not account:
                raise CannotMapError((texts.NO_CONTROL_ACCOUNT(field=field, value=number),))
            kept = f"{party['id']} {id_of(party['addresses'][0])} {account}"
            self._directory.put(f"{kind}_invoicing", number, kept)
        id, address, account = map(int, kept.split())
        return Party(id, address, account)

    def forget(self, kind: RelationKind, number: str) -> None:
        self._directory.forget(kind, number)
        self._directory.forget(f"{kind}_invoicing", number)

    def _invoiced(self, kind: RelationKind, number: str) -> Record | None:
        found = self._client.read_some(PARTIES, [["code", "=", number]], _INVOICING, 1)
        if not found or not _fits(kind, found[0]):
            self.forget(kind, number)
            return None
        self._directory.put(kind, number, str(found[0]["id"]))
        return found[0]

    # --- posting

    def post(self, relation: Customer | Supplier) -> Outcome:
        """Make the party, or change what is given and differs. Safe to repeat: Tryton keeps codes unique."""
        existing = self._read([["code", "=", relation.number]])
        if existing is None:
            return self._create(relation)
        return self._adapt(relation, existing)

    def update(self, relation: Customer | Supplier, id: str) -> Outcome:
        """Change the party with this id. Raises RefusedError when Tryton no longer has it."""
        existing = self._read([["id", "=", int(id)]])
        if existing is None:
            raise RefusedError(f'The value "{id}" for field "Party" does not exist.', 404)
        return self._adapt(relation, existing)

    def look_up(self, relation: Customer | Supplier) -> Found | Absent:
        """Found when the party is there as given. One that isn't yet counts as absent: posting again makes no second
        one, and completes what is missing."""
        existing = self._read([["code", "=", relation.number]])
        if existing is None:
            return Absent(f"{PARTIES} by code {relation.number}")
        if self._changes(relation, existing).values:
            return Absent(f"{PARTIES} by code {relation.number}: there, but not as given")
        return Found(str(existing["id"]), relation.number)

    def _create(self, relation: Customer | Supplier) -> Outcome:
        archived = [["code", "=", relation.number], ["active", "=", False]]
        if self._client.read_some(PARTIES, archived, ("id",), 1):
            raise CannotMapError((texts.CODE_IN_USE(field="number", value=relation.number),))
        changes = self._changes(relation, {"code": relation.number})
        changes.role_added = False
        # A party needs an address before it can be invoiced, if only an empty one.
        changes.values.setdefault("addresses", [["create", [{}]]])
        values = {"code": relation.number, **changes.values}
        record, doubted = self._sent(lambda given: self._client.create(PARTIES, given, ("id",)), values)
        return self._done(relation, str(record["id"]), changes, doubted=doubted)

    def _adapt(self, relation: Customer | Supplier, existing: Record) -> Outcome:
        changes = self._changes(relation, existing)
        doubted = False
        if changes.values:
            id = int(existing["id"])
            _, doubted = self._sent(lambda given: self._client.write(PARTIES, id, given), changes.values)
        return self._done(relation, str(existing["id"]), changes, doubted=doubted)

    def _sent(self, send: Callable[[Record], Any], values: Record) -> tuple[Any, bool]:
        """What came of it, and whether the VAT number had to go without its type: Tryton tries its check digits."""
        try:
            return send(values), False
        except RefusedError as error:
            if "identifiers" not in values or not is_doubted_vat_number(error.words):
                raise
        plain = [["create", [{**values["identifiers"][0][1][0], "type": None}]]]
        return send({**values, "identifiers": plain}), True

    def _done(self, relation: Customer | Supplier, id: str, changes: _Changes, *, doubted: bool) -> Outcome:
        self._directory.put(relation.kind, relation.number, id)
        notices: list[Problem] = []
        unkept = [name for name in _NOT_KEPT if getattr(relation, name, None) is not None] + changes.names
        if relation.blocked:
            unkept.append("blocked")
        if changes.role_added and changes.kept:
            notices.append(notice_texts.ROLE_ADDED(field="number", value=relation.number))
        elif changes.kept:
            notices.append(
                notice_texts.SHARED_DETAILS_KEPT(
                    field=changes.kept[0], value=relation.number, names=", ".join(changes.kept)
                )
            )
        if unkept:
            notices.append(notice_texts.FIELDS_NOT_KEPT(field=unkept[0], names=", ".join(unkept)))
        if doubted:
            notices.append(notice_texts.VAT_NUMBER_DOUBTED(field="vat_number"))
        if changes.values or notices:
            return Posted(id, relation.number, tuple(notices))
        return AlreadyThere(id, relation.number)

    def _read(self, domain: list[Any]) -> Record | None:
        fields: tuple[str, ...] = _FIELDS
        if self._lookups.keeps_bank_accounts():
            fields = (*fields, f"{BANK_FIELD}.numbers.number", f"{BANK_FIELD}.numbers.number_compact")
        found = self._client.read_some(PARTIES, domain, fields, 1)
        return found[0] if found else None

    # --- what differs

    def _changes(self, relation: Customer | Supplier, existing: Record) -> _Changes:
        """Only what is given and differs. Raises CannotMapError."""
        changes = _Changes()
        shared: dict[str, Record] = {
            **self._name(relation, existing),
            **self._address(relation, existing, changes),
            **self._contacts(relation, existing),
            **self._identifier(relation, existing),
            **self._bank_account(relation, existing, changes),
        }
        roles = _roles(existing)
        other = (set(CATEGORIES) - {relation.kind}).pop()
        if other in roles:
            changes.kept = list(shared)
            # A bank account or a contact that is missing overwrites nothing of the other role's.
            shared = {name: values for name, values in shared.items() if name == "bank_account"}
        for values in shared.values():
            _join(changes.values, values)
        if relation.kind not in roles:
            changes.role_added = True
            changes.values["categories"] = [["add", [self._lookups.category(relation.kind)]]]
        if relation.payment_condition is not None:
            term = self._codes().payment_condition(relation.payment_condition)
            if id_of(existing.get(_TERM[relation.kind])) != term:
                changes.values[_TERM[relation.kind]] = term
        changes.kept = [name for name in changes.kept if name != "bank_account"]
        return changes

    def _name(self, relation: Relation, existing: Record) -> dict[str, Record]:
        return {} if existing.get("name") == relation.name else {"name": {"name": relation.name}}

    def _address(self, relation: Relation, existing: Record, changes: _Changes) -> dict[str, Record]:
        given: Record = {"postal_code": relation.postal_code, "city": relation.city}
        street = "\n".join(filter(None, (relation.address_line_1, relation.address_line_2)))
        given["street"] = street or None
        if relation.country is not None:
            given["country"] = self._lookups.country(relation.country)
            if given["country"] is None:
                changes.names.append("country")
        held = next(iter(existing.get("addresses") or ()), None)
        current = {**held, "country": id_of(held.get("country"))} if held else {}
        differing = {name: value for name, value in given.items() if value is not None and current.get(name) != value}
        if not differing:
            return {}
        command = ["write", [held["id"]], differing] if held else ["create", [differing]]
        ours = {"postal_code": "postal_code", "city": "city", "street": "address_line_1", "country": "country"}
        return {ours[next(iter(differing))]: {"addresses": [command]}}

    def _contacts(self, relation: Relation, existing: Record) -> dict[str, Record]:
        found: dict[str, Record] = {}
        for kind in ("phone", "email"):
            value = getattr(relation, kind)
            held = [one for one in existing.get("contact_mechanisms") or () if one["type"] == kind]
            if value is None or value in {one["value"] for one in held}:
                continue
            command = ["write", [held[0]["id"]], {"value": value}] if held else ["create", [_contact(kind, value)]]
            found[kind] = {"contact_mechanisms": [command]}
        return found

    def _identifier(self, relation: Relation, existing: Record) -> dict[str, Record]:
        if relation.vat_number is None:
            return {}
        code = _compact(relation.vat_number)
        if code in {_compact(held["code"]) for held in existing.get("identifiers") or ()}:
            return {}
        kind = EU_VAT if _VAT_NUMBER.fullmatch(code) else None
        return {"vat_number": {"identifiers": [["create", [{"type": kind, "code": code}]]]}}

    def _bank_account(self, relation: Relation, existing: Record, changes: _Changes) -> dict[str, Record]:
        if relation.bank_account is None:
            return {}
        if not self._lookups.keeps_bank_accounts():
            changes.names.append("bank_account")
            return {}
        number = _compact(relation.bank_account)
        for account in existing.get(BANK_FIELD) or ():
            if number in {_compact(one.get("number_compact") or one["number"]) for one in account["numbers"] or ()}:
                return {}
        if not number[:2].isalpha():
            return {"bank_account": {BANK_FIELD: [["create", [_bank_number("other", number)]]]}}
        # "IBAN must be unique.": an account that another party has too is shared.
        shared = self._client.read_some("bank.account.number", [["number_compact", "=", number]], ("account",), 1)
        if shared:
            return {"bank_account": {BANK_FIELD: [["add", [id_of(shared[0]["account"])]]]}}
        return {"bank_account": {BANK_FIELD: [["create", [_bank_number("iban", number)]]]}}


def _bank_number(kind: str, number: str) -> Record:
    return {"numbers": [["create", [{"type": kind, "number": number}]]]}


def _contact(kind: str, value: str) -> Record:
    return {"type": kind, "value": value}


def _join(values: Record, more: Record) -> None:
    for name, value in more.items():
        values[name] = [*values[name], *value] if isinstance(value, list) and name in values else value


def _roles(party: Record) -> set[str]:
    held = {category["name"] for category in party.get("categories") or ()}
    return {role for role, name in CATEGORIES.items() if name in held}


def _fits(kind: RelationKind, party: Record) -> bool:
    roles = _roles(party)
    return not roles or kind in roles


def _compact(text: str | None) -> str:
    return "".join((text or "").split()).upper()
