"""The hasher of passwords in the tests' own process."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class FewRoundsHasher(PBKDF2PasswordHasher):
    """Django's default with few rounds. It goes by the same name, so that a real process can check what it made."""

    iterations = 1_000
