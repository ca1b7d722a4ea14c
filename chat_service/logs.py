"""Logs: one JSON object a line, on standard output."""

import logging
import sys
from typing import Any

import structlog
from pydantic_core import to_json


def configure_logs(level: str) -> None:
    """Sets up structlog and the standard library's logging at the level: debug, info, warning or error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_dump),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=level.upper(), stream=sys.stdout, format="%(levelname)s %(name)s %(message)s")


def _dump(event: dict[str, Any], **_: Any) -> str:
    return to_json(event, fallback=repr).decode()
