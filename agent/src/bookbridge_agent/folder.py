"""The source folder: what lies in it, and how a whole file is taken into the waiting folder beside it.

A file is taken by one rename, before it is sent. So whatever the ERP writes under its name afterwards is another file,
and what is sent can't be overwritten. The waiting folder is the truth about what is still to be sent:
`.bookbridge/ID/NAME`.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from bookbridge_agent import machine
from bookbridge_agent.crash_points import reach
from bookbridge_agent.names import is_unfinished
from bookbridge_agent.wholeness import Seen, has_line_end

WAITING = ".bookbridge"
ARCHIVE = "archive"
_DELIVERY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that was taken and has not been put away."""

    delivery: str
    """32 hexadecimal digits, chosen before the file was taken: what makes it one delivery for ever."""
    path: Path
    taken_ns: int

    @property
    def name(self) -> str:
        return self.path.name


def files_in(source: Path) -> dict[str, Seen]:
    """The files directly in a folder, but hidden and unfinished ones."""
    found = {}
    with os.scandir(source) as entries:
        for entry in entries:
            # What is gone again meanwhile is not there.
            with suppress(FileNotFoundError):
                if not is_unfinished(entry.name) and entry.is_file(follow_symlinks=False):
                    found[entry.name] = seen(Path(entry.path))
    return found


def seen(path: Path) -> Seen:
    status = path.stat(follow_symlinks=False)
    return Seen(status.st_size, status.st_mtime_ns)


def ends_whole(path: Path) -> bool:
    """Whether the last row has an end. Raises OSError when the file can't be read."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(file.tell() - 4, 0))
        return has_line_end(file.read())


def take(source: Path, name: str) -> Waiting:
    """Move a file into the waiting folder under an id of its own. Raises OSError and leaves it where it is.

    `flush` has it survive a power cut; until then it must not be sent, or it could be taken a second time.
    """
    delivery = uuid4().hex
    folder = source / WAITING / delivery
    folder.mkdir(parents=True)
    reach("folder_made")
    try:
        os.rename(source / name, folder / name)
    except OSError:
        with suppress(OSError):
            folder.rmdir()
        raise
    reach("file_taken")
    machine.flush_folder(folder)
    return Waiting(delivery, folder / name, folder.stat().st_mtime_ns)


def flush(source: Path) -> None:
    machine.flush_folder(source / WAITING)
    machine.flush_folder(source)


def waiting_in(source: Path) -> list[Waiting]:
    """Everything that was taken and has not been put away."""
    return list(waiting_within(source / WAITING))


def waiting_within(folder: Path) -> Iterator[Waiting]:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if _DELIVERY.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                taken_ns = entry.stat(follow_symlinks=False).st_mtime_ns
                for name in os.listdir(entry.path):
                    yield Waiting(entry.name, Path(entry.path, name), taken_ns)


def remove_empty(source: Path) -> None:
    """Folders of deliveries that hold nothing: a process died before its rename, or after the last step."""
    remove_empty_within(source / WAITING)


def remove_empty_within(folder: Path) -> None:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if _DELIVERY.fullmatch(entry.name):
                with suppress(OSError):
                    os.rmdir(entry.path)


def begin_anew(waiting: Waiting) -> Waiting:
    """Give a file whose content changed under its id another one: it is a delivery of its own."""
    delivery = uuid4().hex
    folder = waiting.path.parent.with_name(delivery)
    folder.mkdir()
    os.rename(waiting.path, folder / waiting.name)
    machine.flush_folder(folder)
    machine.flush_folder(folder.parent)
    _remove_folder_of(waiting)
    return Waiting(delivery, folder / waiting.name, waiting.taken_ns)


def archive(source: Path, waiting: Waiting, at: datetime) -> Path:
    """Move what has arrived into the archive folder, under a name that tells when and never meets another."""
    folder = source / ARCHIVE
    folder.mkdir(exist_ok=True)
    stem, suffix = waiting.path.stem, waiting.path.suffix
    target = folder / f"{stem} {at:%Y-%m-%d %H.%M.%S} {waiting.delivery[:12]}{suffix}"
    os.rename(waiting.path, target)
    machine.flush_folder(folder)
    _remove_folder_of(waiting)
    return target


def delete(waiting: Waiting) -> None:
    waiting.path.unlink()
    _remove_folder_of(waiting)


def _remove_folder_of(waiting: Waiting) -> None:
    # Somebody may have put something else beside it: that is sent too.
    with suppress(OSError):
        waiting.path.parent.rmdir()
