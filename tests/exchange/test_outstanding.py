"""Outstanding items: complete, compared, written whole, or held until a person agrees."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from bookbridge.connectors.exact_online.connector import PackageConnector
from bookbridge.documents import OutstandingItem
from bookbridge.exchange import outstanding, running, sweep
from bookbridge.exchange.models import OutstandingSnapshot, Posting, Reading, Run
from bookbridge.integrations.models import CallBudget, Configuration
from bookbridge.kit.outstanding import OutstandingPage
from bookbridge.organisations.models import User
from bookbridge.storage import open_storage
from tests.exchange import files
from tests.exchange.stage import Stage

State = OutstandingSnapshot.State


def somebody() -> User:
    return User.objects.get_or_create(email="anna@company.example")[0]


def post_sales(stage: Stage, count: int) -> None:
    sales = [files.sale(f"2600{number:04}") for number in range(1, count + 1)]
    stage.run_files(debitr__csv=files.joined(files.customer("100")), fmuta6__csv=files.joined(*sales))


def read(stage: Stage) -> OutstandingSnapshot:
    run = outstanding.ask_for(stage.configuration)
    stage.work()
    return OutstandingSnapshot.objects.get(run=run)


def dbopen(stage: Stage, name: str = "dbopen.csv") -> list[str]:
    from bookbridge.storage import outbox_key

    key = outbox_key(stage.configuration.organisation_id, stage.configuration.integration_id, name)
    return open_storage().get(key).decode("cp1252").splitlines() if open_storage().exists(key) else []


def pay(stage: Stage, number: int, amount: str | None = None) -> None:
    body = {"entry_number": number, "journal": "70", "side": "sales"}
    stage.control("payments", **(body if amount is None else {**body, "amount": amount}))


def test_open_items_come_back_with_the_sources_own_numbers(stage: Stage):
    post_sales(stage, 2)
    snapshot = read(stage)

    assert snapshot.state == State.WRITTEN
    first = min(dbopen(stage)).split(",")
    assert first[:4] == ['"D"', '"100"', '"26000001"', '"26000001"']
    assert first[9:13] == ["121.00", "21.00", "0.00", "121.00"]


def both_kinds(stage: Stage) -> None:
    stage.run_files(
        debitr__csv=files.joined(files.customer("100")),
        credit__csv=files.joined(files.supplier("200")),
        fmuta6__csv=files.joined(files.sale("26000001"), files.purchase("26600001")),
    )


def test_purchases_go_to_a_file_of_their_own(stage: Stage):
    both_kinds(stage)
    assert read(stage).item_count == 2
    assert [row.split(",")[:3] for row in dbopen(stage)] == [['"D"', '"100"', '"26000001"']]
    assert [row.split(",")[:3] for row in dbopen(stage, "dbopen_purchase.csv")] == [['"C"', '"200"', '"26600001"']]


def test_both_kinds_go_to_one_file_when_the_layout_says_so(stage: Stage):
    stage.configuration.layouts = {
        "dbopen": {"profile": "dbopen_default", "adjustments": 'kinds = ["sales", "purchase"]'}
    }
    stage.configuration.save()
    both_kinds(stage)
    read(stage)
    assert [row.split(",")[0] for row in dbopen(stage)] == ['"D"', '"C"']
    assert dbopen(stage, "dbopen_purchase.csv") == []


def test_a_part_payment_shows_in_what_is_paid_and_open(stage: Stage):
    post_sales(stage, 1)
    pay(stage, 26000001, "21.00")
    read(stage)
    assert dbopen(stage)[0].split(",")[9:13] == ["121.00", "21.00", "21.00", "100.00"]


def test_a_part_paid_entry_of_several_rows_is_one_item(stage: Stage):
    stage.control("settings", simulator={"split_part_paid": True})
    post_sales(stage, 1)
    pay(stage, 26000001, "21.00")
    assert read(stage).item_count == 1
    assert dbopen(stage)[0].split(",")[12] == "100.00"


def test_all_pages_are_read(stage: Stage):
    post_sales(stage, 130)
    assert read(stage).item_count == 130
    assert len(dbopen(stage)) == 130


def test_a_page_that_fails_leaves_the_old_file_and_tries_again(stage: Stage):
    post_sales(stage, 70)
    read(stage)
    before = dbopen(stage)
    pay(stage, 26000001)
    stage.fault(kind="server_error", resource="read/financial/ReceivablesList", times=3)
    run = outstanding.ask_for(stage.configuration)
    running.work_on(run.pk, stage.worker)
    run.refresh_from_db()
    assert run.state == Run.State.WAITING
    assert dbopen(stage) == before
    assert not OutstandingSnapshot.objects.filter(run=run).exists()

    Run.objects.filter(pk=run.pk).update(resume_at=timezone.now())
    stage.work()
    assert len(dbopen(stage)) == 69


LIST = "read/financial/ReceivablesList"


def stopped_after_a_page(stage: Stage) -> Run:
    """A reading of two pages whose second one the package didn't give."""
    post_sales(stage, 65)
    stage.faults(
        {"kind": "slow", "resource": LIST, "delay_s": 0, "times": 1},
        {"kind": "too_many_requests", "resource": LIST, "times": 1},
    )
    run = outstanding.ask_for(stage.configuration)
    running.work_on(run.pk, stage.worker)
    run.refresh_from_db()
    assert run.state == Run.State.WAITING
    assert not dbopen(stage)
    return run


