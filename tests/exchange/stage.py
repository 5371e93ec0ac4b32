"""A stage for the exchange: a simulated Exact Online over real HTTP, an authorised configuration, a worker."""

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from django.db.models import F, Min
from django.utils import timezone

from bookbridge.documents import document_from_json
from bookbridge.exchange import posting, running, sweep
from bookbridge.exchange.drafting import request_for
from bookbridge.exchange.models import Attempt, Line, Posting, Run
from bookbridge.exchange.posting import Start
from bookbridge.exchange.workers import Claim, WorkerLife
from bookbridge.integrations.connecting import connect, package_settings
from bookbridge.integrations.models import Authorisation, Configuration
from bookbridge.kit.outcomes import Posted
from bookbridge.kit.simulation import SimulatorServer
from bookbridge.storage import inbox_prefix, open_storage
from tests.plain_http import PLAIN

DEMO_FILES = Path("src/bookbridge/commands/demo_files")


@dataclass
class Stage:
    configuration: Configuration
    simulator: SimulatorServer
    worker: WorkerLife

    def drop(self, **contents: bytes) -> None:
        """Drop files in the inbox, named by keyword with `__` for the dot: `fmuta6__csv=b"…"`."""
        inbox = inbox_prefix(self.configuration.organisation_id, self.configuration.integration_id)
        for name, content in contents.items():
            open_storage().put(f"{inbox}/{name.replace('__', '.')}", content)

    def dropped(self, **contents: bytes) -> Run:
        """Drop files and have them taken: their run, which waits for a worker."""
        self.drop(**contents)
        sweep.look_into_inboxes()
        return Run.objects.latest("pk")

    def drop_demo_files(self) -> None:
        for path in DEMO_FILES.iterdir():
            self.drop(**{path.name.replace(".", "__"): path.read_bytes()})

    def work(self, seconds: float = 30) -> None:
        """Do what a worker does until no run is open any more. Nobody waits for a run's moment: it is brought near."""
        deadline = time.monotonic() + seconds
        while True:
            sweep.sweep()
            due = list(Run.objects.filter(state=Run.State.WAITING, resume_at__lte=timezone.now()))
            for run in due:
                running.work_on(run.pk, self.worker)
            open_runs = Run.objects.exclude(state=Run.State.ENDED)
            if not open_runs.exists():
                return
            assert time.monotonic() < deadline, [(run, run.waiting_for) for run in open_runs]
            if not due:
                _let_time_pass()

    def run_files(self, **contents: bytes) -> Run:
        """Drop files and bring the run to its end."""
        self.drop(**contents)
        self.work()
        return Run.objects.filter(direction=Run.Direction.OUT).latest("pk")

    def begin(self, row: Posting, run: Run, *, content: str | None = None) -> tuple[Claim, Start]:
        """Write an attempt at a posting down under a claim on its run, as a pass does before the call."""
        claim = running.claim(run.pk, self.worker)
        assert claim is not None
        line = run.lines.filter(posting=row).latest("pk")
        if content is not None:
            run.lines.filter(pk=line.pk).update(fingerprint=content)
        start = Start(row, line.pk, content or line.fingerprint, "post")
        assert posting.write_down(run, claim, starts=[start], settle_s=5).begun == {start.token}
        return claim, start

    def book_by_hand(self, line: Line, number: str) -> None:
        """What somebody types into the package: a line's document under a number, with an account that can be used."""
        assert line.document is not None
        assert line.posting is not None
        lines = [{**each, "ledger_account": "8000"} for each in line.document["lines"]]
        document = document_from_json({**line.document, "number": number, "lines": lines})
        connector = connect(self.configuration, settings=package_settings(self.configuration))
        [outcome] = connector.post([request_for(line.posting, document, {})])
        assert isinstance(outcome, Posted), outcome

    def books(self) -> dict[str, Any]:
        return httpx.get(f"{self.simulator.url}/_simulator/books", params={"division": 3141593}, verify=PLAIN).json()

    def fault(self, **rule: Any) -> None:
        """Give the simulator a fault rule beside those it has."""
        self.faults(rule)

    def faults(self, *rules: dict[str, Any]) -> None:
        """Of several the first that fits and isn't used up holds."""
        httpx.post(f"{self.simulator.url}/_simulator/faults", json=rules, verify=PLAIN).raise_for_status()

    def fault_hits(self) -> int:
        """How many calls met the fault rules in force."""
        return sum(rule["hits"] for rule in httpx.get(f"{self.simulator.url}/_simulator/faults", verify=PLAIN).json())

    def control(self, name: str, **body: Any) -> None:
        httpx.post(f"{self.simulator.url}/_simulator/{name}", json=body, verify=PLAIN).raise_for_status()

    def calls(self, method: str, resource: str) -> list[int | None]:
        """The statuses of all calls to a resource so far; None where no answer was sent."""
        seen = httpx.get(f"{self.simulator.url}/_simulator/requests", verify=PLAIN).json()["requests"]
        return [call["status"] for call in seen if call["method"] == method and call["path"].endswith(resource)]

    def status_of_the_account(self) -> str:
        return Authorisation.objects.values_list("status", flat=True).get(pk=self.configuration.authorisation_id)

    def lines(self, run: Run) -> dict[str, Line]:
        return {f"{line.kind} {line.identifier}": line for line in run.lines.order_by("phase", "pk")}


def _let_time_pass() -> None:
    """As if the time had passed until the next run is due: what is to come is so much nearer, and the attempts are so
    much longer ago."""
    due = Run.objects.filter(state=Run.State.WAITING).aggregate(due=Min("resume_at"))["due"]
    left = due - timezone.now() if due else timedelta(0)
    if left <= timedelta(0):
        return
    Run.objects.filter(state=Run.State.WAITING).update(resume_at=F("resume_at") - left)
    Posting.objects.filter(look_up_at__isnull=False).update(look_up_at=F("look_up_at") - left)
    Attempt.objects.update(started_at=F("started_at") - left, ended_at=F("ended_at") - left)
