"""Being let in by a key that a person gives: it is tried at the package before it is kept."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.utils import timezone

from bookbridge.integrations.models import Authorisation
from bookbridge.integrations.tokens import store_access_key
from bookbridge.kit import catalogue, outgoing
from bookbridge.kit.access_key import FixedToken, token_of
from bookbridge.kit.budgets import MemoryBudget, call_limits, error_guard
from bookbridge.kit.contract import Connection
from bookbridge.kit.errors import NotAllowedError
from bookbridge.kit.fact_sheet import AccessKey
from bookbridge.organisations.models import User


class _Nothing:
    """A directory that remembers nothing: what is tried isn't known yet."""

    def get(self, kind: str, code: str) -> str | None:  # noqa: ARG002 (part of the contract)
        return None

    def put(self, kind: str, code: str, external_id: str) -> None:
        pass

    def forget(self, kind: str, code: str) -> None:
        pass


def rules_of(authorisation: Authorisation) -> AccessKey | None:
    """What a person must give; None for a package that lets us in by OAuth2."""
    return catalogue.fact_sheet(authorisation.integration.package).access_key


def let_in(
    authorisation: Authorisation,
    address: str,
    given: Mapping[str, str],
    user: User | None,
    now: Callable[[], datetime] = timezone.now,
) -> None:
    """Try the key by reading the administrations that it opens, and keep it, encrypted, when it opens any.

    Raises the errors of kit.errors, NotAllowedError for a key that opens none, and then keeps nothing.
    """
    rules = rules_of(authorisation)
    if rules is None:
        raise LookupError("this package lets us in by OAuth2")
    address = address.rstrip("/")
    token = token_of(rules, given)
    outgoing.check(address)
    connector = catalogue.connector_class(authorisation.integration.package)
    limits = connector.fact_sheet.limits
    trial = Connection(
        base_address=address,
        administration="",
        tokens=FixedToken(token),
        budget=MemoryBudget(call_limits(limits), error_guard(limits), now),
        directory=_Nothing(),
        now=now,
    )
    if not connector(trial).administrations():
        raise NotAllowedError("the key opens no administration")
    store_access_key(authorisation, address, token, user)
