"""DBOPEN: outstanding items written for the source system, and read back.

The file is a full snapshot: an item that is not in it counts as paid. So nothing is left out silently, and where a
profile refuses a replacement of letters no file is made at all.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO, TypeVar

from pydantic import ValidationError

from bookbridge.documents import OutstandingItem, Problem, SourceRef, minor_unit
from bookbridge.formats import texts
from bookbridge.formats import texts_relations as item_texts
from bookbridge.formats.locate import locate
from bookbridge.formats.opening import Opened, RowChecks, open_file
from bookbridge.formats.profile import OutstandingProfile, Profile, ProfileError
from bookbridge.formats.records import Record
from bookbridge.formats.results import Reject, SourceItem
from bookbridge.formats.text import bounded_raw, shown
from bookbridge.formats.texts import words
from bookbridge.formats.unreadable import unreadable
from bookbridge.formats.values import (
    CODE_LENGTH,
    TEXT_LENGTH,
    Unreadable,
    amount_reader,
    date_reader,
    date_writer,
    read_code,
    read_currency,
    read_text,
    year_reader,
)

_T = TypeVar("_T")
_LETTERS = {"D": "sales", "C": "purchase"}
_BARE = frozenset({"exchange_rate", "invoice_amount", "vat_amount", "paid_amount", "open_amount"})
"""Columns of numbers, which stand without quotation marks unless all are quoted."""

# Letters that Unicode doesn't take apart into a base letter and a sign.
_NEAREST = str.maketrans(
    {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ø": "o", "Ø": "O", "ħ": "h", "ı": "i", "ŋ": "n", "æ": "ae", "Æ": "AE"}
    | {"œ": "oe", "Œ": "OE", "ß": "ss", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D", "€": "EUR", "–": "-", "—": "-"}
    | {"‘": "'", "’": "'", "‚": "'", "“": "'", "”": "'", "„": "'", "…": "...", "•": "*", "\u00a0": " ", "\u2011": "-"}
)


@dataclass(frozen=True, slots=True)
class OutstandingFile:
    """A file of outstanding items as it is to be written."""

    content: bytes
    rows: int
    """Item rows, a row of names not counted."""
    problems: tuple[Problem, ...]
    """Letters replaced, texts changed, items without a number, payments left out; an error means: don't write."""

    @property
    def writable(self) -> bool:
        return all(problem.severity != "error" for problem in self.problems)


def write_outstanding(items: Iterable[OutstandingItem], profile: Profile) -> OutstandingFile:
    """The file's content for the items, in their order.

    Raises ProfileError for a profile of another format. With `unmappable_characters = "refuse"` a letter that the
    encoding lacks makes `content` empty and `writable` false.
    """
    if not isinstance(profile, OutstandingProfile):
        raise ProfileError(f"profile {profile.name} is for {profile.format}; outstanding items need one for dbopen")
    writer = _Writer(profile)
    rows = [writer.row(item) for item in items if writer.wanted(item)]
    if any(problem.severity == "error" for problem in writer.problems):
        return OutstandingFile(content=b"", rows=0, problems=tuple(writer.problems))
    lines = ([writer.name_row()] if profile.name_row else []) + rows
    end = "\r\n" if profile.line_end == "crlf" else "\n"
    content = "".join(line + end for line in lines).encode(profile.encoding)
    return OutstandingFile(content=content, rows=len(rows), problems=tuple(writer.problems))


