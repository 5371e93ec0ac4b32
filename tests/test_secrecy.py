"""The search for secrets finds them wherever a test leaves one."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from bookbridge.organisations import trail
from bookbridge.organisations.secrets import encrypt
from tests import factories

LEAKING = """
import subprocess, sys, logging
from bookbridge.organisations.secrets import encrypt

def test_in_a_log_line():
    encrypt("the-first-token"); logging.getLogger("x").warning("it is %s", "the-first-token")

def test_on_standard_error():
    encrypt("the-second-token"); print("the-second-token", file=sys.stderr)

def test_in_a_child():
    encrypt("the-third-token")
    subprocess.run([sys.executable, "-c", "import sys; sys.stderr.write('the-third-token')"])

def test_in_a_file(tmp_path):
    (tmp_path / "logs").mkdir(); (tmp_path / "logs" / "worker.log").write_text("Dorpsstraat 12")

def test_nowhere(tmp_path):
    encrypt("the-fourth-token"); print("the-first-token", file=sys.stderr)
"""


def test_a_leak_into_any_log_fails_the_test_that_made_it(tmp_path: Path) -> None:
    test = tmp_path / "test_leaking.py"
    test.write_text(LEAKING)
    root = Path(__file__).parent.parent
    ended = subprocess.run(
        [*(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"), "-c", "pyproject.toml", str(test)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "5 passed, 4 errors" in ended.stdout, ended.stdout
    for name in ("in_a_log_line", "on_standard_error", "in_a_child", "in_a_file"):
        assert f"::test_{name}" in ended.stdout
    assert "::test_nowhere" not in ended.stdout


def _leaky(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"your key is {request.GET['key']}")


urlpatterns = [path("leaky", _leaky), path("mine", _leaky, name="mfa_activate_totp")]


@pytest.fixture
def found() -> list[str]:
    from tests import secrecy

    return secrecy._known.seen


@pytest.mark.leaks
@pytest.mark.urls(__name__)
def test_a_secret_on_a_page_is_found(client: Client, found: list[str], settings: Any) -> None:
    settings.MIDDLEWARE = []  # Pages of the test's own stand in no table of who may see them.
    encrypt("the-page-token")
    client.get("/mine", {"key": "the-page-token"})
    assert found == []
    client.get("/leaky", {"key": "the-page-token"})
    assert len(found) == 1
    assert "/leaky" in found[0]


@pytest.mark.leaks
@pytest.mark.django_db
@pytest.mark.parametrize("told", ["the-trail-token", "Dorpsstraat 12", "owner@example.org", "Piet van der Test"])
def test_what_the_trail_must_not_hold_is_found(told: str, found: list[str]) -> None:
    from tests import secrecy

    encrypt("the-trail-token")
    factories.user("owner@example.org", name="Piet van der Test")
    trail.record(None, "user.changed", subject=("user", 1), changes={"remark": ("", told)})
    secrecy._search_trail()
    assert len(found) == 1
