"""Speed as ratios measured in one run, printed as JSON: what a test can't hold on a machine it doesn't know.

`reading`: processor time to read an FMUTA6 file into documents ÷ that of Python's bare csv.reader over the same file.
`posting`: documents posted by a worker in a second ÷ calls a bare httpx loop makes in a second against the same
simulator, one after the other.
"""

import argparse
import csv
import io
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from random import Random


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000, help="lines of the file that is read")
    parser.add_argument("--documents", type=int, default=300, help="documents that are posted")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    content = _fmuta6(asked.lines)
    pairs = [(_seconds_to_read(content), _seconds_of_csv(content)) for _ in range(asked.rounds)]
    report = {
        "reading": {
            "lines": content.count(b"\n"),
            "ratio": round(statistics.median(ours / bare for ours, bare in pairs), 1),
            "documents_s": [round(ours, 2) for ours, _ in pairs],
            "csv_reader_s": [round(bare, 2) for _, bare in pairs],
        },
        "posting": _posting(asked.documents),
    }
    json.dump(report, sys.stdout, indent=2)
    sys.stdout.write("\n")


def _fmuta6(lines: int) -> bytes:
    from bookbridge.commands.chaos_documents import make_delivery
    from bookbridge.kit import catalogue

    codes = catalogue.stage("exact_online").codes
    return make_delivery(int(lines / 2.7), codes, Random(1)).files["fmuta6.csv"]  # noqa: S311


def _seconds_to_read(content: bytes) -> float:
    from bookbridge.formats import load_profile, read_documents

    profile = load_profile("fmuta6_globe40")
    started = time.process_time()
    for _ in read_documents(io.BytesIO(content), profile, "fmuta6.csv"):
        pass
    return time.process_time() - started


def _seconds_of_csv(content: bytes) -> float:
    started = time.process_time()
    for _ in csv.reader(io.TextIOWrapper(io.BytesIO(content), "cp1252", newline="")):
        pass
    return time.process_time() - started


def _posting(documents: int) -> dict[str, float]:
    import httpx

    from bookbridge.commands.chaos_documents import make_delivery
    from bookbridge.commands.processes import Children, free_port, listens
    from bookbridge.kit import catalogue

    with tempfile.TemporaryDirectory(prefix="bookbridge-bench-") as name, Children(Path(name) / "logs") as children:
        os.environ |= {"BOOKBRIDGE_DATA": name, "BOOKBRIDGE_INBOX_SETTLE_S": "0"}
        from bookbridge.server.start import load_django

        load_django()
        port = free_port()
        limits = json.dumps({"minute_limit": 10**6, "day_limit": 10**7})
        children.start("simulator", ["simulate", "exact_online", "--port", str(port), "--settings", limits]).wait_until(
            lambda: listens(port)
        )
        from bookbridge.commands.staging import set_stage
        from bookbridge.exchange import running, sweep
        from bookbridge.exchange.models import Posting, Run
        from bookbridge.exchange.workers import WorkerLife
        from bookbridge.integrations.tokens import StoredTokens
        from bookbridge.storage import inbox_prefix, open_storage

        stage = set_stage("exact_online", f"http://127.0.0.1:{port}", "Bench", "Bench")
        delivery = make_delivery(documents, catalogue.stage("exact_online").codes, Random(2))  # noqa: S311
        inbox = inbox_prefix(stage.configuration.organisation_id, stage.configuration.integration_id)
        for file, content in delivery.files.items():
            open_storage().put(f"{inbox}/{file}", content)
        sweep.look_into_inboxes()
        life = WorkerLife().start()
        started = time.monotonic()
        running.work_on(Run.objects.get().pk, life)
        ours = Posting.objects.filter(state=Posting.State.POSTED).count() / (time.monotonic() - started)
        life.stop()
        token = StoredTokens(stage.authorisation.pk).access_token()
        address = f"http://127.0.0.1:{port}/api/v1/{stage.configuration.administration}/crm/Accounts"
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "Prefer": "return=representation"}
        with httpx.Client(headers=headers) as client:
            started = time.monotonic()
            for number in range(documents):
                client.post(address, json={"Name": f"Bench {number}", "Status": "C"}).raise_for_status()
            bare = documents / (time.monotonic() - started)
        from bookbridge.server.database import release_database

        release_database()
    return {"ratio": round(ours / bare, 2), "documents_per_s": round(ours, 1), "bare_calls_per_s": round(bare, 1)}


if __name__ == "__main__":
    main()
