"""Named points of the protocol at which the crash tests kill or stop the process. In operation nothing happens here."""

import os
import signal
import threading
from pathlib import Path

POINTS = (
    "file_archived",
    "delivery_written",
    "lines_written",
    "attempt_written",
    "claim_checked",
    "answer_received",
    "answer_written",
    "look_up_written",
    "line_written",
    "run_ending",
    "snapshot_written",
    "outstanding_file_written",
)

_VARIABLE = "BOOKBRIDGE_CRASH_AT"


_STOP = "stop "


def reach(point: str) -> None:
    """Die by SIGKILL when the tests ask for it at this point: `POINT=FILE`, once, while FILE is there.

    `stop POINT=FILE` stops the process there until it is continued.
    """
    asked = os.environ.get(_VARIABLE)
    if not asked:
        return
    name, _, flag = asked.removeprefix(_STOP).partition("=")
    if name == point and Path(flag).exists():
        Path(flag).unlink()
        if asked.startswith(_STOP):
            # To this very thread: sent to the process, it could run on for a while, and finish what it was about to do.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        else:
            os.kill(os.getpid(), signal.SIGKILL)
