"""Sales, purchase and memorial transactions: posting them once, several in one request, and finding them again."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from bookbridge.connectors.twinfield import mapping, reading, soap, texts
from bookbridge.connectors.twinfield.client import Row, TwinfieldClient
from bookbridge.connectors.twinfield.mapping import Choices, Codes, Entry
from bookbridge.connectors.twinfield.problems import is_number_in_use, is_relation_unknown, problems_of
from bookbridge.connectors.twinfield.relations import Relations
from bookbridge.connectors.twinfield.soap import Element
from bookbridge.documents import Customer, Invoice, JournalEntry, Problem, Supplier, rounded
from bookbridge.kit.answering import understood
from bookbridge.kit.contract import PostingRequest
from bookbridge.kit.errors import LaterError, NotAllowedError, SignInAgainError, UnreachableError
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Outcome, Posted, Refused, Unclear

NAME: Final = "Twinfield"
BROWSES: Final = {"sales_invoice": "130_3", "purchase_invoice": "230_2", "journal_entry": "030_3"}
HEAD: Final = "fin.trs.head."
LINE: Final = "fin.trs.line."
_FIELDS: Final = tuple(
    [f"{HEAD}{name}" for name in ("code", "number", "status", "date", "curcode")]
    + [f"{LINE}{name}" for name in ("dim1", "dim2", "valuesigned", "invnumber", "freetext1", "freetext2", "freetext3")]
)
IN_THE_BOOKS: Final = {"final", "temporary", ""}
"""Statuses of what is booked, finally or provisionally. Nothing is filtered by status: what `normal`, which the browse
definitions propose, leaves out is not public."""
MOST_CANDIDATES: Final = 10
"""So many are read at most, which leaves an uncertified app the credits to post."""


class TooManyAlikeError(UnreachableError):
    """Which entry is ours can't be told: more than MOST_CANDIDATES would have to be read."""

    def __init__(self) -> None:
        super().__init__(f"more than {MOST_CANDIDATES} entries may be it, and a browse doesn't show our reference")


