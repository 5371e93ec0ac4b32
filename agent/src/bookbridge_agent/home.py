"""Where configuration, secrets and journal lie: one folder, movable by a setting."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bookbridge_agent import machine
from bookbridge_agent.messages import AgentError

_LOOK_AGAIN_S = 0.02


@dataclass(frozen=True)
class Home:
    folder: Path

    @property
    def configuration(self) -> Path:
        return self.folder / "configuration.json"

    @property
    def journal(self) -> Path:
        return self.folder / "journal.sqlite3"

    @property
    def screens(self) -> Path:
        """Tells where the screens are while an agent works."""
        return self.folder / "screens.json"

    def is_at_work(self) -> bool:
        """Whether an agent works with it just now."""
        try:
            locked = machine.lock(self._lock)
        except OSError:
            return False
        if locked is not None:
            locked.close()
        return locked is None

    @property
    def _lock(self) -> Path:
        return self.folder / "agent.lock"

    def create(self) -> None:
        """Made for its user alone: what is in it tells of a company's files."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """As the only one, of whatever process, who changes what is kept here. Another is waited for."""
        self.create()
        while (locked := machine.lock(self.folder / "changing.lock")) is None:
            time.sleep(_LOOK_AGAIN_S)
        with locked:
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """As the only agent at work with this configuration. Raises AgentError when another is."""
        self.create()
        locked = machine.lock(self._lock)
        if locked is None:
            raise AgentError("runs_already", folder=self.folder)
        with locked:
            # Of an agent that was killed.
            self.screens.unlink(missing_ok=True)
            yield