class _Writer:
    def __init__(self, profile: OutstandingProfile) -> None:
        self._profile = profile
        self._encoding = "utf-8" if profile.encoding == "utf-8-sig" else profile.encoding
        self._date = date_writer(profile.date_formats[0])
        self._number = 0
        self.problems: list[Problem] = []

    def wanted(self, item: OutstandingItem) -> bool:
        if item.kind not in self._profile.kinds:
            return False
        if item.unmatched_payment and self._profile.unmatched_payments == "omit":
            value = f"{item.open_amount} {item.currency}"
            self.problems.append(item_texts.UNMATCHED_LEFT_OUT(value=value, evidence=item.external_id))
            return False
        return self._profile.scope == "all" or item.open_amount != 0

    def name_row(self) -> str:
        names = [self._profile.names.get(column, column) for column in self._profile.layout]
        return self._profile.separator.join(self._quoted(self._written(name, None), bare=False) for name in names)

    def row(self, item: OutstandingItem) -> str:
        self._number += 1
        values = self._values(item)
        cells = []
        for column in self._profile.layout:
            text = values.get(column, "")
            bare = column in _BARE
            cells.append(self._quoted(text if bare else self._written(text, column), bare=bare))
        return self._profile.separator.join(cells)

    def _values(self, item: OutstandingItem) -> dict[str, str]:
        for column, given in (("relation_no", item.relation_number), ("invoice_no", item.invoice_number)):
            if given is None and column in self._profile.layout and not item.unmatched_payment:
                source = self._source(column)
                self.problems.append(item_texts.NUMBER_MISSING(source=source, value=item.external_id, **words(column)))
        negate = self._profile.sign == "ledger" and item.kind == "purchase"

        def money(amount: Decimal | None) -> str:
            return "" if amount is None else self._amount(-amount if negate else amount, item.currency)

        invoice, paid = _completed(item)
        rate = item.exchange_rate
        return {
            "kind": "D" if item.kind == "sales" else "C",
            "relation_no": item.relation_number or "",
            "relation_name": item.relation_name or "",
            "invoice_no": item.invoice_number or "",
            "voucher_no": item.voucher_number or "",
            "invoice_date": self._date(item.invoice_date),
            "due_date": self._date(item.due_date),
            "reference": item.reference or "",
            "currency": item.currency,
            "exchange_rate": "" if rate is None else self._decimal_sign(f"{rate:.6f}"),
            "invoice_amount": money(invoice),
            "vat_amount": money(item.vat_amount),
            "paid_amount": money(paid),
            "open_amount": money(item.open_amount),
            "last_payment_date": self._date(item.last_payment_date),
            "journal_no": item.journal or "",
            "fiscal_year": "" if item.fiscal_year is None else str(item.fiscal_year),
        }

    def _amount(self, amount: Decimal, currency: str) -> str:
        places = max(2, -int(minor_unit(currency).as_tuple().exponent))
        return self._decimal_sign(f"{amount:.{places}f}")

    def _decimal_sign(self, number: str) -> str:
        return number.replace(".", ",") if self._profile.decimal == "comma" else number

    def _written(self, text: str, column: str | None) -> str:
        """The text without what no reader takes well: line breaks, quotation marks, overlong or foreign letters."""
        plain = "".join(_plain_letter(letter) for letter in text)
        if self._profile.quoting == "none" or self._profile.quote == "none":
            plain = plain.replace(self._profile.separator, " ")
        plain = " ".join(plain.split())
        if column == "reference" and len(plain) > self._profile.reference_length:
            plain = plain[: self._profile.reference_length].rstrip()
        if plain != text:
            source = self._source(column)
            self.problems.append(item_texts.TEXT_CHANGED(source=source, value=shown(text), written=shown(plain)))
        return self._encodable(plain, column)

    def _encodable(self, text: str, column: str | None) -> str:
        try:
            text.encode(self._encoding)
            return text
        except UnicodeEncodeError:
            pass
        written = "".join(nearest_letters(letter, self._encoding) for letter in text)
        refuse = self._profile.unmappable_characters == "refuse"
        kind = item_texts.CHARACTER_REFUSED if refuse else item_texts.CHARACTER_REPLACED
        about = {"written": shown(written), "encoding": self._encoding}
        self.problems.append(kind(source=self._source(column), value=shown(text), **about))
        return written

    def _source(self, column: str | None) -> SourceRef:
        row = self._number + self._profile.name_row if column else 1
        return SourceRef(file=self._profile.file_name, row=row, column=column)

    def _quoted(self, text: str, *, bare: bool) -> str:
        quoting, quote = self._profile.quoting, self._profile.quote
        if quoting == "none" or quote == "none" or (quoting == "text" and bare and self._profile.separator not in text):
            return text
        return f"{quote}{text}{quote}"


def _completed(item: OutstandingItem) -> tuple[Decimal, Decimal]:
    """The invoice amount and what was paid of it, where the package gives only one of them (or none)."""
    invoice, paid = item.invoice_amount, item.paid_amount
    if invoice is None:
        invoice = item.open_amount + (paid or Decimal(0))
    return invoice, invoice - item.open_amount if paid is None else paid


def _plain_letter(letter: str) -> str:
    if letter in '"\u201c\u201d\u201e':
        return "'"
    return " " if letter.isspace() or unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") else letter


def nearest_letters(letter: str, encoding: str) -> str:
    """The letter itself where the encoding has it, else the nearest letters it has, else a question mark."""
    apart = unicodedata.normalize("NFKD", letter.translate(_NEAREST))
    base = "".join(part for part in apart if not unicodedata.combining(part))
    for candidate in (letter, unicodedata.normalize("NFC", letter), letter.translate(_NEAREST), base):
        try:
            candidate.encode(encoding)
        except UnicodeEncodeError:
            continue
        return candidate
    return "?"


def read_outstanding(stream: BinaryIO, profile: Profile, file_name: str) -> Iterator[SourceItem | Reject]:
    """The items and rejects of a file of outstanding items. Raises ProfileError for a profile of another format."""
    if not isinstance(profile, OutstandingProfile):
        raise ProfileError(f"profile {profile.name} is for {profile.format}; outstanding items need one for dbopen")
    return _items(stream, profile, file_name)


def _items(stream: BinaryIO, profile: OutstandingProfile, file_name: str) -> Iterator[SourceItem | Reject]:
    opened = open_file(stream, profile, file_name)
    if isinstance(opened, Reject):
        yield opened
        return
    reader = _ItemReader(opened, profile, file_name)
    for position, record in enumerate(opened.records, start=1):
        yield reader.take(position, record)


