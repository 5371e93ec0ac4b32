"""The addresses that are called, against the vendor's help index of 2016 (V182)."""

import json
import re

from bookbridge.kit.conformance.rig import Rig
from tests.connectors.multivers_online import NAME
from tests.vendor_specs import vendor_spec


def _index() -> list[tuple[str, re.Pattern[str]]]:
    modules = json.loads(vendor_spec(NAME, "extracted_modules.json").read_text(encoding="utf-8"))
    endpoints = [endpoint for module in modules for each in module["classes"] for endpoint in each["endpoints"]]
    return [
        (
            endpoint["method"],
            re.compile(re.sub(r"\\{\w+\\}", r"[^/]+", re.escape(endpoint["url_api"].partition("?")[0]))),
        )
        for endpoint in endpoints
    ]


def test_every_address_is_in_the_vendor_s_index():
    known = _index()
    with Rig(NAME) as rig, rig.calls() as calls:
        rig.posted(rig.samples.customer(bank_account="NL91ABNA0417164300", city="Ede"), rig.samples.supplier())
        rig.posted(rig.samples.customer(city="Epe"))
        rig.posted(rig.samples.sales(), rig.samples.purchase(), rig.samples.memorial())
        connector = rig.connector(settings=None)
        connector.administrations()
        connector.package_settings()
        rig.open_items(("sales", "purchase"))
        connector.booked(rig.stage.codes.open_day, rig.stage.codes.open_day)
        rig.control(("/_simulator/bookings", {"journal": "VRK", "year": 2026}))
        request = rig.prepared(rig.samples.sales(number="26000555"), connector)
        rig.control(("/_simulator/bookings", {"journal": "VRK", "year": 2026}))
        connector.post([request])
    asked = {(call["method"], call["path"].removeprefix("/")) for call in calls if "/_simulator" not in call["path"]}
    assert len(asked) > 30
    strange = {
        (method, path.split("/")[2] if path.count("/") > 1 else path)
        for method, path in asked
        if not any(method == of and pattern.fullmatch(path) for of, pattern in known)
    }
    assert not strange, f"not in the index: {sorted(strange)}"
