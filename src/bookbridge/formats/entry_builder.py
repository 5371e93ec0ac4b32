"""From the rows of one FMUTA6 entry to an invoice or a memorial entry, with every problem tied to row and column."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bookbridge.documents import (
    Document,
    DocumentKind,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    Problem,
    PurchaseInvoice,
    SalesInvoice,
    minor_unit,
)
from bookbridge.formats import texts
from bookbridge.formats import texts_entries as entry_texts
from bookbridge.formats.invoice_total import Amounts, invoice_total
from bookbridge.formats.locate import locate
from bookbridge.formats.opening import RowChecks
from bookbridge.formats.profile import EntryProfile
from bookbridge.formats.records import Record
from bookbridge.formats.text import shown
from bookbridge.formats.texts import words
from bookbridge.formats.unreadable import unreadable
from bookbridge.formats.values import (
    CODE_LENGTH,
    TEXT_LENGTH,
    Unreadable,
    amount_reader,
    date_reader,
    read_code,
    read_currency,
    read_period,
    read_text,
    year_reader,
)

_T = TypeVar("_T")
_Model = TypeVar("_Model", bound=BaseModel)

KINDS: dict[str, DocumentKind] = {"V": "sales_invoice", "I": "purchase_invoice", "M": "journal_entry"}

_FROM_DETAIL = ("company_no", "voucher_no", "currency", "exchange_rate", "fiscal_year", "period")
"""Where the header leaves these empty, the first detail's value counts."""
_MUST_AGREE = ("company_no", "voucher_no", "currency", "incl_excl")
_SHOULD_AGREE = ("fiscal_year", "period", "entry_date")

_code = lru_cache(maxsize=8192)(read_code)


def unchecked(model: type[_Model], values: dict[str, Any], filled: set[str]) -> _Model:
    """The frozen model without validating again what the caller made sure of (as model_construct, without its loop).

    Reading a million lines spends most of its time here otherwise; a test holds that the result equals the validated.
    """
    made = model.__new__(model)
    put = object.__setattr__
    put(made, "__dict__", values)
    put(made, "__pydantic_fields_set__", filled)
    put(made, "__pydantic_extra__", None)
    put(made, "__pydantic_private__", None)
    return made


@dataclass(slots=True)
class Built:
    """What became of the rows of an entry."""

    document: Document | None = None
    errors: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    line_rows: list[int] = field(default_factory=list)
    dropped_rows: list[int] = field(default_factory=list)

    def add(self, problem: Problem) -> None:
        (self.errors if problem.severity == "error" else self.notices).append(problem)


class Places(dict[str, int]):
    """Where each column stands. One that the layout lacks is the blank field that closes each row (see fmuta6)."""

    def __init__(self, layout: Sequence[str]) -> None:
        super().__init__((name, place) for place, name in enumerate(layout))
        self._beyond = len(layout)

    def __missing__(self, column: str) -> int:
        return self._beyond


