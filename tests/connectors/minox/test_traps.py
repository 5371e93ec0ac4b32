"""The traps of the fact sheet, one by one."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.connectors.minox import mapping
from bookbridge.connectors.minox.client import reset_moment
from bookbridge.documents import difference
from bookbridge.kit.budgets import MemoryBudget, call_limits
from bookbridge.kit.conformance.rig import Rig, changing
from bookbridge.kit.errors import MovedError, PackageError, UnreachableError
from bookbridge.kit.http import Headers
from bookbridge.kit.outcomes import AlreadyThere, Found, Later, Posted, Refused, Unclear
from bookbridge.kit.outstanding import OutstandingPage
from bookbridge.kit.simulation import FaultKind
from tests.connectors.minox.books import books


@pytest.fixture
def rig() -> Iterator[Rig]:
    with Rig("minox") as opened:
        yield opened


def batches(rig: Rig) -> list[Any]:
    found: list[Any] = books(rig)["batches"]
    return found


# --- a PUT overwrites


def test_what_somebody_edited_is_never_overwritten(rig: Rig) -> None:
    rig.posted(rig.samples.customer(), rig.samples.sales())
    rig.control(rig.stage.alter(rig.held("sales_invoice")[0], Decimal("99.50"), None))  # type: ignore[misc]
    before = batches(rig)
    connector = rig.connector()
    with rig.calls() as calls:
        outcome = rig.post(rig.samples.sales(), connector)
    assert isinstance(outcome, Refused)
    assert [(p.code, p.field, p.evidence) for p in outcome.problems] == [("minox.held_differently", "number", "total")]
    assert not changing(calls)
    assert batches(rig) == before


def test_each_booking_is_looked_for_before_it_is_written(rig: Rig) -> None:
    rig.posted(rig.samples.customer())
    with rig.calls() as calls:
        rig.posted(rig.samples.sales())
    on_batch = [call["method"] for call in calls if "/transaction_line_batch/" in call["path"]]
    assert on_batch == ["GET", "PUT", "GET"]


def test_an_attempt_that_arrives_late_stays_one_booking(rig: Rig) -> None:
    """The first PUT was thought lost, the document was posted again, and then the first arrives all the same."""
    rig.posted(rig.samples.customer())
    sale = rig.samples.sales()
    rig.posted(sale)
    request = rig.request(sale)
    late = mapping.invoice_lines(sale, rig.connector()._codes, rig.connector()._choices)
    rig.connector()._client.write_batch(mapping.batch_id(request), late)
    assert len(rig.held("sales_invoice")) == 1
    assert isinstance(rig.post(sale), AlreadyThere)


def test_a_restored_installation_finds_what_it_has_no_record_of(rig: Rig) -> None:
    rig.posted(rig.samples.customer(), rig.samples.sales())
    rig._facts.clear()
    found = rig.connector().find(rig.request(rig.samples.sales()))
    assert isinstance(found, Found)
    assert not found.differences


def test_the_id_has_the_form_that_minox_may_check(rig: Rig) -> None:
    assert rig.simulator.settings.uuid4_only
    rig.posted(rig.samples.customer())
    outcome = rig.post(rig.samples.sales())
    assert isinstance(outcome, Posted)
    assert rig.request(rig.samples.sales()).prepared == {"batch": outcome.external_id}


# --- after a PUT


def test_a_server_that_failed_in_words_is_looked_at_before_it_is_believed() -> None:
    """A 500 with words, and then no answer: it may or may not be there."""
    with Rig("minox", refusal_status=500) as rig:
        rig.posted(rig.samples.customer())
        connector = rig.connector()
        rig.fault(FaultKind.REFUSE, "sales_invoice", changes=True, message="Er ging iets mis")
        assert isinstance(rig.post(rig.samples.sales(), connector), Refused)
        rig.heal()
        # The look before the PUT must still succeed: only the one after it is cut.
        rig.fault(FaultKind.SLOW, "sales_invoice", method="GET", times=1, delay_s=0)
        rig.fault(FaultKind.CUT_BEFORE, "sales_invoice", method="GET")
        rig.fault(FaultKind.REFUSE, "sales_invoice", changes=True, message="Er ging iets mis")
        assert isinstance(rig.post(rig.samples.sales(), connector), Unclear)


@pytest.mark.parametrize("words", ["Internal Server Error", "Gateway Timeout", "Request timeout"])
def test_general_words_of_a_server_say_nothing_about_the_document(words: str) -> None:
    with Rig("minox", refusal_status=500) as rig:
        rig.posted(rig.samples.customer())
        rig.fault(FaultKind.REFUSE, "sales_invoice", changes=True, message=words)
        assert isinstance(rig.post(rig.samples.sales()), Unclear)


def test_what_can_not_be_read_back_is_posted_and_said_to_be_uncompared(rig: Rig) -> None:
    rig.posted(rig.samples.customer())
    connector = rig.connector()
    rig.fault(FaultKind.SLOW, "sales_invoice", method="GET", times=1, delay_s=0)
    rig.fault(FaultKind.TOO_MANY_REQUESTS, "sales_invoice", method="GET")
    outcome = rig.post(rig.samples.sales(), connector)
    assert isinstance(outcome, Posted)
    assert [notice.code for notice in outcome.notices] == ["minox.not_compared"]
    rig.heal()
    assert isinstance(rig.post(rig.samples.sales()), AlreadyThere)


# --- numbers and open items


def test_open_items_join_on_relation_and_invoice_number(rig: Rig) -> None:
    """Two suppliers with invoices of one number are two items; the file carries the source's own number."""
    rig.posted(rig.samples.supplier(), rig.samples.supplier(number="90013", name="Noord"))
    rig.posted(rig.samples.purchase(), rig.samples.purchase(number="26600124", supplier="90013"))
    items = rig.open_items(("purchase",))
    assert {(item.external_id, item.relation_number, item.invoice_number) for item in items} == {
        ("90012/26600123", "90012", "26600123"),
        ("90013/26600124", "90013", "26600124"),
    }


