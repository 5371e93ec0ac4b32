"""Tells the platform that this agent lives, what waits and what is wrong: one small object for each integration."""

import json
import math
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bookbridge_agent.box import Box
from bookbridge_agent.configuration import Synchronisation
from bookbridge_agent.messages import AgentError
from bookbridge_agent.state import State, moment
from bookbridge_agent.versions import OWN

MOST_BYTES = 16 * 1024
MOST_TROUBLES = 10


class SignsOfLife:
    """Shared by all synchronisations: several may serve one integration, and its sign tells of all of them."""

    LONGEST_SILENCE_S = 300.0
    SHORTEST_SILENCE_S = 5.0
    """A folder with thousands of files makes as many rounds as there are bursts; one sign in a while tells enough."""

    def __init__(self, installation: str, clock: Callable[[], float]) -> None:
        self._installation = installation
        self._clock = clock
        self._lock = threading.Lock()
        self._states: list[tuple[Synchronisation, State]] = []
        self._told: dict[tuple[str, str], tuple[float, str]] = {}

    def add(self, of: Synchronisation, state: State) -> None:
        with self._lock:
            self._states.append((of, state))

    def remove(self, of: Synchronisation) -> None:
        with self._lock:
            self._states = [each for each in self._states if each[0].id != of.id]

    def is_due(self, of: Synchronisation) -> bool:
        """Whether nothing has been told for so long that it has to be, whatever else is being done."""
        told_at, _ = self._told.get((of.endpoint, of.prefix), (-math.inf, ""))
        return self._clock() - told_at >= self.LONGEST_SILENCE_S * 0.8

    def tell(self, box: Box, of: Synchronisation) -> None:
        """Unless nothing has changed since a moment ago. Raises AgentError of the storage's."""
        place = (of.endpoint, of.prefix)
        synchronisations = self._synchronisations(place)
        told_at, told = self._told.get(place, (-self.LONGEST_SILENCE_S, ""))
        quiet, news = self._clock() - told_at, json.dumps(synchronisations) != told
        if quiet < self.SHORTEST_SILENCE_S or (not news and quiet < self.LONGEST_SILENCE_S / 2):
            return
        try:
            box.tell(self._installation, self._sign(synchronisations))
        except AgentError as fault:
            # A bucket's rights may leave this out, or a server be older: files go all the same.
            if fault.message.code != "access_denied":
                raise
        self._told[place] = (self._clock(), json.dumps(synchronisations))

    def _synchronisations(self, place: tuple[str, str]) -> list[dict[str, Any]]:
        with self._lock:
            states = [each for each in self._states if (each[0].endpoint, each[0].prefix) == place]
        return [_told_of(of, state) for of, state in states]

    def _sign(self, synchronisations: list[dict[str, Any]]) -> bytes:
        sign = {
            "version": OWN,
            "installation": self._installation,
            "time": moment(datetime.now(UTC)),
            "synchronisations": synchronisations,
        }
        told = json.dumps(sign).encode()
        return told if len(told) <= MOST_BYTES else json.dumps({**sign, "synchronisations": []}).encode()


def _told_of(of: Synchronisation, state: State) -> dict[str, Any]:
    told = state.told()
    return {"name": of.name[:200], **told, "troubles": told["troubles"][:MOST_TROUBLES]}
