"""A configuration as a file that a consultant keeps: mappings, layouts, outstanding items, the connector's options."""

import tomllib
from copy import copy
from decimal import Decimal
from typing import Any, Literal

from django.db import transaction
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bookbridge.formats import FORMATS, ProfileError, load_profile
from bookbridge.integrations.models import Configuration
from bookbridge.organisations import trail

_SETTINGS = (
    "mappings",
    "layouts",
    "options",
    "outstanding_kinds",
    "outstanding_interval_min",
    "outstanding_hold_share",
)


class WrongConfigurationError(ValueError):
    """Names every wrong setting, one a line."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Mappings(_Part):
    """Per list: the source's code → the package's."""

    journals: dict[str, str] = {}
    ledger_accounts: dict[str, str] = {}
    vat_codes: dict[str, str] = {}
    payment_conditions: dict[str, str] = {}
    cost_centres: dict[str, str] = {}
    cost_units: dict[str, str] = {}


MAPPED_LISTS = tuple(_Mappings.model_fields)
"""The lists of codes that can be mapped."""


class _Layout(_Part):
    profile: str
    adjustments: str = ""


class _Outstanding(_Part):
    kinds: list[Literal["sales", "purchase"]] = ["sales"]
    interval_min: int = Field(default=30, ge=5, le=1440)
    hold_share: Decimal = Field(default=Decimal(30), ge=0, le=100)


class _File(_Part):
    mappings: _Mappings = _Mappings()
    layouts: dict[str, _Layout] = {}
    outstanding: _Outstanding = _Outstanding()
    options: dict[str, str] = {}

    @field_validator("layouts")
    @classmethod
    def _layouts_load(cls, layouts: dict[str, _Layout]) -> dict[str, _Layout]:
        for format_name, layout in layouts.items():
            if format_name not in FORMATS:
                raise ValueError(f"{format_name}: no such format; there are {', '.join(FORMATS)}")
            try:
                profile = load_profile(layout.profile, layout.adjustments)
            except ProfileError as error:
                raise ValueError(f"{format_name}: {error}") from None
            if profile.format != format_name:
                raise ValueError(f"{format_name}: profile {layout.profile} is for {profile.format}")
        return layouts


def configure(configuration: Configuration, toml: str) -> None:
    """Set a configuration to what the file says; what is left out gets its default. Raises WrongConfigurationError."""
    try:
        wanted = _File.model_validate(tomllib.loads(toml))
    except tomllib.TOMLDecodeError as error:
        raise WrongConfigurationError(f"not TOML: {error}") from None
    except ValidationError as error:
        lines = (f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}" for wrong in error.errors())
        raise WrongConfigurationError("\n".join(lines)) from None
    before = copy(configuration)
    configuration.mappings = wanted.mappings.model_dump(exclude_defaults=True)
    configuration.layouts = {name: layout.model_dump() for name, layout in wanted.layouts.items()}
    configuration.options = wanted.options
    configuration.outstanding_kinds = list(wanted.outstanding.kinds)
    configuration.outstanding_interval_min = wanted.outstanding.interval_min
    configuration.outstanding_hold_share = wanted.outstanding.hold_share
    configuration.next_outstanding_at = None
    with transaction.atomic():
        # Nothing else: what was read a while ago may have changed, such as whether it is paused.
        configuration.save(update_fields=[*_SETTINGS, "next_outstanding_at"])
        trail.record(
            configuration.organisation_id,
            "configuration.changed",
            subject=configuration,
            changes=trail.differences(before, configuration, _SETTINGS),
        )


def as_values(configuration: Configuration) -> dict[str, Any]:
    """What the file of a configuration would say, as plain values."""
    return {
        "mappings": configuration.mappings,
        "layouts": configuration.layouts,
        "outstanding": {
            "kinds": configuration.outstanding_kinds,
            "interval_min": configuration.outstanding_interval_min,
            "hold_share": str(configuration.outstanding_hold_share),
        },
        "options": configuration.options,
    }
