"""The events of a plan: how each begins and how it ends. None of them knows when; that stands in the plan."""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from bookbridge.commands.chaos.clocks import faketime_library
from bookbridge.commands.chaos.installation import Database, Grounds, NotNowError, Package, Workers, signal_child
from bookbridge.commands.chaos.places import StoragePlace
from bookbridge.commands.chaos.plan import EVENTS, PACKAGE_FAULTS

if TYPE_CHECKING:
    from bookbridge.commands.chaos.documents import Delivery
    from bookbridge.commands.chaos.inbox import Inbox
    from bookbridge.commands.chaos.uploading import Agent, Portal
    from bookbridge.commands.processes import Child
    from bookbridge.commands.staging import Stage

LONGEST_FAULT_S = 6.0
"""A fault that no call has met by then is taken back."""
_AGED_S = 575
"""Old enough to be renewed, and still good: what happens every ten minutes."""
_EXPIRED_S = 700
Details = dict[str, Any]


@dataclass(frozen=True)
class Site:
    """What the events are done to."""

    database: Database
    storage: StoragePlace
    package: Package
    workers: Workers
    stage: "Stage"
    delivery: "Delivery"
    inbox: "Inbox"
    portal: "Portal | None" = None
    agent: "Agent | None" = None
    tokens: set[str] = field(default_factory=set)
    """Every token that was in use at some time: what no log may hold."""

    def dropping(self) -> "tuple[Portal, Agent]":
        assert self.portal is not None
        assert self.agent is not None
        return self.portal, self.agent

    def remember_tokens(self) -> None:
        self.tokens.update(self.stage.tokens())


def _nothing(_site: Site, _begun: Any, _details: Details) -> None:
    return None


@dataclass(frozen=True)
class Deed:
    """`begin` gives what `end` needs; both raise NotNowError to be tried again. `needs`: what must not be broken in
    two ways at once. `from_begin`: the others must go on while it lasts, so the time to recover counts from there."""

    begin: Callable[[Site, Details], Any]
    end: Callable[[Site, Any, Details], None] = _nothing
    needs: str = ""
    from_begin: bool = False
    is_harm: bool = True

    def place(self, details: Details) -> str:
        return self.needs.format(**details)


# --- workers


def _kill(site: Site, details: Details) -> None:
    if not site.workers.is_ready(details["worker"]):
        raise NotNowError("it is still starting; killing it would prove nothing")
    site.workers.kill(details["worker"])


def _stop(site: Site, details: Details) -> "Child":
    if not site.workers.is_ready(details["worker"]):
        raise NotNowError("it is still starting")
    stopped = site.workers.child(details["worker"])
    signal_child(stopped, signal.SIGSTOP)
    return stopped


def _go_on(_site: Site, stopped: "Child", _details: Details) -> None:
    signal_child(stopped, signal.SIGCONT)


def _jump(site: Site, details: Details) -> None:
    site.workers.clocks[details["worker"]].set_ahead(details["ahead_s"])


def _jump_back(site: Site, _begun: Any, details: Details) -> None:
    site.workers.clocks[details["worker"]].set_ahead(0)


# --- the database


def _restart(site: Site, _details: Details) -> None:
    site.database.stop()
    site.database.start()


def _power_cut(site: Site, _details: Details) -> None:
    site.database.stop(like_a_power_cut=True)


def _power_back(site: Site, _begun: Any, _details: Details) -> None:
    site.database.start()


def _cut_lines(site: Site, _details: Details) -> None:
    site.database.cut_lines()


def _fill_database(site: Site, _details: Details) -> None:
    assert site.database.disk is not None
    site.database.disk.fill()


def _free_database(site: Site, _begun: Any, _details: Details) -> None:
    assert site.database.disk is not None
    site.database.disk.free()
    # It may have ended, when there was no room for its log.
    site.database.start()


# --- the storage


def _storage_gone(site: Site, _details: Details) -> None:
    site.storage.take_away()


def _storage_back(site: Site, _begun: Any, _details: Details) -> None:
    site.storage.bring_back()


def _storage_read_only(site: Site, _details: Details) -> None:
    site.storage.allow_writing(False)


def _storage_writable(site: Site, _begun: Any, _details: Details) -> None:
    site.storage.allow_writing(True)


def _fill_storage(site: Site, _details: Details) -> None:
    site.storage.fill()


def _free_storage(site: Site, _begun: Any, _details: Details) -> None:
    site.storage.free()


# --- the package


def _kill_package(site: Site, _details: Details) -> None:
    site.package.kill()


def _start_package(site: Site, _begun: Any, _details: Details) -> None:
    site.package.start()
    if not site.package.is_up:
        raise NotNowError("it is still starting")


def _set_fault(site: Site, details: Details) -> None:
    site.package.set_fault(details["rule"])


def _take_fault_back(site: Site, _begun: Any, _details: Details) -> None:
    site.package.set_fault(None)


# --- tokens


def _age_tokens(site: Site, _details: Details) -> None:
    # The package first: for a moment its tokens are older than we think, never younger.
    site.remember_tokens()
    site.package.control("tokens/age", {"seconds": _AGED_S})
    site.stage.age_tokens(_AGED_S)


def _expire_tokens(site: Site, _details: Details) -> None:
    site.remember_tokens()
    site.package.control("tokens/age", {"seconds": _EXPIRED_S})


def _revoke_tokens(site: Site, _details: Details) -> None:
    site.remember_tokens()
    site.package.control("tokens/revoke", {})


def _sign_in_again(site: Site, _begun: Any, _details: Details) -> None:
    site.stage.sign_in_again()


