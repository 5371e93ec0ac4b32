"""Accepts transactions as Twinfield does: each by itself, with messages on the elements that are wrong."""

import copy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from bookbridge.connectors.twinfield.simulator.books import Books, Record, cents, signed
from bookbridge.connectors.twinfield.simulator.seed import CONTROL
from bookbridge.connectors.twinfield.simulator.settings import TwinfieldSimulatorSettings
from bookbridge.connectors.twinfield.simulator.texts import said
from bookbridge.connectors.twinfield.simulator.wire import Node, add, flag, text

MOST_LINES = 1000
AUTOBALANCE = Decimal("0.02")
RELATIONS = {"sales": "DEB", "purchase": "CRD"}
TYPES = {"sales": {"total", "detail", "vat"}, "purchase": {"total", "detail", "vat"}, "journal": {"detail", "vat"}}
FREE_TEXTS = ("freetext1", "freetext2", "freetext3")


@dataclass
class Draft:
    """A transaction on its way: the answer that is being written, and the record that it would become."""

    answer: Node
    record: Record
    lines: list[Record] = field(default_factory=list)
    errors: int = 0
    warnings: int = 0

    def refuse(self, node: Node | None, message: str) -> None:
        flag(self.answer if node is None else node, message)
        self.errors += 1

    def warn(self, node: Node, message: str) -> None:
        flag(node, message, "warning")
        self.warnings += 1


