"""Customers and suppliers: making, changing, and a number that is both."""

from bookbridge.documents import Customer
from bookbridge.kit.conformance.cases import case
from bookbridge.kit.conformance.expect import expect, only, posted_or_there
from bookbridge.kit.conformance.rig import Rig, changing
from bookbridge.kit.outcomes import Absent, Found, Later, Posted, Unclear
from bookbridge.kit.simulation import FaultKind, FaultRule

IBAN = "NL91ABNA0417164300"


@case("customer")
def customer_changed(rig: Rig) -> None:
    """A customer that is there gets what is given and differs; what the file doesn't give stays."""
    expect(Posted, rig.post(rig.samples.customer(phone="055-1")))
    changed = rig.samples.customer(phone="055-2", email=None, city="Arnhem")
    external_id = posted_or_there(expect(Posted, rig.post(changed)))
    record = only(rig, "customer")
    assert record.identity == external_id
    assert record.details["phone"] == "055-2"
    assert record.details["city"] == "Arnhem"
    assert record.details["email"] == "administratie@deeik.example", "a field that was not given changed"


@case("customer")
def customer_updated_by_id(rig: Rig) -> None:
    """An update by external id changes the record and makes no second one."""
    if "customer" not in rig.fact_sheet.capabilities.updates:
        return
    external_id = posted_or_there(rig.post(rig.samples.customer()))
    request = rig.request(rig.samples.customer(city="Zutphen"))
    posted_or_there(rig.connector().update(request, external_id))
    record = only(rig, "customer")
    assert (record.identity, record.details["city"]) == (external_id, "Zutphen")


@case("customer")
def nothing_changed_sends_nothing(rig: Rig) -> None:
    """A customer that is there just so costs no call that changes anything."""
    rig.posted(rig.samples.customer(bank_account=IBAN))
    connector = rig.connector()
    with rig.calls() as calls:
        posted_or_there(rig.post(rig.samples.customer(bank_account=IBAN), connector))
    assert not changing(calls), f"calls: {changing(calls)}"


@case("customer", "supplier")
def role_added(rig: Rig) -> None:
    """A supplier with the number of a customer: the record gets both roles and keeps its name, and the outcome tells;
    or the two are kept apart."""
    first = posted_or_there(rig.post(rig.samples.customer()))
    supplier = rig.samples.supplier(number=rig.samples.customer().number, name="Een heel andere naam")
    outcome = expect(Posted, rig.post(supplier))
    assert only(rig, "customer").text == rig.samples.customer().name, "the customer's name was overwritten"
    if outcome.external_id == first:
        assert only(rig, "supplier").identity == first
        assert outcome.notices, "the second role came without a word"
        assert rig.connector().find_relation("supplier", supplier.number) == first


@case("customer", "supplier")
def both_roles_keep_shared_details(rig: Rig) -> None:
    """Where one record serves both roles, neither file overwrites the other's name."""
    number = rig.samples.customer().number
    rig.posted(rig.samples.customer(), rig.samples.supplier(number=number))
    outcome = rig.post(rig.samples.customer(name="Nieuwe naam", phone="055-3"))
    record = only(rig, "customer")
    if record.identity == only(rig, "supplier").identity:
        assert record.text == rig.samples.customer().name, "the shared name was overwritten"
        assert expect(Posted, outcome).notices, "the shared details were left alone without a word"


@case("customer")
def bank_account_added_once(rig: Rig) -> None:
    """A bank account is added to the relation, once."""
    expect(Posted, rig.post(rig.samples.customer(bank_account=IBAN)))
    rig.posted(rig.samples.customer(bank_account="NL91 ABNA 0417 1643 00"))
    assert only(rig, "customer").details["bank_account"] == (IBAN,)


@case("customer")
def details_without_a_place_are_told(rig: Rig) -> None:
    """A detail that the package has no place for is named in the outcome, or it is in the books."""
    outcome = expect(Posted, rig.post(rig.samples.customer(contact_name="Mevrouw Jansen")))
    if only(rig, "customer").details.get("contact_name") != "Mevrouw Jansen":
        assert any("contact_name" in notice.reason for notice in outcome.notices), f"notices: {outcome.notices}"


