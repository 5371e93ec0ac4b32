"""A person decides about a document that failed: it stays out, or the package has it already. Still one effect each."""

from typing import Any

import pytest

from bookbridge.documents import document_from_json
from bookbridge.exchange import repair, settling
from bookbridge.exchange.decisions import Decision, decide
from bookbridge.exchange.models import Attempt, Line, Posting, Settlement
from bookbridge.exchange.repair import ChangedMeanwhileError
from bookbridge.kit.outcomes import Absent, Found, Later, SignInAgain, Unclear
from tests import factories
from tests.exchange import files
from tests.exchange.stage import Stage

CUSTOMER = files.customer("100")
CHANGED = files.joined(files.sale("26000001", amount="200.00", vat="42.00"))
WRONG = files.joined(files.sale("26000001", account="8999"))
"""The simulated books have that account blocked."""


@pytest.fixture
def failed(stage: Stage) -> Line:
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    line = stage.run_files(fmuta6__csv=WRONG).lines.get()
    assert line.outcome == Line.Outcome.REFUSED
    return line


@pytest.fixture
def anna(stage: Stage) -> Any:
    return factories.member(stage.configuration.organisation, "bookkeeper")


def numbers(stage: Stage) -> list[str]:
    return [str(entry["EntryNumber"]) for entry in stage.books()["sales_entries"]]


def fresh(line: Line) -> Line:
    return Line.objects.select_related("posting", "run__configuration__integration").get(pk=line.pk)


# --- do not send


def test_what_is_left_out_is_not_sent_when_the_source_sends_it_again(stage: Stage, failed: Line, anna: Any):
    settling.leave_out(fresh(failed), "A test invoice", anna)
    again = stage.run_files(fmuta6__csv=WRONG).lines.get()

    assert (again.outcome, again.reason) == (Line.Outcome.SKIPPED, Line.Reason.LEFT_OUT)
    assert again.posting is not None
    assert again.posting.state == Posting.State.LEFT_OUT
    assert again.run.result == "good"
    assert numbers(stage) == []
    kept = Settlement.objects.get()
    assert (kept.kind, kept.reason, kept.decided_by) == ("left_out", "A test invoice", anna)


def test_what_the_source_changed_since_is_offered_like_any_other(stage: Stage, failed: Line, anna: Any):
    settling.leave_out(fresh(failed), "Wrong", anna)
    run = stage.run_files(fmuta6__csv=files.joined(files.sale("26000001")))

    assert run.lines.get().outcome == Line.Outcome.POSTED
    assert numbers(stage) == ["26000001"]


def test_what_the_source_changed_and_is_still_wrong_can_be_corrected(stage: Stage, failed: Line, anna: Any):
    settling.leave_out(fresh(failed), "Wrong", anna)
    line = stage.run_files(fmuta6__csv=files.joined(files.sale("26000001", account="8999", amount="7.00"))).lines.get()

    assert line.posting is not None
    assert (line.outcome, line.posting.state) == (Line.Outcome.REFUSED, Posting.State.REFUSED)
    assert repair.can_be_repaired(line)


def test_what_was_left_out_can_be_sent_after_all(stage: Stage, failed: Line, anna: Any):
    settling.leave_out(fresh(failed), "Wrong", anna)
    again = stage.run_files(fmuta6__csv=WRONG).lines.get()
    with pytest.raises(ChangedMeanwhileError):
        settling.send_after_all(fresh(failed), "An older line", anna)
    settling.send_after_all(fresh(again), "It counts", anna)

    line = fresh(again)
    assert repair.can_be_repaired(line)
    assert line.document is not None
    content = {**line.document, "lines": [{**each, "ledger_account": "8000"} for each in line.document["lines"]]}
    repair.save(line, document_from_json(content), is_ready=True, version=0, user=anna)
    assert repair.retry(line.run, anna) is not None
    stage.work()
    assert numbers(stage) == ["26000001"]
    assert [each.kind for each in Settlement.objects.order_by("pk")] == ["left_out", "send_after_all"]


def test_what_was_ready_to_be_offered_is_not_when_it_is_left_out(stage: Stage, failed: Line, anna: Any):
    document = document_from_json(failed.document)
    repair.save(failed, document, is_ready=True, version=0, user=anna)
    settling.leave_out(fresh(failed), "No", anna)

    assert repair.ready(failed.run) == 0
    assert repair.retry(failed.run, anna) is None


def test_what_was_offered_again_can_no_longer_be_left_out(stage: Stage, failed: Line, anna: Any):
    page = fresh(failed)
    repair.save(failed, document_from_json(failed.document), is_ready=True, version=0, user=anna)
    repair.retry(failed.run, anna)
    with pytest.raises(ChangedMeanwhileError):
        settling.leave_out(page, "Too late", anna)
    assert not Settlement.objects.exists()


def test_two_people_decide_once(failed: Line, anna: Any):
    first, second = fresh(failed), fresh(failed)
    settling.leave_out(first, "One", anna)
    with pytest.raises(ChangedMeanwhileError):
        settling.leave_out(second, "Two", anna)
    assert Settlement.objects.count() == 1


