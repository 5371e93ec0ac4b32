"""The code that is pasted into the agent: all that it needs to know of the drop box, an access key's secret included.

`BB1-` and base64url without padding of the first six bytes of a SHA-256 and the compact JSON that it is of, so that a
code that lost its end is told from a whole one. The agent's half is `connection_code.py` of `bookbridge_agent`.
"""

import base64
import hashlib
import json
from uuid import UUID

from bookbridge.storage.places import DROP_BOX_BUCKET, DROP_BOX_REGION

KIND = "BB1"
_CHECK_BYTES = 6


def written(*, endpoint: str, company: UUID, integration: UUID, access_key: str, secret: str, name: str) -> str:
    """Whoever has it has the key: it is shown where the secret is, once."""
    details = {
        "endpoint": endpoint,
        "region": DROP_BOX_REGION,
        "bucket": DROP_BOX_BUCKET,
        "company": str(company),
        "integration": str(integration),
        "access_key": access_key,
        "secret": secret,
        "name": name,
    }
    content = json.dumps(details, separators=(",", ":"), ensure_ascii=False).encode()
    check = hashlib.sha256(content).digest()[:_CHECK_BYTES]
    return f"{KIND}-{base64.urlsafe_b64encode(check + content).decode().rstrip('=')}"
