"""What looking at one thing of an installation gave."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `remedy` is empty when it is well."""

    subject: str
    state: Literal["well", "warning", "wrong"]
    what: str
    remedy: str = ""
