"""Signing in at a package: the OAuth2 redirect there and the answer that comes back.

The `state` is signed, names the authorisation and the user, lives for ten minutes, and its nonce is kept in the session
that asked. It is forgotten before anything else is done with it, so it can be used once.
"""

import secrets
from datetime import UTC, datetime
from uuid import UUID

from django.core import signing
from django.http import HttpRequest

from bookbridge.integrations.models import Authorisation
from bookbridge.integrations.tokens import app_credentials, store_first_tokens
from bookbridge.kit import catalogue
from bookbridge.kit.oauth import authorise_url, exchange_code
from bookbridge.organisations.access import OWNER, Access, organisation_for
from bookbridge.organisations.models import User
from bookbridge.organisations.walls import acting_for

STATE_LIFE_S = 600
_SALT = "bookbridge.integrations.authorising"
_NONCES = "authorising"
_NONCES_KEPT = 5


class StateRefusedError(Exception):
    """The answer belongs to no sign-in that this session has under way: forged, foreign, expired or used before."""


class SignInDeniedError(Exception):
    """The person at the package's page, or the package, said no; the message holds the package's own word."""

    def __init__(self, authorisation: Authorisation, word: str) -> None:
        super().__init__(word)
        self.authorisation = authorisation
        self.word = word


class CodeMissingError(Exception):
    """The package sent the user back without a code and without an error."""


def start(request: HttpRequest, authorisation: Authorisation) -> str:
    """The address of the package's own page where the user lets us in; the session now expects its answer.

    It can't be the redirect of a form: browsers hold every redirect of a form against the page's `form-action`, and a
    package sends the user on over hosts that we don't know. The portal shows a page that leads there.
    """
    nonce = secrets.token_urlsafe(24)
    kept: dict[str, int] = request.session.get(_NONCES, {})
    # Some may sign in at two packages in two tabs; a session can't be filled without end.
    request.session[_NONCES] = {**dict(list(kept.items())[-(_NONCES_KEPT - 1) :]), nonce: authorisation.pk}
    asked = {
        "nonce": nonce,
        "organisation": str(authorisation.organisation_id),
        "authorisation": authorisation.pk,
        "user": request.user.pk,
    }
    state = signing.dumps(asked, salt=_SALT, compress=False)
    package = authorisation.integration.package
    rules = catalogue.fact_sheet(package).oauth_rules
    return authorise_url(rules, authorisation.base_address, app_credentials(authorisation), state)


def finish(request: HttpRequest) -> Authorisation:
    """Take the package's answer: exchange the code and store the tokens before anything else.

    Raises StateRefusedError, SignInDeniedError, CodeMissingError, and the errors of kit.errors. Raises Http404 or
    PermissionDenied when the user has lost the organisation or the role since the start.
    """
    organisation_id, authorisation_id = _expected(request)
    access = organisation_for(request, organisation_id, OWNER)
    with acting_for(organisation_id):
        return _finish(request, access, authorisation_id)


def _finish(request: HttpRequest, access: Access, authorisation_id: int) -> Authorisation:
    authorisation = (
        Authorisation.objects.select_related("integration", "app")
        .filter(organisation=access.organisation, pk=authorisation_id)
        .first()
    )
    if authorisation is None:
        raise StateRefusedError("the authorisation is gone")
    if request.GET.get("error"):
        raise SignInDeniedError(authorisation, request.GET["error"][:200])
    code = request.GET.get("code", "")
    if not code:
        raise CodeMissingError("the package sent no code")
    pair = exchange_code(
        catalogue.fact_sheet(authorisation.integration.package).oauth_rules,
        authorisation.base_address,
        app_credentials(authorisation),
        code,
        datetime.now(UTC),
    )
    store_first_tokens(authorisation, pair, access.user)
    return authorisation


def _expected(request: HttpRequest) -> tuple[UUID, int]:
    """The organisation and the authorisation that this session has asked for under this state."""
    try:
        state = signing.loads(request.GET.get("state", ""), salt=_SALT, max_age=STATE_LIFE_S)
        nonce, authorisation_id, user_id = state["nonce"], state["authorisation"], state["user"]
        organisation_id = UUID(state["organisation"])
    except (signing.BadSignature, KeyError, TypeError, ValueError) as error:
        raise StateRefusedError("no state of ours, or too old") from error
    kept: dict[str, int] = request.session.get(_NONCES, {})
    if kept.get(nonce) != authorisation_id:
        raise StateRefusedError("this session has asked for no such sign-in, or it was used")
    request.session[_NONCES] = {other: pk for other, pk in kept.items() if other != nonce}
    request.session.save()
    if not isinstance(request.user, User) or request.user.pk != user_id:
        raise StateRefusedError("another user asked for this sign-in")
    return organisation_id, authorisation_id
