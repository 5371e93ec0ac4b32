"""Amounts of money: always a Decimal with a currency, never a float."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

# ISO 4217 minor units that differ from two digits; every other currency has two.
_MINOR_UNITS = {"BHD": 3, "CLP": 0, "ISK": 0, "JPY": 0, "JOD": 3, "KRW": 0, "KWD": 3, "OMR": 3, "TND": 3, "VND": 0}


def _refuse_float(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError("an amount is given as text or Decimal, never as a floating-point number")
    return value


LIMIT = Decimal(10) ** 13
# The longest amounts we know of are Exact Financials' N15,2 and exchange rates with six decimals.
Amount = Annotated[
    Decimal, BeforeValidator(_refuse_float), Field(gt=-LIMIT, lt=LIMIT, decimal_places=6, allow_inf_nan=False)
]
"""A signed decimal number in the currency of the document it belongs to."""

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code in capitals, such as EUR."""


class Money(BaseModel):
    """An amount with its currency. Adding two currencies raises ValueError: it is a bug, not a fact of a file."""

    model_config = ConfigDict(frozen=True)

    amount: Amount
    currency: Currency

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"can't add {other.currency} to {self.currency}")
        return Money(amount=self.amount + other.amount, currency=self.currency)

    def __neg__(self) -> "Money":
        return Money(amount=-self.amount, currency=self.currency)

    def __str__(self) -> str:
        return f"{rounded(self.amount, self.currency)} {self.currency}"


def minor_unit(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 for EUR, 1 for JPY."""
    return Decimal(1).scaleb(-_MINOR_UNITS.get(currency, 2))


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount in whole minor units, halves away from zero as bookkeepers round."""
    return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP)


def totals(amounts: Iterable[Money]) -> dict[str, Decimal]:
    """The sum per currency, currencies in alphabetical order."""
    sums: dict[str, Decimal] = {}
    for money in amounts:
        sums[money.currency] = sums.get(money.currency, Decimal(0)) + money.amount
    return {currency: rounded(sums[currency], currency) for currency in sorted(sums)}
