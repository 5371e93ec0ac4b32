"""For which integration the waiting files were taken: written beside them, so that they never go to another unasked.

`.bookbridge/destination.json` is written before the first file is taken. A synchronisation that finds files of another
integration there sets the whole folder aside by one rename, `.bookbridge-ID`, and goes on with an empty one. What is
set aside waits for a person, who has it sent on or put back; a synchronisation of its own integration takes it up.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from bookbridge_agent import folder, machine
from bookbridge_agent.configuration import Synchronisation
from bookbridge_agent.crash_points import reach
from bookbridge_agent.folder import WAITING, Waiting
from bookbridge_agent.writing import write_whole

_MARK = "destination.json"
_ASIDE = re.compile(re.escape(WAITING) + r"-[0-9a-f]{32}")


@dataclass(frozen=True)
class Destination:
    company: str
    integration: str
    endpoint: str

    @classmethod
    def of(cls, synchronisation: Synchronisation) -> "Destination":
        return cls(synchronisation.company, synchronisation.integration, synchronisation.endpoint)

    def is_that_of(self, other: "Destination") -> bool:
        """The address is kept to be shown: a portal that moved is the same one."""
        return (self.company, self.integration) == (other.company, other.integration)


@dataclass(frozen=True)
class Aside:
    """A waiting folder of another integration."""

    path: Path
    destination: Destination
    waiting: tuple[Waiting, ...]


UNKNOWN = Destination("", "", "")
"""What a mark that can't be read tells: it is nobody's own."""


def may_be_sent(source: Path, own: Destination) -> bool:
    """Whether what waits is for this integration. Raises OSError when the mark can't be looked at."""
    marked = _read(source / WAITING)
    return marked is None or marked.is_that_of(own)


def ensure(source: Path, own: Destination) -> None:
    """Have the mark there before a file is taken."""
    waiting = source / WAITING
    if not (waiting / _MARK).exists():
        _write(waiting, own)


def begin(source: Path, own: Destination) -> list[Path]:
    """Set aside what waits for another integration, and take up again what was set aside and is for this one.

    The folders of files that wait for others.
    """
    waiting = source / WAITING
    marked = _read(waiting)
    if marked is not None and not marked.is_that_of(own) and folder.waiting_in(source):
        with suppress(FileNotFoundError):
            os.rename(waiting, source / f"{WAITING}-{uuid4().hex}")
        machine.flush_folder(source)
        reach("set_aside")
        marked = None
    if waiting.exists() and marked != own:
        _write(waiting, own)
    left = []
    for aside in asides(source):
        if aside.destination.is_that_of(own):
            ensure(source, own)
            for each in aside.waiting:
                _move_on(source, each, each.delivery)
                reach("taken_up")
        if not _remove(aside.path):
            left.append(aside.path)
    return left


def for_others(source: Path, own: Destination) -> list[Aside]:
    """What waits in a source folder and is for another integration, set aside or not yet."""
    found = [each for each in asides(source) if each.waiting and not each.destination.is_that_of(own)]
    marked, waiting = _read(source / WAITING), folder.waiting_in(source)
    if marked is not None and not marked.is_that_of(own) and waiting:
        found.append(Aside(source / WAITING, marked, tuple(waiting)))
    return found


def asides(source: Path) -> list[Aside]:
    with os.scandir(source) as entries:
        paths = sorted(entry.path for entry in entries if _ASIDE.fullmatch(entry.name))
    return [Aside(Path(path), _read(Path(path)) or UNKNOWN, tuple(folder.waiting_within(Path(path)))) for path in paths]


def count(paths: list[Path]) -> int:
    return sum(1 for path in paths for _ in folder.waiting_within(path))


def send_on(source: Path, own: Destination, has_arrived: Callable[[Waiting, str], bool]) -> Iterator[Waiting]:
    """Have what waits for others sent to this integration, each as a delivery of its own.

    `has_arrived` is asked with the digest, and puts away what it says yes to: that goes nowhere any more.
    """
    begin(source, own)
    for aside in asides(source):
        ensure(source, own)
        for each in aside.waiting:
            if each.path.exists() and not has_arrived(each, _digest(each.path)):
                _move_on(source, each, uuid4().hex)
                reach("sent_on")
                yield each
        _remove(aside.path)


def put_back(
    source: Path, own: Destination, has_arrived: Callable[[Waiting, str], bool]
) -> Iterator[tuple[Waiting, str]]:
    """Move what waits for others back into the source folder, with the name each has there. Nothing is overwritten."""
    begin(source, own)
    for aside in asides(source):
        for each in aside.waiting:
            if not has_arrived(each, _digest(each.path)):
                name = _back(source, each)
                reach("put_back")
                yield each, name
        _remove(aside.path)


def _back(source: Path, waiting: Waiting) -> str:
    taken = datetime.fromtimestamp(waiting.taken_ns / 1e9, UTC).astimezone()
    stem, suffix = waiting.path.stem, waiting.path.suffix
    dated = f"{stem} {taken:%Y-%m-%d %H.%M.%S}"
    names = (waiting.name, f"{dated}{suffix}", f"{dated} {waiting.delivery[:12]}{suffix}")
    for name in names:
        target = source / name
        try:
            machine.rename_to_free(waiting.path, target)
        except FileExistsError:
            continue
        machine.flush_folder(source)
        with suppress(OSError):
            waiting.path.parent.rmdir()
        return name
    raise FileExistsError(names[-1])


def _move_on(source: Path, waiting: Waiting, delivery: str) -> None:
    """By one rename of its folder, and so of everything in it: a file is under one id at any moment."""
    with suppress(FileNotFoundError):
        os.rename(waiting.path.parent, source / WAITING / delivery)
    machine.flush_folder(source / WAITING)


def _remove(aside: Path) -> bool:
    """Whether it is gone. What still holds a file stays, and its mark with it."""
    folder.remove_empty_within(aside)
    if any(True for _ in folder.waiting_within(aside)):
        return False
    (aside / _MARK).unlink(missing_ok=True)
    with suppress(OSError):
        aside.rmdir()
    return not aside.exists()


def _read(waiting: Path) -> Destination | None:
    """None when nothing is written there; it is UNKNOWN when what is can't be understood."""
    try:
        text = (waiting / _MARK).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        values = json.loads(text)
        return Destination(str(values["company"]), str(values["integration"]), str(values.get("endpoint", "")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return UNKNOWN


def _write(waiting: Path, own: Destination) -> None:
    waiting.mkdir(exist_ok=True)
    write_whole(waiting / _MARK, [json.dumps(asdict(own)).encode()])


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
