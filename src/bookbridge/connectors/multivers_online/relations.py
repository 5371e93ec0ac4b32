"""Customers and suppliers in Multivers Online: two resources, each record known by the relation's number."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from bookbridge.connectors.multivers_online import texts
from bookbridge.connectors.multivers_online.client import MultiversClient, words_in
from bookbridge.connectors.multivers_online.mapping import NUMBER_ROOM, UNFIT_FOR_ADDRESSES, Wanting
from bookbridge.connectors.multivers_online.problems import problem_of
from bookbridge.documents import Customer, Problem, Relation, Supplier, dutch_vat_number_is_valid
from bookbridge.kit.contract import Directory, RelationKind
from bookbridge.kit.errors import CannotMapError, RefusedError
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Outcome, Posted, Refused

Record = dict[str, Any]

BANK_ACCOUNT: Final = "BankAccount"
SHORT_NAME_ROOM: Final = 8
# Our name, Multivers's, and its length. Texts may be cut; of the others a part would be something else.
TEXTS: Final = (
    ("name", "name", 40),
    ("address_line_1", "street1", 40),
    ("address_line_2", "street2", 40),
    ("city", "city", 30),
)
WHOLE: Final = (
    ("postal_code", "zipCode", 10),
    ("country", "countryId", 3),
    ("email", "email", 60),
    ("phone", "telephone", 25),
    ("vat_number", "vatNumber", 25),
    ("currency", "currencyId", 3),
    ("language", "languageId", 3),
    ("payment_condition", "paymentConditionId", 3),
)
NOT_KEPT: Final = ("contact_name", "payment_method", "blocked_bank_account", "our_customer_number")
_DUTCH_VAT_NUMBER: Final = re.compile(r"NL\d{9}B\d{2}", re.ASCII)
_CASELESS: Final = {"countryId", "languageId", "shortName"}


@dataclass(frozen=True)
class _Role:
    resource: str
    key: str
    account: str
    state: str
    bank_accounts: str


# Open: the fields of a supplier aren't public. We take the customer's, with a cost account.
ROLES: Final[Mapping[RelationKind, _Role]] = {
    "customer": _Role("Customer", "customerId", "revenueAccountId", "customerStateId", "ByCustomerId"),
    "supplier": _Role("Supplier", "supplierId", "costAccountId", "supplierStateId", "BySupplierId"),
}


class Relations:
    """The relations of one administration."""

    def __init__(self, client: MultiversClient, directory: Directory) -> None:
        self._client = client
        self._directory = directory
        self._conditions: dict[tuple[RelationKind, str], str] = {}

    def find(self, kind: RelationKind, number: str) -> str | None:
        """The id of a relation; that it is there is remembered for the next run."""
        if self._read(kind, number) is None:
            self._directory.forget(kind, number)
            return None
        external_id = f"{ROLES[kind].resource}/{number}"
        self._directory.put(kind, number, external_id)
        return external_id

    def check(self, kind: RelationKind, number: str) -> None:
        """Raises CannotMapError when there is no such relation."""
        if self._directory.get(kind, number) is None and self.find(kind, number) is None:
            raise CannotMapError((texts.RELATION_UNKNOWN(field=kind, value=number),))

    def condition(self, kind: RelationKind, number: str) -> str | None:
        """The payment condition that the relation has in Multivers."""
        if (kind, number) not in self._conditions:
            record = self._read(kind, number) or {}
            self._conditions[kind, number] = str(record.get("paymentConditionId") or "").strip()
        return self._conditions[kind, number] or None

    def post(self, relation: Customer | Supplier) -> Outcome:
        """Make the relation, or change what is given and differs. Safe to repeat: the number is the record's key."""
        wanting = Wanting()
        body = relation_body(relation, wanting)
        wanting.check()
        existing = self._read(relation.kind, relation.number)
        if existing is None:
            try:
                made = self._client.create(ROLES[relation.kind].resource, {**_new(relation), **body})
                return self._done(relation, made or None, True, wanting)
            except RefusedError:
                # Somebody may have made it meanwhile.
                existing = self._read(relation.kind, relation.number)
                if existing is None:
                    raise
        return self._adapt(relation, existing, body, wanting)

    def update(self, relation: Customer | Supplier, _external_id: str) -> Outcome:
        """The number is the key, so that a change is found by it like the relation itself."""
        return self.post(relation)

    def look_up(self, relation: Customer | Supplier) -> Found | Absent:
        """Found when the relation is there as given. One that isn't yet counts as absent: posting again makes no second
        one but completes what a cut line or a dead worker left undone."""
        where = f"{ROLES[relation.kind].resource} {relation.number}"
        record = self._read(relation.kind, relation.number)
        if record is None:
            return Absent(where)
        if _differing(relation_body(relation, Wanting()), record):
            return Absent(f"{where}: there, but not as given")
        if self._lacks_bank_account(relation):
            return Absent(f"{where}: there, but without the bank account")
        return Found(f"{ROLES[relation.kind].resource}/{relation.number}", relation.number)

    def _adapt(self, relation: Customer | Supplier, existing: Record, body: Record, wanting: Wanting) -> Outcome:
        changes = _differing(body, existing)
        if changes:
            if existing.get("canChange") is False:
                words = str(existing.get("cannotChangeReason") or "")
                return Refused(
                    (texts.CANNOT_CHANGE(field="number", value=relation.number, words=words, evidence=words),)
                )
            # A PUT takes the whole record: what the file doesn't give goes back as it came.
            kept = {name: value for name, value in existing.items() if name not in {"messages", "canChange"}}
            existing = self._client.replace(ROLES[relation.kind].resource, relation.number, {**kept, **changes})
        return self._done(relation, existing or None, bool(changes), wanting)

    def _done(self, relation: Customer | Supplier, answered: Record | None, made: bool, wanting: Wanting) -> Outcome:
        role = ROLES[relation.kind]
        words = words_in(answered or {}) if made else ()
        if words:
            # Whether it was taken all the same, only the books tell.
            held = self._read(relation.kind, relation.number)
            if held is None or _differing(relation_body(relation, Wanting()), held):
                return Refused((problem_of("; ".join(words), relation),))
        external_id = f"{role.resource}/{relation.number}"
        self._conditions.pop((relation.kind, relation.number), None)
        self._directory.put(relation.kind, relation.number, external_id)
        added = self._add_bank_account(relation)
        wanting.unkept += [name for name in NOT_KEPT if getattr(relation, name, None) is not None]
        notices = wanting.notices()
        if words:
            notices += (texts.WARNED(words="; ".join(words)[:300]),)
        if isinstance(added, Problem):
            notices += (added,)
        if made or added:
            return Posted(external_id, relation.number, notices)
        return AlreadyThere(external_id, relation.number)

    def _add_bank_account(self, relation: Relation) -> Problem | bool:
        """Whether one was added; a Problem when Multivers refused it. The relation itself is in the books by now."""
        if not self._lacks_bank_account(relation):
            return False
        record = self._read(_kind(relation), relation.number) or {}
        body = {"organizationId": record.get("organizationId"), "iban": _compact(relation.bank_account)}
        try:
            self._client.create(BANK_ACCOUNT, body)
        except RefusedError as error:
            return texts.BANK_ACCOUNT_REFUSED(
                field="bank_account", value=relation.bank_account, evidence=error.words, words=error.words[:300]
            )
        return True

    def _lacks_bank_account(self, relation: Relation) -> bool:
        if relation.bank_account is None:
            return False
        held = self._client.all("BankAccountInfoList", ROLES[_kind(relation)].bank_accounts, relation.number)
        known = {_compact(account.get(name)) for account in held for name in ("iban", "accountNumber")}
        return _compact(relation.bank_account) not in known

    def _read(self, kind: RelationKind, number: str) -> Record | None:
        return self._client.get(ROLES[kind].resource, number)


