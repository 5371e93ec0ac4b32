"""Sends what waits, one delivery for ever each: the same key is offered until it is known that it arrived."""

import hashlib
import math
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from bookbridge_agent import destination, folder
from bookbridge_agent.box import PART, Box, ContentChangedError
from bookbridge_agent.configuration import Settings, Synchronisation
from bookbridge_agent.crash_points import reach
from bookbridge_agent.destination import Destination
from bookbridge_agent.faults import is_about_the_file
from bookbridge_agent.folder import Waiting
from bookbridge_agent.journal import Journal
from bookbridge_agent.messages import AgentError, message, reason_of
from bookbridge_agent.state import State, moment
from bookbridge_agent.taking import Whole
from bookbridge_agent.wholeness import Seen, Wholeness

REFUSED_FOR_S = 3600.0
"""A file that the storage doesn't want may have two gigabytes: it isn't sent each minute."""
_DELIVERY = "delivery "
_BLOCK = 1024 * 1024


class Sender:
    """One synchronisation's sending. Not to be shared by threads."""

    def __init__(
        self,
        of: Synchronisation,
        *,
        settings: Settings,
        journal: Journal,
        state: State,
        whole: Whole,
        clock: Callable[[], float],
    ) -> None:
        self._of = of
        self._journal = journal
        self._state = state
        self._whole = whole
        self._clock = clock
        self._wholeness = Wholeness(settings.settle_s, settings.unfinished_s)
        self._offered: set[str] = set()
        """Deliveries that this process has sent, perhaps without an answer."""
        self._not_before: dict[str, float] = {}
        """When a delivery that was refused by itself is tried again."""

    def send_all(self, box: Box, go_on: Callable[[], bool] = lambda: True) -> int:
        """Send what waits, relations first and oldest first; how many arrived. Raises AgentError of the storage's."""
        if not destination.may_be_sent(self._of.source, Destination.of(self._of)):
            # The taker sets them aside.
            return 0
        waiting = self._in_order(folder.waiting_in(self._of.source))
        self._count(waiting)
        sent = 0
        for each in self._ready(waiting):
            if not go_on():
                break
            if self._not_before.get(each.delivery, -math.inf) > self._clock():
                continue
            sent += self._send_carefully(box, each)
        self._count(folder.waiting_in(self._of.source))
        return sent

    def seconds_until_next(self) -> float | None:
        """Until what another process had taken is known to be whole."""
        return self._wholeness.seconds_until_next(self._clock())

    def _in_order(self, waiting: list[Waiting]) -> list[Waiting]:
        masks = self._of.masks
        return sorted(waiting, key=lambda each: (masks.rank_of(each.name), each.taken_ns, each.name))

    def _count(self, waiting: list[Waiting]) -> None:
        self._state.waiting = len(waiting)
        oldest = min((each.taken_ns for each in waiting), default=None)
        self._state.oldest_waiting = None if oldest is None else moment(datetime.fromtimestamp(oldest / 1e9, UTC))
        self._state.clear_troubles_but(_DELIVERY, {_DELIVERY + each.delivery for each in waiting})

    def _ready(self, waiting: list[Waiting]) -> list[Waiting]:
        """Those of which it is known that nobody writes in them: a writer may have had one open when it was taken."""
        now_there: dict[str, Seen] = {}
        for each in waiting:
            with suppress(FileNotFoundError):
                now_there[str(each.path)] = folder.seen(each.path)
        unsure = {
            str(each.path): now_there[str(each.path)]
            for each in waiting
            if str(each.path) in now_there and self._whole.seen.get(each.delivery) != now_there[str(each.path)]
        }
        whole = set(self._wholeness.look(unsure, self._clock(), _ends_whole))
        return [
            each
            for each in waiting
            if str(each.path) in now_there and (str(each.path) not in unsure or str(each.path) in whole)
        ]

    def _send_carefully(self, box: Box, waiting: Waiting) -> bool:
        """Whether it arrived. A fault of this file alone is kept in the state, so that others may go."""
        about = _DELIVERY + waiting.delivery
        try:
            self._send(box, waiting)
        except AgentError as fault:
            if not is_about_the_file(fault):
                raise
            if fault.message.code == "name_refused":
                self._not_before[waiting.delivery] = self._clock() + REFUSED_FOR_S
            if self._state.set_trouble(about, fault.message):
                self._journal.tell_trouble(self._of.id, fault.message, waiting.name)
            return False
        except OSError as error:
            unreadable = message("file_unreadable", name=waiting.name, reason=reason_of(error))
            self._state.set_trouble(about, unreadable)
            return False
        self._state.clear_trouble(about)
        return True

    def _send(self, box: Box, waiting: Waiting) -> None:
        before = folder.seen(waiting.path)
        sha256 = _digest(waiting.path)
        reach("file_read")
        if not self._journal.is_confirmed(waiting.delivery, sha256):
            self._offer(box, waiting, before, sha256)
            self._journal.confirm(waiting.delivery, sha256)
            self._journal.tell(self._of.id, "sent", waiting.name, delivery=waiting.delivery, sha256=sha256)
        reach("arrival_confirmed")
        self._state.last_sent, self._state.last_sent_name = moment(datetime.now(UTC)), waiting.name
        self._put_away(waiting)
        reach("file_put_away")

    def _offer(self, box: Box, waiting: Waiting, before: Seen, sha256: str) -> None:
        """Have the storage hold the file under its key. Raises AgentError when it doesn't, or when it isn't sure."""
        key = box.inbox_key(waiting.delivery, waiting.name)
        is_first = waiting.delivery in self._whole.seen and waiting.delivery not in self._offered
        self._offered.add(waiting.delivery)
        if not (is_first and before.size <= PART) and self._is_held(box, key, waiting, before.size, sha256):
            return
        try:
            is_new = self._put(box, key, waiting.path, before.size, sha256)
        except ContentChangedError:
            raise self._changed(waiting) from None
        reach("file_sent")
        if folder.seen(waiting.path) != before:
            raise self._changed(waiting)
        if not is_new and self._is_held(box, key, waiting, before.size, sha256):
            return
        held = box.held(key)
        # Absent: it was taken in already. It was stored all the same, for the storage said so.
        if held is not None and not held.is_the_same(before.size, sha256):
            raise AgentError("arrived_damaged", name=waiting.name)

    def _put(self, box: Box, key: str, path: Path, size: int, sha256: str) -> bool:
        if size > PART:
            box.create_large(key, path, sha256)
            return True
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ContentChangedError
        return box.create(key, content, sha256)

    def _is_held(self, box: Box, key: str, waiting: Waiting, size: int, sha256: str) -> bool:
        held = box.held(key)
        if held is None:
            return False
        if not held.is_the_same(size, sha256):
            raise self._changed(waiting)
        return True

    def _changed(self, waiting: Waiting) -> AgentError:
        """It has other content than what was sent under its id: from now on it is another delivery."""
        self._whole.seen.pop(waiting.delivery, None)
        folder.begin_anew(waiting)
        return AgentError("changed_while_sent", name=waiting.name)

    def _put_away(self, waiting: Waiting) -> None:
        try:
            if self._of.after == "delete":
                folder.delete(waiting)
            else:
                folder.archive(self._of.source, waiting, datetime.now(UTC).astimezone())
        except FileNotFoundError:
            # Another agent of the same folder was faster.
            return
        except OSError as error:
            raise AgentError.of_system(error, "archive_failed", folder=self._of.source, name=waiting.name) from None
        self._whole.seen.pop(waiting.delivery, None)
        self._offered.discard(waiting.delivery)


def _ends_whole(path: str) -> bool:
    try:
        return folder.ends_whole(Path(path))
    except OSError:
        # Whatever is the matter with it, it is told when it is sent.
        return True


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
