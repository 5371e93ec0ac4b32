"""What the public facts leave open and a test on a demo account settles: named settings of a configuration.

Each has its question in the fact sheet's `to_confirm`. The first of the values is what we take for likeliest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bookbridge.connectors.minox import texts
from bookbridge.kit.errors import CannotMapError

VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "relation_line": ("account", "beside"),
    "vat_booking": ("on_top", "within", "own_lines"),
    "vat_codes": ("where_needed", "never", "always"),
    "purchase_invoice_number": ("source", "supplier"),
    "without_invoice_number": ("given", "refused"),
    "payable_balance": ("positive", "negative"),
    "paging": ("offset", "none"),
}


@dataclass(frozen=True, slots=True)
class Choices:
    """`relation_line`: a debtor is a line's account, or stands beside the collective account. `vat_booking`: Minox adds
    VAT on top of a line's amount, takes it out of it, or leaves it to lines of ours. `vat_codes`: when a line names its
    VAT code. `purchase_invoice_number`: which number a purchase is known by in the open items.
    `without_invoice_number`: Minox gives a number to an invoice whose own doesn't fit, or such an invoice is refused
    here. `payable_balance`: the sign of what we owe. `paging`: whether lists are asked for by offset."""

    relation_line: str
    vat_booking: str
    vat_codes: str
    purchase_invoice_number: str
    without_invoice_number: str
    payable_balance: str
    paging: str


def choices(options: Mapping[str, str]) -> Choices:
    """The settings of a configuration. Raises CannotMapError for a value that isn't one."""
    chosen = {name: str(options.get(name, values[0])) for name, values in VALUES.items()}
    for name, value in chosen.items():
        if value not in VALUES[name]:
            raise CannotMapError((texts.SETTING_UNKNOWN(value=value, name=name, known=", ".join(VALUES[name])),))
    return Choices(**chosen)