class Acceptance:
    """Takes one transaction after the other for one office."""

    def __init__(self, books: Books, settings: TwinfieldSimulatorSettings) -> None:
        self.books = books
        self.settings = settings

    def accept(self, sent: Node) -> Node:
        """The transaction as it is answered: booked, or refused with what is wrong."""
        draft = Draft(copy.deepcopy(sent), {})
        header = draft.answer.find("header")
        category = self._header(draft, header) if header is not None else ""
        if header is None or not category:
            if not draft.errors:
                draft.refuse(None, said("destiny"))
            return self._refused(draft)
        for number, node in enumerate(draft.answer.iterfind("lines/line"), 1):
            self._line(draft, node, number, category)
        if not draft.errors:
            self._vat_and_balance(draft, category)
        stopped = draft.errors or (draft.warnings and draft.answer.get("raisewarning", "true") == "true")
        return self._refused(draft) if stopped else self._booked(draft)

    def _refused(self, draft: Draft) -> Node:
        draft.answer.set("result", "0")
        if not self.settings.with_line_ids:
            for line in draft.answer.iterfind("lines/line"):
                line.attrib.pop("id", "")
        return draft.answer

    # --- the header

    def _header(self, draft: Draft, header: Node) -> str:
        """The daybook's category; empty where nothing else can be judged."""
        if draft.answer.get("destiny") not in {"temporary", "final"}:
            draft.refuse(None, said("destiny"))
            return ""
        if text(header, "office") != self.books.office:
            draft.refuse(None, said("no_access"))
            return ""
        daybook = self.books.daybook(text(header, "code"))
        if daybook is None or daybook["category"] not in TYPES:
            draft.refuse(header.find("code"), said("daybook", code=text(header, "code")))
            return ""
        draft.record |= {"code": daybook["code"], "category": daybook["category"], "currency": text(header, "currency")}
        if self.books.rate(draft.record["currency"]) is None:
            draft.refuse(header.find("currency"), said("currency", code=draft.record["currency"]))
        self._dates(draft, header)
        draft.record["invoicenumber"] = text(header, "invoicenumber")
        self._repeated(draft, header)
        for name in FREE_TEXTS:
            node = header.find(name)
            if node is not None and not self.settings.keeps_free_text:
                header.remove(node)
            draft.record[name] = text(header, name)
        return str(daybook["category"])

    def _dates(self, draft: Draft, header: Node) -> None:
        day = datetime.strptime(text(header, "date"), "%Y%m%d").date()  # noqa: DTZ007 - dates carry no zone here.
        node = header.find("period")
        named = text(header, "period") or self.books.period_of(day)
        period = self.books.period(named)
        place = node if node is not None else header.find("date")
        if period is None:
            draft.refuse(place, said("no_period", period=named))
        elif not period["open"]:
            draft.refuse(place, said("closed", period=named))
        elif self.books.period_of(day) != named:
            date_node = header.find("date")
            assert date_node is not None
            draft.warn(date_node, said("date_outside", date=day.strftime("%d-%m-%Y"), period=named))
        due = text(header, "duedate")
        draft.record |= {"date": day.isoformat(), "period": named, "duedate": due and f"{due[:4]}-{due[4:6]}-{due[6:]}"}

    def _repeated(self, draft: Draft, header: Node) -> None:
        number, category = draft.record["invoicenumber"], draft.record["category"]
        node = header.find("invoicenumber")
        if not number or node is None or self.settings.repeated_invoice_number == "ignore":
            return
        relation = text(draft.answer, "lines/line[@type='total']/dim2")
        for other in self.books.transactions():
            is_same = other["category"] == category and other["invoicenumber"] == number
            # Our own numbers are one series; a supplier's number is the supplier's.
            if is_same and (category == "sales" or relation in {line.get("dim2") for line in other["lines"]}):
                tell = draft.refuse if self.settings.repeated_invoice_number == "refuse" else draft.warn
                tell(node, said("repeated", number=number))
                return

    # --- lines

    def _line(self, draft: Draft, node: Node, number: int, category: str) -> None:
        type = node.get("type", "")
        if type not in TYPES[category] or (type == "total") != (number == 1 and category != "journal"):
            draft.refuse(node, said("line_type"))
            return
        line: Record = {"type": type, "id": node.get("id") or str(number), "debitcredit": text(node, "debitcredit")}
        for name in ("dim1", "dim2", "dim3", "description", "vatcode", "vatvalue", "invoicenumber"):
            line[name] = text(node, name)
        try:
            line["value"] = str(cents(Decimal(text(node, "value"))))
        except InvalidOperation:
            draft.refuse(node.find("value"), said("line_type"))
            return
        self._description(draft, node, line)
        if type == "total":
            self._total(draft, node, line, RELATIONS[category])
        elif type == "detail":
            self._detail(draft, node, line, category)
        draft.lines.append(line)

    def _description(self, draft: Draft, node: Node, line: Record) -> None:
        limit, place = self.settings.description_limit, node.find("description")
        if limit is None or place is None or len(line["description"]) <= limit:
            return
        if self.settings.description_overflow == "refuse":
            draft.refuse(place, said("too_long"))
        else:
            line["description"] = place.text = line["description"][:limit]

    def _total(self, draft: Draft, node: Node, line: Record, type: str) -> None:
        relation = self.books.dimension(type, line["dim2"])
        line["dim1"] = line["dim1"] or CONTROL[type]
        if relation is None:
            draft.refuse(node.find("dim2"), said("dimension", code=line["dim2"], office=self.books.office))
            return
        if not draft.record["duedate"]:
            due = date.fromisoformat(draft.record["date"]) + timedelta(days=int(relation.get("duedays") or 0))
            draft.record["duedate"] = due.isoformat()

    def _detail(self, draft: Draft, node: Node, line: Record, category: str) -> None:
        place = node.find("dim1")
        account = self.books.account(line["dim1"])
        controls = {account: type for type, account in CONTROL.items()}
        if account is None:
            draft.refuse(place, said("dimension", code=line["dim1"], office=self.books.office))
        elif account.get("hidden"):
            draft.refuse(place, said("hidden", code=line["dim1"]))
        elif line["dim1"] in self.books.vat_accounts():
            draft.refuse(place, said("vat_account", code=line["dim1"]))
        elif line["dim1"] in controls:
            self._on_control_account(draft, node, line, controls[line["dim1"]], category)
            return
        for name, type in (("dim2", "KPL"), ("dim3", "PRJ")):
            if line[name] and self.books.dimension(type, line[name]) is None:
                draft.refuse(node.find(name), said("dimension", code=line[name], office=self.books.office))
        if line["vatcode"]:
            self._vat_code(draft, node, line, category)

    def _on_control_account(self, draft: Draft, node: Node, line: Record, type: str, category: str) -> None:
        if category != "journal" or not line["dim2"]:
            draft.refuse(node.find("dim1"), said("control", code=line["dim1"]))
        elif self.books.dimension(type, line["dim2"]) is None:
            draft.refuse(node.find("dim2"), said("dimension", code=line["dim2"], office=self.books.office))

    def _vat_code(self, draft: Draft, node: Node, line: Record, category: str) -> None:
        vat = self.books.vat(line["vatcode"])
        if vat is None:
            draft.refuse(node.find("vatcode"), said("vat", code=line["vatcode"]))
        elif category in RELATIONS and vat["side"] != category:
            draft.refuse(node.find("vatcode"), said("vat_side", code=line["vatcode"]))

    # --- VAT and balance

    def _vat_and_balance(self, draft: Draft, category: str) -> None:
        details = [line for line in draft.lines if line["type"] == "detail"]
        if not details or len(draft.lines) < 2:
            draft.refuse(None, said("lines"))
            return
        made = [made for line in details for made in self._vat_lines(line)]
        difference = sum((signed(line) for line in (*draft.lines, *made)), Decimal(0))
        wants = draft.answer.get("autobalancevat") == "true"
        if difference and wants and made and abs(difference) <= AUTOBALANCE and category != "journal":
            _adjust(made[-1], -difference)
            difference = Decimal(0)
        if difference:
            side = "debet" if difference < 0 else "credit"
            keys = ("not_balanced", "not_balanced_base")
            draft.refuse(None, "//".join(said(key, amount=abs(difference), side=side) for key in keys))
            return
        draft.lines += made

    def _vat_lines(self, line: Record) -> list[Record]:
        vat = self.books.vat(line["vatcode"]) if line["vatcode"] else None
        if vat is None or not vat["accounts"]:
            return []
        given = line["vatvalue"] if self.settings.vatvalue_counts else ""
        amount = Decimal(given) if given else cents(Decimal(line["value"]) * Decimal(vat["percentage"]) / 100)
        line["vatvalue"] = str(amount)
        opposite = {"debit": "credit", "credit": "debit"}
        lines = []
        for account, share in vat["accounts"]:
            side = line["debitcredit"] if Decimal(share) > 0 else opposite[line["debitcredit"]]
            made = {"type": "vat", "id": "", "dim1": account, "dim2": "", "dim3": "", "description": ""}
            lines.append({**made, "vatcode": line["vatcode"], "value": str(amount), "debitcredit": side})
        return lines

    # --- the books

    def _booked(self, draft: Draft) -> Node:
        record = draft.record
        rate = self.books.rate(record["currency"]) or Decimal(1)
        number = self.books.next_number(record["code"], int(record["period"][:4]))
        for position, line in enumerate(draft.lines, 1):
            line["id"] = line["id"] or str(position)
            line["basevalue"] = str(cents(Decimal(line["value"]) * rate))
            matchable = line["dim1"] in CONTROL.values() and bool(line["dim2"])
            line["matchstatus"] = "available" if matchable else "notmatchable"
            line["open"] = str(signed(line)) if matchable else "0.00"
        status = str(draft.answer.attrib.pop("destiny"))
        modified = self.books.clock.now().strftime("%Y%m%d%H%M%S")
        record |= {"number": number, "status": status, "lines": draft.lines, "modified": modified}
        self.books.keep_transaction(record, is_new=True)
        _write_answer(draft, number, status)
        return draft.answer


def _adjust(line: Record, amount: Decimal) -> None:
    value = signed(line) + amount
    line["value"] = str(abs(value))
    line["debitcredit"] = "credit" if value < 0 else "debit"


def _write_answer(draft: Draft, number: str, status: str) -> None:
    answer, record = draft.answer, draft.record
    answer.set("result", "1")
    answer.set("location", status)
    header, lines = answer.find("header"), answer.find("lines")
    assert header is not None
    assert lines is not None
    add(header, "number", number)
    if header.find("period") is None:
        add(header, "period", record["period"])
    for line in list(lines):
        lines.remove(line)
    for line in record["lines"]:
        write_line(lines, line)


def write_line(parent: Node, line: dict[str, Any]) -> None:
    """A line as answers and reads show it."""
    node = add(parent, "line", type=line["type"], id=line["id"])
    for name in ("dim1", "dim2", "dim3", "debitcredit", "value", "description", "vatcode", "vatvalue", "invoicenumber"):
        if line.get(name):
            add(node, name, line[name])
    add(node, "basevalue", line["basevalue"])
    if line["matchstatus"] != "notmatchable":
        add(node, "openvalue", str(abs(Decimal(line["open"]))))
    add(node, "matchstatus", line["matchstatus"])
