"""The machine in the middle, in a network namespace of its own: PostgreSQL and a simulator, reachable over TCP.

Run as a program: prints one JSON object when all is ready, and ends with its standard input.
"""

import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from bookbridge.server.embedded_postgres import EmbeddedPostgres

NETWORK = "10.77.0.0/16"
PACKAGE = "10.77.9.1"
PORT = 8600


class ReachablePostgres(EmbeddedPostgres):
    """Takes connections from the other machines too."""

    def _address(self) -> dict[str, str]:
        return {**super()._address(), "listen_addresses": "*", "port": "5432"}

    def open_to(self, network: str) -> None:
        with (self._cluster / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {network} scram-sha-256\n")
        with psycopg.connect(self.administrator_url, autocommit=True) as connection:
            connection.execute("SELECT pg_reload_conf()")

    @property
    def watching_url(self) -> str:
        """For the test, which sees the socket's folder from any namespace, and every organisation's rows."""
        head, _, query = self.administrator_url.partition("?")
        return f"{head.rpartition('/')[0]}/bookbridge?{query}"


def main(folder: Path) -> None:
    server = ReachablePostgres(folder / "postgresql", durable=False, temporary=True)
    os.environ["DATABASE_OWNER_URL"] = server.start()
    os.environ["DATABASE_URL"] = url = server.app_url
    server.open_to(NETWORK)
    from bookbridge.server.start import load_django

    load_django()
    from bookbridge.commands.staging import set_stage
    from bookbridge.kit import catalogue
    from bookbridge.kit.simulation import SimulatorServer, SimulatorSettings
    from bookbridge.storage import inbox_prefix

    settings = SimulatorSettings(minute_limit=100_000, day_limit=1_000_000)
    simulator = catalogue.simulator_factory("exact_online")(settings, None)
    with SimulatorServer(simulator, "0.0.0.0", PORT):
        stage = set_stage("exact_online", f"http://{PACKAGE}:{PORT}", "Two Machines", "Files")
        place = inbox_prefix(stage.configuration.organisation_id, stage.configuration.integration_id)
        parts = urlsplit(url)
        role = {"user": parts.username, "password": parts.password}
        sys.stdout.write(json.dumps({**role, "watching_url": server.watching_url, "inbox": place}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    server.release()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