class Entries:
    """The transactions of one office."""

    def __init__(
        self,
        client: TwinfieldClient,
        relations: Relations,
        codes: Callable[[], Codes],
        chosen: Callable[[], Choices],
    ) -> None:
        self._client = client
        self._relations = relations
        self._codes = codes
        self._chosen = chosen

    # --- posting

    def prepare(self, request: PostingRequest, entry: Entry, *, again: bool, in_doubt: bool) -> Element | Outcome:
        """The transaction to be sent, or how it ended without. Raises CannotMapError and the errors of kit.errors.

        `again`: it was sent before, and refused. `in_doubt`: it was sent before, without a clear answer. Either way it
        is looked for, whatever the option says."""
        made = self._made(request, entry)
        self._check_relations(entry)
        if again or in_doubt or isinstance(entry, JournalEntry) or self._chosen().look_first == "all":
            # Nothing in Twinfield would surely refuse a second one, so look first.
            try:
                held = self.look_up(request, entry, in_doubt=in_doubt)
            except TooManyAlikeError:
                return Refused((_too_many_alike(entry),))
            if isinstance(held, Found):
                return _held(held)
        return made

    def send(self, requests: Sequence[PostingRequest], made: Sequence[Element]) -> list[Outcome]:
        """Post transactions in one request; an outcome for each, in order. Raises the errors of kit.errors."""
        root = soap.element("transactions")
        root.extend(made)
        answer = self._client.change(root, endpoint="transactions")
        return [self._outcome(request, child) for request, child in self._children(requests, answer)]

    def _children(
        self, requests: Sequence[PostingRequest], answer: Element
    ) -> Iterator[tuple[PostingRequest, Element | None]]:
        """What the answer says of each: told by our reference, which it repeats, else by the order, when there are as
        many. None where it can't be told."""
        found = [answer] if answer.tag == "transaction" else answer.findall("transaction")
        if not found and answer.get("result") == "0":
            # The request as a whole was refused.
            yield from ((request, answer) for request in requests)
            return
        field = f"header/{self._chosen().reference_field}"
        told = {soap.text_of(child, field).partition(" ")[0]: child for child in found if soap.text_of(child, field)}
        in_order = len(found) == len(requests)
        for place, request in enumerate(requests):
            by_place = found[place] if in_order and not soap.text_of(found[place], field) else None
            yield request, told.get(request.reference, by_place)

    def _outcome(self, request: PostingRequest, child: Element | None) -> Outcome:
        entry = _entry(request)
        if child is None or child.get("result") not in {"0", "1"}:
            return Unclear("Twinfield's answer doesn't say what became of it")
        if child.get("result") == "0":
            return self._refused(request, entry, child)
        number, code = soap.text_of(child, "header/number"), soap.text_of(child, "header/code") or entry.journal
        if number:
            return Posted(f"{code}/{number}", number, tuple(self._notices(entry, child)))
        return Unclear("Twinfield took the transaction but did not say under which number")

    def _refused(self, request: PostingRequest, entry: Entry, child: Element) -> Outcome:
        problems = problems_of(child, entry, cost_centre_in=self._chosen().cost_centre_in)
        if is_relation_unknown(problems) and isinstance(entry, Invoice):
            # It was remembered, and is gone since.
            self._relations.forget(entry.relation_kind, entry.relation_number)
        if not is_number_in_use(problems):
            return Refused(problems)
        try:
            held = self.look_up(request, entry)
        except (LaterError, SignInAgainError, NotAllowedError, UnreachableError):
            # What became of the others of this request must not be lost for it.
            return Unclear("Twinfield has the number already, and the entry that has it couldn't be read")
        return _held(held, problems) if isinstance(held, Found) else Refused(problems)

    def _notices(self, entry: Entry, child: Element) -> Iterator[Problem]:
        unkept = mapping.fields_not_kept(entry, self._codes())
        if unkept:
            yield texts.FIELDS_NOT_KEPT(field=unkept[0].partition(".")[0], names=", ".join(unkept))
        if not soap.text_of(child, f"header/{self._chosen().reference_field}"):
            yield texts.REFERENCE_NOT_KEPT(field="journal", value=entry.journal, name=self._chosen().reference_field)
        shortened = _shortened(entry, child)
        if shortened is not None:
            yield texts.TEXT_SHORTENED(field="description", value=shortened)
        if isinstance(entry, Invoice):
            booked, said = reading.total_booked(child), abs(rounded(entry.total, entry.currency))
            if booked is not None and booked != said:
                yield texts.TOTAL_DIFFERS(field="total", value=str(said), booked=str(booked))

    def _made(self, request: PostingRequest, entry: Entry) -> Element:
        return mapping.transaction(
            entry,
            request.reference,
            office=self._client.office,
            codes=self._codes(),
            chosen=self._chosen(),
            corrects=request.corrects,
        )

    def _check_relations(self, entry: Entry) -> None:
        if isinstance(entry, Invoice):
            self._relations.check(entry.relation_kind, entry.relation_number, entry.relation_kind)
            return
        for place, line in enumerate(entry.lines):
            relation = mapping.relation_of(line, self._codes().accounts.get(line.ledger_account))
            if relation is not None:
                self._relations.check(*relation, f"lines.{place}.{relation[0]}")

    # --- finding

    def look_up(self, request: PostingRequest, entry: Entry, *, in_doubt: bool = True) -> Found | Absent:
        """Search the books for the entry by our reference, or by its invoice number where no reference of ours stands,
        and compare what is found.

        `in_doubt`: it may have been posted, and changed by somebody since. Raises TooManyAlikeError and the errors of
        kit.errors."""
        searched: list[str] = []
        for code, filters in self._searches(entry):
            rows = self._client.browse(code, _FIELDS, filters)
            searched.append(f"{code} {' '.join(filters[f'{HEAD}yearperiod'][1:])}")
            held = self._among(rows, request, entry, in_doubt=in_doubt)
            if held is not None:
                daybook, number = soap.text_of(held, "header/code"), soap.text_of(held, "header/number")
                return Found(f"{daybook}/{number}", number, self._differences(entry, held))
        return Absent("; ".join(searched))

    def _differences(self, entry: Entry, held: Element) -> tuple[str, ...]:
        found = self._differing(entry, held)
        if isinstance(entry, JournalEntry) and not soap.text_of(held, f"header/{self._chosen().reference_field}"):
            # It says the same but doesn't bear our reference: it may be another one, so a person decides.
            return (*found, "number")
        return found

    def _differing(self, entry: Entry, held: Element) -> tuple[str, ...]:
        return understood(NAME, partial(reading.differences, entry, codes=self._codes()), held)

    def _searches(self, entry: Entry) -> Iterator[tuple[str, dict[str, tuple[str, str, str]]]]:
        """By year and relation; then, since somebody may have booked it on another one, the period alone. A memorial:
        by year and the account of its first line. A browse takes no number, date or free text to search by."""
        browse = BROWSES[entry.kind]
        years = sorted({entry.fiscal_year, entry.entry_date.year})
        year = {f"{HEAD}yearperiod": reading.between_years(years[0], years[-1])}
        if isinstance(entry, JournalEntry):
            account = entry.lines[0].ledger_account
            yield browse, {**year, f"{LINE}dim1": ("between", account, account)}
            return
        number = entry.relation_number
        yield browse, {**year, f"{LINE}dim2": ("between", number, number)}
        period = self._codes().period_of(entry)
        if period is not None:
            yield browse, {f"{HEAD}yearperiod": ("between", period, period)}

    def _among(self, rows: Sequence[Row], request: PostingRequest, entry: Entry, *, in_doubt: bool) -> Element | None:
        """The transaction of ours, which is read to compare it."""
        read: set[tuple[str, str]] = set()
        for candidates in self._candidates(rows, request, entry, in_doubt=in_doubt):
            # A row is a line: an entry may have several.
            keys = dict.fromkeys(key for row in candidates if (key := (row["code"], row["number"])) not in read)
            if len(keys) > MOST_CANDIDATES:
                raise TooManyAlikeError
            for code, number in keys:
                held = self._client.transaction(code, number)
                if held is not None and self._is_ours(held, request, entry):
                    return held
            read |= keys.keys()
        return None

    def _candidates(
        self, rows: Sequence[Row], request: PostingRequest, entry: Entry, *, in_doubt: bool
    ) -> Iterator[list[Row]]:
        """Rows that may be of the entry, the likeliest first."""
        field = f"{LINE}{self._chosen().reference_field}"
        here = [row for row in rows if row["code"] == entry.journal and row.get(f"{HEAD}status", "") in IN_THE_BOOKS]
        yield [row for row in here if row.get(field, "").partition(" ")[0] == request.reference]
        # Whether a browse shows the header's free text, and whether the daybook keeps it, is not public.
        silent = [row for row in here if not row.get(field)]
        if isinstance(entry, Invoice):
            number = mapping.invoice_number(entry, request.reference, corrects=request.corrects)
            yield [row for row in silent if row.get(f"{LINE}invnumber", "") == number]
            return
        agreeing = [(row, self._agreements(row, entry)) for row in silent]
        yield [row for row, count in agreeing if count == 2]
        if in_doubt:
            yield [row for row, count in agreeing if count == 1]

    def _agreements(self, row: Row, entry: JournalEntry) -> int:
        """In how many of date and first amount a row says what the entry does."""
        amount = understood(NAME, lambda found: reading.amount_of(found[f"{LINE}valuesigned"]), row)
        has_amount = amount == rounded(entry.lines[0].amount, entry.currency)
        return has_amount + (row.get(f"{HEAD}date") == mapping.day_text(entry.entry_date))

    def _is_ours(self, held: Element, request: PostingRequest, entry: Entry) -> bool:
        said = soap.text_of(held, f"header/{self._chosen().reference_field}")
        if said:
            return said.partition(" ")[0] == request.reference
        if isinstance(entry, JournalEntry):
            # Without a reference only an entry that says the very same can be taken for it.
            return not self._differing(entry, held)
        number = mapping.invoice_number(entry, request.reference, corrects=request.corrects)
        if soap.text_of(held, "header/invoicenumber") != number:
            return False
        differing = set(self._differing(entry, held))
        # Suppliers number their invoices alike: one number of two relations is mostly two invoices.
        return entry.relation_kind not in differing or differing.isdisjoint({"entry_date", "total"})


