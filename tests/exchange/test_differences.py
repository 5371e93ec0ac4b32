"""What the source changed since it was posted is booked beside the first entry: one difference, one effect."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from bookbridge.documents import SalesInvoice, document_from_json
from bookbridge.exchange import (
    comparing,
    crash_points,
    differences,
    outstanding,
    periods,
    reconciliation,
    repair,
    running,
    settling,
)
from bookbridge.exchange.differences import Offer
from bookbridge.exchange.drafting import request_for
from bookbridge.exchange.models import Comparison, Difference, Line, Posting, Run
from bookbridge.exchange.repair import ChangedMeanwhileError
from bookbridge.exchange.troubles import troubles_of
from bookbridge.integrations.connecting import connect, package_settings
from bookbridge.kit.outcomes import Found
from bookbridge.organisations.walls import acting_for
from tests import factories
from tests.exchange import files
from tests.exchange.stage import Stage

CUSTOMER = files.customer("100")
FIRST = files.joined(files.sale("26000001"))
SECOND = files.joined(files.sale("26000001", amount="200.00", vat="42.00"))
THIRD = files.joined(files.sale("26000001", amount="150.00", vat="31.50", account="8010"))
TEXT = "Difference to 26000001"


@pytest.fixture
def anna(stage: Stage) -> Any:
    return factories.member(stage.configuration.organisation, "bookkeeper")


@pytest.fixture
def changed(stage: Stage) -> Line:
    stage.run_files(debitr__csv=files.joined(CUSTOMER), fmuta6__csv=FIRST)
    return offered(stage, SECOND)


def offered(stage: Stage, content: bytes) -> Line:
    return fresh(stage.run_files(fmuta6__csv=content).lines.get())


def fresh(line: Line) -> Line:
    return Line.objects.select_related("posting", "delivery", "run__configuration__integration").get(pk=line.pk)


def offer(line: Line) -> Offer:
    changed = differences.undecided(fresh(line))
    assert changed is not None
    return differences.offer(changed, TEXT)


def book(line: Line, user: Any) -> Run:
    line = fresh(line)
    shown = offer(line)
    assert shown.document is not None, shown
    return differences.book(line, TEXT, "They forgot one", user, seen=shown.seen)


def entries(stage: Stage, of: str = "sales_entries") -> list[Decimal]:
    return [Decimal(str(entry["AmountFC"])) for entry in stage.books()[of]]


def test_what_changed_is_booked_beside_the_first_entry_and_known_from_then_on(stage: Stage, changed: Line, anna: Any):
    run = book(changed, anna)
    stage.work()

    line = fresh(run.lines.get())
    assert (line.outcome, line.identifier, line.amount) == (Line.Outcome.POSTED, "26000001", Decimal("121.00"))
    assert (run.trigger, run.requested_by, run.previous) == (Run.Trigger.RETRY, anna, changed.run)
    assert entries(stage) == [Decimal("121.00"), Decimal("121.00")]
    made = Difference.objects.get()
    assert (made.state, made.reason, made.decided_by, made.line) == ("booked", "They forgot one", anna, changed)
    assert made.booked_at is not None
    assert made.amount == Decimal("121.00")
    assert fresh(changed).posting.fingerprint == changed.fingerprint  # type: ignore[union-attr]
    assert offered(stage, SECOND).reason == Line.Reason.ALREADY_POSTED
    assert offered(stage, FIRST).reason == Line.Reason.CHANGED
    assert entries(stage) == [Decimal("121.00"), Decimal("121.00")]


# --- one effect, whoever asks and how often


def test_asked_for_twice_it_is_booked_once(stage: Stage, changed: Line, anna: Any):
    page, again = fresh(changed), fresh(changed)
    seen = offer(changed).seen
    differences.book(page, TEXT, "One", anna, seen=seen)
    with pytest.raises(ChangedMeanwhileError):
        differences.book(again, TEXT, "Two", anna, seen=seen)
    with pytest.raises(ChangedMeanwhileError):
        settling.leave_as_posted(fresh(changed), "No", anna)
    stage.work()
    assert len(entries(stage)) == 2
    assert Difference.objects.count() == 1


def test_two_people_at_the_same_moment_book_one(stage: Stage, changed: Line, anna: Any):
    shown, started = offer(changed), Barrier(2, timeout=20)

    def press(reason: str) -> bool:
        try:
            with acting_for(changed.organisation_id):
                started.wait()
                differences.book(fresh(changed), TEXT, reason, anna, seen=shown.seen)
        except ChangedMeanwhileError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, ["One", "Two"])) == [False, True]
    stage.work()
    assert len(entries(stage)) == 2


def test_there_and_back_and_there_again_are_three_entries(stage: Stage, changed: Line, anna: Any):
    line = changed
    for content in (FIRST, SECOND, FIRST):
        book(line, anna)
        stage.work()
        line = offered(stage, content)
    assert entries(stage) == [Decimal(amount) for amount in ("121", "121", "-121", "121")]
    references = set(Posting.objects.filter(kind="sales_invoice").values_list("reference", flat=True))
    assert len(references) == 4


def test_the_next_one_starts_from_what_all_entries_say(stage: Stage, changed: Line, anna: Any):
    book(changed, anna)
    stage.work()
    line = offered(stage, THIRD)
    shown = offer(line)
    assert isinstance(shown.document, SalesInvoice)
    assert [(each.ledger_account, str(each.amount)) for each in shown.document.lines] == [
        ("8000", "-200.00"),
        ("8010", "150.00"),
    ]
    book(line, anna)
    stage.work()
    assert sum(entries(stage)) == Decimal("181.50")


def test_another_entry_than_the_one_that_was_seen_is_not_booked(stage: Stage, changed: Line, anna: Any):
    with pytest.raises(ChangedMeanwhileError):
        differences.book(fresh(changed), TEXT, "Why", anna, seen="another")
    assert not Difference.objects.exists()
    assert Run.objects.filter(trigger="retry").count() == 0


# --- where there is none


@pytest.mark.parametrize(
    ("content", "obstacle", "fields"),
    [
        (files.sale("26000001", customer="101", amount="200.00", vat="42.00"), "apart", ("customer",)),
        (files.sale("26000001", description="Other words"), "nothing", ()),
        (files.sale("26000001", day="04112026"), "nothing", ()),
    ],
)
def test_what_one_entry_cannot_do_is_not_offered(
    content: list[str], obstacle: str, fields: tuple[str, ...], stage: Stage, anna: Any
):
    customers = files.joined(CUSTOMER, files.customer("101"))
    stage.run_files(debitr__csv=customers, fmuta6__csv=FIRST)
    line = offered(stage, files.joined(content))
    shown = offer(line)
    assert (shown.obstacle, shown.fields, shown.document) == (obstacle, fields, None)
    settling.leave_as_posted(line, "Booked there", anna)


def test_what_was_sent_in_other_codes_than_now_is_not_taken_out_of_other_accounts(stage: Stage, changed: Line):
    stage.configuration.mappings = {"cost_centres": {"X": "Y"}}
    stage.configuration.save()
    assert offer(changed).obstacle == ""
    stage.configuration.mappings = {"ledger_accounts": {"8000": "8010"}}
    stage.configuration.save()
    assert offer(changed).obstacle == "codes"


def test_what_it_was_sent_as_may_be_forgotten(stage: Stage, changed: Line):
    Run.objects.exclude(pk=changed.run_id).update(lines_forgotten_at=timezone.now())
    assert offer(changed).obstacle == "codes"


def test_only_the_latest_line_is_answered_and_only_one_at_a_time(stage: Stage, changed: Line, anna: Any):
    line = offered(stage, THIRD)
    assert offer(changed).obstacle == "later"
    stage.configuration.paused_at = timezone.now()
    stage.configuration.save()
    book(line, anna)
    stage.configuration.paused_at = None
    stage.configuration.save()
    stage.fault(kind="refuse", resource="salesentry/SalesEntries", method="POST", times=1)
    stage.work()
    again = offered(stage, SECOND)
    assert offer(again).obstacle == "open"


def test_what_was_booked_by_hand_otherwise_is_not_known_well_enough(stage: Stage, anna: Any):
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    wrong = files.joined(files.sale("26000001", account="8999"))
    failed = fresh(stage.run_files(fmuta6__csv=wrong).lines.get())
    stage.book_by_hand(failed, "26000777")
    claimed = settling.already_there(failed, "26000777", "By hand", anna, accepted="lines")
    assert claimed.is_settled
    assert offer(offered(stage, SECOND)).obstacle == "by_hand"


def test_a_relation_has_none(stage: Stage, changed: Line):
    Line.objects.filter(pk=changed.pk).update(kind="customer")
    assert offer(changed).obstacle == "kind"


# --- it is a document like any other


BLOCKED = files.joined(files.sale("26000001", amount="200.00", vat="42.00", account="8999"))


@pytest.fixture
def refused(stage: Stage, anna: Any) -> Line:
    """A difference entry whose account the package has blocked; the source's line is the one that names it."""
    stage.run_files(debitr__csv=files.joined(CUSTOMER), fmuta6__csv=FIRST)
    run = book(offered(stage, BLOCKED), anna)
    stage.work()
    line = fresh(run.lines.get())
    assert line.outcome == Line.Outcome.REFUSED
    return line


