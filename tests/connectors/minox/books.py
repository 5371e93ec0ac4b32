"""The simulator's books, as a test reads them."""

from typing import Any

from bookbridge.kit import exact_json, outgoing
from bookbridge.kit.conformance.rig import Rig


def books(rig: Rig) -> Any:
    """Everything in the demo administration."""
    return exact_json.loads(outgoing.client().get(f"{rig.address}/_simulator/books").content)
