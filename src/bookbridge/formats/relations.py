"""DEBITR and CREDIT: one row is one customer or supplier. A blank field means: leave the package's value as it is."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from hashlib import blake2b
from typing import Any, BinaryIO, TypeVar

from pydantic import ValidationError

from bookbridge.documents import Customer, Problem, Supplier, dutch_vat_number_is_valid, fingerprint, modulo_97
from bookbridge.formats import texts
from bookbridge.formats import texts_relations as relation_texts
from bookbridge.formats.locate import locate
from bookbridge.formats.opening import Opened, RowChecks, open_file
from bookbridge.formats.profile import RelationProfile
from bookbridge.formats.records import Record
from bookbridge.formats.results import Reject, SourceDocument
from bookbridge.formats.sniff import other_kind_width
from bookbridge.formats.text import bounded_raw, shown
from bookbridge.formats.texts import words
from bookbridge.formats.unreadable import unreadable
from bookbridge.formats.values import (
    CODE_LENGTH,
    TEXT_LENGTH,
    Unreadable,
    amount_reader,
    read_choice,
    read_code,
    read_currency,
    read_text,
)

_T = TypeVar("_T")

_TEXTS = {
    "name": "name",
    "address_line_1": "address_1",
    "address_line_2": "address_2",
    "postal_code": "postal_code",
    "city": "city",
    "phone": "phone",
    "email": "email",
    "contact_name": "contact_name",
}
_CODES = {
    "administration": "company_no",
    "language": "language",
    "bank_account": "bank_account",
    "blocked_bank_account": "blocked_account",
    "payment_condition": "payment_condition",
    "payment_method": "payment_method",
    "ledger_account": "offset_account",
}
_IBAN = re.compile("[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}").fullmatch


def read_relations(stream: BinaryIO, profile: RelationProfile, file_name: str) -> Iterator[SourceDocument | Reject]:
    """The customers or suppliers and the rejects of a file, in its order."""
    opened = open_file(stream, profile, file_name)
    if isinstance(opened, Reject):
        yield opened
        return
    yield from relations_of(opened, profile, file_name)


def relations_of(opened: Opened, profile: RelationProfile, file_name: str) -> Iterator[SourceDocument | Reject]:
    """The customers or suppliers and the rejects of an opened file's records."""
    reader = _RelationReader(opened, profile, file_name)
    for position, record in enumerate(opened.records, start=1):
        yield reader.take(position, record)


