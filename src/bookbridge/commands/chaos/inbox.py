"""Dropping files as an ERP does: whole, or growing in the inbox while somebody may be looking."""

import time
from collections.abc import Mapping
from pathlib import Path
from random import Random

from bookbridge.commands.chaos.installation import NotNowError
from bookbridge.storage import StorageError, open_storage

_PIECES = 4
_BETWEEN_PIECES_S = 0.03
"""Well under the time that a file must be unchanged: a program that writes steadily, only slowly."""


class Inbox:
    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def drop(self, files: Mapping[str, bytes], chance: Random) -> None:
        """All files, in an order of chance. Raises NotNowError while the storage fails; those before are dropped."""
        names = list(files)
        chance.shuffle(names)
        for name in names:
            try:
                open_storage().put(f"{self._prefix}/{name}", files[name])
            except StorageError as error:
                raise NotNowError(str(error)) from None

    def overwrite(self, files: Mapping[str, bytes], chance: Random) -> None:
        """Over what lies there, piece by piece; then once more, while the first may be on its way to the archive."""
        folder = open_storage().local_path(self._prefix)
        assert folder is not None
        try:
            for name in [*files, chance.choice(list(files))]:
                _write_slowly(folder / name, files[name])
        except OSError as error:
            raise NotNowError(str(error)) from None

    def is_empty(self) -> bool:
        try:
            return not any(open_storage().list(self._prefix))
        except StorageError as error:
            raise NotNowError(str(error)) from None


def _write_slowly(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    piece = len(content) // _PIECES + 1
    with path.open("wb") as file:
        for begin in range(0, len(content), piece):
            file.write(content[begin : begin + piece])
            file.flush()
            time.sleep(_BETWEEN_PIECES_S)
