"""What a person decides about files that wait for another integration: sent to the new one, or put back."""

from dataclasses import dataclass
from datetime import UTC, datetime

from bookbridge_agent import destination, folder
from bookbridge_agent.configuration import Synchronisation
from bookbridge_agent.destination import Aside, Destination
from bookbridge_agent.folder import Waiting
from bookbridge_agent.home import Home
from bookbridge_agent.journal import Journal
from bookbridge_agent.messages import AgentError


@dataclass(frozen=True)
class Leftovers:
    """Of one synchronisation. Raises AgentError when its folder can't be reached."""

    of: Synchronisation
    home: Home
    journal: Journal

    def for_others(self) -> list[Aside]:
        try:
            return destination.for_others(self.of.source, Destination.of(self.of))
        except OSError as error:
            raise self._unreadable(error) from None

    def count(self) -> int | None:
        """All that waits in its folder, for whomever; None when nobody can look."""
        try:
            paths = [aside.path for aside in destination.asides(self.of.source)]
            return destination.count([self.of.source / folder.WAITING, *paths])
        except OSError:
            return None

    def send_on(self) -> int:
        """How many will be sent to this integration now."""
        try:
            moved = list(destination.send_on(self.of.source, Destination.of(self.of), self._has_arrived))
        except OSError as error:
            raise self._unreadable(error) from None
        for each in moved:
            self.journal.tell(self.of.id, "sent_on", each.name)
        return len(moved)

    def put_back(self) -> int:
        """How many lie in the source folder again. Raises AgentError while they would be taken again at once."""
        if self.of.is_active or self.is_at_work():
            raise AgentError("still_at_work", name=self.of.name)
        try:
            moved = list(destination.put_back(self.of.source, Destination.of(self.of), self._has_arrived))
        except OSError as error:
            raise self._unreadable(error) from None
        for _, name in moved:
            self.journal.tell(self.of.id, "put_back", name)
        return len(moved)

    def is_at_work(self) -> bool:
        """Also for some seconds after it was switched off."""
        return self.home.is_at_work() and bool(self.journal.state(self.of.id).get("at_work"))

    def _has_arrived(self, waiting: Waiting, sha256: str) -> bool:
        """It arrived where it was taken for, and only its putting away is left to do."""
        if not self.journal.is_confirmed(waiting.delivery, sha256):
            return False
        if self.of.after == "delete":
            folder.delete(waiting)
        else:
            folder.archive(self.of.source, waiting, datetime.now(UTC).astimezone())
        return True

    def _unreadable(self, error: OSError) -> AgentError:
        if isinstance(error, FileNotFoundError):
            return AgentError("source_missing", folder=self.of.source)
        return AgentError.of_system(error, "source_unreadable", folder=self.of.source)
