"""Logs: one JSON line per thing that happened, readable on a terminal; never a complaint's text or an address."""

import logging
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

import orjson
import structlog


class _Unfailing:
    """A log that cannot be written, for want of disk or of a reader, does not stop the work that it would tell of."""

    def __init__(self, to: TextIO):
        self._to = to

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._to.write(text)

    def flush(self) -> None:
        with suppress(OSError):  # what the buffer holds is written once there is room
            self._to.flush()


def set_up(service: str, *, readable: bool = False) -> None:
    """Called once by the runner, before the first line."""
    # nameko logs a failed handler with its arguments; the subscription and the web door log failures themselves.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    for noisy in ("nameko", "amqp", "kombu", "sqlalchemy", "alembic"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    render: Any = (
        structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer(serializer=_to_json)
    )
    structlog.configure(
        processors=[
            lambda _logger, _method, line: {"service": service, **line},
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Unfailing(sys.stderr))),
        cache_logger_on_first_use=True,
    )


def short(error: BaseException) -> str:
    """The first line of an error, for a log line."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]


def _to_json(line: dict[str, Any], **_: Any) -> str:
    return orjson.dumps(line, default=str).decode()
