"""The parts of the bootstrap that decide something; the whole of it is what `.ci/run` begins with."""

import hashlib
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import bootstrap  # noqa: E402


def test_a_download_with_the_right_hash_is_kept(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"a wheel")
    right = f"sha256:{hashlib.sha256(b'a wheel').hexdigest()}"
    bootstrap.download(source.as_uri(), tmp_path / "target", right)
    assert (tmp_path / "target").read_bytes() == b"a wheel"


def test_a_download_with_another_hash_is_refused(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"something else")
    with pytest.raises(bootstrap.SetupError, match="its hash is"):
        bootstrap.download((tmp_path / "source").as_uri(), tmp_path / "target", "sha256:00")
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize(
    ("system", "machine", "libc", "expected"),
    [
        ("Linux", "x86_64", "glibc", r"manylinux\w*_x86_64"),
        ("Linux", "aarch64", "glibc", r"manylinux\w*_aarch64"),
        ("Linux", "x86_64", "", r"musllinux\w*_x86_64"),
        ("Darwin", "arm64", "", r"macosx\w*_arm64"),
        ("Darwin", "x86_64", "", r"macosx\w*_x86_64"),
    ],
)
def test_the_lock_file_names_a_uv_for_each_machine(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, libc: str, expected: str
) -> None:
    monkeypatch.setattr(bootstrap.platform, "system", lambda: system)
    monkeypatch.setattr(bootstrap.platform, "machine", lambda: machine)
    monkeypatch.setattr(bootstrap.platform, "libc_ver", lambda: (libc, ""))
    wheels = [wheel["url"] for wheel in bootstrap.locked_package("uv")["wheels"]]
    fitting = [url for url in wheels if re.search(bootstrap.platform_tag(), url)]
    assert fitting
    assert all(re.search(expected, url) for url in fitting)


@pytest.mark.parametrize(
    ("version", "fits"), [("0.13.9", True), ("0.13.10", True), ("1.0.0", True), ("0.13.8", False), ("", False)]
)
def test_a_uv_fits_from_the_locked_version_on(version: str, fits: bool) -> None:
    assert bootstrap.fits(version, "0.13.9") is fits


def test_a_program_that_is_no_uv_has_no_version(tmp_path: Path) -> None:
    (tmp_path / "uv").write_text("#!/bin/sh\necho something else\n")
    (tmp_path / "uv").chmod(0o755)
    assert bootstrap.uv_version(tmp_path / "uv") == ""
    assert bootstrap.uv_version(tmp_path / "absent") == ""


def test_every_member_of_the_workspace_is_set_up_anew_when_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    members = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]["members"]
    assert {ROOT / member for member in members} == set(bootstrap.DISTRIBUTIONS) - {ROOT}
    before = bootstrap.fingerprint()
    monkeypatch.setattr(bootstrap, "DISTRIBUTIONS", bootstrap.DISTRIBUTIONS[:1])
    assert bootstrap.fingerprint() != before


def test_our_own_files_name_no_package_registry() -> None:
    for name in ("tools/bootstrap.py", "Makefile", ".ci/run", "pyproject.toml", "agent/pyproject.toml"):
        assert "pypi" not in (ROOT / name).read_text().lower(), name


def test_without_root_a_missing_debian_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    with pytest.raises(bootstrap.SetupError, match="chromium"):
        bootstrap.install_debian_packages(["chromium"], "There is no browser")


def test_a_missing_s3_client_is_named_and_keeps_nobody_from_testing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None if name == "rclone" else f"/usr/bin/{name}")
    bootstrap.ensure_s3_clients()
    said = capsys.readouterr().err
    assert "As root run: apt-get install rclone\n" in said
    assert "The tests with rclone will be skipped." in said
