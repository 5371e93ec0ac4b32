"""Where a request really comes from: X-Forwarded-For is believed as far as our own proxies wrote it, no further."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    return address_behind(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))


def address_behind(called_from: str, forwarded_for: str) -> str:
    """The address of the client.

    Each proxy adds the address it was called from at the right. So we go from the right to the left and stop at the
    first address that is none of our proxies; what stands further left is the client's own invention.
    """
    address = _clean(called_from) or "127.0.0.1"  # a socket file's caller is of this machine
    hops = forwarded_for.split(",")
    while _is_our_proxy(address) and hops:
        earlier = _clean(hops.pop())
        if earlier is None:
            break
        address = earlier
    return address


def _is_our_proxy(address: str) -> bool:
    found = ipaddress.ip_address(address)
    return any(found in network for network in settings.ENVIRONMENT.trusted_proxies)


def _clean(text: str) -> str | None:
    text = text.strip()
    if text.startswith("["):  # [2001:db8::1]:443
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:  # 192.0.2.1:443
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
