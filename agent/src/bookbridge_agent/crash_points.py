"""Named points at which the tests kill the process. In operation nothing happens here."""

import os
import signal
import sys
from pathlib import Path

POINTS = (
    "folder_made",
    "file_taken",
    "file_read",
    "file_sent",
    "arrival_confirmed",
    "file_put_away",
    "output_written",
    "output_replaced",
)

_VARIABLE = "BOOKBRIDGE_AGENT_CRASH_AT"


def reach(point: str) -> None:
    """Die at once when the tests ask for it at this point: `POINT=FILE`, once, while FILE is there."""
    asked = os.environ.get(_VARIABLE)
    if not asked:
        return
    name, _, flag = asked.partition("=")
    if name == point and Path(flag).exists() and sys.platform != "win32":
        Path(flag).unlink()
        os.kill(os.getpid(), signal.SIGKILL)
