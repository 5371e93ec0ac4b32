"""A large upload to the drop box: how much memory the server takes for it, and how fast beside a bare copy to disk."""

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tools.bench.installation import installed
from tools.bench.measures import Asked

GOALS = {"server_grew_mb": "< 64"}
SIZES = {"upload_mb": 2048}
_BLOCK = 1024 * 1024


def measure(asked: Asked) -> dict[str, Any]:
    """One PutObject with an unsigned payload, as curl would send it."""
    size = asked.upload_mb * _BLOCK
    with installed() as here:
        server, url = here.serve()
        address = _signed(url, "large.csv", *_access_key())
        httpx.put(_signed(url, "warm-up.csv", *_access_key()), content=bytes(_BLOCK)).raise_for_status()
        memory = _Memory(server.process.pid)
        before = memory.now()
        started = time.monotonic()
        with memory:
            headers = {"Content-Length": str(size)}
            httpx.put(address, content=_blocks(size), headers=headers, timeout=600).raise_for_status()
        took = time.monotonic() - started
        bare = _seconds_to_copy(size, here.folder / "bare")
        stored = next(here.folder.rglob("inbox/large.csv")).stat().st_size
    if stored != size:
        raise AssertionError(f"{stored} of {size} bytes are there")
    return {
        "megabytes": asked.upload_mb,
        "server_before_mb": round(before / 1e6, 1),
        "server_grew_mb": round((memory.peak - before) / 1e6, 1),
        "megabytes_a_second": round(size / 1e6 / took, 1),
        "times_a_bare_copy": round(took / bare, 1),
    }


def _access_key() -> tuple[str, str, str]:
    from bookbridge.integrations import access_keys
    from bookbridge.integrations.models import Integration
    from bookbridge.organisations.models import Organisation
    from bookbridge.organisations.walls import acting_for
    from bookbridge.storage import inbox_prefix

    company = Organisation(name="Bench")
    with acting_for(company.pk):
        company.save()
        link = Integration.objects.create(organisation=company, name="Bench", package="exact_online")
        key, secret = access_keys.make(link, "Bench", None)
    return inbox_prefix(company.pk, link.pk), key.key_id, secret


def _signed(url: str, name: str, inbox: str, key: str, secret: str) -> str:
    signer = S3SigV4QueryAuth(Credentials(key, secret), "s3", "us-east-1", expires=3600)
    request = AWSRequest(method="PUT", url=f"{url}/bookbridge/{inbox}/{name}")
    request.context["timestamp"] = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    signer.add_auth(request)
    return str(request.url)


def _blocks(size: int) -> Iterator[bytes]:
    block = os.urandom(_BLOCK)
    for _ in range(size // _BLOCK):
        yield block


def _seconds_to_copy(size: int, target: Path) -> float:
    """The least that has to be done: hash every byte and have it on the disk."""
    started = time.monotonic()
    digest = hashlib.md5(usedforsecurity=False)
    with target.open("wb") as file:
        for block in _blocks(size):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return time.monotonic() - started


class _Memory:
    """Watches what the server and its children hold."""

    def __init__(self, pid: int) -> None:
        self._whole = psutil.Process(pid)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak = 0

    def now(self) -> int:
        every = [self._whole, *self._whole.children(recursive=True)]
        return sum(each.memory_info().rss for each in every if "postgres" not in each.name())

    def _watch(self) -> None:
        while not self._stopped.wait(0.05):
            self.peak = max(self.peak, self.now())

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
