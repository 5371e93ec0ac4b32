"""What tests need that put real software behind a simulator."""

import os
from collections.abc import Iterator

import pytest

from bookbridge.commands import simulating
from bookbridge.connectors.tryton.simulator.databases import SERVERS
from bookbridge.kit import catalogue
from bookbridge.kit.simulation import POSTGRES


@pytest.fixture(scope="session")
def simulators_postgres() -> Iterator[str]:
    """A PostgreSQL for simulators, shared with all sessions on this machine, so that real software is filled once.

    Where Tryton isn't installed what uses it fails with the words that say how to install it: it is never skipped.
    """
    with simulating.postgres_for("tryton"):
        yield os.environ[POSTGRES]
        # While PostgreSQL still runs, so that no copy of the books stays behind in it.
        SERVERS.stop()


def provide(package: str, request: pytest.FixtureRequest) -> None:
    """See to what the package's simulator needs."""
    if catalogue.fact_sheet(package).simulator.postgres:
        request.getfixturevalue("simulators_postgres")
