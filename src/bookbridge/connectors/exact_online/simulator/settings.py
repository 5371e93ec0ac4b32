"""Settings of the Exact Online simulator, above those of every simulator."""

from typing import Literal

from pydantic import ConfigDict, Field

from bookbridge.kit.simulation import SimulatorSettings

MANDATORY_FILTERS: dict[str, tuple[str, ...]] = {
    # The fields of crm/Accounts are quoted in the fact sheet "among others"; those of TransactionLines are composed.
    "crm/Accounts": (
        "ID",
        "Code",
        "Name",
        "Email",
        "VATNumber",
        "ChamberOfCommerce",
        "SearchCode",
        "Status",
        "Type",
        "IsSupplier",
        "Modified",
        "Created",
    ),
    "financialtransaction/TransactionLines": (
        "ID",
        "EntryID",
        "EntryNumber",
        "JournalCode",
        "FinancialYear",
        "FinancialPeriod",
        "Date",
        "Description",
        "GLAccountCode",
        "AccountCode",
        "YourRef",
        "Modified",
    ),
}


class ExactOnlineSimulatorSettings(SimulatorSettings):
    """What Exact Online does by default, and what no public source settles as named switches."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    language: Literal["nl", "en"] = "nl"
    minute_limit: int | None = Field(default=60, ge=1)
    day_limit: int | None = Field(default=5000, ge=1)
    error_limit_count: int = Field(default=10, ge=1, description="more refused calls than this an hour block the key")
    error_limit_status: int = Field(default=429, description="the answer to a blocked key; no public source names it")
    token_calls_a_day: int | None = Field(default=200, ge=1)
    too_early_s: float | None = Field(default=570, description="a refresh earlier than this is refused; none = never")
    require_public_redirect: bool = Field(
        default=False, description="refuse redirect addresses that are not public https"
    )
    granted_divisions: tuple[int, ...] | None = Field(default=None, description="divisions the app may see; none = all")
    mandatory_filters: dict[str, tuple[str, ...]] = Field(default_factory=lambda: dict(MANDATORY_FILTERS))
    vat_percentage_as_fraction: bool = Field(default=True, description="21 % shows as 0.21; the reference does not say")
    split_part_paid: bool = Field(default=False, description="a part-paid entry comes back as several open rows")
    receivable_sign: Literal[1, -1] = Field(default=1, description="sign of what a customer owes in ReceivablesList")
    payable_sign: Literal[1, -1] = Field(default=1, description="sign of what we owe a supplier in PayablesList")
