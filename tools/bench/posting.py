"""Entries posted by a worker in a second ÷ posts of a bare httpx loop in a second, against the same simulator.

The loop sends the same bodies, prepared beforehand and under numbers of their own, by as many threads as the run has
calls under way. It runs before and after, since the simulator's books grow meanwhile. The run is measured from the
moment at which the worker takes it to its end, with reading the file, checking, and everything that is written down.
"""

import io
import queue
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx

from tools.bench.files import delivery
from tools.bench.installation import Installation, installed
from tools.bench.measures import Asked

if TYPE_CHECKING:
    from bookbridge.commands.staging import Stage

GOALS = {"ratio": ">= 0.8"}
SIZES = {"documents": 2000, "calls_at_once": 4, "answer_ms": 50}
_BARE_NUMBERS = (50_000_000, 80_000_000)
"""Added to the numbers of the documents, so that the books take the same bodies again."""
_LONGEST_S = 1800
_Body = tuple[str, bytes]


def measure(asked: Asked) -> dict[str, Any]:
    slow = {"kind": "slow", "delay_s": asked.answer_ms / 1000}
    with installed() as installation:
        simulator = installation.simulator(faults=[slow])
        stage = _stage(installation, simulator, asked.calls_at_once)
        installation.worker()
        files = delivery(int(asked.documents / 0.9) + 2, seed=2)
        entries = files.pop("fmuta6.csv")
        posted(installation, stage, files)
        bare = [_bare(stage, simulator, entries, _BARE_NUMBERS[0], asked)]
        run = posted(installation, stage, {"fmuta6.csv": entries})
        bare.append(_bare(stage, simulator, entries, _BARE_NUMBERS[1], asked))
        ours = run["posted"] / run["seconds"]
        middle = sum(bare) / len(bare)
    return {
        "ratio": round(ours / middle, 2),
        "documents": run["posted"],
        "documents_per_s": round(ours, 1),
        "bare_posts_per_s": [round(rate, 1) for rate in bare],
        "calls_at_once": asked.calls_at_once,
    }


def _stage(installation: Installation, simulator: str, calls_at_once: int) -> "Stage":
    stage = installation.stage(simulator)
    stage.configuration.options = {"simultaneous_calls": str(calls_at_once)}
    stage.configuration.save()
    return stage


def posted(installation: Installation, stage: "Stage", files: dict[str, bytes]) -> dict[str, Any]:
    """Drop the files and wait for the end of their run."""
    from bookbridge.exchange.models import Run

    known = set(Run.objects.values_list("pk", flat=True))
    installation.drop(stage, files)
    ended = Run.objects.exclude(pk__in=known).filter(state=Run.State.ENDED, direction=Run.Direction.OUT)
    deadline = time.monotonic() + _LONGEST_S
    while not ended.exists():
        if time.monotonic() > deadline:
            raise TimeoutError("the run has not ended")
        time.sleep(0.2)
    run = ended.get()
    assert run.started_at is not None
    assert run.ended_at is not None
    return {"posted": run.counts["posted"], "seconds": (run.ended_at - run.started_at).total_seconds()}


def _bare(stage: "Stage", simulator: str, entries: bytes, added: int, asked: Asked) -> float:
    from bookbridge.integrations.tokens import StoredTokens

    bodies = list(_bodies(stage, entries, added))
    token = StoredTokens(stage.authorisation.pk).access_token()
    base = f"{simulator}/api/v1/{stage.configuration.administration}"
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json",
        "Prefer": "return=representation",
        "Content-Type": "application/json",
    }
    waiting: queue.SimpleQueue[_Body | None] = queue.SimpleQueue()
    for body in [*bodies, *[None] * asked.calls_at_once]:
        waiting.put(body)

    def post(client: httpx.Client) -> None:
        while (asked_for := waiting.get()) is not None:
            resource, content = asked_for
            client.post(f"{base}/{resource}", content=content).raise_for_status()

    with httpx.Client(headers=headers, timeout=30) as client:
        threads = [threading.Thread(target=post, args=(client,)) for _ in range(asked.calls_at_once)]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(bodies) / (time.monotonic() - started)


def _bodies(stage: "Stage", entries: bytes, added: int) -> Iterator[_Body]:
    """What the connector sends for the entries, by the ids that the relations got in these books."""
    from bookbridge.connectors.exact_online import mapping
    from bookbridge.documents import JournalEntry, PurchaseInvoice, SalesInvoice
    from bookbridge.formats import SourceDocument, load_profile, read_documents
    from bookbridge.integrations.connecting import StoredDirectory, package_settings
    from bookbridge.kit import exact_json

    codes = mapping.Codes(package_settings(stage.configuration))
    directory = StoredDirectory(stage.configuration)
    for part in read_documents(io.BytesIO(entries), load_profile("fmuta6_globe40"), "fmuta6.csv"):
        assert isinstance(part, SourceDocument)
        entry = part.document
        if isinstance(entry, JournalEntry):
            resource, body = "generaljournalentry/GeneralJournalEntries", mapping.journal_body(entry, {}, codes, "")
        else:
            assert isinstance(entry, SalesInvoice | PurchaseInvoice)
            resource = f"{entry.kind.removesuffix('_invoice')}entry"
            resource += "/SalesEntries" if isinstance(entry, SalesInvoice) else "/PurchaseEntries"
            guid = directory.get(entry.relation_kind, entry.relation_number)
            assert guid is not None
            body = mapping.invoice_body(entry, guid, codes, "")
        yield resource, exact_json.dumps({**body, "EntryNumber": int(body["EntryNumber"]) + added}).encode()
