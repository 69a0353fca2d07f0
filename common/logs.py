"""Structured logs on standard error, without secrets: JSON in production, readable lines elsewhere."""

import logging.config
import sys
from contextlib import suppress
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from common.redaction import redact

# Request lines that repeat ours with query strings, and the sweep that beat sends every second.
TOO_CHATTY = (
    "urllib3",
    "django.server",
    "celery.app.trace",
    "celery.beat",
    "celery.worker.strategy",
    "django_structlog.celery.receivers",
)


# They bring handlers of their own, or may, which would write what ours leaves out.
SPEAK_THROUGH_OURS = ("django", "waitress")


def configure(options: dict[str, Any]) -> None:
    """
    Set up logging and structlog together; called by Django with the LOGGING setting: `level`, `json`, `is_traced`, and
    `stream` where standard error is not meant.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        *([_trace_ids()] if options.get("is_traced") else []),
    ]
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    # Whatever came which way, ours or a library's, passes here last.
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        hide_secrets,
                        _renderer(as_json=options["json"]),
                    ],
                    "foreign_pre_chain": [*shared[:4], structlog.stdlib.ExtraAdder(), *shared[4:]],
                }
            },
            "handlers": {"lines": {"()": LineHandler, "formatter": "structured", "stream": options.get("stream")}},
            "root": {"handlers": ["lines"], "level": options["level"]},
            "loggers": _loggers(),
        }
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _trace_ids() -> Processor:
    """Puts the trace that a line belongs to into it. Where none are made, the library is not even imported."""
    from opentelemetry import trace

    def add(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            event["trace_id"] = trace.format_trace_id(context.trace_id)
        return event

    return add


def _renderer(*, as_json: bool) -> Processor:
    return structlog.processors.JSONRenderer(default=str) if as_json else structlog.dev.ConsoleRenderer(colors=False)


def _loggers() -> dict[str, dict[str, Any]]:
    """Every logger that is named here loses its own handlers and hands its lines on to the root."""
    quiet = {name: {"level": "WARNING", "propagate": True} for name in TOO_CHATTY}
    # It warns of every request that waits a moment for a thread.
    quiet["waitress.queue"] = {"level": "ERROR", "propagate": True}
    return {name: {"propagate": True} for name in SPEAK_THROUGH_OURS} | quiet


def hide_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Whatever is in a line, by the name of the field, by type, and by shape inside text."""
    return {key: redact(value, key) for key, value in event.items()}


class LineHandler(logging.StreamHandler[TextIO]):
    """
    A line that cannot be written, for instance because its arguments do not fit its text, is replaced by one that says
    where it was. The standard library would write those arguments out, as they are.
    """

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        error = type(sys.exception()).__name__
        text = f"unwritable line at {record.pathname}:{record.lineno}: {error}"
        substitute = logging.LogRecord(record.name, record.levelno, record.pathname, record.lineno, text, None, None)
        with suppress(Exception):
            self.stream.write(self.format(substitute) + self.terminator)
            self.flush()
