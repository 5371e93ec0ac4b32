"""The token rules, with real rows and the simulator's own OAuth rules over real HTTP."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from bookbridge.commands.staging import set_stage
from bookbridge.integrations.budgets import SharedBudget
from bookbridge.integrations.connecting import connect
from bookbridge.integrations.models import Authorisation
from bookbridge.integrations.tokens import StoredTokens
from bookbridge.kit.errors import LaterError, SignInAgainError, UnreachableError
from bookbridge.organisations import secrets
from tests.exchange.stage import Stage

TOKEN_PATH = "/api/oauth2/token"


@dataclass
class Clock:
    """Our time and the simulator's, moved ahead together."""

    stage: Stage
    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return timezone.now() + self.ahead

    def advance(self, seconds: float, *, package_too: bool = True) -> None:
        self.ahead += timedelta(seconds=seconds)
        if package_too:
            self.stage.control("clock", advance_s=seconds)


@pytest.fixture
def clock(stage: Stage) -> Clock:
    return Clock(stage)


@pytest.fixture
def tokens(stage: Stage, clock: Clock) -> StoredTokens:
    return StoredTokens(stage.configuration.authorisation_id, clock)


def row(stage: Stage) -> Authorisation:
    return Authorisation.objects.get(pk=stage.configuration.authorisation_id)


def calls(stage: Stage, path: str) -> list[dict[str, Any]]:
    journal = httpx.get(f"{stage.simulator.url}/_simulator/requests").json()["requests"]
    return [call for call in journal if call["path"].startswith(path)]


def refreshes(stage: Stage) -> list[int | None]:
    """The statuses of all refreshes: the first call to the endpoint was the sign-in."""
    return [call["status"] for call in calls(stage, TOKEN_PATH)[1:]]


def stored_elsewhere(stage: Stage) -> tuple[str, str]:
    """The tokens as a connection of its own sees them: what is committed."""
    own = {name: connection.get_connection_params()[name] for name in ("dbname", "user", "password", "host", "port")}
    with psycopg.connect(**{name: value for name, value in own.items() if value}) as other:
        found = other.execute(
            "SELECT access_token, refresh_token FROM integrations_authorisation WHERE id = %s",
            [stage.configuration.authorisation_id],
        ).fetchone()
    assert found is not None
    return secrets.decrypt(found[0]), secrets.decrypt(found[1])


# --- lazily


def test_a_fresh_token_is_used_without_a_call(stage: Stage, clock: Clock, tokens: StoredTokens):
    first = row(stage).access_token
    clock.advance(565)

    assert tokens.access_token() == first
    assert refreshes(stage) == []


def test_after_570_seconds_the_next_call_renews_it_once(stage: Stage, clock: Clock, tokens: StoredTokens):
    before = row(stage)
    clock.advance(572)

    renewed = tokens.access_token()

    after = row(stage)
    assert renewed == after.access_token
    assert {after.access_token, after.refresh_token}.isdisjoint({before.access_token, before.refresh_token})
    assert after.access_token_expires_at == after.access_token_issued_at + timedelta(seconds=600)
    assert tokens.access_token() == renewed
    assert refreshes(stage) == [200]


def test_a_token_that_expired_long_ago_is_renewed(stage: Stage, clock: Clock, tokens: StoredTokens):
    for _ in range(3):
        clock.advance(7 * 86400)
        assert tokens.access_token() == row(stage).access_token

    assert refreshes(stage) == [200, 200, 200]


# --- one at a time


def test_eight_workers_at_once_make_one_refresh(stage: Stage, clock: Clock):
    spent = row(stage).refresh_token
    clock.advance(601)
    stage.fault(kind="slow", path=TOKEN_PATH, delay_s=0.5)
    start = threading.Barrier(8)

    def ask() -> str:
        try:
            start.wait()
            return StoredTokens(stage.configuration.authorisation_id, clock).access_token()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as workers:
        given = [asked.result() for asked in [workers.submit(ask) for _ in range(8)]]

    after = row(stage)
    assert set(given) == {after.access_token}
    assert refreshes(stage) == [200]
    assert after.refresh_token != spent
    # The new pair serves the next refresh, so the spent one was not stored over it.
    clock.advance(601)
    assert StoredTokens(stage.configuration.authorisation_id, clock).access_token() not in given
    assert refreshes(stage) == [200, 200]


