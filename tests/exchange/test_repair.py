"""A document that failed is corrected and offered again: in a new run, once, whatever is pressed or dropped again."""

import threading
from typing import Any

import pytest
from django.db import connection

from bookbridge.documents import document_from_json
from bookbridge.exchange import repair
from bookbridge.exchange.models import Correction, Line, Posting, Run
from bookbridge.organisations.walls import acting_for
from tests import factories
from tests.exchange import files
from tests.exchange.stage import Stage

CUSTOMER = files.customer("100")
WRONG = files.joined(files.sale("26000001", account="8999"))
"""The simulated books have that account blocked."""


@pytest.fixture
def failed(stage: Stage) -> Line:
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    run = stage.run_files(fmuta6__csv=WRONG)
    line = run.lines.get()
    assert (line.outcome, line.problems[0]["field"]) == (Line.Outcome.REFUSED, "lines.0.ledger_account")
    return line


@pytest.fixture
def anna(stage: Stage) -> Any:
    return factories.member(stage.configuration.organisation, "bookkeeper")


def corrected_content(line: Line, **fields: str) -> dict[str, Any]:
    return {**line.document, "lines": [{**each, **fields} for each in line.document["lines"]]}


def corrected(line: Line, **fields: str) -> Any:
    return document_from_json(corrected_content(line, **fields))


def corrected_and_retried(line: Line, user: Any, **fields: str) -> Run:
    repair.save(line, corrected(line, **fields), is_ready=True, version=0, user=user)
    again = repair.retry(line.run, user)
    assert again is not None
    return again


def numbers(stage: Stage) -> list[str]:
    return [str(entry["EntryNumber"]) for entry in stage.books()["sales_entries"]]


def test_a_corrected_document_is_posted_in_a_new_run_and_the_old_one_stays(stage: Stage, failed: Line, anna: Any):
    before = Run.objects.values().get(pk=failed.run_id), Line.objects.values().get(pk=failed.pk)
    again = corrected_and_retried(failed, anna, ledger_account="8000")
    stage.work()

    again.refresh_from_db()
    assert (again.trigger, again.previous_id, again.requested_by) == (Run.Trigger.RETRY, failed.run_id, anna)
    assert (again.result, again.counts["posted"]) == (Run.Result.GOOD, 1)
    assert numbers(stage) == ["26000001"]
    assert (Run.objects.values().get(pk=failed.run_id), Line.objects.values().get(pk=failed.pk)) == before


def test_what_was_corrected_is_already_posted_when_the_source_sends_it_again(stage: Stage, failed: Line, anna: Any):
    corrected_and_retried(failed, anna, ledger_account="8000")
    stage.work()
    run = stage.run_files(fmuta6__csv=WRONG)

    assert (run.lines.get().outcome, run.lines.get().reason) == (Line.Outcome.SKIPPED, Line.Reason.ALREADY_POSTED)
    assert numbers(stage) == ["26000001"]
    changed = stage.run_files(fmuta6__csv=files.joined(files.sale("26000001", amount="200.00", vat="42.00")))
    assert changed.lines.get().reason == Line.Reason.CHANGED


def test_a_correction_of_the_journal_stays_the_same_document(stage: Stage, failed: Line, anna: Any):
    """The key of a posting is what the source called the document, whatever it is called in the books."""
    content = {**corrected_content(failed, ledger_account="8000"), "number": "26000777"}
    repair.save(failed, document_from_json(content), is_ready=True, version=0, user=anna)
    repair.retry(failed.run, anna)
    stage.work()
    stage.run_files(fmuta6__csv=WRONG)

    assert numbers(stage) == ["26000777"]
    assert Posting.objects.filter(kind="sales_invoice").count() == 1


def test_pressing_retry_twice_offers_nothing_a_second_time(stage: Stage, failed: Line, anna: Any):
    first = corrected_and_retried(failed, anna, ledger_account="8000")
    assert repair.retry(failed.run, anna) is None
    stage.work()
    assert repair.retry(failed.run, anna) is None
    assert list(Run.objects.filter(trigger="retry")) == [first]


