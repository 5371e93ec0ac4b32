import pytest

from bookbridge.storage import Storage
from tests.storage.dropbox.house import House


@pytest.fixture
def house(storage: Storage) -> House:
    """On a folder, and on a bucket: for what depends on the storage."""
    return House(storage)


@pytest.fixture
def small_house(folder_storage: Storage) -> House:
    """On a folder alone."""
    return House(folder_storage)