def test_two_workers_share_an_account_for_an_hour_and_lose_no_token(stage: Stage, clock: Clock):
    """Both need a token for a call every twenty seconds; whoever comes first once it is old renews it for both."""
    steps = [threading.Barrier(2, action=lambda: clock.advance(20)) for _ in range(180)]

    def work() -> int:
        try:
            made = 0
            for step in steps:
                step.wait()
                made += len(connect(stage.configuration, now=clock).administrations())
            return made
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as workers:
        made = [asked.result() for asked in [workers.submit(work) for _ in range(2)]]

    assert made[0] == made[1] >= 180
    assert {call["status"] for call in calls(stage, "/api/v1")} == {200}, "a call went out with a lost token"
    assert refreshes(stage) == [200] * 6


def test_one_accounts_refresh_does_not_hold_up_another(stage: Stage, clock: Clock):
    other = set_stage("exact_online", stage.simulator.url, "Test Company", "Second link").authorisation
    clock.advance(601)
    stage.fault(kind="slow", path=TOKEN_PATH, delay_s=60, times=1)
    before = len(calls(stage, TOKEN_PATH))
    slow = threading.Thread(target=_ask_quietly, args=(stage.configuration.authorisation_id, clock))
    slow.start()
    try:
        while len(calls(stage, TOKEN_PATH)) == before:
            assert slow.is_alive()
        assert StoredTokens(other.pk, clock).access_token() != other.access_token
        assert slow.is_alive()
    finally:
        stage.simulator.app.release_held_calls()
        slow.join()


def _ask_quietly(authorisation_id: int, clock: Clock) -> None:
    try:
        StoredTokens(authorisation_id, clock).access_token()
    except UnreachableError:
        pass  # The simulator lets go of the call without an answer when the test ends.
    finally:
        connections.close_all()


# --- stored before use