@case("customer")
def find_compares_a_relation(rig: Rig) -> None:
    """A customer that is there with other details is not taken for posted: it is absent, or the difference is named."""
    rig.posted(rig.samples.customer())
    found = rig.connector().find(rig.request(rig.samples.customer(city="Ede")))
    assert isinstance(found, Absent) or expect(Found, found).differences == ("city",), f"found {found}"


@case("customer")
def relation_left_half_done(rig: Rig) -> None:
    """A line that is cut at any change of a relation: after the look-up the rest follows without a person, once."""
    rig.posted(rig.samples.customer(city="Ede"))
    for position, kind in enumerate((FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER, FaultKind.TIMEOUT_AFTER)):
        for changes_first in (0, 1):
            document = rig.samples.customer(
                number=str(61001 + position * 2 + changes_first), bank_account=IBAN, city="Apeldoorn"
            )
            _post_with_cut(rig, document, kind, changes_first)
            held = [record for record in rig.held("customer") if record.number == document.number]
            assert len(held) == 1, f"{kind}: {len(held)} records"
            assert held[0].details["bank_account"] == (IBAN,), f"{kind}: {held[0].details}"


@case("customer")
def change_left_undone(rig: Rig) -> None:
    """A line that is cut at the change of a relation that was there: the change is made after the look-up."""
    rig.posted(rig.samples.customer(city="Ede"))
    for kind, city in ((FaultKind.CUT_BEFORE, "Epe"), (FaultKind.CUT_AFTER, "Elst")):
        _post_with_cut(rig, rig.samples.customer(city=city), kind, 0)
        assert only(rig, "customer").details["city"] == city, f"{kind}: the change was lost"


def _post_with_cut(rig: Rig, document: Customer, kind: FaultKind, changes_first: int) -> None:
    """Post as the engine does: what is unclear is looked up; what is absent, or was not sent, is posted again."""
    rig.package_settings()
    for method in ("POST", "PUT", "PATCH"):
        if changes_first:
            rig.simulator.faults.add([FaultRule(kind=FaultKind.SLOW, method=method, delay_s=0, times=changes_first)])
        rig.simulator.faults.add([FaultRule(kind=kind, method=method, delay_s=rig.held_s, times=1)])
    connector = rig.impatient() if kind is FaultKind.TIMEOUT_AFTER else rig.connector()
    outcome: object = rig.post(document, connector)
    for _ in range(3):
        rig.heal()
        if isinstance(outcome, Unclear):
            outcome = rig.connector().find(rig.request(document))
        if isinstance(outcome, Absent | Later):
            outcome = rig.post(document)
    if isinstance(outcome, Found):
        assert not outcome.differences, f"a person would have to look: {outcome}"
        return
    posted_or_there(outcome)


@case("customer", "supplier")
def relation_found_by_role(rig: Rig) -> None:
    """A relation is found in its role only, by exactly its number."""
    external_id = posted_or_there(rig.post(rig.samples.customer()))
    number = rig.samples.customer().number
    connector = rig.connector()
    assert connector.find_relation("customer", number) == external_id
    assert connector.find_relation("supplier", number) is None, "a customer passed for a supplier"
    assert connector.find_relation("customer", number[:-1]) is None, "a part of the number was enough"


@case("customer", "sales_invoice")
def remembered_relation_is_gone(rig: Rig) -> None:
    """An id that we remember and the package no longer knows is looked up anew, once, and the entry is posted."""
    rig.posted(rig.samples.customer())
    rig.directory.held.clear()
    rig.directory.put("customer", rig.samples.customer().number, "00000000-1111-2222-3333-444444444444")
    expect(Posted, rig.post(rig.samples.sales()))
    only(rig, "sales_invoice")


@case("customer", "sales_invoice")
def remembered_relation_saves_a_call(rig: Rig) -> None:
    """Posting the next entry of a known customer takes the calls of an entry alone."""
    rig.posted(rig.samples.customer(), rig.samples.sales(number="26000001"))
    connector = rig.connector()
    with rig.calls() as calls:
        expect(Posted, rig.post(rig.samples.sales(number="26000002"), connector))
    assert len(calls) == rig.stage.calls_per_entry, f"{len(calls)} calls"
