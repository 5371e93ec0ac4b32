"""The numbers of the installation are those of its tables, and name nobody."""

from datetime import timedelta

from django.utils import timezone

from bookbridge.exchange import measures, running, sweep
from bookbridge.exchange.models import OutstandingSnapshot, Posting, Run
from bookbridge.integrations.models import Authorisation
from tests.exchange.stage import Stage


def told() -> dict[str, float]:
    return {
        " ".join([each.name, *(each.labels[key] for key in sorted(each.labels))]): each.value
        for each in measures.read()
    }


def test_a_quiet_installation(stage: Stage):
    known = told()
    assert known["workers_alive"] == 1
    assert known["accounts active"] == 1
    assert known["oldest_due_run_seconds"] == 0
    assert known["snapshots_held"] == known["postings_refused"] == known["runs_broken_off"] == 0
    assert known["call_budget_left_least exact_online minute"] <= 100_000


def test_what_has_happened_is_counted(stage: Stage):
    before = told()["call_budget_left_least exact_online day"]
    stage.drop_demo_files()
    stage.work()
    known = told()
    run = Run.objects.get()
    assert known["documents_last_hour posted"] == run.counts["posted"] == 13
    assert known["documents_last_hour refused"] == run.counts["refused"]
    assert known["runs_ended_last_hour out with_errors"] == 1
    assert known["postings_refused"] == Posting.objects.filter(state="refused").count() > 0
    assert known["call_budget_left_least exact_online day"] < before


def test_what_is_open_is_counted(stage: Stage):
    stage.drop_demo_files()
    sweep.sweep()
    Run.objects.update(resume_at=timezone.now() - timedelta(seconds=90), failures=3)
    known = told()
    assert known["runs_open out waiting"] == 1
    assert known["runs_broken_off"] == 1
    assert 90 <= known["oldest_due_run_seconds"] < 150
    assert known["jobs_waiting"] >= 1

    running.work_on(Run.objects.get().pk, stage.worker)
    first = Posting.objects.filter(state="posted").values_list("pk", flat=True)
    Posting.objects.filter(pk=first[0]).update(state="uncertain", look_up_at=None)
    Posting.objects.filter(pk=first[1]).update(state="uncertain", look_up_at=timezone.now())
    Authorisation.objects.update(status=Authorisation.Status.SIGN_IN_AGAIN)
    OutstandingSnapshot.objects.create(
        organisation_id=stage.configuration.organisation_id,
        configuration=stage.configuration,
        run=Run.objects.get(),
        taken_at=timezone.now(),
        item_count=0,
        state=OutstandingSnapshot.State.HELD,
    )
    known = told()
    assert (known["postings_uncertain person"], known["postings_uncertain look_up"]) == (1, 1)
    assert known["accounts sign_in_again"] == 1
    assert known["snapshots_held"] == 1


def test_no_number_names_anybody(stage: Stage):
    stage.drop_demo_files()
    stage.work()
    text = str(measures.read())
    assert "Test Company" not in text
    assert str(stage.configuration.organisation_id) not in text
    assert set(measures.MEANINGS) >= {each.name for each in measures.read()}
