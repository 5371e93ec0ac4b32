"""What each line of an invoice means in Minox' way of VAT. Pure; computes nothing but what Minox would compute itself.

The vendor advises not to send VAT codes: the VAT setting of a ledger account does the work (step-by-step page of the
wiki). Where an accountant has not set one, VAT would silently be wrong. So a line names its code only where Minox would
book something else than the document says (decision 0036); `vat_codes` in choices.py changes it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from bookbridge.connectors.minox import texts, vat_texts
from bookbridge.connectors.minox.choices import Choices
from bookbridge.connectors.minox.codes import Codes, gathered
from bookbridge.documents import Invoice, InvoiceLine, Problem, minor_unit, rounded
from bookbridge.kit.errors import CannotMapError
from bookbridge.kit.package_settings import VatCode

_NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Valued:
    """A line: the amount that stands on it (as the document counts: positive is what an invoice adds), what it is
    without VAT, and the VAT that the relation pays over it."""

    line: InvoiceLine
    account: str
    sent: Decimal
    net: Decimal
    vat: Decimal
    code: VatCode | None
    """The code by which its VAT is booked; `named` tells whether the line says so itself."""
    own: VatCode | None
    """The code of the ledger account."""
    computed: Decimal | None
    """The VAT that Minox would compute over it by the code's rate."""
    named: bool = False

    @property
    def is_charged(self) -> bool:
        return is_charged(self.code)

    @property
    def is_given(self) -> bool:
        """Whether the document says how much the VAT is."""
        return self.line.vat_amount is not None

    def as_named(self) -> dict[str, Any] | None:
        """The `vat` of the line."""
        if not self.named or self.code is None:
            return None
        amount = {"amount": abs(self.vat)} if self.is_charged and self.is_given else {}
        return {"id": int(self.code.code), **amount}


def is_charged(code: VatCode | None) -> bool:
    """Whether the relation pays VAT under a code."""
    return code is not None and not code.reverse_charge and code.percentage != 0


def valued(invoice: Invoice, codes: Codes, choices: Choices) -> tuple[Valued, ...]:
    """All lines. Raises CannotMapError with every problem of theirs."""
    found: list[Valued] = []
    problems: list[Problem] = []
    for number, line in enumerate(invoice.lines):
        try:
            found.append(_valued(invoice, line, codes, choices, f"lines.{number}"))
        except CannotMapError as error:
            problems += error.problems
    gathered(problems)
    return _named(found, choices, invoice.currency)


def _valued(invoice: Invoice, line: InvoiceLine, codes: Codes, choices: Choices, path: str) -> Valued:
    account = codes.account(line.ledger_account, f"{path}.ledger_account")
    own = codes.own_vat_code(account)
    code = codes.vat_code(line.vat_code, f"{path}.vat_code") if line.vat_code else own
    if code is None and line.vat_amount and codes.knows_accounts:
        # An amount of VAT that nobody would book.
        raise CannotMapError((vat_texts.VAT_WITHOUT_CODE(field=f"{path}.vat_code"),))
    within = choices.vat_booking == "within"
    counts_with = within if invoice.vat == "by_code" else invoice.vat == "inclusive"
    amount = rounded(line.amount, invoice.currency)
    if is_charged(code) and line.vat_amount is None and counts_with != within:
        raise CannotMapError((vat_texts.VAT_KIND_UNFIT(field=f"{path}.amount", value=_code(code)),))
    vat = _vat_of(line, amount, code, invoice.currency, within=within)
    net = amount - vat if counts_with else amount
    if is_charged(code) and vat and net * vat <= 0:
        raise CannotMapError((vat_texts.VAT_AGAINST_AMOUNT(field=f"{path}.vat_amount", value=str(line.vat_amount)),))
    sent = net + vat if within else net
    by_rate = computed(sent, code, invoice.currency, within=within)
    return Valued(line, account.code, sent=sent, net=net, vat=vat, code=code, own=own, computed=by_rate)


def _vat_of(line: InvoiceLine, amount: Decimal, code: VatCode | None, currency: str, *, within: bool) -> Decimal:
    if code is not None and not is_charged(code):
        return _NOTHING
    if line.vat_amount is not None:
        return rounded(line.vat_amount, currency)
    return computed(amount, code, currency, within=within) or _NOTHING


