"""Tokens of an authorisation: one refresh at a time across all workers, the new pair stored before anything uses it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bookbridge.integrations import sql
from bookbridge.integrations.asking import Ask, at_once
from bookbridge.integrations.models import Authorisation
from bookbridge.integrations.storable import storable
from bookbridge.kit import catalogue, oauth
from bookbridge.kit.errors import LaterError, NotAllowedError, PackageError, SignInAgainError, UnreachableError
from bookbridge.kit.fact_sheet import OAuth
from bookbridge.organisations import notices, trail
from bookbridge.organisations.models import Notice, User

CALLBACK_PATH = "/authorise/callback"
_MARGIN = timedelta(seconds=10)
"""A token that would expire within this time is not good for one more call."""
_AT_HAND_FOR = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class _AtHand:
    token: str = field(repr=False)
    read_at: datetime
    good_until: datetime


def app_credentials(authorisation: Authorisation) -> oauth.AppCredentials:
    app = authorisation.app
    if app is None:
        raise SignInAgainError("the account has no registration at the package")
    return oauth.AppCredentials(app.client_id, app.client_secret, settings.ENVIRONMENT.public_url + CALLBACK_PATH)


def store_first_tokens(authorisation: Authorisation, pair: oauth.TokenPair, user: User | None) -> None:
    """Keep the pair that a consent gave; the authorisation is active from here on."""
    with transaction.atomic():
        row = Authorisation.objects.select_for_update().get(pk=authorisation.pk)
        was = row.status
        _keep(row, pair)
        row.authorised_by = user
        row.authorised_at = pair.issued_at
        row.save()
        _tell_of_status(row, was, row.status)
    authorisation.refresh_from_db()


def store_access_key(authorisation: Authorisation, address: str, token: str, user: User | None) -> None:
    """Keep the key that a person gave, and where it is good; the authorisation is active from here on."""
    with transaction.atomic():
        row = Authorisation.objects.select_for_update().get(pk=authorisation.pk)
        was = row.status
        row.address, row.access_token, row.refresh_token = address, token, ""
        row.access_token_issued_at, row.access_token_expires_at = timezone.now(), None
        row.status, row.status_reason = Authorisation.Status.ACTIVE, ""
        row.authorised_by, row.authorised_at = user, row.access_token_issued_at
        row.save()
        _tell_of_status(row, was, row.status)
    authorisation.refresh_from_db()


def needs_signing_in_again(used: Authorisation, reason: str) -> None:
    """The package takes the account's tokens no more; nothing is called with them until a person has signed in.

    `used`: the authorisation as it was read before the calls. One that was given anew since then stays active.
    """
    with transaction.atomic():
        lost = Authorisation.objects.filter(
            pk=used.pk, status=Authorisation.Status.ACTIVE, authorised_at=used.authorised_at
        ).update(status=Authorisation.Status.SIGN_IN_AGAIN, status_reason=storable(reason))
        if lost:
            _tell_of_status(used, Authorisation.Status.ACTIVE, Authorisation.Status.SIGN_IN_AGAIN)


class StoredTokens:
    """The access tokens of one authorisation, as a connector's Connection wants them; safe across threads."""

    def __init__(self, authorisation_id: int, now: Callable[[], datetime] = timezone.now, ask: Ask = at_once) -> None:
        self._id = authorisation_id
        self._now = now
        self._ask = ask
        self._at_hand: _AtHand | None = None

    def access_token(self, refused: str | None = None) -> str:
        """A token good for the next call, and another one than the package has just refused, however young we think
        that is: clocks may differ. Raises SignInAgainError, LaterError, NotAllowedError or UnreachableError."""
        known = self._at_hand
        if known and known.token != refused and known.read_at <= self._now() < known.good_until:
            return known.token
        return self._ask(partial(self._stored, refused))

    def _stored(self, refused: str | None) -> str:
        row = Authorisation.objects.select_related("app", "integration").get(pk=self._id)
        if catalogue.fact_sheet(row.integration.package).oauth is None:
            return self._key(row)
        pair = _pair(row)
        if pair.access_token == refused or pair.is_due(self._now()):
            return self._refreshed(refused)
        # Believed for a moment only: a person may have withdrawn the account.
        now = self._now()
        self._at_hand = _AtHand(pair.access_token, now, min(now + _AT_HAND_FOR, pair.refresh_not_before))
        return pair.access_token

    def _key(self, row: Authorisation) -> str:
        """The key that a person gave. It is the same when the package has refused it: only a person has another."""
        if row.status != Authorisation.Status.ACTIVE:
            raise SignInAgainError(row.status_reason or "the account has not been authorised yet")
        now = self._now()
        self._at_hand = _AtHand(row.access_token, now, now + _AT_HAND_FOR)
        return row.access_token

    def _refreshed(self, refused: str | None) -> str:
        """Refresh under the row's lock. The lock is held during the call: that is what makes it one at a time."""
        problem: PackageError | None = None
        with transaction.atomic(durable=True):
            sql.let_the_transaction_wait()
            locked = Authorisation.objects.select_for_update(of=("self",)).select_related("app", "integration")
            row = locked.get(pk=self._id)
            pair = _pair(row)
            is_refused = pair.access_token == refused
            if is_refused or pair.is_due(self._now()):
                try:
                    pair = self._new_pair(row, pair, by_our_clock=not is_refused)
                except SignInAgainError as error:
                    row.status, row.status_reason = Authorisation.Status.SIGN_IN_AGAIN, storable(str(error))
                    problem = error
                    _tell_of_status(row, Authorisation.Status.ACTIVE, row.status)
                except (LaterError, UnreachableError, NotAllowedError) as error:
                    problem = error
                else:
                    _keep(row, pair)
                row.save()
        if problem is None or (not is_refused and self._still_good(pair, problem)):
            return pair.access_token
        raise problem

    def _new_pair(self, row: Authorisation, pair: oauth.TokenPair, *, by_our_clock: bool) -> oauth.TokenPair:
        app = app_credentials(row)
        return oauth.refresh(_rules(row), row.base_address, app, pair, self._now(), by_our_clock=by_our_clock)

    def _still_good(self, pair: oauth.TokenPair, problem: PackageError) -> bool:
        """Between 570 and 600 seconds the old token still serves when a new one isn't to be had just now."""
        return not isinstance(problem, SignInAgainError) and self._now() + _MARGIN < pair.expires_at


