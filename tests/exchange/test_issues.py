"""What holds documents up, by cause; and many of them repaired at once: worked out first, then done, each once."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookbridge.exchange import issues, repair, repairing_many, settling
from bookbridge.exchange.issues import Cause, Issue, lines_of, open_issues
from bookbridge.exchange.models import Correction, Line, Run
from bookbridge.exchange.repairing_many import AS_THEY_ARE, BY_MAPPING, IN_THESE, Change, apply, list_of, plan
from bookbridge.integrations.changing import ChangedMeanwhileError, set_mapping
from tests import factories
from tests.exchange import files
from tests.exchange.stage import Stage

CUSTOMER = files.customer("100")


@pytest.fixture
def anna(stage: Stage) -> Any:
    return factories.member(stage.configuration.organisation, "bookkeeper")


def open_now(stage: Stage) -> list[Issue]:
    return list(open_issues(stage.configuration.organisation_id, [stage.configuration.pk]).issues)


def now(stage: Stage, was: Issue) -> Issue:
    """What is held up for that cause by now."""
    return next(issue for issue in open_now(stage) if issue.cause == was.cause)


def lines(stage: Stage, issue: Issue, most: int = 10) -> list[Line]:
    return lines_of(stage.configuration, issue, most)


def wrong_vat(*numbers: int, code: str = "XX", **fields: str) -> bytes:
    return files.joined(*[files.sale(f"2600{number:04}", code=code, **fields) for number in numbers])


def books(stage: Stage) -> list[str]:
    return sorted(str(entry["EntryNumber"]) for entry in stage.books()["sales_entries"])


@pytest.fixture
def held_up(stage: Stage) -> Issue:
    """Five of one cause in two runs, one of another."""
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    stage.run_files(fmuta6__csv=wrong_vat(1, 2, 3))
    stage.run_files(fmuta6__csv=wrong_vat(4, 5) + files.joined(files.sale("26000009", account="8999")))
    first, second = open_now(stage)
    assert (first.documents, second.documents) == (5, 1)
    return first


def test_documents_of_all_runs_are_grouped_by_what_is_wrong_with_them(stage: Stage, held_up: Issue):
    assert held_up.cause == Cause(stage.configuration.pk, "preflight.vat_unknown", "lines.vat_code", "XX")
    assert held_up.amounts == {"EUR": Decimal("605.00")}
    assert held_up.problem.explain("nl").reason
    assert [line.identifier for line in lines(stage, now(stage, held_up), 3)] == [
        "26000001",
        "26000002",
        "26000003",
    ]


def test_what_was_not_looked_at_is_not_counted_and_said(stage: Stage, held_up: Issue, monkeypatch: pytest.MonkeyPatch):
    own = stage.configuration
    assert open_issues(own.organisation_id, [own.pk]).is_all
    monkeypatch.setattr(issues, "MOST_COUNTED", 4)
    found = open_issues(own.organisation_id, [own.pk])
    assert (found.is_all, found.documents) == (False, 4)


def test_more_than_can_be_repaired_at_once_is_said_and_left(
    stage: Stage, held_up: Issue, anna: Any, monkeypatch: pytest.MonkeyPatch
):
    for room in (issues, repairing_many):
        monkeypatch.setattr(room, "MOST_AT_ONCE", 3)
    assert plan(stage.configuration, now(stage, held_up), Change(AS_THEY_ARE)).more
    assert apply(stage.configuration, now(stage, held_up), Change(AS_THEY_ARE), anna) == 3
    assert now(stage, held_up).documents == 5


def test_an_issue_closes_with_its_last_document(stage: Stage, held_up: Issue, anna: Any):
    stage.run_files(fmuta6__csv=wrong_vat(1, 2, 3, 4, code="2"))
    [issue] = [each for each in open_now(stage) if each.cause == held_up.cause]
    assert issue.documents == 1
    settling.leave_out(lines(stage, now(stage, held_up), 1)[0], "No", anna)
    assert held_up.cause not in [each.cause for each in open_now(stage)]


def test_what_is_to_be_sent_after_all_is_held_up_until_it_is_offered(stage: Stage, held_up: Issue, anna: Any):
    line = lines(stage, now(stage, held_up), 1)[0]
    settling.leave_out(line, "A test", anna)
    again = stage.run_files(fmuta6__csv=wrong_vat(1)).lines.select_related("posting", "run").get()
    assert [issue.documents for issue in open_now(stage)] == [4, 1]
    settling.send_after_all(again, "It counts", anna)

    found = {issue.cause.code: issue for issue in open_now(stage)}
    sent = found["repair.send_after_all"]
    assert [each.pk for each in lines(stage, sent)] == [again.pk]
    assert apply(stage.configuration, sent, Change(AS_THEY_ARE), anna) == 1
    repair.retry_all(stage.configuration, anna)
    stage.work()
    assert found.keys() - {issue.cause.code for issue in open_now(stage)} == {"repair.send_after_all"}


def test_another_company_sees_nothing_of_it(stage: Stage, held_up: Issue):
    other = factories.organisation("Another")
    assert open_issues(other.pk, [stage.configuration.pk]).issues == []
    assert lines_of(factories.configuration(factories.integration(other)), held_up, 10) == []


def test_one_code_is_mapped_and_all_are_offered_in_one_run(stage: Stage, held_up: Issue, anna: Any):
    change = Change(BY_MAPPING, "2")
    planned = plan(stage.configuration, now(stage, held_up), change)
    assert (len(planned.good), len(planned.still_wrong), planned.mapping) == (5, 0, {"XX": ""})
    assert Correction.objects.count() == 0

    assert apply(stage.configuration, now(stage, held_up), change, anna) == 5
    assert stage.configuration.mappings["vat_codes"] == {"XX": "2"}
    again = repair.retry_all(stage.configuration, anna)
    assert again is not None
    assert repair.retry_all(stage.configuration, anna) is None
    stage.work()
    again.refresh_from_db()
    assert (again.counts["posted"], again.previous) == (5, None)
    assert books(stage) == [f"2600000{number}" for number in range(1, 6)]
    assert [issue.documents for issue in open_now(stage)] == [1]
    # What comes later is mapped too, and what was posted is known.
    later = stage.run_files(fmuta6__csv=wrong_vat(5, 6))
    assert sorted(later.lines.values_list("reason", "outcome")) == [("", "posted"), ("already_posted", "skipped")]


def test_one_code_is_changed_in_these_documents_only(stage: Stage, held_up: Issue, anna: Any):
    assert apply(stage.configuration, now(stage, held_up), Change(IN_THESE, "2"), anna) == 5
    assert stage.configuration.mappings.get("vat_codes", {}) == {}
    repair.retry_all(stage.configuration, anna)
    stage.work()
    assert len(books(stage)) == 5
    later = stage.run_files(fmuta6__csv=wrong_vat(6))
    assert later.lines.get().outcome == Line.Outcome.REFUSED


def test_what_would_still_be_wrong_is_told_and_not_offered(stage: Stage, held_up: Issue, anna: Any):
    stage.run_files(fmuta6__csv=wrong_vat(7, account="8999"))
    blocked = next(issue for issue in open_now(stage) if issue.cause.value == "8999")
    change = Change(IN_THESE, "8000")
    planned = plan(stage.configuration, blocked, change)
    assert [each.line.identifier for each in planned.good] == ["26000009"]
    assert [each.line.identifier for each in planned.still_wrong] == ["26000007"]
    assert apply(stage.configuration, blocked, change, anna) == 1


def test_a_code_that_puts_nothing_right_is_not_mapped(stage: Stage, held_up: Issue, anna: Any):
    assert plan(stage.configuration, now(stage, held_up), Change(IN_THESE, "unknown")).good == []
    assert apply(stage.configuration, now(stage, held_up), Change(BY_MAPPING, "unknown"), anna) == 0
    assert stage.configuration.mappings.get("vat_codes", {}) == {}


def test_all_are_offered_as_they_are_once_the_package_was_put_right(stage: Stage, held_up: Issue, anna: Any):
    assert apply(stage.configuration, now(stage, held_up), Change(AS_THEY_ARE), anna) == 5
    assert repair.ready_counts([stage.configuration]) == {stage.configuration.pk: 5}
    repair.retry_all(stage.configuration, anna)
    stage.work()
    assert books(stage) == []
    assert open_now(stage)[0].documents == 5, "the package still doesn't know the code"


def test_a_code_that_is_mapped_already_is_mapped_anew(stage: Stage, anna: Any):
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    set_mapping(stage.configuration, "vat_codes", "21", "XX", anna)
    stage.run_files(fmuta6__csv=wrong_vat(1, code="21"))
    [issue] = open_now(stage)
    assert issue.cause.value == "XX"
    planned = plan(stage.configuration, issue, Change(BY_MAPPING, "2"))
    assert planned.mapping == {"21": "XX"}
    assert apply(stage.configuration, issue, Change(BY_MAPPING, "2"), anna) == 1
    assert stage.configuration.mappings["vat_codes"] == {"21": "2"}


def test_a_mapping_that_somebody_else_made_meanwhile_is_not_written_over(
    stage: Stage, held_up: Issue, anna: Any, monkeypatch: pytest.MonkeyPatch
):
    page = stage.configuration
    fresh = type(page).objects.get(pk=page.pk)
    set_mapping(fresh, "vat_codes", "XX", "5", anna)
    with pytest.raises(ChangedMeanwhileError):
        apply(page, held_up, Change(BY_MAPPING, "2"), anna)
    assert Correction.objects.count() == 0


def test_what_a_person_corrected_before_keeps_the_rest_of_it(stage: Stage, held_up: Issue, anna: Any):
    from bookbridge.documents import document_from_json

    line = lines(stage, now(stage, held_up), 1)[0]
    assert line.document is not None
    mine = document_from_json({**line.document, "description": "Mine"})
    repair.save(line, mine, is_ready=False, version=0, user=anna)
    assert apply(stage.configuration, now(stage, held_up), Change(IN_THESE, "2"), anna) == 5
    kept = Correction.objects.get(line=line)
    assert (kept.document["description"], kept.document["lines"][0]["vat_code"]) == ("Mine", "2")
    assert (kept.version, kept.is_ready) == (2, True)


def test_however_many_documents_a_cause_has_they_are_worked_out_and_kept_by_as_few_queries(
    stage: Stage, held_up: Issue, anna: Any
):
    counted = []
    for number, change in ((20, Change(IN_THESE, "5")), (40, Change(IN_THESE, "2"))):
        stage.run_files(fmuta6__csv=wrong_vat(*range(number, number + 20)))
        with CaptureQueriesContext(connection) as planning:
            plan(stage.configuration, now(stage, held_up), change)
        counted.append(len(planning))
    with CaptureQueriesContext(connection) as applying:
        assert apply(stage.configuration, now(stage, held_up), change, anna) == 45
    assert counted[0] == counted[1]
    assert len(applying) <= 15, [query["sql"][:80] for query in applying]


def test_no_code_can_stand_for_a_field_that_is_no_code():
    assert list_of(Cause(1, "preflight.customer_unknown", "customer", "100")) == ""
    assert list_of(Cause(1, "preflight.vat_unknown", "lines.vat_code", "9")) == "vat_codes"
    assert list_of(Cause(1, "preflight.cost_centre_missing", "lines.cost_centre", "")) == ""


def test_what_is_offered_again_at_this_moment_is_on_its_way(stage: Stage, held_up: Issue, anna: Any):
    apply(stage.configuration, now(stage, held_up), Change(AS_THEY_ARE), anna)
    repair.retry_all(stage.configuration, anna)
    assert [issue.documents for issue in open_now(stage)] == [1]
    assert Run.objects.filter(trigger="retry").count() == 1
