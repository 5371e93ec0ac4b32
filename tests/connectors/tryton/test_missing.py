"""What is said where a real Tryton can't be started: what is missing, and what to do."""

from pathlib import Path

import pytest

from bookbridge.connectors.tryton.simulator import create_simulator, server
from bookbridge.kit.simulation import POSTGRES, CantSimulateError, SimulatorSettings


def test_without_tryton(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(server.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CantSimulateError, match=r"trytond is not installed.*tools/bootstrap\.py"):
        server.program("trytond")


def test_without_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(POSTGRES, raising=False)
    with pytest.raises(CantSimulateError, match=POSTGRES):
        create_simulator(SimulatorSettings())


def test_tryton_is_told_the_server_and_not_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its address of the database comes from us alone, without the name of a database in it."""
    monkeypatch.setenv("TRYTOND_DATABASE__URI", "sqlite://")
    told = server.environment("postgresql://role:secret@/books?host=/run/db&port=5432")
    assert told["TRYTOND_DATABASE__URI"] == "postgresql://role:secret@/?host=/run/db&port=5432"
