"""The agent as one file in `dist/`, which needs no Python on the PC, with the licences of what is in it; `make agent`.

PyInstaller builds for the system that it runs on: Windows' is built on Windows, by the same words. Why not a zipapp:
docs/decisions/0033.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
LICENCES = DIST / "bookbridge-agent-licences"
BUILT = DIST / ("bookbridge-agent.exe" if sys.platform == "win32" else "bookbridge-agent")
_VENV = ROOT / ".venv-tools" / "agent"
_BIN = _VENV / ("Scripts" if sys.platform == "win32" else "bin")
_SITE = Path(sysconfig.get_path("purelib", vars={"base": str(_VENV), "platbase": str(_VENV)}))
_WORK = ROOT / ".venv-tools" / "agent-build"
_ONLY_TO_BUILD = ("pyinstaller", "pyinstaller-hooks-contrib", "altgraph", "macholib", "pefile", "setuptools")
_LICENCE_WORDS = ("LICEN", "COPYING", "NOTICE", "AUTHORS")


def main() -> int:
    _install()
    _build()
    _gather_licences()
    sys.stdout.write(f"{BUILT.relative_to(ROOT)}: {BUILT.stat().st_size / 1e6:.0f} MB\n")
    return 0


def _install() -> None:
    """The agent's locked packages and PyInstaller, and nothing else that could get into the file."""
    uv = Path(sys.executable).with_name("uv")
    words = ["--frozen", "--quiet", "--no-default-groups", "--no-editable", "--package", "bookbridge-agent"]
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(_VENV), "UV_PYTHON_DOWNLOADS": "never"}
    command = [str(uv), "sync", *words, "--group", "agent-build", "--reinstall-package", "bookbridge-agent"]
    subprocess.run([*command, "--python", sys.executable], cwd=ROOT, env=environment, check=True)


def _build() -> None:
    words = [
        *("--onefile", "--noconfirm", "--log-level=WARN", "--name=bookbridge-agent"),
        *(f"--distpath={DIST}", f"--workpath={_WORK}", f"--specpath={_WORK}"),
        # All of the package by rule: its screens' templates and their files, and what is imported by name.
        *("--collect-all=bookbridge_agent", "--copy-metadata=bookbridge-agent"),
        *("--collect-submodules=keyring.backends", "--copy-metadata=keyring"),
        # PyInstaller on Windows: what `service_windows.py` needs of pywin32.
        *(("--hidden-import=win32timezone",) if sys.platform == "win32" else ()),
    ]
    entry = _SITE / "bookbridge_agent" / "__main__.py"
    subprocess.run([str(_BIN / "pyinstaller"), *words, str(entry)], cwd=ROOT, check=True, stdout=sys.stderr)


def _gather_licences() -> None:
    shutil.rmtree(LICENCES, ignore_errors=True)
    for each in distributions(path=[str(_SITE)]):
        if each.name not in _ONLY_TO_BUILD:
            _keep_licences_of(each)
    python = LICENCES / "python"
    python.mkdir(parents=True)
    shutil.copy(_licence_of_python(), python)
    shutil.copy(ROOT / "LICENSE", LICENCES / "bookbridge-agent" / "LICENSE")


def _keep_licences_of(package: Distribution) -> None:
    """Its files of such names; or what it says of itself, where it brings none along."""
    folder = LICENCES / package.name
    folder.mkdir(parents=True, exist_ok=True)
    found = [file for file in package.files or () if any(word in file.name.upper() for word in _LICENCE_WORDS)]
    for file in found:
        shutil.copy(str(file.locate()), folder / file.name)
    if not found:
        (folder / "METADATA").write_text(package.read_text("METADATA") or "", encoding="utf-8")


def _licence_of_python() -> Path:
    """Beside its library, on Windows beside the program."""
    places = (Path(sysconfig.get_path("stdlib")), Path(sys.base_prefix))
    return next(place / "LICENSE.txt" for place in places if (place / "LICENSE.txt").exists())


if __name__ == "__main__":
    sys.exit(main())
