"""The audit of dependencies fails for a vulnerability, and is loud, not red, where nobody can be asked."""

from typing import Any

from tools.audit import verdict
from tools.locked import names, requirements

SOUND = {"name": "django", "version": "5.2.9", "vulns": []}
FLAWED = {"name": "lxml", "version": "6.0.0", "vulns": [{"id": "PYSEC-2099-1", "fix_versions": ["6.0.9"]}]}
UNKNOWN = {"name": "attrs", "skip_reason": "not found"}


def report(*packages: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(packages)}


def test_a_vulnerability_fails_and_names_the_mended_version() -> None:
    code, told = verdict(report(SOUND, FLAWED), "", strict=False)
    assert code == 1
    assert "lxml 6.0.0: PYSEC-2099-1, mended in 6.0.9" in told


def test_sound_packages_pass() -> None:
    assert verdict(report(SOUND), "", strict=True) == (0, ["1 packages audited"])


def test_a_package_that_nobody_knows_is_told_and_fails_only_when_strict() -> None:
    code, told = verdict(report(SOUND, UNKNOWN), "", strict=False)
    assert code == 0
    assert any("NOT AUDITED: 1 of 2" in line for line in told)
    assert verdict(report(SOUND, UNKNOWN), "", strict=True)[0] == 1


def test_an_unreachable_service_is_told_with_its_reason() -> None:
    code, told = verdict(None, "trace\nConnectionError: no route to host\n", strict=False)
    assert code == 0
    assert "NOT AUDITED" in told[0]
    assert "no route to host" in told[1]
    assert verdict(None, "", strict=True)[0] == 1


def test_runtime_packages_are_a_part_of_all_the_locked_ones() -> None:
    runtime, every = names(requirements(runtime_only=True)), names(requirements(runtime_only=False))
    assert "django" in runtime
    assert "pytest" not in runtime
    assert set(runtime) < set(every)
