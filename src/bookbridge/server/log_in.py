"""What the doctor says of the log-in."""

from collections.abc import Iterator

from django.conf import settings

from bookbridge.server.findings import Finding
from bookbridge.server.roles import addresses_without_role


def examine_log_in() -> Iterator[Finding]:
    """What keeps people out, or lets a guesser in."""
    environment = settings.ENVIRONMENT
    missing = addresses_without_role()
    if missing:
        what = f"nobody can open {', '.join(missing)}: no role is set"
        yield Finding("log-in", "wrong", what, "Give each a line in bookbridge/server/roles.py.")
    if environment.public_url.startswith("https:") and not environment.trusted_proxies:
        what = "the portal is reached over https, so through a proxy, and none is trusted: all visitors count as one"
        yield Finding("log-in", "warning", what, "Set BOOKBRIDGE_TRUSTED_PROXIES to the proxy's address.")
    if environment.require_mfa == "none":
        what = "nobody must have a second step at log-in"
        yield Finding("log-in", "warning", what, "Set BOOKBRIDGE_REQUIRE_MFA to operators or everyone.")
    if not missing:
        yield Finding("log-in", "well", "every address has its role")
