"""What an invoice comes to, and whether its line amounts carry VAT: the details lead, the header shows which reading
fits (fact sheet FMUTA6, sections 6 to 8)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bookbridge.documents import ProblemKind
from bookbridge.formats import texts_entries as texts
from bookbridge.formats.profile import EntryProfile
from bookbridge.formats.texts import words

Vat = Literal["exclusive", "inclusive", "by_code"]

_SET_READING: dict[str, Vat] = {"never": "exclusive", "always": "inclusive", "by_vat_code": "by_code"}

HIGHEST_RATE = Decimal("0.30")
"""No VAT rate in the European Union is above 27 %: what a header may exceed its lines by, where they name a VAT code
but no VAT amount."""


@dataclass(slots=True)
class Amounts:
    """The sums over the detail rows of an entry."""

    details: Decimal = Decimal(0)
    vat: Decimal = Decimal(0)
    count: int = 0
    open_vat: bool = False
    """Some line names a VAT code without an amount: the package works the VAT out."""


def invoice_total(  # noqa: PLR0911 (one return for each reading)
    head: Decimal | None, amounts: Amounts, setting: str, profile: EntryProfile
) -> tuple[Vat, Decimal, tuple[ProblemKind, dict[str, object]] | None]:
    """VAT in or out, the total with VAT, and what is wrong with them (a kind of problem and its parameters).

    `head` is the header's amount, None or 0 when it gives none.
    """
    inclusive, exclusive = amounts.details, amounts.details + amounts.vat
    if amounts.vat and head == exclusive and setting == "by_vat_code":
        return "exclusive", exclusive, None
    set_reading = (_SET_READING[setting], inclusive if setting == "always" else exclusive)
    if not head:
        unknown = setting == "by_vat_code" and (amounts.vat or amounts.open_vat)
        return (*set_reading, (texts.TOTAL_ASSUMED, {"value": str(exclusive)}) if unknown else None)
    tolerance = profile.balance_tolerance * amounts.count
    fits_exclusive, fits_inclusive = abs(head - exclusive) <= tolerance, abs(head - inclusive) <= tolerance
    if setting == "by_vat_code":
        if fits_inclusive and not amounts.vat:
            return "by_code", inclusive, None
        if fits_exclusive and abs(head - exclusive) <= abs(head - inclusive):
            return "exclusive", exclusive, None
        if fits_inclusive:
            return "inclusive", inclusive, None
    elif (fits_exclusive and setting == "never") or (fits_inclusive and setting == "always"):
        return (*set_reading, None)
    if amounts.open_vat and setting != "always" and _plausible(head, exclusive, tolerance):
        return "exclusive", head, None
    if fits_exclusive or fits_inclusive:
        other = "never" if setting == "always" else "always"
        label = words("excluding" if fits_exclusive else "including")
        return (
            *set_reading,
            (texts.VAT_SETTING_WRONG, {"value": str(head), "setting": setting, "other": other, **label}),
        )
    kind = texts.HEADER_DIFFERS if profile.header_difference == "warn" else texts.HEADER_DIFFERS_REFUSED
    return (*set_reading, (kind, {"value": str(head), "details": amounts.details, "vat": amounts.vat}))


def _plausible(head: Decimal, lines: Decimal, tolerance: Decimal) -> bool:
    """Whether what the header has more than its lines can be their VAT."""
    more = head - lines if lines >= 0 else lines - head
    return -tolerance <= more <= abs(lines) * HIGHEST_RATE + tolerance
