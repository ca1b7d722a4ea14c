"""Time zones by their IANA names."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chat_service.errors import AppError, invalid


def zone(name: str) -> ZoneInfo:
    """The zone of a name such as Europe/Berlin. Raises INVALID for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise unknown_zone() from None


def unknown_zone() -> AppError:
    """What a name is answered that is no zone here."""
    return invalid("time_zone", "is no time zone known here; give an IANA name such as Europe/Berlin")
