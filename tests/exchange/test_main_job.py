"""The main job, in process: files in, entries in the simulated books, each once."""

from bookbridge.exchange import reconciliation
from bookbridge.exchange.models import Run
from tests.exchange.stage import Stage


def test_demo_files_become_entries_each_once(stage: Stage):
    stage.drop_demo_files()
    stage.work()

    run = Run.objects.get()
    assert run.result == Run.Result.WITH_ERRORS
    assert {name: run.counts[name] for name in ("posted", "refused", "rejects", "uncertain", "skipped")} == {
        "posted": 13,
        "refused": 4,
        "rejects": 2,
        "uncertain": 0,
        "skipped": 0,
    }
    assert {line.identifier: line.problems[0]["code"] for line in run.lines.filter(outcome="refused")} == {
        "26700140": "preflight.account_unknown",
        "26700141": "preflight.customer_unknown",
        "26700142": "value.date_unreadable",
        "26700143": "preflight.vat_unknown",
        "26600047": "preflight.period_closed",
        "26900009": "fmuta6.unbalanced",
    }
    summary = stage.books()["summary"]
    assert (summary["sales_entries"], summary["purchase_entries"], summary["journal_entries"]) == (4, 2, 2)


def test_the_same_files_again_post_nothing_and_say_so(stage: Stage):
    stage.drop_demo_files()
    stage.work()
    first = stage.books()
    stage.drop_demo_files()
    stage.work()

    again = Run.objects.latest("pk")
    assert (again.counts["posted"], again.counts["already_posted"]) == (0, 13)
    assert all(delivery.repeats_id for delivery in again.deliveries.all())
    assert stage.books() == first


def test_reconciliation_is_even_to_the_cent(stage: Stage):
    stage.drop_demo_files()
    stage.work()

    rows = reconciliation.reconcile(Run.objects.get())
    assert all(row.is_even for row in rows)
    assert reconciliation.totals(rows) == {
        "file": {"EUR": "2971.25", "USD": "500.00"},
        "posted": {"EUR": "2388.75", "USD": "500.00"},
        "refused": {"EUR": "582.50", "USD": "0.00"},
        "uncertain": {"EUR": "0.00", "USD": "0.00"},
        "skipped": {"EUR": "0.00", "USD": "0.00"},
    }
