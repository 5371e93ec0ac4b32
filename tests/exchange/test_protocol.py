"""The exactly-once protocol against a package that fails in every way it can."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from bookbridge.documents import document_from_json
from bookbridge.exchange import running, sweep
from bookbridge.exchange.drafting import request_for
from bookbridge.exchange.models import Attempt, Delivery, Line, Posting, Run
from bookbridge.exchange.workers import WorkerLife
from tests.exchange import files
from tests.exchange.stage import Stage

SALES = "salesentry/SalesEntries"
CUSTOMER = files.customer("100")


def one_sale(**changes: str) -> bytes:
    return files.joined(files.sale("26000001", **changes))


def numbers(stage: Stage) -> list[str]:
    return sorted(str(entry["EntryNumber"]) for entry in stage.books()["sales_entries"])


@pytest.mark.parametrize("fault", ["cut_before", "cut_after", "server_error", "timeout_after"])
def test_an_unclear_answer_is_looked_up_and_the_document_is_there_once(fault: str, stage: Stage):
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    stage.fault(kind=fault, resource=SALES, method="POST", times=1, delay_s=0.2)

    run = stage.run_files(fmuta6__csv=one_sale())

    assert numbers(stage) == ["26000001"]
    line = run.lines.get()
    assert (line.outcome, line.external_number) == (Line.Outcome.POSTED, "26000001")
    if fault != "timeout_after":
        assert list(line.posting.attempts.order_by("started_at").values_list("action", flat=True))[:2] == [
            "post",
            "look_up",
        ]


def test_a_cut_line_is_never_sent_again_before_two_look_ups_found_nothing(stage: Stage):
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    stage.fault(kind="cut_before", resource=SALES, method="POST", times=1)

    run = stage.run_files(fmuta6__csv=one_sale())

    history = Attempt.objects.filter(posting=run.lines.get().posting).order_by("started_at")
    assert list(history.values_list("action", "outcome")) == [
        ("post", "unclear"),
        ("look_up", "absent"),
        ("look_up", "absent"),
        ("post", "posted"),
    ]
    first = history[0]
    assert history[1].started_at - first.started_at >= timedelta(seconds=5)


def test_a_refusal_by_the_package_is_told_in_its_words_and_stops_no_neighbour(stage: Stage):
    stage.fault(kind="refuse", resource=SALES, method="POST", times=1, message="Periode is afgesloten: 2026 - 11")

    run = stage.run_files(
        debitr__csv=files.joined(CUSTOMER), fmuta6__csv=files.joined(files.sale("26000001"), files.sale("26000002"))
    )

    # Both are under way at the same time: either may be the one.
    refused = run.lines.get(kind="sales_invoice", outcome=Line.Outcome.REFUSED)
    assert refused.shown_problems[0].evidence == "Periode is afgesloten: 2026 - 11"
    assert refused.shown_problems[0].remedy
    assert refused.shown_problems[0].source.file == "fmuta6.csv"
    assert numbers(stage) == [run.lines.get(kind="sales_invoice", outcome=Line.Outcome.POSTED).external_number]


def test_what_was_refused_is_sent_when_it_is_offered_again(stage: Stage):
    stage.control("settings", periods=[{"year": 2026, "period": 11, "closed": True}])
    first = stage.run_files(debitr__csv=files.joined(CUSTOMER), fmuta6__csv=one_sale())
    assert stage.lines(first)["sales_invoice 26000001"].problems[0]["code"] == "preflight.period_closed"

    stage.control("settings", periods=[{"year": 2026, "period": 11, "closed": False}])
    from bookbridge.integrations.connecting import forget_package_settings

    forget_package_settings(stage.configuration)
    second = stage.run_files(fmuta6__csv=one_sale())

    assert second.lines.get().outcome == Line.Outcome.POSTED
    first_line = stage.lines(first)["sales_invoice 26000001"]
    assert first_line.outcome == Line.Outcome.REFUSED, "a run that ended is never changed"


def test_other_content_under_a_posted_number_is_held_and_nothing_is_sent(stage: Stage):
    stage.run_files(debitr__csv=files.joined(CUSTOMER), fmuta6__csv=one_sale())
    before = stage.books()

    run = stage.run_files(fmuta6__csv=one_sale(amount="200.00", vat="42.00"))

    line = run.lines.get()
    assert (line.outcome, line.reason) == (Line.Outcome.SKIPPED, Line.Reason.CHANGED)
    assert run.result == Run.Result.WITH_ERRORS
    assert stage.books() == before


def test_a_changed_customer_is_updated_and_not_made_again(stage: Stage):
    stage.run_files(debitr__csv=files.joined(files.customer("100", "Old Name")))
    run = stage.run_files(debitr__csv=files.joined(files.customer("100", "New Name")))

    assert run.lines.get().outcome == Line.Outcome.POSTED
    assert [account["Name"] for account in stage.books()["accounts"]] == ["New Name"]


def test_an_update_without_an_answer_is_made_again(stage: Stage):
    stage.run_files(debitr__csv=files.joined(files.customer("100", "Old Name")))
    stage.fault(kind="cut_before", resource="crm/Accounts", method="PUT", times=1)

    run = stage.run_files(debitr__csv=files.joined(files.customer("100", "New Name")))

    assert run.lines.get().outcome == Line.Outcome.POSTED
    assert [account["Name"] for account in stage.books()["accounts"]] == ["New Name"]


def test_a_posting_has_one_key_at_the_package_whatever_is_corrected(stage: Stage):
    """A package that takes an id of ours finds by it what was sent before the correction, and may be in the books."""
    run = stage.run_files(fmuta6__csv=files.joined(files.sale("26000001"), files.sale("26000002")))
    first, second = (line.posting for line in run.lines.order_by("pk"))
    document = document_from_json(first.document)
    corrected = document.model_copy(update={"description": "Corrected"})
    keys = [
        request_for(each, content, {}).idempotency_key
        for each, content in ((first, document), (first, corrected), (second, document))
    ]
    assert keys[0] == keys[1]
    assert keys[0] != keys[2]


def test_too_many_requests_wait_as_long_as_the_package_says(stage: Stage):
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    stage.fault(kind="too_many_requests", resource=SALES, method="POST", times=1, delay_s=2)

    run = stage.run_files(fmuta6__csv=one_sale())

    attempts = Attempt.objects.filter(posting=run.lines.get().posting).order_by("started_at")
    assert set(attempts.values_list("outcome", flat=True)) == {"later", "posted"}
    assert numbers(stage) == ["26000001"]
    assert stage.calls("POST", SALES) == [429, 201]


def test_a_lost_authorisation_pauses_the_run_and_loses_nothing(stage: Stage):
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    stage.control("tokens/revoke")
    stage.drop(fmuta6__csv=one_sale())
    sweep.look_into_inboxes()
    run = Run.objects.latest("pk")
    running.work_on(run.pk, stage.worker)

    run.refresh_from_db()
    assert run.state == Run.State.WAITING
    assert run.shown_waiting.code == "waiting.account"
    assert stage.status_of_the_account() == "sign_in_again"
    assert run.lines.get().outcome == Line.Outcome.WAITING
    assert numbers(stage) == []


def test_a_customer_that_was_refused_holds_back_its_invoices_with_a_reason(stage: Stage):
    run = stage.run_files(
        debitr__csv=files.joined(files.customer("100", c30="99")), fmuta6__csv=files.joined(files.sale("26000001"))
    )
    lines = stage.lines(run)
    assert lines["customer 100"].problems[0]["code"] == "preflight.payment_condition_unknown"
    assert lines["sales_invoice 26000001"].problems[0]["code"] == "preflight.relation_refused"


def test_an_invoice_waits_for_a_customer_whose_answer_was_unclear(stage: Stage):
    stage.fault(kind="cut_after", resource="crm/Accounts", method="POST", times=1)

    run = stage.run_files(debitr__csv=files.joined(CUSTOMER), fmuta6__csv=one_sale())

    assert {line.outcome for line in run.lines.all()} == {Line.Outcome.POSTED}
    assert len(stage.books()["accounts"]) == 1
    assert numbers(stage) == ["26000001"]


def test_two_workers_on_the_same_documents_post_each_once(stage: Stage):
    """Two deliveries of the same content make two runs; both are worked on at the same time."""
    content = files.joined(*[files.sale(f"2600{number:04}") for number in range(20)])
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    runs = []
    for name in ("fmuta6__csv", "FMUTA6__CSV"):
        stage.drop(**{name: content})
        sweep.look_into_inboxes()
        runs.append(Run.objects.latest("pk"))
    assert runs[0].pk != runs[1].pk

    def work(run: Run) -> None:
        life = WorkerLife().start()
        try:
            running.work_on(run.pk, life)
        finally:
            life.stop()
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, runs))
    stage.work()

    assert numbers(stage) == [f"2600{number:04}" for number in range(20)]
    outcomes = [(line.outcome, line.reason) for run in runs for line in run.lines.all()]
    assert outcomes.count((Line.Outcome.POSTED, "")) == 20
    assert outcomes.count((Line.Outcome.SKIPPED, Line.Reason.ALREADY_POSTED)) == 20


def test_a_bug_in_a_connector_stops_the_document_and_not_the_run(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    from bookbridge.connectors.exact_online import mapping

    true_body = mapping.invoice_body

    def broken(entry, *rest):
        if entry.number == "26000001":
            raise ZeroDivisionError
        return true_body(entry, *rest)

    monkeypatch.setattr(mapping, "invoice_body", broken)
    stage.run_files(debitr__csv=files.joined(CUSTOMER))
    stage.drop(fmuta6__csv=files.joined(files.sale("26000001"), files.sale("26000002")))
    sweep.look_into_inboxes()
    run = Run.objects.latest("pk")
    running.work_on(run.pk, stage.worker)

    assert numbers(stage) == ["26000002"]
    assert stage.lines(run)["sales_invoice 26000001"].outcome == Line.Outcome.UNCERTAIN
    assert Posting.objects.get(key__endswith="26000001").state == Posting.State.UNCERTAIN


def test_a_run_of_a_dead_worker_is_taken_back(stage: Stage):
    dead = WorkerLife().start()
    stage.drop(debitr__csv=files.joined(CUSTOMER))
    sweep.look_into_inboxes()
    run = Run.objects.get()
    assert running.claim(run.pk, dead)
    dead.stop()

    assert sweep.free_abandoned_work() == 1

    run.refresh_from_db()
    assert (run.state, run.worker) == (Run.State.WAITING, None)
    stage.work()
    assert len(stage.books()["accounts"]) == 1


def test_a_claim_is_lost_when_another_worker_has_the_run(stage: Stage):
    from bookbridge.kit.errors import ClaimLostError

    stage.drop(debitr__csv=files.joined(CUSTOMER))
    sweep.look_into_inboxes()
    run = Run.objects.get()
    mine = running.claim(run.pk, stage.worker)
    assert mine is not None
    mine.check()
    Run.objects.update(claim=None, worker=None, state=Run.State.WAITING, resume_at=timezone.now())
    with pytest.raises(ClaimLostError):
        mine.check()
    assert Delivery.objects.get().state == Delivery.State.WAITING
