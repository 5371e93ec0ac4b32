"""Whoever changes a setting, a right, data or an outcome by any of the ways there are finds it in the audit trail.

Each scenario goes through the real entry point and says what it must leave. The last test finds every action in the
source that no test anywhere looks for.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from bookbridge.cli import main
from bookbridge.exchange import outstanding
from bookbridge.exchange.models import OutstandingSnapshot
from bookbridge.integrations import changing
from bookbridge.integrations.models import AccessKey, Integration
from bookbridge.integrations.tokens import needs_signing_in_again
from bookbridge.organisations import trail, trail_chain
from bookbridge.organisations.models import AuditEntry, Membership, Organisation, User
from bookbridge.organisations.walls import acting_for
from bookbridge.portal.account import mails
from bookbridge.portal.settings_forms import schedule_of
from bookbridge.server import restoring
from tests import factories
from tests.agents import agent_of
from tests.exchange.files import customer, joined, sale
from tests.exchange.stage import Stage
from tests.portal import people

pytestmark = pytest.mark.django_db(transaction=True)
SOURCE = Path("src/bookbridge")


@dataclass
class World:
    stage: Stage
    client: Client
    owner: User
    monkeypatch: pytest.MonkeyPatch
    folder: Path

    @property
    def organisation(self) -> Organisation:
        return self.stage.configuration.organisation

    @property
    def integration(self) -> Integration:
        return self.stage.configuration.integration

    def command(self, *arguments: str) -> Result:
        ended = CliRunner().invoke(main, list(arguments))
        assert ended.exit_code == 0, ended.output
        return ended


@pytest.fixture
def world(stage: Stage, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    owner = factories.member(stage.configuration.organisation)
    client.force_login(owner)
    return World(stage, client, owner, monkeypatch, tmp_path)


def _installed(world: World) -> None:
    world.command("add", "user", "anna@company.example", "--password", "correct horse 9", "--operator")
    world.command("add", "organisation", "Company", "--owner", "anna@company.example")
    app = ("add", "app", "exact_online", "https://start.exactonline.nl", "--client-id")
    world.command(*app, "one", "--client-secret", "first-client-secret")
    world.command(*app, "two", "--client-secret", "second-client-secret")
    company = str(Organisation.objects.get(name="Company").pk)
    world.command("add", "integration", company, "ERP", "exact_online", "--address", "https://start.exactonline.nl")


def _configured(world: World) -> None:
    file = world.folder / "site.toml"
    file.write_text('[mappings.vat_codes]\nH = "2"\n[outstanding]\ninterval_min = 15\n')
    world.command("configure", str(world.integration.pk), str(file))


def _lost(world: World) -> None:
    with acting_for(world.organisation.pk):
        needs_signing_in_again(world.stage.configuration.authorisation, "the token of Familie Voorbeeld")
        needs_signing_in_again(world.stage.configuration.authorisation, "again")


def _logged_in(world: World) -> None:
    browser, address = Client(), reverse("account_login")
    browser.post(address, {"login": world.owner.email, "password": "not-the-password"})
    browser.post(address, {"login": "nobody@example.org", "password": "not-the-password"})
    browser.post(address, {"login": world.owner.email, "password": factories.PASSWORD})
    browser.post(reverse("account_logout"))


def _second_factor(world: World) -> None:
    browser = Client()
    people.log_in(browser, world.owner.email)
    people.show_oneself(browser)
    secret = browser.get(reverse("mfa_activate_totp")).context["form"].secret
    browser.post(reverse("mfa_activate_totp"), {"code": people.code_of(secret, -1)})
    other = Client()
    people.log_in(other, world.owner.email)
    other.post(reverse("mfa_authenticate"), {"code": "000000"})
    browser.post(reverse("mfa_generate_recovery_codes"))
    browser.post(reverse("mfa_deactivate_totp"))


def _passwords(world: World) -> None:
    form = Client()
    address = form.get(mails.reset_link(world.owner).removeprefix(django_settings.ENVIRONMENT.public_url))["Location"]
    form.post(address, {"password1": "another long password", "password2": "another long password"})
    changed = {"oldpassword": "another long password", "password1": factories.PASSWORD, "password2": factories.PASSWORD}
    browser = Client()
    people.log_in(browser, world.owner.email, "another long password")
    browser.post(reverse("account_change_password"), changed)
    User.objects.filter(pk=world.owner.pk).update(password="!")
    world.owner.refresh_from_db()
    browser.force_login(world.owner)
    browser.post(reverse("account_set_password"), {name: changed[name] for name in ("password1", "password2")})


def _by_command(world: World) -> None:
    email = world.owner.email
    for words in (["reset-link"], ["log-out"], ["close"], ["reopen"]):
        world.command("user", *words, email)
    restoring.mark()
    restoring.finish(restoring.Report(), None)


def _preferences(world: World) -> None:
    wanted = {"name": "Another Name", "language": "nl", "time_zone": "Europe/Brussels"}
    assert world.client.post(reverse("preferences"), wanted).status_code == 302


def _uploaded(world: World) -> None:
    file = SimpleUploadedFile("fmuta6.csv", joined(sale("26700900", account="0000")))
    address = reverse("upload", args=[world.organisation.pk, world.integration.pk])
    assert world.client.post(address, {"files": [file]}).status_code == 302
    world.stage.work()


def _posted(world: World) -> None:
    world.stage.run_files(debitr__csv=joined(customer("100")), fmuta6__csv=joined(sale("26700901")), x__txt=b"what")


def _cut(world: World) -> None:
    """The package takes the entry and the line is cut: uncertain, then found."""
    world.stage.run_files(debitr__csv=joined(customer("100")))
    world.stage.fault(kind="cut_after", resource="salesentry/SalesEntries", method="POST", times=1)
    world.stage.run_files(fmuta6__csv=joined(sale("26700902")))


def _held(world: World) -> OutstandingSnapshot:
    with acting_for(world.organisation.pk):
        made = factories.held_run(world.stage.configuration)
        return OutstandingSnapshot.objects.get(run=made)


def _corrected(world: World) -> None:
    world.stage.run_files(debitr__csv=joined(customer("100")))
    run = world.stage.run_files(fmuta6__csv=joined(sale("26700903", account="8999")))
    place = [world.organisation.pk, run.pk]
    given = {"version": "0", "reoffer": "1", "lines.0.ledger_account": "8000"}
    address = reverse("save_correction", args=[*place, run.lines.get().pk])
    assert world.client.post(address, given).status_code == 302
    assert world.client.post(reverse("retry", args=place)).status_code == 302
    world.stage.work()


def _rows_corrected(world: World) -> None:
    world.stage.run_files(debitr__csv=joined(customer("100")))
    run = world.stage.run_files(fmuta6__csv=joined(sale("26700905"), sale("26700906", day="31022026")))
    place = [world.organisation.pk, run.pk]
    line = [*place, run.lines.get(reason="not_read").pk]
    given = {"version": "0", "reason": "A test"}
    assert world.client.post(reverse("leave_rows_out", args=line), given).status_code == 302
    right = {
        f"{row}.{column}": text for row in (3, 4) for column, text in (("entry_date", "28022026"), ("period", "2"))
    }
    given = {"version": "1", "reoffer": "1", **right}
    assert world.client.post(reverse("save_rows", args=line), given).status_code == 302
    assert world.client.post(reverse("retry", args=place)).status_code == 302
    world.stage.work()


def _settled(world: World) -> None:
    world.stage.run_files(debitr__csv=joined(customer("100")))
    run = world.stage.run_files(fmuta6__csv=joined(sale("26700904", account="8999")))
    line = run.lines.get()
    place = [world.organisation.pk, run.pk, line.pk]
    for name in ("leave_out", "send_after_all"):
        assert world.client.post(reverse(name, args=place), {"reason": "A test"}).status_code == 302
    with acting_for(world.organisation.pk):
        world.stage.book_by_hand(line, "26700904")
    given = {"reason": "By hand", "number": "26700904", "accepted": "lines"}
    assert world.client.post(reverse("already_there", args=place), given).status_code == 302
    changed = world.stage.run_files(fmuta6__csv=joined(sale("26700904", account="8999", amount="7.00")))
    place = [world.organisation.pk, changed.pk, changed.lines.get().pk]
    assert world.client.post(reverse("leave_as_posted", args=place), {"reason": "A test"}).status_code == 302


def _difference_booked(world: World) -> None:
    world.stage.run_files(debitr__csv=joined(customer("100")), fmuta6__csv=joined(sale("26700905")))
    run = world.stage.run_files(fmuta6__csv=joined(sale("26700905", amount="7.00", vat="1.47")))
    place = [world.organisation.pk, run.pk, run.lines.get().pk]
    seen = world.client.get(reverse("line", args=place)).context["entry"].seen
    given = {"reason": "A test", "seen": seen}
    assert world.client.post(reverse("book_difference", args=place), given).status_code == 302
    world.stage.work()


def _members(world: World) -> None:
    place = [world.organisation.pk]
    given = {"email": "new@example.org", "role": "viewer"}
    assert world.client.post(reverse("invite", args=place), given).status_code == 302
    with acting_for(world.organisation.pk):
        place.append(Membership.objects.get(user__email="new@example.org").pk)
    assert world.client.post(reverse("change_member", args=place), {"role": "owner"}).status_code == 302
    assert world.client.post(reverse("remove_member", args=place)).status_code == 302


def _noticed(world: World) -> None:
    given = {"errors_mailed": "daily", "losses": "on"}
    assert world.client.post(reverse("save_notices", args=[world.organisation.pk]), given).status_code == 302
    place = [world.organisation.pk, world.integration.pk]
    given = {"hours": "80", "seen": changing.seen(None)}
    assert world.client.post(reverse("save_silence", args=place), given).status_code == 302


def _compared(world: World) -> None:
    place = [world.organisation.pk, world.integration.pk]
    given = {"since": "2026-03-01", "until": "2026-03-31"}
    assert world.client.post(reverse("compare", args=place), given).status_code == 302


def _agreed(world: World) -> None:
    snapshot = _held(world)
    assert world.client.post(reverse("agree", args=[world.organisation.pk, snapshot.pk])).status_code == 302


def _refused(world: World) -> None:
    snapshot = _held(world)
    assert world.client.post(reverse("refuse", args=[world.organisation.pk, snapshot.pk])).status_code == 302


def _read(world: World) -> None:
    with acting_for(world.organisation.pk):
        outstanding.ask_for(world.stage.configuration)
        world.stage.work()


def _schedule_set(world: World) -> None:
    given = {"interval": "15", "share": "20", "seen": changing.seen(schedule_of(world.stage.configuration))}
    assert world.client.post(_settings_of(world, "save_schedule"), given).status_code == 302


def _mapped(world: World) -> None:
    given = {"source": "H", "target": "2", "was": ""}
    assert world.client.post(_settings_of(world, "save_mapping", "vat_codes"), given).status_code == 302
    given = {"source": "H", "was": "2"}
    assert world.client.post(_settings_of(world, "remove_mapping", "vat_codes"), given).status_code == 302


def _layout_chosen(world: World) -> None:
    kept = world.stage.configuration.layouts.get("fmuta6")
    given = {"profile": "fmuta6_32", "adjustments": "", "seen": changing.seen(kept)}
    assert world.client.post(_settings_of(world, "save_layout", "fmuta6"), given).status_code == 302


def _paused(world: World) -> None:
    assert world.client.post(_settings_of(world, "pause"), {"note": "Familie Voorbeeld"}).status_code == 302
    assert world.client.post(_settings_of(world, "resume")).status_code == 302


def _settings_of(world: World, name: str, *more: str) -> str:
    return reverse(name, args=[world.organisation.pk, world.integration.pk, world.stage.configuration.pk, *more])


def _keyed(world: World) -> None:
    world.command("add", "access-key", str(world.integration.pk), "--label", "Agent")
    address = reverse("make_access_key", args=[world.organisation.pk, world.integration.pk])
    assert world.client.post(address, {"label": "Another agent"}).status_code == 200
    with acting_for(world.organisation.pk):
        key = AccessKey.objects.latest("pk")
    place = [world.organisation.pk, world.integration.pk, key.pk]
    assert world.client.post(reverse("revoke_access_key", args=place)).status_code == 302


def _forgotten(world: World) -> None:
    place = [world.organisation.pk, world.integration.pk, agent_of(world.integration).pk]
    assert world.client.post(reverse("forget_agent", args=place)).status_code == 302


def _rotated(world: World) -> None:
    from dataclasses import replace

    keys = (Fernet.generate_key().decode(), *django_settings.ENVIRONMENT.encryption_keys)
    environment = replace(django_settings.ENVIRONMENT, encryption_keys=keys)
    world.monkeypatch.setattr(django_settings, "ENVIRONMENT", environment)
    world.command("secrets", "rotate")


SCENARIOS: dict[Callable[[World], Any], set[str]] = {
    _installed: {
        *("user.added command", "organisation.added command", "membership.added command"),
        *("app_registration.added command", "app_registration.changed command"),
        *("integration.added command", "authorisation.added command"),
    },
    _configured: {"configuration.changed command"},
    _lost: {"authorisation.lost system"},
    _logged_in: {"log_in.failed visitor", "log_in.succeeded user", "log_in.ended user"},
    _second_factor: {"second_factor.added user", "second_factor.failed user", "second_factor.removed user"},
    _passwords: {"password.reset user", "password.changed user", "password.set user"},
    _by_command: {
        *("password.link_made command", "sessions.ended command", "user.closed command", "user.reopened command"),
        *("installation.looks_up_first command", "installation.restored command"),
    },
    _preferences: {"user.changed user"},
    _uploaded: {"file.uploaded user", "file.received system", "file.taken_in system", "posting.refused system"},
    _posted: {"file.set_aside system", "posting.posted system", "run.ended system"},
    _cut: {"posting.uncertain system", "posting.posted system"},
    _corrected: {"line.corrected user", "run.asked_for user", "posting.posted system"},
    _rows_corrected: {"row.left_out user", "row.corrected user", "run.asked_for user", "posting.posted system"},
    _settled: {
        *("posting.left_out user", "document.left_out user", "posting.refused user", "document.send_after_all user"),
        *("posting.posted user", "document.already_there user", "document.left_as_posted user"),
    },
    _difference_booked: {"document.difference user", "run.asked_for user", "posting.posted system"},
    _noticed: {"notices.chosen user", "integration.changed user"},
    _members: {"user.added user", "membership.added user", "membership.changed user", "membership.removed user"},
    _agreed: {"outstanding.written user"},
    _compared: {"comparison.asked user"},
    _refused: {"outstanding.discarded user"},
    _read: {"run.asked_for system", "outstanding.held system"},
    _schedule_set: {"configuration.changed user"},
    _mapped: {"configuration.changed user"},
    _layout_chosen: {"configuration.changed user"},
    _paused: {"configuration.paused user", "configuration.resumed user"},
    _keyed: {"access_key.made command", "access_key.made user", "access_key.revoked user"},
    _forgotten: {"agent.forgotten user"},
    _rotated: {"secrets.rotated command"},
}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__.strip("_"))
def test_it_is_in_the_trail(world: World, scenario: Callable[[World], Any]) -> None:
    trail.this_process_is("system")
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    scenario(world)
    entries = AuditEntry.objects.exclude(pk__in=before)
    left = {f"{entry.action} {entry.actor_kind}" for entry in entries}
    assert SCENARIOS[scenario] <= left
    for entry in entries.filter(actor_kind="user"):
        assert entry.actor_id == str(world.owner.pk)
        assert entry.origin == "127.0.0.1"
    assert [trail_chain.verify(chain).fault for chain in trail_chain.chains()] == [None] * len(trail_chain.chains())


def test_every_action_in_the_source_is_looked_for_by_some_test() -> None:
    tests = "\n".join(path.read_text() for path in Path("tests").rglob("test_*.py"))
    actions = {action for path in SOURCE.rglob("*.py") for action in _actions(ast.parse(path.read_text()))}
    assert {"run.ended", "log_in.failed", "password.changed", "access_key.made", "user.closed"} <= actions
    assert sorted(action for action in actions if action not in tests) == []


def _actions(tree: ast.AST) -> Iterator[str]:
    """What is recorded under a fixed name; what is made of a state has a scenario for each."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("trail.record", "Entry", "_tell")):
            yield from (text for part in node.args[:2] for text in _dotted(part))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("_ABOUT_A_USER", "action"):
            yield from _dotted(node.value)


def _dotted(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            first, dot, second = node.value.partition(".")
            if dot and first.replace("_", "").isalpha() and second.replace("_", "").isalpha():
                yield node.value