def test_after_a_restore_what_was_left_out_stays_out_and_a_change_is_looked_up_first():
    asked = {"may_update": False, "in_doubt": True}
    assert decide(state="left_out", same_content=True, **asked) is Decision.LEFT_OUT
    assert decide(state="left_out", same_content=False, **asked) is Decision.LOOK_UP


# --- changed since it was posted


@pytest.fixture
def changed(stage: Stage) -> Line:
    stage.run_files(debitr__csv=files.joined(CUSTOMER), fmuta6__csv=files.joined(files.sale("26000001")))
    line = stage.run_files(fmuta6__csv=CHANGED).lines.get()
    assert line.reason == Line.Reason.CHANGED
    return line


def test_what_stays_as_it_was_posted_asks_no_more(stage: Stage, changed: Line, anna: Any):
    assert settling.can_be_left_as_posted(fresh(changed))
    settling.leave_as_posted(fresh(changed), "Booked by hand", anna)
    with pytest.raises(ChangedMeanwhileError):
        settling.leave_as_posted(fresh(changed), "Twice", anna)

    again = stage.run_files(fmuta6__csv=CHANGED)
    assert (again.lines.get().reason, again.result) == (Line.Reason.LEFT_OUT, "good")
    assert again.lines.get().external_number == "26000001"
    assert stage.run_files(fmuta6__csv=files.joined(files.sale("26000001"))).lines.get().reason == "already_posted"
    other = stage.run_files(fmuta6__csv=files.joined(files.sale("26000001", amount="300.00", vat="63.00")))
    assert other.lines.get().reason == Line.Reason.CHANGED, "another content is another question"
    assert numbers(stage) == ["26000001"]


def test_only_the_latest_change_is_decided_about(stage: Stage, changed: Line, anna: Any):
    stage.run_files(fmuta6__csv=files.joined(files.sale("26000001", amount="300.00", vat="63.00")))
    assert not settling.can_be_left_as_posted(fresh(changed))
    with pytest.raises(ChangedMeanwhileError):
        settling.leave_as_posted(fresh(changed), "Too late", anna)


# --- already in the package


def test_what_is_in_the_package_is_believed_and_never_sent(stage: Stage, failed: Line, anna: Any):
    stage.book_by_hand(failed, "26000777")
    claimed = settling.already_there(fresh(failed), "26000777", "Booked by hand", anna)
    assert isinstance(claimed.look_up, Found)
    assert not claimed.is_settled, "the ledger account is another one, which a person is told first"
    accepted = settling.differences_of(claimed.look_up)
    claimed = settling.already_there(fresh(failed), "26000777", "Booked by hand", anna, accepted=accepted)

    assert claimed.is_settled
    line = fresh(failed)
    assert line.posting is not None
    assert (line.posting.state, line.posting.external_number) == (Posting.State.POSTED, "26000777")
    assert Attempt.objects.filter(posting=line.posting, action="look_up", outcome="found").count() == 1
    kept = Settlement.objects.get()
    assert (kept.kind, kept.number, kept.differences) == ("already_there", "26000777", accepted)
    again = stage.run_files(fmuta6__csv=WRONG).lines.get()
    assert again.reason == Line.Reason.ALREADY_POSTED
    assert numbers(stage) == ["26000777"]


def test_what_is_not_in_the_package_is_not_believed(stage: Stage, failed: Line, anna: Any):
    claimed = settling.already_there(fresh(failed), "26000778", "I think so", anna, accepted="lines")
    assert isinstance(claimed.look_up, Absent)
    assert not claimed.is_settled
    assert fresh(failed).posting.state == Posting.State.REFUSED  # type: ignore[union-attr]
    assert not Settlement.objects.exists()


def test_an_entry_is_the_effect_of_one_document_only(stage: Stage, failed: Line, anna: Any):
    stage.run_files(fmuta6__csv=files.joined(files.sale("26000002")))
    claimed = settling.already_there(fresh(failed), "26000002", "That one", anna, accepted="lines")
    assert claimed.other is not None
    assert claimed.other.external_number == "26000002"
    assert not claimed.is_settled


def test_differences_that_nobody_has_seen_are_not_accepted(stage: Stage, failed: Line, anna: Any):
    stage.book_by_hand(failed, "26000777")
    claimed = settling.already_there(fresh(failed), "26000777", "By hand", anna, accepted="total")
    assert not claimed.is_settled
    assert not Settlement.objects.exists()


@pytest.mark.parametrize("number", ["no number at all", "99999999999999999999"])
def test_a_number_that_the_package_cannot_have_is_told(number: str, stage: Stage, failed: Line, anna: Any):
    claimed = settling.already_there(fresh(failed), number, "Perhaps", anna)
    assert isinstance(claimed.look_up, Unclear | Absent)
    assert not claimed.is_settled


@pytest.mark.parametrize("fault", [{"kind": "server_error"}, {"kind": "too_many_requests", "delay_s": 2}])
def test_a_package_that_does_not_answer_is_believed_nothing(
    fault: dict[str, Any], stage: Stage, failed: Line, anna: Any
):
    stage.fault(**fault, resource="salesentry/SalesEntries", method="GET", times=50)
    claimed = settling.already_there(fresh(failed), "26000777", "By hand", anna)
    assert isinstance(claimed.look_up, Unclear | Later | SignInAgain)
    assert not claimed.is_settled
