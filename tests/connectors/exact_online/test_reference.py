"""What we send and ask for, against Exact's own reference as it was in December 2019."""

import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from bookbridge.kit.conformance.rig import Rig
from tests.connectors.exact_online import golden
from tests.vendor_specs import vendor_spec

# Listed under to_confirm in the fact sheet: the reference of 2019 has it for reading only.
READ_ONLY_IN_2019 = {("SalesEntries", "Type"), ("PurchaseEntries", "Type")}
# The reference of 2019 lacks these; their fields are in picqer/exact-php-client.
NOT_IN_THE_REFERENCE = {
    "financial/FinancialPeriods": {"ID", "FinYear", "FinPeriod", "StartDate", "EndDate"},
    "read/financial/JournalStatusList": {"Journal", "Year", "Period", "Status"},
}
TYPES = {
    "Edm.String": str,
    "Edm.Double": Decimal,
    "Edm.Int32": int,
    "Edm.Int16": int,
    "Edm.Boolean": bool,
    "Edm.DateTime": date,
    "Edm.Guid": str,
}
BODIES = [
    ("SalesEntries", golden.SALE_BODY),
    ("PurchaseEntries", golden.CREDIT_BODY),
    ("GeneralJournalEntries", golden.MEMORIAL_BODY),
    ("Accounts", golden.DE_EIK_BODY),
    ("Accounts", golden.NOORD_BODY),
    ("BankAccounts", {"Account": golden.CUSTOMER, "BankAccount": "NL91ABNA0417164300"}),
]


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    known: dict[str, Any] = json.loads(vendor_spec("exact_online", "meta-data.json").read_text(encoding="utf-8"))
    return known


def properties(reference: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    return {known["name"]: known for known in reference[name]["properties"]}


@pytest.mark.parametrize(("name", "body"), BODIES, ids=lambda value: value if isinstance(value, str) else "")
def test_every_field_we_send_may_be_posted_and_has_its_type(
    reference: dict[str, Any], name: str, body: dict[str, Any]
) -> None:
    assert reference[name]["supportedMethods"]["post"]
    check_body(reference, name, body)


def check_body(reference: dict[str, Any], name: str, body: dict[str, Any]) -> None:
    known = properties(reference, name)
    for field, value in body.items():
        assert field in known, f"{name} has no {field}"
        assert known[field]["supportedMethods"]["post"] or (name, field) in READ_ONLY_IN_2019, f"{name}.{field}"
        if isinstance(value, list):
            for line in value:
                check_body(reference, field, line)
            continue
        assert type(value) is TYPES[known[field]["type"]], f"{name}.{field} is {known[field]['type']}"
        if known[field]["type"] == "Edm.Guid":
            assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value)


def test_what_we_change_on_a_relation_may_be_changed(reference: dict[str, Any]) -> None:
    assert reference["Accounts"]["supportedMethods"]["put"]
    known = properties(reference, "Accounts")
    for body in (golden.DE_EIK_BODY, golden.NOORD_BODY):
        assert all(known[field]["supportedMethods"]["put"] for field in body)


@pytest.fixture(scope="module")
def asked() -> list[tuple[str, dict[str, str]]]:
    """Every read that the connector makes in a life: the resource and the query's options."""
    with Rig("exact_online") as rig:
        connector = rig.connector()
        connector.administrations()
        samples = rig.samples
        documents = [
            samples.customer(bank_account="NL91ABNA0417164300"),
            samples.supplier(),
            samples.sales(),
            samples.purchase(number=None, invoice_number=None),
            samples.memorial(),
            samples.memorial(number="M-1"),
        ]
        rig.posted(*documents)
        for document in documents:
            connector.find(rig.request(document))
        rig.open_items(("sales", "purchase"))
        after: str | None = ""
        while after is not None:
            after = connector.booked(date(2026, 1, 1), date(2026, 12, 31), after or None).following
        calls = [call for call in rig.simulator.store.calls() if call["method"] == "GET"]
    return list(reads(calls))


def reads(calls: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, str]]]:
    for call in calls:
        found = re.match(r"/api/v1/(?:current|\d+)/(.+)", call["path"])
        if found:
            resource = found[1] if "/current/" not in call["path"] else "current/Me"
            yield resource, dict(httpx.QueryParams(call["query"]))


def test_every_resource_we_read_is_known(reference: dict[str, Any], asked: list[tuple[str, dict[str, str]]]) -> None:
    known = {re.sub(r"^/api/v1/(\{division\}/)?", "", entry["uri"]) for entry in reference.values()}
    read = {resource for resource, _options in asked}
    assert read - known == set(NOT_IN_THE_REFERENCE)
    assert len(read) >= 15


def test_every_field_we_ask_for_is_known(reference: dict[str, Any], asked: list[tuple[str, dict[str, str]]]) -> None:
    for resource, options in asked:
        known = NOT_IN_THE_REFERENCE.get(resource) or {
            entry["name"] for entry in reference[resource.rpartition("/")[2]]["properties"]
        }
        selected = set(options["$select"].split(","))
        assert selected <= known, f"{resource}: {selected - known}"
        assert filtered(options.get("$filter", "")) <= known, f"{resource}: {options['$filter']}"


def filtered(text: str) -> set[str]:
    """The names of properties in a filter."""
    without_literals = re.sub(r"(guid|datetime)?'(?:[^']|'')*'", "", text)
    words = set(re.findall(r"[A-Za-z_]+", without_literals))
    return words - {"eq", "ge", "lt", "and", "or", "true", "trim", "startswith"}
