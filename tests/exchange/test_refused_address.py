"""An address that this installation may not call: nothing is sent, people are told why, and it goes on when allowed."""

from datetime import timedelta

from django.utils import timezone

from bookbridge.exchange import running, sweep
from bookbridge.exchange.models import Posting, Run
from bookbridge.kit import outgoing
from bookbridge.kit.outgoing import Policy
from tests.exchange.stage import Stage


def test_a_refused_address_waits_for_the_operator(stage: Stage):
    calls = len(stage.calls("GET", "GLAccounts"))
    stage.drop_demo_files()
    with outgoing.using(Policy()):
        sweep.sweep()
        running.work_on(Run.objects.get().pk, stage.worker)
        run = Run.objects.get()
        assert run.state == Run.State.WAITING
        assert run.resume_at > timezone.now() + timedelta(minutes=10), "asking again soon would change nothing"
        why = run.shown_waiting
        assert why is not None
        assert why.code == "waiting.address_refused"
        assert why.value == "127.0.0.1"
        assert all("127.0.0.1" in why.explain(language).reason for language in ("en", "nl", "fr"))
    assert set(Posting.objects.values_list("state", flat=True)) == {"pending"}
    assert len(stage.calls("GET", "GLAccounts")) == calls

    Run.objects.update(resume_at=timezone.now())
    stage.work()
    assert Run.objects.get().counts["posted"] == 13


def test_outstanding_items_are_not_read_from_a_refused_address(stage: Stage):
    type(stage.configuration).objects.update(next_outstanding_at=timezone.now())
    with outgoing.using(Policy()):
        sweep.sweep()
        running.work_on(Run.objects.get().pk, stage.worker)
    assert Run.objects.get().waiting_for["code"] == "waiting.address_refused"
