"""What can be set on any simulator; a package's simulator adds its own fields in a subclass."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from bookbridge.kit.simulation.faults import FaultRule

POSTGRES = "SIMULATOR_POSTGRES_URL"
"""Environment variable: the address of a PostgreSQL whose role may make databases, for simulators that need one."""


class CantSimulateError(Exception):
    """The package's simulator can't run here; the message says what is missing and what to do."""


class SimulatorSettings(BaseModel):
    """Settings of a simulator, from keyword arguments or a JSON file.

    The base keeps fields it does not know, so that one file can carry a package's own settings; the package's subclass
    forbids unknown names, so that a misspelt one stops the start (see `as_kind`).
    """

    model_config = ConfigDict(extra="allow", validate_assignment=True)

    state: Path | None = Field(default=None, description="SQLite file that keeps the books; none = gone at stop")
    client_id: str = "bookbridge-demo"
    client_secret: str = "bookbridge-demo-secret"  # noqa: S105 - a stand-in's published secret guards nothing.
    app_name: str = "Bookbridge"
    redirect_uris: tuple[str, ...] = Field(default=(), description="allowed redirect addresses; empty = any http(s)")
    auto_approve: bool = Field(default=False, description="answer the consent page without a person")
    language: str = Field(default="nl", description="language of the user who connects; refusals are in it")
    seed: int = Field(default=1, description="seed of the faults' chance")
    faults: tuple[FaultRule, ...] = ()
    minute_limit: int | None = Field(default=None, ge=1, description="calls a minute; none = unlimited")
    day_limit: int | None = Field(default=None, ge=1, description="calls a day; none = unlimited")
    limits_times_faster: Literal[1, 2, 3, 5, 10, 20, 60] = Field(
        default=1, description="the minutes and days of the limits pass so many times faster"
    )
    error_limit: bool = Field(default=True, description="block a key after too many refused calls, as the package does")

    @classmethod
    def from_file(cls, path: Path, **overrides: Any) -> Self:
        """Read settings from a JSON file; keyword arguments win. Raises pydantic's ValidationError, OSError."""
        read = cls.model_validate_json(path.read_bytes())
        return cls.model_validate({**read.model_dump(exclude_unset=True), **overrides})

    @classmethod
    def as_kind(cls, settings: "SimulatorSettings") -> Self:
        """These settings as the package's own kind. Raises pydantic's ValidationError that names a wrong field."""
        if isinstance(settings, cls) and type(settings) is cls:
            return settings
        return cls.model_validate(settings.model_dump(exclude_unset=True))
