"""Makes, changes and shows customers, suppliers and the other dimensions."""

import copy
import re
from typing import Any

from lxml import etree

from bookbridge.connectors.twinfield.simulator.books import Books, Record
from bookbridge.connectors.twinfield.simulator.seed import CONTROL
from bookbridge.connectors.twinfield.simulator.settings import TwinfieldSimulatorSettings
from bookbridge.connectors.twinfield.simulator.texts import said
from bookbridge.connectors.twinfield.simulator.wire import Node, add, flag, text

PLAIN = ("shortname", "website")
FINANCIAL = ("duedays", "relationsreference", "vatcode", "substitutewith", "ebilling", "ebillmail")
LONGEST_ASCRIPTION = 40


def accept(books: Books, settings: TwinfieldSimulatorSettings, sent: Node) -> Node:
    """The dimension as it is answered: create-or-update on its code."""
    answer = copy.deepcopy(sent)
    type, code = text(sent, "type"), text(sent, "code")
    if text(sent, "office") != books.office:
        flag(answer, said("no_access"))
        return answer
    held = books.dimension(type, code)
    record: Record = held or {"type": type, "code": code, "hidden": False, "addresses": [], "banks": []}
    _check(answer, type, code, settings)
    control = _control_account(books, type)
    if held is None and control and books.account(control) is None:
        _refuse_control_account(answer, control)
    if answer.get("result") == "0":
        return answer
    record = {**record, "name": text(sent, "name"), "hidden": sent.get("status") == "inactive"}
    record |= {name: text(sent, name) for name in PLAIN if sent.find(name) is not None}
    record |= {
        name: text(sent, f"financials/{name}") for name in FINANCIAL if sent.find(f"financials/{name}") is not None
    }
    limit = sent.find("creditmanagement/basecreditlimit")
    record |= {"basecreditlimit": limit.text} if limit is not None else {}
    record.setdefault("substitutewith", control)
    for kind, one in (("addresses", "address"), ("banks", "bank")):
        if sent.find(kind) is not None:
            given = [_part(node) for node in sent.iterfind(f"{kind}/{one}")]
            record[kind] = _merged(record.get(kind, []), given, replaced=settings.lists_are_replaced)
    books.keep_dimension(record)
    shown = show(books, record)
    shown.set("result", "1")
    return shown


def _control_account(books: Books, type: str) -> str:
    """What a new relation is booked on: the account of the master of its type."""
    master = books.dimension(type, type) or {}
    return str(master.get("substitutewith") or CONTROL.get(type, ""))


def _refuse_control_account(answer: Node, account: str) -> None:
    """At three places, as support.coachview.net shows it."""
    financials = answer.find("financials")
    if financials is None:
        financials = add(answer, "financials")
    _refuse(answer, add(financials, "substitutionlevel", "1"), said("no_control", code=account))
    _refuse(answer, add(financials, "substitutewith", account), said("no_control", code=account))
    validations = add(financials, "childvalidations")
    _refuse(answer, add(validations, "childvalidation", account), said("no_account", code=account))


def _check(answer: Node, type: str, code: str, settings: TwinfieldSimulatorSettings) -> None:
    inuse, ascription = answer.find("inuse"), answer.find("banks/bank/ascription")
    if inuse is not None:
        _refuse(answer, inuse, said("inuse"))
    if not text(answer, "name"):
        name = answer.find("name")
        _refuse(answer, name if name is not None else answer, said("name"))
    place = answer.find("code")
    if type == "DEB" and place is not None and not re.fullmatch(settings.customer_mask, code):
        _refuse(answer, place, said("format", mask=settings.customer_format))
    for ascription in answer.iterfind("banks/bank/ascription"):
        if len(ascription.text or "") > LONGEST_ASCRIPTION:
            _refuse(answer, ascription, said("ascription"))


def _refuse(answer: Node, node: Node, message: str) -> None:
    flag(node, message)
    answer.set("result", "0")


def _part(node: Node) -> Record:
    values: dict[str, Any] = {str(one.tag): (one.text or "") for one in node if one.text}
    return {
        **values,
        "_id": node.get("id", ""),
        "_type": node.get("type", ""),
        "_default": node.get("default", "false"),
    }


def _merged(held: list[Record], given: list[Record], *, replaced: bool) -> list[Record]:
    """The parts with ids are changed, those without are new. Whether the others stay is a setting."""
    named = {part["_id"] for part in given if part["_id"]}
    kept = [] if replaced else [part for part in held if part["_id"] not in named]
    highest = max([int(part["_id"]) for part in (*held, *given) if part["_id"].isdigit()], default=0)
    made: list[Record] = []
    for part in given:
        if not part["_id"]:
            highest += 1
        made.append(part if part["_id"] else {**part, "_id": str(highest)})
    return [*kept, *made]


def show(books: Books, record: Record) -> Node:
    """A dimension as reads and answers show it."""
    root = etree.Element("dimension", {"status": "inactive" if record.get("hidden") else "active"})
    for name, value in {"office": books.office, "type": record["type"], "code": record["code"]}.items():
        add(root, name, value)
    add(root, "name", record["name"])
    for name in PLAIN:
        add(root, name, record.get(name, ""))
    financials = add(root, "financials")
    for name in FINANCIAL:
        add(financials, name, record.get(name, ""))
    add(add(root, "creditmanagement"), "basecreditlimit", record.get("basecreditlimit", "0.00"))
    for kind, one in (("addresses", "address"), ("banks", "bank")):
        parent = add(root, kind)
        for part in record.get(kind, []):
            marks = {"id": part["_id"], "default": part["_default"]} | (
                {"type": part["_type"]} if part["_type"] else {}
            )
            node = add(parent, one, **marks)
            for name, value in part.items():
                if not name.startswith("_"):
                    add(node, name, value)
    return root
