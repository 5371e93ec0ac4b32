"""The connector under each reading of what no public source settles, and the traps that are known."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bookbridge.kit import oauth
from bookbridge.kit.conformance import suite
from bookbridge.kit.conformance.expect import expect, none, only
from bookbridge.kit.conformance.rig import Rig
from bookbridge.kit.errors import SignInAgainError
from bookbridge.kit.outcomes import AlreadyThere, Later, Posted, Refused, Unclear
from bookbridge.kit.simulation import FaultKind
from tests.connectors.multivers_online import NAME

POSTING = (
    "posts_once_customer",
    "posts_once_sales_invoice",
    "posts_once_journal_entry",
    "line_cut_before_acceptance_purchase_invoice",
    "line_cut_after_acceptance_journal_entry",
    "customer_changed",
)
REFUSALS = ("number_in_use_sales_invoice", "unknown_error", "each_known_error")
OPEN_ITEMS = (
    "outstanding_complete",
    "part_paid_item",
    "paid_item_is_gone",
    "open_credit_note_is_negative",
    "unmatched_payment_is_flagged",
    "outstanding_of_both_kinds",
    "booked_keeps_to_the_days",
)
READINGS: tuple[tuple[dict[str, object], tuple[str, ...]], ...] = (
    ({"created_body": False}, (*POSTING, "token_expires_in_a_run")),
    ({"absent_form": "404_empty"}, (*POSTING, "unknown_customer")),
    ({"absent_form": "204"}, (*POSTING, "unknown_customer")),
    ({"absent_form": "null"}, (*POSTING, "unknown_customer")),
    ({"dates": "dd-MM-yyyy"}, (*POSTING, "periods_understood", "outstanding_complete", "booked_holds_what_was_posted")),
    ({"dates": "iso"}, (*POSTING, "periods_understood", "outstanding_complete", "booked_holds_what_was_posted")),
    ({"nvl_capitals": True}, ("settings_complete", "accounts_classified", "vat_codes_and_journals_understood")),
    ({"draw_reserves": True}, (*POSTING, "posts_the_same_twice_journal_entry", "a_bad_neighbour_stops_nobody")),
    ({"refusal_form": "message"}, REFUSALS),
    ({"refusal_form": "broken_rules"}, REFUSALS),
    ({"invoice_state": "any_open_paid"}, OPEN_ITEMS),
    ({"overdue_is_open": True}, OPEN_ITEMS),
    ({"carries_over": True}, OPEN_ITEMS),
    ({"paging": "ignored"}, (*OPEN_ITEMS, "settings_complete", "booked_reads_every_page")),
    ({"page_cap": None}, ("outstanding_complete", "booked_reads_every_page")),
    ({"page_cap": 30}, ("outstanding_complete", "settings_complete", "posts_the_same_twice_journal_entry")),
    ({"credit_totals_negative": False}, ("sales_credit_note", "purchase_credit_note")),
    ({"refresh_is_one_time": False}, ("token_expires_in_a_run",)),
    ({"retry_after": False}, ("the_package_counts_for_itself",)),
)
EVERY = [(settings, name) for settings, names in READINGS for name in names]


@pytest.mark.parametrize(("settings", "name"), EVERY, ids=lambda value: str(value).strip("{}").replace("'", ""))
def test_a_promise_is_kept_by_this_reading_too(settings: dict[str, object], name: str):
    case = suite.CASES[name]
    with Rig(NAME, **{**case.settings, **settings}) as rig:
        case.run(rig)


# --- traps


def test_broken_rules_in_a_201_do_not_hide_that_the_entry_was_taken():
    with Rig(NAME, warnings=True) as rig:
        rig.posted(rig.samples.customer())
        for document in (rig.samples.sales(), rig.samples.memorial()):
            posted = expect(Posted, rig.post(document))
            assert [notice.code for notice in posted.notices] == ["multivers_online.warned"]
            assert "controleer de boeking" in posted.notices[0].reason
            only(rig, document.kind)


def test_broken_rules_in_a_200_do_not_pass_for_a_posting():
    with Rig(NAME, refusal_form="broken_rules") as rig:
        rig.posted(rig.samples.customer())
        rig.fault(FaultKind.REFUSE, "sales_invoice", changes=True, message="Het mag niet", times=1)
        refused = expect(Refused, rig.post(rig.samples.sales()))
        assert refused.problems[0].evidence == "Het mag niet"
        none(rig, "sales_invoice")


def test_a_refusal_without_a_body_is_a_refusal_and_a_fault_without_one_is_unclear():
    with Rig(NAME, refusal_form="empty") as rig:
        rig.posted(rig.samples.customer())
        connector = rig.connector()
        rig.fault(FaultKind.REFUSE, "sales_invoice", changes=True, times=1)
        refused = expect(Refused, rig.post(rig.samples.sales(), connector))
        assert refused.problems[0].evidence == "status 400"
        rig.fault(FaultKind.SERVER_ERROR, "sales_invoice", changes=True, status=502, times=1)
        expect(Unclear, rig.post(rig.samples.sales(), connector))


def test_a_429_that_does_not_say_how_long_waits_a_minute():
    with Rig(NAME, retry_after=False) as rig:
        rig.posted(rig.samples.customer())
        connector = rig.connector()
        rig.fault(FaultKind.TOO_MANY_REQUESTS, "sales_invoice", changes=True, times=1)
        asked_at = rig.now()
        later = expect(Later, rig.post(rig.samples.sales(), connector))
        assert timedelta(seconds=55) < later.not_before - asked_at < timedelta(seconds=65)


def test_a_refresh_needs_the_redirect_address_and_the_pair_that_comes_back_is_the_next():
    with Rig(NAME) as rig:
        rules = rig.fact_sheet.oauth
        rig.advance(rules.access_token_s)
        forgetful = rules.model_copy(update={"redirect_uri_on_refresh": False})
        with pytest.raises(SignInAgainError):
            oauth.refresh(forgetful, rig.address, rig.app, rig.tokens.pair, rig.now())
        second = oauth.refresh(rules, rig.address, rig.app, rig.tokens.pair, rig.now())
        rig.advance(rules.access_token_s)
        third = oauth.refresh(rules, rig.address, rig.app, second, rig.now())
        assert len({rig.tokens.pair.refresh_token, second.refresh_token, third.refresh_token}) == 3


def test_the_sign_in_page_is_asked_for_the_one_scope():
    with Rig(NAME) as rig:
        page = oauth.authorise_url(rig.fact_sheet.oauth, rig.address, rig.app, "state")
        assert "scope=http%3A%2F%2FUNIT4.Multivers.API%2FWeb%2FWebApi%2F%2A" in page


def test_a_percent_sign_in_a_number_finds_its_relation():
    with Rig(NAME) as rig:
        customer = rig.samples.customer(number="50%KORT")
        first = expect(Posted, rig.post(customer))
        assert expect(AlreadyThere, rig.post(customer)).external_id == first.external_id
        assert rig.connector().find_relation("customer", "50%KORT") == "Customer/50%KORT"


def test_an_account_that_the_year_does_not_have_is_refused_before_anything_is_sent():
    with Rig(NAME) as rig:
        rig.simulator.store.remove("account", rig.stage.administration, id="2026/8000")
        rig.posted(rig.samples.customer())
        with rig.calls() as calls:
            refused = expect(Refused, rig.post(rig.samples.sales()))
        assert [problem.code for problem in refused.problems] == ["multivers_online.account_not_in_year"]
        assert all(call["method"] == "GET" for call in calls)


def test_a_customer_that_was_removed_since_we_remember_it_is_refused_at_its_field():
    with Rig(NAME) as rig:
        rig.posted(rig.samples.customer(), rig.samples.sales())
        rig.simulator.store.remove("customer", rig.stage.administration, id=rig.samples.customer().number)
        refused = expect(Refused, rig.post(rig.samples.sales(number="26000124")))
        assert [(problem.code, problem.field) for problem in refused.problems] == [
            ("multivers_online.relation_unknown", "customer")
        ]
        assert rig.directory.get("customer", rig.samples.customer().number) is None


def test_a_period_of_an_open_year_is_found_for_a_document_without_one():
    with Rig(NAME) as rig:
        rig.posted(rig.samples.customer())
        expect(Posted, rig.post(rig.samples.sales(period=None)))
        assert rig.simulator.store.all("customer_invoice", rig.stage.administration)[0]["periodNumber"] == 2


def test_the_relation_s_payment_condition_serves_where_the_document_has_none():
    with Rig(NAME) as rig:
        rig.posted(rig.samples.customer(payment_condition="30"))
        expect(Posted, rig.post(rig.samples.sales(payment_condition=None)))
        assert rig.simulator.store.all("customer_invoice", rig.stage.administration)[0]["paymentConditionId"] == "30"


def test_without_any_payment_condition_the_document_is_refused():
    with Rig(NAME, gives_condition=False) as rig:
        rig.posted(rig.samples.customer(payment_condition=None))
        expect(
            Posted,
            rig.post(rig.samples.sales(payment_condition=None), rig.connector(options={"payment_condition": "14"})),
        )
        assert rig.simulator.store.all("customer_invoice", rig.stage.administration)[0]["paymentConditionId"] == "14"
        refused = expect(Refused, rig.post(rig.samples.sales(number="2600", payment_condition=None)))
        assert [(p.code, p.field) for p in refused.problems] == [
            ("multivers_online.condition_missing", "payment_condition")
        ]


@pytest.mark.parametrize(("options", "expected"), [({}, []), ({"closed_years": "read"}, [Decimal("121.00")])])
def test_open_items_of_a_closed_year_are_read_when_asked_for(options: dict[str, str], expected: list[Decimal]):
    with Rig(NAME) as rig:
        rig.posted(rig.samples.customer(), rig.samples.sales())
        held = rig.simulator.store.all("customer_invoice", rig.stage.administration)[0]
        rig.simulator.store.put("customer_invoice", rig.stage.administration, "26000123", {**held, "fiscalYear": 2025})
        rig.control(("/_simulator/settings", {"closed_years": [2025]}))
        assert [item.open_amount for item in rig.open_items(("sales",), options=options)] == expected


def test_an_item_that_was_carried_over_from_a_closed_year_counts_once():
    with Rig(NAME, carries_over=True) as rig:
        rig.posted(rig.samples.customer(), rig.samples.sales())
        held = rig.simulator.store.all("customer_invoice", rig.stage.administration)[0]
        rig.simulator.store.put("customer_invoice", rig.stage.administration, "26000123", {**held, "fiscalYear": 2019})
        assert [item.open_amount for item in rig.open_items(("sales",))] == [Decimal("121.00")]


def test_every_entry_of_the_simulator_s_ledger_is_in_balance():
    with Rig(NAME) as rig:
        rig.posted(rig.samples.customer(), rig.samples.supplier())
        codes = rig.stage.codes
        reverse = rig.samples.line(
            ledger_account=codes.cost_account, vat_code=codes.reverse_charge_vat, vat_amount=None
        )
        rig.posted(
            rig.samples.sales(currency="USD", exchange_rate=Decimal("0.9123")),
            rig.samples.purchase(),
            rig.samples.purchase(number="2660", total=Decimal("100.00"), lines=(reverse,)),
            rig.samples.memorial(),
        )
        sums: dict[int, Decimal] = {}
        lines = rig.simulator.store.all("line", rig.stage.administration)
        for line in lines:
            place = (line["journalId"], line["journalTransaction"])
            amount = Decimal(line["debitAmount"]) - Decimal(line["creditAmount"])
            sums[hash(place)] = sums.get(hash(place), Decimal(0)) + amount
        assert len(sums) == 4
        assert set(sums.values()) == {Decimal(0)}
