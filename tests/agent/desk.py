"""An agent in this process, against any S3 service."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from bookbridge_agent import configuration
from bookbridge_agent.configuration import Configuration, Settings, Synchronisation
from bookbridge_agent.home import Home
from bookbridge_agent.running import Agent
from bookbridge_agent.vault import FileVault
from bookbridge_agent.working import Work
from tests.storage.buckets import SECRET_KEY

COMPANY, INTEGRATION = str(UUID(int=1)), str(UUID(int=2))


class Desk:
    """A home with one synchronisation, whose folder is there already."""

    def __init__(self, folder: Path, endpoint: str, bucket: str = "bookbridge", **fields: Any) -> None:
        self.home = Home(folder / "home")
        self.home.create()
        self.source = folder / "source"
        self.source.mkdir(exist_ok=True)
        given: dict[str, Any] = {"company": COMPANY, "integration": INTEGRATION, "bucket": bucket, **fields}
        self.of = Synchronisation(
            id=uuid4().hex, name="ERP", source=self.source, access_key="tester", endpoint=endpoint, **given
        )
        self.vault = FileVault(self.home.folder)
        self.vault.put(self.of.id, SECRET_KEY)
        settings = Settings(settle_s=0.02, unfinished_s=0.1)
        configuration.save(self.home, Configuration(uuid4().hex, (self.of,), settings))

    def set(self, **fields: Any) -> None:
        self.of = replace(self.of, **fields)
        configuration.change(self.home, lambda now: replace(now, synchronisations=(self.of,)))

    def once(self) -> Work:
        [work] = Agent(self.home, self.vault).once()
        return work

    def troubles(self) -> list[str]:
        """Codes of what is wrong after one more round."""
        return [each.code for each in self.once().state.troubles()]

    def write(self, name: str, content: bytes) -> Path:
        path = self.source / name
        path.write_bytes(content)
        return path

    def waiting(self) -> list[Path]:
        return sorted(path for path in (self.source / ".bookbridge").glob("*/*") if path.is_file())

    def archived(self) -> list[bytes]:
        return sorted(path.read_bytes() for path in (self.source / "archive").glob("*"))


def once_at(monkeypatch: Any, module: Any, name: str, happen: Callable[[], None]) -> None:
    """Have something happen right before a function is called for the first time."""
    real, left = getattr(module, name), [happen]

    def called(*given: Any, **named: Any) -> Any:
        if left:
            left.pop()()
        return real(*given, **named)

    monkeypatch.setattr(module, name, called)