class _RelationReader:
    def __init__(self, opened: Opened, profile: RelationProfile, file_name: str) -> None:
        self._profile = profile
        self._file = file_name
        self._checks = RowChecks(opened, profile, file_name)
        self._places = {name: place for place, name in enumerate(opened.layout)}
        self._number = "debtor_no" if profile.format == "debitr" else "creditor_no"
        self._other_width = other_kind_width(profile)
        self._amount = amount_reader(profile)
        self._seen: dict[str, bytes] = {}

    def take(self, position: int, record: Record) -> SourceDocument | Reject:
        problems: list[Problem] = []
        if len(record.fields) == self._other_width and record.flaw is None:
            problems.append(self._other_kind(record))
        problems += self._checks.check(record)
        if not record.raw.isascii() and (doubt := self._checks.doubt(record)):
            problems.append(doubt)
        raw = bounded_raw([record.raw])
        document = None if _has_error(problems) else self._relation(record, problems)
        if document is not None and (repeated := self._seen_before(document, record)):
            problems, document = [*problems, repeated], None
        if document is None:
            number = shown(self._text(record, self._number), limit=CODE_LENGTH)
            return Reject(position=position, rows=(record.row,), raw=raw, problems=tuple(problems), identifier=number,
                          kind="customer" if self._profile.format == "debitr" else "supplier")  # fmt: skip
        return SourceDocument(
            document=document, position=position, rows=(record.row,), raw=raw, notices=tuple(problems)
        )

    def _text(self, record: Record, column: str) -> str:
        place = self._places.get(column)
        return "" if place is None else record.fields[place].strip()

    def _read(self, problems: list[Problem], record: Record, column: str, reader: Callable[[str], _T]) -> _T | None:
        """The value of a column; None where it is blank or unreadable, the latter noted."""
        text = self._text(record, column)
        if not text:
            return None
        try:
            return reader(text)
        except Unreadable as error:
            limit = TEXT_LENGTH if column in _TEXTS.values() else CODE_LENGTH
            source = self._checks.source(record.row, column)
            problems.append(unreadable(error.why, source, text, self._profile, limit))
            return None

    def _relation(self, record: Record, problems: list[Problem]) -> Customer | Supplier | None:
        values = self._values(record, problems)
        for field, column in (("number", self._number), ("name", "name")):
            if values[field] is None and not _has_error(problems):
                source = self._checks.source(record.row, column)
                problems.append(texts.MISSING(source=source, value="", **words(column)))
        if _has_error(problems):
            return None
        try:
            if self._profile.format == "debitr":
                return Customer.model_validate(values)
            return Supplier.model_validate(
                {**values, "our_customer_number": self._read(problems, record, "customer_code", read_code)}
            )
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=False):
                source = locate(self._profile.format, str(detail["loc"][-1]), (record.row,), self._file)
                value = shown(str(detail["input"]))
                about = words(source.column or "")
                problems.append(texts.NOT_ALLOWED(source=source, value=value, why=detail["msg"], **about))
            return None

    def _values(self, record: Record, problems: list[Problem]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for field, column in _TEXTS.items():
            values[field] = self._read(problems, record, column, read_text)
        for field, column in _CODES.items():
            values[field] = self._read(problems, record, column, read_code)
        number = self._read(problems, record, self._number, read_code)
        # The search code is obsolete in one family and mandatory in the other: where it is empty the number serves.
        search = self._read(problems, record, "search_code", read_code) or number
        by_search_code = self._profile.relation_key == "search_code" and number is not None
        limit: Decimal | None = self._read(problems, record, "credit_limit", self._amount)
        values |= {
            "number": search if by_search_code else number,
            "search_code": search,
            "currency": self._read(problems, record, "currency", read_currency),
            "country": self._country(record, problems),
            "vat_number": self._vat_number(record, problems),
            "credit_limit": limit,
            "blocked": self._read(problems, record, "blocked", read_choice),
        }
        for column in ("bank_account", "blocked_account"):
            self._check_iban(record, problems, column)
        return values

    def _country(self, record: Record, problems: list[Problem]) -> str | None:
        code = self._read(problems, record, "country", read_code)
        if code is None:
            return self._profile.default_country
        code = code.upper()
        known = self._profile.country_map.get(code, code)
        if not re.fullmatch("[A-Z]{2}", known):
            source = self._checks.source(record.row, "country")
            problems.append(relation_texts.COUNTRY_UNKNOWN(field="country", source=source, value=shown(code)))
        return known

    def _vat_number(self, record: Record, problems: list[Problem]) -> str | None:
        number = self._read(problems, record, "vat_number", read_code)
        if number is None or not number.strip("0"):
            return None
        plain = re.sub("[ .-]", "", number).upper()
        if plain.startswith("NL") and not dutch_vat_number_is_valid(plain):
            source = self._checks.source(record.row, "vat_number")
            problems.append(relation_texts.VAT_NUMBER_DOUBTFUL(field="vat_number", source=source, value=shown(number)))
        return number

    def _check_iban(self, record: Record, problems: list[Problem], column: str) -> None:
        account = self._text(record, column)
        plain = account.replace(" ", "").upper()
        if _IBAN(plain) and modulo_97(plain[4:] + plain[:4]) != 1:
            source = self._checks.source(record.row, column)
            field = "bank_account" if column == "bank_account" else "blocked_bank_account"
            problems.append(relation_texts.BANK_ACCOUNT_DOUBTFUL(field=field, source=source, value=shown(account)))

    def _other_kind(self, record: Record) -> Problem:
        found, expected = ("credit.csv", "debitr.csv")
        if self._profile.format == "credit":
            found, expected = expected, found
        return relation_texts.OTHER_KIND(
            source=self._checks.source(record.row),
            value=shown(record.raw.strip()),
            width=len(record.fields),
            found=found,
            expected=expected,
        )

    def _seen_before(self, document: Customer | Supplier, record: Record) -> Problem | None:
        key = f"{document.administration or ''}/{document.number}"
        content = blake2b(fingerprint(document).encode(), digest_size=12).digest()
        if key not in self._seen:
            self._seen[key] = content
            return None
        same = self._seen[key] == content
        source = self._checks.source(record.row, self._number)
        kind = relation_texts.ROW_REPEATED if same else relation_texts.NUMBER_TWICE
        return kind(field="number", source=source, value=document.number)


def _has_error(problems: list[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)
