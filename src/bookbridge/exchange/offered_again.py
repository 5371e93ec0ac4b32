"""A file that an agent offers again is the delivery it was the first time.

An agent names a file `{32 hexadecimal digits}/{name}` below the inbox before it sends it for the first time, and keeps
that name until it knows that it arrived. After an answer that got lost it offers the file again, perhaps long after it
was taken in.
"""

import re

from bookbridge.exchange.models import Delivery
from bookbridge.integrations.models import Integration
from bookbridge.storage import inbox_prefix

_OF_AN_AGENT = re.compile(r"[0-9a-f]{32}(?=/[^/]+)")


def agents_folder(integration: Integration, key: str) -> str | None:
    """The prefix that one delivery of an agent has for itself; None for what anybody else put in the inbox."""
    prefix = f"{inbox_prefix(integration.organisation_id, integration.pk)}/"
    found = _OF_AN_AGENT.match(key, len(prefix))
    return prefix + found[0] if found and key.startswith(prefix) else None


def is_offered_again(integration: Integration, key: str, sha256: str) -> bool:
    """Whether this very delivery was taken before. Other content under its name is a file of its own.

    The drop box may have given one of two another name within the folder, so the folder counts and not the whole key.
    """
    folder = agents_folder(integration, key)
    if folder is None:
        return False
    same = Delivery.objects.filter(organisation_id=integration.organisation_id, integration=integration, sha256=sha256)
    return same.filter(inbox_key__startswith=f"{folder}/").exists()