def test_two_people_at_once_retry_each_document_once(stage: Stage, failed: Line, anna: Any):
    repair.save(failed, corrected(failed, ledger_account="8000"), is_ready=True, version=0, user=anna)
    start, runs = threading.Barrier(2), []

    def press() -> None:
        try:
            with acting_for(failed.organisation_id):
                start.wait(20)
                runs.append(repair.retry(failed.run, anna))
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stage.work()

    assert sorted(run is not None for run in runs) == [False, True]
    assert numbers(stage) == ["26000001"]


def test_two_people_do_not_overwrite_each_other(stage: Stage, failed: Line, anna: Any):
    repair.save(failed, corrected(failed, ledger_account="8000"), is_ready=False, version=0, user=anna)
    with pytest.raises(repair.ChangedMeanwhileError):
        repair.save(failed, corrected(failed, ledger_account="8010"), is_ready=True, version=0, user=anna)
    kept = Correction.objects.get()
    assert kept.document["lines"][0]["ledger_account"] == "8000"
    repair.save(failed, corrected(failed, ledger_account="8010"), is_ready=True, version=kept.version, user=anna)
    assert Correction.objects.get().document["lines"][0]["ledger_account"] == "8010"


def test_what_a_retry_took_at_this_moment_stays_as_it_was_offered(
    stage: Stage, failed: Line, anna: Any, monkeypatch: pytest.MonkeyPatch
):
    repair.save(failed, corrected(failed), is_ready=True, version=0, user=anna)
    seen = Correction.objects.get()
    assert repair.retry(failed.run, anna) is not None
    monkeypatch.setattr(repair, "correction_of", lambda line: seen)
    with pytest.raises(repair.ChangedMeanwhileError):
        repair.save(failed, corrected(failed, description="Mine"), is_ready=True, version=1, user=anna)
    assert Correction.objects.get().document == seen.document


def test_a_retry_that_fails_again_can_be_repaired_again(stage: Stage, failed: Line, anna: Any):
    again = corrected_and_retried(failed, anna, ledger_account="8998")
    stage.work()
    line = Line.objects.select_related("run", "posting").get(run=again)
    assert line.outcome == Line.Outcome.REFUSED
    assert not repair.can_be_repaired(failed), "it was offered again; the newer line is the one to repair"
    assert repair.can_be_repaired(line)
    corrected_and_retried(line, anna, ledger_account="8000")
    stage.work()
    stage.run_files(fmuta6__csv=WRONG)
    assert numbers(stage) == ["26000001"]


def test_a_number_that_another_document_took_meanwhile_is_refused_at_the_retry(stage: Stage, failed: Line, anna: Any):
    content = {**corrected_content(failed, ledger_account="8000"), "number": "26000777"}
    repair.save(failed, document_from_json(content), is_ready=True, version=0, user=anna)
    stage.run_files(fmuta6__csv=files.joined(files.sale("26000777", amount="5.00", vat="1.05")))
    again = repair.retry(failed.run, anna)
    assert again is not None
    stage.work()

    line = Line.objects.get(run=again.pk)
    assert (line.outcome, line.problems[0]["code"]) == (Line.Outcome.REFUSED, "repair.another_document")
    assert repair.can_be_repaired(line)
    [entry] = stage.books()["sales_entries"]
    assert (str(entry["EntryNumber"]), str(entry["AmountFC"])) == ("26000777", "6.05")


def test_a_document_is_not_taken_for_another_one(stage: Stage, failed: Line, anna: Any):
    stage.run_files(fmuta6__csv=files.joined(files.sale("26000002")))
    other = document_from_json({**failed.document, "number": "26000002"})
    (problem,) = repair.problems_of(failed, other, None)
    assert (problem.code, problem.field) == ("repair.another_document", "number")


def test_the_checks_of_a_correction_are_those_before_sending(stage: Stage, failed: Line):
    settings = repair.known_settings(failed)
    assert settings is not None
    found = repair.problems_of(failed, document_from_json(failed.document), settings)
    assert [(each.code, each.field) for each in found] == [("preflight.account_blocked", "lines.0.ledger_account")]
    assert repair.problems_of(failed, corrected(failed, ledger_account="8000"), settings) == []