def _kind(relation: Relation) -> RelationKind:
    return "customer" if isinstance(relation, Customer) else "supplier"


def relation_body(relation: Relation, wanting: Wanting) -> Record:
    """What is given of a relation, in Multivers's names. What stands in its way is collected in `wanting`."""
    role = ROLES[_kind(relation)]
    wanting.number(relation.number, NUMBER_ROOM, "number")
    if set(relation.number) & set(UNFIT_FOR_ADDRESSES):
        wanting.refuse(texts.NUMBER_UNFIT, "number", relation.number)
    body: Record = {role.key: relation.number}
    for ours, theirs, room in TEXTS:
        body[theirs] = wanting.text(getattr(relation, ours), room, ours)
    for ours, theirs, room in WHOLE:
        body[theirs] = wanting.number(getattr(relation, ours), room, ours)
    body["shortName"] = wanting.text(relation.search_code, SHORT_NAME_ROOM, "search_code")
    body[role.account] = wanting.number(relation.ledger_account, NUMBER_ROOM, "ledger_account")
    body["creditLimit"] = relation.credit_limit
    if relation.blocked is not None:
        body[role.state] = "P" if relation.blocked else "A"
    if relation.country == "NL" and relation.vat_number and not _may_be_taken(relation.vat_number):
        wanting.refuse(texts.VAT_NUMBER_UNFIT, "vat_number", relation.vat_number)
    return {name: value for name, value in body.items() if value is not None}


def _may_be_taken(vat_number: str) -> bool:
    """Whether a Dutch VAT number has the form that Multivers wants and passes a test that it may put it to.

    Its message names the test modulo 97, which the numbers of most companies don't pass: theirs is the eleven-check. So
    what passes either is left to Multivers, also nine noughts, which pass the eleven-check as mere arithmetic."""
    if not _DUTCH_VAT_NUMBER.fullmatch(vat_number):
        return False
    return dutch_vat_number_is_valid(vat_number) or vat_number[2:11] == "0" * 9


def _new(relation: Relation) -> Record:
    """What Multivers requires of a new relation: a short name, and a credit squeeze, of which 0 is none."""
    return {"shortName": relation.name[:SHORT_NAME_ROOM].strip().upper(), "creditSqueezeId": "0"}


def _differing(body: Record, existing: Record) -> Record:
    return {name: value for name, value in body.items() if not _same(name, value, existing.get(name))}


def _same(name: str, ours: Any, theirs: Any) -> bool:
    if isinstance(ours, Decimal):
        return theirs is not None and Decimal(str(theirs)) == ours
    left, right = str(ours).strip(), str("" if theirs is None else theirs).strip()
    return left.casefold() == right.casefold() if name in _CASELESS else left == right


def _compact(account: str | None) -> str:
    return "".join((account or "").split()).upper()
