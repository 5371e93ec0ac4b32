"""What can be set on the proxy before Tryton."""

import os
from typing import ClassVar

from pydantic import ConfigDict, Field

from bookbridge.kit.simulation import POSTGRES, SimulatorSettings


class TrytonSimulatorSettings(SimulatorSettings):
    """The base's settings, and where Tryton's books may lie."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", validate_assignment=True)

    postgres: str = Field(
        default_factory=lambda: os.environ.get(POSTGRES, ""),
        description=f"address of a PostgreSQL role that may make databases; none = {POSTGRES}",
    )
