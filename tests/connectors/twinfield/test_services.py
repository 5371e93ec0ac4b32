"""What we send and what the simulator answers, against the vendor's own service descriptions.

What stands inside ProcessXmlString has no published schema. The Finder's description is of the time of session ids, so
its header is checked against that of ProcessXml, which is the current one; the newer finder.wsdl has the same.
"""

from collections import Counter
from pathlib import Path

import pytest
from lxml import etree
from werkzeug.wrappers import Request, Response

from bookbridge.kit.conformance.rig import Rig
from tests.vendor_specs import vendor_spec

XSD = "{http://www.w3.org/2001/XMLSchema}"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"


def schema_of(wsdl: Path, folder: Path) -> etree.XMLSchema:
    """The schema that a service description holds; a second one, of Microsoft's types, becomes a file beside it."""
    first, *others = etree.parse(str(wsdl)).getroot().iter(f"{XSD}schema")
    for number, other in enumerate(others):
        path = folder / f"{number}.xsd"
        path.write_bytes(etree.tostring(other))
        for imported in first.iter(f"{XSD}import"):
            if imported.get("namespace") == other.get("targetNamespace"):
                imported.set("schemaLocation", path.as_uri())
    return etree.XMLSchema(etree.fromstring(etree.tostring(first)))


@pytest.fixture(scope="module")
def process_xml(tmp_path_factory: pytest.TempPathFactory) -> etree.XMLSchema:
    return schema_of(vendor_spec("twinfield", "processxml.wsdl"), tmp_path_factory.mktemp("processxml"))


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> etree.XMLSchema:
    wsdl = vendor_spec("twinfield", "old_session_header", "finder.wsdl")
    return schema_of(wsdl, tmp_path_factory.mktemp("finder"))


@pytest.fixture(scope="module")
def life() -> list[tuple[str, bytes, bytes, str]]:
    """Every call of a life of the connector: path, envelope, answer, SOAPAction."""
    calls: list[tuple[str, bytes, bytes, str]] = []
    with Rig("twinfield") as rig:
        truly = rig.simulator.answer_api

        def watched(request: Request) -> Response:
            response = truly(request)
            action = request.headers.get("SOAPAction", "")
            calls.append((request.path, request.get_data(), response.get_data(), action))
            return response

        rig.simulator.answer_api = watched  # type: ignore[method-assign]
        connector, samples = rig.connector(), rig.samples
        connector.administrations()
        documents = [
            samples.customer(bank_account="NL91ABNA0417164300"),
            samples.supplier(),
            samples.sales(),
            samples.purchase(),
            samples.memorial(),
        ]
        rig.posted(*documents)
        rig.post(samples.sales(lines=(samples.line(description="O'Brien & <Zn> ]]> 漢字"),)))
        for document in documents:
            connector.find(rig.request(document))
        rig.open_items(("sales", "purchase"))
        day = rig.stage.codes.open_day
        connector.booked(day, day)
        rig.simulator.oauth.revoke_all()
        rig.post(samples.sales(number="26000777"))
    return calls


def parts(envelope: bytes) -> tuple[etree._Element | None, etree._Element]:
    root = etree.fromstring(envelope)
    assert root.tag == f"{SOAP}Envelope"
    header = root.find(f"{SOAP}Header")
    body = root.find(f"{SOAP}Body")
    assert body is not None
    return (header[0] if header is not None else None), body[0]


def check(schema: etree.XMLSchema, node: etree._Element) -> None:
    schema.assertValid(etree.fromstring(etree.tostring(node)))


def test_a_life_has_calls_of_every_kind(life: list[tuple[str, bytes, bytes, str]]) -> None:
    actions = Counter(action for _path, _sent, _answered, action in life)
    assert set(actions) == {
        '"http://www.twinfield.com/ProcessXmlString"',
        '"http://www.twinfield.com/Search"',
        '"http://www.twinfield.com/PeriodService/Query"',
    }


def test_every_call_of_process_xml_is_valid(
    process_xml: etree.XMLSchema, life: list[tuple[str, bytes, bytes, str]]
) -> None:
    seen = 0
    for path, sent, answered, _action in life:
        if path.endswith("processxml.asmx"):
            header, body = parts(sent)
            assert header is not None
            check(process_xml, header)
            check(process_xml, body)
            _none, answer = parts(answered)
            if answer.tag != f"{SOAP}Fault":
                check(process_xml, answer)
                seen += 1
    assert seen > 15


def test_every_search_is_valid(
    process_xml: etree.XMLSchema, finder: etree.XMLSchema, life: list[tuple[str, bytes, bytes, str]]
) -> None:
    seen = 0
    for path, sent, answered, _action in life:
        if path.endswith("finder.asmx"):
            header, body = parts(sent)
            assert header is not None
            check(process_xml, header)
            check(finder, body)
            _none, answer = parts(answered)
            check(finder, answer)
            seen += 1
    assert seen >= 9


def test_a_wrong_envelope_would_be_noticed(process_xml: etree.XMLSchema) -> None:
    space = "http://www.twinfield.com/"
    header = etree.fromstring(f'<Header xmlns="{space}"><AccessToken>x</AccessToken></Header>')
    with pytest.raises(etree.DocumentInvalid, match="CompanyId"):
        process_xml.assertValid(header)


def test_the_office_is_named_but_for_the_list_of_offices(life: list[tuple[str, bytes, bytes, str]]) -> None:
    for _path, sent, _answered, _action in life:
        header, body = parts(sent)
        assert header is not None
        names = {etree.QName(one).localname for one in header}
        lists_offices = b"offices" in etree.tostring(body)
        assert "AccessToken" in names
        assert "CompanyCode" in names or lists_offices
