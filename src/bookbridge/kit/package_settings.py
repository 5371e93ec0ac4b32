"""What a package says of its own set-up, as preflight and the repair forms need it. Values that a cache can keep."""

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

Usage = Literal["optional", "mandatory", "forbidden"]
JournalKind = Literal["sales", "purchase", "general", "cash", "bank", "other"]
AccountKind = Literal["ordinary", "customer_control", "supplier_control", "vat", "cash", "bank"]


class _Setting(BaseModel):
    model_config = ConfigDict(frozen=True)

    code: str
    name: str = ""
    external_id: str = ""
    blocked: bool = False


class LedgerAccount(_Setting):
    kind: AccountKind = "ordinary"
    cost_centre: Usage = "optional"
    cost_unit: Usage = "optional"
    vat_code: str | None = None
    """The VAT code that the package applies by itself to what is booked here; None also where it doesn't tell."""


class VatCode(_Setting):
    percentage: Decimal | None = None
    """21 means 21 %."""
    inclusive: bool | None = None
    """Whether amounts under this code carry the VAT; None where the code has no VAT or the package doesn't say."""
    sales: bool = True
    purchase: bool = True
    reverse_charge: bool = False
    ledger_account: str | None = None
    """Where the package books this VAT; None where it doesn't tell."""


class Journal(_Setting):
    kind: JournalKind = "other"
    vat_allowed: bool = True
    currency: str | None = None
    own_numbers: bool | None = None
    """Whether an entry may bring its own number; None where the package doesn't tell."""


class PaymentCondition(_Setting):
    days: int | None = None


class CostCentre(_Setting):
    pass


class CostUnit(_Setting):
    pass


class Period(BaseModel):
    model_config = ConfigDict(frozen=True)

    year: int
    number: int
    start: date
    end: date
    is_open: bool | None = None
    """None where the package doesn't tell before it refuses."""
    numbers_invoices: bool | None = None
    """Whether the package can give a number to an invoice that brings none; None where it doesn't tell."""


class RelationRules(BaseModel):
    """What the package wants of a new customer, or of a new supplier."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["customer", "supplier"]
    number_format: str | None = None
    """The form that a number must have, as the package writes it; None where it doesn't tell."""
    control_account: str | None = None
    """The ledger account that it is booked on; None where the package doesn't tell."""


class PackageSettings(BaseModel):
    """Everything that can be known before sending. An empty tuple in `unknown` means that all was read."""

    model_config = ConfigDict(frozen=True)

    ledger_accounts: tuple[LedgerAccount, ...] = ()
    vat_codes: tuple[VatCode, ...] = ()
    journals: tuple[Journal, ...] = ()
    payment_conditions: tuple[PaymentCondition, ...] = ()
    cost_centres: tuple[CostCentre, ...] = ()
    cost_units: tuple[CostUnit, ...] = ()
    periods: tuple[Period, ...] = ()
    currencies: tuple[str, ...] = ()
    relation_rules: tuple[RelationRules, ...] = ()
    books_on_control_accounts: bool = False
    """Whether a memorial line that names a relation goes to the relation's control account, as some packages want."""
    unknown: tuple[str, ...] = ()
    """Names of the lists above that the package wouldn't give (no right, no licence): preflight skips their checks."""


class Administration(BaseModel):
    """One set of books that an authorisation may use."""

    model_config = ConfigDict(frozen=True)

    code: str
    name: str