def test_a_number_that_minox_gave_is_told_and_is_the_one_in_the_open_items(rig: Rig) -> None:
    rig.posted(rig.samples.supplier())
    outcome = rig.post(rig.samples.purchase(number="A-17", invoice_number=None))
    assert isinstance(outcome, Posted)
    assert [(notice.code, notice.value) for notice in outcome.notices] == [("minox.number_given", "A-17")]
    assert [item.invoice_number for item in rig.open_items(("purchase",))] == [outcome.external_number]
    assert "A-17" in rig.held("purchase_invoice")[0].text


def test_a_difference_of_a_purchase_is_one_open_item_with_what_it_corrects(rig: Rig) -> None:
    rig.posted(rig.samples.supplier(), rig.samples.purchase())
    entry = difference(rig.samples.purchase(), rig.samples.doubled(rig.samples.purchase()), "Difference")
    assert entry is not None
    rig.posted(entry)
    assert [(item.invoice_number, item.open_amount) for item in rig.open_items(("purchase",))] == [("26600123", 242)]


def test_an_edited_invoice_number_is_a_difference(rig: Rig) -> None:
    """By it the open item is found again, so it is no detail."""
    rig.posted(rig.samples.customer(), rig.samples.sales())
    found = rig.connector().find(rig.request(rig.samples.sales(invoice_number="26000999")))
    assert isinstance(found, Found)
    assert found.differences == ("invoice_number",)


# --- relations


def test_a_number_that_is_anothers_key_makes_no_second_relation(rig: Rig) -> None:
    rig.posted(rig.samples.customer())
    record = rig.simulator.store.get("customer", "10001/1", "47110")
    assert record is not None
    rig.simulator.store.remove("customer", "10001/1", id="47110")
    rig.simulator.store.add("customer", "10001/1", "9", {**record, "id": 9}, reference="47110")
    outcome = rig.post(rig.samples.customer())
    assert isinstance(outcome, Refused)
    assert (outcome.problems[0].code, outcome.problems[0].field) == ("minox.key_elsewhere", "number")
    assert len(rig.held("customer")) == 1


def test_a_relation_that_was_there_gets_our_key_and_loses_nothing(rig: Rig) -> None:
    rig.posted(rig.samples.customer(phone="055-1", bank_account="NL91ABNA0417164300"))
    record = rig.simulator.store.get("customer", "10001/1", "47110")
    assert record is not None
    more = {"address_type": "delivery", "name": "Depot"}
    own = {**record, "externalid": "", "addresses": [more, *record["addresses"]], "memo": {"active": True, "text": "x"}}
    own["vat"] = {**record["vat"], "active": True}
    rig.simulator.store.put("customer", "10001/1", "47110", own)
    rig.posted(rig.samples.customer(vat_number="NL009", bank_account="NL20INGB0001234567"))
    now = rig.simulator.store.get("customer", "10001/1", "47110")
    assert now is not None
    assert now["externalid"] == "47110"
    assert now["addresses"][0] == more
    assert now["addresses"][1] == record["addresses"][0]
    assert now["vat"] == {"vat_registration_number": "NL009", "active": True}
    assert [account["iban"] for account in now["bank_accounts"]] == ["NL91ABNA0417164300", "NL20INGB0001234567"]
    assert now["memo"] == {"active": True, "text": "x"}


def test_a_customer_and_a_supplier_of_one_number_are_two(rig: Rig) -> None:
    number = rig.samples.customer().number
    rig.posted(rig.samples.customer(), rig.samples.supplier(number=number))
    connector = rig.connector()
    assert connector.find_relation("customer", number) == f"customer/{number}"
    assert connector.find_relation("supplier", number) == f"supplier/{number}"
    assert connector.find_relation("customer", "K-17") is None


# --- administrations


def test_an_administration_is_a_tenant_and_an_administration(rig: Rig) -> None:
    """The wrong one writes in real books: one environment serves tests and companies."""
    rig.posted(rig.samples.customer())
    elsewhere = rig.connector(administration="10001/2", settings=None)
    assert elsewhere.find_relation("customer", rig.samples.customer().number) is None


