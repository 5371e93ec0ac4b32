"""Details held against the storage while they are entered; each answer is remembered for a moment."""

import hashlib
import threading
import time
from collections.abc import Callable

from bookbridge_agent.box import Box
from bookbridge_agent.configuration import Synchronisation
from bookbridge_agent.faults import PASSING
from bookbridge_agent.messages import AgentError, Message

LASTS_S = 20.0
FIELDS = {
    "wrong_key": "access_key",
    "wrong_secret": "secret",
    "no_secret": "secret",
    "wrong_company": "company",
    "wrong_integration": "integration",
    "access_denied": "company",
    "wrong_bucket": "bucket",
    "wrong_region": "region",
    "wrong_clock": "endpoint",
    "unreachable": "endpoint",
    "unreachable_by_proxy": "endpoint",
    "proxy_refused": "endpoint",
    "storage_failed": "endpoint",
}
"""At which field of the form each refusal stands."""


class Checker:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last: tuple[float, str, Message | None] = (0.0, "", None)

    def ask(self, of: Synchronisation, secret: str, proxy: str | None) -> Message | None:
        """What is wrong with the details, if anything is."""
        details = (of.endpoint, of.region, of.bucket, of.company, of.integration, of.access_key, secret, proxy or "")
        known = hashlib.sha256("\0".join(details).encode()).hexdigest()
        with self._lock:
            at, last, answer = self._last
            if last == known and self._clock() - at < LASTS_S:
                return answer
        answer = _answer(of, secret, proxy)
        if answer is None or answer.code not in PASSING:
            with self._lock:
                self._last = (self._clock(), known, answer)
        return answer


def _answer(of: Synchronisation, secret: str, proxy: str | None) -> Message | None:
    try:
        Box(of, secret, proxy, is_hurried=True).check()
    except AgentError as fault:
        return fault.message
    return None