def test_a_refused_one_points_to_the_row_that_names_what_is_wrong(refused: Line):
    [problem] = [each for each in refused.shown_problems if each.severity == "error"]
    assert problem.field == "lines.1.ledger_account"
    assert problem.source is not None
    assert (problem.source.file, problem.source.row) == ("fmuta6.csv", 2)


def test_a_refused_one_is_corrected_and_the_next_starts_from_what_was_booked(stage: Stage, refused: Line, anna: Any):
    made = Difference.objects.get()
    assert made.state == "open"
    assert refused.document is not None
    lines = [{**each} for each in refused.document["lines"]]
    lines[1]["ledger_account"] = "8010"
    repair.save(refused, document_from_json({**refused.document, "lines": lines}), is_ready=True, version=0, user=anna)
    run = repair.retry(refused.run, anna)
    assert run is not None
    stage.work()

    line = fresh(run.lines.get())
    assert (line.outcome, line.identifier) == (Line.Outcome.POSTED, "26000001")
    made.refresh_from_db()
    assert made.state == "booked"
    assert offered(stage, BLOCKED).reason == Line.Reason.ALREADY_POSTED
    shown = offer(offered(stage, FIRST))
    assert isinstance(shown.document, SalesInvoice)
    assert [(each.ledger_account, str(each.amount)) for each in shown.document.lines] == [
        ("8010", "-200.00"),
        ("8000", "100.00"),
    ]


