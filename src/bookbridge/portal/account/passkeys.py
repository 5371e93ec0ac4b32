"""Where passkeys can be used: a browser ties them to a host name and to a safe connection."""

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def public_host() -> str:
    return urlsplit(settings.ENVIRONMENT.public_url).hostname or ""


def possible() -> bool:
    """Whether this installation's public address allows them: https and a name, or localhost for a trial."""
    host = public_host()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return urlsplit(settings.ENVIRONMENT.public_url).scheme == "https"
    return False


def usable_at(request: HttpRequest) -> bool:
    """Whether they work at the address that the browser is at now."""
    return possible() and urlsplit(f"//{request.get_host()}").hostname == public_host()
