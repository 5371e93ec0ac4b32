"""Looking through the folders of this computer, for the one that a field asks for."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bookbridge_agent import machine
from bookbridge_agent.messages import AgentError, Message

MOST = 500


@dataclass(frozen=True)
class Listing:
    path: Path
    parent: Path | None
    folders: tuple[Path, ...]
    left_out: int
    fault: Message | None
    drives: tuple[Path, ...]


def listing(given: str) -> Listing:
    """Of the path that was typed, or the next one above it that is there."""
    path = Path(given) if given else Path.home()
    if not path.is_absolute():
        path = Path.home()
    while not _is_folder(path) and path.parent != path:
        path = path.parent
    parent = path.parent if path.parent != path else None
    drives = tuple(dict.fromkeys([Path.home(), *machine.drives()]))
    try:
        folders = sorted(_folders_in(path), key=lambda each: each.name.casefold())
    except OSError as error:
        fault = AgentError.of_system(error, "folder_unreadable", folder=path).message
        return Listing(path, parent, (), 0, fault, drives)
    return Listing(path, parent, tuple(folders[:MOST]), max(len(folders) - MOST, 0), None, drives)


def _is_folder(path: Path) -> bool:
    with suppress(OSError, ValueError):
        return path.is_dir()
    return False


def _folders_in(path: Path) -> list[Path]:
    return [
        each for each in path.iterdir() if not each.name.startswith(".") and _is_text(each.name) and _is_folder(each)
    ]


def _is_text(name: str) -> bool:
    """On Linux a name may be any bytes; what is no text can't come back from a browser."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