def test_one_that_is_left_out_is_withdrawn_and_can_be_taken_up(stage: Stage, refused: Line, anna: Any):
    settling.leave_out(refused, "Not now", anna)
    made = Difference.objects.get()
    assert made.state == "withdrawn"
    again = offered(stage, BLOCKED)
    assert again.reason == Line.Reason.CHANGED
    assert offer(again).obstacle == "withdrawn"
    settling.send_after_all(fresh(refused), "It counts", anna)
    made.refresh_from_db()
    assert made.state == "open"


@pytest.mark.parametrize("is_booked", [True, False])
def test_one_that_was_left_out_is_not_taken_up_beside_another(is_booked: bool, stage: Stage, refused: Line, anna: Any):
    settling.leave_out(refused, "Not now", anna)
    content = SECOND if is_booked else files.joined(files.sale("26000001", amount="1.00", vat="0.21", account="8999"))
    book(offered(stage, content), anna)
    stage.work()
    with pytest.raises(ChangedMeanwhileError):
        settling.send_after_all(fresh(refused), "It counts", anna)
    assert sorted(Difference.objects.values_list("state", flat=True)) == [
        "booked" if is_booked else "open",
        "withdrawn",
    ]
    assert fresh(refused).posting.state == Posting.State.LEFT_OUT  # type: ignore[union-attr]


