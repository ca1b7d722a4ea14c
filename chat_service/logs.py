"""Logs: one JSON object a line, on standard output."""

import logging
import sys
from typing import Any

import structlog
from pydantic_core import to_json

_SHARED = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


def configure_logs(level: str) -> None:
    """Sets up structlog and the standard library's logging at the level: debug, info, warning or error."""
    structlog.configure(
        processors=[*_SHARED, structlog.processors.JSONRenderer(serializer=_dump)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *_SHARED],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_dump),
            ],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler])


def _dump(event: dict[str, Any], **_: Any) -> str:
    try:
        return to_json(event, fallback=repr, inf_nan_mode="constants").decode()
    except ValueError:  # half a surrogate pair, from a client
        return to_json({name: ascii(value) for name, value in event.items()}).decode()
