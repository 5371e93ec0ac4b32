"""How each synchronisation is doing, for the command line and for the platform."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bookbridge_agent.messages import Message


def moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


@dataclass
class State:
    """Written by a synchronisation's own threads, read by others."""

    waiting: int = 0
    oldest_waiting: str | None = None
    last_sent: str | None = None
    last_sent_name: str | None = None
    last_fetched: str | None = None
    last_trouble: dict[str, Any] | None = None
    """The latest that came up, also when it is over."""
    notice: Message | None = None
    """What a person should know, though nothing is wrong."""
    _troubles: dict[str, Message] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set_trouble(self, about: str, trouble: Message) -> bool:
        """Whether it is news. `about` is one thing that is either in order or not."""
        with self._lock:
            is_new = self._troubles.get(about) != trouble
            self._troubles[about] = trouble
            if is_new:
                self.last_trouble = {"at": moment(datetime.now(UTC)), **_as_json(trouble)}
            return is_new

    def clear_trouble(self, about: str) -> None:
        with self._lock:
            self._troubles.pop(about, None)

    def clear_troubles_but(self, beginning: str, still: set[str]) -> None:
        """Forget those about things of one kind that are not there any more."""
        with self._lock:
            for about in [each for each in self._troubles if each.startswith(beginning) and each not in still]:
                del self._troubles[about]

    def troubles(self) -> list[Message]:
        with self._lock:
            return list(self._troubles.values())

    def told(self) -> Mapping[str, Any]:
        """As JSON takes it. Sentences are made where they are read."""
        return {
            "waiting": self.waiting,
            "oldest_waiting": self.oldest_waiting,
            "last_sent": self.last_sent,
            "last_sent_name": self.last_sent_name,
            "last_fetched": self.last_fetched,
            "last_trouble": self.last_trouble,
            "troubles": [_as_json(each) for each in self.troubles()],
            "notices": [_as_json(self.notice)] if self.notice else [],
        }


def _as_json(trouble: Message) -> dict[str, Any]:
    return {"code": trouble.code, "values": dict(trouble.values)}
