"""Changing one setting of a configuration: under its row's lock, told in the trail, and never over another's change."""

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.db import transaction

from bookbridge.integrations.configuring import MAPPED_LISTS
from bookbridge.integrations.models import Configuration
from bookbridge.organisations import trail
from bookbridge.organisations.models import User

_NOTHING: Mapping[str, Any] = MappingProxyType({})
LONGEST_CODE = 60
MOST_CODES = 5000
"""Of one list: a chart of accounts, with room to spare."""


class ChangedMeanwhileError(Exception):
    """Somebody else has changed it since it was shown. `now`: what it says now."""

    def __init__(self, now: Any) -> None:
        super().__init__("changed meanwhile")
        self.now = now


class TooManyCodesError(ValueError):
    """A list of mappings that is as long as it may be."""


def seen(value: Any) -> str:
    """Stands in a form for the value that it shows, so that saving finds out whether it was changed since."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:20]


def mapped_to(configuration: Configuration, kind: str, source: str) -> str:
    """The package's code that a code of the source is mapped to; empty when it stays as it is."""
    return str(configuration.mappings.get(kind, {}).get(source, ""))


def set_mapping(
    configuration: Configuration, kind: str, source: str, target: str, user: User, *, was: str | None = None
) -> bool:
    """Map a code of the source to one of the package, from the next work of a run on; an empty target ends it.

    `kind`: one of MAPPED_LISTS. `was`: the target that the user has seen (empty: none); None overwrites whatever is
    there. Whether the target is in the package's list is for the caller to check. False when nothing has changed.
    Raises ChangedMeanwhileError and TooManyCodesError.
    """
    if kind not in MAPPED_LISTS:
        raise ValueError(f"{kind} is no list that can be mapped; there are {', '.join(MAPPED_LISTS)}")
    if not 0 < len(source) <= LONGEST_CODE or len(target) > LONGEST_CODE:
        raise ValueError(f"a code has 1 to {LONGEST_CODE} characters")
    with transaction.atomic():
        row = locked(configuration)
        now = mapped_to(row, kind, source)
        if was is not None and was != now:
            raise ChangedMeanwhileError(now)
        if now == target:
            return False
        pairs = {**row.mappings.get(kind, {}), source: target}
        if not target:
            del pairs[source]
        if len(pairs) > MOST_CODES:
            raise TooManyCodesError(kind)
        _keep(row, {"mappings": {**row.mappings, kind: pairs}}, user)
    configuration.mappings = row.mappings
    return True


def change(
    configuration: Configuration,
    values: Mapping[str, Any],
    user: User,
    *,
    was: str,
    untold: Mapping[str, Any] = _NOTHING,
) -> bool:
    """Set some settings together. `was`: what `seen` gave for those that the user saw. `untold`: what moves with them.

    False when nothing has changed. Raises ChangedMeanwhileError with all of them as they are now.
    """
    with transaction.atomic():
        row = locked(configuration)
        now = {name: getattr(row, name) for name in values}
        if was != seen(now):
            raise ChangedMeanwhileError(now)
        if now == values:
            return False
        _keep(row, values, user, untold)
    return True


def set_layout(
    configuration: Configuration, format_name: str, profile: str, adjustments: str, user: User, *, was: str
) -> bool:
    """How files of a format are read, or written, from the next one on. Whether it loads is for the caller to check.

    `was`: what `seen` gave for the layout that the user saw. Raises ChangedMeanwhileError.
    """
    with transaction.atomic():
        row = locked(configuration)
        now = row.layouts.get(format_name)
        if was != seen(now):
            raise ChangedMeanwhileError(now)
        wanted = {"profile": profile, "adjustments": adjustments}
        if now == wanted:
            return False
        _keep(row, {"layouts": {**row.layouts, format_name: wanted}}, user)
    return True


def locked(configuration: Configuration) -> Configuration:
    """The configuration as it is now, which nobody else changes until the transaction ends."""
    own = Configuration.objects.select_for_update(of=("self",)).filter(organisation_id=configuration.organisation_id)
    return own.get(pk=configuration.pk)


def _keep(row: Configuration, values: Mapping[str, Any], user: User, untold: Mapping[str, Any] = _NOTHING) -> None:
    """Keep new values of a locked row, and tell the trail what differs."""
    before = Configuration(**{name: getattr(row, name) for name in values})
    for name, value in {**values, **untold}.items():
        setattr(row, name, value)
    row.save(update_fields=[*values, *untold])
    changes = trail.differences(before, row, values)
    trail.record(
        row.organisation_id, "configuration.changed", subject=row, changes=changes, actor=trail.user_actor(user.pk)
    )
