"""Each trap of Twinfield, and each reading of a question that public facts leave open, tried on the simulator."""

from decimal import Decimal
from typing import Any

import httpx
import pytest
from werkzeug.wrappers import Request, Response

from bookbridge.documents import SalesInvoice
from bookbridge.exchange.preflight import SettingsIndex, check
from bookbridge.kit.budgets import MemoryBudget, call_limits
from bookbridge.kit.conformance.rig import Rig, changing
from bookbridge.kit.contract import Connector, PostingRequest
from bookbridge.kit.errors import LaterError, UnreachableError
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Later, Posted, Refused, SignInAgain, Unclear
from bookbridge.kit.outstanding import joined
from bookbridge.kit.simulation import FaultKind


def sales(rig: Rig, *numbers: int, **changed: Any) -> list[SalesInvoice]:
    return [rig.samples.sales(number=str(26000000 + number), **changed) for number in numbers]


def batch(rig: Rig, documents: list[SalesInvoice], connector: Connector | None = None) -> list[Any]:
    return list((connector or rig.connector()).post([rig.request(document) for document in documents]))


# --- batches


def test_a_batch_is_one_call_and_each_child_has_its_own_outcome() -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer())
        documents = sales(rig, 1, 2, 3, 4)
        documents[1] = documents[1].model_copy(update={"currency": "XXX"})
        connector = rig.connector()
        with rig.calls() as calls:
            outcomes = batch(rig, documents, connector)
        assert [type(outcome) for outcome in outcomes] == [Posted, Refused, Posted, Posted]
        assert outcomes[1].problems[0].field == "currency"
        assert len(changing(calls)) == 1
        held = {record.identity: record.number for record in rig.held("sales_invoice")}
        assert [held[outcomes[n].external_id] for n in (0, 2, 3)] == ["26000001", "26000003", "26000004"]


def test_an_answer_with_too_few_children_is_unclear_for_those_that_miss_and_they_are_found() -> None:
    with Rig("twinfield", children_lost=2) as rig:
        rig.simulator.settings.children_lost = 0
        rig.posted(rig.samples.customer())
        rig.simulator.settings.children_lost = 2
        documents = sales(rig, 1, 2, 3)
        assert [type(outcome) for outcome in batch(rig, documents)] == [Posted, Unclear, Unclear]
        for document in documents:
            assert isinstance(rig.connector().find(rig.request(document)), Found)


def test_children_in_another_order_are_told_by_our_reference() -> None:
    with Rig("twinfield", children_reversed=True) as rig:
        rig.posted(rig.samples.customer())
        outcomes = batch(rig, sales(rig, 1, 2, 3))
        held = {record.identity: record.number for record in rig.held("sales_invoice")}
        assert [held[outcome.external_id] for outcome in outcomes] == ["26000001", "26000002", "26000003"]


def test_a_batch_of_relations_has_each_its_own_outcome() -> None:
    with Rig("twinfield", customer_mask="4.*", customer_format="4*", tells_formats=False) as rig:
        made = [rig.samples.customer(number=number) for number in ("41", "51", "42")]
        with rig.calls() as calls:
            outcomes = rig.connector().post([rig.request(one) for one in made])
        assert [type(outcome) for outcome in outcomes] == [Posted, Refused, Posted]
        assert len(changing(calls)) == 1


def test_a_batch_is_cut_at_a_thousand_lines() -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer())
        line = rig.samples.line(amount=Decimal("1.00"), vat_code="VN", vat_amount=None)
        documents = sales(rig, 1, 2, 3, total=Decimal("400.00"), lines=(line,) * 400)
        connector = rig.connector(request_timeout_s=30)
        with rig.calls() as calls:
            outcomes = batch(rig, documents, connector)
        assert [type(outcome) for outcome in outcomes] == [Posted] * 3
        assert len(changing(calls)) == 2


