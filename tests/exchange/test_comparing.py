"""Reconciliation compared with the package's own books: what is gone there, what changed, what isn't ours."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from bookbridge.connectors.exact_online.connector import PackageConnector
from bookbridge.exchange import comparing, running, sweep
from bookbridge.exchange.models import Comparison, Line, Posting, Reading, Run
from bookbridge.integrations.models import CallBudget
from bookbridge.kit.booked import BookedPage
from bookbridge.kit.errors import MovedError
from bookbridge.organisations.models import User
from bookbridge.organisations.walls import acting_for
from tests import factories
from tests.exchange import files
from tests.exchange.stage import Stage

NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))
SALES, PURCHASES = "salesentry/SalesEntries", "purchaseentry/PurchaseEntries"


@pytest.fixture
def anna(stage: Stage) -> User:
    return factories.member(stage.configuration.organisation, "bookkeeper")


def post_all_kinds(stage: Stage) -> None:
    stage.run_files(
        debitr__csv=files.joined(files.customer("100")),
        credit__csv=files.joined(files.supplier("200")),
        fmuta6__csv=files.joined(
            files.sale("26000001"), files.sale("26000002"), files.purchase("26600001"), files.memorial("26900001")
        ),
    )


def ask(stage: Stage, anna: User, since: date = NOVEMBER[0], until: date = NOVEMBER[1]) -> Run:
    assert comparing.ask_for(stage.configuration.integration, since, until, anna) == 1
    return Run.objects.latest("pk")


def compared(stage: Stage, anna: User, *days: date) -> dict[str, Any]:
    run = ask(stage, anna, *days)
    stage.work()
    comparison = Comparison.objects.get(run=run)
    assert comparison.run.result == "good"
    assert not Reading.objects.exists()
    assert comparison.result is not None
    return comparison.result


def row(result: dict[str, Any], journal: str) -> dict[str, Any]:
    [found] = [each for each in result["rows"] if each["journal"] == journal]
    return found


def alter(stage: Stage, number: str, **changed: Any) -> None:
    """What somebody does in the package to a document that we posted."""
    stage.control("entries", entry_id=Posting.objects.get(external_number=number).external_id, **changed)


def test_what_was_posted_is_there(stage: Stage, anna: User):
    post_all_kinds(stage)
    result = compared(stage, anna)
    told = {
        each["journal"]: (each["documents"], each["amount"], each["there"], each["there_amount"], each["others"])
        for each in result["rows"]
    }
    assert told == {
        "60": (1, "121.00", 1, "121.00", 0),
        "70": (2, "242.00", 2, "242.00", 0),
        "90": (1, "50.00", 1, "50.00", 0),
    }
    assert (result["missing"], result["different"], result["unchecked"], result["moved"]) == ([], [], 0, 0)


@pytest.mark.parametrize(("number", "journal"), [("26000001", "70"), ("26600001", "60"), ("26900001", "90")])
def test_what_somebody_deleted_is_missing(number: str, journal: str, stage: Stage, anna: User):
    post_all_kinds(stage)
    before = stage.books()["summary"]
    alter(stage, number, delete=True)
    result = compared(stage, anna)
    [missing] = result["missing"]
    line = Line.objects.get(identifier=number)
    assert (missing["number"], missing["journal"], missing["line"]) == (number, journal, [line.run_id, line.pk])
    assert row(result, journal)["missing_amount"] == missing["amount"]
    assert sum(stage.books()["summary"].values()) < sum(before.values())
    assert stage.calls("POST", SALES).count(201) == 2


@pytest.mark.parametrize(
    ("number", "journal", "said"),
    [("26000001", "70", "121.00"), ("26600001", "60", "121.00"), ("26900001", "90", "50.00")],
)
def test_an_amount_that_somebody_changed_is_told(number: str, journal: str, said: str, stage: Stage, anna: User):
    post_all_kinds(stage)
    alter(stage, number, amount="99.50")
    result = compared(stage, anna)
    [different] = result["different"]
    assert (different["identifier"], different["amount"], different["booked"]) == (number, said, "99.50")
    assert row(result, journal)["different"] == 1
    assert result["missing"] == []


def test_what_was_moved_out_of_the_period_is_missing_and_what_came_in_is_no_stranger(stage: Stage, anna: User):
    post_all_kinds(stage)
    alter(stage, "26000001", date="2026-12-24")
    assert [each["identifier"] for each in compared(stage, anna)["missing"]] == ["26000001"]
    december = compared(stage, anna, date(2026, 12, 1), date(2026, 12, 31))
    assert (december["rows"], december["moved"]) == ([], 0)
    stage.run_files(fmuta6__csv=files.joined(files.sale("26000003", day="05122026")))
    december = compared(stage, anna, date(2026, 12, 1), date(2026, 12, 31))
    assert (row(december, "70")["documents"], row(december, "70")["others"], december["moved"]) == (1, 0, 1)


def test_what_others_booked_in_the_same_journal_stands_beside_it(stage: Stage, anna: User):
    post_all_kinds(stage)
    stage.book_by_hand(Line.objects.get(identifier="26000001"), "26000777")
    others = row(compared(stage, anna), "70")
    assert (others["documents"], others["others"], others["others_amount"]) == (2, 1, "121.00")


def test_a_period_of_other_days_holds_nothing(stage: Stage, anna: User):
    post_all_kinds(stage)
    assert compared(stage, anna, date(2026, 1, 1), date(2026, 11, 2))["rows"] == []


def test_more_than_a_page_is_read_to_the_end(stage: Stage, anna: User):
    sales = [files.sale(f"2600{number:04}") for number in range(1, 66)]
    stage.run_files(debitr__csv=files.joined(files.customer("100")), fmuta6__csv=files.joined(*sales))
    assert row(compared(stage, anna), "70")["there"] == 65


def test_two_presses_make_one(stage: Stage, anna: User):
    ask(stage, anna)
    assert comparing.ask_for(stage.configuration.integration, *NOVEMBER, anna) == 0
    assert Comparison.objects.count() == 1
    stage.work()
    ask(stage, anna)
    assert Comparison.objects.count() == 2


def test_the_last_one_stays_to_be_seen_beside_the_one_under_way(stage: Stage, anna: User):
    ask(stage, anna)
    stage.work()
    ask(stage, anna)
    ask(stage, anna, date(2026, 10, 1), date(2026, 10, 31))
    seen = comparing.latest(stage.configuration.integration, *NOVEMBER)
    assert [each.run.state for each in seen] == ["waiting", "ended"]


def interrupted(stage: Stage, run: Run) -> Comparison:
    running.work_on(run.pk, stage.worker)
    comparison = Comparison.objects.select_related("run").get(run=run)
    assert comparison.run.state == Run.State.WAITING
    assert comparison.result is None
    return comparison


def go_on(stage: Stage, run: Run) -> dict[str, Any]:
    # The budget may have been closed for a minute.
    CallBudget.objects.all().delete()
    Run.objects.filter(pk=run.pk).update(resume_at=timezone.now())
    stage.work()
    result = Comparison.objects.get(run=run).result
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("fault", "times", "why"),
    [
        ("too_many_requests", 1, "waiting.calls"),
        ("server_error", 3, "waiting.unreachable"),
        ("cut_before", 3, "waiting.unreachable"),
    ],
)
def test_a_reading_that_has_to_stop_waits_and_goes_on_where_it_was(
    fault: str, times: int, why: str, stage: Stage, anna: User
):
    post_all_kinds(stage)
    stage.fault(kind=fault, resource=PURCHASES, times=times)
    run = ask(stage, anna)
    calls = len(stage.calls("GET", SALES))
    comparison = interrupted(stage, run)
    assert comparison.run.waiting_for["code"] == why
    assert Reading.objects.filter(run=run).exists()
    assert row(go_on(stage, run), "70")["there"] == 2
    assert len(stage.calls("GET", SALES)) == calls + 1


def test_an_account_that_must_sign_in_again_waits_with_its_reason(stage: Stage, anna: User):
    post_all_kinds(stage)
    account = stage.configuration.authorisation
    account.status = "sign_in_again"
    account.save(update_fields=["status"])
    comparison = interrupted(stage, ask(stage, anna))
    assert comparison.run.waiting_for["code"] == "waiting.account"


def test_a_worker_that_died_leaves_it_to_another(stage: Stage, anna: User):
    post_all_kinds(stage)
    run = ask(stage, anna)
    Run.objects.filter(pk=run.pk).update(
        state=Run.State.WORKING, claim=uuid4(), worker=uuid4(), started_at=timezone.now()
    )
    sweep.free_abandoned_work()
    assert row(go_on(stage, run), "70")["there"] == 2


def test_a_worker_that_lost_the_run_meanwhile_writes_nothing(stage: Stage, anna: User, monkeypatch: pytest.MonkeyPatch):
    post_all_kinds(stage)
    run, whole = ask(stage, anna), PackageConnector.booked

    def taken_over(*asked: Any) -> BookedPage:
        Run.objects.filter(pk=run.pk).update(claim=uuid4())
        return whole(*asked)

    monkeypatch.setattr(PackageConnector, "booked", taken_over)
    running.work_on(run.pk, stage.worker)
    assert Comparison.objects.get(run=run).result is None
    assert not Reading.objects.exists()


def test_a_place_that_is_gone_makes_the_reading_begin_anew_once(stage: Stage, anna: User):
    sales = [files.sale(f"2600{number:04}") for number in range(1, 66)]
    stage.run_files(debitr__csv=files.joined(files.customer("100")), fmuta6__csv=files.joined(*sales))
    run = ask(stage, anna)
    stage.fault(kind="server_error", resource=PURCHASES, times=3)
    interrupted(stage, run)
    reading = Reading.objects.get(run=run)
    gone = f"0 {stage.simulator.url}/api/v1/{stage.configuration.administration}/{SALES}?$skiptoken=guid'gone'"
    reading.content["place"]["after"] = gone
    reading.save()
    assert row(go_on(stage, run), "70")["there"] == 65


def test_a_list_that_moved_while_it_was_read_is_read_from_the_first_page_again(
    stage: Stage, anna: User, monkeypatch: pytest.MonkeyPatch
):
    sales = [files.sale(f"2600{number:04}") for number in range(1, 66)]
    stage.run_files(debitr__csv=files.joined(files.customer("100")), fmuta6__csv=files.joined(*sales))
    run, whole, moves = ask(stage, anna), PackageConnector.booked, [MovedError("the list changed")]

    def booked(*asked: Any) -> BookedPage:
        if asked[-1] is not None and moves:
            raise moves.pop()
        return whole(*asked)

    monkeypatch.setattr(PackageConnector, "booked", booked)
    interrupted(stage, run)
    content = Reading.objects.get(run=run).content
    assert content["place"] == {"after": None, "seen": [], "is_anew": False}
    assert row(go_on(stage, run), "70")["there"] == 65


def test_a_package_that_refuses_to_tell_ends_it_with_its_own_words(stage: Stage, anna: User):
    post_all_kinds(stage)
    stage.fault(kind="refuse", resource=SALES, message="Not for you")
    run = ask(stage, anna)
    stage.work()
    run.refresh_from_db()
    assert (run.result, run.problem["code"]) == ("failed", "comparison.not_told")
    assert "Not for you" in run.problem["evidence"]


@pytest.mark.parametrize("number", ["0 http://elsewhere.example/page", "0 "])
def test_pages_that_lead_astray_give_nothing(number: str, stage: Stage, anna: User, monkeypatch: pytest.MonkeyPatch):
    """To another host, which would get the token, or in a circle."""
    whole = PackageConnector.booked

    def astray(self: PackageConnector, since: date, until: date, after: str | None = None) -> BookedPage:
        return BookedPage(whole(self, since, until, after).entries, number)

    post_all_kinds(stage)
    monkeypatch.setattr(PackageConnector, "booked", astray)
    comparison = interrupted(stage, ask(stage, anna))
    assert comparison.run.waiting_for["code"] == "waiting.unreachable"


def test_too_many_entries_ask_for_a_shorter_period(stage: Stage, anna: User, monkeypatch: pytest.MonkeyPatch):
    post_all_kinds(stage)
    monkeypatch.setattr(comparing, "MOST_ENTRIES", 1)
    run = ask(stage, anna)
    stage.work()
    run.refresh_from_db()
    assert (run.result, run.problem["code"]) == ("failed", "comparison.too_many")


def test_what_was_posted_while_the_books_were_read_is_not_called_missing(stage: Stage, anna: User):
    post_all_kinds(stage)
    run = ask(stage, anna)
    Posting.objects.filter(external_number="26000002").update(posted_at=timezone.now() + timedelta(minutes=1))
    stage.work()
    result = Comparison.objects.get(run=run).result
    assert result is not None
    assert (row(result, "70")["documents"], row(result, "70")["others"], result["moved"]) == (1, 0, 1)


def ask_for_run(run: Run, anna: User) -> Run:
    run.refresh_from_db()
    assert comparing.can_compare_run(run)
    assert comparing.ask_for_run(run, anna)
    return Run.objects.latest("pk")


def run_compared(stage: Stage, run: Run, anna: User) -> Comparison:
    its_run = ask_for_run(run, anna)
    stage.work()
    comparison = Comparison.objects.get(run=its_run)
    assert comparison.run.result == "good"
    return comparison


def test_of_a_run_its_own_entries_are_compared_and_nothing_is_said_of_others(stage: Stage, anna: User):
    post_all_kinds(stage)
    run = stage.run_files(
        fmuta6__csv=files.joined(files.sale("26000001"), files.sale("26000003"), files.sale("26000004", day="12112026"))
    )
    stage.book_by_hand(Line.objects.filter(identifier="26000003").get(), "26000777")
    for number, changed in (
        ("26000001", {"delete": True}),
        ("26000003", {"delete": True}),
        ("26000004", {"amount": "99.50"}),
    ):
        alter(stage, number, **changed)
    comparison = run_compared(stage, run, anna)
    assert (comparison.since, comparison.until) == (date(2026, 11, 3), date(2026, 11, 12))
    result = comparison.own_result
    assert result is not None
    assert [each["identifier"] for each in result["missing"]] == ["26000003"]
    assert [(each["identifier"], each["booked"]) for each in result["different"]] == [("26000004", "99.50")]
    [sales] = result["rows"]
    assert (sales["documents"], sales["amount"], sales["others"], result["moved"]) == (2, "242.00", 0, 0)


def test_another_organisation_sees_no_comparison(stage: Stage, anna: User):
    ask(stage, anna)
    with acting_for(factories.organisation("Elsewhere").pk):
        assert comparing.latest(factories.whole_integration().integration, *NOVEMBER) == []


def test_a_run_and_a_period_of_the_same_days_are_told_apart(stage: Stage, anna: User):
    post_all_kinds(stage)
    run, integration = Run.objects.get(), stage.configuration.integration
    third = date(2026, 11, 3)
    its_run, period = ask_for_run(run, anna), ask(stage, anna, third, third)
    assert [each.run for each in comparing.latest_of_run(run)] == [its_run]
    assert [each.run for each in comparing.latest(integration, third, third)] == [period]
    assert not comparing.ask_for_run(run, anna)
    assert comparing.ask_for(integration, third, third, anna) == 0
    stage.work()
    ask_for_run(run, anna)
    assert [each.run.state for each in comparing.latest_of_run(run)] == ["waiting", "ended"]


def test_the_days_of_a_run_are_those_of_its_memorials_lines_too(stage: Stage, anna: User):
    post_all_kinds(stage)
    memorial = Posting.objects.get(kind="journal_entry")
    memorial.document["lines"][1]["line_date"] = "2026-12-31"
    memorial.save(update_fields=["document"])
    made = Comparison.objects.get(run=ask_for_run(Run.objects.get(), anna))
    assert (made.since, made.until) == (date(2026, 11, 3), date(2026, 12, 31))


def test_a_run_of_relations_alone_or_that_posted_nothing_has_nothing_to_compare(stage: Stage, anna: User):
    relations = stage.run_files(debitr__csv=files.joined(files.customer("100")))
    refused = stage.run_files(fmuta6__csv=files.joined(files.sale("26000001", account="8999")))
    for run in (relations, refused, ask(stage, anna)):
        run.refresh_from_db()
        assert not comparing.can_compare_run(run)


def test_a_run_whose_lines_began_to_go_is_not_compared_by_the_rest(stage: Stage, anna: User):
    post_all_kinds(stage)
    run = Run.objects.get()
    its_run = ask_for_run(run, anna)
    Line.objects.filter(identifier="26000001").delete()
    stage.work()
    its_run.refresh_from_db()
    assert (its_run.result, its_run.problem["code"]) == ("failed", "comparison.lines_gone")
    with pytest.raises(comparing.LinesGoneError):
        comparing.ask_for_run(run, anna)
    Run.objects.filter(pk=run.pk).update(lines_forgotten_at=timezone.now())
    run.refresh_from_db()
    assert not comparing.can_compare_run(run)


def test_too_many_entries_around_a_run_lead_to_its_period(stage: Stage, anna: User, monkeypatch: pytest.MonkeyPatch):
    post_all_kinds(stage)
    monkeypatch.setattr(comparing, "MOST_ENTRIES", 1)
    its_run = ask_for_run(Run.objects.get(), anna)
    stage.work()
    its_run.refresh_from_db()
    assert its_run.problem["code"] == "comparison.too_many_around_a_run"


def test_what_a_worker_that_knows_periods_alone_made_of_it_is_taken_for_nothing(stage: Stage, anna: User):
    post_all_kinds(stage)
    comparison = run_compared(stage, Run.objects.get(), anna)
    assert comparison.own_result is not None
    comparison.result = {name: told for name, told in comparison.own_result.items() if name != "about"}
    assert comparison.own_result is None
