"""What the suite must know of a package's simulated books: codes that are there, and how to read what was posted.

Each connector's folder has a `conformance.py` with `STAGE`. It speaks of the simulator's demo books and knows nothing
of the connector's code.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from bookbridge.documents import DocumentKind

BooksSeen = Mapping[str, Any]
"""The answer of the simulator's /_simulator/books."""
ControlCall = tuple[str, Mapping[str, Any]]
"""The path of a control endpoint of the simulator, and the body to post to it."""


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes in the simulator's demo books; None where the package has no such thing."""

    sales_journal: str
    purchase_journal: str
    general_journal: str
    revenue_account: str
    cost_account: str
    balance_accounts: tuple[str, str]
    """Two ordinary balance-sheet accounts, for memorials."""
    customer_control_account: str
    supplier_control_account: str
    vat_account: str
    blocked_account: str
    sales_vat: str
    """21 % on top of the amount."""
    purchase_vat: str
    """21 % on top of the amount."""
    zero_vat: str
    payment_condition: str
    foreign_currency: str
    open_day: date
    closed_day: date
    inclusive_vat: str | None = None
    """21 % within the amount, for sales."""
    reverse_charge_vat: str | None = None
    """For purchases."""
    cost_centre: str | None = None
    cost_unit: str | None = None


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """A customer, supplier or entry as the simulator's books hold it."""

    identity: str
    number: str
    text: str
    """The description of an entry, the name of a relation."""
    total: Decimal = Decimal(0)
    """What the relation of an entry owes or is owed, with VAT, in the entry's currency."""
    currency: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Our names of a relation's fields → their values in the books."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One package's books, as its simulator has them at the start."""

    administration: str
    codes: Codes
    settings: Mapping[str, object]
    """Settings of the simulator that the suite needs."""
    held: Callable[[BooksSeen, DocumentKind], list[HeldRecord]]
    """The records of a kind in the books."""
    resources: Mapping[str, str]
    """Document kind → the resource its posting goes to; `open_items`, `settings` and (where the fact sheet
    says `compare`) `booked`: one that those reads use."""
    counts: Mapping[str, int]
    """Name of a field of PackageSettings → how many there are in the books."""
    pay: Callable[[HeldRecord, Decimal], ControlCall]
    """A payment on a posted sales entry."""
    pay_unmatched: Callable[[str, Decimal], ControlCall]
    """A receipt from a customer (its number) that is linked to no invoice."""
    page_size: int
    options: Mapping[str, str] = field(default_factory=dict)
    """Options of the configuration that the suite needs."""
    request_timeout_s: float = 0.5
    """How long a case waits for an answer: real software takes longer than a stand-in."""
    impatient_timeout_s: float = 0.5
    """The same where an answer is held on purpose, so that the case waits in vain: well above what posting takes."""
    calls_per_entry: int = 1
    """Calls that posting an entry takes when all it refers to is known."""
    longest_text: int = 2000
    """Signs that the package has room for in a name or a description."""
    remove: Callable[[HeldRecord], ControlCall] | None = None
    """Somebody deletes an entry in the package; needed where the fact sheet says `compare`."""
    alter: Callable[[HeldRecord, Decimal | None, date | None], ControlCall] | None = None
    """Somebody gives an entry another amount or another date; needed where the fact sheet says `compare`."""
