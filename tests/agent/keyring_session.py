"""Run a command within a session bus that has a real GNOME keyring, open or closed; nobody's own is touched."""

import shutil
from pathlib import Path

import pytest

_SESSION = """
set -e
eval "$(printf '%s' "$KEYRING_PASSWORD" | gnome-keyring-daemon --unlock --components=secrets 2>/dev/null)"
exec "$@"
"""


def in_a_session(folder: Path) -> tuple[list[str], dict[str, str]]:
    """What stands before a command, and what is in its environment; skips where there is no such keyring."""
    if not (shutil.which("dbus-run-session") and shutil.which("gnome-keyring-daemon")):
        pytest.skip("needs dbus and gnome-keyring")
    runtime, home = folder / "runtime", folder / "home"
    runtime.mkdir(mode=0o700, exist_ok=True)
    home.mkdir(exist_ok=True)
    environment = {
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_DATA_HOME": str(home / "data"),
        "KEYRING_PASSWORD": "log-in password",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring",
    }
    return ["dbus-run-session", "--", "sh", "-c", _SESSION, "session"], environment