class _ItemReader:
    def __init__(self, opened: Opened, profile: OutstandingProfile, file_name: str) -> None:
        self._profile = profile
        self._file = file_name
        self._checks = RowChecks(opened, profile, file_name)
        self._places = {name: place for place, name in enumerate(opened.layout)}
        self._amount = amount_reader(profile)
        self._rate = amount_reader(profile, decimals=6)
        self._date = date_reader(profile)
        self._year = year_reader(profile)

    def take(self, position: int, record: Record) -> SourceItem | Reject:
        problems = self._checks.check(record)
        raw = bounded_raw([record.raw])
        item = None if _has_error(problems) else self._item(record, problems)
        if item is None:
            identifier = shown(self._text(record, "invoice_no"), limit=CODE_LENGTH)
            return Reject(position, (record.row,), raw, tuple(problems), identifier)
        return SourceItem(item, position, (record.row,), raw, tuple(problems))

    def _text(self, record: Record, column: str) -> str:
        place = self._places.get(column)
        return "" if place is None else record.fields[place].strip()

    def _read(self, problems: list[Problem], record: Record, column: str, reader: Callable[[str], _T]) -> _T | None:
        text = self._text(record, column)
        if not text:
            return None
        try:
            return reader(text)
        except Unreadable as error:
            limit = TEXT_LENGTH if column == "reference" else CODE_LENGTH
            source = self._checks.source(record.row, column)
            problems.append(unreadable(error.why, source, text, self._profile, limit))
            return None

    def _item(self, record: Record, problems: list[Problem]) -> OutstandingItem | None:
        kind = self._kind(record, problems)
        negate = self._profile.sign == "ledger" and kind == "purchase"

        def money(column: str) -> Decimal | None:
            amount = self._read(problems, record, column, self._amount)
            return -amount if amount is not None and negate else amount

        invoice, paid, open_amount = money("invoice_amount"), money("paid_amount"), money("open_amount")
        if open_amount is None and invoice is not None:
            open_amount = invoice - (paid or Decimal(0))
        if open_amount is None and not _has_error(problems):
            source = self._checks.source(record.row, "open_amount")
            problems.append(texts.MISSING(source=source, value="", **words("open_amount")))
        number = self._read(problems, record, "invoice_no", read_code)
        relation = self._read(problems, record, "relation_no", read_code)
        year = self._read(problems, record, "fiscal_year", self._year)
        values: dict[str, Any] = {
            "kind": kind,
            # Read back, an item is known by its kind, relation, invoice number and year (fact sheet, section 6).
            "external_id": "/".join((kind, relation or "", number or "", str(year or ""))),
            "relation_number": relation,
            "relation_name": self._read(problems, record, "relation_name", read_text),
            "invoice_number": number,
            "voucher_number": self._read(problems, record, "voucher_no", read_code),
            "invoice_date": self._read(problems, record, "invoice_date", self._date),
            "due_date": self._read(problems, record, "due_date", self._date),
            "reference": self._read(problems, record, "reference", read_text),
            "currency": self._read(problems, record, "currency", read_currency) or self._profile.default_currency,
            "exchange_rate": self._read(problems, record, "exchange_rate", self._rate),
            "invoice_amount": invoice,
            "vat_amount": money("vat_amount"),
            "paid_amount": paid,
            "open_amount": open_amount,
            "last_payment_date": self._read(problems, record, "last_payment_date", self._date),
            "journal": self._read(problems, record, "journal_no", read_code),
            "fiscal_year": year,
            "unmatched_payment": number is None,
        }
        if _has_error(problems):
            return None
        if invoice is not None and paid is not None and invoice - paid != open_amount:
            source = self._checks.source(record.row, "open_amount")
            about = {"value": str(open_amount), "expected": str(invoice - paid)}
            problems.append(item_texts.AMOUNTS_DISAGREE(source=source, **about))
        return self._validated(values, record, problems)

    def _validated(self, values: dict[str, Any], record: Record, problems: list[Problem]) -> OutstandingItem | None:
        try:
            return OutstandingItem.model_validate(values)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=False):
                source = locate("dbopen", str(detail["loc"][-1]), (record.row,), self._file)
                value, why = shown(str(detail["input"])), detail["msg"]
                problems.append(texts.NOT_ALLOWED(source=source, value=value, why=why, **words(source.column or "")))
            return None

    def _kind(self, record: Record, problems: list[Problem]) -> str:
        if "kind" not in self._places:
            return self._profile.kinds[0]
        said = self._text(record, "kind")
        if said.upper() not in _LETTERS:
            source = self._checks.source(record.row, "kind")
            problems.append(item_texts.KIND_UNKNOWN(source=source, value=shown(said)))
        return _LETTERS.get(said.upper(), "sales")


def _has_error(problems: list[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)
