"""Numbers for Prometheus: of the installation from its tables, and of this process from what it did.

No number carries an organisation, a document or a person. The server tells what stands in the tables; each worker tells
of its own calls at `--metrics`, since it is a process of its own.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.db import DatabaseError
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bookbridge.exchange import measures
from bookbridge.kit import watching

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
TABLES_READ_AT_MOST_EVERY_S = 5.0
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_log = structlog.get_logger("bookbridge.metrics")

_requests = Counter("bookbridge_http_requests", "Requests answered", ["view", "status"], registry=REGISTRY)
_request_seconds = Histogram(
    "bookbridge_http_request_seconds", "Time to answer a request", ["view"], buckets=_SECONDS, registry=REGISTRY
)
_drops = Counter("bookbridge_drop_box_requests", "Requests to the drop box", ["method", "status"], registry=REGISTRY)
_calls = Counter("bookbridge_package_calls", "Calls to packages", ["package", "status"], registry=REGISTRY)
_call_seconds = Histogram(
    "bookbridge_package_call_seconds", "Time a package took", ["package"], buckets=_SECONDS, registry=REGISTRY
)
_runs = Counter("bookbridge_runs_ended", "Runs ended by this worker", ["direction", "result"], registry=REGISTRY)
_documents = Counter("bookbridge_documents", "Documents of runs ended by this worker", ["outcome"], registry=REGISTRY)
_sweeps = Histogram("bookbridge_sweep_seconds", "Time of a sweep", buckets=_SECONDS, registry=REGISTRY)
_METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE"})
_OUTCOMES = ("posted", "refused", "uncertain", "skipped", "rejects")


@contextmanager
def _count(name: str, facts: watching.Facts) -> Iterator[None]:
    started = time.monotonic()
    try:
        yield
    finally:
        if name in _COUNTS:
            _COUNTS[name](facts, time.monotonic() - started)


def _count_request(facts: watching.Facts, seconds: float) -> None:
    _requests.labels(facts["view"], facts["status"]).inc()
    _request_seconds.labels(facts["view"]).observe(seconds)


def _count_drop(facts: watching.Facts, _seconds: float) -> None:
    method = facts["method"] if facts["method"] in _METHODS else "other"
    _drops.labels(method, facts["status"] or "cut").inc()


def _count_call(facts: watching.Facts, seconds: float) -> None:
    _calls.labels(facts["package"], facts["status"] or "none").inc()
    _call_seconds.labels(facts["package"]).observe(seconds)


def _count_sweep(_facts: watching.Facts, seconds: float) -> None:
    _sweeps.observe(seconds)


def _count_end(facts: watching.Facts, _seconds: float) -> None:
    _runs.labels(facts["direction"], facts["result"]).inc()
    for outcome in _OUTCOMES:
        _documents.labels(outcome).inc(facts["counts"].get(outcome, 0))


_COUNTS: dict[str, Callable[[watching.Facts, float], None]] = {
    "request": _count_request,
    "drop_box_request": _count_drop,
    "package_call": _count_call,
    "sweep": _count_sweep,
    "run_end": _count_end,
}
_started: list[object] = []


def start() -> None:
    """Count what this process does from here on; once is enough."""
    if not _started:
        _started.append(watching.add(_count))


def serve_tables() -> None:
    """Tell what stands in the tables as well; in the server alone, or each number would be there many times."""
    if len(_started) < 2:
        _started.append(tables := Tables())
        REGISTRY.register(tables)


def serve(host: str, port: int) -> None:
    """Tell this process's numbers at an address of its own, to whoever reaches it. Raises OSError."""
    start()
    start_http_server(port, host or "127.0.0.1", registry=REGISTRY)


class Tables(Collector):
    """What the tables tell of the whole installation, asked at most every few seconds."""

    def __init__(self) -> None:
        self._read_at = float("-inf")
        self._known: list[measures.Measure] = []
        self._well = False

    def collect(self) -> Iterable[GaugeMetricFamily]:
        if time.monotonic() - self._read_at > TABLES_READ_AT_MOST_EVERY_S:
            self._read()
        yield GaugeMetricFamily("bookbridge_database_up", "Whether the tables could be read", value=float(self._well))
        yield from _families(self._known if self._well else [])

    def _read(self) -> None:
        try:
            self._known, self._well = measures.read(), True
        except DatabaseError as error:
            self._well = False
            _log.error("measures_not_read", reason=type(error).__name__)
        self._read_at = time.monotonic()


def _families(known: list[measures.Measure]) -> Iterator[GaugeMetricFamily]:
    families: dict[str, Any] = {}
    for measure in known:
        family = families.get(measure.name)
        if family is None:
            told = measures.MEANINGS.get(measure.name, measure.name)
            family = GaugeMetricFamily(f"bookbridge_{measure.name}", told, labels=list(measure.labels))
            families[measure.name] = family
        family.add_metric(list(measure.labels.values()), measure.value)
    yield from families.values()
