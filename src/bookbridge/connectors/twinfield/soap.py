"""XML as Twinfield speaks it: envelopes around requests, and what is in the answers. Knows no documents.

Shapes: the vendor's service descriptions (processxml.wsdl, finder.wsdl) and its page on periods. All of it is built and
read by lxml: a request stands as text inside an envelope, so it is escaped twice.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

Element = etree._Element

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
TWINFIELD: Final = "http://www.twinfield.com/"
INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
PERIODS: Final = "http://schemas.datacontract.org/2004/07/Twinfield.WebServices.PeriodService"
SHARED: Final = "http://schemas.datacontract.org/2004/07/Twinfield.WebServices.Shared"
CONTENT_TYPE: Final = "text/xml; charset=utf-8"

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
# XML 1.0 can't hold these, escaped or not.
_UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_FAULT_IS_EARLY = 4096
_TOKEN_CODES: Final = {"103", "354"}
"""Codes of "Access denied. Token invalid": 354 in zypp-io/twinfield's recorded answer, 103 in integrators' pages."""


def parse(content: bytes | str) -> Element:
    """The root of an XML document. Raises ValueError for anything but plain XML: no DTD, no entities of its own.

    A declaration is passed over: the text inside an envelope may say utf-16, and came as utf-8.
    """
    text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
    text = _DECLARATION.sub("", text)
    if "<!DOCTYPE" in text:
        raise ValueError("XML with a DTD")
    # The answer's size is bounded by the kit; without huge_tree a long browse is cut at ten million signs.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_pis=True)
    try:
        return etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        pass
    raise ValueError("no XML")


def element(name: str, text: str | None = None, /, **attributes: str) -> Element:
    made = etree.Element(name, attributes)
    if text is not None:
        made.text = sayable(text)
    return made


def child(parent: Element, name: str, text: str | None = None, /, **attributes: str) -> Element:
    made = etree.SubElement(parent, name, attributes)
    if text is not None:
        made.text = sayable(text)
    return made


def sayable(text: str) -> str:
    """The text without the control signs that XML can't hold."""
    return _UNSAYABLE.sub(" ", text)


def text_of(parent: Element, path: str) -> str:
    """The text of the first element at a path; empty where there is none."""
    found = parent.find(path)
    return (found.text or "").strip() if found is not None else ""


def children(parent: Element, name: str) -> list[Element]:
    """The elements below, at any depth, with a local name, whatever their namespace."""
    return [found for found in parent.iter("{*}" + name) if found is not parent]


# --- requests


def envelope(body: Element, token: str, office: str) -> bytes:
    """An envelope of ProcessXml or Finder. Without an office there is no CompanyCode: only the list of offices works
    then."""
    header = etree.Element(f"{{{TWINFIELD}}}Header", nsmap={"twin": TWINFIELD, "xsi": INSTANCE})
    _add(header, TWINFIELD, "AccessToken", token)
    if office:
        _add(header, TWINFIELD, "CompanyCode", office)
    # The schema wants the element, and nil is its only value for us.
    etree.SubElement(header, f"{{{TWINFIELD}}}CompanyId").set(f"{{{INSTANCE}}}nil", "true")
    return _enveloped(header, body)


def period_envelope(body: Element, token: str, office: str) -> bytes:
    header = etree.Element(f"{{{TWINFIELD}}}Authentication", nsmap={"twin": TWINFIELD, "s": SHARED})
    _add(header, SHARED, "AccessToken", token)
    _add(header, SHARED, "CompanyCode", office)
    return _enveloped(header, body)


def _enveloped(header: Element, body: Element) -> bytes:
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    etree.SubElement(root, f"{{{SOAP}}}Header").append(header)
    etree.SubElement(root, f"{{{SOAP}}}Body").append(body)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def process_body(request: Element) -> Element:
    """The body of ProcessXmlString."""
    body = etree.Element(f"{{{TWINFIELD}}}ProcessXmlString", nsmap={"twin": TWINFIELD})
    _add(body, TWINFIELD, "xmlRequest", etree.tostring(request, encoding="unicode"))
    return body


def search_body(type: str, options: Mapping[str, str], first_row: int, most_rows: int) -> Element:
    """The body of Finder.Search for everything of a type; rows count from 1, field 0 is code or name."""
    body = etree.Element(f"{{{TWINFIELD}}}Search", nsmap={"twin": TWINFIELD})
    said = {"type": type, "pattern": "*", "field": "0", "firstRow": str(first_row), "maxRows": str(most_rows)}
    for name, value in said.items():
        _add(body, TWINFIELD, name, value)
    listed = etree.SubElement(body, f"{{{TWINFIELD}}}options")
    for pair in options.items():
        row = etree.SubElement(listed, f"{{{TWINFIELD}}}ArrayOfString")
        for value in pair:
            _add(row, TWINFIELD, "string", value)
    return body


