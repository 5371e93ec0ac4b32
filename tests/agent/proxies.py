"""A real proxy between a PC and the server: tinyproxy, with or without a password."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bookbridge.commands.processes import free_port, listens
from tests.agent.pc import wait_until

_SETTINGS = """
Port {port}
Listen 127.0.0.1
Timeout 60
LogFile "{log}"
LogLevel Connect
DisableViaHeader Yes
"""


@contextmanager
def proxy(folder: Path, password: str | None = None) -> Iterator[tuple[str, Path]]:
    """Its address without a password, and its log. The user's name is `anna`."""
    program = shutil.which("tinyproxy")
    if program is None:
        pytest.skip("there is no tinyproxy")
    port, log, settings = free_port(), folder / "proxy.log", folder / "proxy.conf"
    asked = f"BasicAuth anna {password}\n" if password else ""
    settings.write_text(_SETTINGS.format(port=port, log=log) + asked)
    running = subprocess.Popen([program, "-d", "-c", str(settings)], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(port), "the proxy does not start")
        yield f"http://127.0.0.1:{port}", log
    finally:
        running.kill()
        running.wait()
