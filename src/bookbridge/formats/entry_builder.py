"""From the rows of one FMUTA6 entry to an invoice or a memorial entry, with every problem tied to row and column."""

import re
from collections.abc import Callable, Sequence
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
from bookbridge.formats.building import Built, Column, Columns, Places, maker, optional
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
    says_yes,
    year_reader,
)

_T = TypeVar("_T")
_Model = TypeVar("_Model", bound=BaseModel)

KINDS: dict[str, DocumentKind] = {"V": "sales_invoice", "I": "purchase_invoice", "M": "journal_entry"}

_TYPES_OF = {kind: type for type, kind in KINDS.items()}

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
        agreeing = ("journal_type", "journal_no", *_MUST_AGREE, *_SHOULD_AGREE)
        self._agree = {
            "V": (*agreeing, "debtor_no", "creditor_no"),
            "I": (*agreeing, "debtor_no", "creditor_no"),
            "M": tuple(name for name in agreeing if name != "entry_date"),
        }
        self._agreeing = {type: self._getter(columns) for type, columns in self._agree.items()}
        self._reserved = [name for name in layout if name.startswith("reserved_")]
        self._reserved_span = slice(*self._span(self._reserved))
        self._blank_span = [""] * (self._reserved_span.stop - self._reserved_span.start)
        present = [column for column in _FROM_DETAIL if column in self.places] or ["line_no"]
        self._from_detail_places = [self.places[column] for column in present]
        self._from_detail = self._getter((*present, present[0]))
        self._heads = {type: Columns(self.places, _BLANKS[type], self._head_columns()) for type in KINDS}
        self._invoice_heads = {type: Columns(self.places, {}, self._invoice_head_columns(type)) for type in "VI"}
        self._lines = {type: Columns(self.places, _LINE_BLANKS[type], self._line_columns(type)) for type in KINDS}
        self._negated = {type: self._negates(type) for type in "VIKBGM"}
        self._checks_decimals = profile.decimal != "auto"
        self._row_has_header = profile.entry_start == 0
        self._drops_zeros = profile.zero_amount_lines == "drop"
        self._relation_by_number = profile.relation_key == "number"

    def _getter(self, columns: Sequence[str]) -> Callable[[Sequence[str]], tuple[str, ...]]:
        return itemgetter(*(self.places[column] for column in columns))

    def _span(self, columns: Sequence[str]) -> tuple[int, int]:
        """From the first to behind the last of the columns."""
        at = sorted(self.places[column] for column in columns)
        return (at[0], at[-1] + 1) if at else (0, 0)

    def _head_columns(self) -> list[Column]:
        """What invoices and memorial entries share."""
        text = "header_description" if "header_description" in self.places else "description"
        return [
            Column("company_no", "administration", read_code),
            Column("voucher_no", "number", read_code, varies=True),
            Column("journal_no", "journal", read_code),
            Column("fiscal_year", "fiscal_year", self._year),
            Column("period", "period", read_period),
            Column("entry_date", "entry_date", self._date),
            Column(text, "description", read_text, varies=True),
            Column("currency", "currency", optional(read_currency, self.profile.default_currency)),
            Column("exchange_rate", "exchange_rate", optional(self._decimal)),
            Column("reversal", "reversal", says_yes),
        ]

    def _invoice_head_columns(self, type: str) -> list[Column]:
        """`other` and `discount` are no fields of an invoice."""
        debtor, creditor = ("customer", "other") if type == "V" else ("other", "supplier")
        return [
            Column("debtor_no", debtor, read_code, varies=True),
            Column("creditor_no", creditor, read_code, varies=True),
            Column("invoice_due_date", "due_date", self._date),
            Column("payment_reference", "your_reference", read_code, varies=True),
            Column("payment_method", "payment_method", read_code),
            Column("blocked_account_amount", "blocked_account_amount", optional(self._amount)),
            Column("credit_term_amount", "discount", optional(self._amount)),
        ]

    def _line_columns(self, type: str) -> list[Column]:
        amount, vat_amount = (
            Column(name, name, optional(self._amount), filled=self._amount, varies=True)
            for name in ("amount", "vat_amount")
        )
        money = [Column("gl_account", "ledger_account", read_code), amount]
        vat = [Column("vat_code", "vat_code", read_code), vat_amount]
        text = Column("description", "description", read_text, varies=True)
        costs = [
            Column("cost_centre", "cost_centre", read_code),
            Column("cost_unit", "cost_unit", read_code),
            Column("quantity", "quantity", optional(self._decimal)),
        ]
        if type != "M":
            return [*money, *vat, text, *costs]
        relation = [Column("debtor_no", "customer", read_code), Column("creditor_no", "supplier", read_code)]
        invoice = Column("invoice_no", "invoice_number", read_code, varies=True)
        return [*money, Column("entry_date", "line_date", self._date), text, *relation, invoice, *vat, *costs]

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

    def _read_all(self, built: Built, record: Record, columns: Columns) -> dict[str, Any]:
        """The values of several columns: at once where all are sound, one by one to tell what is wrong."""
        try:
            return columns.read(record.fields)
        except Unreadable:
            return self._read_each(built, record, columns)

    def _read_each(self, built: Built, record: Record, columns: Columns) -> dict[str, Any]:
        said = {column.field: self.read(built, record, column.name, column.read) for column in columns.columns}
        return {**columns.blank, **said}

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
        basis = header
        if self._from_detail(header.fields) != self._from_detail(details[0].fields):
            basis = self._completed(header, details[0])
        values = self._head(built, basis, type)
        lines, amounts = self._read_lines(built, basis, details, type, values["currency"])
        if type == "M":
            self._check_balance(built, header, amounts.details, must_prove)
        else:
            values |= self._invoice_head(built, basis, type)
            values["invoice_number"] = self._invoice_number(built, details) or values["number"]
            self._set_total(built, values, header, amounts, must_prove)
        if not lines and not built.errors:
            built.notices.append(entry_texts.NO_DETAILS(source=self._checks.source(header.row)))
        elif not built.errors:
            values["lines"] = tuple(lines)
            self._finish(built, type, values, (header.row, *built.line_rows))
        return built

    def _completed(self, header: Record, detail: Record) -> Record:
        fields = list(header.fields)
        for place in self._from_detail_places:
            if not fields[place].strip():
                fields[place] = detail.fields[place]
        return header._replace(fields=fields)

    def _finish(self, built: Built, type: str, values: dict[str, Any], rows: tuple[int, ...]) -> None:
        model = _MODELS[type]
        rate, total = values["exchange_rate"], _ZERO if type == "M" else values["total"]
        if (rate is None or rate > 0) and total.adjusted() < _MANY_DIGITS:
            # All else was read within the model's own bounds.
            built.document = _MAKE[type](values)
            return
        try:
            built.document = model.model_validate(values)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=False):
                path = ".".join(str(part) for part in detail["loc"])
                source = locate("fmuta6", path, rows, self._file)
                value, why = shown(str(detail["input"])), detail["msg"]
                built.add(texts.NOT_ALLOWED(source=source, value=value, why=why, **words(source.column or path)))

    def _head(self, built: Built, header: Record, type: str) -> dict[str, Any]:
        """What invoices and memorial entries share."""
        values = self._read_all(built, header, self._heads[type])
        day, rate = values["entry_date"], values["exchange_rate"]
        if day is None and not built.errors:
            self._missing(built, header, "entry_date")
        if values["journal"] is None:
            values["journal"] = self.profile.default_journals.get(type)  # type: ignore[call-overload]
            if values["journal"] is None and not built.errors:
                self._missing(built, header, "journal_no")
        if header.fields[self._reserved_span] != self._blank_span:
            self._note_reserved(built, header)
        values["currency"] = values["currency"] or self.profile.default_currency
        # The company's own currency at rate 1 is the same as no rate.
        if rate is not None and (not rate or (rate == 1 and values["currency"] == self.profile.default_currency)):
            values["exchange_rate"] = None
        if values["fiscal_year"] is None and day is not None:
            values["fiscal_year"] = day.year
        return values

    def _note_reserved(self, built: Built, record: Record) -> None:
        for column in self._reserved:
            value = record.fields[self.places[column]].strip()
            if value.strip("0.,"):
                source = self._checks.source(record.row, column)
                built.add(entry_texts.RESERVED_VALUE(source=source, value=shown(value), **words(column)))
                return

    def _invoice_head(self, built: Built, header: Record, type: str) -> dict[str, Any]:
        values = self._read_all(built, header, self._invoice_heads[type])
        ours, relation, other = (
            ("debtor_no", values["customer"], "creditor_no")
            if type == "V"
            else ("creditor_no", values["supplier"], "debtor_no")
        )
        if header.fields[self.places[other]].strip():
            self._both_relations(built, header, other)
        elif relation is None:
            if not built.errors:
                source = self._checks.source(header.row, ours)
                built.add(entry_texts.RELATION_MISSING(source=source, value="", **words(ours)))
        elif self._relation_by_number and not _DIGIT(relation):
            source = self._checks.source(header.row, ours)
            built.add(entry_texts.SEARCH_CODE(source=source, value=shown(relation)))
        if discount := values["discount"]:
            source = self._checks.source(header.row, "credit_term_amount")
            built.add(entry_texts.CREDIT_TERM(source=source, value=str(discount)))
        if values["blocked_account_amount"] and self._negated[type]:
            values["blocked_account_amount"] = -values["blocked_account_amount"]
        del values["other"], values["discount"]
        return values

    def _both_relations(self, built: Built, record: Record, column: str) -> None:
        value = shown(record.fields[self.places[column]].strip())
        built.add(entry_texts.BOTH_RELATIONS(source=self._checks.source(record.row, column), value=value))

    # -- the lines ----------------------------------------------------------------------------------------------

    def _read_lines(
        self, built: Built, header: Record, details: Sequence[Record], type: str, currency: str
    ) -> tuple[list[InvoiceLine] | list[JournalLine], Amounts]:
        lines: list[Any] = []
        details_total, vat_total, count, open_vat = _ZERO, _ZERO, 0, False
        negate, columns, make = self._negated[type], self._lines[type], _MAKE_LINE[type]
        agreeing, agreed = self._agreeing[type], self._agreed(header, type)
        same, span, blank = agreed[0], self._reserved_span, self._blank_span
        date_place = self.places["entry_date"]
        head_date = header.fields[date_place] if type == "M" else None
        is_plain = not (self._checks_decimals or currency != "EUR" or self._drops_zeros)
        for detail in details:
            fields = detail.fields
            said = agreeing(fields)
            if said != same:
                if said in agreed:
                    same = said
                else:
                    self._compare(built, header, detail, agreed, type)
            if fields[span] != blank:
                self._note_reserved(built, detail)
            try:
                values = columns.read(fields)
            except Unreadable:
                values = self._read_each(built, detail, columns)
            amount, vat = values["amount"], values["vat_amount"]
            if amount is None or values["ledger_account"] is None:
                self._lacks(built, detail)
                continue
            if negate:
                values["amount"] = amount = -amount
                values["vat_amount"] = vat = None if vat is None else -vat
            if fields[date_place] == head_date:
                values["line_date"] = None
            details_total += amount
            if vat is not None:
                vat_total += vat
            elif values["vat_code"] is not None:
                open_vat = True
            count += 1
            if is_plain or self._keeps(built, detail, currency, amount, vat):
                built.line_rows.append(detail.row)
                lines.append(make(values))
        return lines, Amounts(details_total, vat_total, count, open_vat)

    def _agreed(self, header: Record, type: str) -> list[tuple[str, ...]]:
        """What details may say in the columns that must agree with the header: the same, and no relation at all."""
        said = self._agreeing[type](header.fields)
        return [said] if type == "M" else [said, (*said[:-2], "", "")]

    def _compare(self, built: Built, header: Record, detail: Record, agreed: list[tuple[str, ...]], type: str) -> None:
        """Notes where a detail says other than its header."""
        before = len(built.errors) + len(built.notices)
        self._check_agreement(built, header, detail, self._agree[type], type)
        if len(built.errors) + len(built.notices) == before and len(agreed) < _MOST_AGREED:
            agreed.append(self._agreeing[type](detail.fields))

    def _lacks(self, built: Built, detail: Record) -> None:
        for column in ("gl_account", "amount"):
            if not detail.fields[self.places[column]].strip():
                self._missing(built, detail, column)

    def _keeps(self, built: Built, detail: Record, currency: str, amount: Decimal, vat: Decimal | None) -> bool:
        """Whether the row becomes a line; notes what is wrong with its amounts."""
        if self._checks_decimals or currency != "EUR":
            self._check_decimals(built, detail, currency, amount, vat)
        if self._drops_zeros and not amount and not vat:
            self._drop(built, detail)
            return False
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
        """The invoice's total, and its VAT in or out."""
        if built.errors:
            return
        head = self._filled(built, header, "amount", self._amount) if self._row_has_header else None
        head = -head if head and self._negated[_TYPES_OF[values["kind"]]] else head
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
        place, first = self.places["invoice_no"], None
        for detail in details:
            said = detail.fields[place]
            if not said or not (said := said.strip()):
                continue
            if first is None:
                first = self.read(built, detail, "invoice_no", read_code)
            elif said != first:
                source = self._checks.source(detail.row, "invoice_no")
                built.add(entry_texts.INVOICE_NUMBER_DIFFERS(source=source, value=shown(said), first=shown(first)))
                break
        return first


_MODELS: dict[str, type[SalesInvoice] | type[PurchaseInvoice] | type[JournalEntry]] = {
    "V": SalesInvoice,
    "I": PurchaseInvoice,
    "M": JournalEntry,
}
_LINE_MODELS: dict[str, type[InvoiceLine] | type[JournalLine]] = {"V": InvoiceLine, "I": InvoiceLine, "M": JournalLine}
_MAKE: dict[str, Callable[[dict[str, Any]], Any]] = {type: maker(model) for type, model in _MODELS.items()}
_MAKE_LINE: dict[str, Callable[[dict[str, Any]], Any]] = {type: maker(model) for type, model in _LINE_MODELS.items()}
_BLANKS = {
    type: {name: None if field.is_required() else field.default for name, field in model.model_fields.items()}
    for type, model in _MODELS.items()
}
_LINE_BLANKS: dict[str, dict[str, Any]] = {
    type: dict.fromkeys(model.model_fields) for type, model in _LINE_MODELS.items()
}
_ZERO = Decimal(0)
_MANY_DIGITS = 13
"""An amount of more is none that a document can hold."""
_MOST_AGREED = 10
"""Ways to say the same that are remembered for the rest of an entry."""
_DIGIT = re.compile(r"\d").search
