"""Secrets at rest: encrypted with the newest key, readable with any key still listed."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

MARK = "gAAAA"
"""How every encrypted text begins: Fernet's version, and a moment before the year 2106."""


class UnreadableSecretError(Exception):
    """A stored secret was encrypted with a key that isn't listed."""

    def __init__(self) -> None:
        super().__init__(
            "a secret in the database was encrypted with a key that BOOKBRIDGE_ENCRYPTION_KEYS doesn't hold. Add that "
            "key at the end of the list, on every machine. If it is lost, enter the app registrations' secrets anew "
            "and authorise the accounts again. `bookbridge secrets rotate --check` shows which secrets it concerns."
        )


@lru_cache(maxsize=4)
def _ciphers(keys: Sequence[str]) -> tuple[Fernet, ...]:
    return tuple(Fernet(key) for key in keys)


def _listed() -> tuple[Fernet, ...]:
    return _ciphers(settings.ENVIRONMENT.encryption_keys)


def encrypt(text: str) -> str:
    return _listed()[0].encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """Raises UnreadableSecretError."""
    try:
        return MultiFernet(_listed()).decrypt(text.encode()).decode()
    except InvalidToken:
        raise UnreadableSecretError from None


def key_of(text: str) -> int | None:
    """Which key of the list an encrypted text needs, 0 being the newest; None: none of them."""
    for number, cipher in enumerate(_listed()):
        try:
            cipher.decrypt(text.encode())
        except InvalidToken:
            continue
        return number
    return None


class EncryptedTextField(models.TextField):
    """Text that the database only ever holds encrypted. It can't be searched."""

    def get_prep_value(self, value: str | None) -> str | None:
        return encrypt(value) if value else value

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return decrypt(value) if value else value
