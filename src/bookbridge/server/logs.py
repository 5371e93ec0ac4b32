"""Structured logs on standard error: one JSON object a line, or readable lines on a terminal. No secrets, no names."""

import logging
import sys

import structlog

from bookbridge.server import redaction


def configure_logs(level_name: str = "info") -> None:
    level = logging.getLevelNamesMapping()[level_name.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(redaction.traceback_text),
        redaction.redact,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    # Other libraries write of addresses and values below this level.
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
    of_requests = logging.getLogger("django.request")
    if not of_requests.filters:
        of_requests.addFilter(_without_address)


def _without_address(record: logging.LogRecord) -> bool:
    """Django names the address of a refused request, which may hold names; `requests.py` has a line for it anyway."""
    if record.levelno < logging.ERROR:
        return False
    if isinstance(record.args, tuple) and len(record.args) == 2:
        record.args = (record.args[0], "see the request's own line")
    return True
