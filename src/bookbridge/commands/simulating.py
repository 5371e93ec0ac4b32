"""What some simulators need to run: those that put real software behind them, which keeps its books in PostgreSQL."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bookbridge.kit import catalogue
from bookbridge.kit.simulation import POSTGRES


def folder() -> Path:
    """Beside the installed packages, which are what is filled in: kept, since filling takes a while, and for no books
    of anybody."""
    return Path(sys.prefix) / "simulators"


@contextmanager
def postgres_for(package: str) -> Iterator[None]:
    """A PostgreSQL for the package's simulator, named in the environment as long as this lasts: the one that is named
    there already, or one of our own. Any number of processes share it; it ends with the last."""
    if not catalogue.fact_sheet(package).simulator.postgres or os.environ.get(POSTGRES):
        yield
        return
    from bookbridge.server.embedded_postgres import EmbeddedPostgres

    server = EmbeddedPostgres(folder(), durable=False)
    os.environ[POSTGRES] = server.start()
    try:
        yield
    finally:
        del os.environ[POSTGRES]
        server.release()
