#!/usr/bin/env python3
"""Set up the virtual environment `.venv` on a machine that has only Python (3.11 or later), and make and git.

Uses nothing but the standard library, and says everything on standard error. The way:

1. nothing, when `.venv` already matches uv.lock and the pyproject.toml of each distribution;
2. the program `uv` of the version in uv.lock: one on PATH, or its wheel from the address in uv.lock, checked against
   the hash there, or by pip, which honours pip's own settings for mirrors and proxies;
3. `uv sync --frozen`, or the same locked packages with their hashes by pip.

With `--browser` it also sees to a Chromium for the browser journeys, and to what the tests break machines and
reach the drop box with.
"""

import argparse
import compileall
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".venv-tools"
STAMP = VENV / "bookbridge-setup"
DISTRIBUTIONS = (ROOT, ROOT / "agent")
"""The folders of our own, each with its pyproject.toml: the platform, and the agent for the customer's PC."""
OLDEST_PYTHON = (3, 11)
BROWSERS = ("chromium", "chromium-browser")
S3_CLIENTS = ("rclone", "s3cmd")
"""Programs, and Debian packages of the same names, that the tests reach the drop box with; skipped without."""
BREAKERS = {
    "libfaketime": ("lib/*/faketime/libfaketimeMT.so.1", "clocks that jump"),
    "iproute2": ("sbin/ip", "machines whose network is cut"),
}
"""Debian package → a file of it below /usr, and what the tests do with it. Without it those are skipped, loudly."""
DOWNLOAD_TRIES = 3
DOWNLOAD_SECONDS = 60


class SetupError(Exception):
    """Setting up failed; the message says what to do."""


def say(text):
    sys.stderr.write(f"setup: {text}\n")
    sys.stderr.flush()


