"""Answers browses as the recorded definitions and answers have them: columns, filters, rows of lines."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from lxml import etree

from bookbridge.connectors.twinfield.simulator.books import Books, Record, signed
from bookbridge.connectors.twinfield.simulator.settings import TwinfieldSimulatorSettings
from bookbridge.connectors.twinfield.simulator.texts import said
from bookbridge.connectors.twinfield.simulator.wire import Node, add, flag, text

HEAD, LINE = "fin.trs.head.", "fin.trs.line."
_SHARED: Final = (
    *(f"{HEAD}{name}" for name in ("office", "officename", "year", "period", "yearperiod", "code", "number")),
    *(f"{HEAD}{name}" for name in ("status", "date", "curcode", "modified")),
    *(f"{LINE}{name}" for name in ("dim1", "dim1name", "dim2", "dim2name", "valuesigned", "basevaluesigned")),
    *(f"{LINE}{name}" for name in ("repvaluesigned", "invnumber", "freetext1", "freetext2", "freetext3")),
)
_RELATION: Final = (
    *_SHARED,
    f"{HEAD}shortname",
    *(f"{LINE}{name}" for name in ("datedue", "openvaluesigned", "openbasevaluesigned", "matchstatus", "matchdate")),
    *(f"{LINE}{name}" for name in ("matchnumber", "payrun", "modified")),
)
_LEDGER: Final = (
    *_SHARED,
    *(f"{HEAD}{name}" for name in ("relation", "relationname", "inpdate", "username", "origin")),
    *(f"{LINE}{name}" for name in ("dim3", "dim3name", "debitcredit", "vatcode", "vatbasevaluesigned", "quantity")),
    *(f"{LINE}{name}" for name in ("chequenumber", "description")),
)
FIELDS: Final = {"130_3": _RELATION, "230_2": _RELATION, "030_3": _LEDGER}
# Those that the recorded definitions ask for: any other filter is a fault.
ASKED: Final = {
    "130_3": {f"{HEAD}{name}" for name in ("yearperiod", "code", "status", "modified")}
    | {f"{LINE}{name}" for name in ("dim1", "dim2", "openvaluesigned", "matchstatus")},
    "030_3": {f"{HEAD}{name}" for name in ("yearperiod", "status", "inpdate", "modified")}
    | {f"{LINE}{name}" for name in ("dim1", "dim2", "dim3")},
}
ASKED["230_2"] = ASKED["130_3"]
RELATION_OF: Final = {"130_3": "DEB", "230_2": "CRD"}


class BrowseFaultError(Exception):
    """What the browse can't do, answered by a fault."""


def answer(books: Books, settings: TwinfieldSimulatorSettings, request: Node) -> Node:
    """Raises BrowseFaultError."""
    code = request.get("code", "")
    if code not in FIELDS:
        raise BrowseFaultError(f"browse {code}")
    shown: list[str] = []
    filters: list[Callable[[dict[str, str]], bool]] = []
    root = etree.Element("browse", {"result": "1"})
    for column in request.iterfind("column"):
        name, operator = text(column, "field"), text(column, "operator")
        if name not in FIELDS[code]:
            flag(root, said("field", field=name))
            return root
        if text(column, "visible") == "true":
            shown.append(name)
        if operator not in {"", "none"}:
            if name not in ASKED[code] or text(column, "ask") != "true":
                raise BrowseFaultError(f"a filter on {name}")
            filters.append(_filter(name, operator, text(column, "from"), text(column, "to")))
    rows = [row for row in _rows(books, settings, code) if all(fits(row) for fits in filters)]
    for name, value in {"first": min(1, len(rows)), "last": len(rows), "total": len(rows)}.items():
        root.set(name, str(value))
    head = add(root, "th")
    for name in shown:
        add(head, "td", name, label=name, hideforuser="false", type="String")
    for row in rows:
        _write(add(root, "tr"), row, shown, books.office)
    return root


def _write(parent: Node, row: dict[str, str], shown: list[str], office: str) -> None:
    for name in shown:
        add(parent, "td", row.get(name, "") or None, field=name, hideforuser="false", type="String")
    key = add(parent, "key")
    for name, value in {"office": office, "code": row["_code"], "number": row["_number"], "line": row["_line"]}.items():
        add(key, name, value)


def _filter(name: str, operator: str, since: str, until: str) -> Callable[[dict[str, str]], bool]:
    if operator == "equal":
        return lambda row: not since or row.get(name, "") == since or (since == "normal" and name.endswith("status"))
    if operator == "between":
        return lambda row: (not since or row.get(name, "") >= since) and (not until or row.get(name, "") <= until)
    raise BrowseFaultError(f"the operator {operator}")


def _rows(books: Books, settings: TwinfieldSimulatorSettings, code: str) -> list[dict[str, str]]:
    if code in RELATION_OF:
        found = list(books.lines_of(RELATION_OF[code]))
    else:
        found = [(transaction, line) for transaction in books.transactions() for line in transaction["lines"]]
    return [_row(books, settings, transaction, line) for transaction, line in found]


def _row(books: Books, settings: TwinfieldSimulatorSettings, transaction: Record, line: Record) -> dict[str, str]:
    base = Decimal(line["basevalue"]) * (-1 if line["debitcredit"] == "credit" else 1)
    types = {"1300": "DEB", "1600": "CRD"}
    second = books.dimension(types.get(line["dim1"], "KPL"), line["dim2"]) if line.get("dim2") else None
    free = {
        f"{LINE}{name}": transaction.get(name, "") if settings.browse_shows_header_free_text else ""
        for name in ("freetext1", "freetext2", "freetext3")
    }
    return {
        "_code": transaction["code"],
        "_number": transaction["number"],
        "_line": line["id"],
        f"{HEAD}office": books.office,
        f"{HEAD}yearperiod": transaction["period"],
        f"{HEAD}code": transaction["code"],
        f"{HEAD}number": transaction["number"],
        f"{HEAD}status": transaction["status"],
        f"{HEAD}date": transaction["date"].replace("-", ""),
        f"{HEAD}curcode": transaction["currency"],
        f"{HEAD}modified": transaction["modified"],
        f"{LINE}dim1": line["dim1"],
        f"{LINE}dim2": line.get("dim2", ""),
        f"{LINE}dim2name": second["name"] if second else "",
        f"{LINE}valuesigned": str(signed(line)),
        f"{LINE}basevaluesigned": str(base),
        f"{LINE}openvaluesigned": line.get("open", "0.00"),
        f"{LINE}matchstatus": line["matchstatus"],
        f"{LINE}datedue": (transaction.get("duedate") or "").replace("-", ""),
        f"{LINE}invnumber": line.get("invoicenumber") or transaction.get("invoicenumber", ""),
        f"{LINE}description": line.get("description", ""),
        **free,
    }