def test_a_cut_line_makes_a_whole_batch_unclear_and_nothing_is_sent_twice() -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer())
        documents = sales(rig, 1, 2, 3)
        rig.fault(FaultKind.CUT_AFTER, "sales_invoice", changes=True, times=1)
        assert [type(outcome) for outcome in batch(rig, documents)] == [Unclear] * 3
        for document in documents:
            found = rig.connector().find(rig.request(document))
            assert isinstance(found, Found)
            assert not found.differences
        assert [type(outcome) for outcome in batch(rig, documents)] == [AlreadyThere] * 3
        assert len(rig.held("sales_invoice")) == 3


def test_a_bad_request_blames_only_the_one_that_is_to_blame(monkeypatch: pytest.MonkeyPatch) -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer())
        # As if Twinfield counted lines otherwise than we know.
        monkeypatch.setattr("bookbridge.connectors.twinfield.simulator.app.MOST_LINES", 4)
        line = rig.samples.line(amount=Decimal("1.00"), vat_code="VN", vat_amount=None)
        documents = [
            *sales(rig, 1),
            *sales(rig, 2, total=Decimal("4.00"), lines=(line,) * 4),
            *sales(rig, 3),
        ]
        assert [type(outcome) for outcome in batch(rig, documents)] == [Posted, Refused, Posted]