def _entry(request: PostingRequest) -> Entry:
    document = request.document
    assert not isinstance(document, Customer | Supplier)
    return document


def _held(held: Found, problems: tuple[Problem, ...] = ()) -> Outcome:
    if not held.differences:
        return AlreadyThere(held.external_id, held.external_number)
    words = [problem.evidence for problem in problems if problem.evidence]
    evidence = "; ".join([*words, f"different: {', '.join(held.differences)}"])
    return Refused((texts.NUMBER_IN_USE(field="number", value=held.external_number, evidence=evidence),))


def _too_many_alike(entry: Entry) -> Problem:
    return texts.TOO_MANY_ALIKE(field="entry_date", value=entry.entry_date.isoformat(), most=str(MOST_CANDIDATES))


def _shortened(entry: Entry, child: Element) -> str | None:
    """A text that Twinfield kept less of than was sent: the answer repeats what it kept."""
    lines = list(child.iterfind("lines/line"))
    texts_sent = [line.description or "" for line in entry.lines]
    texts_sent = [entry.description or "", *texts_sent] if isinstance(entry, Invoice) else texts_sent
    for line, text in zip(lines, texts_sent, strict=False):
        kept = soap.text_of(line, "description")
        if kept and len(kept) < len(text.strip()) and soap.sayable(text).strip().startswith(kept):
            return kept
    return None