def _tell_of_status(row: Authorisation, was: str, now: str) -> None:
    """What the package said stays out of the trail, and a refresh alone changes nothing that somebody decided."""
    action = "authorisation.given" if now == Authorisation.Status.ACTIVE else "authorisation.lost"
    if now == Authorisation.Status.SIGN_IN_AGAIN:
        notices.announce(row.organisation_id, Notice.Kind.ACCOUNT, row.pk, since=row.authorised_at)
    trail.record(row.organisation_id, action, subject=row, changes={"status": (was, now)})


def _rules(row: Authorisation) -> OAuth:
    return catalogue.fact_sheet(row.integration.package).oauth_rules


def _pair(row: Authorisation) -> oauth.TokenPair:
    if row.status != Authorisation.Status.ACTIVE or not row.access_token_issued_at or not row.access_token_expires_at:
        raise SignInAgainError(row.status_reason or "the account has not been authorised yet")
    rules = _rules(row)
    issued_at = row.access_token_issued_at
    days = rules.refresh_token_days
    return oauth.TokenPair(
        access_token=row.access_token,
        refresh_token=row.refresh_token,
        issued_at=issued_at,
        expires_at=row.access_token_expires_at,
        refresh_not_before=issued_at + timedelta(seconds=rules.refresh_not_before_s),
        refresh_expires_at=issued_at + timedelta(days=days) if days else None,
    )


def _keep(row: Authorisation, pair: oauth.TokenPair) -> None:
    row.access_token, row.refresh_token = pair.access_token, pair.refresh_token
    row.access_token_issued_at, row.access_token_expires_at = pair.issued_at, pair.expires_at
    row.status, row.status_reason = Authorisation.Status.ACTIVE, ""