def spoil_the_next_change(rig: Rig, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """Have it taken, and its answer replaced by a bare status, as a host in between does that lost patience."""
    answer, left = rig.simulator.answer_api, [status]

    def spoilt(request: Request) -> Response:
        response = answer(request)
        return Response(status=left.pop()) if left and rig.simulator.changes_books(request) else response

    monkeypatch.setattr(rig.simulator, "answer_api", spoilt)


@pytest.mark.parametrize("status", [403, 404, 408, 409])
@pytest.mark.parametrize("kind", ["sales_invoice", "journal_entry"])
def test_a_status_without_a_reason_is_no_refusal_of_a_batch(
    kind: Any, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Rig("twinfield", repeated_invoice_number="ignore") as rig:
        rig.posted(*rig.samples.needed_by(kind))
        documents = [rig.samples.of_kind(kind).model_copy(update={"number": number}) for number in ("1", "2", "3")]
        spoil_the_next_change(rig, monkeypatch, status)
        with rig.calls() as calls:
            outcomes = rig.connector().post([rig.request(document) for document in documents])
        assert [type(outcome) for outcome in outcomes] == [Unclear] * 3
        assert len(changing(calls)) == 1, "what may have been taken was sent again"
        assert len(rig.held(kind)) == 3
        for document in documents:
            assert isinstance(rig.connector().find(rig.request(document)), Found)


@pytest.mark.parametrize("kind", ["purchase_invoice", "journal_entry"])
def test_entries_of_a_batch_that_was_refused_are_looked_for_before_each_is_sent_alone(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Rig("twinfield", repeated_invoice_number="ignore") as rig:
        rig.posted(*rig.samples.needed_by(kind))
        documents = [rig.samples.of_kind(kind).model_copy(update={"number": number}) for number in ("1", "2")]
        # As if it had been taken all the same.
        spoil_the_next_change(rig, monkeypatch, 400)
        outcomes = rig.connector().post([rig.request(document) for document in documents])
        assert [type(outcome) for outcome in outcomes] == [AlreadyThere] * 2
        assert len(rig.held(kind)) == 2


def test_a_look_up_that_fails_does_not_lose_what_became_of_the_others() -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer(), *sales(rig, 1))
        rig.fault(FaultKind.SERVER_ERROR, "open_items")
        outcomes = batch(rig, sales(rig, 1, 2))
        assert [type(outcome) for outcome in outcomes] == [Unclear, Posted]


# --- invoice numbers


@pytest.mark.parametrize("setting", ["refuse", "warn"])
def test_a_repeated_invoice_number_is_refused_or_found_to_be_the_same(setting: str) -> None:
    with Rig("twinfield", repeated_invoice_number=setting) as rig:
        rig.posted(rig.samples.customer(), rig.samples.sales())
        assert isinstance(rig.post(rig.samples.sales()), AlreadyThere)
        other = rig.samples.sales(number="26000999", invoice_number="26000123")
        refused = rig.post(other)
        assert isinstance(refused, Refused)
        assert (refused.problems[0].code, refused.problems[0].field) == ("twinfield.number_in_use", "number")
        assert len(rig.held("sales_invoice")) == 1


def test_where_the_check_is_off_the_option_looks_before_each_posting() -> None:
    with Rig("twinfield", repeated_invoice_number="ignore") as rig:
        rig.posted(rig.samples.customer())
        for expected in (Posted, AlreadyThere):
            connector = rig.connector(options={"look_first": "all"})
            assert type(rig.post(rig.samples.sales(), connector)) is expected
        assert len(rig.held("sales_invoice")) == 1


def test_a_purchase_that_somebody_booked_by_hand_is_told_by_its_number() -> None:
    with Rig("twinfield", keeps_free_text=False) as rig:
        rig.posted(rig.samples.supplier(), rig.samples.purchase())
        assert isinstance(rig.post(rig.samples.purchase()), AlreadyThere)
        other = rig.samples.purchase(number="26600999", total=Decimal("242.00"), lines=rig.samples.purchase().lines * 2)
        refused = rig.post(other)
        assert isinstance(refused, Refused)
        assert refused.problems[0].field == "number"


# --- VAT, texts, provisional entries


@pytest.mark.parametrize("counts", [True, False])
def test_a_cent_of_vat_is_the_file_s_whether_vatvalue_counts_or_not(counts: bool) -> None:
    with Rig("twinfield", vatvalue_counts=counts) as rig:
        rig.posted(rig.samples.customer())
        line = rig.samples.line(amount=Decimal("33.33"), vat_amount=Decimal("7.01"))
        assert isinstance(rig.post(rig.samples.sales(total=Decimal("40.34"), lines=(line,))), Posted)
        assert rig.held("sales_invoice")[0].total == Decimal("40.34")


@pytest.mark.parametrize("vat", ["inclusive", "exclusive"])
def test_what_was_booked_under_reverse_charge_is_the_same_when_it_is_found(vat: str) -> None:
    with Rig("twinfield") as rig:
        codes = rig.stage.codes
        rig.posted(rig.samples.supplier())
        line = rig.samples.line(
            ledger_account=codes.cost_account,
            vat_code=codes.reverse_charge_vat,
            amount=Decimal("100.00"),
            vat_amount=Decimal("21.00"),
        )
        invoice = rig.samples.purchase(vat=vat, total=Decimal("100.00"), lines=(line,))
        assert isinstance(rig.post(invoice), Posted)
        assert [held.total for held in rig.held("purchase_invoice")] == [Decimal("100.00")]
        found = rig.connector().find(rig.request(invoice))
        assert isinstance(found, Found)
        assert not found.differences


def test_a_description_that_is_shortened_is_told_and_one_that_is_refused_names_its_field() -> None:
    for overflow in ("cut", "refuse"):
        with Rig("twinfield", description_limit=40, description_overflow=overflow) as rig:
            rig.posted(rig.samples.customer())
            line = rig.samples.line(description="y" * 41)
            outcome = rig.post(rig.samples.sales(lines=(line,)))
            if overflow == "cut":
                assert isinstance(outcome, Posted)
                assert [notice.value for notice in outcome.notices] == ["y" * 40]
            else:
                assert isinstance(outcome, Refused)
                assert outcome.problems[0].field == "lines.0.description"


def test_a_provisional_entry_is_open_and_is_found() -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer())
        connector = rig.connector(options={"destiny": "temporary"})
        assert isinstance(rig.post(rig.samples.sales(), connector), Posted)
        assert isinstance(rig.connector().find(rig.request(rig.samples.sales())), Found)
        assert len(rig.open_items(("sales",))) == 1


def test_an_entry_in_another_currency_says_that_twinfield_takes_its_own_rate() -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer())
        posted = rig.post(rig.samples.sales(currency="USD", exchange_rate=Decimal("0.9")))
        assert isinstance(posted, Posted)
        assert "exchange_rate" in posted.notices[0].reason


