"""What the pages work with."""

from bookbridge_agent.home import Home
from bookbridge_agent.journal import Journal
from bookbridge_agent.screens.checking import Checker
from bookbridge_agent.screens.doors import Doors
from bookbridge_agent.screens.drafts import Drafts
from bookbridge_agent.vault import Vault


class Desk:
    def __init__(self, home: Home, vault: Vault, journal: Journal) -> None:
        self.home = home
        self.vault = vault
        self.journal = journal
        self.doors = Doors(home)
        self.drafts = Drafts()
        self.checker = Checker()