def gone_on_with(stage: Stage, run: Run) -> int:
    """How many calls the rest took."""
    # The budget may have been closed for a minute.
    CallBudget.objects.all().delete()
    Run.objects.filter(pk=run.pk).update(resume_at=timezone.now())
    before = len(stage.calls("GET", LIST))
    stage.work()
    assert not Reading.objects.exists()
    return len(stage.calls("GET", LIST)) - before


def test_a_reading_that_has_to_wait_goes_on_where_it_stopped(stage: Stage):
    """Else a company with more items than fit into a minute's calls would never get its file."""
    begun = timezone.now()
    run = stopped_after_a_page(stage)
    stopped = timezone.now()
    assert gone_on_with(stage, run) == 1
    assert len(dbopen(stage)) == 65
    # What was paid since the first page was read is seen by the next reading only.
    assert begun < OutstandingSnapshot.objects.get(run=run).taken_at < stopped


def test_what_was_read_hours_ago_is_read_anew(stage: Stage):
    run = stopped_after_a_page(stage)
    kept = Reading.objects.get(run=run)
    long_ago = timezone.now() - outstanding.READING_GOOD_FOR - timedelta(minutes=1)
    kept.content["gathered"]["begun_at"] = long_ago.isoformat()
    kept.save()
    assert gone_on_with(stage, run) == 2
    assert len(dbopen(stage)) == 65
    assert OutstandingSnapshot.objects.get(run=run).taken_at > long_ago


def test_a_reading_begins_anew_when_other_kinds_are_wanted_meanwhile(stage: Stage):
    run = stopped_after_a_page(stage)
    Configuration.objects.update(outstanding_kinds=["sales"])
    assert gone_on_with(stage, run) == 2
    assert OutstandingSnapshot.objects.get(run=run).item_count == 65


def test_a_place_that_the_package_no_longer_knows_makes_it_begin_anew(stage: Stage):
    run = stopped_after_a_page(stage)
    kept = Reading.objects.get(run=run)
    kept.content["place"]["after"] = kept.content["place"]["after"].replace("skiptoken", "skiptoken_unknown")
    kept.save()
    assert gone_on_with(stage, run) == 3
    assert OutstandingSnapshot.objects.get(run=run).item_count == 65


def test_an_empty_snapshot_is_held_until_a_person_agrees(stage: Stage):
    post_sales(stage, 1)
    read(stage)
    before = dbopen(stage)
    pay(stage, 26000001)

    held = read(stage)

    assert (held.state, held.vanished) == (State.HELD, 1)
    assert held.run.result == Run.Result.HELD
    assert dbopen(stage) == before
    outstanding.agree(held, somebody())
    assert dbopen(stage) == []
    held.refresh_from_db()
    assert held.state == State.WRITTEN


def test_a_first_snapshot_without_items_is_held_too(stage: Stage):
    assert read(stage).state == State.HELD


def test_a_sharply_smaller_snapshot_is_held_and_can_be_refused(stage: Stage):
    post_sales(stage, 4)
    read(stage)
    before = dbopen(stage)
    for number in (26000001, 26000002):
        pay(stage, number)

    held = read(stage)
    assert held.state == State.HELD
    outstanding.refuse(held, somebody())
    held.refresh_from_db()
    assert (held.state, dbopen(stage)) == (State.DISCARDED, before)


def test_a_decision_can_be_made_once(stage: Stage):
    held = read(stage)
    outstanding.refuse(held, somebody())
    with pytest.raises(outstanding.DecisionTooLateError):
        outstanding.agree(held, somebody())


