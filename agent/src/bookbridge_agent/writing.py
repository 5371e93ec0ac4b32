"""Files that a reader never sees half: a temporary name in the same folder, on the disk, then the name itself."""

import os
from collections.abc import Iterable
from pathlib import Path

from bookbridge_agent import machine
from bookbridge_agent.crash_points import reach


def write_whole(target: Path, chunks: Iterable[bytes], *, is_private: bool = False) -> int:
    """Replace a file in one step; the number of bytes. A private one can be read by its user alone, at any moment."""
    partial = target.with_name(f".{target.name}.bookbridge.part")
    size = 0
    try:
        with machine.create_private(partial) if is_private else partial.open("wb") as file:
            for chunk in chunks:
                size += file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        reach("output_written")
        machine.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    reach("output_replaced")
    machine.flush_folder(target.parent)
    return size
