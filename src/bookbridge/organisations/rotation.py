"""Brings every secret in the database under the newest key, so that an old one can be dropped.

Row by row, each under its lock and committed by itself: whoever is refreshing a token meanwhile is waited for and never
written over, and breaking off loses nothing. Doing it again finds nothing to do.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models.functions import Cast

from bookbridge.organisations import secrets, trail
from bookbridge.organisations.secrets import EncryptedTextField
from bookbridge.organisations.sql import every_organisation
from bookbridge.organisations.walls import acting_for

JSON_WITH_SECRETS = {("mfa.Authenticator", "data")}
"""Fields of other people's models that keep encrypted texts among others."""
Rows = models.QuerySet[models.Model]
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Place:
    """A field that holds secrets."""

    model: type[models.Model]
    field: str

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.field}"


@dataclass(slots=True)
class Count:
    """The secrets of one field by the key they need: the newest, an older one that is listed, one that isn't."""

    place: Place
    newest: int = 0
    older: int = 0
    unreadable: int = 0
    rotated: int = 0


def places() -> list[Place]:
    """Every field that holds secrets, found in the models themselves."""
    found = [
        Place(model, field.name)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, EncryptedTextField) or (model._meta.label, field.name) in JSON_WITH_SECRETS
    ]
    return sorted(found, key=str)


def survey() -> list[Count]:
    """Which keys the secrets need. Changes nothing."""
    return [_go_through(place, change=False) for place in places()]


def rotate() -> list[Count]:
    """Encrypt with the newest key what an older one was used for; what can't be read stays as it is."""
    counts = [_go_through(place, change=True) for place in places()]
    rotated = {str(count.place): (0, count.rotated) for count in counts if count.rotated}
    if rotated:
        trail.record(None, "secrets.rotated", subject=("installation", None), changes=rotated)
    return counts


def _go_through(place: Place, *, change: bool) -> Count:
    count = Count(place)
    for rows in _each_tenants_rows(place.model):
        for row_id, held in _paged(rows, place):
            needed = _keys_needed(held)
            if change and None not in needed and any(needed):
                count.rotated += _rotate_row(rows, place, row_id)
                needed = [0] * len(needed)
            count.newest += needed.count(0)
            count.unreadable += needed.count(None)
            count.older += sum(1 for key in needed if key)
    return count


def _each_tenants_rows(model: type[models.Model]) -> Iterator[Rows]:
    """The rows of one organisation after the other; all at once of a table that belongs to none."""
    if all(field.name != "organisation" for field in model._meta.local_fields):
        yield model._base_manager.all()
        return
    for organisation_id in every_organisation():
        with acting_for(organisation_id):
            yield model._base_manager.filter(organisation=organisation_id)


def _paged(rows: Rows, place: Place) -> Iterator[tuple[Any, str]]:
    """The rows with what the database holds, some hundred in memory at a time."""
    ordered = rows.order_by("pk").values_list("pk", _as_held(place))
    page = list(ordered[:_AT_ONCE])
    while page:
        yield from page
        page = list(ordered.filter(pk__gt=page[-1][0])[:_AT_ONCE])


def _as_held(place: Place) -> Cast:
    return Cast(place.field, models.TextField())


def _rotate_row(rows: Rows, place: Place, row_id: Any) -> int:
    """Read again under the row's lock: somebody may have written other tokens since."""
    with transaction.atomic():
        row = rows.filter(pk=row_id)
        held = row.select_for_update(of=("self",), no_key=True).values_list(_as_held(place), flat=True).first()
        needed = _keys_needed(held)
        if None in needed or not any(needed):
            return 0
        row.update(**{place.field: _anew(place, held)})
        return sum(1 for key in needed if key)


def _anew(place: Place, held: str) -> Any:
    if isinstance(place.model._meta.get_field(place.field), EncryptedTextField):
        return secrets.decrypt(held)  # The field encrypts it.
    return _each_text(
        json.loads(held), lambda text: secrets.encrypt(secrets.decrypt(text)) if _is_secret(text) else text
    )


def _keys_needed(held: str | None) -> list[int | None]:
    return [secrets.key_of(text) for text in _secrets_in(held)] if held else []


def _secrets_in(held: str) -> list[str]:
    if not held.startswith(("{", "[", '"')):
        return [held]
    found: list[str] = []
    _each_text(json.loads(held), found.append)
    return [text for text in found if _is_secret(text)]


def _is_secret(text: str) -> bool:
    return text.startswith(secrets.MARK)


def _each_text(value: Any, change: Callable[[str], Any]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _each_text(part, change) for name, part in value.items()}
    if isinstance(value, list):
        return [_each_text(part, change) for part in value]
    return value
