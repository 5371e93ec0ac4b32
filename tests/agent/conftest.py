"""The real drop box as a process, and a PC with a real agent on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.pc import Pc
from tests.server.drop_box.conftest import running_server, server
from tests.server.drop_box.served import Served

__all__ = ["running_server", "server"]


@pytest.fixture
def pc(server: Served, tmp_path: Path) -> Iterator[Pc]:
    made = Pc(tmp_path, server)
    yield made
    made.end()
