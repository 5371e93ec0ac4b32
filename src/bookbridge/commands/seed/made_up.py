"""Made-up documents. Each is read once as a pattern, and millions are made of it by their number alone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from bookbridge.documents import (
    DOCUMENT_KINDS,
    Document,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    Problem,
    PurchaseInvoice,
    SalesInvoice,
    SourceRef,
    content_of,
    document_to_json,
    fingerprint_of,
    money_of,
    posting_key,
    short_reference,
)
from bookbridge.exchange.preflight_texts import ACCOUNT_UNKNOWN, COST_CENTRE_UNKNOWN, VAT_UNKNOWN
from bookbridge.formats.texts import DATE_UNREADABLE
from bookbridge.kit.package_settings import CostCentre, Journal, LedgerAccount, PackageSettings, Period, VatCode

PHASE_OF_UNREAD = len(DOCUMENT_KINDS)
UNREAD_RAW = '"0","V","70","13","2026","26000001","Made up","31022026"'
_NUMBER = "990000001"
_A_MONTH = 24
"""Patterns of one month."""
_WRONG = (
    (VAT_UNKNOWN, "lines.1.vat_code", ("H9", "L0", "V")),
    (ACCOUNT_UNKNOWN, "lines.1.ledger_account", ("8099", "4911", "1999", "0000")),
    (COST_CENTRE_UNKNOWN, "lines.1.cost_centre", ("NORTH", "OLD")),
)


@dataclass(frozen=True, slots=True)
class Numbered:
    """One document, as the tables keep it."""

    kind: str
    number: str
    key: str
    reference: str
    fingerprint: str
    document: str
    raw: str
    journal: str
    amount: Decimal
    phase: int


class Pattern:
    def __init__(self, document: Document) -> None:
        money = money_of(document)
        assert money is not None
        self.kind, self._amount = document.kind, money.amount
        self._journal = getattr(document, "journal", "")
        self._key = posting_key(document)
        self._content = content_of(document)
        self._document = json.dumps(document_to_json(document))
        self._raw = f'"0","{document.kind[0].upper()}","{self._journal}","{_NUMBER}","{money.amount}","","",""'
        self._phase = DOCUMENT_KINDS.index(document.kind)

    def numbered(self, number: str) -> Numbered:
        key = self._key.replace(_NUMBER, number)
        return Numbered(
            self.kind,
            number,
            key,
            short_reference(self.kind, key),
            fingerprint_of(self._content.replace(_NUMBER, number)),
            self._document.replace(_NUMBER, number),
            self._raw.replace(_NUMBER, number),
            self._journal,
            self._amount,
            self._phase,
        )


def patterns(month: date, chance: Random) -> Sequence[Pattern]:
    """Those of the month that the day is in: six sales in ten, three purchases, one memorial entry."""
    makers = (_sale, _sale, _purchase, _sale, _sale, _purchase, _sale, _sale, _purchase, _memorial)
    return [
        Pattern(makers[place % len(makers)](month.replace(day=place % 28 + 1), chance)) for place in range(_A_MONTH)
    ]


def refusal(row: int, chance: Random) -> str:
    """Why a document was refused, as the JSON list of a line's problems."""
    kind, field, values = chance.choice(_WRONG)
    return _problems(kind(field=field, value=chance.choice(values), source=SourceRef(file="fmuta6.csv", row=row)))


def unread(row: int) -> str:
    """Why a row could not be read, in the same form."""
    source = SourceRef(file="fmuta6.csv", row=row, column="entry_date")
    return _problems(DATE_UNREADABLE(value="31022026", formats="ddmmyyyy", source=source))


def _problems(problem: Problem) -> str:
    return json.dumps([problem.model_dump(mode="json")])


def package_settings(year: int) -> PackageSettings:
    """As large as those of a company with a full chart of accounts."""
    return PackageSettings(
        ledger_accounts=tuple(
            LedgerAccount(code=f"{4000 + 10 * number}", name=f"Account {number}") for number in range(500)
        ),
        vat_codes=tuple(
            VatCode(code=str(number), name=f"VAT {number}", percentage=Decimal(21)) for number in range(30)
        ),
        journals=tuple(
            Journal(code=code, kind=kind) for code, kind in (("60", "purchase"), ("70", "sales"), ("90", "general"))
        ),
        cost_centres=tuple(CostCentre(code=f"C{number:03}", name=f"Place {number}") for number in range(100)),
        periods=tuple(
            Period(year=each, number=month, start=date(each, month, 1), end=date(each, month, 28))
            for each in (year - 1, year)
            for month in range(1, 13)
        ),
        currencies=("EUR",),
    )


def _sale(day: date, chance: Random) -> Document:
    lines = _lines(chance, "8000")
    return SalesInvoice(
        **_head("70", day),
        invoice_number=_NUMBER,
        customer=f"1{chance.randrange(10_000):05}",
        lines=lines,
        total=_total(lines),
    )


def _purchase(day: date, chance: Random) -> Document:
    lines = _lines(chance, "4300")
    supplier, reference = f"2{chance.randrange(2_000):05}", f"F{chance.randrange(100_000)}"
    return PurchaseInvoice(
        **_head("60", day), supplier=supplier, your_reference=reference, lines=lines, total=_total(lines)
    )


def _memorial(day: date, chance: Random) -> Document:
    amount = _amount(chance)
    return JournalEntry(
        **_head("90", day),
        lines=(
            JournalLine(ledger_account="1100", amount=amount, description="Cash to the bank"),
            JournalLine(ledger_account="1000", amount=-amount, description="Cash to the bank"),
        ),
    )


def _head(journal: str, day: date) -> dict[str, object]:
    return {
        "administration": "001",
        "journal": journal,
        "number": _NUMBER,
        "fiscal_year": day.year,
        "period": day.month,
        "entry_date": day,
        "description": f"Made up {_NUMBER}",
    }


def _lines(chance: Random, account: str) -> tuple[InvoiceLine, ...]:
    return tuple(
        InvoiceLine(ledger_account=account, amount=_amount(chance), vat_code="4", description=f"Part {place}")
        for place in range(1, chance.randint(1, 3) + 1)
    )


def _total(lines: Sequence[InvoiceLine]) -> Decimal:
    return sum(((line.amount * Decimal("1.21")).quantize(Decimal("0.01")) for line in lines), Decimal(0))


def _amount(chance: Random) -> Decimal:
    return Decimal(chance.randint(100, 99_999)) / 100
