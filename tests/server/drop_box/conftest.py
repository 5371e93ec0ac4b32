"""One server for all tests of this folder in a process; each test begins with an empty storage."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from bookbridge.server.passing_database import passing_database
from tests import roles
from tests.server.drop_box.served import Agent, Served, behind_tls, served


@pytest.fixture(scope="session")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with passing_database(os.environ["DATABASE_OWNER_URL"], "bookbridge_test") as url:
        addresses = roles.addresses(str(conninfo_to_dict(url)["dbname"]))
        with served(tmp_path_factory.mktemp("drop-box"), **addresses) as server:
            yield server


@pytest.fixture
def server(running_server: Served) -> Served:
    running_server.clear()
    return running_server


@pytest.fixture
def agent(server: Served) -> Agent:
    return server.agent


@pytest.fixture
def tls_agent(agent: Agent, tmp_path: Path) -> Iterator[Agent]:
    with behind_tls(agent, tmp_path) as secure:
        yield secure
