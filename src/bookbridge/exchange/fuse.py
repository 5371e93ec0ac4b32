"""The kernel's own stop to a worker that was put to sleep between its last check and the writing of a request."""

import signal
import threading
from collections.abc import Callable

_AT_ONCE_S = 0.001


class Fuse:
    """While a request is being written, an alarm of the kernel stands at the moment from which nothing may be sent.

    A process that is stopped in between (SIGSTOP) doesn't see its alarm, but it can't run on before it: when it is
    continued, the kernel ends it before its next instruction. The alarm has no handler on purpose. Outside of writing
    there is no alarm, and a process that wakes up finds out by itself.
    """

    def __init__(self, seconds_left: Callable[[], float]) -> None:
        # An alarm outlives the replacement of a process by itself.
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        self._seconds_left = seconds_left
        self._lock = threading.Lock()
        self._writing = 0
        self._is_over = False

    def light(self) -> None:
        """Before the last check of a request that is about to be written."""
        with self._lock:
            self._writing += 1
            self._set()

    def put_out(self) -> None:
        """After its last byte was handed to the kernel, or when it is not written after all."""
        with self._lock:
            self._writing -= 1
            self._set()

    def set_anew(self) -> None:
        """After a heartbeat."""
        with self._lock:
            self._set()

    def leave(self) -> None:
        """Set the alarm no more, as it stands, because the process is about to end or to be replaced."""
        with self._lock:
            self._is_over = True

    def _set(self) -> None:
        if self._is_over:
            return
        seconds = max(self._seconds_left(), _AT_ONCE_S) if self._writing else 0
        signal.setitimer(signal.ITIMER_REAL, seconds)
