"""Access keys of the drop box: made for one integration, shown once, revoked for good."""

import secrets
import string
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from bookbridge.integrations import sql
from bookbridge.integrations.models import AccessKey, Integration
from bookbridge.integrations.storable import storable
from bookbridge.organisations import trail
from bookbridge.organisations.models import User
from bookbridge.organisations.walls import acting_for

USE_IS_NOTED_EVERY = timedelta(minutes=1)
_ID_LETTERS = string.ascii_uppercase + "234567"
_SECRET_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Found:
    organisation: UUID
    integration: UUID
    secret: str = field(repr=False)


@transaction.atomic
def make(integration: Integration, label: str, by: User | None) -> tuple[AccessKey, str]:
    """A new key with its secret, which can't be had again."""
    # As long as the keys of the cloud: clients check their form.
    secret = "".join(secrets.choice(_SECRET_LETTERS) for _ in range(40))
    made = AccessKey.objects.create(
        organisation_id=integration.organisation_id,
        integration=integration,
        label=label,
        key_id="BB" + "".join(secrets.choice(_ID_LETTERS) for _ in range(18)),
        secret=secret,
        created_by=by,
    )
    trail.record(integration.organisation_id, "access_key.made", subject=made, changes=trail.differences(None, made))
    return made, secret


@transaction.atomic
def revoke(key: AccessKey, by: User | None) -> bool:
    """End a key at once; False when it was ended before."""
    now = timezone.now()
    open_keys = AccessKey.objects.filter(organisation_id=key.organisation_id, pk=key.pk, revoked_at__isnull=True)
    if not open_keys.update(revoked_at=now, revoked_by=by):
        return False
    trail.record(
        key.organisation_id, "access_key.revoked", subject=key, changes={"revoked_at": (None, now.isoformat())}
    )
    return True


def find(key_id: str) -> Found | None:
    """A key that is good now, whoever's it is."""
    # PostgreSQL takes no text with a NUL in it.
    place = sql.place_of_access_key(storable(key_id))
    if place is None:
        return None
    organisation, integration = place
    with acting_for(organisation):
        kept = AccessKey.objects.filter(organisation_id=organisation, key_id=key_id, revoked_at__isnull=True)
        secret = kept.values_list("secret", flat=True).first()
    return Found(organisation, integration, secret) if secret else None


def note_use(organisation_id: UUID, key_id: str, address: str) -> None:
    """Keep when and from where a key was last used; once a minute is enough to know."""
    before = timezone.now() - USE_IS_NOTED_EVERY
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=before)
    AccessKey.objects.filter(stale, organisation_id=organisation_id, key_id=key_id).update(
        last_used_at=timezone.now(), last_used_from=storable(address, 64)
    )
