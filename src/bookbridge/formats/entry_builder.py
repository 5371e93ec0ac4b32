"""From the rows of one FMUTA6 entry to an invoice or a memorial entry, with every problem tied to row and column."""

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bookbridge.documents import (
    DocumentKind,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    PurchaseInvoice,
    SalesInvoice,
    minor_unit,
)
from bookbridge.formats import texts
from bookbridge.formats import texts_entries as entry_texts
from bookbridge.formats.building import Built, Places, Readers, cached_code, optional, unchecked
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
        self._any_reserved = self._getter((*self._reserved, "none", "none"))
        present = [column for column in _FROM_DETAIL if column in self.places] or ["line_no"]
        self._from_detail_places = [self.places[column] for column in present]
        self._from_detail = self._getter((*present, present[0]))
        amount, quantity = optional(self._amount), optional(self._decimal)
        text = "header_description" if "header_description" in self.places else "description"
        code = cached_code
        self._head_readers = self._readers(
            *(("company_no", code), ("voucher_no", code), ("journal_no", code), ("fiscal_year", self._year)),
            *(("period", read_period), ("entry_date", self._date), (text, read_text)),
            *(("currency", optional(read_currency)), ("exchange_rate", quantity)),
        )
        self._invoice_readers = self._readers(
            *(("debtor_no", code), ("creditor_no", code), ("invoice_due_date", self._date)),
            *(("payment_reference", code), ("payment_method", code), ("blocked_account_amount", amount)),
            ("credit_term_amount", amount),
        )
        self._line_readers = self._readers(
            *(("gl_account", code), ("amount", amount), ("vat_code", code), ("vat_amount", amount)),
            *(("description", read_text), ("cost_centre", code), ("cost_unit", code), ("quantity", quantity)),
        )
        self._journal_line_readers = self._readers(
            *(("gl_account", code), ("amount", amount), ("entry_date", self._date), ("description", read_text)),
            *(("debtor_no", code), ("creditor_no", code), ("invoice_no", code), ("vat_code", code)),
            *(("vat_amount", amount), ("cost_centre", code), ("cost_unit", code), ("quantity", quantity)),
        )
        self._negated = {type: self._negates(type) for type in "VIKBGM"}
        self._checks_decimals = profile.decimal != "auto"
        self._row_has_header = profile.entry_start == 0

    def _getter(self, columns: Sequence[str]) -> Callable[[Sequence[str]], tuple[str, ...]]:
        return itemgetter(*(self.places[column] for column in columns))

    def _readers(self, *columns: tuple[str, Callable[[str], Any]]) -> Readers:
        return [(self.places[column], column, reader) for column, reader in columns]

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

    def _read_all(self, built: Built, record: Record, readers: Readers) -> list[Any]:
        """The values of several columns: at once where all are sound, one by one to tell what is wrong."""
        fields = record.fields
        try:
            return [reader(fields[place]) for place, _, reader in readers]
        except Unreadable:
            return [self.read(built, record, column, reader) for _, column, reader in readers]

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
        negate = self._negated[type]
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
        for place in self._from_detail_places:
            if not fields[place].strip():
                fields[place] = detail.fields[place]
        return header._replace(fields=fields)

    def _finish(self, built: Built, type: str, values: dict[str, Any], rows: tuple[int, ...]) -> None:
        model = _MODELS[type]
        rate, total = values["exchange_rate"], values.get("total", _ZERO)
        if (rate is None or rate > 0) and -_MANY < total < _MANY:
            # All else was read within the model's own bounds.
            built.document = unchecked(model, {**_BLANKS[type], **values}, _FIELDS[type])
            return
        try:
            built.document = model.model_validate(values)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=False):
                path = ".".join(str(part) for part in detail["loc"])
                source = locate("fmuta6", path, rows, self._file)
                value, why = shown(str(detail["input"])), detail["msg"]
                built.add(texts.NOT_ALLOWED(source=source, value=value, why=why, **words(source.column or path)))

    def _head(self, built: Built, header: Record) -> dict[str, Any]:
        """What invoices and memorial entries share."""
        company, number, journal, year, period, day, text, currency, rate = self._read_all(
            built, header, self._head_readers
        )
        if day is None and not built.errors:
            self._missing(built, header, "entry_date")
        if journal is None:
            journal = self.profile.default_journals.get(header.fields[self.places["journal_type"]].strip().upper())  # type: ignore[call-overload]
            if journal is None and not built.errors:
                self._missing(built, header, "journal_no")
        if any(self._any_reserved(header.fields)):
            self._note_reserved(built, header)
        currency = currency or self.profile.default_currency
        # The company's own currency at rate 1 is the same as no rate.
        own = rate is not None and rate == 1 and currency == self.profile.default_currency
        return {
            "administration": company,
            "number": number,
            "journal": journal,
            "fiscal_year": year or (day.year if day else None),
            "period": period,
            "entry_date": day,
            "description": text,
            "currency": currency,
            "exchange_rate": None if own else rate or None,
            "reversal": header.fields[self.places["reversal"]].strip().upper() in ("J", "Y", "1", "TRUE"),
        }

    def _note_reserved(self, built: Built, record: Record) -> None:
        for column in self._reserved:
            value = record.fields[self.places[column]].strip()
            if value.strip("0.,"):
                source = self._checks.source(record.row, column)
                built.add(entry_texts.RESERVED_VALUE(source=source, value=shown(value), **words(column)))
                return

    def _invoice_head(self, built: Built, header: Record, type: str) -> dict[str, Any]:
        debtor, creditor, due, reference, method, blocked, discount = self._read_all(
            built, header, self._invoice_readers
        )
        ours, relation, other = (
            ("debtor_no", debtor, "creditor_no") if type == "V" else ("creditor_no", creditor, "debtor_no")
        )
        if header.fields[self.places[other]].strip():
            self._both_relations(built, header, other)
        elif relation is None and not built.errors:
            source = self._checks.source(header.row, ours)
            built.add(entry_texts.RELATION_MISSING(source=source, value="", **words(ours)))
        elif relation is not None and self.profile.relation_key == "number" and not _DIGIT(relation):
            source = self._checks.source(header.row, ours)
            built.add(entry_texts.SEARCH_CODE(source=source, value=shown(relation)))
        if discount:
            source = self._checks.source(header.row, "credit_term_amount")
            built.add(entry_texts.CREDIT_TERM(source=source, value=str(discount)))
        return {
            "customer" if type == "V" else "supplier": relation,
            "due_date": due,
            "your_reference": reference,
            "payment_method": method,
            "blocked_account_amount": -blocked if blocked and self._negated[type] else blocked,
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
        negate, readers = self._negated[type], self._line_readers
        for detail in self._sound(built, header, details, self._agree_invoice, type):
            account, amount, code, vat, text, centre, unit, number = self._read_all(built, detail, readers)
            if account is None or amount is None:
                self._lacks(built, detail)
                continue
            if negate:
                amount, vat = -amount, None if vat is None else -vat
            amounts.add(amount, vat, code)
            if self._keeps(built, detail, currency, amount, vat):
                line = {
                    "ledger_account": account,
                    "amount": amount,
                    "vat_code": code,
                    "vat_amount": vat,
                    "description": text,
                    "cost_centre": centre,
                    "cost_unit": unit,
                    "quantity": number,
                }
                lines.append(unchecked(InvoiceLine, line, _INVOICE_LINE_FIELDS))
        return lines, amounts

    def _journal_lines(
        self, built: Built, header: Record, details: Sequence[Record], currency: str
    ) -> tuple[list[JournalLine], Amounts]:
        lines: list[JournalLine] = []
        amounts = Amounts()
        negate, readers = self._negated["M"], self._journal_line_readers
        date_place = self.places["entry_date"]
        head_date = header.fields[date_place]
        for detail in self._sound(built, header, details, self._agree_journal, "M"):
            account, amount, day, text, debtor, creditor, invoice, code, vat, centre, unit, number = self._read_all(
                built, detail, readers
            )
            if account is None or amount is None:
                self._lacks(built, detail)
                continue
            if negate:
                amount, vat = -amount, None if vat is None else -vat
            amounts.add(amount, None, None)
            if self._keeps(built, detail, currency, amount, vat):
                line = {
                    "ledger_account": account,
                    "amount": amount,
                    "line_date": None if detail.fields[date_place] == head_date else day,
                    "description": text,
                    "customer": debtor,
                    "supplier": creditor,
                    "invoice_number": invoice,
                    "vat_code": code,
                    "vat_amount": vat,
                    "cost_centre": centre,
                    "cost_unit": unit,
                    "quantity": number,
                }
                lines.append(unchecked(JournalLine, line, _JOURNAL_LINE_FIELDS))
        return lines, amounts

    def _sound(
        self, built: Built, header: Record, details: Sequence[Record], agree: tuple[str, ...], type: str
    ) -> Iterator[Record]:
        """The details, each compared with the header first."""
        key = self._key_journal if type == "M" else self._key_invoice
        agreed = {key(header.fields)}
        for detail in details:
            if (said := key(detail.fields)) not in agreed:
                before = len(built.errors) + len(built.notices)
                self._check_agreement(built, header, detail, agree, type)
                if len(built.errors) + len(built.notices) == before and len(agreed) < 100:
                    agreed.add(said)
            if any(self._any_reserved(detail.fields)):
                self._note_reserved(built, detail)
            yield detail

    def _lacks(self, built: Built, detail: Record) -> None:
        for column in ("gl_account", "amount"):
            if not detail.fields[self.places[column]].strip():
                self._missing(built, detail, column)

    def _keeps(self, built: Built, detail: Record, currency: str, amount: Decimal, vat: Decimal | None) -> bool:
        """Whether the row becomes a line; notes what is wrong with its amounts."""
        if self._checks_decimals or currency != "EUR":
            self._check_decimals(built, detail, currency, amount, vat)
        if not amount and not vat and self.profile.zero_amount_lines == "drop":
            self._drop(built, detail)
            return False
        built.line_rows.append(detail.row)
        return True

    def _drop(self, built: Built, detail: Record) -> None:
        built.dropped_rows.append(detail.row)
        value = detail.fields[self.places["line_no"]].strip()
        built.add(entry_texts.ZERO_LINE_DROPPED(source=self._checks.source(detail.row, "amount"), value=value))

    def _check_decimals(self, built: Built, detail: Record, currency: str, *amounts: Decimal | None) -> None:
        unit = minor_unit(currency)
        for column, amount in zip(("amount", "vat_amount"), amounts, strict=True):
            if amount is not None and amount % unit:
                source = self._checks.source(detail.row, column)
                built.add(texts.TOO_MANY_DECIMALS(source=source, value=str(amount), currency=currency))

    def _check_agreement(self, built: Built, header: Record, detail: Record, columns: Sequence[str], type: str) -> None:
        for column in columns:
            place = self.places[column]
            said, expected = detail.fields[place].strip(), header.fields[place].strip()
            if column == "currency" and not expected:
                expected = self.profile.default_currency
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
            elif expected or column in _MUST_AGREE:
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
        head = -head if head and self._negated[type] else head
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
_FIELDS = {type: set(model.model_fields) for type, model in _MODELS.items()}
_BLANKS = {
    type: {name: None if field.is_required() else field.default for name, field in model.model_fields.items()}
    for type, model in _MODELS.items()
}
_ZERO = Decimal(0)
_MANY = Decimal(10) ** 13
_DIGIT = re.compile(r"\d").search
_INVOICE_LINE_FIELDS = set(InvoiceLine.model_fields)
_JOURNAL_LINE_FIELDS = set(JournalLine.model_fields)