def computed(amount: Decimal, code: VatCode | None, currency: str, *, within: bool) -> Decimal | None:
    """The VAT that Minox computes over an amount that stands on a line; None where it computes none, or its rate isn't
    known."""
    if code is None or not is_charged(code) or code.percentage is None:
        return None
    return rounded(amount * code.percentage / (100 + code.percentage if within else 100), currency)


# --- which lines name their code


def _named(lines: Sequence[Valued], choices: Choices, currency: str) -> tuple[Valued, ...]:
    if choices.vat_booking == "own_lines":
        return tuple(lines)
    if choices.vat_codes == "always":
        return tuple(replace(line, named=line.line.vat_code is not None) for line in lines)
    needed = _needed(lines, choices, currency)
    if choices.vat_codes == "where_needed":
        return tuple(replace(line, named=number in needed) for number, line in enumerate(lines))
    gathered([_not_the_accounts(lines[number], f"lines.{number}") for number in sorted(needed)])
    return tuple(lines)


def _needed(lines: Sequence[Valued], choices: Choices, currency: str) -> set[int]:
    """The lines for which Minox, by the setting of the ledger account, would book another code or another amount; also
    when it rounds the VAT of all lines of a code together, which isn't public."""
    needed = {
        number
        for number, line in enumerate(lines)
        if line.code is not None
        and (_code(line.code) != _code(line.own) or (line.is_charged and line.is_given and line.vat != line.computed))
    }
    within = choices.vat_booking == "within"
    for code in {line.code.code: line.code for line in lines if line.code is not None and line.is_charged}.values():
        of_code = [number for number, line in enumerate(lines) if _code(line.code) == code.code]
        given = [number for number in of_code if lines[number].is_given]
        total = computed(_sum(lines[number].sent for number in of_code), code, currency, within=within)
        if given and total != _sum(lines[number].vat for number in of_code):
            needed.update(given)
    return needed


def _code(code: VatCode | None) -> str | None:
    return code.code if code else None


def _not_the_accounts(line: Valued, path: str) -> Problem:
    if _code(line.code) != _code(line.own):
        return vat_texts.VAT_NOT_THE_ACCOUNTS(
            field=f"{path}.vat_code", value=_code(line.code), account=line.account, own=_code(line.own) or "-"
        )
    return vat_texts.VAT_AMOUNT_NOT_THE_ACCOUNTS(
        field=f"{path}.vat_amount", value=str(line.vat), computed=str(line.computed)
    )


# --- adding up


def check_total(invoice: Invoice, lines: Sequence[Valued]) -> None:
    """We send the total ourselves, so an entry that doesn't add up would not be in balance. A minor unit for each line
    whose VAT Minox computes is its to judge. Raises CannotMapError."""
    if any(line.is_charged and line.code is not None and line.code.percentage is None for line in lines):
        return
    total = _sum(line.net + line.vat for line in lines)
    if abs(total - rounded(invoice.total, invoice.currency)) > room(invoice, lines):
        raise CannotMapError((texts.TOTAL_APART(field="total", value=str(invoice.total), sum=str(total)),))


def room(invoice: Invoice, lines: Iterable[Valued]) -> Decimal:
    """By how much Minox may round otherwise than we expect."""
    return minor_unit(invoice.currency) * sum(1 for line in lines if line.is_charged and not line.is_given)


def own_lines(lines: Sequence[Valued]) -> dict[str, Decimal]:
    """Account → the VAT that a line of ours must book on it. Raises CannotMapError."""
    found: dict[str, Decimal] = {}
    problems: list[Problem] = []
    for number, line in enumerate(lines):
        if line.code is None or (not line.is_charged and not line.code.reverse_charge):
            continue
        if line.code.reverse_charge or not line.is_given or line.code.ledger_account is None:
            problems.append(vat_texts.VAT_LINE_UNFIT(field=f"lines.{number}.vat_amount"))
            continue
        account = line.code.ledger_account
        found[account] = found.get(account, _NOTHING) + line.vat
    gathered(problems)
    return {account: amount for account, amount in found.items() if amount}


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, _NOTHING)
