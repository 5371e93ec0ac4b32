"""The drop box of this installation: its protocol joined with access keys, intake and settings."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime

from django.conf import settings
from django.core.cache import cache
from django.db import close_old_connections
from django.http.request import split_domain_port, validate_host

from bookbridge.exchange import intake
from bookbridge.integrations import access_keys
from bookbridge.organisations.walls import acting_for
from bookbridge.server.announcing import Announcer
from bookbridge.storage import open_storage
from bookbridge.storage.dropbox.desk import Grant, Limits
from bookbridge.storage.dropbox.names import Home
from bookbridge.storage.dropbox.request import Answer, Request
from bookbridge.storage.dropbox.service import DropBox
from bookbridge.storage.places import DROP_BOX_BUCKET

REFUSALS = 20
REFUSALS_IN_S = 60


class HouseDesk:
    """What the drop box asks, answered by the tables."""

    def __init__(self) -> None:
        self._announcer = Announcer(_tell_intake)

    def grant(self, access_key: str) -> Grant | None:
        found = access_keys.find(access_key)
        return found and Grant(access_key, Home(found.organisation, found.integration), found.secret)

    def may_try(self, address: str, access_key: str) -> bool:
        return bool(cache.get(_refusals(address, access_key), 0) < REFUSALS)

    def refused(self, address: str, access_key: str) -> None:
        name = _refusals(address, access_key)
        if not cache.add(name, 1, REFUSALS_IN_S):
            try:
                cache.incr(name)
            except ValueError:
                # Ran out in between.
                cache.add(name, 1, REFUSALS_IN_S)

    def used(self, grant: Grant, address: str) -> None:
        with acting_for(grant.home.organisation):
            access_keys.note_use(grant.home.organisation, grant.access_key, address)

    def receiving(self, grant: Grant) -> AbstractContextManager[None]:
        return self._announcer.coming(grant.home)

    def arrived(self, grant: Grant, key: str) -> None:
        self._announcer.arrived(grant.home, key)


def _tell_intake(home: Home, keys: list[str]) -> None:
    close_old_connections()
    with acting_for(home.organisation):
        intake.arrived(home.organisation, home.integration, *keys)
    close_old_connections()


def _refusals(address: str, access_key: str) -> str:
    # Spelled so that any cache takes it as a key.
    return f"drop-box-refused:{address}:{access_key}".encode("ascii", "backslashreplace").hex()[:240]


def _is_our_host(host: str) -> bool:
    name, _ = split_domain_port(host)
    return bool(name) and validate_host(name, settings.ALLOWED_HOSTS)


def make_drop_box() -> DropBox:
    environment = settings.ENVIRONMENT
    return DropBox(
        open_storage,
        HouseDesk(),
        limits=Limits(DROP_BOX_BUCKET, environment.dropbox_max_bytes, at_once=max(environment.dropbox_at_once // 2, 1)),
        hosts=_is_our_host,
        now=lambda: datetime.now(UTC),
    )


def answering() -> "HouseAnswers":
    return HouseAnswers(make_drop_box())


class HouseAnswers:
    """The drop box in a thread of the server, with a database line that is looked after as Django does for a page."""

    def __init__(self, box: DropBox) -> None:
        self._box = box

    def __call__(self, request: Request) -> Answer:
        close_old_connections()
        try:
            return self._box.answer(request)
        finally:
            close_old_connections()
