"""After how long without a file or a sign of life something counts as silent, as an owner sets it."""

from django.db import transaction

from bookbridge.integrations.changing import ChangedMeanwhileError, seen
from bookbridge.integrations.models import Agent, Integration
from bookbridge.organisations import trail

FILES, AGENTS = "silent_after_h", "agent_silent_after_h"


def set_silent_after(integration: Integration, hours: int | None, *, was: str, of: str = FILES) -> bool:
    """None: not watched. A silence that was told of under another number may be told of once more.

    `of`: FILES or AGENTS. `was`: what `seen` gave for the number that the user saw. False when it changes nothing.
    Raises ChangedMeanwhileError.
    """
    with transaction.atomic():
        own = Integration.objects.select_for_update().filter(organisation_id=integration.organisation_id)
        row = own.get(pk=integration.pk)
        before = getattr(row, of)
        if was != seen(before):
            raise ChangedMeanwhileError(before)
        if before == hours:
            return False
        setattr(row, of, hours)
        if of == FILES:
            row.silence_told_since = None
        else:
            Agent.objects.filter(organisation_id=row.organisation_id, integration=row).update(silence_told_since=None)
        row.save(update_fields=[of, "silence_told_since"])
        trail.record(row.organisation_id, "integration.changed", subject=row, changes={of: (before, hours)})
    return True
