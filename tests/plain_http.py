"""Calls to what answers on this machine over plain HTTP."""

import ssl

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For `verify`: it trusts nobody. Without it httpx reads the certificates of the world for each client: 30 ms."""
