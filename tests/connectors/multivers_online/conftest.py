"""A simulated Multivers with an authorised connector."""

from collections.abc import Iterator

import pytest

from bookbridge.kit.conformance.rig import Rig
from tests.connectors.multivers_online import NAME


@pytest.fixture
def rig() -> Iterator[Rig]:
    with Rig(NAME) as made:
        made.posted(made.samples.customer(), made.samples.supplier())
        yield made
