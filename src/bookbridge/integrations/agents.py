"""The agents on customers' PCs, by the signs of life that they leave in the drop box.

A sign is written by a stranger's machine: of what it says only what has the form that it should is kept, shortened.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from bookbridge.integrations.models import Agent, Integration
from bookbridge.integrations.storable import storable
from bookbridge.organisations import trail
from bookbridge.storage.places import LONGEST_SIGN

NEWEST_VERSION = "0.1.0"
"""The agent that is shipped with this platform."""
HEARD_IS_NOTED_EVERY = timedelta(minutes=1)
"""As long as a sign says nothing new."""
MOST_AGENTS = 100
"""Of one integration that are kept: who has a stolen key must not fill the tables and the mails."""
MOST_SYNCHRONISATIONS, MOST_TROUBLES, MOST_VALUES = 20, 10, 10
_LONGEST_NAME, _LONGEST_VALUE = 200, 500
_MOST_WAITING = 10**9
_VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){0,3}([a-z+-][0-9a-z.]{0,10})?")
_NUMBERS = re.compile(r"\d+(\.\d+)*")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MOMENTS = ("oldest_waiting", "last_sent", "last_fetched")


@dataclass(frozen=True, slots=True)
class Sign:
    """`synchronisations`: for each its name, what waits, its moments (ISO, with a zone) and its troubles."""

    version: str
    synchronisations: list[dict[str, Any]]


def read_sign(content: bytes) -> Sign | None:
    """None for what no agent says. What a newer agent may say besides is passed over."""
    if len(content) > LONGEST_SIGN:
        return None
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    return Sign(
        version=_version(told.get("version")),
        synchronisations=[_synchronisation(each) for each in _dicts(told.get("synchronisations"))][
            :MOST_SYNCHRONISATIONS
        ],
    )


def _version(told: Any) -> str:
    return told if isinstance(told, str) and _VERSION.fullmatch(told) else ""


def _synchronisation(told: Mapping[str, Any]) -> dict[str, Any]:
    waiting = told.get("waiting")
    is_number = isinstance(waiting, int) and not isinstance(waiting, bool) and 0 <= waiting <= _MOST_WAITING
    return {
        "name": _text(told.get("name"), _LONGEST_NAME),
        "waiting": waiting if is_number else 0,
        **{name: _moment(told.get(name)) for name in _MOMENTS},
        "last_sent_name": _text(told.get("last_sent_name"), _LONGEST_NAME),
        "last_trouble": next(iter(_troubles([told.get("last_trouble")])), None),
        "troubles": _troubles(told.get("troubles")),
    }


def _troubles(told: Any) -> list[dict[str, Any]]:
    return [
        {
            "code": each["code"],
            "values": _values(each.get("values")),
            "text": _text(each.get("text"), _LONGEST_VALUE),
            "at": _moment(each.get("at")),
        }
        for each in _dicts(told)[:MOST_TROUBLES]
        if isinstance(each.get("code"), str) and _CODE.fullmatch(each["code"])
    ]


def _values(told: Any) -> dict[str, str]:
    values = told.items() if isinstance(told, dict) else ()
    named = [(name, _text(value, _LONGEST_VALUE)) for name, value in values if _CODE.fullmatch(name)]
    return dict(named[:MOST_VALUES])


def _dicts(told: Any) -> list[dict[str, Any]]:
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []


def _text(told: Any, longest: int) -> str:
    return storable(told, longest) if isinstance(told, str) else ""


def _moment(told: Any) -> str | None:
    """As it was told, when it is a moment that can be shown in any zone."""
    try:
        moment = datetime.fromisoformat(told) if isinstance(told, str) and len(told) <= 40 else None
    except ValueError:
        return None
    return moment.isoformat() if moment and moment.tzinfo and 1970 < moment.year < 9000 else None


def heard(organisation_id: UUID, integration_id: UUID, installation: str, content: bytes, at: datetime) -> Agent | None:
    """Keep a sign of life; the agent as it stands now, and None for what is no sign or of one agent too many.

    Nothing is written for one that says the same as a moment ago, or is older than what is known.
    """
    sign = read_sign(content)
    if sign is None:
        return None
    told = {"version": sign.version, "synchronisations": sign.synchronisations}
    place = {"organisation_id": organisation_id, "integration_id": integration_id, "installation": installation}
    agent = Agent.objects.filter(**place).first()
    if agent is None:
        return _first_heard(place, {**told, "heard_at": at})
    if at <= agent.heard_at:
        return agent
    is_news = any(getattr(agent, name) != value for name, value in told.items())
    if is_news or at - agent.heard_at >= HEARD_IS_NOTED_EVERY:
        Agent.objects.filter(Q(heard_at__lt=at), organisation_id=organisation_id, pk=agent.pk).update(
            **told, heard_at=at
        )
        agent.version, agent.synchronisations, agent.heard_at = sign.version, sign.synchronisations, at
    return agent


def _first_heard(place: Mapping[str, Any], told: Mapping[str, Any]) -> Agent | None:
    others = Agent.objects.filter(organisation_id=place["organisation_id"], integration_id=place["integration_id"])
    if others.count() >= MOST_AGENTS:
        return None
    return Agent.objects.get_or_create(**place, defaults=told)[0]


def forget(agent: Agent) -> bool:
    """Take away a PC that is there no more; False when it was taken away before. One that still lives comes back."""
    with transaction.atomic():
        gone, _ = Agent.objects.filter(organisation_id=agent.organisation_id, pk=agent.pk).delete()
        if gone:
            told = {"installation": (agent.installation, None)}
            trail.record(agent.organisation_id, "agent.forgotten", subject=agent, changes=told)
    return bool(gone)


def is_old(version: str) -> bool:
    """Whether there is a newer agent than this version; False for one that can't be compared."""
    numbers = _NUMBERS.match(version)
    return numbers is not None and _numbers(numbers[0]) < _numbers(NEWEST_VERSION)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def agents_of(integration: Integration) -> list[Agent]:
    """Those last heard of first."""
    return list(
        Agent.objects.filter(organisation_id=integration.organisation_id, integration=integration).order_by(
            "-heard_at", "pk"
        )
    )


def is_silent(agent: Agent, integration: Integration, now: datetime) -> bool:
    """Whether it has not been heard of for longer than its integration says, and should have been."""
    after = integration.agent_silent_after_h
    return after is not None and not integration.is_paused and now - agent.heard_at > timedelta(hours=after)