def test_a_newer_good_snapshot_takes_the_place_of_a_held_one(stage: Stage):
    held = read(stage)
    post_sales(stage, 1)
    assert read(stage).state == State.WRITTEN
    held.refresh_from_db()
    assert held.state == State.DISCARDED


def test_an_unmatched_receipt_is_kept_out_of_the_file(stage: Stage):
    post_sales(stage, 1)
    stage.control("payments", unmatched=True, account="100", amount="50")
    snapshot = read(stage)
    assert snapshot.item_count == 2
    assert len(dbopen(stage)) == 1


@pytest.mark.parametrize(
    ("now", "before", "share", "code"),
    [
        (["a"], set(), 30, None),
        (["a", "b", "c"], {"a", "b", "c", "d"}, 30, None),
        (["a", "b"], {"a", "b", "c"}, 30, "outstanding.held_smaller"),
        (["x", "y", "z"], {"a", "b", "c"}, 99, "outstanding.held_smaller"),
        (["a"], {"a", "b", "c"}, 100, None),
        ([], {"a"}, 100, "outstanding.held_empty"),
        ([], set(), 100, "outstanding.held_empty"),
    ],
)
def test_guard(now: list[str], before: set[str], share: int, code: str | None):
    problem = outstanding.guard(now, before, Decimal(share))
    assert (problem.code if problem else None) == code


def test_the_schedule_reads_every_interval_and_not_twice(stage: Stage):
    post_sales(stage, 1)
    configuration = stage.configuration
    configuration.outstanding_interval_min = 5
    configuration.next_outstanding_at = timezone.now() - timedelta(minutes=1)
    configuration.save()

    sweep.start_due_outstanding()
    sweep.start_due_outstanding()

    run = Run.objects.get(direction=Run.Direction.IN)
    assert run.trigger == Run.Trigger.SCHEDULE
    configuration.refresh_from_db()
    assert timedelta(0) < configuration.next_outstanding_at - timezone.now() <= timedelta(minutes=5)


def test_a_configuration_without_a_plan_gets_one_and_is_not_read_at_once(stage: Stage):
    stage.configuration.next_outstanding_at = None
    stage.configuration.save()
    sweep.start_due_outstanding()
    stage.configuration.refresh_from_db()
    assert stage.configuration.next_outstanding_at > timezone.now()
    assert not Run.objects.exists()


def test_a_name_that_the_files_encoding_lacks_holds_the_file_when_the_site_wants_that(stage: Stage):
    stage.configuration.layouts = {
        "dbopen": {"profile": "dbopen_default", "adjustments": 'unmappable_characters = "refuse"'}
    }
    stage.configuration.save()
    post_sales(stage, 1)
    posted = Posting.objects.get(kind="sales_invoice")
    posted.document["invoice_number"] = "Ж1"
    posted.save()

    held = read(stage)

    assert held.state == State.HELD
    assert held.problem["code"].startswith("dbopen.")
    assert dbopen(stage) == []


def an_item(number: int, kind: str = "sales", **changes: object) -> OutstandingItem:
    journal = "70" if kind == "sales" else "60"
    told = {"external_id": f"{journal}/{number}/100", "relation_number": "100", "open_amount": Decimal("121.00")}
    return OutstandingItem.model_validate(
        {"kind": kind, "journal": journal, "voucher_number": str(number), "currency": "EUR", **told, **changes}
    )


def the_package_has(monkeypatch: pytest.MonkeyPatch, *items: OutstandingItem) -> None:
    def page(_self: object, kinds: list[str], _after: object = None) -> OutstandingPage:
        return OutstandingPage(tuple(item for item in items if item.kind in kinds), None)

    monkeypatch.setattr(PackageConnector, "outstanding", page)