# --- files


def _drop_again(site: Site, details: Details) -> None:
    site.inbox.drop(site.delivery.files, Random(details["seed"]))  # noqa: S311 - repeatable on purpose.


def _drop_parts(site: Site, details: Details) -> None:
    chance = Random(details["seed"])  # noqa: S311
    site.inbox.drop(site.delivery.in_parts(details["parts"], chance, shuffled=False), chance)


def _drop_renamed(site: Site, details: Details) -> None:
    chance = Random(details["seed"])  # noqa: S311
    site.inbox.drop(site.delivery.renamed(chance), chance)


def _drop_reordered(site: Site, details: Details) -> None:
    chance = Random(details["seed"])  # noqa: S311
    site.inbox.drop(site.delivery.in_parts(details["parts"], chance, shuffled=True), chance)


def _drop_overwritten(site: Site, details: Details) -> None:
    site.inbox.overwrite(site.delivery.files, Random(details["seed"]))  # noqa: S311


# --- the drop box


def _upload(site: Site, details: Details) -> None:
    portal, agent = site.dropping()
    if not portal.is_up:
        raise NotNowError("the portal is still starting")
    agent.upload(site.delivery.files, Random(details["seed"]))  # noqa: S311


def _cut_upload(site: Site, details: Details) -> None:
    """Several times in the middle, and then as it should be."""
    chance = Random(details["seed"])  # noqa: S311
    portal, agent = site.dropping()
    if not portal.is_up:
        raise NotNowError("the portal is still starting")
    for name, content in site.delivery.files.items():
        agent.cut_upload(name, content, chance.randrange(len(content)))
    agent.upload(site.delivery.files, chance)


def _kill_portal(site: Site, details: Details) -> None:
    chance = Random(details["seed"])  # noqa: S311
    portal, agent = site.dropping()
    if not portal.is_up:
        raise NotNowError("the portal is still starting")
    name, content = chance.choice(list(site.delivery.files.items()))
    agent.cut_upload(name, content, chance.randrange(len(content)))
    portal.kill()


def _start_portal(site: Site, _begun: Any, details: Details) -> None:
    portal, agent = site.dropping()
    portal.start()
    if not portal.is_up:
        raise NotNowError("the portal is still starting")
    agent.upload(site.delivery.files, Random(details["seed"]))  # noqa: S311


DEEDS: dict[str, Deed] = {
    "kill": Deed(_kill, needs="worker {worker}", from_begin=True),
    "stop": Deed(_stop, _go_on, needs="worker {worker}", from_begin=True),
    "pause": Deed(_stop, _go_on, needs="worker {worker}"),
    "clock": Deed(_jump, _jump_back, needs="worker {worker}"),
    "database-restart": Deed(_restart, needs="database"),
    "database-power-cut": Deed(_power_cut, _power_back, needs="database"),
    "database-cut-lines": Deed(_cut_lines, needs="database"),
    "database-disk-full": Deed(_fill_database, _free_database, needs="database"),
    "storage-gone": Deed(_storage_gone, _storage_back, needs="storage"),
    "storage-read-only": Deed(_storage_read_only, _storage_writable, needs="storage"),
    "storage-full": Deed(_fill_storage, _free_storage, needs="storage"),
    "package-kill": Deed(_kill_package, _start_package, needs="package"),
    **{
        f"fault-{kind.replace('_', '-')}": Deed(_set_fault, _take_fault_back, needs="package")
        for kind in PACKAGE_FAULTS
    },
    "tokens-age": Deed(_age_tokens, needs="package"),
    "tokens-expire": Deed(_expire_tokens, needs="package"),
    "tokens-revoked": Deed(_revoke_tokens, _sign_in_again, needs="package"),
    "drop-again": Deed(_drop_again, needs="storage", is_harm=False),
    "drop-parts": Deed(_drop_parts, needs="storage", is_harm=False),
    "drop-renamed": Deed(_drop_renamed, needs="storage", is_harm=False),
    "drop-reordered": Deed(_drop_reordered, needs="storage", is_harm=False),
    "drop-overwritten": Deed(_drop_overwritten, needs="storage", is_harm=False),
    "upload": Deed(_upload, needs="portal", is_harm=False),
    "upload-cut": Deed(_cut_upload, needs="portal", is_harm=False),
    "portal-kill": Deed(_kill_portal, _start_portal, needs="portal"),
}
if DEEDS.keys() != EVENTS.keys():
    raise AssertionError(f"planned and done differ in {DEEDS.keys() ^ EVENTS.keys()}")


def impossible(grounds: Grounds, workers: int) -> dict[str, str]:
    """The events that this machine or this call doesn't allow, each with the reason."""
    reasons: dict[str, str] = {}
    if not grounds.database.is_ours:
        not_ours = "the server in DATABASE_URL is not ours to break; unset it for one of our own"
        reasons |= {event: not_ours for event in DEEDS if event.startswith("database-")}
    elif grounds.database.disk is None:
        reasons["database-disk-full"] = grounds.no_disks
    if grounds.no_disks:
        reasons["storage-full"] = grounds.no_disks
        if _is_root():
            reasons["storage-read-only"] = grounds.no_disks
    if workers < 2:
        reasons["stop"] = "with one worker there is nobody to take over; give --workers 2 or more"
    if faketime_library() is None:
        reasons["clock"] = "libfaketime is not installed (Debian: apt-get install libfaketime)"
    return reasons


def _is_root() -> bool:
    return Path("/proc/self").stat().st_uid == 0
