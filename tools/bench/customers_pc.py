"""A PC with a real agent beside the installation of a measure, which uploads to its real drop box."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psutil

from bookbridge_agent import configuration
from bookbridge_agent.configuration import Configuration, Settings, Synchronisation
from bookbridge_agent.home import Home
from bookbridge_agent.vault import FileVault
from tools.bench.installation import Installation, installed

DEADLINE_S = 3600


@dataclass(frozen=True)
class Pc:
    folders: list[Path]
    home: Home
    inbox: Path
    """Where the drop box keeps what arrived."""

    @contextmanager
    def agent(self) -> Iterator[psutil.Process]:
        # Nobody's keyring of this machine is touched.
        environment = {**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
        command = [sys.executable, "-P", "-m", "bookbridge_agent", "--home", str(self.home.folder), "run"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def pc(synchronisations: int = 1, **settings: float) -> Iterator[Pc]:
    with installed() as here:
        _, url = here.serve()
        access = _access_key()
        home = Home(here.folder / "agent")
        home.create()
        vault, made = FileVault(home.folder), []
        for number in range(synchronisations):
            folder = here.folder / f"export {number}"
            folder.mkdir()
            made.append(_synchronisation(f"ERP {number}", folder, access, url))
            vault.put(made[-1].id, access.secret)
        configuration.save(home, Configuration(uuid4().hex, tuple(made), Settings(**settings)))  # type: ignore[arg-type]
        yield Pc([each.source for each in made], home, _inbox(here, access))


@dataclass(frozen=True)
class _Access:
    company: str
    integration: str
    key: str
    secret: str


def _synchronisation(name: str, folder: Path, access: _Access, url: str) -> Synchronisation:
    return Synchronisation(
        id=uuid4().hex,
        name=name,
        source=folder,
        access_key=access.key,
        company=access.company,
        integration=access.integration,
        endpoint=url,
        sales_output=folder / "dbopen.csv",
    )


def _inbox(here: Installation, access: _Access) -> Path:
    return here.folder / "storage" / access.company / access.integration / "inbox"


def _access_key() -> _Access:
    from bookbridge.integrations import access_keys
    from bookbridge.integrations.models import Integration
    from bookbridge.organisations.models import Organisation
    from bookbridge.organisations.walls import acting_for

    company = Organisation(name="Bench")
    with acting_for(company.pk):
        company.save()
        link = Integration.objects.create(organisation=company, name="Bench", package="exact_online")
        key, secret = access_keys.make(link, "Bench", None)
    return _Access(str(company.pk), str(link.pk), key.key_id, secret)


def wait_for(happened: Callable[[], bool], what: str, look_every_s: float = 0.002) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(look_every_s)