def test_sales_that_all_vanish_are_held_however_many_purchases_stay(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """Each kind has a file of its own, and an empty one reads as paid."""
    stage.configuration.outstanding_kinds = ["sales", "purchase"]
    stage.configuration.save()
    purchases = [an_item(number, "purchase") for number in range(20)]
    the_package_has(monkeypatch, an_item(1), *purchases)
    assert read(stage).state == State.WRITTEN
    before = dbopen(stage)

    the_package_has(monkeypatch, *purchases)
    held = read(stage)

    assert held.state == State.HELD
    assert dbopen(stage) == before != []


def test_what_was_agreed_to_be_empty_may_stay_empty(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    the_package_has(monkeypatch)
    assert outstanding.agree(read(stage), somebody()) is None
    assert read(stage).state == State.WRITTEN


def test_a_number_used_in_two_years_is_matched_with_the_entry_of_its_own_date(stage: Stage):
    post_sales(stage, 1)
    ours = Posting.objects.get(kind="sales_invoice")
    last_year = {
        **ours.document,
        "fiscal_year": 2025,
        "entry_date": "2025-11-03",
        "invoice_number": "OLD",
        "total": "5",
    }
    Posting.objects.filter(pk=ours.pk).update(document={**ours.document, "invoice_number": "NEW"})
    ours.pk, ours.key, ours.document = None, "/70/2025/26000001", last_year
    ours.save()

    def number_of(**told: object) -> str | None:
        item = an_item(26000001, invoice_number="THEIRS", **told)
        return outstanding.completed(stage.configuration, [item])[0].invoice_number

    assert number_of(invoice_date="2026-11-03") == "NEW"
    assert number_of(invoice_date="2025-11-03") == "OLD"
    assert number_of(fiscal_year=2025) == "OLD"
    assert number_of() == "THEIRS", "which of the two can't be said"


def test_an_entry_that_someone_else_made_under_our_number_keeps_its_own_details(stage: Stage):
    """Typed into the package in another year, for another customer or in another currency."""
    post_sales(stage, 1)
    for told in ({"relation_number": "999"}, {"currency": "USD"}):
        item = an_item(26000001, **told)
        assert outstanding.completed(stage.configuration, [item]) == [item]


def test_a_reading_that_was_overtaken_does_not_replace_the_newer_file(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    the_package_has(monkeypatch, an_item(1), an_item(2))
    slow = outstanding.ask_for(stage.configuration)

    def overtaken(*_asked: object) -> OutstandingPage:
        the_package_has(monkeypatch, an_item(2), an_item(3), an_item(4))
        running.work_on(outstanding.ask_for(stage.configuration).pk, stage.worker)
        return OutstandingPage((an_item(1), an_item(2)), None)

    monkeypatch.setattr(PackageConnector, "outstanding", overtaken)
    running.work_on(slow.pk, stage.worker)

    assert [row.split(",")[3] for row in dbopen(stage)] == ['"2"', '"3"', '"4"']
    assert OutstandingSnapshot.objects.get(run=slow).state == State.DISCARDED
    slow.refresh_from_db()
    assert slow.state == Run.State.ENDED


def test_only_the_latest_held_reading_can_be_decided_on(stage: Stage):
    first, second = read(stage), read(stage)
    first.refresh_from_db()
    assert (first.state, second.state) == (State.DISCARDED, State.HELD)
    with pytest.raises(outstanding.DecisionTooLateError):
        outstanding.agree(first, somebody())


def test_two_administrations_never_write_the_same_file(stage: Stage):
    post_sales(stage, 1)
    read(stage)
    before = dbopen(stage)
    own = stage.configuration
    other = Configuration.objects.create(
        organisation_id=own.organisation_id,
        integration=own.integration,
        authorisation=own.authorisation,
        administration="another",
        outstanding_kinds=["sales"],
    )
    post = read(stage)
    assert (post.state, post.problem["code"]) == (State.HELD, "outstanding.held_shared_file")
    problem = outstanding.agree(post, somebody())
    assert problem is not None
    assert dbopen(stage) == before

    other.is_active = False
    other.save()
    assert outstanding.agree(post, somebody()) is None


def test_a_receipt_in_a_bank_journal_is_unmatched_whatever_reference_it_has(stage: Stage):
    """Which journals are bank journals stands in the package's settings."""
    seen: list[object] = []
    true_outstanding = PackageConnector.outstanding

    def spy(self: PackageConnector, *asked: Any) -> OutstandingPage:
        seen.append(self.connection.settings)
        return true_outstanding(self, *asked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PackageConnector, "outstanding", spy)
        read(stage)
    assert "bank" in {journal.kind for journal in seen[0].journals}


def test_a_wrong_layout_holds_the_items_with_its_name_and_ends_the_run(stage: Stage):
    post_sales(stage, 1)
    stage.configuration.layouts = {"dbopen": {"profile": "dbopen_default", "adjustments": "decimal = 'wrong'"}}
    stage.configuration.save()
    held = read(stage)
    assert (held.state, held.problem["code"]) == (State.HELD, "outstanding.wrong_layout")

    stage.configuration.layouts = {}
    stage.configuration.save()
    assert outstanding.agree(held, somebody()) is None
    assert len(dbopen(stage)) == 1
