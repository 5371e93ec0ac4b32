"""Names in a local folder: given, changed and taken away, and never at the cost of another file.

What is between two names has one that ends in # and a number: no listing shows it, and when this process dies there, a
listing gives it a usable name again after an hour (`objects._give_usable_names`).
"""

import errno
import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from bookbridge.storage.places import LONGEST_NAME, names_beside

_NO_LINK = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
"""A file system without links, or a file of another user, to which Linux allows none."""


def take_name(source: Path, target: Path) -> None:
    """Rename a file; FileExistsError when anything has the name.

    Where there are no links, it is looked up and then renamed: the one case in which somebody may come in between.
    """
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        os.rename(source, target)
    else:
        os.unlink(source)


def hidden_beside(path: Path) -> Path:
    """A name in the same folder that nobody has and no listing shows."""
    # The end stays, since it tells the kind of file.
    kept = os.fsdecode(os.fsencode(path.name)[-LONGEST_NAME:])
    return path.with_name(f"{kept}#{uuid4().int % 10**9}")


def move_aside(path: Path) -> None:
    """Give whatever has the name another one beside it; that it is gone is fine."""
    hidden = hidden_beside(path)
    with suppress(FileNotFoundError):
        os.rename(path, hidden)
        _keep_beside(hidden, path)


def remove(path: Path, seen: os.stat_result) -> None:
    """Remove the file that was seen; one that has its name by now stays, under another if need be."""
    hidden = hidden_beside(path)
    os.rename(path, hidden)
    found = os.lstat(hidden)
    if _identity(found) == _identity(seen):
        os.unlink(hidden)
        return
    try:
        take_name(hidden, path)
    except FileExistsError:
        _keep_beside(hidden, path)


def _keep_beside(hidden: Path, path: Path) -> None:
    for name in names_beside(path.name):
        with suppress(FileExistsError):
            take_name(hidden, path.with_name(name))
            return


def _identity(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
