"""The portal's server as a real process."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from bookbridge.commands.processes import free_port


def serve(tmp_path: Path, database: str, *arguments: str) -> subprocess.Popen[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("BOOKBRIDGE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "bookbridge", "serve", *arguments],
        env={**plain, "DATABASE_URL": database, "BOOKBRIDGE_DATA": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_taken_port_is_told_in_a_sentence(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = serve(tmp_path, "postgresql://nobody@127.0.0.1:9/nothing", "--port", str(port))
        _, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert said.splitlines() == [
        f"Error: can't listen on 127.0.0.1, port {port}: Address already in use; "
        "choose another with --host and --port, or end the program that listens there"
    ]


def test_it_serves_until_it_is_told_to_end(tmp_path: Path, empty_database: str):
    port = free_port()
    process = serve(tmp_path, empty_database, "--port", str(port))
    try:
        deadline = time.monotonic() + 90
        while True:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            try:
                page = httpx.get(f"http://127.0.0.1:{port}/", follow_redirects=True, timeout=30)
                break
            except httpx.ConnectError:
                time.sleep(0.1)
        assert page.status_code == 200
        assert "Bookbridge" in page.text
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
