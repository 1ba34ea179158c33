"""Logs: one JSON object a line on stderr, without personal data.

An exception's words are not ours to print: pydantic quotes what was sent, Postgres quotes the row.  So
only the type and the places are logged, and the words only of our own errors, which carry ids and codes.
"""

import logging
import sys
import traceback
from pathlib import Path

import structlog
from structlog.typing import EventDict, WrappedLogger

from domain.errors import HoldfastError

_OURS = ("activities", "api", "cli", "holdfast", "providers", "store", "wiring", "worker", "workflows")
"""Loggers that may say what they do; everybody else only warns."""

_SILENT = ("uvicorn.access", "python_http_client", "sendgrid", "urllib3")
"""Loggers that name addresses or people."""

_FRAMES = 12
"""Places of a traceback that are kept, nearest to the failure."""


def configure(process: str, *, level: int = logging.INFO) -> None:
    """Send every log line of this process to stderr as JSON.

    Args:
        process: What to call it in each line: `api`, `worker`, …
        level: From where on our own lines are shown; others from warnings on.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(level)
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
        logging.getLogger(name).propagate = False


def _formatter(process: str) -> structlog.stdlib.ProcessorFormatter:
    def name_the_process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    return structlog.stdlib.ProcessorFormatter(
        # Lines of other libraries: what follows the first line break is often the repr of an exception.
        foreign_pre_chain=[_only_the_first_line],
        processors=[
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            name_the_process,
            _describe_exception,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=_type_name),
        ],
    )


def _only_the_first_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["event"] = str(event["event"]).split("\n", 1)[0]
    return event


def _describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = _described(error)
    event.pop("stack_info", None)
    return event


def _described(error: BaseException) -> dict[str, object]:
    kind = type(error)
    told: dict[str, object] = {"type": f"{kind.__module__}.{kind.__qualname__}"}
    if isinstance(error, HoldfastError):
        told["message"] = str(error)
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    told["frames"] = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        told["cause"] = _described(cause)
    return told


def _short(filename: str) -> str:
    return "/".join(Path(filename).parts[-2:])


def _type_name(value: object) -> str:
    return f"<{type(value).__qualname__}>"
