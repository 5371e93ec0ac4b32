"""The drop box of this installation: its protocol joined with access keys, intake and settings."""

import time
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

from django.conf import settings
from django.core.cache import cache
from django.db import close_old_connections, connections
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from bookbridge.exchange import agent_signs, intake
from bookbridge.integrations import access_keys
from bookbridge.kit import watching
from bookbridge.organisations import trail
from bookbridge.organisations.client_address import address_behind
from bookbridge.organisations.walls import acting_for
from bookbridge.server import announcing
from bookbridge.server.announcing import Announcer
from bookbridge.storage import open_storage
from bookbridge.storage.dropbox.desk import Grant, Limits
from bookbridge.storage.dropbox.names import Home
from bookbridge.storage.dropbox.request import Answer, Request
from bookbridge.storage.dropbox.service import DropBox
from bookbridge.storage.places import DROP_BOX_BUCKET

REFUSALS_A_MINUTE = 20
"""From one address, with one key."""


class HouseDesk:
    """What the drop box asks, answered by the tables."""

    def __init__(self) -> None:
        self._announcer = Announcer(_tell_intake, quiet_s=announcing.QUIET_S)

    def grant(self, access_key: str) -> Grant | None:
        found = access_keys.find(access_key)
        return found and Grant(access_key, Home(found.organisation, found.integration), found.secret)

    def may_try(self, address: str, access_key: str) -> bool:
        return bool(cache.get(_this_minute(address, access_key), 0) < REFUSALS_A_MINUTE)

    def refused(self, address: str, access_key: str) -> None:
        # Two at once may be counted as one: it is about thousands.
        name = _this_minute(address, access_key)
        cache.set(name, cache.get(name, 0) + 1, 120)

    def used(self, grant: Grant, address: str) -> None:
        with acting_for(grant.home.organisation):
            access_keys.note_use(grant.home.organisation, grant.access_key, address)

    def close(self) -> None:
        self._announcer.close()

    def receiving(self, grant: Grant) -> AbstractContextManager[None]:
        return self._announcer.coming(grant.home)

    def arrived(self, grant: Grant, key: str) -> None:
        self._announcer.arrived(grant.home, key)
        _tell_trail("file.uploaded", grant, key)

    def removed(self, grant: Grant, key: str) -> None:
        _tell_trail("file.removed", grant, key)

    def lives(self, grant: Grant, key: str, sign: bytes) -> None:
        with acting_for(grant.home.organisation):
            agent_signs.heard(grant.home, key, sign, timezone.now())


def _tell_trail(action: str, grant: Grant, key: str) -> None:
    home = grant.home
    with acting_for(home.organisation):
        trail.record(
            home.organisation,
            action,
            subject=("integration", home.integration),
            changes={"file": (None, trail.digest(key))},
            actor=trail.Actor("access_key", grant.access_key),
        )


def _tell_intake(home: Home, keys: list[str]) -> None:
    try:
        with acting_for(home.organisation):
            intake.arrived(home.organisation, home.integration, *keys)
    finally:
        # The thread may wait for hours until the next file.
        connections.close_all()


def _this_minute(address: str, access_key: str) -> str:
    # A key can hold anything that a client sent.
    who = sha256(f"{address} {access_key}".encode("utf-8", "replace")).hexdigest()
    return f"drop-box-refused:{who}:{int(time.time()) // 60}"


def _is_our_host(host: str) -> bool:
    name, _ = split_domain_port(host)
    return bool(name) and validate_host(name, settings.ALLOWED_HOSTS)


def make_drop_box(desk: HouseDesk) -> DropBox:
    environment = settings.ENVIRONMENT
    return DropBox(
        open_storage,
        desk,
        limits=Limits(DROP_BOX_BUCKET, environment.dropbox_max_bytes, at_once=max(environment.dropbox_at_once // 2, 1)),
        hosts=_is_our_host,
        now=lambda: datetime.now(UTC),
    )


class HouseAnswers:
    """The drop box in a thread of the server, with a database line that is looked after as Django does for a page."""

    def __init__(self) -> None:
        self._desk = HouseDesk()
        self._box = make_drop_box(self._desk)

    def __call__(self, request: Request) -> Answer:
        close_old_connections()
        try:
            address = address_behind(request.address, request.header("x-forwarded-for") or "")
            with watching.part("drop_box_request", method=request.method, status=0) as facts:
                answer = self._box.answer(replace(request, address=address))
                facts["status"] = answer.status
            return answer
        finally:
            close_old_connections()

    def close(self) -> None:
        self._desk.close()