def test_the_token_stands_in_no_address(rig: Rig) -> None:
    with rig.calls() as calls:
        rig.connector(administration="", settings=None).administrations()
    assert [(call["method"], call["path"]) for call in calls][:1] == [("POST", "/api/1/inspect")]
    assert all(rig.tokens.pair.access_token not in f"{call['path']}{call['query']}" for call in calls)


# --- limits


def test_the_budget_slows_down_before_it_is_refused() -> None:
    """Twenty calls in two minutes, told by the answers: more bookings than that go through with no call refused."""
    with Rig("minox", window_limit=20, window_s=120) as rig:
        settings = rig.connector(settings=None).package_settings()
        rig.advance(120)
        budget = MemoryBudget(call_limits(rig.fact_sheet.limits), None, rig.now)
        documents = [rig.samples.customer()] + [rig.samples.sales(number=str(26000001 + n)) for n in range(12)]
        waits = 0
        with rig.calls() as calls:
            for document in documents:
                for _ in range(3):
                    outcome = rig.post(document, rig.connector(budget=budget, settings=settings))
                    if not isinstance(outcome, Later):
                        break
                    waits += 1
                    rig.advance((outcome.not_before - rig.now()).total_seconds() + 0.1)
                assert isinstance(outcome, Posted | AlreadyThere), f"came {outcome}"
        assert waits, "the limit was never reached"
        assert 429 not in {call["status"] for call in calls}
        assert len(rig.held("sales_invoice")) == 12


def test_a_refused_call_that_names_no_moment_waits_two_minutes(rig: Rig) -> None:
    now = rig.now()
    assert reset_moment(Headers({}), now) == now + timedelta(seconds=120)
    past = str(int((now.timestamp() - 5) * 1000))
    assert reset_moment(Headers({"x-rate-limit-reset": past}), now) == now + timedelta(seconds=120)


# --- reading


def test_a_list_is_read_until_a_page_is_empty(rig: Rig) -> None:
    """A page that is shorter than was asked for is not the last: the server may have a smaller measure than ours."""
    rig.posted(rig.samples.customer())
    count = rig.stage.page_size + 3
    rig.posted(*(rig.samples.sales(number=str(26000001 + n)) for n in range(count)))
    assert len(rig.open_items(("sales",))) == count


@pytest.mark.parametrize(("paging", "paid"), [("offset", "121.00"), ("ignored", "121.00"), ("ignored", "60.00")])
def test_open_items_that_change_while_they_are_read_are_read_anew(paging: str, paid: str) -> None:
    """One that is passed over would count as paid, and a list that comes twice would be owed twice."""
    with Rig("minox", paging=paging, page_size=3) as rig:
        first = _first_of_five(rig)
        held = next(each for each in rig.held("sales_invoice") if each.number == "26000001")
        rig.control(rig.stage.pay(held, Decimal(paid)))
        with pytest.raises(MovedError):
            rig.connector().outstanding(("sales",), first.following)


def test_an_item_that_changes_where_it_stands_moves_nothing() -> None:
    with Rig("minox", page_size=3) as rig:
        first = _first_of_five(rig)
        held = next(each for each in rig.held("sales_invoice") if each.number == "26000001")
        rig.control(rig.stage.pay(held, Decimal("60.00")))
        second = rig.connector().outstanding(("sales",), first.following)
        assert [len(page.items) for page in (first, second)] == [3, 2]


def _first_of_five(rig: Rig) -> OutstandingPage:
    numbers = [str(26000001 + count) for count in range(5)]
    rig.posted(rig.samples.customer(), *(rig.samples.sales(number=each, invoice_number=each) for each in numbers))
    return rig.connector().outstanding(("sales",))


def test_open_items_of_a_list_that_knows_no_offset_come_once() -> None:
    with Rig("minox", paging="ignored") as rig:
        rig.posted(rig.samples.customer(), rig.samples.sales(), rig.samples.sales(number="26000124"))
        assert sorted(item.open_amount for item in rig.open_items(("sales",))) == [121, 121]


def test_a_list_of_which_only_the_beginning_can_be_had_is_no_list() -> None:
    """Minox may count `limit` and not `offset`: half of the open items would close the other half's invoices."""
    with Rig("minox", paging="limit_alone", page_size=2) as rig:
        customers = [{"id": number} for number in range(1, 4)]
        for record in customers:
            rig.simulator.store.add("customer", "10001/1", str(record["id"]), record)
        client = rig.connector(settings=None)._client  # type: ignore[attr-defined]
        with pytest.raises(UnreachableError):
            list(client.read_all("customer"))


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.CUT_BEFORE, FaultKind.REFUSE])
def test_open_items_that_can_not_be_read_are_no_empty_list(rig: Rig, kind: FaultKind) -> None:
    rig.posted(rig.samples.customer(), rig.samples.sales())
    connector = rig.connector()
    rig.fault(kind, "open_items")
    with pytest.raises(PackageError):
        connector.outstanding(("sales",))
