"""What people are shown of the audit trail."""

from uuid import UUID

from bookbridge.organisations.models import AuditEntry
from bookbridge.organisations.walls import acting_for, acting_for_nobody


def entries(
    organisation_id: UUID | None, *, subject: str | None = None, action: str | None = None, last: int = 100
) -> list[AuditEntry]:
    """The latest entries of one chain, the oldest first. `subject`: KIND or KIND:ID; `action`: one or its beginning."""
    found = AuditEntry.objects.filter(organisation_id=organisation_id)
    if subject:
        kind, _, identity = subject.partition(":")
        found = found.filter(subject_kind=kind, **({"subject_id": identity} if identity else {}))
    if action:
        found = found.filter(action__startswith=action)
    # The installation's own chain is there for who acts for nobody.
    with acting_for(organisation_id) if organisation_id else acting_for_nobody():
        return list(found.order_by("-sequence")[:last])[::-1]
