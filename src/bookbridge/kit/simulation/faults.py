"""Faults: what goes wrong on purpose, as rules that can be changed while the simulator runs."""

import random
import threading
from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class FaultKind(StrEnum):
    """What happens to a call that a rule hits."""

    REFUSE = "refuse"
    TOO_MANY_REQUESTS = "too_many_requests"
    SERVER_ERROR = "server_error"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"
    SLOW = "slow"


class FaultRule(BaseModel):
    """One rule. A rule without `path` and `resource` hits any call to the API, never the OAuth addresses.

    `timeout_before`: never accepted; nothing is sent for `delay_s`, then the line is cut. `timeout_after`: accepted,
    the answer comes after `delay_s`. `cut_before`/`cut_after`: the line is cut at once, without or after accepting.
    `slow`: everything as usual, `delay_s` later. `too_many_requests`: the limit is said to end in `delay_s`.
    `server_error`: an HTML page with `status`, nothing accepted.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: FaultKind
    path: str | None = Field(default=None, description="the call's path starts with this")
    resource: str | None = Field(default=None, description="the path ends in this, e.g. salesentry/SalesEntries")
    method: str | None = Field(default=None, description="GET, POST …; none = any")
    changes: bool | None = Field(default=None, description="only calls that change the books, or only others")
    probability: float = Field(default=1.0, ge=0.0, le=1.0)
    times: int | None = Field(default=None, ge=1, description="hit at most this many calls; none = always")
    delay_s: float = Field(default=30.0, ge=0.0, description="seconds for slow and the time-outs")
    message: str | None = Field(default=None, description="the text of refuse")
    status: int = Field(default=503, ge=400, le=599, description="the status of server_error")

    def matches(self, method: str, path: str, *, is_api: bool, changes: bool) -> bool:
        """Whether the rule speaks of this call."""
        if self.changes is not None and not (is_api and changes is self.changes):
            return False
        if self.method is not None and self.method.upper() != method.upper():
            return False
        if self.path is None and self.resource is None:
            return is_api
        if self.path is not None and not path.startswith(self.path):
            return False
        resource_path = path.partition("(")[0].rstrip("/").lower()
        return self.resource is None or resource_path.endswith(f"/{self.resource.lower()}")


class FaultPlan:
    """The rules in force, with their counts. The chance is seeded, so that a run can be repeated."""

    def __init__(self, rules: Iterable[FaultRule] = (), seed: int = 1) -> None:
        self._lock = threading.Lock()
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose, nothing secret.
        self._rules: list[FaultRule] = list(rules)
        self._hits: list[int] = [0] * len(self._rules)

    def add(self, rules: Iterable[FaultRule]) -> None:
        """Put more rules in force, after those that are."""
        with self._lock:
            added = list(rules)
            self._rules += added
            self._hits += [0] * len(added)

    def clear(self) -> None:
        """Take every rule out of force."""
        with self._lock:
            self._rules, self._hits = [], []

    def describe(self) -> list[dict[str, object]]:
        """Every rule with how often it hit."""
        with self._lock:
            return [
                {**rule.model_dump(mode="json"), "hits": hits}
                for rule, hits in zip(self._rules, self._hits, strict=True)
            ]

    def pick(self, method: str, path: str, *, is_api: bool, changes: bool) -> FaultRule | None:
        """The first rule that hits this call; its count goes up. `changes`: whether the call changes the books."""
        with self._lock:
            for number, rule in enumerate(self._rules):
                if rule.times is not None and self._hits[number] >= rule.times:
                    continue
                if (
                    not rule.matches(method, path, is_api=is_api, changes=changes)
                    or self._chance.random() >= rule.probability
                ):
                    continue
                self._hits[number] += 1
                return rule
        return None
