"""Translates customers and suppliers into Minox' bodies, and what differs from a record that is there. Pure.

Fields: onetoweb/minox, docs/customer.rst and docs/supplier.rst. What a PATCH does to a list or an object in a record
isn't public, so whatever changes is sent whole, with what was there already.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from bookbridge.connectors.minox import mapping, texts
from bookbridge.connectors.minox.codes import Codes
from bookbridge.documents import Customer, Relation
from bookbridge.kit.errors import CannotMapError

Record = dict[str, Any]

POSTAL: Final = "postal"
PHONE: Final = "phone"
INVOICE: Final = "invoice"
"""The type of an e-mail address. Its values aren't public; this is the one of the fact sheet's example."""
_NOT_KEPT: Final = ("payment_method", "blocked_bank_account")
_NOT_KEPT_OF_SUPPLIER: Final = ("credit_limit", "our_customer_number")


def new_body(relation: Relation, codes: Codes) -> Record:
    """A new customer or supplier. Raises CannotMapError."""
    return {"id": mapping.relation_id(relation.number, "number"), **changes(relation, {}, codes)}


def changes(relation: Relation, existing: Record, codes: Codes) -> Record:
    """What is given and differs, as a body. Raises CannotMapError."""
    found: Record = {}
    if not existing.get("externalid"):
        found["externalid"] = relation.number
    addresses = _addresses(relation, existing.get("addresses") or [])
    if addresses != (existing.get("addresses") or []):
        found["addresses"] = addresses
    if relation.language is not None and _other(relation.language, existing.get("language")):
        found["language"] = relation.language
    for name, values in _objects(relation, codes).items():
        held = existing.get(name)
        inside = held if isinstance(held, dict) else {}
        if any(_other(value, inside.get(key)) for key, value in values.items()):
            found[name] = {**inside, **values}
    accounts = _bank_accounts(relation, existing.get("bank_accounts") or [])
    if accounts != (existing.get("bank_accounts") or []):
        found["bank_accounts"] = accounts
    return found


def fields_not_kept(relation: Relation) -> tuple[str, ...]:
    names = _NOT_KEPT if isinstance(relation, Customer) else (*_NOT_KEPT, *_NOT_KEPT_OF_SUPPLIER)
    return tuple(name for name in names if getattr(relation, name) is not None)


def _objects(relation: Relation, codes: Codes) -> Mapping[str, Record]:
    """The objects within a record: name → what is given of it."""
    term, account = relation.payment_condition, relation.ledger_account
    found: dict[str, Record] = {
        "payment_term": {"id": codes.payment_condition(term, "payment_condition")} if term else {},
        "currency": {"id": relation.currency} if relation.currency else {},
        "vat": _given(
            {
                "vat_registration_number": relation.vat_number,
                "suggested_gl_account": _account(account, codes) if account else None,
            }
        ),
        "blocked": {"active": relation.blocked} if relation.blocked is not None else {},
    }
    if isinstance(relation, Customer) and relation.credit_limit is not None:
        found["sales"] = {"credit_limit": relation.credit_limit}
    return {name: values for name, values in found.items() if values}


def _account(code: str, codes: Codes) -> int:
    codes.account(code, "ledger_account")
    number = mapping.whole(code, mapping.LARGEST_ENTRY_NUMBER)
    if number is None:
        raise CannotMapError((texts.ACCOUNT_UNFIT(field="ledger_account", value=code),))
    return number


def _addresses(relation: Relation, existing: list[Record]) -> list[Record]:
    """All addresses, with ours in the postal one; details that aren't given stay."""
    place = next((n for n, one in enumerate(existing) if one.get("address_type", POSTAL) == POSTAL), len(existing))
    held = existing[place] if place < len(existing) else {}
    street = ", ".join(part for part in (relation.address_line_1, relation.address_line_2) if part) or None
    given = _given(
        {
            "name": relation.name,
            "contact_name": relation.contact_name,
            "streetname_and_number": street,
            "postal_code": relation.postal_code,
            "city": relation.city,
            "country_code": relation.country,
            "search": relation.search_code,
        }
    )
    made = {"address_type": POSTAL, **held, **{name: v for name, v in given.items() if _other(v, held.get(name))}}
    for name, kind, value in (
        ("phone_numbers", PHONE, relation.phone),
        ("email_addresses", INVOICE, relation.email),
    ):
        if value is not None:
            made[name] = _typed(made.get(name) or [], name, kind, value)
    return [*existing[:place], made, *existing[place + 1 :]]


def _typed(existing: list[Record], name: str, kind: str, value: str) -> list[Record]:
    """A list of numbers or addresses, in which the one of our type has the value."""
    single = {"phone_numbers": "phone_number", "email_addresses": "email_address"}[name]
    ours = {f"{single}_type": kind, single: value}
    place = next((n for n, one in enumerate(existing) if one.get(f"{single}_type") == kind), None)
    if place is None:
        return [*existing, ours]
    return [*existing[:place], {**existing[place], **ours}, *existing[place + 1 :]]


def _bank_accounts(relation: Relation, existing: list[Record]) -> list[Record]:
    iban = _compact(relation.bank_account)
    if not iban or iban in {_compact(one.get("iban")) for one in existing}:
        return existing
    return [*existing, {"is_default": not existing, "iban": iban, "name": relation.name}]


def _compact(account: Any) -> str:
    return "".join(str(account or "").split()).upper()


def _other(ours: Any, theirs: Any) -> bool:
    """Whether a value differs. A search key and codes of country and language may come back in capitals."""
    if isinstance(ours, bool):
        return ours != bool(theirs)
    if isinstance(ours, Decimal):
        return theirs is None or Decimal(str(theirs)) != ours
    return str(ours).strip() != str(theirs if theirs is not None else "").strip()


def _given(body: Record) -> Record:
    return {name: value for name, value in body.items() if value is not None}