def test_one_that_a_person_booked_by_hand_counts_too(stage: Stage, refused: Line, anna: Any):
    stage.book_by_hand(refused, "26000777")
    claimed = settling.already_there(refused, "26000777", "By hand", anna, accepted="lines")
    assert claimed.is_settled
    assert Difference.objects.get().state == "booked"
    assert offered(stage, BLOCKED).reason == Line.Reason.ALREADY_POSTED


KINDS: dict[str, tuple[str, list[str], list[str]]] = {
    "sale": ("sales_entries", files.sale("26000001"), files.sale("26000001", amount="200.00", vat="42.00")),
    "purchase": (
        "purchase_entries",
        files.purchase("26600001"),
        files.purchase("26600001", amount="200.00", vat="42.00"),
    ),
    "memorial": ("journal_entries", files.memorial("26900001"), files.memorial("26900001", amount="70.00")),
}


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("fault", ["cut_after", "cut_before"])
def test_after_an_unclear_answer_neither_entry_is_taken_for_the_other(kind: str, fault: str, stage: Stage, anna: Any):
    of, first, second = KINDS[kind]
    stage.run_files(
        debitr__csv=files.joined(CUSTOMER),
        credit__csv=files.joined(files.supplier("200")),
        fmuta6__csv=files.joined(first),
    )
    posted = Posting.objects.exclude(kind__in=("customer", "supplier")).get()
    line = offered(stage, files.joined(second))
    stage.fault(kind=fault, method="POST", times=1)
    book(line, anna)
    stage.work()

    made = Difference.objects.get()
    assert made.state == "booked"
    assert made.posting.external_id not in ("", posted.external_id)
    assert len(stage.books()[of]) == 2
    posted.refresh_from_db()
    assert posted.fingerprint == line.fingerprint
    connector = connect(stage.configuration, settings=package_settings(stage.configuration))
    for each in (posted, made.posting):
        request = request_for(each, document_from_json(each.document), {})
        assert request.corrects is (each == made.posting)
        found = connector.find(request)
        assert isinstance(found, Found), found
        assert (found.external_id, found.differences) == (each.external_id, ())


def test_after_a_restore_the_one_that_was_lost_is_found(stage: Stage, changed: Line, anna: Any):
    book(changed, anna)
    stage.work()
    made = Difference.objects.get()
    lost = made.posting
    before = Posting.objects.filter(pk=made.corrects_id)
    made.delete()
    Line.objects.filter(posting=lost).delete()
    lost.delete()
    before.update(fingerprint=made.from_fingerprint)
    now = timezone.now()
    stage.configuration.look_up_first_since, stage.configuration.look_up_first_until = now, now + timedelta(days=1)
    stage.configuration.save()

    run = book(changed, anna)
    stage.work()
    assert run.lines.get().outcome == Line.Outcome.POSTED
    assert Difference.objects.get().state == "booked"
    assert len(entries(stage)) == 2


def test_after_it_is_booked_what_was_to_stay_as_posted_is_asked_anew(stage: Stage, changed: Line, anna: Any):
    """It was decided while the books said something else."""
    settling.leave_as_posted(changed, "No", anna)
    book(offered(stage, THIRD), anna)
    stage.work()
    again = offered(stage, SECOND)
    assert again.reason == Line.Reason.CHANGED
    assert settling.can_be_left_as_posted(again)
    settling.leave_as_posted(again, "Still no", anna)
    assert offered(stage, SECOND).reason == Line.Reason.LEFT_OUT