def test_a_memorial_on_a_relation() -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer())
        lines = rig.samples.memorial().lines
        on_customer = lines[0].model_copy(update={"ledger_account": "1300", "customer": rig.samples.customer().number})
        entry = rig.samples.memorial(lines=(on_customer, lines[1]))
        assert not check(entry, SettingsIndex(rig.package_settings()))
        assert isinstance(rig.post(entry), Posted)
        [item] = rig.open_items(("sales",))
        assert (item.open_amount, item.unmatched_payment) == (Decimal("250.00"), False)
        unknown = on_customer.model_copy(update={"customer": "9"})
        refused = rig.post(rig.samples.memorial(number="1", lines=(unknown, lines[1])))
        assert isinstance(refused, Refused)
        assert refused.problems[0].field == "lines.0.customer"


# --- open items


def test_what_is_proposed_to_be_paid_is_still_open() -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer(), *sales(rig, 1, 2))
        [first, _second] = rig.held("sales_invoice")
        rig.control(("/_simulator/payments", {"entry_id": first.identity, "proposed": True}))
        assert len(rig.open_items(("sales",))) == 2


@pytest.mark.parametrize("pages", range(6))
@pytest.mark.parametrize("moves", [("proposed", "withdrawn"), ("withdrawn", "proposed")])
def test_an_item_that_moves_while_the_pages_are_read_is_there_once(moves: tuple[str, str], pages: int) -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer(), rig.samples.sales())
        [held] = rig.held("sales_invoice")
        connector = rig.connector()

        def move(how: str) -> None:
            rig.control(("/_simulator/payments", {"entry_id": held.identity, how: True}))

        move(moves[1])
        after, parts = None, []
        for read in range(6):
            if read == pages:
                move(moves[0])
            page = connector.outstanding(("sales",), after)
            parts += page.items
            after = page.following
            if after is None:
                break
        assert after is None
        assert [item.open_amount for item in joined(parts)] == [Decimal("121.00")]


def test_items_of_old_and_new_years_are_all_read() -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer(), *sales(rig, 1, 2, 3, 4))
        day = rig.stage.codes.open_day
        for record, year in zip(rig.held("sales_invoice"), (2019, 2024, 2025, 2027), strict=True):
            moved = {"entry_id": record.identity, "date": day.replace(year=year).isoformat()}
            rig.control(("/_simulator/entries", moved))
        assert len(rig.open_items(("sales",))) == 4


# --- relations


@pytest.mark.parametrize("replaced", [True, False])
def test_addresses_and_banks_survive_a_change_either_way(replaced: bool) -> None:
    with Rig("twinfield", lists_are_replaced=replaced) as rig:
        rig.posted(rig.samples.customer(bank_account="NL91ABNA0417164300", phone="055-1"))
        rig.posted(rig.samples.customer(bank_account="NL02ABNA0123456789", city="Ede"))
        [record] = rig.held("customer")
        assert record.details["bank_account"] == ("NL91ABNA0417164300", "NL02ABNA0123456789")
        assert (record.details["city"], record.details["phone"]) == ("Ede", "055-1")


def test_a_customer_and_a_supplier_of_one_number_are_two() -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer(number="7"), rig.samples.supplier(number="7"))
        connector = rig.connector()
        assert connector.find_relation("customer", "7") == "DEB/7"
        assert connector.find_relation("supplier", "7") == "CRD/7"


def test_a_remembered_customer_that_is_gone_is_refused_and_looked_for_again() -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer(), *sales(rig, 1))
        rig.control(("/_simulator/settings", {"removed": [f"DEB/{rig.samples.customer().number}"]}))
        [outcome] = batch(rig, sales(rig, 2))
        assert isinstance(outcome, Refused)
        assert outcome.problems[0].field == "customer"
        assert rig.directory.get("customer", rig.samples.customer().number) is None


def test_another_number_is_no_update() -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer())
        outcome = rig.connector().update(rig.request(rig.samples.customer(number="47111")), "DEB/47110")
        assert isinstance(outcome, Refused)
        assert outcome.problems[0].code == "twinfield.code_changed"


# --- tokens, hosts, credits


