"""Looks at a source folder and takes what is whole: without the storage, which may be away while the ERP overwrites."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from bookbridge_agent import destination, folder, machine
from bookbridge_agent.configuration import Settings, Synchronisation
from bookbridge_agent.destination import Destination
from bookbridge_agent.folder import Waiting
from bookbridge_agent.journal import Journal
from bookbridge_agent.messages import AgentError, Message, message, reason_of
from bookbridge_agent.names import why_refused
from bookbridge_agent.state import State
from bookbridge_agent.wholeness import Seen, Wholeness

LONGEST_WAIT_FOR_RELATIONS_S = 30.0
"""Entries are held back so long for a file of customers or suppliers that is still being written."""
LOT = 100
"""Files that are taken before the first of them may be sent."""
_FOLDER = "folder"
_FILE = "file "
_OTHERS = "others"


@dataclass
class Whole:
    """Which waiting files this process took itself, and how each looked when it was known to be whole."""

    seen: dict[str, Seen] = field(default_factory=dict)


class Taker:
    """One synchronisation's looks. Not to be shared by threads; `whole` tells the sender what may go at once."""

    def __init__(
        self,
        of: Synchronisation,
        *,
        settings: Settings,
        journal: Journal,
        state: State,
        clock: Callable[[], float],
        on_taken: Callable[[], None],
    ) -> None:
        self._of = of
        self._journal = journal
        self._state = state
        self._clock = clock
        self._on_taken = on_taken
        self._wholeness = Wholeness(settings.settle_s, settings.unfinished_s)
        self._held_since: float | None = None
        self._is_first = True
        self._destination = Destination.of(of)
        self._of_others: list[Path] = []
        """Folders of files that wait for another integration."""
        self.whole = Whole()

    def look(self) -> None:
        """Take what is whole by now. What is wrong stands in the state."""
        try:
            if self._is_first:
                self._of_others = destination.begin(self._of.source, self._destination)
                folder.remove_empty(self._of.source)
                self._is_first = False
            self._tell_of_others()
            self._look()
        except FileNotFoundError:
            self._trouble(_FOLDER, message("source_missing", folder=self._of.source))
        except OSError as error:
            self._trouble(_FOLDER, AgentError.of_system(error, "source_unreadable", folder=self._of.source).message)
        else:
            self._state.clear_trouble(_FOLDER)

    def _tell_of_others(self) -> None:
        if self._of_others:
            self._of_others = [each for each in self._of_others if each.exists()]
        if count := destination.count(self._of_others):
            self._trouble(_OTHERS, message("waits_for_another", count=count, name=self._of.name))
        else:
            self._state.clear_trouble(_OTHERS)

    def seconds_until_next(self) -> float | None:
        return self._wholeness.seconds_until_next(self._clock())

    def is_waiting_for_a_file(self) -> bool:
        """Whether a file that may be taken by and by lies in the folder."""
        return self._wholeness.seconds_until_next(self._clock()) is not None

    def _look(self) -> None:
        there = folder.files_in(self._of.source)
        ours = {name: seen for name, seen in there.items() if self._of.masks.kind_of(name) is not None}
        self._state.clear_troubles_but(_FILE, {_FILE + name for name in ours})
        fit = {name: seen for name, seen in ours.items() if self._is_fit(name)}
        whole = self._wholeness.look(fit, self._clock(), self._ends_whole)
        names = iter(self._in_order(whole, fit))
        while lot := list(islice(names, LOT)):
            self._take_lot(lot, fit)

    def _take_lot(self, names: list[str], there: Mapping[str, Seen]) -> None:
        destination.ensure(self._of.source, self._destination)
        taken = [(waiting, there[name]) for name in names if (waiting := self._take(name)) is not None]
        if taken:
            folder.flush(self._of.source)
            self.whole.seen.update({waiting.delivery: seen for waiting, seen in taken})
            self._on_taken()

    def _is_fit(self, name: str) -> bool:
        wrong = why_refused(name)
        if wrong is not None:
            shown = name.encode("utf-8", "replace").decode()
            self._trouble(_FILE + name, message("bad_name", name=shown, reason=message(wrong)))
        return wrong is None

    def _ends_whole(self, name: str) -> bool:
        path = self._of.source / name
        try:
            if machine.is_in_use(path):
                return False
            whole = folder.ends_whole(path)
        except OSError as error:
            self._file_trouble(name, error)
            return False
        return whole

    def _in_order(self, whole: list[str], there: Collection[str]) -> list[str]:
        """Relations first; entries not while a file of relations is still being written."""
        late = any(self._of.masks.rank_of(name) == 0 for name in there if name not in whole)
        entries = [name for name in whole if self._of.masks.rank_of(name) != 0]
        relations = [name for name in whole if self._of.masks.rank_of(name) == 0]
        now = self._clock()
        if not (late and entries):
            self._held_since = None
        elif self._held_since is None:
            self._held_since = now
        if self._held_since is not None and now - self._held_since < LONGEST_WAIT_FOR_RELATIONS_S:
            return relations
        return relations + entries

    def _take(self, name: str) -> Waiting | None:
        path = self._of.source / name
        try:
            if machine.is_in_use(path):
                return None
            # What nobody may read can't be sent either: it stays where its owner looks for it.
            with path.open("rb"):
                pass
            waiting = folder.take(self._of.source, name)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._file_trouble(name, error)
            return None
        self._state.clear_trouble(_FILE + name)
        self._journal.tell(self._of.id, "taken", name, delivery=waiting.delivery)
        return waiting

    def _file_trouble(self, name: str, error: OSError) -> None:
        self._trouble(_FILE + name, message("file_unreadable", name=name, reason=reason_of(error)))

    def _trouble(self, about: str, trouble: Message) -> None:
        if self._state.set_trouble(about, trouble):
            self._journal.tell_trouble(self._of.id, trouble)


def checked_source(path: Path) -> Path:
    """Raises AgentError when no files could be taken there."""
    if not path.is_dir():
        raise AgentError("source_missing", folder=path)
    return path.absolute()
