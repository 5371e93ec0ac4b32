"""Customers and suppliers: dimensions of type DEB and CRD, made or changed by one and the same request.

What Twinfield does with addresses and banks that a change doesn't name is not public: both lists are sent whole, as
they are kept, with our changes in them, so that nothing is lost whichever way it is.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bookbridge.connectors.twinfield import mapping, soap, texts
from bookbridge.connectors.twinfield.client import TwinfieldClient
from bookbridge.connectors.twinfield.mapping import DIMENSION_TYPES, relation_id
from bookbridge.connectors.twinfield.problems import problems_of
from bookbridge.connectors.twinfield.soap import Element
from bookbridge.documents import Customer, Problem, Relation, Supplier
from bookbridge.kit.contract import Directory, PostingRequest, RelationKind
from bookbridge.kit.errors import CannotMapError
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Outcome, Posted, Refused, Unclear

Party = Customer | Supplier

LONGEST_ASCRIPTION: Final = 40
"""A longer one is refused: "Begunstigde is ongeldig" (support.coachview.net)."""
ADDRESS: Final = {
    "name": "name",
    "contact_name": "contact",
    "country": "country",
    "city": "city",
    "postal_code": "postcode",
    "phone": "telephone",
    "email": "email",
    "address_line_1": "field2",
    "address_line_2": "field3",
    "vat_number": "field4",
}
NOT_KEPT: Final = ("currency", "language", "payment_method", "ledger_account", "blocked_bank_account", "blocked")
_ADDRESS_PARTS: Final = (
    *("name", "contact", "country", "city", "postcode", "telephone", "telefax", "email"),
    *(f"field{number}" for number in range(1, 7)),
)
_BANK_PARTS: Final = (
    *("ascription", "accountnumber", "bankname", "biccode", "city", "country", "iban", "natbiccode"),
    *("postcode", "state"),
)


class Relations:
    """The relations of one office."""

    def __init__(
        self,
        client: TwinfieldClient,
        directory: Directory,
        codes: Callable[[], mapping.Codes],
        chosen: Callable[[], mapping.Choices],
    ) -> None:
        self._client = client
        self._directory = directory
        self._codes = codes
        self._chosen = chosen

    def find(self, kind: RelationKind, number: str) -> str | None:
        """The id of a relation, asked anew and remembered for the next run."""
        if self._client.dimension(DIMENSION_TYPES[kind], number) is None:
            self._directory.forget(kind, number)
            return None
        return self.remember(kind, number)

    def remember(self, kind: RelationKind, number: str) -> str:
        self._directory.put(kind, number, relation_id(kind, number))
        return relation_id(kind, number)

    def forget(self, kind: RelationKind, number: str) -> None:
        self._directory.forget(kind, number)

    def check(self, kind: RelationKind, number: str, field: str) -> None:
        """Raises CannotMapError when there is no such relation, as it is remembered or else as `find` finds it."""
        if self._directory.get(kind, number) is None and self.find(kind, number) is None:
            raise CannotMapError((texts.RELATION_UNKNOWN(field=field, value=number),))

    def prepare(self, party: Party) -> Element | Outcome:
        """The dimension to be sent; AlreadyThere where Twinfield has it just so. Raises CannotMapError and the errors
        of kit.errors."""
        held = self._client.dimension(DIMENSION_TYPES[party.kind], party.number)
        if held is None:
            self._check_new(party)
        elif _lacks_email(party, held):
            raise CannotMapError((texts.E_INVOICING(field="email"),))
        if _changes(party, held):
            return dimension(party, held, self._client.office)
        return AlreadyThere(self.remember(party.kind, party.number), party.number)

    def send(self, requests: Sequence[PostingRequest], made: Sequence[Element]) -> list[Outcome]:
        """Make or change relations in one request; an outcome for each, in order. Raises the errors of kit.errors."""
        root = soap.element("dimensions")
        root.extend(made)
        answer = self._client.change(root, endpoint="dimensions")
        found = [answer] if answer.tag == "dimension" else answer.findall("dimension")
        if not found and answer.get("result") == "0":
            found = [answer] * len(requests)
        told = {(soap.text_of(one, "type"), soap.text_of(one, "code")): one for one in found}
        in_order = len(found) == len(requests)
        outcomes: list[Outcome] = []
        for place, request in enumerate(requests):
            party = _party(request)
            own = told.get((DIMENSION_TYPES[party.kind], party.number))
            if own is None and in_order and not soap.text_of(found[place], "code"):
                own = found[place]
            outcomes.append(self._outcome(party, own))
        return outcomes

    def _outcome(self, party: Party, said: Element | None) -> Outcome:
        if said is None or said.get("result") not in {"0", "1"}:
            return Unclear("Twinfield's answer doesn't say what became of it")
        if said.get("result") == "0":
            return Refused(problems_of(said, party))
        unkept = tuple(name for name in _without_a_place(party) if getattr(party, name))
        notices = (texts.FIELDS_NOT_KEPT(field=unkept[0], names=", ".join(unkept)),) if unkept else ()
        return Posted(self.remember(party.kind, party.number), party.number, notices)

    def look_up(self, party: Party) -> Found | Absent:
        """Found when the relation is there as given; else absent, since sending it again makes no second one."""
        held = self._client.dimension(DIMENSION_TYPES[party.kind], party.number)
        if held is None:
            return Absent(f"dimension {relation_id(party.kind, party.number)}")
        changes = _changes(party, held)
        if changes:
            return Absent(f"dimension {relation_id(party.kind, party.number)}: there, but not as given")
        return Found(relation_id(party.kind, party.number), party.number)

    def _check_new(self, party: Party) -> None:
        """What the office wants of a new relation. Raises CannotMapError."""
        codes = self._codes()
        rules = codes.relation_rules(party.kind)
        mask = self._chosen().codes_of(party.kind) or rules.number_format
        problems: list[Problem] = []
        if mask and not mapping.fits_mask(party.number, mask):
            problems.append(texts.CODE_FORMAT(field="number", value=party.number, words=mask))
        account = rules.control_account
        if account and codes.knows_accounts and account not in codes.accounts:
            problems.append(texts.CONTROL_ACCOUNT_MISSING(value=account, name=DIMENSION_TYPES[party.kind]))
        if problems:
            raise CannotMapError(tuple(problems))


def _party(request: PostingRequest) -> Party:
    document = request.document
    assert isinstance(document, Customer | Supplier)
    return document


def _without_a_place(party: Party) -> tuple[str, ...]:
    return NOT_KEPT if isinstance(party, Customer) else (*NOT_KEPT, "credit_limit")


# --- what differs


def _changes(party: Party, held: Element | None) -> set[str]:
    """Our names of what is given and isn't in Twinfield just so."""
    if held is None:
        return {"number"}
    address = _default(held, "addresses/address")
    found = {path: soap.text_of(held, path) for path in _own(party)}
    differing = {name for name, (path, value) in _by_name(party).items() if found.get(path) != value}
    for name, part in ADDRESS.items():
        value = getattr(party, name)
        if value is not None and (address is None or soap.text_of(address, part) != _sent(value)):
            differing.add(name)
    if party.bank_account and _bank(party, held) is None:
        differing.add("bank_account")
    return differing


