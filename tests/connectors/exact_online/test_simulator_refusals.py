"""What the Exact Online simulator refuses, and in which words."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.connectors.exact_online.simulator_calls import (
    MEMORIALS,
    NOBODY,
    PURCHASES,
    SALES,
    Caller,
    line,
    memorial,
    purchase,
    running_simulator,
)


@pytest.fixture
def exact() -> Iterator[Caller]:
    with running_simulator() as caller:
        yield caller


Case = tuple[str, dict[str, Any], str, str]
"""Resource, body, and the text in Dutch and in English."""


def refused_headers(exact: Caller, customer: str, supplier: str) -> dict[str, Case]:
    def sale(**fields: Any) -> dict[str, Any]:
        return exact.sale(customer, **fields)

    unknown_party = ("Ongeldige referentie: Accounts", "Invalid reference: Accounts")
    unknown_condition = ("Ongeldige referentie: PaymentConditions", "Invalid reference: PaymentConditions")
    no_supplier = ("Ongeldig: Leverancier (Type)", "Invalid: Supplier (Type)")
    bad_journal = ("Ongeldige referentie: Journals", "Invalid reference: Journals")
    no_year = ("Onbekend: Boekjaar (Periode-datumtabel)", "Unknown: Financial year (Period-date table)")
    closed = ("Periode is afgesloten: 2025 - 1", "Period is closed: 2025 - 1")
    blocked = exact.customer(Blocked=True)
    return {
        "no customer": (SALES, sale(Customer=None), "Verplicht: Klant", "Mandatory: Customer"),
        "unknown customer": (SALES, sale(Customer=NOBODY), *unknown_party),
        "supplier as customer": (SALES, sale(Customer=supplier), "Ongeldig: Klant (Type)", "Invalid: Customer (Type)"),
        "customer as supplier": (PURCHASES, purchase(exact, customer), *no_supplier),
        "blocked customer": (SALES, sale(Customer=blocked), "Geblokkeerd: Relatie", "Blocked: Account"),
        "no journal": (SALES, sale(Journal=""), "Verplicht: Dagboek", "Mandatory: Journal"),
        "guid as journal": (SALES, sale(Journal=NOBODY), *bad_journal),
        "unknown journal": (SALES, sale(Journal="77"), *bad_journal),
        "purchase journal for a sale": (SALES, sale(Journal="60"), "Ongeldig: Dagboek", "Invalid: Journal"),
        "no lines": (SALES, sale(SalesEntryLines=[]), "Verplicht: Regels", "Mandatory: Lines"),
        "closed period": (SALES, sale(EntryDate="2025-01-15"), *closed),
        "unknown year": (SALES, sale(ReportingYear=2031), *no_year),
        "unknown period": (SALES, sale(ReportingPeriod=13), *no_year),
        "unknown condition": (SALES, sale(PaymentCondition="99"), *unknown_condition),
    }


def refused_lines(exact: Caller, customer: str, supplier: str) -> dict[str, Case]:
    def sale(**fields: Any) -> dict[str, Any]:
        return exact.sale(customer, SalesEntryLines=[{**line(exact, "8000", 1, VATCode="2"), **fields}])

    bad_type = ("Ongeldig: Grootboekrekeningtype", "Invalid: G/L account type")
    unknown_account = ("Ongeldige referentie: GLAccounts", "Invalid reference: GLAccounts")
    blocked_account = ("Geblokkeerd: Grootboekrekening", "Blocked: G/L account")
    unknown_vat = ("Ongeldige referentie: VATCodes", "Invalid reference: VATCodes")
    vat = ("Niet toegestaan: Btw-code", "Not allowed: VAT code")
    center = ("Ongeldig: Koppeling kostenplaats", "Invalid: Cost center link")
    unit = ("Ongeldig: Koppeling kostendrager", "Invalid: Cost unit link")
    without_center = purchase(exact, supplier, PurchaseEntryLines=[line(exact, "4500", 1)])
    return {
        "no amount": (SALES, sale(AmountFC=None), "Verplicht: Bedrag", "Mandatory: Amount"),
        "no account": (SALES, sale(GLAccount=None), "Verplicht: Grootboekrekening", "Mandatory: G/L account"),
        "unknown account": (SALES, sale(GLAccount=NOBODY), *unknown_account),
        "blocked account": (SALES, sale(GLAccount=exact.gl("8999")), *blocked_account),
        "debtors": (SALES, sale(GLAccount=exact.gl("1300")), *bad_type),
        "creditors": (SALES, sale(GLAccount=exact.gl("1600")), *bad_type),
        "VAT account": (SALES, sale(GLAccount=exact.gl("1500")), *bad_type),
        "unknown VAT code": (SALES, sale(VATCode="9"), *unknown_vat),
        "purchase VAT on a sale": (SALES, sale(VATCode="5"), *vat),
        "unknown cost centre": (SALES, sale(CostCenter="999"), *center),
        "unknown cost unit": (SALES, sale(CostUnit="999"), *unit),
        "mandatory cost centre": (PURCHASES, without_center, "Verplicht: Kostenplaats", "Mandatory: Cost center"),
    }


def refused_memorials(exact: Caller) -> dict[str, Case]:
    with_vat = memorial(exact, GeneralJournalEntryLines=[line(exact, "1200", 1, VATCode="2")])
    return {
        "VAT in a journal without": (MEMORIALS, with_vat, "Niet toegestaan: Btw-code", "Not allowed: VAT code"),
        "unbalanced": (
            MEMORIALS,
            memorial(exact, "250.00", "-249.50"),
            "Deze boeking is niet in evenwicht op: 2026 / 9 (Type: Overige) - Verschil: EUR 0.50",
            "This entry is not balanced on: 2026 / 9 (Type: Other) - Difference: EUR 0.50",
        ),
    }


def test_refusals_are_500s_in_the_language_of_the_user(exact: Caller) -> None:
    parties = exact.customer(), exact.supplier()
    cases = {**refused_headers(exact, *parties), **refused_lines(exact, *parties), **refused_memorials(exact)}
    before = exact.books()["summary"]
    for language in (0, 1):
        exact.settings(simulator={"language": ("nl", "en")[language]})
        answers = {case: exact.refused(resource, body) for case, (resource, body, *_) in cases.items()}
        assert answers == {case: texts[language] for case, (_, _, *texts) in cases.items()}
    assert exact.books()["summary"] == before


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"Naam": "x"}, "The property name 'Naam' specified for type 'Exact.Web.Api.Models.Account' is not valid."),
        ({"Name": 5}, "'Name'"),
        ({"Name": "x", "GLAccountSales": "8000"}, "'Edm.Guid'"),
        ({"Name": "x", "Blocked": "yes"}, "'Edm.Boolean'"),
        ({"Name": "x", "StartDate": "soon"}, "'Edm.DateTime'"),
        (["Name"], "valid JSON object"),
    ],
)
def test_what_cannot_be_read_is_a_400(exact: Caller, body: Any, text: str) -> None:
    refused = exact.refused("crm/Accounts", body, status=400)
    assert refused.startswith("Error processing request stream.")
    assert text in refused


def test_bad_lines_and_numbers_are_a_400(exact: Caller) -> None:
    customer = exact.customer()
    for fields, named in (
        ({"EntryNumber": 2**31}, "EntryNumber"),
        ({"EntryNumber": 1.5}, "EntryNumber"),
        ({"SalesEntryLines": "none"}, "SalesEntryLines"),
        ({"SalesEntryLines": [{"AmountFC": "1,50"}]}, "AmountFC"),
        ({"SalesEntryLines": [{"Amount": 1}]}, "Amount"),
    ):
        assert f"'{named}'" in exact.refused(SALES, exact.sale(customer, **fields), status=400)
    answer = exact.http.post(f"/api/v1/{exact.division}/{SALES}", content=b"{")
    assert answer.status_code == 400
