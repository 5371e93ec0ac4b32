"""Django's cache in PostgreSQL, so that tries are counted over all web processes together.

The table is unlogged: it is fast, and empty after a crash of the database, when counting starts anew. Values are JSON:
whoever can write in the table still can't make us run anything.
"""

import json
import random
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

from bookbridge.organisations import queries

_TIDY_ONCE_IN = 50


class SharedCache(BaseCache):
    """A key counts until its moment has passed; each change is one statement."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        found = queries.read_shared(self.make_and_validate_key(key, version=version))
        return default if found is None else json.loads(found)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._tidy()
        queries.write_shared(
            self.make_and_validate_key(key, version=version), json.dumps(value), self._seconds(timeout)
        )

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Set a key that isn't there; of several at once exactly one is told True."""
        self._tidy()
        made = self.make_and_validate_key(key, version=version)
        return queries.add_shared(made, json.dumps(value), self._seconds(timeout))

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return queries.touch_shared(self.make_and_validate_key(key, version=version), self._seconds(timeout))

    def delete(self, key: str, version: int | None = None) -> bool:
        return queries.delete_shared(self.make_and_validate_key(key, version=version))

    def clear(self) -> None:
        queries.clear_shared()

    def _seconds(self, timeout: Any) -> float | None:
        seconds: float | None = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return seconds

    def _tidy(self) -> None:
        if random.randrange(_TIDY_ONCE_IN) == 0:  # noqa: S311 (nothing secret hangs on it)
            queries.delete_passed()
