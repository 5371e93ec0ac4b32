"""Answers lists, reads, searches and the period table."""

from collections.abc import Iterator

from lxml import etree
from werkzeug.wrappers import Response

from bookbridge.connectors.twinfield.simulator import dimensions, wire
from bookbridge.connectors.twinfield.simulator.books import Books, Record
from bookbridge.connectors.twinfield.simulator.seed import CURRENCIES, OFFICES
from bookbridge.connectors.twinfield.simulator.settings import TwinfieldSimulatorSettings
from bookbridge.connectors.twinfield.simulator.texts import said
from bookbridge.connectors.twinfield.simulator.transactions import FREE_TEXTS, write_line
from bookbridge.connectors.twinfield.simulator.wire import Node, add, flag, text

CATEGORIES = ("sales", "purchase", "journal", "bank", "cash")


def offices() -> Node:
    root = etree.Element("offices", {"result": "1"})
    for code, name in OFFICES.items():
        add(root, "office", code, name=name, shortname="")
    return root


def read(books: Books, request: Node) -> Node:
    """What `<read>` answers."""
    kind = text(request, "type")
    if text(request, "office") != books.office:
        root = etree.Element(kind or "read")
        flag(root, said("no_access"))
        return root
    makers = {"dimensions": _dimension, "transaction": _transaction, "vat": _vat}
    if kind in makers:
        return makers[kind](books, request)
    root = etree.Element("read")
    flag(root, said("destiny"))
    return root


def dimension_type(books: Books, settings: TwinfieldSimulatorSettings, request: Node) -> Node:
    """What a bare `<dimensiontype>` of an office and a code answers: it reads. With more in it, it would change."""
    code = text(request, "code")
    formats = {
        "DEB": settings.customer_format,
        "CRD": "*",
        "BAS": "[0-9][0-9][0-9][0-9]",
        "PNL": "[0-9][0-9][0-9][0-9]",
    }
    root = etree.Element("dimensiontype")
    reads_only = {str(one.tag) for one in request} == {"office", "code"} and settings.tells_formats
    if text(request, "office") != books.office or code not in formats or not reads_only:
        flag(root, said("no_access" if text(request, "office") != books.office else "destiny"))
        return root
    root.attrib.update({"result": "1", "status": "active"})
    add(root, "office", books.office)
    add(root, "code", code)
    add(root, "name", {"DEB": "Debiteuren", "CRD": "Crediteuren"}.get(code, code))
    add(root, "shortname")
    add(root, "mask", formats[code])
    return root


def _dimension(books: Books, request: Node) -> Node:
    type, code = text(request, "dimtype"), text(request, "code")
    held = books.dimension(type, code)
    if held is not None:
        shown = dimensions.show(books, held)
        shown.set("result", "1")
        return shown
    root = etree.Element("dimension", {"result": "0"})
    add(root, "office", books.office)
    add(root, "type", type)
    flag(add(root, "code", code), said("absent", code=code))
    return root


def _transaction(books: Books, request: Node) -> Node:
    held = books.transaction(text(request, "code"), text(request, "number"))
    if held is None:
        root = etree.Element("transaction")
        flag(root, said("no_transaction"))
        return root
    root = etree.Element("transaction", {"location": held["status"], "result": "1"})
    header = add(root, "header")
    for name in ("code", "number", "period", "currency", "invoicenumber", *FREE_TEXTS):
        if held.get(name):
            add(header, name, held[name])
    add(header, "office", books.office)
    add(header, "date", held["date"].replace("-", ""))
    lines = add(root, "lines")
    for line in held["lines"]:
        write_line(lines, line)
    return root


def _vat(books: Books, request: Node) -> Node:
    held = books.vat(text(request, "code"))
    root = etree.Element("vat", {"status": "active"})
    if held is None:
        flag(add(root, "code", text(request, "code")), said("no_vat_code", code=text(request, "code")))
        root.set("result", "0")
        return root
    root.set("result", "1")
    for name, value in {"code": held["code"], "name": held["name"], "type": held["side"]}.items():
        add(root, name, value)
    rates = add(root, "percentages")
    # A rate that was valid before: the one that counts is the latest.
    for since, rate in (("20000101", "19.000000000"), ("20121001", f"{held['percentage']}.000000000")):
        node = add(rates, "percentage", status="active", inuse="true")
        add(node, "date", since)
        add(node, "percentage", rate)
        accounts = add(node, "accounts")
        for number, (account, share) in enumerate(held["accounts"], 1):
            one = add(accounts, "account", id=str(number))
            add(one, "dim1", account)
            add(one, "percentage", f"{share}.0")
            add(one, "linetype", "vat")
    return root


# --- the Finder


def search(books: Books, settings: TwinfieldSimulatorSettings, body: Node) -> Response:
    service = f"{{{wire.SERVICE}}}"
    options = dict(_options(body))
    if options.get("office", books.office) != books.office:
        return wire.found([], 0, [], [said("no_access")])
    rows = list(_rows(books, text(body, f"{service}type"), options))
    first, most = int(text(body, f"{service}firstRow")), int(text(body, f"{service}maxRows"))
    given = rows[first - 1 : first - 1 + min(most, settings.finder_rows or most)]
    return wire.found(given, len(rows), ["Code", "Naam"])


def _options(body: Node) -> Iterator[tuple[str, str]]:
    for pair in body.iter(f"{{{wire.SERVICE}}}ArrayOfString"):
        name, value = [(one.text or "") for one in pair.iter(f"{{{wire.SERVICE}}}string")]
        yield name, value


def _rows(books: Books, type: str, options: dict[str, str]) -> Iterator[tuple[str, ...]]:
    if type == "DIM":
        with_status = options.get("includehidden") == "1"
        for found in books.dimensions(options.get("dimtype", "BAS")):
            if with_status:
                yield found["code"], found["name"], "Hidden" if found.get("hidden") else "Active"
            elif not found.get("hidden"):
                yield found["code"], found["name"]
        return
    if type == "CUR":
        yield from ((code, code) for code in CURRENCIES)
        return
    kinds = {"VAT": "vat", "TRS": "daybook"}
    for record in books.store.all(kinds[type], books.office) if type in kinds else []:
        if record.get("category", "") == options.get("category", record.get("category", "")):
            yield record["code"], record["name"]


# --- the period table


def periods(books: Books, query: Node) -> Response:
    kind = query.get(f"{{{wire.XSI}}}type", "").rpartition(":")[2]
    space = f"{{{wire.PERIOD_SERVICE}}}"
    body = etree.Element(f"{{{wire.SERVICE}}}Result", nsmap={"tns": wire.SERVICE, "a": wire.PERIOD_SERVICE})
    held: list[Record] = books.store.all("period", books.office)
    if kind == "GetYears":
        years = add(body, f"{space}Years")
        arrays = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
        for year in sorted({period["year"] for period in held}):
            add(years, f"{{{arrays}}}int", year)
        return wire.envelope(body)
    wanted = int(text(query, f"{space}Year"))
    if wanted not in {period["year"] for period in held}:
        return wire.fault("YearNotFound", caller=True)
    listed = add(body, f"{space}Periods")
    for period in held:
        if period["year"] == wanted:
            node = add(listed, f"{space}Period")
            said_of = {"EndDate": f"{period['end']}T00:00:00", "Name": "", "Number": period["number"]}
            for name, value in {**said_of, "Open": str(period["open"]).lower()}.items():
                add(node, f"{space}{name}", value)
    return wire.envelope(body)
