"""Signs of life of the agents on customers' PCs: heard by the drop box, or found in a bucket that an agent writes to.

An agent that is older than the one shipped with this platform is told of it once, by a small file in its outbox.
"""

import json
from datetime import datetime, timedelta

import structlog
from django.utils import timezone

from bookbridge.integrations import agents
from bookbridge.integrations.models import Agent
from bookbridge.integrations.sql import inboxes
from bookbridge.organisations.walls import acting_for
from bookbridge.storage import Storage, StorageError, open_storage
from bookbridge.storage.dropbox.names import Home
from bookbridge.storage.places import ASKED_VERSION, LONGEST_SIGN, agent_key, agents_prefix, installation_of, outbox_key

CLOCKS_DIFFER_BY = timedelta(minutes=1)
"""Between this platform and a bucket: what the drop box stored there is not read once more."""
MOST_READ_AT_ONCE = 100
"""Of one integration, the newest first."""
_log = structlog.get_logger("bookbridge.agents")


def heard(home: Home, key: str, sign: bytes, at: datetime) -> None:
    """A sign of life was stored under the key. What is none is passed over: anybody with a key can write there."""
    installation = installation_of(key.rpartition("/")[2])
    agent = installation and agents.heard(home.organisation, home.integration, installation, sign, at)
    if not agent:
        _log.warning("no_sign_of_life", integration=str(home.integration))
    elif agents.is_old(agent.version) and agent.asked_version != agents.NEWEST_VERSION:
        _tell_of_the_newest(agent)


def _tell_of_the_newest(agent: Agent) -> None:
    own = Agent.objects.filter(organisation_id=agent.organisation_id, integration=agent.integration_id)
    if not own.filter(asked_version=agents.NEWEST_VERSION).exists():
        asked = json.dumps({"agent_version": agents.NEWEST_VERSION}).encode()
        open_storage().put(outbox_key(agent.organisation_id, agent.integration_id, ASKED_VERSION), asked)
    own.filter(pk=agent.pk).update(asked_version=agents.NEWEST_VERSION)


def look_into_the_bucket() -> None:
    """Read what agents have left there that don't come by the drop box. One that fails doesn't stop the others."""
    storage = open_storage()
    for organisation_id, integration_id in inboxes():
        try:
            with acting_for(organisation_id):
                _look_at(storage, Home(organisation_id, integration_id))
        except (StorageError, FileNotFoundError) as error:
            _log.error("signs_of_life_not_read", integration=str(integration_id), reason=str(error))


def _look_at(storage: Storage, home: Home) -> None:
    found = list(storage.list(agents_prefix(home.organisation, home.integration)))
    if not found:
        return
    own = Agent.objects.filter(organisation_id=home.organisation, integration=home.integration)
    known = dict(own.values_list("installation", "heard_at"))
    for each in sorted(found, key=lambda each: each.modified_at, reverse=True)[:MOST_READ_AT_ONCE]:
        installation = installation_of(each.name)
        before = known.get(installation or "")
        is_news = before is None or each.modified_at > before + CLOCKS_DIFFER_BY
        if installation and is_news and each.size <= LONGEST_SIGN:
            heard(home, each.key, storage.get(each.key), min(each.modified_at, timezone.now()))


def forget(agent: Agent) -> bool:
    """Take away a PC that is there no more, with the sign that it left. Raises StorageError, and then it stays.

    False when it was taken away before. One that still lives comes back with its next sign.
    """
    open_storage().delete(agent_key(agent.organisation_id, agent.integration_id, agent.installation))
    return agents.forget(agent)