def _by_name(party: Party) -> dict[str, tuple[str, str]]:
    """Our name → where it stands and what it says, of what isn't in the address."""
    said: dict[str, tuple[str, str | None]] = {
        "name": ("name", party.name),
        "search_code": ("shortname", party.search_code),
        "payment_condition": ("financials/duedays", _days(party)),
        "credit_limit": ("creditmanagement/basecreditlimit", None),
    }
    if isinstance(party, Customer) and party.credit_limit is not None:
        said["credit_limit"] = ("creditmanagement/basecreditlimit", f"{party.credit_limit:.2f}")
    if isinstance(party, Supplier):
        said["our_customer_number"] = ("financials/relationsreference", party.our_customer_number)
    return {name: (path, _sent(value)) for name, (path, value) in said.items() if value is not None}


def _own(party: Party) -> dict[str, str]:
    return dict(_by_name(party).values())


def _days(party: Relation) -> str | None:
    return None if party.payment_condition is None else str(mapping.days_of(party.payment_condition))


def _sent(value: str) -> str:
    """A text as it comes back: without the signs that XML can't hold, and without blanks around it."""
    return soap.sayable(value).strip()


def _default(held: Element, path: str) -> Element | None:
    found = held.findall(path)
    return next((one for one in found if one.get("default") == "true"), found[0] if found else None)


