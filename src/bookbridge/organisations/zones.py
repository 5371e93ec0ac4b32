"""Time zones of users and organisations."""

import zoneinfo


def known_zone(name: str) -> zoneinfo.ZoneInfo:
    """The zone of that name, UTC when it is none: a page or a mail must not fail on a setting."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")
