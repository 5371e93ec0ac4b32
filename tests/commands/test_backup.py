"""A backup comes back on an empty machine: whole, proven, and without anything being posted twice."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from bookbridge.kit import catalogue
from bookbridge.kit.simulation import SimulatorServer, SimulatorSettings
from bookbridge.server import backup_file
from bookbridge.server.backup_file import BackupError
from tests.exchange.stage import DEMO_FILES

SET_UP = """
import sys
from bookbridge.server.start import load_django
load_django()
from bookbridge.commands.staging import set_stage
made = set_stage("exact_online", sys.argv[1], "Company", "Files")
print(made.configuration.organisation_id, made.configuration.integration_id)
"""
WORK = """
import time
from bookbridge.server.start import load_django
load_django()
import sys
from bookbridge.exchange import running, sweep
from bookbridge.exchange.models import Run
from bookbridge.exchange.workers import WorkerLife
from bookbridge.organisations.walls import acting_for
from uuid import UUID
from django.utils import timezone
life, deadline = WorkerLife().start(), time.monotonic() + 60
with acting_for(UUID(sys.argv[1])):
    while True:
        sweep.sweep()
        for run in Run.objects.filter(state="waiting", resume_at__lte=timezone.now()):
            running.work_on(run.pk, life)
        if not Run.objects.exclude(state="ended").exists():
            break
        assert time.monotonic() < deadline, list(Run.objects.exclude(state="ended").values("waiting_for"))
    print(sum(run.counts["posted"] for run in Run.objects.order_by("-pk")[:1]))
life.stop()
"""


class Machine:
    """A folder with a PostgreSQL of its own, as after an installation."""

    def __init__(self, folder: Path, simulator: str) -> None:
        self.folder = folder
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("BOOKBRIDGE_", "DATABASE_"))}
        self.environment = {
            **plain,
            "BOOKBRIDGE_DATA": str(folder),
            "BOOKBRIDGE_INBOX_SETTLE_S": "0",
            "BOOKBRIDGE_ALLOWED_PRIVATE_ADDRESSES": simulator.removeprefix("http://"),
        }

    def run(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], env=self.environment, capture_output=True, text=True, timeout=180, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + (done.stderr if code else "")

    def bookbridge(self, *arguments: str, code: int = 0) -> str:
        return self.run("-m", "bookbridge", *arguments, code=code)

    def drop(self, place: str, *names: str) -> None:
        organisation, integration = place.split()
        for name in names:
            (self.folder / "storage" / organisation / integration / "inbox" / name).write_bytes(
                (DEMO_FILES / name).read_bytes()
            )


@pytest.fixture
def books() -> Any:
    settings = SimulatorSettings(minute_limit=100_000, day_limit=1_000_000, auto_approve=True)
    with SimulatorServer(catalogue.simulator_factory("exact_online")(settings)) as server:
        yield server


def summary(books: SimulatorServer) -> Any:
    import httpx

    return httpx.get(f"{books.url}/_simulator/books", params={"division": 3141593}).json()["summary"]


@pytest.mark.journey
def test_after_a_restore_nothing_is_posted_twice_and_the_trail_is_whole(tmp_path: Path, books: SimulatorServer) -> None:
    old, new = Machine(tmp_path / "old", books.url), Machine(tmp_path / "new", books.url)
    place = old.run("-c", SET_UP, books.url).strip()
    old.drop(place, "debitr.csv", "credit.csv")
    old.run("-c", WORK, place.split()[0])
    file = tmp_path / "backup.tar"
    assert "The keys are not in it" in old.bookbridge("backup", str(file))
    assert file.stat().st_mode & 0o077 == 0

    # After the backup the old machine posts on, and is lost then.
    old.drop(place, "fmuta6.csv")
    old.run("-c", WORK, place.split()[0])
    posted = summary(books)
    assert posted["sales_entries"] > 0

    refused = new.bookbridge("restore", str(file), code=1)
    assert "the backup holds no keys" in refused
    assert not (new.folder / "secrets" / "encryption_keys").exists(), "keys made now could read nothing"
    keys = (old.folder / "secrets" / "encryption_keys").read_text()
    new.environment["BOOKBRIDGE_ENCRYPTION_KEYS"] = keys
    report = json.loads(new.bookbridge("restore", str(file), "--json"))
    assert report["wrong"] == []
    assert report["files"] >= 2
    assert "not empty" in new.bookbridge("restore", str(file), code=1)
    for line in new.bookbridge("audit", "verify", "--json").splitlines():
        assert json.loads(line).get("fault") is None

    # Its one-time token was used since: a person signs in anew, as everywhere after a restore.
    assert new.run("-c", SET_UP, books.url).strip() == place
    new.drop(place, "debitr.csv", "credit.csv", "fmuta6.csv")
    new.run("-c", WORK, place.split()[0])
    assert summary(books) == posted


def test_a_damaged_backup_is_refused_before_anything_is_touched(tmp_path: Path) -> None:
    for content in (b"", b"no tar at all", b"x" * 20_000):
        file = tmp_path / "backup.tar"
        file.write_bytes(content)
        with pytest.raises(BackupError):
            backup_file.check(file)


@pytest.mark.parametrize(
    "name", ["../outside", "storage/../../outside", "/etc/passwd", "storage//x", "other", "secrets/."]
)
def test_a_backup_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / "backup.tar"
    with tarfile.open(file, "w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(BackupError, match="which no backup of ours has"):
        backup_file.check(file)


def test_links_in_a_backup_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    link = tarfile.TarInfo("storage/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(file, "w") as archive:
        archive.addfile(link)
    with pytest.raises(BackupError):
        backup_file.check(file)
