"""Fixtures of the log-in's tests."""

from collections.abc import Iterator

import pytest

from tests import factories


@pytest.fixture
def no_tries_yet(db: None) -> Iterator[None]:
    """Nobody has been counted as trying to log in, before and after."""
    from django.core.cache import cache

    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def anna(db: None):
    """A viewer of a company of hers."""
    return factories.member(factories.organisation(), email="anna@example.org", name="Anna Voorbeeld")