def _lacks_email(party: Party, held: Element) -> bool:
    """Whether the relation gets electronic invoices and would have no address for them."""
    gets = soap.text_of(held, "financials/ebilling") == "true"
    address = _default(held, "addresses/address")
    known = [soap.text_of(held, "financials/ebillmail"), soap.text_of(address, "email") if address is not None else ""]
    return gets and not party.email and not any(known)


def _bank(party: Party, held: Element) -> Element | None:
    """The bank account of the document, where Twinfield has it."""
    wanted = _compact(party.bank_account or "")
    for bank in held.iterfind("banks/bank"):
        if wanted in {_compact(soap.text_of(bank, "iban")), _compact(soap.text_of(bank, "accountnumber"))}:
            return bank
    return None


def _compact(account: str) -> str:
    return "".join(account.split()).upper()


# --- the request


def dimension(party: Party, held: Element | None, office: str) -> Element:
    """The request that makes or changes a relation. Raises CannotMapError."""
    root = soap.element("dimension")
    said = {"office": office, "type": DIMENSION_TYPES[party.kind], "code": party.number}
    for name, value in said.items():
        soap.child(root, name, value)
    sections: dict[str, Element] = {}
    # The name is wanted at every change.
    for path, value in _own(party).items():
        section, _, name = path.rpartition("/")
        parent = root if not section else sections.get(section)
        if parent is None:
            parent = sections[section] = soap.child(root, section)
        soap.child(parent, name, value)
    _write_addresses(root, party, held)
    if party.bank_account and (held is None or _bank(party, held) is None):
        _write_banks(root, party, held)
    return root


def _write_addresses(root: Element, party: Party, held: Element | None) -> None:
    given = {part: _sent(value) for name, part in ADDRESS.items() if (value := getattr(party, name)) is not None}
    kept = held.findall("addresses/address") if held is not None else []
    default = _default(held, "addresses/address") if held is not None else None
    parent = soap.child(root, "addresses")
    for address in kept:
        changed = given if address is default else {}
        made = soap.child(parent, "address", **_attributes(address, "id", "type", "default"))
        _copy(made, address, _ADDRESS_PARTS, changed)
    if default is None:
        _copy(soap.child(parent, "address", type="invoice", default="true"), None, _ADDRESS_PARTS, given)


def _write_banks(root: Element, party: Party, held: Element | None) -> None:
    kept = held.findall("banks/bank") if held is not None else []
    parent = soap.child(root, "banks")
    for bank in kept:
        _copy(soap.child(parent, "bank", **_attributes(bank, "id", "default")), bank, _BANK_PARTS, {})
    account = _compact(party.bank_account or "")
    is_iban = account[:2].isalpha() and account[2:4].isdigit()
    said = {"ascription": party.name[:LONGEST_ASCRIPTION].strip(), "iban" if is_iban else "accountnumber": account}
    _copy(soap.child(parent, "bank", default="false" if kept else "true"), None, _BANK_PARTS, said)


def _attributes(source: Element, *names: str) -> dict[str, str]:
    return {name: value for name in names if (value := source.get(name)) is not None}


def _copy(target: Element, source: Element | None, parts: tuple[str, ...], changed: Mapping[str, str]) -> None:
    for part in parts:
        value = changed.get(part) or (soap.text_of(source, part) if source is not None else "")
        if value:
            soap.child(target, part, value)
