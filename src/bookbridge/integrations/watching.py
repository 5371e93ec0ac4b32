"""After how long without a file an integration counts as silent, as an owner sets it."""

from django.db import transaction

from bookbridge.integrations.changing import ChangedMeanwhileError, seen
from bookbridge.integrations.models import Integration
from bookbridge.organisations import trail


def set_silent_after(integration: Integration, hours: int | None, *, was: str) -> bool:
    """None: not watched. A silence that was told of under another number may be told of once more.

    `was`: what `seen` gave for the number that the user saw. False when it changes nothing. Raises
    ChangedMeanwhileError.
    """
    with transaction.atomic():
        own = Integration.objects.select_for_update().filter(organisation_id=integration.organisation_id)
        row = own.get(pk=integration.pk)
        before = row.silent_after_h
        if was != seen(before):
            raise ChangedMeanwhileError(before)
        if before == hours:
            return False
        row.silent_after_h, row.silence_told_since = hours, None
        row.save(update_fields=["silent_after_h", "silence_told_since"])
        trail.record(
            row.organisation_id, "integration.changed", subject=row, changes={"silent_after_h": (before, hours)}
        )
    return True
