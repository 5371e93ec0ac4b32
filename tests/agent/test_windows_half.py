"""The Windows half of `machine.py`, by its interface, with the calls it makes answered as Windows documents them."""

import ctypes
import sys
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace

import pytest

from bookbridge_agent import folder, machine

INVALID = ctypes.c_void_p(-1).value
NOT_FOUND, ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION = 2, 5, 32, 33


class Kernel:
    """CreateFileW as Windows answers it: a handle, or none and an error."""

    def __init__(self, error: int = 0) -> None:
        self.closed: list[int | None] = []
        self.asked: list[tuple[object, ...]] = []

        def create(*asked: object) -> int | None:
            self.asked.append(asked)
            return INVALID if error else 44

        self.CreateFileW = create

    def CloseHandle(self, handle: ctypes.c_void_p) -> None:
        self.closed.append(handle.value)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(machine, "sys", SimpleNamespace(platform="win32"))
    return monkeypatch


@pytest.mark.parametrize(
    ("error", "in_use"),
    [(0, False), (SHARING_VIOLATION, True), (LOCK_VIOLATION, True), (ACCESS_DENIED, False), (NOT_FOUND, False)],
)
def test_a_file_is_in_use_when_another_program_has_it_open(
    windows: pytest.MonkeyPatch, error: int, in_use: bool
) -> None:
    kernel = Kernel(error)
    windows.setattr(ctypes, "WinDLL", lambda name, use_last_error: kernel, raising=False)
    windows.setattr(ctypes, "get_last_error", lambda: error, raising=False)
    path = PureWindowsPath(r"\\server\Export é\fmuta6.csv")
    assert machine.is_in_use(path) is in_use  # type: ignore[arg-type]
    assert kernel.asked[0][0] == r"\\server\Export é\fmuta6.csv"
    assert kernel.asked[0][2] == 0, "shared with nobody"
    assert kernel.closed == ([] if error else [44])


@pytest.mark.parametrize("is_held", [True, False])
def test_a_lock_is_one_byte_of_the_file(windows: pytest.MonkeyPatch, tmp_path: Path, is_held: bool) -> None:
    asked: list[tuple[int, int]] = []

    def locking(_file: int, mode: int, count: int) -> None:
        asked.append((mode, count))
        if is_held:
            raise OSError(36, "Resource deadlock avoided")

    windows.setitem(sys.modules, "msvcrt", SimpleNamespace(LK_NBLCK=2, locking=locking))
    locked = machine.lock(tmp_path / "agent.lock")
    assert (locked is None) is is_held
    assert asked == [(2, 1)]
    if locked:
        locked.close()


def test_a_folder_needs_no_flushing_and_nobody_counts_as_administrator(
    windows: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    machine.flush_folder(tmp_path / "not there")
    assert not machine.is_administrator()


def test_what_is_beside_a_file_of_a_share_stays_on_that_share() -> None:
    share = PureWindowsPath(r"\\server\share\Export van ERP")
    waiting = share / folder.WAITING / ("0" * 32) / "fmuta6.csv"
    assert waiting.drive == r"\\server\share"
    assert waiting.relative_to(share).parts == (".bookbridge", "0" * 32, "fmuta6.csv")
    target = PureWindowsPath(r"\\server\share\dbopen.csv")
    assert str(target.with_name(f".{target.name}.bookbridge.part")) == r"\\server\share\.dbopen.csv.bookbridge.part"
