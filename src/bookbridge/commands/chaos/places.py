"""Folders that can really fail: small disks of their own in a mount namespace of this run, where the machine allows.

Permission bits don't stop root, so as root a folder fails by its file system: mounted read-only, or filled up.
"""

import ctypes
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

_CLONE_NEWNS = 0x00020000
_MEMORY_NEEDED_KB = 2_500_000
"""Small disks lie in memory and are filled to the brim."""


def own_mounts() -> str:
    """Give this process, and those it starts, mounts of their own; says why that can't be, or nothing.

    They vanish with the last of these processes, however it ends.
    """
    if os.geteuid() != 0 or not shutil.which("mount"):
        return "this needs the rights of root to mount a small disk"
    if _available_memory_kb() < _MEMORY_NEEDED_KB:
        return f"this machine has less than {_MEMORY_NEEDED_KB // 1_000_000} GB of memory to spare for small disks"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0:
        return f"this machine allows no mounts of our own ({os.strerror(ctypes.get_errno())})"
    private = subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True, check=False)  # noqa: S607
    return "" if private.returncode == 0 else "this machine's mounts can't be made our own"


def _available_memory_kb() -> int:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), 0)


class SmallDisk:
    """A folder that is a file system of its own, with a limit on its size. Needs `own_mounts`."""

    def __init__(self, folder: Path, megabytes: int, owner: tuple[int, int] = (0, 0)) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        uid, gid = owner
        _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700,uid={uid},gid={gid}", "tmpfs", str(folder))

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        """Leave no room at all."""
        with self._ballast.open("ab") as ballast:
            for size in (1 << 24, 1 << 20, 1 << 12):
                # Until it says that there is no more.
                with suppress(OSError):
                    while True:
                        os.posix_fallocate(ballast.fileno(), ballast.seek(0, os.SEEK_END), size)

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def allow_writing(self, allowed: bool) -> None:
        _run("mount", "-o", f"remount,{'rw' if allowed else 'ro'}", str(self.folder))

    def remove(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], capture_output=True, check=False)  # noqa: S607
        shutil.rmtree(self.folder, ignore_errors=True)


class StoragePlace:
    """The storage's folder, which can be away, read-only, or full. `disk` is what it lies on, when that is our own."""

    def __init__(self, parent: Path, disk: SmallDisk | None) -> None:
        self.folder = parent / "storage"
        self._disk = disk
        self._away = parent / "storage.away"

    def take_away(self) -> None:
        """Something else lies in its place, so that it can't be made anew either."""
        self.folder.rename(self._away)
        self.folder.touch()

    def bring_back(self) -> None:
        self.folder.unlink()
        self._away.rename(self.folder)

    def allow_writing(self, allowed: bool) -> None:
        if self._disk:
            self._disk.allow_writing(allowed)
            return
        for place, _, _ in os.walk(self.folder):
            Path(place).chmod(0o700 if allowed else 0o500)

    def fill(self) -> None:
        assert self._disk is not None
        self._disk.fill()

    def free(self) -> None:
        assert self._disk is not None
        self._disk.free()


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
