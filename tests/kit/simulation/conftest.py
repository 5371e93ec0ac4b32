from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from bookbridge.kit.simulation import SimulatorServer, SimulatorSettings
from tests.kit.simulation.toy_package import ToyPackage
from tests.plain_http import PLAIN

StartToy = Callable[..., httpx.Client]


class HandClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: float = 1_790_000_000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def hand_clock() -> HandClock:
    return HandClock()


@pytest.fixture
def start_toy(hand_clock: HandClock) -> Iterator[StartToy]:
    """Starts a toy package with settings; gives an HTTP client on it. Everything is stopped at the end."""
    open_things: list[Any] = []

    def start(**settings: Any) -> httpx.Client:
        server = SimulatorServer(ToyPackage(SimulatorSettings(**settings), hand_clock)).start()
        client = httpx.Client(base_url=server.url, timeout=10, verify=PLAIN)
        open_things.extend([server.stop, client.close])
        return client

    yield start
    for end in reversed(open_things):
        end()