# --- what else reads postings


def test_what_is_on_its_way_is_no_trouble_and_a_refused_one_is_one_trouble(stage: Stage, anna: Any):
    stage.run_files(debitr__csv=files.joined(CUSTOMER), fmuta6__csv=FIRST)
    line = offered(stage, BLOCKED)

    def causes() -> list[tuple[str, int]]:
        runs = Run.objects.filter(state=Run.State.ENDED)
        return [(each.cause.code, each.documents) for each in troubles_of(line.organisation_id, list(runs))]

    assert causes() == [("sending.changed_since_posted", 1)]
    book(line, anna)
    assert causes() == []
    stage.work()
    assert causes() == [("preflight.account_blocked", 1)]


def test_the_proofs_agree_to_the_cent(stage: Stage, anna: Any):
    of_all = [files.joined(*(KINDS[kind][number] for kind in KINDS)) for number in (1, 2)]  # type: ignore[misc]
    stage.run_files(
        debitr__csv=files.joined(CUSTOMER), credit__csv=files.joined(files.supplier("200")), fmuta6__csv=of_all[0]
    )
    run = stage.run_files(fmuta6__csv=of_all[1])
    for line in run.lines.all():
        book(line, anna)
    stage.work()

    for retry in Run.objects.filter(trigger="retry"):
        [row] = reconciliation.reconcile(retry)
        assert (row.is_even, row.file) == (True, row.posted)
    period = periods.of_integration(
        stage.configuration.integration, timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=1)
    )
    assert {row.journal: (row.documents, row.file, row.posted, row.skipped) for row in period.rows} == {
        "60": (1, Decimal("242.00"), Decimal("242.00"), Decimal("0.00")),
        "70": (1, Decimal("242.00"), Decimal("242.00"), Decimal("0.00")),
        "90": (1, Decimal("70.00"), Decimal("70.00"), Decimal("0.00")),
    }
    comparing.ask_for(stage.configuration.integration, date(2026, 11, 1), date(2026, 11, 30), anna)
    stage.work()
    result = Comparison.objects.get().result
    assert result is not None
    assert (result["missing"], result["different"], result["moved"]) == ([], [], 0)
    assert {row["journal"]: (row["documents"], row["there"], row["others"]) for row in result["rows"]} == {
        "60": (2, 2, 0),
        "70": (2, 2, 0),
        "90": (2, 2, 0),
    }
    assert {row["amount"] for row in result["rows"] if row["journal"] in ("60", "70")} == {"242.00"}


def test_open_items_keep_what_each_entry_was_booked_with(stage: Stage, changed: Line, anna: Any):
    book(changed, anna)
    stage.work()
    connector = connect(stage.configuration, settings=package_settings(stage.configuration))
    items = outstanding.completed(stage.configuration, connector.outstanding(["sales"]).items)
    assert [(item.invoice_amount, item.open_amount) for item in items] == [(Decimal("121.00"), Decimal("121.00"))] * 2


def test_a_worker_that_dies_between_the_call_and_its_conclusion_leaves_one_entry(
    stage: Stage, changed: Line, anna: Any, monkeypatch: pytest.MonkeyPatch
):
    run = book(changed, anna)

    def die(point: str) -> None:
        if point == "answer_received":
            raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(crash_points, "reach", die)
        with pytest.raises(SystemExit):
            running.work_on(run.pk, stage.worker)
    assert len(entries(stage)) == 2
    assert Difference.objects.get().state == "open"
    stage.work()
    assert len(entries(stage)) == 2
    assert Difference.objects.get().state == "booked"
    assert run.lines.get().outcome == Line.Outcome.POSTED
    assert offered(stage, SECOND).reason == Line.Reason.ALREADY_POSTED
