"""The address that tries are counted by: what our proxies say, never what a client invents."""

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import RequestFactory

from bookbridge.organisations.client_address import client_address


@pytest.mark.parametrize(
    ("trusted", "remote", "forwarded", "found"),
    [
        ("", "192.0.2.9", "", "192.0.2.9"),
        ("", "192.0.2.9", "198.51.100.1", "192.0.2.9"),
        ("10.0.0.5", "192.0.2.9", "198.51.100.1", "192.0.2.9"),
        ("10.0.0.5", "10.0.0.5", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.5", "10.0.0.5", "203.0.113.66, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.5", "10.0.0.5", "127.0.0.1, 10.0.0.5, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.0/8", "10.0.0.5", "203.0.113.66, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.5", "10.0.0.5", "", "10.0.0.5"),
        ("10.0.0.5", "10.0.0.5", "nonsense", "10.0.0.5"),
        ("10.0.0.5", "10.0.0.5", "198.51.100.1, <script>", "10.0.0.5"),
        ("10.0.0.5", "10.0.0.5", "198.51.100.1:4711", "198.51.100.1"),
        ("::1", "::1", "[2001:db8::7]:443", "2001:db8::7"),
        ("127.0.0.1", "::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "", "198.51.100.1", "198.51.100.1"),
        ("", "", "198.51.100.1", "127.0.0.1"),
    ],
)
def test_the_address_is_the_last_one_that_our_proxies_vouch_for(
    trusted: str, remote: str, forwarded: str, found: str, settings: Any
) -> None:
    networks = (ip_network(trusted),) if trusted else ()
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, trusted_proxies=networks)
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=remote, **headers)) == found
