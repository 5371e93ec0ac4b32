"""Documents posted by a worker in a second ÷ calls of a bare httpx loop in a second, against the same simulator."""

import time
from typing import TYPE_CHECKING, Any

import httpx

from tools.bench.files import delivery
from tools.bench.installation import installed
from tools.bench.measures import Asked

if TYPE_CHECKING:
    from bookbridge.commands.staging import Stage

GOALS: dict[str, str] = {}
SIZES = {"documents": 300}


def measure(asked: Asked) -> dict[str, Any]:
    with installed() as installation:
        simulator = installation.simulator()
        stage = installation.stage(simulator)
        installation.drop(stage, delivery(asked.documents, seed=2))
        ours, bare = _ours(), _bare(stage, simulator, asked.documents)
    return {"ratio": round(ours / bare, 2), "documents_per_s": round(ours, 1), "bare_calls_per_s": round(bare, 1)}


def _ours() -> float:
    from bookbridge.exchange import running, sweep
    from bookbridge.exchange.models import Posting, Run
    from bookbridge.exchange.workers import WorkerLife

    sweep.look_into_inboxes()
    life = WorkerLife().start()
    started = time.monotonic()
    running.work_on(Run.objects.get().pk, life)
    posted = Posting.objects.filter(state=Posting.State.POSTED).count() / (time.monotonic() - started)
    life.stop()
    return posted


def _bare(stage: "Stage", simulator: str, documents: int) -> float:
    from bookbridge.integrations.tokens import StoredTokens

    token = StoredTokens(stage.authorisation.pk).access_token()
    address = f"{simulator}/api/v1/{stage.configuration.administration}/crm/Accounts"
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "Prefer": "return=representation"}
    with httpx.Client(headers=headers) as client:
        started = time.monotonic()
        for number in range(documents):
            client.post(address, json={"Name": f"Bench {number}", "Status": "C"}).raise_for_status()
        return documents / (time.monotonic() - started)