@pytest.mark.parametrize("told", ["fault", "result", "status"])
def test_a_withdrawn_access_is_understood_however_it_is_told(told: str) -> None:
    with Rig("twinfield", token_refusal=told) as rig:
        rig.posted(rig.samples.customer())
        connector = rig.connector()
        assert isinstance(connector.find(rig.request(rig.samples.sales())), Absent)
        rig.simulator.oauth.revoke_all()
        assert isinstance(rig.post(rig.samples.sales(), connector), SignInAgain)


def test_a_work_host_that_is_not_the_vendor_s_gets_nothing() -> None:
    with Rig("twinfield") as rig:
        settings = rig.package_settings()
        rig.simulator.settings.cluster_url = "https://twinfield.com.evil.example"
        outcome = rig.post(rig.samples.sales(), rig.connector(settings=settings))
        assert isinstance(outcome, Later)
        with pytest.raises(UnreachableError):
            rig.connector(settings=settings).administrations()


def test_the_settings_of_an_office_are_read_within_the_credits_of_an_uncertified_app() -> None:
    with Rig("twinfield", minute_limit=25) as rig:
        budget = MemoryBudget(call_limits(rig.fact_sheet.limits), None, rig.now)
        waits = 0
        while True:
            try:
                settings = rig.connector(settings=None, budget=budget).package_settings()
                break
            except LaterError as error:
                waits += 1
                assert waits < 4, "a reading that the credits stop never ends"
                rig.advance((error.not_before - rig.now()).total_seconds() + 1)
        assert len(settings.vat_codes) == rig.stage.counts["vat_codes"]
        assert not settings.unknown


def test_a_reading_that_the_credits_stop_goes_on_where_it_was() -> None:
    with Rig("twinfield") as rig:
        rig.connector(settings=None).package_settings()
        with rig.calls() as again:
            rig.connector(settings=None).package_settings()
        rig.advance(86400)
        with rig.calls() as tomorrow:
            rig.connector(settings=None).package_settings()
        assert len(tomorrow) - len(again) == rig.stage.counts["vat_codes"]


@pytest.mark.parametrize("rows", [None, 25, 7])
def test_a_search_that_gives_fewer_rows_is_asked_for_the_rest(rows: int | None) -> None:
    with Rig("twinfield", finder_rows=rows) as rig:
        assert len(rig.package_settings().ledger_accounts) == rig.stage.counts["ledger_accounts"]


def test_half_the_chart_is_not_enough() -> None:
    with Rig("twinfield") as rig:
        codes = {account.code for account in rig.package_settings().ledger_accounts}
        assert {"0110", "1300", "4300", "8000"} <= codes


def test_a_sign_in_without_a_nonce_or_a_scope_is_refused_by_the_simulator() -> None:
    with Rig("twinfield") as rig:
        rules = rig.fact_sheet.oauth
        asked = {
            "client_id": rig.app.client_id,
            "redirect_uri": rig.app.redirect_uri,
            "response_type": "code",
            "state": "s",
            "scope": " ".join(rules.scopes),
            "nonce": "n",
        }
        for missing, status in ((None, 302), ("nonce", 400), ("scope", 400)):
            given = {name: value for name, value in asked.items() if name != missing}
            answer = httpx.get(f"{rig.address}{rules.authorise_path}", params=given)
            assert answer.status_code == status


def test_a_wrong_option_is_told_and_nothing_is_sent() -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer())
        with rig.calls() as calls:
            outcome = rig.post(rig.samples.sales(), rig.connector(options={"destiny": "x"}))
        assert isinstance(outcome, Refused)
        assert not changing(calls)
        assert isinstance(
            rig.connector(options={"destiny": "x"}).find(PostingRequest(rig.samples.sales(), "BB00000000", "k")),
            Unclear,
        )


def test_the_books_stay_in_balance_whatever_is_posted() -> None:
    with Rig("twinfield") as rig:
        rig.posted(rig.samples.customer(), rig.samples.supplier(), rig.samples.sales(), rig.samples.purchase())
        rig.posted(rig.samples.memorial(), rig.samples.sales(number="2", currency="USD"))
        assert Decimal(httpx.get(f"{rig.address}/_simulator/books").json()["ledger_sum"]) == 0
