"""One server for all tests of this folder in a process; each test begins with an empty storage."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from bookbridge.server.passing_database import with_database
from tests.server.drop_box.served import Agent, Served, behind_tls, served


@pytest.fixture(scope="session")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    url = os.environ["DATABASE_URL"]
    name = f"bookbridge_test_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        with served(tmp_path_factory.mktemp("drop-box"), with_database(url, name)) as server:
            yield server
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


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
