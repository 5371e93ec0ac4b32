"""From the last byte of a file in the inbox to the first of its entries in the books, with the default settings.

A worker of its own process; files are dropped one after the other, each at a chance moment between two looks into the
inbox. The first meets a worker that has read nothing of the package yet.
"""

import math
import re
import statistics
import time
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from tools.bench.files import delivery
from tools.bench.installation import installed
from tools.bench.measures import Asked

GOALS = {"p95_s": "< 2"}
SIZES = {"files": 40, "documents": 20}
_LONGEST_S = 60


def measure(asked: Asked) -> dict[str, Any]:
    chance = Random(3)  # noqa: S311
    with installed(BOOKBRIDGE_INBOX_SETTLE_S="1") as installation:
        stage = installation.stage(installation.simulator())
        installation.worker()
        from bookbridge.storage import inbox_prefix, open_storage

        configuration = stage.configuration
        inbox = open_storage().local_path(inbox_prefix(configuration.organisation_id, configuration.integration_id))
        assert inbox is not None
        seconds = [_seconds(inbox, asked.documents, number, chance) for number in range(asked.files)]
    seconds.sort()
    return {
        "p95_s": round(seconds[math.ceil(0.95 * len(seconds)) - 1], 2),
        "median_s": round(statistics.median(seconds), 2),
        "longest_s": round(seconds[-1], 2),
        "files": asked.files,
    }


def _seconds(inbox: Path, documents: int, number: int, chance: Random) -> float:
    from bookbridge.exchange.models import Posting, Run

    time.sleep(chance.random())
    files = delivery(documents, seed=100 + number)
    # Numbers of their own: each file's documents are new ones.
    content = re.sub(rb'"26(\d{6})"', b'"%d\\1"' % (number + 30), files["fmuta6.csv"])
    if number == 0:
        for name in ("debitr.csv", "credit.csv"):
            (inbox / name).write_bytes(files[name])
    (inbox / "fmuta6.csv").write_bytes(content)
    complete = time.time()
    entries = Posting.objects.filter(kind__in=("sales_invoice", "purchase_invoice", "journal_entry"))
    first = _waited_for(lambda: entries.filter(posted_at__gt=datetime.fromtimestamp(complete).astimezone()))
    _waited_for(lambda: Run.objects.exclude(state=Run.State.ENDED), until_none=True)
    return first.timestamp() - complete


def _waited_for(ask: Any, *, until_none: bool = False) -> Any:
    deadline = time.monotonic() + _LONGEST_S
    while ask().exists() == until_none:
        if time.monotonic() > deadline:
            raise TimeoutError("nothing was posted")
        time.sleep(0.02)
    return None if until_none else ask().order_by("posted_at").values_list("posted_at", flat=True)[0]
