"""Difference entries on record, without a package."""

from typing import Any

from bookbridge.documents import DIFFERENCE, short_reference
from bookbridge.exchange.models import Difference, Line, Posting
from tests import factories


def difference(of: Line, **fields: Any) -> Difference:
    """The entry by which a changed line is booked beside what was posted."""
    assert of.posting is not None
    own = f"{DIFFERENCE}{of.pk}"
    made = Posting.objects.create(
        organisation=of.organisation,
        configuration=of.run.configuration,
        kind=of.kind,
        key=own,
        reference=short_reference(of.kind, own),
        fingerprint=own,
        document=of.document,
    )
    values: dict[str, Any] = {
        "amount": "1.00",
        "from_fingerprint": of.posting.fingerprint,
        "document": of.document,
        "fingerprint": of.fingerprint,
        "reason": "Ze vergaten er een",
        "decided_at": factories.NOW,
    }
    return Difference.objects.create(
        organisation=of.organisation, corrects=of.posting, posting=made, line=of, **{**values, **fields}
    )
