"""A pytest plugin that gives the whole test session one PostgreSQL, before Django reads its settings.

It is loaded by `-p` in pyproject.toml: pytest-django loads the settings before any conftest.py. Addresses that are
already set (DATABASE_URL and DATABASE_OWNER_URL, whose role may make databases) are used as they are. Otherwise a
temporary embedded server starts; pytest-xdist's workers inherit its addresses and make databases of their own
(`test_…_gw0`, `_gw1`). Each session has its own server in its own temporary folder, which is removed when the session
ends in whatever way.
"""

import os
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from bookbridge.server.embedded_postgres import EmbeddedPostgres


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    os.environ.setdefault("BOOKBRIDGE_REQUIRE_MFA", "none")  # tests that want the default set it
    asked = early_config.known_args_namespace
    if not (os.environ.get("DATABASE_URL") or asked.help or asked.version):
        folder = Path(tempfile.mkdtemp(prefix="bookbridge-tests-"))
        server = EmbeddedPostgres(folder, durable=False, temporary=True)
        os.environ["DATABASE_OWNER_URL"] = server.start()
        os.environ["DATABASE_URL"] = server.app_url
        early_config.add_cleanup(server.release)
    return (yield)