def period_query(year: int | None) -> Element:
    """The body of PeriodService.Query: the years, or the periods of one."""
    name = "GetYears" if year is None else "GetPeriods"
    query = etree.Element(f"{{{TWINFIELD}}}Query", nsmap={"twin": TWINFIELD, "i": INSTANCE, "a": PERIODS})
    query.set(f"{{{INSTANCE}}}type", f"a:{name}")
    if year is not None:
        _add(query, PERIODS, "Year", str(year))
    return query


def _add(parent: Element, namespace: str, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{namespace}}}{name}").text = sayable(text)


# --- answers


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault. SOAP 1.1 has faults of the caller (Client), which was not processed, and of the server."""

    words: str
    code: str
    is_the_callers: bool

    @property
    def refuses_the_token(self) -> bool:
        return self.code in _TOKEN_CODES or names_token_code(self.words)


def names_token_code(words: str) -> bool:
    return any(f"(code {code})" in words for code in _TOKEN_CODES)


def fault_in(content: bytes) -> Fault | None:
    """The fault that an answer carries, if it is one."""
    if b"Fault" not in content[:_FAULT_IS_EARLY]:
        return None
    try:
        found = next(iter(children(parse(content), "Fault")), None)
    except ValueError:
        return None
    if found is None:
        return None
    kind = text_of(found, "{*}faultcode").rpartition(":")[2]
    words = text_of(found, "{*}faultstring")
    details = children(found, "code")
    return Fault(words, (details[0].text or "").strip() if details else "", kind.startswith("Client"))


def result_of(content: bytes) -> Element:
    """What ProcessXmlString answered. Raises ValueError."""
    found = children(parse(content), "ProcessXmlStringResult")
    if len(found) != 1 or not found[0].text:
        raise ValueError("no result")
    return parse(found[0].text)


def refuses_the_token(content: bytes) -> bool:
    """Whether an answer says that the access token isn't taken, as a fault or within a result."""
    early = content[:_FAULT_IS_EARLY]
    fault = fault_in(content)
    if fault is not None:
        return fault.refuses_the_token
    if not any(f"(code {code})".encode() in early for code in _TOKEN_CODES):
        return False
    try:
        return names_token_code(result_of(content).get("msg", ""))
    except ValueError:
        return False


def found_rows(content: bytes) -> tuple[list[list[str]], int]:
    """The rows of a Finder's answer, and how many there are in all. Raises ValueError."""
    root = parse(content)
    total = children(root, "TotalRows")
    if not total:
        raise ValueError("no rows")
    items = children(root, "Items")
    rows = children(items[0], "ArrayOfString") if items else []
    return [[(cell.text or "").strip() for cell in children(row, "string")] for row in rows], int(total[0].text or "")


def finder_words(content: bytes) -> str:
    """What a Finder says instead of giving rows."""
    said = children(parse(content), "MessageOfErrorCodes")
    errors = [message for message in said if text_of(message, "{*}Type") == "Error"]
    return "; ".join(text_of(message, "{*}Text") or text_of(message, "{*}Code") for message in errors)


def browsed(root: Element) -> list[dict[str, str]]:
    """The rows of a browse: field → text, and the key of the row under `code`, `number` and `line`."""
    rows: list[dict[str, str]] = []
    for row in root.iterfind("tr"):
        cells = {cell.get("field", ""): (cell.text or "").strip() for cell in row.iterfind("td")}
        key = row.find("key")
        if key is None:
            raise ValueError("a row without a key")
        rows.append({**cells, **{name: text_of(key, name) for name in ("code", "number", "line")}})
    return rows


def columns(code: str, wanted: Iterable[str], filters: Mapping[str, tuple[str, str, str]]) -> Element:
    """A browse's request; a filter is operator, from and to. Every column that is asked for is visible."""
    root = element("columns", code=code)
    for number, field in enumerate(dict.fromkeys([*filters, *wanted]), 1):
        operator, since, until = filters.get(field, ("none", "", ""))
        column = child(root, "column", id=str(number))
        said = {"field": field, "label": field, "visible": "true", "ask": "true" if field in filters else "false"}
        for name, value in {**said, "operator": operator, "from": since, "to": until}.items():
            child(column, name, value)
    return root
