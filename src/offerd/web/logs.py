"""Structured logs: what is logged, and how it is written."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Any, TextIO

import structlog
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.processors import ExceptionRenderer
from structlog.tracebacks import ExceptionDictTransformer

from offerd.settings import Settings

#: Every event that the server logs, and at which level; docs/data.md says what each tells. No line holds a token's
#: secret, an identity, an attribute of a person, a path with its ids or the body of a request.
EVENTS: dict[str, str] = {
    "started": "info",
    "stopping": "info",
    "stopped": "info",
    "request": "info",
    "request_failed": "error",
    "abandoned": "info",
    "library": "warning",
    "learned": "info",
    "issuer_keys_unread": "warning",
    "job_failed": "error",
    "delivery_failed": "warning",
    "delivery_dead": "error",
    "fulfiller_failed": "error",
    "fulfilment_not_expired": "error",
    "queue_stumbled": "error",
}

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger("offerd")


class _Lines:
    """Writes lines. One that cannot be written is lost: a stream that has gone stops no request and no job.

    Args:
        stream: where to; standard error as it is at each line where None.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, line: str) -> None:
        """Writes one line, whole."""
        with suppress(OSError, ValueError):
            stream = self._stream or sys.stderr
            stream.write(f"{line}\n")
            stream.flush()

    debug = info = warning = error = critical = write


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Decides how lines are written: for people, or one JSON object a line.

    Tracebacks are written without the values of variables, which may be anybody's.

    Args:
        settings: `log_level` and `log_format`.
        stream: where to; standard error where None.
    """
    to = stream or sys.stderr
    json_lines = settings.log_format == "json"
    renderer: list[Any] = (
        [ExceptionRenderer(ExceptionDictTransformer(show_locals=False)), structlog.processors.JSONRenderer()]
        if json_lines
        else [ConsoleRenderer(colors=to.isatty(), exception_formatter=plain_traceback)]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[settings.log_level]),
        logger_factory=lambda *_: _Lines(stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Libraries()], level=logging.WARNING, force=True)


class _Libraries(logging.Handler):
    """Hands what libraries log to the one log; their warnings and errors alone."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a line."""
        logger.warning("library", library=record.name, words=record.getMessage(), exc_info=record.exc_info or None)
