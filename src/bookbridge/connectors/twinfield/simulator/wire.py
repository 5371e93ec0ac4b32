"""XML on the wire of the simulator: envelopes in and out, as the vendor's service descriptions have them."""

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree
from werkzeug.wrappers import Response

Node = etree._Element

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICE = "http://www.twinfield.com/"
PERIOD_SERVICE = "http://schemas.datacontract.org/2004/07/Twinfield.WebServices.PeriodService"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


class BadRequestError(Exception):
    """No envelope that the service understands."""


@dataclass(frozen=True)
class Call:
    """What came in: the operation, its body, and who calls for which office."""

    operation: str
    body: Node
    token: str
    office: str
    request: Node | None
    """The XML inside ProcessXmlString."""

    @property
    def root(self) -> str:
        return str(self.request.tag) if self.request is not None else self.operation


def read_call(content: bytes) -> Call:
    """Raises BadRequestError."""
    root = _read(content)
    header, body = root.find(f"{{{ENVELOPE}}}Header"), root.find(f"{{{ENVELOPE}}}Body")
    if header is None or body is None or not len(body):
        raise BadRequestError("no envelope")
    operation = etree.QName(body[0]).localname
    inner = None
    if operation == "ProcessXmlString":
        text = body[0].findtext(f"{{{SERVICE}}}xmlRequest") or ""
        inner = _read(text.encode())
    return Call(operation, body[0], _local(header, "AccessToken"), _local(header, "CompanyCode"), inner)


def _read(content: bytes) -> Node:
    try:
        return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadRequestError("no XML") from error


def _local(parent: Node, name: str) -> str:
    found = next(parent.iter("{*}" + name), None)
    return (found.text or "") if found is not None else ""


def text(parent: Node, path: str) -> str:
    return (parent.findtext(path) or "").strip()


def add(parent: Node, name: str, value: object = None, /, **attributes: str) -> Node:
    node = etree.SubElement(parent, name, attributes)
    if value is not None:
        node.text = str(value)
    return node


def flag(node: Node, message: str, kind: str = "error") -> None:
    """Write a message on an element, joined to one that is there."""
    said = node.get("msg")
    node.set("msg", f"{said}//{message}" if said else message)
    node.set("msgtype", kind)
    node.set("result", "0")


# --- answers


def result(root: Node, *, declares_utf_16: bool) -> Response:
    declaration = '<?xml version="1.0" encoding="utf-16"?>\n' if declares_utf_16 else ""
    body = etree.Element(f"{{{SERVICE}}}ProcessXmlStringResponse", nsmap={"tns": SERVICE})
    said = declaration + etree.tostring(root, encoding="unicode")
    add(body, f"{{{SERVICE}}}ProcessXmlStringResult", said)
    return envelope(body)


def found(rows: Iterable[Iterable[str]], total: int, names: Iterable[str], messages: Iterable[str] = ()) -> Response:
    """A Finder's answer."""
    body = etree.Element(f"{{{SERVICE}}}SearchResponse", nsmap={"tns": SERVICE})
    said = add(body, f"{{{SERVICE}}}SearchResult")
    for message in messages:
        one = add(said, f"{{{SERVICE}}}MessageOfErrorCodes")
        for name, value in {"Type": "Error", "Text": message, "Code": "NoAccessToOffice"}.items():
            add(one, f"{{{SERVICE}}}{name}", value)
    data = add(body, f"{{{SERVICE}}}data")
    add(data, f"{{{SERVICE}}}TotalRows", total)
    _strings(add(data, f"{{{SERVICE}}}Columns"), names)
    items = add(data, f"{{{SERVICE}}}Items")
    for row in rows:
        _strings(add(items, f"{{{SERVICE}}}ArrayOfString"), row)
    return envelope(body)


def _strings(parent: Node, values: Iterable[str]) -> None:
    for value in values:
        add(parent, f"{{{SERVICE}}}string", value)


def envelope(body: Node, status: int = 200) -> Response:
    root = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE})
    add(root, f"{{{ENVELOPE}}}Body").append(body)
    content = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return Response(content, status=status, content_type="text/xml; charset=utf-8")


def fault(words: str, *, code: str = "", caller: bool = True, status: int = 500) -> Response:
    """A SOAP fault as zypp-io/twinfield recorded one."""
    body = etree.Element(f"{{{ENVELOPE}}}Fault")
    add(body, "faultcode", "soap:Client" if caller else "soap:Server")
    add(body, "faultstring", words)
    detail = add(body, "detail")
    add(detail, "message", words)
    if code:
        add(detail, "code", code)
    return envelope(body, status)