def test_the_new_pair_is_committed_before_the_call_that_uses_it(
    stage: Stage, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    before = row(stage)
    clock.advance(601)
    seen: list[tuple[str, str]] = []
    real_take = SharedBudget.take

    def take_and_look(budget: SharedBudget, cost: int = 1) -> None:
        assert len(calls(stage, "/api/v1")) == made_before, "a call went out before its token was looked at"
        seen.append(stored_elsewhere(stage))
        real_take(budget, cost)
        raise Killed

    class Killed(BaseException):
        """The worker dies between the refresh and the call."""

    made_before = len(calls(stage, "/api/v1"))
    monkeypatch.setattr(SharedBudget, "take", take_and_look)
    with pytest.raises(Killed):
        connect(stage.configuration, now=clock).administrations()
    monkeypatch.setattr(SharedBudget, "take", real_take)

    (committed,) = seen
    assert set(committed).isdisjoint({before.access_token, before.refresh_token})
    # Whoever comes next works with the stored pair: nothing was lost with the worker.
    assert connect(stage.configuration, now=clock).administrations()
    assert refreshes(stage) == [200]
    assert stored_elsewhere(stage) == committed


# --- when no new token is to be had


@pytest.mark.parametrize("kind", ["server_error", "cut_before"])
def test_between_570_and_600_seconds_the_old_token_still_serves(
    stage: Stage, clock: Clock, tokens: StoredTokens, kind: str
):
    old = row(stage).access_token
    stage.fault(kind=kind, path=TOKEN_PATH)
    clock.advance(575)

    assert tokens.access_token() == old
    assert connect(stage.configuration, now=clock).administrations()
    assert row(stage).status == Authorisation.Status.ACTIVE

    clock.advance(20)
    with pytest.raises(UnreachableError):
        tokens.access_token()
    assert row(stage).status == Authorisation.Status.ACTIVE

    httpx.delete(f"{stage.simulator.url}/_simulator/faults")
    assert tokens.access_token() != old


def test_too_early_by_the_packages_clock_keeps_the_old_token(stage: Stage, clock: Clock, tokens: StoredTokens):
    """Our clock is ahead of the package's."""
    old = row(stage)
    clock.advance(575, package_too=False)

    assert tokens.access_token() == old.access_token
    statuses = refreshes(stage)
    assert statuses
    assert all(status is not None and 400 <= status < 500 for status in statuses)
    assert row(stage).refresh_token == old.refresh_token

    clock.advance(30, package_too=False)
    with pytest.raises(LaterError) as raised:
        tokens.access_token()
    assert raised.value.not_before > clock()
    assert row(stage).status == Authorisation.Status.ACTIVE

    stage.control("clock", advance_s=605)
    assert tokens.access_token() != old.access_token


# --- when the package refuses a token that we think good


def test_a_token_that_the_package_expired_before_its_time_is_renewed_by_the_call_itself(stage: Stage):
    """The package's clock is ahead of ours."""
    old = row(stage)
    stage.control("tokens/age", seconds=700)

    assert connect(stage.configuration).administrations()
    assert row(stage).access_token != old.access_token
    assert row(stage).status == Authorisation.Status.ACTIVE
    assert refreshes(stage) == [200]


def test_a_refused_token_that_another_worker_has_renewed_costs_no_refresh(stage: Stage, tokens: StoredTokens):
    assert tokens.access_token("an older one") == row(stage).access_token
    assert refreshes(stage) == []


def test_a_token_that_is_refused_while_it_is_too_early_for_another_waits(stage: Stage, tokens: StoredTokens):
    young = tokens.access_token()

    with pytest.raises(LaterError):
        tokens.access_token(young)
    assert row(stage).status == Authorisation.Status.ACTIVE


def test_a_young_token_that_was_withdrawn_waits_for_a_person(stage: Stage):
    stage.control("tokens/revoke")

    with pytest.raises(SignInAgainError):
        connect(stage.configuration).administrations()
    assert row(stage).status == Authorisation.Status.SIGN_IN_AGAIN
    assert len(refreshes(stage)) == 1


# --- when only a person can help


def spend(stage: Stage, clock: Clock, tokens: StoredTokens) -> None:
    """The refresh token was used, and its answer never reached us."""
    clock.advance(601)
    stage.fault(kind="cut_after", path=TOKEN_PATH, times=1)
    with pytest.raises(UnreachableError):
        tokens.access_token()


def expire(_stage: Stage, clock: Clock, _tokens: StoredTokens) -> None:
    clock.advance(31 * 86400)


def withdraw(stage: Stage, clock: Clock, _tokens: StoredTokens) -> None:
    stage.control("tokens/revoke")
    clock.advance(601)


@pytest.mark.parametrize("ruin", [spend, expire, withdraw])
def test_a_worthless_refresh_token_waits_for_a_person_who_signs_in_again(
    stage: Stage, clock: Clock, tokens: StoredTokens, ruin: Any
):
    dead = row(stage).access_token
    ruin(stage, clock, tokens)

    with pytest.raises(SignInAgainError):
        tokens.access_token()
    marked = row(stage)
    assert marked.status == Authorisation.Status.SIGN_IN_AGAIN
    assert marked.status_reason
    assert dead not in marked.status_reason

    tried = len(refreshes(stage))
    with pytest.raises(SignInAgainError):
        tokens.access_token()
    assert len(refreshes(stage)) == tried, "a dead account must not be tried again and again"

    set_stage("exact_online", stage.simulator.url, "Test Company", "Files")
    healed = row(stage)
    assert (healed.status, healed.status_reason) == (Authorisation.Status.ACTIVE, "")
    assert StoredTokens(healed.pk).access_token() == healed.access_token != dead


# --- at rest


def test_the_database_holds_no_readable_token(stage: Stage):
    given = row(stage)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(a)::text FROM integrations_authorisation a")
        ((authorisation,),) = cursor.fetchall()
        cursor.execute("SELECT row_to_json(r)::text FROM integrations_appregistration r")
        ((app,),) = cursor.fetchall()

    assert given.label in authorisation
    assert given.access_token not in authorisation
    assert given.refresh_token not in authorisation
    assert given.app.client_secret not in app


@pytest.fixture
def use_keys(monkeypatch: pytest.MonkeyPatch):
    def use(*keys: str) -> None:
        monkeypatch.setattr(settings, "ENVIRONMENT", replace(settings.ENVIRONMENT, encryption_keys=keys))

    return use


def test_keys_are_changed_without_losing_a_token(stage: Stage, clock: Clock, use_keys: Any):
    old_keys = settings.ENVIRONMENT.encryption_keys
    new_key = Fernet.generate_key().decode()
    tokens = StoredTokens(stage.configuration.authorisation_id, clock)
    first = tokens.access_token()

    use_keys(new_key, *old_keys)
    assert tokens.access_token() == first
    clock.advance(601)
    second = tokens.access_token()

    use_keys(*old_keys)
    with pytest.raises(secrets.UnreadableSecretError):
        row(stage)

    use_keys(new_key)
    assert Authorisation.objects.defer("app").get().access_token == second != first


def test_a_token_is_at_hand_for_a_moment_and_one_that_was_refused_is_not(
    tokens: StoredTokens, clock: Clock, stage: Stage
):
    from django.test.utils import CaptureQueriesContext

    first = tokens.access_token()
    with CaptureQueriesContext(connection) as asked:
        assert {tokens.access_token() for _ in range(10)} == {first}
    assert len(asked) == 0

    authorisation = row(stage)
    authorisation.access_token = "another worker's"
    authorisation.save()
    assert tokens.access_token() == first
    assert tokens.access_token(first) == "another worker's"

    authorisation.status = Authorisation.Status.INACTIVE
    authorisation.save()
    clock.advance(6, package_too=False)
    with pytest.raises(SignInAgainError):
        tokens.access_token()
