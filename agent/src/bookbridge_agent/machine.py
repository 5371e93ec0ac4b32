"""What differs between Windows and the others, and nothing else. On Windows it is written, and untested so far."""

import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

import platformdirs

_REPLACE_TRIES = 50 if sys.platform == "win32" else 1
_REPLACE_PAUSE_S = 0.2
_IN_USE = (32, 33)
"""Windows' ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION."""


def usual_folder() -> Path:
    """Where the configuration and the journal lie when nobody says otherwise."""
    return Path(platformdirs.user_data_dir("bookbridge-agent", appauthor=False, roaming=False))


def is_administrator() -> bool:
    """Whether services of the whole computer may be installed. Windows says so itself when they may not."""
    return sys.platform != "win32" and os.geteuid() == 0


def is_in_use(path: Path) -> bool:
    """Whether another program has the file open. Only Windows can tell: elsewhere the answer is no."""
    if sys.platform == "win32":
        import ctypes

        generic_read, nobody_else, open_existing, invalid = 0x80000000, 0, 3, ctypes.c_void_p(-1).value
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateFileW.restype = ctypes.c_void_p
        handle = kernel.CreateFileW(str(path), generic_read, nobody_else, None, open_existing, 0, None)
        if handle == invalid:
            # Whatever else is the matter with it is told when it is opened.
            return ctypes.get_last_error() in _IN_USE
        kernel.CloseHandle(ctypes.c_void_p(handle))
    return False


def system_languages() -> list[str]:
    """Language tags, the preferred one first."""
    if sys.platform == "win32":
        import ctypes
        import locale

        languages = [locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")]
    else:
        languages = [found for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (found := os.environ.get(name))][:1]
    return languages


def drives() -> list[Path]:
    """Where looking for a folder can begin: the drives on Windows, the root elsewhere."""
    if sys.platform == "win32":
        places = [drive for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if (drive := Path(f"{letter}:\\")).exists()]
    else:
        places = [Path("/")]
    return places


def flush_folder(folder: Path) -> None:
    """Have the names in a folder on the disk. Windows has no such thing; its file system keeps their order itself."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            # Some network file systems can't; what is lost then is lost with the server that holds it.
            with suppress(OSError):
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def replace(
    source: Path, target: Path, *, tries: int = _REPLACE_TRIES, pause: Callable[[float], object] = time.sleep
) -> None:
    """Give a file the name of another in one step. Windows refuses while a reader has that one open: tried again."""
    for left in reversed(range(tries)):
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if not left:
                raise
            pause(_REPLACE_PAUSE_S)


def rename_to_free(source: Path, target: Path) -> None:
    """Give a file a name that nobody has. Raises FileExistsError otherwise; broken off, it can be done again."""
    if sys.platform == "win32":
        os.rename(source, target)
    else:
        try:
            os.link(source, target)
        except FileExistsError:
            if not target.samefile(source):
                raise
        except OSError:
            # Some network file systems have no second names.
            if target.exists():
                raise FileExistsError(target) from None
            os.rename(source, target)
            return
        source.unlink()


def lock(path: Path) -> IO[str] | None:
    """Lock a file for as long as it stays open, or this process lives; None when another has it."""
    file = path.open("a+", encoding="utf-8")
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def listen(port: int) -> socket.socket:
    """At a port of this computer's own address; 0 is any free one. On Windows others could share it otherwise."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR if exclusive is None else exclusive, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def create_private(path: Path) -> IO[bytes]:
    """A new, empty file that its user alone can read. On Windows a user's own folders are so by themselves."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600), "wb")