def run(command, **settings):
    """Run a program with its output on standard error; its failure is a SetupError."""
    words = [str(word) for word in command]
    if subprocess.run(words, stdout=sys.stderr, stdin=subprocess.DEVNULL, check=False, **settings).returncode != 0:
        raise SetupError(f"this failed: {' '.join(words)}")


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--browser", action="store_true", help="also see to a Chromium for the browser journeys")
    asked = parser.parse_args(arguments)
    use_fitting_python()
    try:
        TOOLS.mkdir(exist_ok=True)
        with (TOOLS / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            set_up()
            if asked.browser:
                ensure_browser()
                ensure_breakers()
                ensure_s3_clients()
    except SetupError as problem:
        say(str(problem))
        return 1
    return 0


def use_fitting_python():
    """Go on under another Python on PATH when this one is too old."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    for minor in range(19, OLDEST_PYTHON[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            os.execv(found, [found, *sys.argv])  # noqa: S606 (no shell is meant)
    say(f"Python 3.11 or later is needed, and {sys.executable} is {platform.python_version()}. Install a later Python.")
    sys.exit(1)


# --- the virtual environment


def set_up():
    wanted = fingerprint()
    if STAMP.exists() and STAMP.read_text() == wanted and venv_works():
        return
    say("installing the locked packages in .venv")
    STAMP.unlink(missing_ok=True)
    uv = find_uv()
    try:
        sync(uv)
    except SetupError as problem:
        say(f"{problem}; trying again with pip and its own settings")
        sync_with_pip(uv)
    if not venv_works():
        raise SetupError(f"{VENV} does not work. Delete it and try again.")
    compile_own_code()
    STAMP.write_text(wanted)
    say("ready")


def fingerprint():
    digest = hashlib.sha256()
    for path in (ROOT / "uv.lock", *(folder / "pyproject.toml" for folder in DISTRIBUTIONS)):
        digest.update(path.read_bytes())
    return f"{digest.hexdigest()} {ROOT}\n"


def venv_works():
    python = VENV / "bin" / "python"
    if not python.exists():
        return False
    asked = [str(python), "-c", f"import sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"]
    return subprocess.run(asked, stdout=sys.stderr, check=False).returncode == 0


def uv_environment():
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    environment["UV_PROJECT_ENVIRONMENT"] = str(VENV)
    environment.setdefault("UV_PYTHON_DOWNLOADS", "never")
    # The machine's own certificates: many companies read TLS traffic with one of theirs.
    environment.setdefault("UV_SYSTEM_CERTS", "true")
    environment.setdefault("UV_HTTP_TIMEOUT", "120")
    return environment


def sync(uv):
    # Compiled once here, or each start of a program would compile Django anew where Python may not write its caches.
    command = [uv, "sync", "--frozen", "--quiet", "--compile-bytecode"]
    if not venv_works():
        shutil.rmtree(VENV, ignore_errors=True)
        command += ["--python", sys.executable]
    run(command, cwd=ROOT, env=uv_environment())


def compile_own_code():
    # As for the dependencies; what is changed later is compiled at each start, which is a matter of moments.
    for folder in DISTRIBUTIONS:
        compileall.compile_dir(folder / "src", quiet=2)


def sync_with_pip(uv):
    requirements = TOOLS / "requirements.txt"
    export = [uv, "export", "--frozen", "--quiet", "--no-emit-workspace", "--output-file", requirements]
    run(export, cwd=ROOT, env=uv_environment())
    if not venv_works():
        shutil.rmtree(VENV, ignore_errors=True)
        run([uv, "venv", "--quiet", "--python", sys.executable, VENV], cwd=ROOT, env=uv_environment())
    pip = [pip_python(), "-m", "pip", "--python", VENV, "install", "--quiet"]
    run([*pip, "--require-hashes", "--requirement", requirements])
    for folder in DISTRIBUTIONS:
        run([*pip, "--no-deps", "--editable", folder])


# --- uv


def find_uv():
    package = locked_package("uv")
    version = package["version"]
    for candidate in (TOOLS / "uv", shutil.which("uv"), VENV / "bin" / "uv"):
        if candidate and fits(uv_version(candidate), version):
            return Path(candidate)
    try:
        return download_uv(package)
    except (OSError, SetupError) as problem:
        say(f"uv {version} cannot be downloaded ({problem}); trying pip")
    return install_uv_with_pip(package)


def locked_package(name):
    import tomllib

    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    for package in lock["package"]:
        if package["name"] == name:
            return package
    raise SetupError(f"uv.lock does not name {name}; run `uv lock`.")


def uv_version(program):
    try:
        told = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False, timeout=30)
    except OSError:
        return ""
    found = re.match(r"uv (\d+\.\d+\.\d+)", told.stdout)
    return found.group(1) if told.returncode == 0 and found else ""


def fits(version, wanted):
    """Whether this uv reads our lock file: the version that wrote it or a later one."""
    return bool(version) and [int(part) for part in version.split(".")] >= [int(part) for part in wanted.split(".")]


def download_uv(package):
    wheels = [wheel for wheel in package["wheels"] if re.search(platform_tag(), wheel["url"])]
    if not wheels:
        raise SetupError(f"uv.lock names no uv for {platform.system()} {platform.machine()}")
    wheel = wheels[0]
    say(f"downloading uv {package['version']}")
    archive = TOOLS / "uv.whl"
    download(wheel["url"], archive, wheel["hash"])
    with zipfile.ZipFile(archive) as content:
        name = next(name for name in content.namelist() if name.endswith(".data/scripts/uv"))
        partial = TOOLS / "uv.new"
        partial.write_bytes(content.read(name))
    archive.unlink()
    partial.chmod(0o755)
    if not uv_version(partial):
        raise SetupError("the uv in the wheel does not run on this machine")
    partial.replace(TOOLS / "uv")
    return TOOLS / "uv"


def platform_tag():
    """A pattern for the file name of a wheel for this machine."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if platform.system() == "Darwin":
        return r"macosx_\w*_" + ("arm64" if machine == "aarch64" else machine)
    family = "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux"
    return rf"{family}\w*_{machine}\b"


def download(address, target, expected):
    """Fetch a file whole, with its hash (`sha256:…`) proven, or raise SetupError."""
    problem = ""
    for _ in range(DOWNLOAD_TRIES):
        try:
            with urllib.request.urlopen(address, timeout=DOWNLOAD_SECONDS) as answer:  # noqa: S310 (hash checked below)
                content = answer.read()
        except OSError as error:
            problem = str(error)
            continue
        found = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if found == expected:
            target.write_bytes(content)
            return
        problem = f"its hash is {found} and not {expected}"
    raise SetupError(problem)


def install_uv_with_pip(package):
    requirements = TOOLS / "uv-requirements.txt"
    hashes = [file["hash"] for file in [*package["wheels"], package["sdist"]]]
    requirements.write_text(f"uv=={package['version']} " + " ".join(f"--hash={value}" for value in hashes) + "\n")
    run([pip_python(), "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", requirements])
    return TOOLS / "pip" / "bin" / "uv"


def pip_python():
    """The Python of a small environment of our own that has pip."""
    home = TOOLS / "pip"
    python = home / "bin" / "python"
    asked = [str(python), "-m", "pip", "--version"]
    if python.exists() and subprocess.run(asked, capture_output=True, check=False).returncode == 0:
        return python
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        install_debian_packages(["python3-venv"], "Python's venv module is missing")
    run([sys.executable, "-m", "venv", "--clear", home])
    return python


# --- Debian packages and the browser


def install_debian_packages(names, why):
    apt = shutil.which("apt-get")
    if apt is None:
        raise SetupError(f"{why}. Install it with your system's package manager (Debian: {' '.join(names)}).")
    if os.geteuid() != 0:
        raise SetupError(f"{why}. As root run: apt-get install {' '.join(names)}")
    say(f"{why}; installing {' '.join(names)} with apt-get")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ([apt, "update"], [apt, "install", "-y", "--no-install-recommends", *names]):
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if done.returncode != 0:
            told = (done.stdout + done.stderr).decode(errors="replace")[-3000:]
            raise SetupError(f"this failed: {' '.join(command)}\n{told}")


def ensure_browser():
    if not any(shutil.which(name) for name in BROWSERS):
        install_debian_packages(["chromium"], "The browser journeys need Chromium, and there is none")
    if not driver_works():
        # Playwright's driver brings its own node, which a minimal Debian lacks one library for.
        install_debian_packages(["libatomic1"], "The driver of the browser journeys needs a library that is not there")
        if not driver_works():
            raise SetupError("Playwright's driver doesn't start; see what .venv/bin/playwright --version says")


def ensure_breakers():
    for name, (file, what) in BREAKERS.items():
        if next(Path("/usr").glob(file), None):
            continue
        try:
            install_debian_packages([name], f"{name} makes {what} for the tests")
        except SetupError as problem:
            say(f"{problem}\nThe tests with {what} will be skipped.")


def ensure_s3_clients():
    missing = [name for name in S3_CLIENTS if not shutil.which(name)]
    if not missing:
        return
    try:
        install_debian_packages(missing, f"The drop box is tested with {' and '.join(missing)} too")
    except SetupError as problem:
        say(f"{problem}\nThe tests with {' and '.join(missing)} will be skipped.")


def driver_works():
    command = [str(VENV / "bin" / "playwright"), "--version"]
    return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