class EntryBuilder:
    """Builds one entry after another by one profile and one order of columns."""

    def __init__(self, profile: EntryProfile, layout: Sequence[str], checks: RowChecks, file_name: str) -> None:
        self.profile = profile
        self._checks = checks
        self._file = file_name
        self.places = Places(layout)
        self._amount = amount_reader(profile)
        self._decimal = amount_reader(profile, decimals=6)
        self._date = date_reader(profile)
        self._year = year_reader(profile)
        agreeing = ("journal_type", "journal_no", *_MUST_AGREE, *_SHOULD_AGREE)
        self._agree_invoice = (*agreeing, "debtor_no", "creditor_no")
        self._agree_journal = tuple(name for name in agreeing if name != "entry_date")
        self._key_invoice = self._getter(self._agree_invoice)
        self._key_journal = self._getter(self._agree_journal)
        self._reserved = [name for name in layout if name.startswith("reserved_")]
        self._any_reserved = self._getter((*self._reserved, "reserved_none", "reserved_none"))
        self._from_detail = self._getter(_FROM_DETAIL)
        self._line_places = self._getter(_LINE_COLUMNS)
        self._checks_decimals = profile.decimal != "auto"
        self._row_has_header = profile.entry_start == 0

    def _getter(self, columns: Sequence[str]) -> Callable[[Sequence[str]], tuple[str, ...]]:
        return itemgetter(*(self.places[column] for column in columns))

    # -- one value ----------------------------------------------------------------------------------------------

    def read(self, built: Built, record: Record, column: str, reader: Callable[[str], _T]) -> _T | None:
        """The value of a column, None where it is unreadable; then the problem is noted."""
        text = record.fields[self.places[column]]
        try:
            return reader(text)
        except Unreadable as error:
            limit = CODE_LENGTH if column not in ("description", "header_description") else TEXT_LENGTH
            built.add(unreadable(error.why, self._checks.source(record.row, column), text, self.profile, limit))
            return None

    def _filled(self, built: Built, record: Record, column: str, reader: Callable[[str], _T]) -> _T | None:
        """As `read`, None for a blank field."""
        return self.read(built, record, column, reader) if record.fields[self.places[column]].strip() else None

    def _missing(self, built: Built, record: Record, column: str) -> None:
        built.add(texts.MISSING(source=self._checks.source(record.row, column), value="", **words(column)))

    # -- the entry ----------------------------------------------------------------------------------------------

    def money(self, header: Record, details: Sequence[Record], type: str) -> tuple[Decimal, str] | None:
        """The total of an entry that may be damaged: the header's amount, else the details', and the currency."""
        trial = Built()
        currency = self._filled(trial, header, "currency", read_currency) or self.profile.default_currency
        negate = self._negates(type)
        amount = self._filled(trial, header, "amount", self._amount) if self._row_has_header else None
        if not amount:
            amounts = [self._filled(trial, detail, "amount", self._amount) for detail in details]
            if trial.errors or not amounts or None in amounts:
                return None
            known = [value for value in amounts if value is not None]
            amount = sum((value for value in known if type != "M" or value > 0), Decimal(0))
        return (-amount if negate else amount, currency)

    def _negates(self, type: str) -> bool:
        """Whether the profile's sign is the opposite of the documents': invoices positive, memorial debit positive."""
        if type not in "VIKBGM" or not type:
            return False
        sign = getattr(self.profile.sign, type)
        if type == "V":
            return bool(sign == "debit_positive")
        return bool(sign == "credit_positive")

    def build(self, header: Record, details: Sequence[Record], type: str, *, must_prove: int | None) -> Built:
        """The document of a type V, I or M entry. `must_prove`: the row of an unreadable neighbour, which makes the
        entry acceptable only when it adds up exactly."""
        built = Built()
        basis = header if all(self._from_detail(header.fields)) else self._completed(header, details[0])
        values = self._head(built, basis)
        currency = values["currency"]
        lines: list[InvoiceLine] | list[JournalLine]
        if type == "M":
            lines, amounts = self._journal_lines(built, basis, details, currency)
            self._check_balance(built, header, amounts.details, must_prove)
        else:
            lines, amounts = self._invoice_lines(built, basis, details, type, currency)
            values |= self._invoice_head(built, basis, type)
            values["invoice_number"] = self._invoice_number(built, details) or values["number"]
            self._set_total(built, values, header, amounts, must_prove)
        if not lines and not built.errors:
            built.notices.append(entry_texts.NO_DETAILS(source=self._checks.source(header.row)))
        elif not built.errors:
            self._finish(built, type, {**values, "lines": tuple(lines)}, (header.row, *built.line_rows))
        return built

    def _completed(self, header: Record, detail: Record) -> Record:
        fields = list(header.fields)
        for column in _FROM_DETAIL:
            place = self.places[column]
            if not fields[place].strip():
                fields[place] = detail.fields[place]
        return header._replace(fields=fields)

    def _finish(self, built: Built, type: str, values: dict[str, Any], rows: tuple[int, ...]) -> None:
        model = _MODELS[type]
        try:
            built.document = model.model_validate(values)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=False):
                path = ".".join(str(part) for part in detail["loc"])
                source = locate("fmuta6", path, rows, self._file)
                value = shown(str(detail["input"]))
                why = detail["msg"]
                built.add(texts.NOT_ALLOWED(source=source, value=value, why=why, **words(source.column or path)))

    def _head(self, built: Built, header: Record) -> dict[str, Any]:
        """What invoices and memorial entries share."""
        day = self.read(built, header, "entry_date", self._date)
        if day is None and not built.errors:
            self._missing(built, header, "entry_date")
        journal = self.read(built, header, "journal_no", _code)
        type = header.fields[self.places["journal_type"]].strip().upper()
        journal = journal or self.profile.default_journals.get(type)  # type: ignore[call-overload]
        if journal is None:
            self._missing(built, header, "journal_no")
        year = self.read(built, header, "fiscal_year", self._year)
        currency = self._filled(built, header, "currency", read_currency) or self.profile.default_currency
        rate = self._filled(built, header, "exchange_rate", self._decimal)
        text = "header_description" if "header_description" in self.places else "description"
        self._note_reserved(built, header)
        return {
            "administration": self.read(built, header, "company_no", _code),
            "number": self.read(built, header, "voucher_no", _code),
            "journal": journal,
            "fiscal_year": year or (day.year if day else None),
            "period": self.read(built, header, "period", read_period),
            "entry_date": day,
            "description": self.read(built, header, text, read_text),
            "currency": currency,
            # The company's own currency at rate 1 is the same as no rate.
            "exchange_rate": None if rate == 1 and currency == self.profile.default_currency else rate or None,
            "reversal": header.fields[self.places["reversal"]].strip().upper() in ("J", "Y", "1", "TRUE"),
        }

    def _note_reserved(self, built: Built, record: Record) -> None:
        if not any(self._any_reserved(record.fields)):
            return
        for column in self._reserved:
            value = record.fields[self.places[column]].strip()
            if value.strip("0.,"):
                source = self._checks.source(record.row, column)
                built.add(entry_texts.RESERVED_VALUE(source=source, value=shown(value), **words(column)))
                return

    def _invoice_head(self, built: Built, header: Record, type: str) -> dict[str, Any]:
        ours, other = ("debtor_no", "creditor_no") if type == "V" else ("creditor_no", "debtor_no")
        relation = self.read(built, header, ours, _code)
        if header.fields[self.places[other]].strip():
            self._both_relations(built, header, other)
        elif relation is None:
            built.add(
                entry_texts.RELATION_MISSING(source=self._checks.source(header.row, ours), value="", **words(ours))
            )
        elif self.profile.relation_key == "number" and not any(letter.isdigit() for letter in relation):
            source = self._checks.source(header.row, ours)
            built.add(entry_texts.SEARCH_CODE(source=source, value=shown(relation)))
        discount = self._filled(built, header, "credit_term_amount", self._amount)
        if discount:
            source = self._checks.source(header.row, "credit_term_amount")
            built.add(entry_texts.CREDIT_TERM(source=source, value=str(discount)))
        blocked = self._filled(built, header, "blocked_account_amount", self._amount)
        return {
            "customer" if type == "V" else "supplier": relation,
            "due_date": self.read(built, header, "invoice_due_date", self._date),
            "your_reference": self.read(built, header, "payment_reference", _code),
            "payment_method": self.read(built, header, "payment_method", _code),
            "blocked_account_amount": -blocked if blocked and self._negates(type) else blocked,
        }

    def _both_relations(self, built: Built, record: Record, column: str) -> None:
        value = shown(record.fields[self.places[column]].strip())
        built.add(entry_texts.BOTH_RELATIONS(source=self._checks.source(record.row, column), value=value))

    # -- the lines ----------------------------------------------------------------------------------------------

    def _invoice_lines(
        self, built: Built, header: Record, details: Sequence[Record], type: str, currency: str
    ) -> tuple[list[InvoiceLine], Amounts]:
        lines: list[InvoiceLine] = []
        amounts = Amounts()
        negate, drop = self._negates(type), self.profile.zero_amount_lines == "drop"
        key, agreed = self._key_invoice, self._key_invoice(header.fields)
        take, amount_of, decimal_of = self._line_places, self._amount, self._decimal
        for detail in details:
            fields = detail.fields
            if key(fields) != agreed:
                self._check_agreement(built, header, detail, self._agree_invoice, type)
            account, money, text, code, vat, centre, unit, number = take(fields)
            self._check_row(built, detail)
            try:
                ledger, amount = _code(account), amount_of(money)
                vat_code = _code(code)
                vat_amount = amount_of(vat) if vat.strip() else None
                line = {
                    "ledger_account": ledger,
                    "amount": -amount if negate else amount,
                    "vat_code": vat_code,
                    "vat_amount": -vat_amount if negate and vat_amount is not None else vat_amount,
                    "description": read_text(text),
                    "cost_centre": _code(centre),
                    "cost_unit": _code(unit),
                    "quantity": decimal_of(number) if number.strip() else None,
                }
            except Unreadable:
                self._explain_line(built, detail)
                continue
            if ledger is None:
                self._missing(built, detail, "gl_account")
                continue
            self._check_decimals(built, detail, currency, amount, vat_amount)
            amounts.add(line["amount"], line["vat_amount"], vat_code)  # type: ignore[arg-type]
            if drop and not amount and not vat_amount:
                self._drop(built, detail)
                continue
            built.line_rows.append(detail.row)
            lines.append(unchecked(InvoiceLine, line, _INVOICE_LINE_FIELDS))
        return lines, amounts

    def _journal_lines(
        self, built: Built, header: Record, details: Sequence[Record], currency: str
    ) -> tuple[list[JournalLine], Amounts]:
        lines: list[JournalLine] = []
        amounts = Amounts()
        negate, drop = self._negates("M"), self.profile.zero_amount_lines == "drop"
        key, agreed = self._key_journal, self._key_journal(header.fields)
        date_place, head_date = self.places["entry_date"], header.fields[self.places["entry_date"]]
        relations = self._getter(("debtor_no", "creditor_no", "invoice_no"))
        for detail in details:
            fields = detail.fields
            if key(fields) != agreed:
                self._check_agreement(built, header, detail, self._agree_journal, "M")
            account, money, text, code, vat, centre, unit, number = self._line_places(fields)
            debtor, creditor, invoice = relations(fields)
            self._check_row(built, detail)
            try:
                ledger, amount = _code(account), self._amount(money)
                vat_amount = self._amount(vat) if vat.strip() else None
                line = {
                    "ledger_account": ledger,
                    "amount": -amount if negate else amount,
                    "line_date": None if fields[date_place] == head_date else self._date(fields[date_place]),
                    "description": read_text(text),
                    "customer": _code(debtor),
                    "supplier": _code(creditor),
                    "invoice_number": _code(invoice),
                    "vat_code": _code(code),
                    "vat_amount": -vat_amount if negate and vat_amount is not None else vat_amount,
                    "cost_centre": _code(centre),
                    "cost_unit": _code(unit),
                    "quantity": self._decimal(number) if number.strip() else None,
                }
            except Unreadable:
                self._explain_line(built, detail)
                continue
            if ledger is None:
                self._missing(built, detail, "gl_account")
                continue
            self._check_decimals(built, detail, currency, amount, vat_amount)
            amounts.add(line["amount"], None, None)  # type: ignore[arg-type]
            if drop and not amount and not vat_amount:
                self._drop(built, detail)
                continue
            built.line_rows.append(detail.row)
            lines.append(unchecked(JournalLine, line, _JOURNAL_LINE_FIELDS))
        return lines, amounts

    def _check_row(self, built: Built, detail: Record) -> None:
        fields = detail.fields
        if any(self._any_reserved(fields)):
            self._note_reserved(built, detail)

    def _drop(self, built: Built, detail: Record) -> None:
        built.dropped_rows.append(detail.row)
        value = detail.fields[self.places["line_no"]].strip()
        built.add(entry_texts.ZERO_LINE_DROPPED(source=self._checks.source(detail.row, "amount"), value=value))

    def _explain_line(self, built: Built, detail: Record) -> None:
        """Every unreadable column of a row that the quick way stumbled over."""
        for column in ("gl_account", "amount"):
            if not detail.fields[self.places[column]].strip():
                self._missing(built, detail, column)
        self._filled(built, detail, "amount", self._amount)
        self._filled(built, detail, "vat_amount", self._amount)
        self._filled(built, detail, "quantity", self._decimal)
        self.read(built, detail, "entry_date", self._date)
        self.read(built, detail, "description", read_text)
        for column in ("gl_account", "vat_code", "cost_centre", "cost_unit", "debtor_no", "creditor_no", "invoice_no"):
            self.read(built, detail, column, read_code)

    def _check_decimals(self, built: Built, detail: Record, currency: str, *amounts: Decimal | None) -> None:
        if currency == "EUR" and not self._checks_decimals:
            return
        unit = minor_unit(currency)
        for column, amount in zip(("amount", "vat_amount"), amounts, strict=True):
            if amount is not None and amount % unit:
                source = self._checks.source(detail.row, column)
                built.add(texts.TOO_MANY_DECIMALS(source=source, value=str(amount), currency=currency))

    def _check_agreement(self, built: Built, header: Record, detail: Record, columns: Sequence[str], type: str) -> None:
        for column in columns:
            place = self.places[column]
            said, expected = detail.fields[place].strip(), header.fields[place].strip()
            if not said or said == expected or self._same(column, said, expected):
                continue
            about = {
                "source": self._checks.source(detail.row, column),
                "value": shown(said),
                "header": shown(expected),
                **words(column),
            }
            if column in ("journal_type", "journal_no"):
                built.add(entry_texts.JOURNAL_DIFFERS(**about))  # type: ignore[arg-type]
            elif column == ("creditor_no" if type == "V" else "debtor_no"):
                self._both_relations(built, detail, column)
            elif column in _SHOULD_AGREE:
                built.add(entry_texts.DIFFERS(**about))  # type: ignore[arg-type]
            elif expected:
                built.add(entry_texts.DISAGREES(**about))  # type: ignore[arg-type]

    def _same(self, column: str, one: str, other: str) -> bool:
        """Whether two spellings say the same, such as `2` and `02` for a period."""
        readers: dict[str, Callable[[str], object]] = {
            "journal_type": str.upper,
            "currency": str.upper,
            "fiscal_year": self._year,
            "period": read_period,
            "entry_date": self._date,
        }
        reader = readers.get(column)
        try:
            return reader is not None and reader(one) == reader(other)
        except Unreadable:
            return False

    # -- the sums -----------------------------------------------------------------------------------------------

    def _check_balance(self, built: Built, header: Record, total: Decimal, must_prove: int | None) -> None:
        if total and not built.errors:
            source = self._checks.source(header.row, "amount")
            built.add(entry_texts.UNBALANCED(source=source, value=str(total)))
            if must_prove is not None:
                built.add(entry_texts.UNREADABLE_ROW_NEAR(source=self._checks.source(must_prove), row=must_prove))

    def _set_total(
        self, built: Built, values: dict[str, Any], header: Record, amounts: Amounts, must_prove: int | None
    ) -> None:
        """The invoice's total, its VAT in or out, and the invoice number of its details."""
        if built.errors:
            return
        head = self._filled(built, header, "amount", self._amount) if self._row_has_header else None
        type = header.fields[self.places["journal_type"]].strip().upper()
        head = -head if head and self._negates(type) else head
        setting = self._vat_setting(built, header)
        values["vat"], values["total"], problem = invoice_total(head, amounts, setting, self.profile)
        if problem is not None:
            kind, about = problem
            built.add(kind(source=self._checks.source(header.row, "amount"), **about))  # type: ignore[arg-type]
        if must_prove is not None and (not head or problem is not None):
            built.add(entry_texts.UNREADABLE_ROW_NEAR(source=self._checks.source(must_prove), row=must_prove))

    def _vat_setting(self, built: Built, header: Record) -> str:
        """The profile's setting, or what the entry itself says in a column for it."""
        said = header.fields[self.places["incl_excl"]].strip()
        if not said:
            return self.profile.amount_includes_vat
        if said[0].upper() in "IE":
            return "always" if said[0].upper() == "I" else "never"
        source = self._checks.source(header.row, "incl_excl")
        built.add(texts.NOT_ALLOWED(source=source, value=shown(said), why="Incl / Excl", **words("incl_excl")))
        return self.profile.amount_includes_vat

    def _invoice_number(self, built: Built, details: Sequence[Record]) -> str | None:
        """The details' invoice number; a second one is told."""
        place, first = self.places["invoice_no"], ""
        for detail in details:
            said = detail.fields[place].strip()
            if said and not first:
                first = said
            elif said and said != first:
                source = self._checks.source(detail.row, "invoice_no")
                built.add(entry_texts.INVOICE_NUMBER_DIFFERS(source=source, value=shown(said), first=shown(first)))
                break
        return first or None


_MODELS: dict[str, type[SalesInvoice] | type[PurchaseInvoice] | type[JournalEntry]] = {
    "V": SalesInvoice,
    "I": PurchaseInvoice,
    "M": JournalEntry,
}
_LINE_COLUMNS = (
    *("gl_account", "amount", "description", "vat_code", "vat_amount", "cost_centre", "cost_unit", "quantity"),
)
_INVOICE_LINE_FIELDS = set(InvoiceLine.model_fields)
_JOURNAL_LINE_FIELDS = set(JournalLine.model_fields)
