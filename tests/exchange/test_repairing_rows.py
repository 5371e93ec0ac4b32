"""Rows that could not be read are corrected and offered: as one document, once, whatever comes or is pressed again."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from bookbridge.exchange import repair, repairing_rows
from bookbridge.exchange.models import Line, Posting, RowCorrection, Run
from bookbridge.exchange.repair import ChangedMeanwhileError
from bookbridge.exchange.repairing_rows import Checked, Sheet
from bookbridge.organisations.models import User
from bookbridge.organisations.walls import acting_for
from bookbridge.storage import open_storage
from tests import factories
from tests.exchange import files
from tests.exchange.stage import Stage

CUSTOMER = files.customer("100")
SOUND = files.sale("26000001")
UNREADABLE = files.sale("26000002", day="31022026")
WRONG = files.joined(SOUND, UNREADABLE)
RIGHT = files.sale("26000002", day="28022026")
VOUCHER = "voucher_no"


@pytest.fixture
def unread(stage: Stage) -> Line:
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    return unread_of(stage.run_files(fmuta6__csv=WRONG))


@pytest.fixture
def anna(stage: Stage) -> User:
    return factories.member(stage.configuration.organisation, "bookkeeper")


def unread_of(run: Run) -> Line:
    return Line.objects.select_related("run__configuration__integration", "delivery").get(run=run, reason="not_read")


def sheet_of(line: Line) -> Sheet:
    sheet = repairing_rows.sheet_of(line, repairing_rows.correction_of(line))
    assert isinstance(sheet, Sheet), sheet
    return sheet


def filled(sheet: Sheet, **said: str) -> list[list[str]]:
    """The cells with columns said otherwise in every row that says something there."""
    return [
        [said.get(column, cell) if cell else cell for column, cell in zip(sheet.columns, row, strict=True)]
        for row in sheet.cells
    ]


def checked(line: Line, **said: str) -> Checked:
    sheet = sheet_of(line)
    return repairing_rows.checked(line, sheet, filled(sheet, **said))


def corrected(line: Line, user: User, *, ready: bool = True, version: int = 0, **said: str) -> RowCorrection:
    sheet = sheet_of(line)
    cells = filled(sheet, **{"entry_date": "28022026", "period": "2", **said})
    found = repairing_rows.checked(line, sheet, cells)
    assert found.read is not None, found.problems
    return repairing_rows.save(line, sheet, cells, found.read, is_ready=ready, version=version, user=user)


def retried(line: Line, user: User) -> Run:
    again = repair.retry(line.run, user)
    assert again is not None
    return again


def numbers(stage: Stage) -> list[str]:
    return sorted(str(entry["EntryNumber"]) for entry in stage.books()["sales_entries"])


def at_once(organisation_id: Any, *acts: Callable[[], object]) -> list[object]:
    """What each act returned, or the exception that it ended in, all begun at the same moment."""
    start, ended = threading.Barrier(len(acts)), []

    def press(act: Callable[[], object]) -> None:
        try:
            with acting_for(organisation_id):
                start.wait(20)
                ended.append(act())
        except ChangedMeanwhileError as error:
            ended.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def test_corrected_rows_are_posted_in_a_new_run_and_the_old_one_stays(stage: Stage, unread: Line, anna: User):
    before = Run.objects.values().get(pk=unread.run_id), Line.objects.values().get(pk=unread.pk)
    kept = corrected(unread, anna)
    assert repair.ready(unread.run) == 1
    assert repair.ready_counts([stage.configuration]) == {stage.configuration.pk: 1}
    again = retried(unread, anna)
    stage.work()

    again.refresh_from_db()
    assert (again.trigger, again.previous_id, again.requested_by) == (Run.Trigger.RETRY, unread.run_id, anna)
    assert (again.result, again.counts["posted"]) == (Run.Result.GOOD, 1)
    assert numbers(stage) == ["26000001", "26000002"]
    line = again.lines.get()
    assert (line.rows, line.raw, line.document["entry_date"]) == (unread.rows, unread.raw, "2026-02-28")
    kept.refresh_from_db()
    assert (kept.retried_in, kept.posting) == (again, line.posting)
    assert (Run.objects.values().get(pk=unread.run_id), Line.objects.values().get(pk=unread.pk)) == before


def test_corrections_of_both_kinds_go_in_one_run(stage: Stage, anna: User):
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    run = stage.run_files(fmuta6__csv=files.joined(UNREADABLE, files.sale("26000003", account="8999")))
    corrected(unread_of(run), anna)
    refused = run.lines.get(identifier="26000003")
    document = {**refused.document, "lines": [{**refused.document["lines"][0], "ledger_account": "8000"}]}
    repair.save(refused, repair.document_from_json(document), is_ready=True, version=0, user=anna)
    assert repair.ready(run) == 2
    again = repair.retry_all(stage.configuration, anna)
    assert again is not None
    stage.work()
    assert again.lines.filter(outcome="posted").count() == 2
    assert numbers(stage) == ["26000002", "26000003"]


def test_retry_twice_offers_nothing_a_second_time(stage: Stage, unread: Line, anna: User):
    corrected(unread, anna)
    first = retried(unread, anna)
    assert repair.retry(unread.run, anna) is None
    stage.work()
    assert repair.retry(unread.run, anna) is None
    assert list(Run.objects.filter(trigger="retry")) == [first]


def test_two_people_at_once_retry_once(stage: Stage, unread: Line, anna: User):
    corrected(unread, anna)
    press = [lambda: repair.retry(unread.run, anna)] * 2
    runs = at_once(unread.organisation_id, *press)
    stage.work()
    assert sorted(run is not None for run in runs) == [False, True]
    assert numbers(stage) == ["26000001", "26000002"]


def test_two_people_at_once_save_one_correction(stage: Stage, unread: Line, anna: User):
    saves = [
        lambda: corrected(unread, anna, voucher_no="26000021"),
        lambda: corrected(unread, anna, voucher_no="26000022"),
    ]
    ended = at_once(unread.organisation_id, *saves)
    assert sorted(type(each).__name__ for each in ended) == ["ChangedMeanwhileError", "RowCorrection"]
    kept = RowCorrection.objects.get()
    assert kept.version == 1
    corrected(unread, anna, version=1, voucher_no="26000023")
    retried(unread, anna)
    stage.work()
    assert numbers(stage) == ["26000001", "26000023"]


def test_what_is_saved_after_the_retry_changes_nothing(stage: Stage, unread: Line, anna: User):
    kept = corrected(unread, anna)
    retried(unread, anna)
    for version in (0, 1, 2):
        with pytest.raises(ChangedMeanwhileError):
            corrected(unread, anna, version=version, voucher_no="26000099")
        with pytest.raises(ChangedMeanwhileError):
            repairing_rows.leave_out(unread, "Late", version, anna)
    assert RowCorrection.objects.get().document == kept.document


def test_the_same_rows_once_more_say_what_became_of_them(stage: Stage, unread: Line, anna: User):
    kept = corrected(unread, anna, voucher_no="26000077")
    retried(unread, anna)
    stage.work()
    line = unread_of(stage.run_files(fmuta6__csv=WRONG))

    before = repairing_rows.same_before(line)
    assert before == kept
    assert (before.changed_by, before.posting.external_number) == (anna, "26000077")
    assert not repairing_rows.can_be_corrected(line, None, before)
    with pytest.raises(ChangedMeanwhileError):
        corrected(line, anna)
    assert numbers(stage) == ["26000001", "26000077"]


def test_of_the_same_rows_twice_one_is_corrected(stage: Stage, unread: Line, anna: User):
    """Also when both are corrected at once, and by another number: it would be in the books twice."""
    other = unread_of(stage.run_files(fmuta6__csv=files.joined(UNREADABLE).rstrip()))
    saves = [
        lambda: corrected(unread, anna, voucher_no="26000021"),
        lambda: corrected(other, anna, voucher_no="26000022"),
    ]
    ended = at_once(unread.organisation_id, *saves)
    assert sorted(type(each).__name__ for each in ended) == ["ChangedMeanwhileError", "RowCorrection"]
    repair.retry_all(stage.configuration, anna)
    stage.work()
    assert len(numbers(stage)) == 2
    made = RowCorrection.objects.get()
    with pytest.raises(IntegrityError, match="rows_corrected_once"), transaction.atomic():
        RowCorrection.objects.create(
            organisation_id=made.organisation_id, configuration_id=made.configuration_id, run_id=made.run_id,
            line=None, digest=made.digest, is_ready=True, changed_at=made.changed_at,
        )  # fmt: skip


def test_a_correction_that_is_not_ready_holds_up_no_other_of_the_same_rows(stage: Stage, unread: Line, anna: User):
    other = unread_of(stage.run_files(fmuta6__csv=files.joined(UNREADABLE)))
    corrected(unread, anna, ready=False)
    corrected(other, anna)
    with pytest.raises(ChangedMeanwhileError):
        corrected(unread, anna, version=1)


def test_the_source_sends_the_right_one_later(stage: Stage, unread: Line, anna: User):
    corrected(unread, anna)
    retried(unread, anna)
    stage.work()
    run = stage.run_files(fmuta6__csv=files.joined(RIGHT))
    assert (run.lines.get().outcome, run.lines.get().reason) == (Line.Outcome.SKIPPED, Line.Reason.ALREADY_POSTED)
    other = stage.run_files(fmuta6__csv=files.joined(files.sale("26000002", day="28022026", amount="7.00")))
    assert other.lines.get().reason == Line.Reason.CHANGED
    assert numbers(stage) == ["26000001", "26000002"]


@pytest.mark.parametrize(("amount", "reason"), [("100.00", "already_posted"), ("7.00", "changed_since_posted")])
def test_a_document_that_was_posted_meanwhile(amount: str, reason: str, stage: Stage, unread: Line, anna: User):
    corrected(unread, anna)
    stage.run_files(fmuta6__csv=files.joined(files.sale("26000002", day="28022026", amount=amount)))
    again = retried(unread, anna)
    stage.work()
    assert again.lines.get().reason == reason
    assert numbers(stage) == ["26000001", "26000002"]
    assert Posting.objects.filter(kind="sales_invoice").count() == 2


def test_who_saves_is_told_of_another_content_in_the_books(stage: Stage, unread: Line):
    [doubt] = checked(unread, entry_date="28022026", period="2", voucher_no="26000001").doubts
    assert (doubt.code, doubt.source.row, doubt.source.column) == ("repair.in_the_books", 3, VOUCHER)
    assert not checked(unread, entry_date="28022026", period="2").doubts


def test_what_is_wrong_says_so_at_its_cell(stage: Stage, unread: Line):
    found = checked(unread)
    assert found.read is None
    assert [(each.source.row, each.source.column) for each in found.problems] == [(3, "entry_date")]
    found = checked(unread, entry_date="28022026", amount="1.2.3")
    assert {(each.source.row, each.source.column) for each in found.problems} == {(4, "amount")}
    found = checked(unread, entry_date="28022026", period="2", gl_account="8999")
    assert found.read is not None
    [doubt] = found.doubts
    assert (doubt.code, doubt.source.row, doubt.source.column) == ("preflight.account_blocked", 4, "gl_account")
    assert found.doubted != checked(unread, entry_date="28022026", period="2", gl_account="1").doubted
    assert Checked().doubted == ""


def test_rows_that_are_not_to_be_sent_stay_out_until_somebody_corrects_them(stage: Stage, unread: Line, anna: User):
    corrected(unread, anna)
    repairing_rows.leave_out(unread, "Booked by hand", 1, anna)
    assert repair.retry(unread.run, anna) is None
    line = unread_of(stage.run_files(fmuta6__csv=WRONG))
    before = repairing_rows.same_before(line)
    assert before is not None
    assert before.reason == "Booked by hand"
    assert repairing_rows.can_be_corrected(line, None, before)
    kept = corrected(unread, anna, version=2)
    assert kept.reason == ""
    retried(unread, anna)
    stage.work()
    assert numbers(stage) == ["26000001", "26000002"]


def test_a_document_that_is_refused_again_is_repaired_as_any_other(stage: Stage, unread: Line, anna: User):
    sheet = sheet_of(unread)
    cells = filled(sheet, entry_date="28022026", period="2", gl_account="8999")
    read = repairing_rows.checked(unread, sheet, cells).read
    assert read is not None
    repairing_rows.save(unread, sheet, cells, read, is_ready=True, version=0, user=anna)
    again = retried(unread, anna)
    stage.work()
    line = Line.objects.select_related("run", "posting").get(run=again)
    assert (line.outcome, line.problems[0]["field"]) == (Line.Outcome.REFUSED, "lines.0.ledger_account")
    assert repair.can_be_repaired(line)


def test_a_customer_that_could_not_be_read(stage: Stage, anna: User):
    run = stage.run_files(debitr__csv=files.joined(CUSTOMER, files.customer("101", c28="a lot")))
    line = unread_of(run)
    sheet = sheet_of(line)
    cells = filled(sheet, credit_limit="500")
    found = repairing_rows.checked(line, sheet, cells)
    assert found.read is not None, found.problems
    repairing_rows.save(line, sheet, cells, found.read, is_ready=True, version=0, user=anna)
    again = retried(line, anna)
    stage.work()
    assert again.lines.get().outcome == Line.Outcome.POSTED


def test_why_rows_cannot_be_corrected_here(stage: Stage, unread: Line):
    long = Line(raw="x" * 20_000, rows=[1], delivery=unread.delivery, run=unread.run)
    assert repairing_rows.sheet_of(long, None) == "too_long"
    cut = Line(raw=unread.raw + "…\n(the rest is left out here)", rows=[3, 4], delivery=unread.delivery, run=unread.run)
    assert repairing_rows.sheet_of(cut, None) == "too_long"
    stage.configuration.layouts = {"fmuta6": {"profile": "fmuta_named"}}
    stage.configuration.save()
    assert repairing_rows.sheet_of(unread_of(unread.run), None) == "other_layout"
    assert unread.delivery is not None
    open_storage().delete(unread.delivery.archive_key)
    assert repairing_rows.sheet_of(unread, None) == "no_file"


def test_what_was_read_has_no_rows_to_correct(stage: Stage, unread: Line):
    posted = Line.objects.select_related("run", "delivery").get(run=unread.run, outcome="posted")
    assert not repairing_rows.can_be_corrected(posted, None, None)
    assert repairing_rows.can_be_corrected(unread, None, None)
